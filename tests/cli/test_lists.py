"""Lists as people keep them, handed to the commands; what a person is told about them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

GERMAN = (
    "Nr.;Summenformel;Messtemperatur (°C);Bemerkung\n"
    "1;Li1,3Al0,3Ti1,7(PO4)3;60,5;gut\n2;Li6PS5Cl;60;\n"
)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def german(tmp_path: Path) -> Path:
    path = tmp_path / "Proben.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    return path


@pytest.mark.parametrize("command", ["predict", "window", "compat"])
def test_a_german_table_is_read_by_every_command_and_what_is_not_used_is_named_once(
    run: Any, german: Path, command: str
) -> None:
    ran = run(command, "-i", german, "--format", "csv")
    assert ran.code == 0
    rows = rows_of(ran.out)
    assert [row["Bemerkung"] for row in rows][:1] == ["gut"]
    assert {row["formula"] for row in rows} == {"Li1.3Ti1.7Al0.3P3O12", "Li6PS5Cl"}
    assert ran.err == "sseml: columns that are kept but not used: 'Nr.', 'Bemerkung'\n"
    if command == "predict":
        assert [row["temperature_C"] for row in rows] == ["60.5", "60.0"]
        assert rows[0]["input"] == "Li1,3Al0,3Ti1,7(PO4)3"


def test_data_add_reads_the_same_headings_and_decimal_commas(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    text = (
        "Zusammensetzung;Leitfähigkeit (mS/cm);Temperatur (°C);Ea (eV);Charge\n"
        "Li3Sc0,9Zr0,1Br6;1,25;60,5;0,35;B1\n"
    )
    path.write_bytes(text.encode("cp1252"))
    ran = run("data", "add", path, "-o", tmp_path / "mine")
    assert ran.code == 0
    added = (tmp_path / "mine" / "measurements.csv").read_text(encoding="utf-8").splitlines()
    [row] = csv.DictReader(io.StringIO("\n".join([added[0], added[-1]])))
    assert (row["sigma_S_cm"], row["temperature_C"]) == ("0.00125", "60.5")
    assert (row["activation_energy_eV"], row["formula_reported"]) == ("0.35", "Li3Sc0,9Zr0,1Br6")


@pytest.mark.parametrize("command", ["predict", "window", "compat"])
def test_an_unclear_temperature_stops_every_command_with_a_question(
    run: Any, tmp_path: Path, command: str
) -> None:
    path, output = tmp_path / "list.csv", tmp_path / "out.csv"
    path.write_text("formula,T (°F)\nLi6PS5Cl,140\n", encoding="utf-8")
    ran = run(command, "-i", path, "-o", output)
    assert (ran.code, ran.out) == (2, "")
    assert "'T (°F)' may be meant" in ran.err
    assert "--ignore-column 'T (°F)'" in ran.err
    assert not output.exists()
    ran = run(command, "-i", path, "-o", output, "--ignore-column", "T (°F)")
    assert (ran.code, ran.err) == (0, "")


def test_data_add_can_pass_a_column_over(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text("formula,mS/cm,T (°F)\nLi3ErBr6,0.3,77\n", encoding="utf-8")
    assert run("data", "add", path, "-o", tmp_path / "mine").code == 2
    ran = run("data", "add", path, "-o", tmp_path / "mine", "--ignore-column", "T (°F)")
    assert ran.code == 0


def test_a_clean_table_and_our_own_output_say_nothing(run: Any, tmp_path: Path) -> None:
    path, out = tmp_path / "list.csv", tmp_path / "out.csv"
    path.write_text("formula,temperature,space_group\nLi6PS5Cl,60,216\n", encoding="utf-8")
    assert run("predict", "-i", path, "-o", out).err == ""
    assert run("predict", "-i", out).err == ""


def test_a_column_that_is_nearly_a_condition_is_named_with_it(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("formula,spacegruop\nLi6PS5Cl,216\n", encoding="utf-8")
    assert "'spacegruop' (did you mean 'space_group'?)" in run("predict", "-i", path).err


@pytest.mark.parametrize("name", ["candidates.txt", "list.csv", "list.xlsx", "list.ods", "plain"])
def test_a_list_without_i_is_told_apart_from_a_formula(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("Li3PS4\n", encoding="utf-8")
    ran = run("predict", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name} is a file: write -i {name}" in ran.err
    if name != "plain":
        ran = run("predict", f"x{name}")
        assert ran.code == 2
        assert f"there is no file 'x{name}' (did you mean '{name}'?)" in ran.err


def test_a_formula_goes_before_a_file_of_its_name(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Li3PS4").write_text("LLZO\n", encoding="utf-8")
    assert run("predict", "Li3PS4").code == 0


def test_late_json_columns_reach_a_file_and_are_named_on_standard_output(
    run: Any, tmp_path: Path
) -> None:
    path, out = tmp_path / "list.jsonl", tmp_path / "out.csv"
    lines = [json.dumps({"formula": "LiF!", "id": n}) for n in range(1_100)]
    lines.append(json.dumps({"formula": "LiF!", "id": "last", "late": 1}))
    path.write_text("\n".join(lines), encoding="utf-8")
    assert run("predict", "-i", path, "-o", out).code == 1
    rows = rows_of(out.read_text(encoding="utf-8"))
    assert (len(rows), rows[-1]["late"], rows[-1]["id"]) == (1_101, "1", "last")
    ran = run("predict", "-i", path, "--format", "csv")
    assert len(rows_of(ran.out)) == 1_101
    assert "came after the header of the CSV, and are not in it: 'late'" in ran.err
    parquet = tmp_path / "out.parquet"
    assert run("predict", "-i", path, "-o", parquet).code == 1


def test_a_workbook_is_read_and_its_sheet_chosen(run: Any, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Formula", "T / K"])
    book.active.append(["Li6PS5Cl", 333.15])
    book.create_sheet("more").append(["Formula"])
    book["more"].append(["Li3YCl6"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    [row] = rows_of(run("predict", "-i", path, "--format", "csv").out)
    assert (row["formula"], row["temperature_C"]) == ("Li6PS5Cl", "60.0")
    [row] = rows_of(run("predict", "-i", path, "--sheet", "more", "--format", "csv").out)
    assert row["formula"] == "Li3YCl6"
    piped = run(
        "predict", "-i", "-", "--input-format", "xlsx", "--no-window", stdin=path.read_bytes()
    )
    assert piped.code == 0
