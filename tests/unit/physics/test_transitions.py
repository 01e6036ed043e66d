"""Known phase transitions: the table, which material has one, and what is carried across it."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from pathlib import Path

import pytest

from sseml.parse.formula import parse_formula
from sseml.physics.crossing import (
    REPEAT_DECADES,
    UNKNOWN_JUMP_DECADES,
    Answer,
    branch_energy,
    carried,
    note_on,
)
from sseml.physics.transitions import Point, Structure, Transition, Transitions

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "data" / "literature" / "transitions.csv"
BOLTZMANN_EV_K = 8.617333262e-5


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def transition(**known: object) -> Transition:
    nothing: dict[str, object] = {
        "formula": "LiBH4", "temperature_C": 115.0, "low_form": "", "high_form": "",
        "low": Structure.read("62"), "high": Structure.read("hexagonal"), "point": None,
        "energy_above_eV": None, "energy_below_eV": None, "jump_decades": None,
        "only_if_named": False, "source": "doi 10.1000/one",
    }  # fmt: skip
    return Transition(**(nothing | known))  # type: ignore[arg-type]


def model(temperature_C: float) -> Answer:
    """A line of a model: 1e-8 S/cm at 25 °C, a decade in 50 K."""
    log10 = -8.0 + (temperature_C - 25.0) / 50.0
    return Answer(log10, log10 - 1.0, log10 + 1.0, 0.01 + temperature_C / 1e5)


def across(one: Transition, temperature_C: float) -> Answer:
    return carried([one], temperature_C, model, 0.5, -4.0)


def found(formula: str, temperature_C: float, space_group: int | None = None) -> list[float]:
    own = Transitions.load().find(parse_formula(formula).amounts, space_group, temperature_C)
    return [one.temperature_C for one in own if one.is_passed(temperature_C)]


# ---- the table


def test_every_reading_has_a_temperature_a_source_and_a_formula() -> None:
    for row in rows():
        assert -100.0 < float(row["transition_C"]) < 1000.0, row
        assert row["doi"] or row["reference"], row
        assert row["licence"] == "facts"
        assert row["use"] in {"yes", "named", "no"}
        assert row["relation"] in {"=", "~", "onset", "<"}
        assert "Li" in parse_formula(row["formula"]).amounts
        for side in ("above", "below"):
            value, at_C = row[f"sigma_{side}_S_cm"], row[f"T_{side}_C"]
            assert bool(value) == bool(at_C), row
            assert not value or 1e-20 < float(value) < 10.0


def test_the_readme_explains_every_column_and_counts_the_rows() -> None:
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    section = text.partition("## literature/transitions.csv")[2].partition("\n## ")[0]
    for column in rows()[0]:
        assert f"`{column}`" in section, column
    readings = rows()
    kinds = {row["transition"] for row in readings}
    assert f"{len(readings)} readings of {len(kinds)} transitions" in section


def test_the_packaged_table_is_the_one_of_the_readings() -> None:
    tool = ROOT / "tools" / "package_transitions.py"
    subprocess.run([sys.executable, str(tool), "--check"], check=True)


# ---- which transition


def test_a_transition_lies_between_25_degrees_and_the_question() -> None:
    assert found("LiBH4", 115.0) == []
    assert found("LiBH4", 115.1) == [115.0]
    assert found("Li2MnBr4", 600.0) == [272.0, 485.0]
    assert found("LiInNb(PO4)3", 25.0) == []
    assert found("LiInNb(PO4)3", -10.0) == [0.0]


def test_another_spelling_is_the_same_material_and_a_doped_one_is_not() -> None:
    assert found("Li2B2H8", 200.0) == [115.0]
    assert found("Li0.99BH3.99", 200.0) == []
    assert found("LiB0.8H3.2I0.2", 200.0) == []


@pytest.mark.parametrize(
    ("formula", "space_group", "passed"),
    [
        ("LiBH4", 62, [115.0]),  # the low form, which turns into the other
        ("LiBH4", 194, [115.0]),  # the high form: its measured branch, whoever names it
        ("LiBH4", 225, []),  # a third one
        ("Li7La3Zr2O12", 142, [650.0]),
        ("Li7La3Zr2O12", 230, []),  # of the high form no point is listed
        ("LiZr2(PO4)3", None, [40.0]),
        ("LiZr2(PO4)3", 14, [300.0]),
    ],
)
def test_a_named_space_group_says_which_form(
    formula: str, space_group: int | None, passed: list[float]
) -> None:
    assert found(formula, 700.0, space_group) == passed


# ---- carried across, by hand


def test_the_branch_is_its_point_carried_along_its_energy() -> None:
    """σT = A exp(-E / kT): from 1e-3 S/cm at 120 °C to 200 °C at 0.53 eV."""
    hot = across(transition(point=Point(120.0, -3.0), energy_above_eV=0.53), 200.0)
    exponent = 0.53 / BOLTZMANN_EV_K * (1 / 393.15 - 1 / 473.15)
    assert 10**hot.log10 == pytest.approx(1e-3 * 393.15 / 473.15 * math.exp(exponent))
    assert (hot.low, hot.high) == pytest.approx((hot.log10 - 1.2, hot.log10 + 1.2))
    assert REPEAT_DECADES == 1.2
    assert hot.probability > 0.95


def test_the_probability_on_a_branch_is_that_of_its_interval() -> None:
    """σ at the threshold: one half; the lower limit at the threshold: 95 %."""
    for decades, expected in ((0.0, 0.5), (REPEAT_DECADES, 0.95), (-REPEAT_DECADES, 0.05)):
        own = transition(point=Point(115.0, -4.0 + decades), energy_above_eV=0.5)
        assert across(own, 115.0 + 1e-9).probability == pytest.approx(expected, abs=1e-3)


def test_below_a_branch_that_begins_lower_the_line_is_held() -> None:
    own = transition(point=Point(115.0, -7.0), energy_above_eV=0.5)
    assert across(own, 25.0).log10 == model(25.0).log10
    assert across(own, 100.0).log10 == pytest.approx(-7.0)
    assert across(own, 100.0).low == pytest.approx(-8.0)


def test_a_jump_alone_shifts_the_line() -> None:
    hot = across(transition(jump_decades=2.0), 200.0)
    assert hot.log10 == pytest.approx(model(200.0).log10 + 2.0)
    assert hot.high - hot.log10 == pytest.approx(1.0)
    assert "2 decades higher" in note_on(transition(jump_decades=2.0))


def test_where_nothing_is_listed_beyond_the_line_goes_on_with_a_wider_interval() -> None:
    hot, plain = across(transition(), 200.0), model(200.0)
    assert (hot.log10, hot.low) == (plain.log10, plain.low)
    assert hot.high - hot.log10 == pytest.approx(math.hypot(1.0, UNKNOWN_JUMP_DECADES))
    assert hot.probability > plain.probability
    assert "along one line across" in note_on(transition())


def test_a_higher_energy_bends_the_line_and_a_lower_one_needs_the_jump() -> None:
    steeper = transition(energy_below_eV=0.5, energy_above_eV=1.0)
    assert across(steeper, 115.0 + 1e-9).log10 == pytest.approx(model(115.0).log10)
    assert branch_energy(steeper, 0.4) == 1.0
    flatter = transition(energy_below_eV=0.8, energy_above_eV=0.2)
    assert across(flatter, 200.0).log10 == model(200.0).log10
    assert branch_energy(flatter, 0.4) == 0.4


def test_on_cooling_the_energy_below_is_followed() -> None:
    own = transition(temperature_C=0.0, energy_below_eV=0.8)
    cold = across(own, -20.0)
    exponent = 0.8 / BOLTZMANN_EV_K * (1 / 273.15 - 1 / 253.15)
    expected = 10 ** model(0.0).log10 * 273.15 / 253.15 * math.exp(exponent)
    assert 10**cold.log10 == pytest.approx(expected)
    assert cold.log10 - cold.low > UNKNOWN_JUMP_DECADES
    assert cold.probability <= model(-20.0).probability
