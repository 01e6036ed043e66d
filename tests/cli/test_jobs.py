"""`predict --jobs`: several processes write what one writes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from sseml.parallel import Settings, answering
from sseml.processes import WorkersError

TEXTS = ["Li6PS5Cl", "not a formula", "75Li2S-25P2S5", "PEO + LiTFSI, EO:Li=18 @ 60 °C"]


@pytest.fixture
def long_list(tmp_path: Path) -> Path:
    """Five thousand rows: three batches, with refusals in all of them."""
    rows = (f"Li{3 + row / 10_000:.4f}Y0.9Zr0.1Cl6" for row in range(5000))
    lines = [f"{text},{place}" for place, text in enumerate([*TEXTS, *rows, "NaCl"])]
    path = tmp_path / "list.csv"
    path.write_text("formula,place\n" + "\n".join(line for line in lines if line.count(",") == 1))
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_two_processes_write_the_same_bytes_and_messages(
    run: Any, tmp_path: Path, long_list: Path, ending: str
) -> None:
    ran = []
    for jobs in (1, 2):
        out = tmp_path / f"{jobs}.{ending}"
        ran.append(run("predict", "-i", long_list, "-o", out, "--no-window", "--jobs", jobs))
    assert (tmp_path / f"1.{ending}").read_bytes() == (tmp_path / f"2.{ending}").read_bytes()
    assert ran[0] == ran[1]
    assert ran[0].code == 1
    assert "of 5004 rows refused" in ran[0].err


@pytest.mark.parametrize(
    "asked",
    [
        ("predict", "--sort", "sigma_S_cm", "-o", "out.csv"),
        ("predict", "--top", "3", "--format", "jsonl"),
        ("screen", "--rank-by", "p_superionic,cost_USD_kg", "--top", "40", "-o", "out.parquet"),
        (
            "screen",
            "--top",
            "4",
            "--diverse",
            "--where",
            "hhi_production>=1",
            "--report",
            "out.html",
        ),
    ],
    ids=" ".join,
)
def test_two_processes_rank_as_one_does(
    run: Any,
    tmp_path: Path,
    long_list: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, ...],
) -> None:
    ran, written = [], []
    command, *how = asked
    for jobs in (1, 2):
        folder = tmp_path / f"{jobs}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        ran.append(run(command, "-i", long_list, "--no-window", *how, "--jobs", jobs))
        written.append({file.name: file.read_bytes() for file in folder.iterdir()})
    if "out.html" in written[0]:  # the page names the command
        for files in written:
            files["out.html"] = re.sub(rb"--jobs \d", b"", files["out.html"])
    assert written[0] == written[1]
    assert ran[0] == ran[1]
    assert ran[0].out or written[0]
    assert ran[0].code == 1
    assert "of 5004 rows refused" in ran[0].err


def test_two_processes_calculate_the_scores(run: Any) -> None:
    formulas = ("Li6PS5Cl", "LLZO", "Li3YCl6")
    asked = ("screen", *formulas, "--rank-by", "water_eV_atom,V_ox", "--format", "jsonl")
    assert run(*asked, "--jobs", 2) == run(*asked)
    assert all(json.loads(line)["water_eV_atom"] < 0 for line in run(*asked).out.splitlines())


def test_strict_writes_nothing(run: Any, tmp_path: Path, long_list: Path) -> None:
    out = tmp_path / "out.parquet"
    ran = run("predict", "-i", long_list, "-o", out, "--no-window", "--jobs", 2, "--strict")
    assert ran.code == 1
    assert "not a formula" in ran.err
    assert not out.exists()


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("-o", "x.jsonl"),
        ("-o", "x.csv", "--explain"),
        ("--sort", "sigma_S_cm", "--explain"),
    ],
)
def test_what_is_no_file_of_columns_is_answered_by_one(run: Any, more: tuple[str, ...]) -> None:
    ran = run("predict", "Li6PS5Cl", "--jobs", 2, *more)
    assert ran.code == 2
    assert "-o FILE.csv or FILE.parquet" in ran.err


@pytest.mark.parametrize("jobs", ["-1", "1.5", "many"])
def test_no_number_of_processes(run: Any, jobs: str) -> None:
    ran = run("predict", "Li6PS5Cl", f"--jobs={jobs}")
    assert ran.code == 2
    assert "no number of processes" in ran.err


def ends(*processes: psutil.Process, within_s: float = 20.0) -> bool:
    """Whether processes, which need not be our children, end in time."""
    due = time.monotonic() + within_s
    while time.monotonic() < due:
        if not any(each.is_running() and each.status() != "zombie" for each in processes):
            return True
        time.sleep(0.05)
    return False


def answering_processes(of: int, wanted: int = 2) -> list[psutil.Process]:
    """The processes that answer for another, once there are as many as wanted."""
    due = time.monotonic() + 60.0
    while time.monotonic() < due:
        children = psutil.Process(of).children()
        if len(found := [each for each in children if "spawn_main" in cmdline(each)]) == wanted:
            return found
        time.sleep(0.01)
    raise AssertionError("no process was started")


def cmdline(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def command(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    """`sseml` as a process of its own, quiet."""
    argv = [sys.executable, "-m", "sseml", *map(str, words)]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, **quiet) as process:
        yield process


def test_no_process_outlives_a_killed_one(tmp_path: Path, long_list: Path) -> None:
    out = tmp_path / "out.parquet"
    with command("predict", "-i", long_list, "-o", out, "--jobs", 2) as process:
        workers = answering_processes(process.pid)
        process.kill()
    assert ends(*workers)
    assert not out.exists()


def test_parts_by_several_processes_go_on_after_a_kill(run: Any, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    space = ("--space", "Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.01", "--no-window", "--rows-a-part", 20)
    asked = ("screen", *space, "--shard", "1/1", "-o")
    assert run(*asked, whole).code == 0
    with command(*asked, killed, "--jobs", 2) as process:
        while not list(killed.glob("part-*")) and process.poll() is None:
            time.sleep(0.002)
        workers = psutil.Process(process.pid).children()
        process.kill()
    assert ends(*workers)
    left = {path.name: path.read_bytes() for path in killed.glob("part-*")}
    assert left
    assert run(*asked, killed, "--jobs", 2).code == 0
    written = {path.name: path.read_bytes() for path in whole.iterdir()}
    assert {path.name: path.read_bytes() for path in killed.iterdir() if path.name[0] != "."} == (
        written
    )
    assert written.items() >= left.items()


def test_one_killed_process_is_started_again(run: Any, tmp_path: Path, long_list: Path) -> None:
    alone, several = tmp_path / "alone.parquet", tmp_path / "several.parquet"
    assert run("predict", "-i", long_list, "-o", alone, "--no-window").code == 1
    with ThreadPoolExecutor(1) as pool:
        victims = pool.submit(answering_processes, os.getpid())
        victims.add_done_callback(lambda found: found.result()[0].send_signal(signal.SIGKILL))
        ran = run("predict", "-i", long_list, "-o", several, "--no-window", "--jobs", 2)
    assert not victims.result()[0].is_running()
    assert ran.code == 1
    assert several.read_bytes() == alone.read_bytes()


class Deadly:
    """Ends the process that reads it, as one that needs more memory than there is."""

    row = 7

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (9,)


def test_rows_that_end_every_process_are_named() -> None:
    with (
        answering(Settings(window=False), 2) as answers,
        pytest.raises(WorkersError, match="died 3 times over rows 7 to 7"),
    ):
        list(answers([Deadly()]))  # type: ignore[list-item]


def test_a_folder_that_is_no_bundle_is_said(run: Any, tmp_path: Path) -> None:
    asked = ("predict", "Li6PS5Cl", "-o", tmp_path / "out.csv", "--bundle", tmp_path, "--jobs", 2)
    ran = run(*asked)
    assert ran.code == 2
    assert "is not a model bundle" in ran.err
