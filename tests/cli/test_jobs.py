"""`predict --jobs`: several processes write what one writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

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
