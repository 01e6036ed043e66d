"""A model tried out beside the one that serves: whether it would answer if it took its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sseml.records import BundleError

_LIMIT_S = 180.0


def try_out(folder: Path) -> None:
    """Let a bundle answer the smoke list in a fresh process.

    Parameters
    ----------
    folder
        The bundle.

    Raises
    ------
    BundleError
        If it does not load, or does not answer as it should; says why.
    """
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "sseml.tracking.smoke", str(folder)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
            env=os.environ | {"MLFLOW_LOGGING_LEVEL": "ERROR", "PYTHONSAFEPATH": "1"},
        )
    except subprocess.TimeoutExpired:
        raise BundleError(f"{folder} does not answer within {_LIMIT_S:g} s") from None
    if not ran.returncode:
        return
    if ran.stdout:
        complaints = json.loads(ran.stdout.splitlines()[-1])["complaints"]
        raise BundleError(f"{folder} fails its smoke list: {'; '.join(complaints)}")
    said = ran.stderr.split("\n")
    reason = next((line for line in reversed(said) if line.strip()), f"exit code {ran.returncode}")
    raise BundleError(f"{folder} does not load: {reason}")
