"""`sseml data add`: a lab's file becomes a table, and every row is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sseml.curation.table import load_measurements

GOOD = "formula,sigma_S_cm,temperature,series\nLi3ScBr6,1e-4,25,B1\nLLZTO,4e-4,298 K,B2\n"
MIXED = GOOD + 'Li3ScXx6,1e-4,25,B1\nLi3ErBr6,"1,2",25,B1\nLi3ScBr6,1e-4,25,B1\n'


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(MIXED, encoding="utf-8")
    return path


def test_a_table_a_csv_and_a_report_come_out(run: Any, lab: Path, tmp_path: Path) -> None:
    lab.write_text(GOOD, encoding="utf-8")
    ran = run("data", "add", lab, "-o", tmp_path / "mine")
    assert ran.code == 0
    assert ran.out.startswith("lab.csv: 2 rows read, 2 added, 0 already in the table, 0 refused")
    table = load_measurements(tmp_path / "mine")
    assert table["source"].tolist()[-2:] == ["own", "own"]
    again = load_measurements(tmp_path / "mine" / "measurements.csv")
    pd.testing.assert_frame_equal(again, table)
    report = json.loads((tmp_path / "mine" / "curation.json").read_text(encoding="utf-8"))
    assert [row["row"] for row in report["added"]] == [1, 2]


def test_refused_rows_are_named_one_by_one_and_the_others_written(
    run: Any, lab: Path, tmp_path: Path
) -> None:
    ran = run("data", "add", lab, "-o", tmp_path / "mine")
    assert ran.code == 1
    assert "row 3: 'Li3ScXx6': 'Xx' is not an element" in ran.err
    assert "row 4: 'Li3ErBr6': '1,2' is not a conductivity; write a decimal point" in ran.err
    assert "row 5: 'Li3ScBr6' is in the table already, as own:B1#" in ran.out
    assert (load_measurements(tmp_path / "mine")["source"] == "own").sum() == 2


def test_json_accounts_for_every_row(run: Any, lab: Path, tmp_path: Path) -> None:
    ran = run("data", "add", lab, "-o", tmp_path / "mine", "--json")
    report = json.loads(ran.out)
    rows = [row["row"] for part in ("added", "refused", "duplicates") for row in report[part]]
    assert sorted(rows) == list(range(1, report["read"] + 1)) == [1, 2, 3, 4, 5]


def test_a_second_file_joins_the_table_of_the_first(run: Any, lab: Path, tmp_path: Path) -> None:
    mine, second = tmp_path / "mine", tmp_path / "second.csv"
    second.write_text("formula,mS/cm,series\nLi3ErBr6,0.3,B7\n", encoding="utf-8")
    run("data", "add", lab, "-o", mine)
    assert run("data", "add", second, "-i", mine, "-o", mine).code == 0
    assert load_measurements(mine)["formula_reported"].tolist()[-3:] == [
        "Li3ScBr6", "LLZTO", "Li3ErBr6",
    ]  # fmt: skip
    before = (mine / "measurements.parquet").read_bytes()
    assert run("data", "add", second, "-i", mine, "-o", mine).code == 0
    assert (mine / "measurements.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "there is no file"),
        ("formula,conductivity\nLi3ScBr6,1e-4\n", "does not say its unit"),
        ("formula,σ (10^-4 S/cm)\nLi3ScBr6,3.2\n", "'σ (10^-4 S/cm)' of lab.csv holds a number"),
        ("formula,mS/cm,1000/T\nLi3ScBr6,3.2,3.3\n", "'1000/T' may be meant"),
        ("sample,sigma_S_cm\nLi3ScBr6,1e-4\n", "no column 'formula'"),
    ],
)
def test_an_unreadable_file_leaves_nothing_behind(
    run: Any, lab: Path, tmp_path: Path, text: str | None, complaint: str
) -> None:
    if text is None:
        lab.unlink()
    else:
        lab.write_text(text, encoding="utf-8")
    ran = run("data", "add", lab, "-o", tmp_path / "mine")
    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err
    assert not (tmp_path / "mine").exists()


def test_the_column_of_the_formula_may_be_named(run: Any, lab: Path, tmp_path: Path) -> None:
    lab.write_text(GOOD.replace("formula", "sample"), encoding="utf-8")
    assert run("data", "add", lab, "-o", tmp_path / "mine", "--column", "sample").code == 0
    assert (load_measurements(tmp_path / "mine")["source"] == "own").sum() == 2


def test_a_base_that_is_no_table_of_measurements_is_refused(
    run: Any, lab: Path, tmp_path: Path
) -> None:
    for text, complaint in ((MIXED, "convert"), (GOOD, "lacks the column(s) measurement_id")):
        lab.write_text(text, encoding="utf-8")
        ran = run("data", "add", lab, "-i", lab, "-o", tmp_path / "mine")
        assert ran.code == 2
        assert complaint in ran.err
