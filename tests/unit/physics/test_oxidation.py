"""Which oxides and fluorides are kept, and what stands as an anion."""

from __future__ import annotations

import pytest

from sseml.parse.formula import parse_formula
from sseml.physics.oxidation import anionic_amount, excess_anion_charge, is_credible


@pytest.mark.parametrize(
    "formula",
    ["Li2O2", "Na2O2", "K2O2", "BaO2", "H2O2", "KO2", "NaO2", "CsO3", "LiHO2", "MgO2", "Li3O4"],
)
def test_peroxides_superoxides_and_ozonides_are_kept(formula: str) -> None:
    assert is_credible(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["Li7Ti10O24", "Li(CuO2)2", "Li2CuF6", "SrCuO3", "KLaO4"])
def test_what_holds_more_oxygen_or_fluorine_than_its_cations_carry_is_not(formula: str) -> None:
    assert not is_credible(parse_formula(formula).amounts)


@pytest.mark.parametrize(
    "formula", ["LiCoO2", "CoO2", "LiClO4", "Li2S2O7", "LiMn2O4", "K2FeO4", "LiVO3", "LiPF6"]
)
def test_the_highest_charges_that_are_met_are_allowed(formula: str) -> None:
    assert is_credible(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["Li22Si5", "LiC6", "FeS2", "BaN6", "O2", "O2F2", "Fe"])
def test_what_holds_no_oxide_or_fluoride_is_not_judged(formula: str) -> None:
    assert is_credible(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["XeF2", "AcF3", "AmO2", "PoO2"])
def test_an_element_of_unknown_charge_is_not_judged(formula: str) -> None:
    assert is_credible(parse_formula(formula).amounts)


def test_the_excess_is_what_the_cations_cannot_carry() -> None:
    # Ti 4+, Li 1+: 10 x 4 + 7 = 47; 24 O: 48.
    assert excess_anion_charge({"Li": 7, "Ti": 10, "O": 24}, ("O", "F")) == 1
    assert excess_anion_charge({"Li": 1, "Co": 1, "O": 2}, ("O", "F")) == -1


@pytest.mark.parametrize(
    ("formula", "symbol", "amount"),
    [
        ("Li2S", "S", 1),
        ("Li6PS5Cl", "S", 5),
        ("La2SO2", "S", 1),
        ("Li2SO4", "S", 0),
        ("Li2S2O7", "S", 0),
        ("S", "S", 0),
        ("LiBr", "Br", 1),
        ("Li3OBr", "Br", 1),
        ("LiBrO3", "Br", 0),
        ("LiI", "I", 1),
        ("LiIO3", "I", 0),
        ("Li3PO4", "S", 0),
        ("AcS", "S", 1),
        ("AcOS", "S", 1),
    ],
)
def test_only_anions_are_counted_as_such(formula: str, symbol: str, amount: float) -> None:
    assert anionic_amount(parse_formula(formula).amounts, symbol) == amount
