"""Run the smoke list on a model in a new process; needs neither MLflow nor arrays itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 180.0


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """Number of questions, what is wrong with the answers, and why a model does not load."""

    questions: int
    complaints: tuple[str, ...]
    failure: str = ""


def try_out(model_folder: Path, limit_s: float = LIMIT_S) -> SmokeResult:
    """Load a model through MLflow in a new process, which answers the smoke list.

    Raises `TimeoutError` if the process takes longer than `limit_s`; it is killed then.
    """
    folder = model_folder.resolve()
    with tempfile.TemporaryDirectory(prefix="sseml-trial-") as scratch:
        result_file = Path(scratch) / "result.json"
        try:
            ran = subprocess.run(
                [sys.executable, "-m", "sseml.tracking.smoke", str(folder), str(result_file)],
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=limit_s,
                check=False,
                env=os.environ | {"MLFLOW_LOGGING_LEVEL": "ERROR", "PYTHONSAFEPATH": "1"},
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"no answer within {limit_s:g} s") from None
        try:
            result = json.loads(result_file.read_text(encoding="utf-8"))
            return SmokeResult(int(result["questions"]), tuple(result["complaints"]))
        except (OSError, KeyError, TypeError, ValueError):
            lines = [line for line in ran.stderr.splitlines() if line.strip()]
            nothing = f"it says nothing, exit code {ran.returncode}"
            return SmokeResult(0, (), lines[-1] if lines else nothing)
