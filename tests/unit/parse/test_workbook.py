"""Lists kept as Excel workbooks."""

import datetime as dt
import io
import sys

import pytest

from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.records import Query, Refusal, RefusedInputError

openpyxl = pytest.importorskip("openpyxl")


def workbook(tmp_path, *rows, merge=(), more=None):
    book = openpyxl.Workbook()
    book.active.title = "samples"
    for row in rows:
        book.active.append(row)
    for cells in merge:
        book.active.merge_cells(cells)
    for name, lines in (more or {}).items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
    path = tmp_path / "list.xlsx"
    book.save(path)
    return path


def test_the_first_sheet_is_read_below_its_title_without_its_empty_rows(tmp_path):
    path = workbook(
        tmp_path,
        ["Our list, 2024"],
        [],
        ["Formel", "T (°C)", "day", "remark"],
        ["Li3PS4", 60, dt.datetime(2024, 5, 1), None],
        [None, None, None, None],
        ["Li1.3Al0.3Ti1.7(PO4)3", 25.5, dt.datetime(2024, 5, 1, 12, 30), True, "beside"],
    )
    first, second = parse_rows(read_rows(path))
    assert (first.row, first.material.formula, first.temperature_C) == (1, "Li3PS4", 60)
    assert first.columns == {"T (°C)": 60, "day": "2024-05-01", "remark": None}
    assert (second.row, second.temperature_C) == (2, 25.5)
    assert second.columns["day"] == "2024-05-01T12:30:00"
    assert second.columns["column 5"] == "beside"


def test_a_sheet_is_chosen_by_its_name(tmp_path):
    path = workbook(tmp_path, ["formula"], ["Li3N"], more={"two": [["formula"], ["LLZO"]]})
    assert [row.text for row in read_rows(path, sheet="two")] == ["LLZO"]
    with pytest.raises(RefusedInputError, match="'samples', 'two'"):
        read_rows(path, sheet="three")
    with pytest.raises(RefusedInputError, match="no sheets"):
        read_rows(io.StringIO("formula\nLi3N\n"), "csv", sheet="two")


def test_a_hidden_sheet_is_read_only_when_it_is_named(tmp_path):
    path = workbook(tmp_path, ["formula"], ["Li3N"], more={"two": [["formula"], ["LLZO"]]})
    book = openpyxl.load_workbook(path)
    book["samples"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert [row.text for row in read_rows(path)] == ["LLZO"]
    assert [row.text for row in read_rows(path, sheet="samples")] == ["Li3N"]


def test_a_sheet_of_a_chart_without_its_drawing_is_a_damaged_workbook(tmp_path):
    path = workbook(tmp_path, ["formula"], ["Li3N"])
    book = openpyxl.load_workbook(path)
    book.create_chartsheet("chart", 0)
    book.save(path)
    with pytest.raises(RefusedInputError, match="damaged workbook"):
        list(read_rows(path))


def test_merged_cells_say_the_same_in_every_row(tmp_path):
    path = workbook(
        tmp_path,
        ["formula", "T (°C)"],
        ["Li3PS4", 25],
        [None, 60],
        [None, 80],
        ["Li3N", 25],
        merge=["A2:A4"],
    )
    assert [(row.row, row.text) for row in read_rows(path)] == [
        (1, "Li3PS4"), (2, "Li3PS4"), (3, "Li3PS4"), (4, "Li3N"),
    ]  # fmt: skip


def test_cells_that_are_no_formula_refuse_their_rows_alone(tmp_path):
    path = workbook(
        tmp_path,
        ["formula", "T (°C)", "n"],
        [dt.date(2024, 1, 2), 25, 1],
        [12, 25, 1],
        [None, 25, 1],
        ["Li3N", "=20+5", 1],
        ["Li3N", 25, "=1+1"],
        ["Li3N", "hot", 1],
    )
    rows = list(parse_rows(read_rows(path)))
    assert [isinstance(row, Refusal) for row in rows] == [True, True, True, True, False, True]
    assert "a date" in rows[0].reason
    assert "let it calculate" in rows[3].suggestion
    assert rows[4].columns["n"] == "=1+1"


def test_a_workbook_comes_through_a_stream_too(tmp_path):
    data = workbook(tmp_path, ["formula"], ["Li3N"]).read_bytes()
    [row] = parse_rows(read_rows(io.BytesIO(data), "xlsx"))
    assert isinstance(row, Query)


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    path = workbook(tmp_path, ["formula"], ["Li3N"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(RefusedInputError, match=r"sseml\[excel\]"):
        read_rows(path)
