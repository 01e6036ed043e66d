"""CPU of a list, Parquet in and Parquet out, against a script with matminer and XGBoost.

python benchmarks/lists.py [--json] [--rows 20000] [--long 100000] [--runs 3] [--jobs 2]

The list holds distinct doped garnets, NASICONs and halides, in an order of chance that is always
the same. The other script (`benchmarks/conventional.py`) is given the first 4,000 of them and the
first alone: its time a row is the difference. CPU is user plus system time of each child process on
one thread; medians of runs in turn. They are without what Numba compiles; with it (extra `fast`) a
list of `--long` rows is measured, after one that compiles, and the wall time of `--jobs` processes
and of one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from startup import CONVENTIONAL, cpu_seconds

from sseml.records import Query
from sseml.screen.reading import read_space

FEW = 4000
WITHOUT_NUMBA = (
    "import sys; import sseml.parallel as parallel; parallel.LONG = 10**12;"
    "from sseml.__main__ import program; sys.exit(program())"
)
SPACES = (
    "LLZO dope Zr: Ta,Nb,W,Te 0:0.7:0.02; dope La: Ca,Sr,Ba 0:0.4:0.02; dope Li: Al,Ga 0:0.2:0.05",
    "Li1+x{Al,Ga,Sc,In,Y}xTi2-x-y{Zr,Ge,Hf,Sn}y(PO4)3, x=0.01:0.6:0.02, y=0.02:0.9:0.01",
    "Li3-x{Y,Er,In,Sc,Ho}1-x{Zr,Hf}xCl6-y{Br,I}y, x=0.01:0.9:0.02, y=0.02:2:0.05",
)


def formulas(count: int) -> list[str]:
    """Distinct formulas of the spaces, an equal share of each."""
    share = -(-count // len(SPACES))
    draw = random.Random(0)
    taken: list[str] = []
    for text in SPACES:
        queries = (each for each in read_space(text).queries() if isinstance(each, Query))
        own = list(dict.fromkeys(each.material.formula for each in islice(queries, 4 * share)))
        if len(own) < share:
            raise SystemExit(f"{text} holds {len(own)} formulas, fewer than {share}")
        taken += draw.sample(own, share)
    draw.shuffle(taken)
    return taken[:count]


def wall_seconds(command: list[str]) -> float:
    """Wall time of one child process."""
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - start


def measure(folder: Path, rows: int, long: int, runs: int, jobs: int) -> dict[str, float]:
    """Median CPU of all, without and with windows, and the gain of several processes."""
    listed = formulas(max(rows, long))
    parts = {"all": listed[:rows], "long": listed[:long], "few": listed[:FEW], "one": listed[:1]}
    for name, part in parts.items():
        pq.write_table(pa.table({"formula": part}), folder / f"{name}.parquet")
    model = str(folder / "model.json")
    script = [sys.executable, str(CONVENTIONAL)]
    subprocess.run([*script, "fit", model], check=True)

    def theirs(name: str) -> list[str]:
        return [*script, "list", model, str(folder / f"{name}.parquet"), str(folder / "x.parquet")]

    def ours(name: str, *options: str) -> list[str]:
        files = ("-i", str(folder / f"{name}.parquet"), "-o", str(folder / "y.parquet"))
        way = ("-m", "sseml") if name == "long" else ("-c", WITHOUT_NUMBA)
        return [sys.executable, *way, "predict", *files, *options]

    commands = {
        "few": theirs("few"),
        "one": theirs("one"),
        "plain": ours("all", "--no-window"),
        "window": ours("all"),
        "long": ours("long", "--no-window"),
        "long_window": ours("long"),
    }
    cpu_seconds(commands["long"], prints=False)  # compiles
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    walls: dict[str, list[float]] = {"one process": [], "several": []}
    for _ in range(runs):
        for name, command in commands.items():
            seconds[name].append(cpu_seconds(command, prints=name in ("few", "one")))
        walls["one process"].append(wall_seconds(commands["long"]))
        walls["several"].append(wall_seconds([*commands["long"], "--jobs", str(jobs)]))
    median = {name: statistics.median(each) for name, each in (seconds | walls).items()}

    def conventional(count: int) -> float:
        return median["one"] + (median["few"] - median["one"]) / (FEW - 1) * (count - 1)

    return {
        "rows": rows,
        "conventional_cpu_s": conventional(rows),
        "sseml_cpu_s": median["plain"],
        "sseml_with_windows_cpu_s": median["window"],
        "ratio": conventional(rows) / median["plain"],
        "ratio_with_windows": conventional(rows) / median["window"],
        "jobs": jobs,
        "wall_ratio_of_jobs": median["one process"] / median["several"],
        "long_rows": long,
        "compiled_cpu_s": median["long"],
        "compiled_with_windows_cpu_s": median["long_window"],
        "ratio_compiled": conventional(long) / median["long"],
        "ratio_compiled_with_windows": conventional(long) / median["long_window"],
        "core_h_for_1e9_rows": median["long"] / long * 1e9 / 3600,
        "core_h_for_1e9_rows_with_windows": median["long_window"] / long * 1e9 / 3600,
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=20_000, help="of the list, 4,000 or more")
    parser.add_argument("--long", type=int, default=100_000, help="rows of the list with Numba")
    parser.add_argument("--runs", type=int, default=3, help="measurements of each")
    parser.add_argument("--jobs", type=int, default=2, help="processes that are compared with one")
    arguments = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(
            Path(folder), arguments.rows, arguments.long, arguments.runs, arguments.jobs
        )
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:30s} {value:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
