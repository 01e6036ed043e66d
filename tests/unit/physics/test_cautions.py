"""What is said of phases that the table makes too stable, and of which."""

from __future__ import annotations

import pytest

from sseml.parse.formula import parse_formula
from sseml.physics.oxidation import has_bonded_sulfur, has_oxidised_anion, is_azide
from sseml.physics.phases import cautions


@pytest.mark.parametrize("formula", ["LiS4", "P2S7", "S8O", "CS14", "NaS2", "Li2S2O3"])
def test_sulfur_bonded_to_sulfur_is_recognised(formula: str) -> None:
    assert has_bonded_sulfur(parse_formula(formula).amounts) == (formula != "Li2S2O3")


@pytest.mark.parametrize("formula", ["Li2S", "P2S5", "Li6PS5Cl", "Li2SO4", "SO2", "S", "LiCl"])
def test_sulfides_sulfates_and_what_holds_no_sulfur_are_not(formula: str) -> None:
    assert not has_bonded_sulfur(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["LiClO4", "Li2SO4", "CoSO4", "LiNO3", "KIO3", "Li2SO3"])
def test_oxidised_anions_are_recognised(formula: str) -> None:
    assert has_oxidised_anion(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["YOCl", "La2SO2", "Li3PO4", "LiCl", "Li3PS3O", "Li2O2", "N2"])
def test_anions_that_are_balanced_are_not(formula: str) -> None:
    assert not has_oxidised_anion(parse_formula(formula).amounts)


@pytest.mark.parametrize("formula", ["MnSO4", "MnSO3", "LiMnSO4F"])
def test_a_sulfate_of_manganese_is_a_sulfate(formula: str) -> None:
    """Counted as Mn7+ it would leave too little charge to sulfur."""
    assert not has_bonded_sulfur(parse_formula(formula).amounts)
    assert has_oxidised_anion(parse_formula(formula).amounts)


@pytest.mark.parametrize(
    ("formulas", "corrections", "said"),
    [
        (["LiS4"], (), ["(S-S bonds): LiS4; compare with --corrections S"]),
        (["LiS4"], ("Br",), ["(S-S bonds): LiS4; compare with --corrections S"]),
        (["LiS4", "S8O"], ("S",), []),
        (["LaSO"], (), ["(S-S bonds): LaSO"]),
        (["LaSO", "LiS4"], ("S",), ["(S-S bonds): LaSO"]),
        (["Li2SO4", "LiCl"], ("S",), ["(oxidised S, N or halogen): Li2SO4"]),
        (
            ["LiClO4", "LiS4", "O2"],
            (),
            [
                "(S-S bonds): LiS4; compare with --corrections S",
                "(oxidised S, N or halogen): LiClO4",
            ],
        ),
        (["Li2S", "LiCl", "S8", "P"], (), []),
    ],
)
def test_the_correction_is_named_only_where_it_helps_and_is_not_on(
    formulas: list[str], corrections: tuple[str, ...], said: list[str]
) -> None:
    expected = [f"too stable in the table {text}" for text in said]
    assert list(cautions(formulas, corrections)) == expected


@pytest.mark.parametrize("formula", ["LiN3", "NaN3", "BaN6", "K2ZnN12", "HN3"])
def test_azides_are_recognised_and_named(formula: str) -> None:
    assert is_azide(parse_formula(formula).amounts)
    assert f"too stable in the table (azides): {formula}" in cautions([formula, "Li3PO4"])


@pytest.mark.parametrize(
    "formula", ["Li3N", "Li7PN4", "P3N5", "LiC2N3", "NH3", "LiNO3", "N2", "BaN2"]
)
def test_what_holds_nitrogen_otherwise_is_no_azide(formula: str) -> None:
    assert not is_azide(parse_formula(formula).amounts)
