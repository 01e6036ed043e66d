"""`sseml window`: limits, products and notes, row by row, in every format, and its pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

ODD = ["Li6PS5Cl", "Xx2", "Na3PS4", "LiAr", "Li3AuO3", "Li", "", "LLZO"]


def records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_the_block_names_limits_products_and_what_they_are(run: Any) -> None:
    ran = run("window", "Li6PS5Cl")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "Li6PS5Cl"
    assert "1.72 to 2.14 V vs Li/Li+, calculated" in lines[1]
    assert "0.2 Li6PS5Cl + Li → Li2S + 0.2 LiCl + 0.2 P" in lines[2]
    assert any("measured windows are mostly wider" in line for line in lines)


def test_rows_keep_their_places_and_bad_ones_their_reason(run: Any) -> None:
    ran = run("window", "--format", "jsonl", *ODD)
    rows = records(ran.out)
    assert ran.code == 1
    assert [row["input"] for row in rows] == ODD
    assert [row["status"] for row in rows] == [
        "ok", "error", "ok", "ok", "ok", "ok", "error", "ok",
    ]  # fmt: skip
    assert rows[1]["error"]["code"] == "invalid_formula"
    without = {row["input"]: row["window_note"] for row in rows[2:6]}
    for formula, reason in {
        "Na3PS4": "the ion Na", "LiAr": "noble gas", "Li3AuO3": "Au", "Li": "metal itself",
    }.items():  # fmt: skip
        assert any(reason in note for note in without[formula]), formula
    assert all(row["V_red"] is None and row["V_ox"] is None for row in rows[2:6])


def test_the_effect_of_a_correction_is_shown(run: Any) -> None:
    [row] = records(run("window", "Li2S", "--corrections", "S", "--format", "jsonl").out)
    assert row["V_ox"] == pytest.approx(2.009, abs=0.002)
    assert row["V_ox_uncorrected"] == pytest.approx(2.139, abs=0.002)
    assert row["corrections"] == ["S"]


def test_sodium_is_asked_for_by_its_ion(run: Any) -> None:
    [row] = records(run("window", "Na3PS4", "--ion", "Na", "--format", "jsonl").out)
    assert row["ion"] == "Na"
    assert 0.5 < row["V_red"] < row["V_ox"] < 3.0


def test_a_measured_window_stands_beside_the_calculated_one(run: Any) -> None:
    [row] = records(run("window", "LGPS", "--format", "jsonl").out)
    assert row["V_ox"] < 2.5
    assert any(each["V_ox"] == 5.0 for each in row["measured"])
    assert all(each["method"] for each in row["measured"])


def test_the_tolerance_is_an_argument(run: Any) -> None:
    asked = ("window", "Li0.33La0.56TiO3", "--format", "jsonl")
    [within] = records(run(*asked).out)
    [exact] = records(run(*asked, "--tolerance", "0").out)
    assert within["V_ox"] - within["V_red"] > 1.5
    assert within["window_of"] != "Li0.33La0.56TiO3"
    assert exact["V_ox"] == exact["V_red"]
    assert any("collapsed" in note for note in exact["window_note"])


def test_csv_holds_one_flat_row_each(run: Any, tmp_path: Path) -> None:
    formulas = tmp_path / "list.txt"
    formulas.write_text("Li6PS5Cl\nLi3YCl6  # a halide\nLi7La3Zr2O12 temperature=60\n")
    target = tmp_path / "windows.csv"
    ran = run("window", "-i", str(formulas), "-o", str(target))
    assert ran.code == 0
    assert ran.out == ""
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [row["formula"] for row in rows] == ["Li6PS5Cl", "Li3YCl6", "Li7La3Zr2O12"]
    assert all(float(row["V_red"]) < float(row["V_ox"]) for row in rows)


def test_the_same_numbers_as_predict(run: Any) -> None:
    formulas = ["Li6PS5Cl", "LLZO", "Li3YCl6", "Li0.33La0.56TiO3"]
    windows = records(run("window", "--format", "jsonl", *formulas).out)
    predicted = records(run("predict", "--format", "jsonl", *formulas).out)
    for window, prediction in zip(windows, predicted, strict=True):
        for name in ("V_red", "V_ox", "e_above_hull_eV_atom"):
            expected = prediction[name]
            assert window[name] == (
                expected if expected is None else pytest.approx(expected, abs=1e-4)
            )


def test_predict_without_a_window_leaves_it_empty(run: Any) -> None:
    [row] = records(run("predict", "--no-window", "--format", "jsonl", "Li6PS5Cl").out)
    assert row["V_red"] is row["V_ox"] is row["window_note"] is row["e_above_hull_eV_atom"] is None


@pytest.mark.parametrize("formulas", [("Li6PS5Cl",), ("Li6PS5Cl", "Xx2", "LLZO")])
def test_a_picture_is_drawn(run: Any, tmp_path: Path, formulas: tuple[str, ...]) -> None:
    target = tmp_path / "window.png"
    run("window", *formulas, "--plot", str(target))
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "argv",
    [
        ("Li6PS5Cl", "--corrections", "Cl"),
        ("Li6PS5Cl", "--tolerance", "200"),
        ("Li6PS5Cl", "--tolerance", "wide"),
        ("Li6PS5Cl", "--ion", "Mg"),
        ("Li6PS5Cl", "--phases", "no/such/folder"),
        ("Li6PS5Cl", "--phases", "models/composition-6"),
        ("Li6PS5Cl", "-o", "windows.xlsx"),
        (),
    ],
)
def test_what_cannot_be_used_is_said(run: Any, argv: tuple[str, ...]) -> None:
    ran = run("window", *argv)
    assert ran.code == 2
    assert ran.err.strip()
    assert ran.out == ""


def test_nothing_to_draw_is_said(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "none.png"
    ran = run("window", "Na3PS4", "--plot", str(target))
    assert ran.code != 0
    assert "nothing was drawn" in ran.err
    assert not target.exists()


def text_of_picture(path: Path) -> str:
    """What can be read on an SVG, whose letters are drawn."""
    lines = re.findall(r"<!-- (.*?) -->", path.read_text("utf-8"))
    return re.sub(r"\$_\{\\mathregular\{(.*?)\}\}\$", r"\1", " ".join(lines))


def table_of(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out)))


def test_the_csv_names_the_source_of_what_was_measured_and_counts_it(run: Any) -> None:
    formulas = ("Li6PS5Cl", "LLZO", "LGPS", "Li2HfO3")
    rows = table_of(run("window", *formulas, "--format", "csv").out)
    nested = records(run("window", *formulas, "--format", "jsonl").out)
    for row, record in zip(rows, nested, strict=True):
        assert row["measured_count"] == str(len(record["measured"]))
        assert bool(row["measured_relation"]) == bool(record["measured"])
        assert bool(row["measured_doi"] or row["measured_reference"]) == bool(record["measured"])
        relations = [each["relation"] for each in record["measured"]]
        assert set(relations) <= {"equal", "about", "within"}
        assert row["measured_relation"] != "within" or set(relations) == {"within"}
        with_carbon = [
            each for each in record["measured"]
            if "carbon" in each["method"] and each["relation"] != "within"
        ]  # fmt: skip
        assert not with_carbon or "carbon" in row["measured_method"]
    assert rows[0]["measured_reference"] == "Tan 2019; Schwietert 2020"
    assert (rows[1]["measured_V_ox"], rows[1]["measured_relation"]) == ("3.6", "equal")
    assert rows[3]["measured_count"] == "0"


def test_the_other_columns_of_the_input_are_kept(run: Any, tmp_path: Path) -> None:
    candidates = tmp_path / "list.csv"
    candidates.write_text(
        'id,formula,phases,measured\n7,Li6PS5Cl,cubic,"a\rb"\n=8,Xx,,no\n', encoding="utf-8"
    )
    ran = run("window", "-i", candidates, "--format", "csv")
    first, second = table_of(ran.out)
    assert list(first)[-3:] == ["id", "input_phases", "input_measured"]
    assert (first["id"], first["phases"], first["input_phases"]) == ("7", "phases-1", "cubic")
    assert first["input_measured"] == "a\rb"
    assert (second["status"], second["id"]) == ("error", "'=8")
    nested = records(run("window", "-i", candidates, "--format", "jsonl").out)
    assert [row["id"] for row in nested] == ["7", "=8"]
    assert nested[0]["input_measured"] == "a\rb"
    assert nested[0]["measured"]
    assert nested[1]["measured"] == []


def test_a_column_that_comes_late_is_in_the_header(run: Any) -> None:
    lines = ['{"formula": "LiF"}'] * 1000 + ['{"formula": "LiF", "late": [1]}']
    late = "\n".join(lines).encode()
    asked = ("window", "-i", "-", "--input-format", "jsonl")
    ran = run(*asked, "--format", "csv", stdin=late)
    assert ran.code == 0
    rows = table_of(ran.out)
    assert len(rows) == len(lines)
    assert [row["late"] for row in rows[-2:]] == ["", "[1]"]


def test_table_and_text_are_the_same(run: Any) -> None:
    texts = [run("window", "LiF", "--format", name).out for name in ("text", "table")]
    assert texts[0] == texts[1] == run("window", "LiF").out


@pytest.mark.parametrize(
    ("formulas", "expected"),
    [
        (("Li6PS5Cl",), "corrected for S; as the table stands: 1.72 to 2.14 V"),
        (("Li6PS5Cl", "Li2S", "TiO2"), "Li6PS5Cl 1.72 to 2.14 V, Li2S 0.00 to 2.14 V"),
    ],
)
def test_a_picture_says_what_was_corrected(
    run: Any, tmp_path: Path, formulas: tuple[str, ...], expected: str
) -> None:
    plain, corrected = tmp_path / "plain.svg", tmp_path / "corrected.svg"
    run("window", *formulas, "--plot", plain)
    run("window", *formulas, "--corrections", "S", "--plot", corrected)
    assert expected in text_of_picture(corrected)
    assert "corrected" not in text_of_picture(plain)


@pytest.mark.parametrize(
    ("target", "said"), [("none/w.png", "no folder"), ("w.jpg", ".png"), ("", "picture")]
)
def test_a_picture_that_cannot_be_written_is_said_before_the_work(
    run: Any, tmp_path: Path, target: str, said: str
) -> None:
    ran = run("window", "-i", tmp_path / "not there.txt", "--plot", tmp_path / target)
    assert ran.code == 2
    assert said in ran.err
    assert "not there" not in ran.err


def test_why_there_is_nothing_to_draw_is_said(run: Any, tmp_path: Path) -> None:
    ran = run("window", "Li6PS5Xx", "Na3PS4", "--plot", tmp_path / "none.png")
    assert ran.code == 1
    assert "'Xx' is not an element" in ran.err
    assert "no Li in the formula" in ran.err


def test_every_column_is_on_the_page(run: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "window.md").read_text("utf-8")
    header = run("window", "LiF", "--format", "csv").out.splitlines()[0]
    for column in header.split(","):
        assert f"`{column}`" in page
