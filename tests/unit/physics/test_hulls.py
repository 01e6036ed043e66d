"""Windows of a list: the same whatever else is in it, in which order, and what was asked before."""

from __future__ import annotations

import random

import pytest

from sseml.parse.formula import parse_formula
from sseml.physics.hulls import Hulls
from sseml.physics.phases import PhaseTable
from sseml.physics.window import Window, electrochemical_windows

LIST = (
    "Li6PS5Cl", "Li5.7PS4.7Cl1.3", "Li5.4PS4.4Cl1.6", "Li7P3S11", "Li3PS4", "Li10GeP2S12",
    "Li1.3Al0.3Ti1.7(PO4)3", "Li1.2Al0.2Ti1.8(PO4)3", "Li1.1Al0.1Ti1.9(PO4)3", "LiTi2(PO4)3",
    "Li1.3959Hf0.1511Fe0.3959Ge1.4531P3O12", "Li3.0421Ge0.0775P0.9225S3.7105O0.2895",
    "Li7La3Zr2O12", "Li6.4La3Zr1.4Ta0.6O12", "Li3YCl6", "Li2.9YCl6", "LiCl", "Li2O", "Li20PS4",
    "Li0.001Si", "Li14SiP6", "Na3PS4", "LiHe", "Li",
)  # fmt: skip

ASKED = [(text, parse_formula(text).amounts) for text in LIST]


def alone(table: PhaseTable) -> list[Window]:
    return [electrochemical_windows(table, [each])[0] for each in ASKED]


def assert_same(found: Window, expected: Window) -> None:
    for name in ("V_red", "V_ox", "hull_energy_eV_atom", "e_above_hull_eV_atom", "ion_change"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-8), name
    assert found.notes == expected.notes
    assert str(found.reduction) == str(expected.reduction)
    assert str(found.oxidation) == str(expected.oxidation)
    assert found.decomposition == pytest.approx(expected.decomposition, abs=1e-6)


@pytest.mark.parametrize("kept", [1, 3, 1000])
def test_a_window_does_not_depend_on_neighbours_order_or_what_is_kept(
    table: PhaseTable, kept: int
) -> None:
    expected, hulls = alone(table), Hulls(table, kept=kept)
    places = list(range(len(ASKED)))
    for seed in range(3):
        random.Random(seed).shuffle(places)
        found = electrochemical_windows(hulls, [ASKED[place] for place in places])
        for place, window in zip(places, found, strict=True):
            assert_same(window, expected[place])
    one_by_one = [electrochemical_windows(hulls, [each])[0] for each in reversed(ASKED)]
    for window, alike in zip(reversed(one_by_one), expected, strict=True):
        assert_same(window, alike)


def test_no_more_hulls_are_kept_than_said_and_the_latest_stay(table: PhaseTable) -> None:
    hulls = Hulls(table, kept=2)
    first = hulls.of(("Li", "P", "S"))
    hulls.of(("Li", "O"))
    assert hulls.of(("Li", "P", "S")) is first
    hulls.of(("Cl", "Li"))
    assert len(hulls) == 2
    assert hulls.of(("Li", "P", "S")) is first
    assert hulls.of(("Li", "P", "S"), ["S"]) is not first
