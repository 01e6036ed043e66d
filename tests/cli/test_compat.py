"""`sseml compat`: what a person sees, in every format, for good and odd input."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sseml.physics.compatibility import electrodes

PAGE = Path(__file__).parents[2] / "docs" / "window.md"
DEFAULT = [
    "Li metal", "LCO discharged", "LCO charged", "NMC811 discharged", "NMC811 charged",
    "LFP discharged", "LFP charged", "LNMO discharged", "LNMO charged", "S discharged",
    "S charged", "water", "water+CO2",
]  # fmt: skip


def records(run: Any, *argv: object) -> list[dict[str, Any]]:
    lines = run("compat", *argv, "--format", "jsonl").out.splitlines()
    return [json.loads(line) for line in lines]


def test_without_partners_metal_cathodes_and_moist_air_are_shown(run: Any) -> None:
    rows = records(run, "Li6PS5Cl")
    assert [row["against"] for row in rows] == DEFAULT
    energy = {row["against"]: row["energy_eV_atom"] for row in rows}
    assert energy["LCO charged"] < energy["LCO discharged"] < energy["LFP discharged"] < 0
    assert energy["S discharged"] == 0
    assert rows[0]["products"] == {"Li2S": 5.0, "Li3P": 1.0, "LiCl": 1.0}
    assert rows[0]["reaction"] == "Li6PS5Cl + 8 Li → 5 Li2S + Li3P + LiCl"
    assert rows[0]["energy_eV_formula"] == pytest.approx(21 * rows[0]["energy_eV_atom"], abs=2e-3)
    assert rows[0]["atomic_share"] == pytest.approx(13 / 21, abs=1e-4)
    assert rows[0]["phases"] == "phases-1"


def test_partners_are_named_by_name_state_formula_and_gas(run: Any) -> None:
    rows = records(
        run, "LLZO", "--with", "ncm811", "--with", "LFP charged", "--with", "LiMn2O4",
        "--with", "H2O", "--with", "air", "--with", "NMC811",
    )  # fmt: skip
    assert [row["against"] for row in rows] == [
        "NMC811 discharged", "NMC811 charged", "LFP charged", "LiMn2O4", "water", "water+CO2",
    ]  # fmt: skip
    assert rows[2]["against_formula"] == "FePO4"
    assert "Li2CO3" in rows[-1]["products"]
    assert any("indicator" in note for note in rows[-1]["note"])


def test_the_three_formats_say_the_same(run: Any) -> None:
    argv = ("Li3PS4", "LATP", "--with", "Li", "--with", "water")
    nested = records(run, *argv)
    flat = list(csv.DictReader(io.StringIO(run("compat", *argv, "--format", "csv").out)))
    table = run("compat", *argv).out.splitlines()
    assert len(flat) == len(nested) == 4
    for row, record in zip(flat, nested, strict=True):
        assert row["reaction"] == (record["reaction"] or "")
        assert float(row["energy_eV_atom"]) == record["energy_eV_atom"]
        shown = "none" if record["reaction"] is None else f"{record['energy_eV_atom']:.3f}"
        assert any(row["against"] in line and shown in line for line in table)


def test_a_refused_row_keeps_its_place_and_the_others_are_answered(run: Any) -> None:
    argv = ("Li3PS4", "Li3Xx4", "LLZO", "--with", "Li")
    ran = run("compat", *argv)
    assert ran.code == 1
    assert "1 of 3 rows refused" in ran.err
    lines = [line for line in ran.out.splitlines()[1:] if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == ["Li3PS4", "Li3Xx4", "LLZO"]
    assert "refused" in lines[1]
    rows = records(run, *argv)
    assert [row["status"] for row in rows] == ["ok", "error", "ok"]
    assert "Xx" in rows[1]["error"]
    assert rows[1]["energy_eV_atom"] is None


def test_an_element_without_compounds_is_named_pair_by_pair(run: Any) -> None:
    ran = run("compat", "Li3PS4", "--with", "Li", "--with", "Li2PtO3")
    assert ran.code == 1
    assert "no compounds of Pt in the table of phases" in ran.out
    assert "1 of 2 rows refused" in ran.err


def test_a_table_without_water_refuses_that_pair_and_answers_the_others(
    run: Any, tmp_path: Path
) -> None:
    energies = tmp_path / "mine.csv"
    energies.write_text("formula,e_form_ev_per_atom\nLi2S,-1.43\nLiOH,-1.6\nLi3PS4,-0.95\n")
    assert run("data", "phases", energies, "-o", tmp_path / "mine-1").code == 0
    partners = ("--with", "water", "--with", "Li")
    ran = run("compat", "Li3PS4", *partners, "--phases", tmp_path / "mine-1", "--format", "csv")
    water, lithium = csv.DictReader(io.StringIO(ran.out))
    assert ran.code == 1
    assert "the table of phases holds no H2O" in water["error"]
    assert (lithium["status"], lithium["products"]) == ("ok", "4 Li2S + P")


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("XeLi2", "Xe"),
        ("li6ps5cl", "Li6PS5Cl"),
        ("NMC811", "'M' is not an element"),
        ("Li3PS", ""),
        ("P2S5", ""),
        ("Li", ""),
        ("Al2O3", ""),
        ("75Li2S-25P2S5", ""),
        ("Li₆PS₅Cl", ""),
        ("Li3-xY1-xZrxCl6, x=0.4", ""),
        ("PEO + LiTFSI", "polymer"),
        ("Li0.0001La2Zr2O7", ""),
        ("\x1b[31mLi3PS4", ""),
        ("  ", ""),
    ],
)
def test_odd_input_is_answered_or_refused_with_a_reason(
    run: Any, formula: str, reason: str
) -> None:
    ran = run("compat", formula, "--with", "Li", "--with", "water")
    assert ran.code in (0, 1)
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert (ran.code == 1) == ("refused" in ran.out)
    assert reason in ran.out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "give either formulas or -i FILE"),
        (("Li3PS4", "--with", "my cathode"), "--with 'my cathode'"),
        (("Li3PS4", "--corrections", "P"), "no correction for P"),
        (("Li3PS4", "-o", "out.docx"), "names no format"),
        (("Li3PS4", "--phases", "nowhere"), "nowhere"),
        (("-i", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_writes_nothing(
    run: Any, argv: tuple[str, ...], said: str
) -> None:
    ran = run("compat", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_file_of_candidates_becomes_a_file_of_answers(run: Any, tmp_path: Path) -> None:
    candidates, answers = tmp_path / "list.txt", tmp_path / "compat.csv"
    candidates.write_text("Li6PS5Cl\n# a remark\nLLZO\nno formula\n", encoding="utf-8")
    ran = run("compat", "-i", candidates, "--with", "LFP", "-o", answers)
    assert (ran.code, ran.out) == (1, "")
    rows = list(csv.DictReader(answers.open(encoding="utf-8", newline="")))
    assert [row["input"] for row in rows] == ["Li6PS5Cl"] * 2 + ["LLZO"] * 2 + ["no formula"]
    assert [row["status"] for row in rows] == ["ok"] * 4 + ["error"]


def test_the_sulfur_correction_is_applied_and_said(run: Any) -> None:
    argv = ("Li3PS4", "--with", "S charged")
    [plain] = records(run, *argv)
    [corrected] = records(run, *argv, "--corrections", "S")
    assert plain["energy_eV_atom"] < -0.1
    assert any("LiS4" in note for note in plain["note"])
    assert corrected["energy_eV_atom"] == 0
    assert corrected["corrections"] == ["S"]


def test_a_sodium_electrolyte_is_held_against_sodium(run: Any) -> None:
    rows = records(run, "Na3PS4")
    assert rows[0]["against"] == "Na metal"
    assert not any("LCO" in row["against"] for row in rows)
    assert "H2S" in {row["against"]: row["products"] for row in rows}["water"]


def test_the_python_of_the_page_works(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(code, {})  # the page is ours, and this is what its reader will do
    assert "0.32 Co9S8" in capsys.readouterr().out


def test_every_electrode_and_column_is_on_the_page(run: Any) -> None:
    page = PAGE.read_text("utf-8")
    header = run("compat", "LiF", "--with", "Li", "--format", "csv").out.splitlines()[0]
    for column in header.split(","):
        assert f"`{column}`" in page
    for electrode in electrodes():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{electrode.name}`"))
        assert electrode.formula in row
        assert (electrode.doi or "") in row


def test_the_mixing_ratio_is_drawn(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "mixing.png"
    ran = run("compat", "Li6PS5Cl", "--with", "LFP", "--with", "Li", "--plot", str(target))
    assert ran.code == 0
    assert len(ran.out.splitlines()) >= 4
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("Li6PS5Cl", "LLZO"), "one material"),
        (("Li6PS5Cl", "--with", "water"), "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    run: Any, tmp_path: Path, argv: tuple[str, ...], reason: str
) -> None:
    target = tmp_path / "none.png"
    ran = run("compat", *argv, "--plot", str(target))
    assert ran.code == 2
    assert reason in ran.err
    assert not target.exists()


def text_of_picture(path: Path) -> str:
    """What can be read on an SVG, whose letters are drawn."""
    lines = re.findall(r"<!-- (.*?) -->", path.read_text("utf-8"))
    return re.sub(r"\$_\{\\mathregular\{(.*?)\}\}\$", r"\1", " ".join(lines))


def test_the_picture_carries_the_cautions_of_its_partners(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "mixing.svg"
    argv = ("Li6PS5Cl", "--with", "LCO", "--with", "S charged", "--with", "Li", "--with", "water")
    run("compat", *argv, "--plot", target)
    shown = text_of_picture(target)
    notes = {row["against"]: row["note"] for row in records(run, *argv)}
    assert notes["Li metal"][0].startswith("0 K, both taken as on the hull")
    assert notes["Li metal"][0] in shown
    assert "LCO discharged, LCO charged: too stable in the table" in shown
    assert "S charged: too stable in the table (S-S bonds): LiS4" in shown
    assert "an indicator" not in shown
    assert "corrected" not in shown


def test_the_picture_says_what_the_energies_are_without_corrections(
    run: Any, tmp_path: Path
) -> None:
    target = tmp_path / "mixing.svg"
    argv = ("Li6PS5Cl", "--with", "S charged", "--with", "Li")
    run("compat", *argv, "--corrections", "S", "--plot", target)
    energy = {row["against"]: row["energy_eV_atom"] for row in records(run, *argv)}
    assert energy["S charged"] < -0.1
    expected = f"S charged −{-energy['S charged']:.3f}, the others alike"
    assert f"corrected for S; eV/atom as the table stands: {expected}" in text_of_picture(target)


def test_the_formulas_of_a_sweep_tell_its_rows_apart(run: Any) -> None:
    sweep = "Li7-xLa3Zr2-xTaxO12, x=0:0.5:0.25"
    lines = run("compat", sweep, "LLZO", "--with", "Li").out.splitlines()
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert names == [
        "Li7La3Zr2O12", "Li6.75La3Zr1.75Ta0.25O12", "Li6.5La3Zr1.5Ta0.5O12", "LLZO",
    ]  # fmt: skip


def test_the_other_columns_of_the_input_are_kept(run: Any, tmp_path: Path) -> None:
    candidates = tmp_path / "list.csv"
    candidates.write_text("id,formula,note\n7,LiF,mine\n=8,Xx,\n", encoding="utf-8")
    asked = ("-i", candidates, "--with", "Li", "--with", "water")
    rows = list(csv.DictReader(io.StringIO(run("compat", *asked, "--format", "csv").out)))
    assert list(rows[0])[-2:] == ["id", "input_note"]
    assert [row["id"] for row in rows] == ["7", "7", "'=8"]
    assert [row["input_note"] for row in rows] == ["mine", "mine", ""]
    assert [row["id"] for row in records(run, *asked)] == ["7", "7", "=8"]


def test_table_and_text_are_the_same(run: Any, tmp_path: Path) -> None:
    asked = ("compat", "LiF", "--with", "Li")
    target = tmp_path / "answer.txt"
    run(*asked, "-o", target)
    texts = {run(*asked, "--format", name).out for name in ("text", "table")}
    assert texts == {run(*asked).out} == {target.read_text("utf-8")}


@pytest.mark.parametrize(("target", "said"), [("none/m.png", "no folder"), ("m.jpg", ".png")])
def test_a_picture_that_cannot_be_written_is_said_before_the_work(
    run: Any, tmp_path: Path, target: str, said: str
) -> None:
    ran = run("compat", "-i", tmp_path / "not there.txt", "--plot", tmp_path / target)
    assert ran.code == 2
    assert said in ran.err
    assert "not there" not in ran.err


def test_why_a_formula_is_not_drawn_is_said(run: Any, tmp_path: Path) -> None:
    ran = run("compat", "Li6PS5Xx", "--plot", tmp_path / "none.png")
    assert (ran.code, ran.out) == (1, "")
    assert "'Xx' is not an element" in ran.err


def test_lithium_in_excess_stands_below_the_reaction_in_every_format(run: Any) -> None:
    [record] = records(run, "LATP", "--with", "Li")
    [row] = csv.DictReader(
        io.StringIO(run("compat", "LATP", "--with", "Li", "--format", "csv").out)
    )
    assert record["open_at_V"] == 0.0
    assert not any("Ti" in name and "O" in name for name in record["open_products"])
    assert record["open_energy_eV_atom"] < record["energy_eV_atom"]
    assert record["open_ions_per_formula"] == pytest.approx(30.3, abs=0.1)
    assert row["open_reaction"] == record["open_reaction"]
    assert float(row["open_energy_eV_formula"]) == record["open_energy_eV_formula"]
    shown = " ".join(run("compat", "LATP", "--with", "Li").out.split())
    assert f"with Li in excess: -1.533 eV/atom, {record['open_reaction']}" in shown


def test_a_voltage_is_that_of_cathodes(run: Any) -> None:
    asked = ("Li6PS5Cl", "--with", "LCO", "--with", "Li", "--with", "water")
    rows = records(run, *asked, "--voltage", "4.3")
    assert [row["open_at_V"] for row in rows] == [4.3, 4.3, 0.0, None]
    assert all(row["open_ions_per_formula"] < 0 for row in rows[:2])
    assert any("at 4.3 V the material by itself" in note for note in rows[0]["note"])
    assert [row["open_at_V"] for row in records(run, *asked)] == [None, None, 0.0, None]
    assert rows[0]["reaction"] == records(run, *asked)[0]["reaction"]


@pytest.mark.parametrize("voltage", ["-1", "eleven", "nan", "99"])
def test_what_is_no_voltage_is_said(run: Any, voltage: str) -> None:
    ran = run("compat", "Li3PS4", "--voltage", voltage)
    assert (ran.code, ran.out) == (2, "")
    assert "is no potential in V from 0 to 10" in ran.err or "expected one argument" in ran.err


@pytest.mark.parametrize(
    "formula", ["He", "Og2O", "Po2Li", "Li1e-8P1e-8S1", "Li9999O", "LiO1e-7", "Na", "C", "CO2"]
)
def test_no_material_ends_in_a_traceback(run: Any, formula: str) -> None:
    partners = ("Li", "Na", "S", "water", "air", "LCO charged")
    asked = [part for partner in partners for part in ("--with", partner)]
    ran = run("compat", formula, "Li3PS4", *asked, "--voltage", "4.3", "--format", "jsonl")
    assert ran.code in (0, 1)
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert sum(row["input"] == "Li3PS4" and row["status"] == "ok" for row in rows) == 7
