"""`sseml screen`: counts, and the same answers as `sseml predict` gives for the list."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sseml.screen.reading import read_space

SPACES = (
    "Li1+x{Al,Ga}xTi2-x(PO4)3, x=0:0.4:0.2",
    "Li3{Y,Er}{Cl,Br}6 T=60",
    "Li7La3Zr2O12 dope Zr: Ta,W 0:0.4:0.2",
    "elements Li,P,S atoms<=8",
    "PEO + {LiTFSI,LiFSI}, EO:Li=[8:24:8]",
)


def test_the_answers_are_those_of_the_list_written_out(run: Any, tmp_path: Path) -> None:
    listed, by_list, by_space = (tmp_path / name for name in ("list.txt", "list.csv", "space.csv"))
    candidates = [line for space in SPACES for line in read_space(space)]
    listed.write_text("\n".join(candidates), encoding="utf-8")
    options = [option for space in SPACES for option in ("--space", space)]
    screened = run("screen", *options, "-T", "40", "-o", by_space)
    assert screened.code == 0, screened.err
    assert run("predict", "-i", listed, "-T", "40", "-o", by_list).code == 0
    assert by_space.read_bytes() == by_list.read_bytes()
    assert len(candidates) == 5 + 4 + 5 + 3 + 6
    assert "together 23 candidates" in screened.err


@pytest.mark.parametrize("format_", ["jsonl", "parquet"])
def test_other_formats_hold_the_same_rows(run: Any, tmp_path: Path, format_: str) -> None:
    file = tmp_path / f"out.{format_}"
    ran = run("screen", "--space", "Li6PS5{Cl,Br,I}", "-o", file, "--no-window")
    assert (ran.code, ran.out) == (0, "")
    if format_ == "parquet":
        rows = pq.read_table(file).to_pylist()
    else:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["input"] for row in rows] == ["Li6PS5Cl", "Li6PS5Br", "Li6PS5I"]


def test_without_a_file_a_table_is_written_and_the_count_said_beside_it(run: Any) -> None:
    ran = run("screen", "--space", "LLZO dope Zr: Ta 0:0.4:0.2", "--no-window")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()[1:4]] == [
        "Li7La3Zr2O12",
        "Li6.8La3Zr1.8Ta0.2O12",
        "Li6.6La3Zr1.6Ta0.4O12",
    ]
    assert "LLZO dope Zr: Ta 0:0.4:0.2: 3 candidates" in ran.err
    assert "Zr4+ replaced by Ta5+" in ran.err


@pytest.mark.parametrize(
    ("space", "count", "said"),
    [
        ("Li3{Y,Er,In,Sc}{Cl,Br}6", "8", ": 8 candidates"),
        ("Li1+x{Al,Ga,Cr,Fe}xTi2-x(PO4)3, x=0:0.6:0.001", "2404", "at most 2,404 candidates"),
        ("elements Li,P,S,Cl,Br,I,O,Si,Ge,Sn atoms<=60", "1470904329", "1,470,904,329 candidates"),
    ],
)
def test_count_writes_a_number_and_stops(run: Any, space: str, count: str, said: str) -> None:
    ran = run("screen", "--space", space, "--count", "-o", "no/such/folder/out.csv")
    assert (ran.code, ran.out) == (0, f"{count}\n")
    assert said in ran.err


def test_what_is_left_out_is_counted(run: Any) -> None:
    ran = run(
        "screen", "--space", "Li6PS5Cl dope P: Si 0.5:2:0.5", "--format", "csv", "--no-window"
    )
    assert ran.code == 0
    assert len(list(csv.DictReader(io.StringIO(ran.out)))) == 2
    assert "2 left out: more dopant than there is" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--space"),
        (("--space", "Li6PS5{Cl,Br"), "never closed (add '}')"),
        (("--space", "Li6PS5{Cl,Br}", "--space", "LLZO dope Hf: Ta 0.1"), "write one of Li, La"),
        (("--space", "elements Li,P,S,Cl,Br,I,O,Si,Ge,Sn atoms<=60"), "the limit is 1,000,000,000"),
        (("--space", "Li6PS5{Cl,Br,I}", "--limit", "2"), "holds 3 candidates; the limit is 2"),
        (("--space", "Li6PS5{Cl,Br,I}", "--limit", "some"), "'some' is no number of candidates"),
        (("--space", "Li6PS5{Cl,Br,I}", "-T", "300"), "has no unit"),
        (("--space", "Li6PS5{Cl,Br,I}", "-o", "out.doc"), "names no format"),
    ],
)
def test_bad_input_is_said_before_any_work(
    run: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    def no_work(*_: object, **__: object) -> None:
        raise AssertionError("predicted before the input was checked")

    monkeypatch.setattr("sseml.prediction.predict_queries", no_work)
    ran = run("screen", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_refused_candidate_stands_in_its_place_and_strict_writes_nothing(
    run: Any, tmp_path: Path
) -> None:
    space = "Li1-xNaxCl, x=0.5:1:0.5"
    ran = run("screen", "--space", space, "--format", "csv", "--no-window")
    assert ran.code == 1
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["status"] for row in rows] == ["ok", "error"]
    assert "1 of 2 rows refused" in ran.err
    file = tmp_path / "out.csv"
    assert run("screen", "--space", space, "--strict", "--no-window", "-o", file).code == 1
    assert not file.exists()
