"""CPU of a whole `sseml predict` process, against a script with matminer and XGBoost.

python benchmarks/startup.py [--json] [--runs 5] [--formula Li3YCl6] [--command "sseml predict"]

The other script (`benchmarks/conventional.py`) imports matminer and xgboost, featurizes the
formula with Magpie and predicts it with a small XGBoost model that was fitted and saved
beforehand. CPU is user plus system time of each child process (`resource.RUSAGE_CHILDREN`),
the two run in turn, and the medians are compared. Both may write bytecode during their warm-up, as
an installed package has it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

CONVENTIONAL = Path(__file__).with_name("conventional.py")
FLOOR = 8.0


def cpu_seconds(command: Sequence[str], *, prints: bool = True) -> float:
    """User plus system CPU seconds of one child process, its own children included.

    One that `prints` has failed if it printed nothing.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or (prints and not done.stdout.strip()):
        raise SystemExit(f"{shlex.join(command)} failed ({done.returncode}):\n{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(ours: Sequence[str], theirs: Sequence[str], runs: int) -> dict[str, float | int | str]:
    """Median CPU of both commands, run in turn after one warm-up each, and their ratio."""
    cpu_seconds(ours)
    cpu_seconds(theirs)
    pairs = [(cpu_seconds(ours), cpu_seconds(theirs)) for _ in range(runs)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "command": shlex.join(ours),
        "runs": runs,
        "sseml_cpu_s": mine,
        "conventional_cpu_s": other,
        "ratio": other / mine,
        "ratio_lowest": min(b / a for a, b in pairs),
        "ratio_highest": max(b / a for a, b in pairs),
    }


def main() -> int:
    """Print the figures; 1 if the ratio is below the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=5, help="measurements of each")
    parser.add_argument("--formula", default="Li3YCl6", help="what both predict")
    parser.add_argument(
        "--command",
        default=f"{shlex.quote(sys.executable)} -m sseml predict",
        help="the command that is given the formula",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "model.json")
        script = [sys.executable, str(CONVENTIONAL)]
        subprocess.run([*script, "fit", model], check=True)
        figures = measure(
            [*shlex.split(arguments.command), arguments.formula],
            [*script, "predict", model, arguments.formula],
            arguments.runs,
        )
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30s} {value:.4g}" if isinstance(value, float) else f"{name:30s} {value}")
    return int(float(figures["ratio"]) < FLOOR)


if __name__ == "__main__":
    sys.exit(main())
