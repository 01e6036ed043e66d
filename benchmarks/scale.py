"""Peak memory of ever longer lists, and a Dask cluster of two processes against --jobs 2.

python benchmarks/scale.py memory [--rows 100000,400000,1000000] [--json]
python benchmarks/scale.py dask [--rows 100000] [--runs 3] [--json]

Lists are doped NASICONs, halides and garnets, Parquet in and Parquet out, without windows. Memory
is the largest resident set of the one process, and its growth a row between the shortest and the
longest list, from which that of 10 million rows is extrapolated. The cluster is started before the
clock; both are run in turn, and compared by the medians of wall time, which needs two free cores,
and of CPU, with that of workers and scheduler.
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
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 65_536
FAR_ROWS = 10_000_000


def candidates() -> Iterator[str]:
    """Formulas of three families in turn, with amounts of chance that are always the same."""
    draw = random.Random(0)
    while True:
        x, y = draw.randrange(1, 6000) / 1e4, draw.randrange(1, 9000) / 1e4
        dopant, other = draw.choice(("Al", "Ga", "Sc", "In", "Y")), draw.choice(("Zr", "Ge", "Hf"))
        yield f"Li{1 + x:.4f}{dopant}{x:.4f}Ti{2 - x - y:.4f}{other}{y:.4f}(PO4)3"
        metal, halogen = draw.choice(("Y", "Er", "In", "Sc", "Ho")), draw.choice(("Br", "I"))
        yield f"Li{3 - x:.4f}{metal}{1 - x:.4f}Zr{x:.4f}Cl{6 - y:.4f}{halogen}{y:.4f}"
        site, dopant = draw.choice(("Ca", "Sr", "Ba")), draw.choice(("Ta", "Nb"))
        y = draw.randrange(1, 3000) / 1e4
        yield f"Li{7 - x + y:.4f}La{3 - y:.4f}{site}{y:.4f}Zr{2 - x:.4f}{dopant}{x:.4f}O12"


def write_list(path: Path, rows: int) -> None:
    """Write so many candidates as Parquet, a group of rows at a time."""
    schema = pa.schema([("formula", pa.string())])
    coming = islice(candidates(), rows)
    with pq.ParquetWriter(path, schema) as writer:
        while group := list(islice(coming, GROUP)):
            writer.write_table(pa.table({"formula": group}, schema=schema))


class Used(NamedTuple):
    """What a child process took, with the processes that it started."""

    wall_s: float
    cpu_s: float
    peak_MB: float


def predict(source: Path, out: Path, *options: str) -> Used:
    """Run `sseml predict` without windows."""
    command = [sys.executable, "-m", "sseml", "predict", "-i", str(source), "-o", str(out)]
    start = time.monotonic()
    child = subprocess.Popen([*command, "--no-window", *options])
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"sseml predict ended with exit code {child.returncode}")
    wall_s = time.monotonic() - start
    return Used(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def memory(folder: Path, counts: list[int]) -> dict[str, float]:
    """Peak of each list, the growth between the ends, and what it comes to."""
    peaks = {}
    for rows in sorted(counts):
        source = folder / "list.parquet"
        write_list(source, rows)
        peaks[rows] = predict(source, folder / "out.parquet").peak_MB
    few, many = min(peaks), max(peaks)
    growth_MB_row = (peaks[many] - peaks[few]) / (many - few)
    return {
        **{f"peak_MB_at_{rows}": peak for rows, peak in peaks.items()},
        "growth_B_row": growth_MB_row * 2**20,
        f"peak_MB_at_{FAR_ROWS}_extrapolated": peaks[many] + growth_MB_row * (FAR_ROWS - many),
    }


def dask(folder: Path, rows: int, runs: int) -> dict[str, float]:
    """Median wall time and CPU by two processes and by two workers, and their ratios."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - its processes import this file

    source, alone, spread = (folder / f"{name}.parquet" for name in ("list", "jobs", "dask"))
    write_list(source, rows)
    taken: dict[str, list[float]] = {"jobs": [], "dask": [], "jobs_cpu": [], "dask_cpu": []}
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            workers = [psutil.Process(pid) for pid in client.run(os.getpid).values()]
        engine = ("--engine", "dask", "--dask-address", cluster.scheduler_address)
        for _ in range(runs):
            by_jobs = predict(source, alone, "--jobs", "2")
            before_s = cpu_of(workers)
            by_dask = predict(source, spread, *engine)
            taken["jobs"].append(by_jobs.wall_s)
            taken["dask"].append(by_dask.wall_s)
            taken["jobs_cpu"].append(by_jobs.cpu_s)
            taken["dask_cpu"].append(by_dask.cpu_s + cpu_of(workers) - before_s)
            if alone.read_bytes() != spread.read_bytes():
                raise SystemExit("the cluster wrote other bytes")
    median = {name: statistics.median(each) for name, each in taken.items()}
    return {
        "rows": rows,
        "jobs_2_wall_s": median["jobs"],
        "dask_2_workers_wall_s": median["dask"],
        "dask_over_jobs_wall": median["dask"] / median["jobs"],
        "jobs_2_cpu_s": median["jobs_cpu"],
        "dask_2_workers_cpu_s": median["dask_cpu"],
        "dask_over_jobs_cpu": median["dask_cpu"] / median["jobs_cpu"],
    }


def cpu_of(workers: Sequence[psutil.Process]) -> float:
    """CPU in s so far of workers, and of the scheduler, which is in this process."""
    times = (worker.cpu_times() for worker in workers)
    return time.process_time() + sum(each.user + each.system for each in times)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("memory", "dask"))
    parser.add_argument("--rows", help="of the lists, with commas for memory")
    parser.add_argument("--runs", type=int, default=3, help="measurements of each, for dask")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        if arguments.what == "memory":
            asked = arguments.rows or "100000,400000,1000000"
            figures = memory(Path(folder), [int(each) for each in asked.split(",")])
        else:
            figures = dask(Path(folder), int(arguments.rows or 100_000), arguments.runs)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:36s} {value:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
