"""Write `constraints.txt` again: the newest versions that go together, for Python 3.11 and later.

Run it, then `.ci/run`, and commit the file only if that is green. It needs pip, which fetches uv.
One file serves every Python and system: lines carry markers where they must.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
_OLDEST = "3.11"
_HEAD = "# The versions that the tests passed with, for every extra; written by tools/lock.py.\n"


def main() -> None:
    """Resolve every extra together, and keep nothing but names, versions and markers."""
    with tempfile.TemporaryDirectory() as folder:
        python = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"]
        subprocess.run(python, check=True)
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
            *("--upgrade", "--fork-strategy", "fewest", "--python-version", _OLDEST),
            *("--all-extras", "--no-header", "--no-annotate", "pyproject.toml"),
        ]
        environment = {**os.environ, "PYTHONPATH": folder, "UV_NO_CONFIG": "1"}
        ran = subprocess.run(
            command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
    CONSTRAINTS.write_text(_HEAD + ran.stdout, encoding="utf-8")


if __name__ == "__main__":
    main()
