"""A model asked the smoke list in a fresh process, before it is trusted with anybody's question."""

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
class Trial:
    """How a model did.

    Attributes
    ----------
    questions
        How many it was asked; 0 if it does not load.
    complaints
        What is wrong with its answers.
    failure
        Why it does not load; empty if it does.
    """

    questions: int
    complaints: tuple[str, ...]
    failure: str = ""


def try_out(model_folder: Path, limit_s: float = LIMIT_S) -> Trial:
    """Load a model through MLflow in a process of its own and let it answer the smoke list.

    Parameters
    ----------
    model_folder
        A bundle, or what MLflow stored.
    limit_s
        Seconds after which the process is killed.

    Raises
    ------
    TimeoutError
        If it takes longer.
    """
    with tempfile.TemporaryDirectory(prefix="sseml-trial-") as folder:
        return _tried_out(model_folder.resolve(), Path(folder) / "result.json", limit_s)


def _tried_out(model_folder: Path, result_file: Path, limit_s: float) -> Trial:
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "sseml.tracking.smoke", str(model_folder), str(result_file)],
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
        return Trial(int(result["questions"]), tuple(result["complaints"]))
    except (OSError, KeyError, TypeError, ValueError):
        said = [line for line in ran.stderr.splitlines() if line.strip()]
        return Trial(0, (), said[-1] if said else f"it says nothing, exit code {ran.returncode}")
