"""`sseml predict --measured`: a lab's few values shift the answers about their families alone."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import sseml
from sseml.model.loading import Bundles
from sseml.model.own_offsets import read_offsets

LAB = "formula,sigma_S_cm,temperature\nLiYF4,1e-3,25\nLi3ScF6,1e-9,25\nLi3GaF6,2e-3,60\n"
ASKED = ("Li3AlF6", "Li3AlF6 T=100", "LLZO", "Li6PS5Br")
NO_WINDOW = ("--no-window", "--format", "jsonl")
LOWEST_CONDUCTOR = 1e-7


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(LAB, encoding="utf-8")
    return path


def answers(run: Any, *argv: object) -> list[dict[str, Any]]:
    ran = run("predict", *argv, *NO_WINDOW)
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def decades(one: dict[str, Any], other: dict[str, Any], name: str) -> float:
    return math.log10(one[name] / other[name])


def test_both_outputs_of_the_measured_family_are_shifted_with_their_limits(
    run: Any, lab: Path
) -> None:
    offset = read_offsets(lab, Bundles().of_compositions()).offsets.of_family["fluoride"]
    assert (offset.compositions, offset.conductors) == (3, 2)
    plain, shifted = answers(run, *ASKED), answers(run, *ASKED, "--measured", lab)
    for before, after in zip(plain[:2], shifted[:2], strict=True):  # at 25 and 100 °C alike
        limits = ("sigma_low_S_cm", "sigma_high_S_cm") if before["temperature_C"] == 25.0 else ()
        for name in ("sigma_S_cm", *limits):
            assert decades(after, before, name) == pytest.approx(offset.unconditional, abs=1e-4)
        # a better conductor has another width when it is hot
        assert after["sigma_low_S_cm"] > before["sigma_low_S_cm"]
        assert after["sigma_high_S_cm"] > before["sigma_high_S_cm"]
        for name in ("sigma_if_conductor_S_cm", "sigma_if_conductor_high_S_cm"):
            assert decades(after, before, name) == pytest.approx(offset.if_conductor, abs=1e-4)
        assert after["sigma_if_conductor_low_S_cm"] >= LOWEST_CONDUCTOR
        assert after["activation_energy_eV"] == before["activation_energy_eV"]
        assert after["model"] == before["model"] + "+offset"
        for name in ("p_superionic", "p_conductor"):
            assert (after[name] > before[name]) == (offset.unconditional > 0)


def test_no_other_family_is_touched(run: Any, lab: Path) -> None:
    plain, shifted = answers(run, *ASKED), answers(run, *ASKED, "--measured", lab)
    assert shifted[2:] == plain[2:]


def test_a_conductor_that_is_shifted_down_stays_one(run: Any, lab: Path) -> None:
    rows = "".join(f"{formula},2e-7\n" for formula in ("LiYF4", "Li3ScF6", "Li3GaF6"))
    lab.write_text("formula,sigma_S_cm\n" + rows, encoding="utf-8")
    [plain] = answers(run, "Li3InF6")
    [shifted] = answers(run, "Li3InF6", "--measured", lab)
    assert shifted["sigma_if_conductor_S_cm"] < plain["sigma_if_conductor_S_cm"]
    assert shifted["sigma_if_conductor_low_S_cm"] == pytest.approx(LOWEST_CONDUCTOR)


def test_the_note_says_by_how_much_and_from_what(run: Any, lab: Path) -> None:
    ran = run("predict", *ASKED, "--measured", lab, "--no-window", "--explain")
    notes = [line for line in ran.out.splitlines() if "note       shifted by" in line]
    assert len(notes) == 2
    assert "an offset of the family fluoride, from 3 compositions measured in lab.csv" in notes[0]
    assert "(2 above 1e-7 S/cm)" in notes[0]


def test_rows_that_cannot_be_used_are_named_and_the_others_are(run: Any, lab: Path) -> None:
    lab.write_text(LAB + "LiScXx6,1e-3,25\nLi3InF6,zero,25\n", encoding="utf-8")
    ran = run("predict", "Li3AlF6", "--measured", lab, *NO_WINDOW)
    assert ran.code == 0
    assert "lab.csv: row 4: 'LiScXx6': 'Xx' is not an element" in ran.err
    assert "lab.csv: row 5: 'Li3InF6': 'zero' is not a conductivity" in ran.err
    assert json.loads(ran.out)["model"].endswith("+offset")


def test_what_the_bundle_was_trained_on_is_left_out_and_named(run: Any, lab: Path) -> None:
    evidence = Bundles().of_compositions().evidence
    known = next(
        row
        for row, doi in enumerate(evidence.dois)
        if doi and evidence.relations[row] == "=" and evidence.temperature_C[row] == 25.0
    )
    formula, sigma = evidence.formulas[known], evidence.sigma_S_cm[known]
    same_value, same_paper = f"{formula},{sigma},25,", f"{formula},{3 * sigma},25,{doi_of(known)}"
    head = "formula,sigma_S_cm,temperature,doi\n"
    lab.write_text(f"{head}{same_value}\n{same_paper}\nLiYF4,1e-3,25,\n", encoding="utf-8")
    ran = run("predict", formula, "Li3AlF6", "--measured", lab, *NO_WINDOW)
    assert [json.loads(line)["model"][-7:] == "+offset" for line in ran.out.splitlines()] == [
        False,
        True,
    ]
    assert ran.err.count("was trained on it; left out") == 2
    lab.write_text(f"{head}{same_value}\n", encoding="utf-8")
    ran = run("predict", "Li3AlF6", "--measured", lab)
    assert (ran.code, ran.out) == (2, "")
    assert "lab.csv holds no measurement that" in ran.err


def doi_of(row: int) -> str:
    return str(Bundles().of_compositions().evidence.dois[row])


@pytest.mark.parametrize("rows", ["NaCl,1e-3\n", "Li3YF6,0\n", "Li3YF6 T=400,1e-3\n"])
def test_a_file_without_a_usable_row_is_an_error(run: Any, lab: Path, rows: str) -> None:
    lab.write_text("formula,sigma_S_cm\n" + rows, encoding="utf-8")
    ran = run("predict", "LLZO", "--measured", lab)
    assert (ran.code, ran.out) == (2, "")
    assert "lab.csv holds no usable measurement" in ran.err
    assert run("predict", "LLZO", "--measured", lab.parent / "none.csv").code == 2


def test_from_six_compositions_on_retraining_is_named_once(run: Any, lab: Path) -> None:
    five = "".join(f"Li3{metal}F6,1e-6\n" for metal in ("Sc", "Y", "Ga", "In", "Er"))
    lab.write_text("formula,sigma_S_cm\n" + five, encoding="utf-8")
    assert "retraining" not in run("predict", *ASKED, "--measured", lab).err
    lab.write_text("formula,sigma_S_cm\n" + five + "Li3HoF6,1e-6\n", encoding="utf-8")
    ran = run("predict", *ASKED, "--measured", lab)
    assert ran.err.count("retraining") == 1
    assert f"sseml data add {lab} -o data/mine && sseml train -i data/mine" in ran.err
    assert "+offset" in run("predict", *ASKED, "--measured", lab, *NO_WINDOW).out


def test_python_gives_the_same_and_warns_of_what_is_left_out(run: Any, lab: Path) -> None:
    lab.write_text(LAB + "LiScXx6,1e-3,25\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="'Xx' is not an element"):
        told = sseml.predict(["Li3AlF6"], window=False, measured=lab)
    [expected] = answers(run, "Li3AlF6", "--measured", lab)
    assert told.to_dicts()[0]["sigma_S_cm"] == expected["sigma_S_cm"]


def test_measurements_of_a_known_structure_are_compared_with_the_answer_for_that_structure(
    tmp_path: Path,
) -> None:
    """A lab that measures just what was said of its monoclinic samples has nothing to add."""
    asked = [f"{formula} space_group=14" for formula in ("Li2.2S0.9B0.1O3.95", "Li4Mg(SO4)3")]
    said = sseml.predict(asked, window=False).to_dicts()
    rows = [f"{one['formula']},{one['sigma_S_cm']:.9g},25,14" for one in said]
    path = tmp_path / "lab.csv"
    path.write_text("\n".join(["formula,sigma_S_cm,temperature,space_group", *rows]) + "\n")
    again = sseml.predict(asked, window=False, measured=path).to_dicts()
    by_composition = sseml.predict([one["formula"] for one in said], window=False).to_dicts()
    for before, after, plain in zip(said, again, by_composition, strict=True):
        assert abs(before["log10_sigma"] - plain["log10_sigma"]) > 0.1
        assert after["log10_sigma"] == pytest.approx(before["log10_sigma"], abs=1e-4)
