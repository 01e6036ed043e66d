"""`sseml screen --shard`: parts of a list, a killed run, and what is refused before work."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

SPACE = "Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.01"
PARTS = ("--space", SPACE, "--no-window", "--rows-a-part", 20)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}


def test_parts_hold_what_one_file_holds(run: Any, tmp_path: Path) -> None:
    one, folder = tmp_path / "one.parquet", tmp_path / "parts"
    assert run("screen", "--space", SPACE, "--no-window", "-o", one).code == 0
    for number in (1, 2, 3):
        assert run("screen", *PARTS, "--shard", f"{number}/3", "-o", folder).code == 0
    assert len(bytes_of(folder)) == 4
    assert pq.read_table(folder).to_pylist() == pq.read_table(one).to_pylist()


def test_parts_are_the_same_by_several_processes_and_by_rows(run: Any, tmp_path: Path) -> None:
    alone, several, jsonl = (tmp_path / name for name in ("alone", "several", "jsonl"))
    asked = ("screen", *PARTS, "--shard", "1/1", "-o")
    assert run(*asked, alone).code == 0
    assert run(*asked, several, "--jobs", 2).code == 0
    assert bytes_of(several) == bytes_of(alone)
    assert run(*asked, jsonl, "--format", "jsonl").code == 0
    lines = [line for part in bytes_of(jsonl).values() for line in part.decode().splitlines()]
    sigmas = pq.read_table(alone)["sigma_S_cm"].to_pylist()
    assert [json.loads(line)["sigma_S_cm"] for line in lines] == sigmas


def test_a_run_killed_midway_goes_on_to_the_same_bytes(run: Any, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    asked = [*map(str, PARTS), "--shard", "1/1", "--format", "csv", "-o"]
    assert run("screen", *asked, whole).code == 0
    command = [sys.executable, "-m", "sseml", "screen", *asked, str(killed)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        due = time.monotonic() + 120.0
        while not bytes_of(killed) and time.monotonic() < due:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    left = bytes_of(killed)
    assert len(left) >= 1
    assert run("screen", *asked, killed).code == 0
    assert bytes_of(killed) == bytes_of(whole)
    assert bytes_of(killed).items() >= left.items()
    document = json.loads((killed / "_manifest-1-of-1.json").read_text("utf-8"))
    assert document["complete"]
    assert sum(entry["rows"] for entry in document["parts"].values()) == 61


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--shard", "1/2"), "name it with -o"),
        (("--shard", "1/2", "-o", "parts.csv"), "names a file"),
        (("--shard", "1/2", "-o", "parts", "--format", "table"), "say --format csv"),
        (("--shard", "1/2", "-o", "parts", "--strict"), "--strict"),
        (("--shard", "1/2", "-o", "parts", "--rows-a-part", 0), "one row or more"),
        (("--shard", "1/2", "-o", "p", "--jobs", 2, "--format", "jsonl"), "--jobs is for"),
        (("--shard", "3/2", "-o", "parts"), "no shard"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    run: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[object, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("screen", "--space", SPACE, *options)
    assert ran.code == 2
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []
