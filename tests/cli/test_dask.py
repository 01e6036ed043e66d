"""`--engine dask` on a cluster of two processes: the bytes of one, whatever happens to workers."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask.config
import pytest
from distributed import Client, LocalCluster

import sseml.engine.dask as engine
import sseml.engine.installation as installation
from sseml.parallel import Settings
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles
from sseml.prediction import FILE_BATCH
from sseml.records import Query

ODD = ["Li6PS5Cl", "not a formula", "75Li2S-25P2S5", "PEO + LiTFSI, EO:Li=18 @ 60 °C", "NaCl"]
PLAIN = Settings(window=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    keep_places = {"distributed.deploy.lost-worker-timeout": "1 hour"}
    with (
        dask.config.set(keep_places),  # of workers that are killed and come again
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as started,
    ):
        yield started


@pytest.fixture
def watching(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture
def asked(cluster: LocalCluster) -> tuple[str, ...]:
    return ("--no-window", "--engine", "dask", "--dask-address", cluster.scheduler_address)


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four batches, with refusals among them."""
    rows = (f"Li{3 + row / 10_000:.4f}Y0.9Zr0.1Cl6" for row in range(8000))
    path = tmp_path_factory.mktemp("list") / "list.csv"
    lines = [f'"{text}",{place}' for place, text in enumerate([*ODD, *rows])]
    path.write_text("formula,place\n" + "\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(long_list: Path) -> Path:
    """What one process writes."""
    path = long_list.parent / "alone.parquet"
    command = [sys.executable, "-m", "sseml", "predict", "-i", long_list, "-o", path, "--no-window"]
    assert subprocess.run(command, check=False).returncode == 1
    return path


def busy(client: Client) -> list[str]:
    """Workers that answer now; waits for the first."""
    due = time.monotonic() + 60.0
    while time.monotonic() < due:
        if found := [worker for worker, tasks in client.processing().items() if tasks]:
            return found
        time.sleep(0.01)
    raise AssertionError("no worker was given anything")


def killed(client: Client) -> int:
    """Process of a busy worker, which is killed."""
    worker = busy(client)[0]
    pid: int = client.run(os.getpid, workers=[worker])[worker]
    os.kill(pid, signal.SIGKILL)
    return pid


def queries(count: int | None = None) -> Iterator[Query]:
    [query] = parse_inputs(
        ["Li3YCl6"], Qualifiers(temperature_C=25.0), StructureFiles(Path(), "refuse")
    )
    assert isinstance(query, Query)
    return itertools.repeat(query) if count is None else itertools.repeat(query, count)


def test_workers_write_the_bytes_of_one_process(
    run: Any, tmp_path: Path, long_list: Path, alone: Path, asked: tuple[str, ...]
) -> None:
    spread = tmp_path / "spread.parquet"
    ran = run("predict", "-i", long_list, "-o", spread, *asked)
    assert ran.code == 1
    assert "of 8005 rows refused" in ran.err
    assert spread.read_bytes() == alone.read_bytes()


def test_messages_and_text_are_those_of_one_process(
    run: Any, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    one = run("predict", *ODD, "-o", tmp_path / "one.csv", "--no-window")
    assert run("predict", *ODD, "-o", tmp_path / "spread.csv", *asked) == one
    assert (tmp_path / "spread.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_parts_are_those_of_one_process(run: Any, tmp_path: Path, asked: tuple[str, ...]) -> None:
    space = ("--space", "Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.01", "--rows-a-part", 20, "--shard", "1/1")
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    assert run("screen", *space, "-o", alone, "--no-window").code == 0
    assert run("screen", *space, "-o", spread, *asked).code == 0
    written = {path.name: path.read_bytes() for path in alone.iterdir()}
    assert len(written) == 5
    assert {path.name: path.read_bytes() for path in spread.iterdir()} == written


@pytest.mark.slow
def test_a_worker_killed_midway_changes_nothing(
    run: Any, tmp_path: Path, long_list: Path, alone: Path, asked: tuple[str, ...],
    watching: Client,
) -> None:  # fmt: skip
    spread = tmp_path / "spread.parquet"
    with ThreadPoolExecutor(1) as pool:
        pid = pool.submit(killed, watching)
        assert run("predict", "-i", long_list, "-o", spread, *asked).code == 1
    assert spread.read_bytes() == alone.read_bytes()
    watching.wait_for_workers(2, timeout=60)
    assert pid.result() not in watching.run(os.getpid).values()


def test_workers_that_die_again_and_again_are_named_with_their_rows(
    run: Any, tmp_path: Path, long_list: Path, asked: tuple[str, ...], watching: Client,
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    out = tmp_path / "out.parquet"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(killed, watching)
        ran = run("predict", "-i", long_list, "-o", out, *asked)
    assert ran.code == 2
    assert "worker after worker died over rows " in ran.err
    assert not out.exists()


@pytest.mark.slow
def test_ctrl_c_gives_up_what_is_on_the_way(
    tmp_path: Path, asked: tuple[str, ...], watching: Client
) -> None:
    longer, out = tmp_path / "longer.csv", tmp_path / "out.parquet"
    longer.write_text("formula\n" + "Li6PS5Cl\n" * 100_000)
    command = [sys.executable, "-m", "sseml", "predict", "-i", longer, "-o", out, *asked]
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    try:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    with process:
        busy(watching)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines() == ["sseml: stopped"]
    due = time.monotonic() + 30.0
    while (left := any(watching.processing().values())) and time.monotonic() < due:
        time.sleep(0.05)
    assert not left
    assert list(tmp_path.iterdir()) == [longer]


def test_a_list_without_end_is_read_no_further_than_its_answers(cluster: LocalCluster) -> None:
    read = 0

    def counted() -> Iterator[Query]:
        nonlocal read
        for query in queries():
            read += 1
            yield query

    with engine.answering(PLAIN, cluster.scheduler_address, print) as answers:
        taken = list(itertools.islice(answers(counted()), 3))
    assert sum(map(len, taken)) == 3 * FILE_BATCH
    assert read <= (3 + 2 * 2) * FILE_BATCH


def test_a_fault_on_a_worker_is_raised_here(cluster: LocalCluster) -> None:
    with engine.answering(PLAIN, cluster.scheduler_address, print) as answers:
        with pytest.raises(AttributeError):
            list(answers(iter([{"no": "query"}])))  # type: ignore[list-item]
        assert sum(map(len, answers(queries(5)))) == 5


def test_nothing_stays_on_a_worker_after_a_run(cluster: LocalCluster, watching: Client) -> None:
    def kept(dask_worker: Any) -> int:
        return len(vars(dask_worker).get("sseml", {}))

    with engine.answering(PLAIN, cluster.scheduler_address, print) as answers:
        assert sum(map(len, answers(queries(5)))) == 5
        assert sum(watching.run(kept).values()) == 1
    assert set(watching.run(kept).values()) == {0}


def _nothing(*_: object) -> None: ...


@pytest.mark.parametrize("checked_first", [True, False])
def test_another_version_on_a_worker_is_refused(
    run: Any, tmp_path: Path, asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch,
    checked_first: bool,
) -> None:  # fmt: skip
    """Before any work, and where such a worker comes later."""
    monkeypatch.setattr(installation, "__version__", "99.1")
    if not checked_first:
        monkeypatch.setattr(engine, "_require_same", _nothing)
    out = tmp_path / "out.csv"
    ran = run("predict", "Li6PS5Cl", "-o", out, *asked)
    assert ran.code == 2
    assert "has another installation: sseml 0." in ran.err
    assert ", not 99.1. Install the same on all" in ran.err
    assert not out.exists()


def test_a_worker_without_sseml_is_named(cluster: LocalCluster) -> None:
    error = ModuleNotFoundError("No module named 'sseml'", name="sseml")

    class Elsewhere:
        def run(self, *_: object, **__: object) -> dict[str, object]:
            return {"tcp://10.0.0.7:1": error}

    with pytest.raises(engine.WorkersError, match=r"10\.0\.0\.7:1 does not have this sseml"):
        engine._require_same(Elsewhere(), PLAIN, {})  # type: ignore[arg-type]


def test_a_scheduler_that_is_not_there(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_REACHED_WITHIN_S", 1.0)
    address = ("--engine", "dask", "--dask-address", "tcp://127.0.0.1:1")
    ran = run("predict", "Li6PS5Cl", "-o", tmp_path / "out.csv", *address)
    assert ran.code == 2
    assert "no scheduler answers at tcp://127.0.0.1:1 within 1 s" in ran.err


@contextmanager
def dask_processes(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler that writes its file, and a worker that reads it, as in a job script."""
    dask = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ("--scheduler-file", file, "--no-dashboard")
    with (
        subprocess.Popen([*dask, "scheduler", *options, "--port", "0"], **quiet) as scheduler,
        subprocess.Popen([*dask, "worker", *options, "--nthreads", "2"], **quiet) as worker,
    ):
        try:
            yield scheduler
        finally:
            scheduler.kill()
            worker.terminate()


@pytest.mark.slow
def test_a_scheduler_file_and_a_scheduler_that_goes(
    run: Any, tmp_path: Path, long_list: Path
) -> None:
    file, out = tmp_path / "scheduler.json", tmp_path / "out.parquet"
    asked = ("--no-window", "--engine", "dask", "--dask-address", file)
    with ThreadPoolExecutor(1) as pool, dask_processes(file) as scheduler:
        while not file.is_file():
            time.sleep(0.05)
        assert run("predict", *ODD, "-o", out, *asked).code == 1
        out.unlink()
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            pool.submit(lambda: (busy(client), scheduler.kill()))
            ran = run("predict", "-i", long_list, "-o", out, *asked)
    assert ran.code == 2
    assert "is gone; with --shard, the same command goes on" in ran.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--engine", "dask"), "--dask-address tcp://HOST:8786"),
        (("--dask-address", "tcp://10.0.0.1:8786"), "is for --engine dask"),
        (("--engine", "dask", "--dask-address", "no.json"), "no.json is no address"),
        (("--engine", "dask", "--dask-address", "a:1", "--jobs", 2), "--jobs is for this machine"),
        (("--engine", "dask", "--dask-address", "a:1", "--explain"), "CSV and Parquet files"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Any, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    ran = run("predict", "Li6PS5Cl", "-o", tmp_path / "out.csv", *options)
    assert ran.code == 2
    assert said in ran.err


def test_without_the_extra_it_is_named(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    asked = ("--engine", "dask", "--dask-address", "tcp://10.0.0.1:8786")
    ran = run("predict", "Li6PS5Cl", "-o", tmp_path / "out.csv", *asked)
    assert ran.code == 2
    assert "pip install 'sseml[scale]'" in ran.err
