"""`sseml predict`: what the command promises, run with the released bundle."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sseml.render import OUTPUT_COLUMNS

GOOD = "Li6PS5Cl"
BAD = "Li6PS5Xx"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def json_rows(text: str) -> list[dict[str, Any]]:
    def forbidden(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=forbidden) for line in text.splitlines()]


def test_every_row_answered_is_exit_code_0_and_silence_on_stderr(run: Any) -> None:
    ran = run("predict", GOOD, "Li3YCl6")
    assert ran.code == 0
    assert ran.err == ""
    assert GOOD in ran.out


def test_some_refused_is_exit_code_1_and_the_others_are_written_in_order(run: Any) -> None:
    ran = run("predict", GOOD, BAD, "Li3YCl6", "--format", "csv")
    assert ran.code == 1
    rows = rows_of(ran.out)
    assert [row["input"] for row in rows] == [GOOD, BAD, "Li3YCl6"]
    assert [row["status"] for row in rows] == ["ok", "error", "ok"]
    assert "row 2" in rows[1]["error"]
    assert BAD in rows[1]["error"]
    assert "1 of 3 rows refused" in ran.err
    assert BAD in ran.err


def test_a_refused_row_stands_in_its_place_in_the_table(run: Any) -> None:
    ran = run("predict", GOOD, BAD, "Li3YCl6")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == [GOOD, BAD]
    assert "refused" in lines[2]
    assert all(len(line) <= 122 for line in lines)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["predict"],
        ["predict", GOOD, "-i", "-"],
        ["predict", GOOD, "--format", "xlsx"],
        ["predict", GOOD, "-T", "warm"],
        ["predict", "-i", "no/such/file.txt"],
        ["predict", GOOD, "-o", "no/such/folder/x.csv"],
        ["predict", GOOD, "-o", "answers.xlsx"],
        ["predict", GOOD, "--bundle", "no/such/bundle"],
        ["no-such-command"],
    ],
)
def test_wrong_usage_and_unreadable_files_are_exit_code_2(run: Any, argv: list[str]) -> None:
    ran = run(*argv)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err
    assert "Traceback" not in ran.err


def test_an_impossible_temperature_is_refused(run: Any) -> None:
    ran = run("predict", GOOD, "-T", "-400")
    assert ran.code in (1, 2)
    assert "-400" in ran.err


def test_a_bare_temperature_that_may_be_kelvin_is_asked_back(run: Any) -> None:
    ran = run("predict", GOOD, "-T", "298")
    assert ran.code == 2
    assert "write 298 K or 298 °C" in ran.err
    for written, temperature_C in (("298 K", 24.85), ("298K", 24.85), ("400C", 400), ("60", 60)):
        [row] = json_rows(run("predict", GOOD, "-T", written, "--format", "jsonl").out)
        assert row["temperature_C"] == temperature_C


def test_help_is_exit_code_0_and_teaches_by_example(run: Any) -> None:
    for command in ("predict", "train", "evaluate", "names", "families"):
        ran = run(command, "--help")
        assert ran.code == 0
        assert f"sseml {command}" in ran.out.split("examples:")[1]


def test_strict_writes_nothing_at_the_first_refusal(run: Any, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    for extra in ([], ["-o", output]):
        ran = run("predict", "--strict", GOOD, BAD, GOOD, "--format", "csv", *extra)
        assert ran.code == 1
        assert ran.out == ""
        assert BAD in ran.err
    assert list(tmp_path.iterdir()) == []
    ran = run("predict", "--strict", GOOD, "--format", "csv")
    assert ran.code == 0
    assert rows_of(ran.out)[0]["input"] == GOOD


def test_a_file_is_replaced_whole_or_left_alone(run: Any, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("precious\n")
    assert run("predict", "--strict", GOOD, BAD, "-o", output).code == 1
    assert output.read_text() == "precious\n"
    ran = run("predict", GOOD, "-o", output)
    assert (ran.code, ran.out) == (0, "")
    assert json_rows(output.read_text())[0]["input"] == GOOD
    assert list(tmp_path.iterdir()) == [output]


def test_a_link_stays_a_link_and_its_target_is_replaced(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "target.csv"
    target.write_text("")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    assert run("predict", GOOD, "-o", link).code == 0
    assert link.is_symlink()
    assert rows_of(target.read_text())[0]["input"] == GOOD


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "txt"])
def test_the_ending_names_the_format(run: Any, tmp_path: Path, ending: str) -> None:
    output = tmp_path / f"out.{ending}"
    assert run("predict", GOOD, "-o", output).code == 0
    match ending:
        case "csv":
            assert rows_of(output.read_text())[0]["status"] == "ok"
        case "jsonl":
            assert json_rows(output.read_text())[0]["status"] == "ok"
        case "parquet":
            assert pq.read_table(output).column_names == list(OUTPUT_COLUMNS)
        case _:
            assert output.read_text().split()[0] == "input"


def test_json_lines_nest_the_neighbours_and_hold_no_nan(run: Any) -> None:
    ran = run("predict", "--format", "jsonl", GOOD, BAD, "LLZTO", "Li3-xY1-xZrxCl6, x=0.4")
    answered = [row for row in json_rows(ran.out) if row["status"] == "ok"]
    assert len(answered) == 3
    for row in answered:
        assert row["sigma_low_S_cm"] < row["sigma_S_cm"] < row["sigma_high_S_cm"]
        assert 0 <= row["p_superionic"] <= 1
        assert row["nearest"]
        assert set(row["nearest"][0]) == {
            "formula", "distance", "sigma_S_cm", "temperature_C", "doi", "reference",
        }  # fmt: skip
    assert json_rows(ran.out)[1]["sigma_S_cm"] is None


def test_input_columns_are_kept_and_formulas_of_spreadsheets_are_inert(
    run: Any, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"batch,formula,family\nA,{GOOD},mine\n=1+1,=HYPERLINK(0),@x\n-3.5,{GOOD},\n")
    ran = run("predict", "-i", source, "--format", "csv")
    rows = rows_of(ran.out)
    assert [row["batch"] for row in rows] == ["A", "'=1+1", "-3.5"]
    assert [row["input_family"] for row in rows] == ["mine", "'@x", ""]
    assert rows[1]["input"].startswith("'=")
    assert rows[1]["status"] == "error"
    cells = [cell for row in rows for cell in row.values()]
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)


def test_column_chooses_the_formula_and_a_missing_one_is_exit_code_2(
    run: Any, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"stuff,other\n{GOOD},1\n")
    assert run("predict", "-i", source, "--column", "stuff").code == 0
    for argv in (["--column", "nowhere"], []):
        ran = run("predict", "-i", source, *argv)
        assert ran.code == 2
        assert ran.out == ""
        assert "stuff" in ran.err  # the message names the columns that are there


def test_standard_input_text_and_a_temperature_per_row(run: Any) -> None:
    text = f"# two\n\n{GOOD}\n{GOOD} temperature=100\n".encode()
    ran = run("predict", "-i", "-", "-T", "60", "--format", "jsonl", stdin=text)
    assert ran.code == 0
    assert [row["temperature_C"] for row in json_rows(ran.out)] == [60, 100]


def test_a_sweep_gives_one_answer_for_every_x(run: Any) -> None:
    ran = run("predict", "La2/3-xLi3xTiO3, x=0.04:0.16:0.04", "--format", "csv")
    assert ran.code == 0
    assert len({row["formula"] for row in rows_of(ran.out)}) == 4


def test_parquet_and_json_lines_are_read_like_csv(run: Any, tmp_path: Path) -> None:
    records = [{"formula": GOOD, "n": 1}, {"formula": "Li3YCl6", "n": 2}]
    parquet, lines = tmp_path / "in.parquet", tmp_path / "in.jsonl"
    pq.write_table(pa.Table.from_pylist(records), parquet)
    lines.write_text("".join(json.dumps(record) + "\n" for record in records))
    answers = [
        json_rows(run("predict", "-i", f, "--format", "jsonl").out) for f in (parquet, lines)
    ]
    assert answers[0] == answers[1]
    assert [row["n"] for row in answers[0]] == [1, 2]


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv", "txt"])
def test_a_file_that_is_not_what_its_ending_says(run: Any, tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"in.{ending}"
    source.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe\x00" * 50)
    ran = run("predict", "-i", source)
    assert ran.code == 2
    assert ran.out == ""
    assert source.name in ran.err
    assert "Traceback" not in ran.err


def test_one_line_in_another_encoding_is_refused_and_the_others_go_on(
    run: Any, tmp_path: Path
) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(f"{GOOD}\nLi₃InCl₆\n".encode() + "Li6PS5Cl · café\n".encode("latin-1"))
    ran = run("predict", "-i", source, "--format", "csv")
    assert ran.code == 1
    assert [row["status"] for row in rows_of(ran.out)] == ["ok", "ok", "error"]


def test_an_empty_input_is_no_error_but_is_said(run: Any) -> None:
    ran = run("predict", "-i", "-", "--format", "jsonl", stdin=b"# nothing\n\n")
    assert (ran.code, ran.out) == (0, "")
    assert "no formula" in ran.err


def test_explain_says_why(run: Any) -> None:
    ran = run("predict", "--explain", GOOD)
    for part in ("family", "argyrodite", "domain", "nearest", "interval", "10."):
        assert part in ran.out
    record = json_rows(run("predict", "--explain", GOOD, "--format", "jsonl").out)[0]
    assert "domain" in record["explanation"]


def test_one_bad_row_among_ten_thousand(run: Any, tmp_path: Path) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.csv"
    formulas = [f"Li{3 - x / 10_000:.4f}Y{1 - x / 10_000:.4f}Zr{x / 10_000:.4f}Cl6" for x in
                range(1, 10_000)]  # fmt: skip
    formulas.insert(6_789, BAD)
    source.write_text("\n".join(formulas) + "\n")
    ran = run("predict", "-i", source, "-o", output)
    assert ran.code == 1
    rows = rows_of(output.read_text())
    assert [row["input"] for row in rows] == formulas
    assert [i for i, row in enumerate(rows) if row["status"] != "ok"] == [6_789]
    assert "row 6790" in ran.err
    assert "1 of 10000 rows refused" in ran.err


def test_a_folder_as_output_is_called_a_folder(run: Any, tmp_path: Path) -> None:
    ran = run("predict", GOOD, "-o", tmp_path)
    assert ran.code == 2
    assert "is a folder" in ran.err
