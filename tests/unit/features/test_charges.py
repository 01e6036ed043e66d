"""Charges and anions come out as a chemist would write them."""

from __future__ import annotations

import pytest

from sseml.features.ion_roles import speciate
from sseml.parse.formula import parse_formula
from sseml.physics.elements import elements


def charges_of(formula: str) -> dict[str, float]:
    species = speciate([parse_formula(formula)])
    symbols = elements().symbols
    return {
        symbols[z]: float(q) for z, q in zip(species.number[0], species.charge[0], strict=True) if z
    }


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("Li7La3Zr2O12", {"Li": 1, "La": 3, "Zr": 4, "O": -2}),
        ("Li6PS5Cl", {"Li": 1, "P": 5, "S": -2, "Cl": -1}),
        ("Li6PS5I", {"Li": 1, "P": 5, "S": -2, "I": -1}),
        ("Li2SO4", {"Li": 1, "S": 6, "O": -2}),
        ("LiClO4", {"Li": 1, "Cl": 7, "O": -2}),
        ("Li3OCl", {"Li": 1, "O": -2, "Cl": -1}),
        ("Li2CO3", {"Li": 1, "C": 4, "O": -2}),
        ("LiBH4", {"Li": 1, "B": 3, "H": -1}),
        ("LiOH", {"Li": 1, "O": -2, "H": 1}),
        ("LiNH2", {"Li": 1, "N": -3, "H": 1}),
        ("Li8SiP4", {"Li": 1, "Si": 4, "P": -3}),
        ("Li3PO4", {"Li": 1, "P": 5, "O": -2}),
        ("Li4P2S6", {"Li": 1, "P": 4, "S": -2}),
        ("LiFePO4", {"Li": 1, "Fe": 2, "P": 5, "O": -2}),
        ("Li3Fe2(PO4)3", {"Li": 1, "Fe": 3, "P": 5, "O": -2}),
        ("LiMn2O4", {"Li": 1, "Mn": 3.5, "O": -2}),
        ("Li3V2(PO4)3", {"Li": 1, "V": 3, "P": 5, "O": -2}),
        ("Li3SbS3", {"Li": 1, "Sb": 3, "S": -2}),
        ("Li3SbS4", {"Li": 1, "Sb": 5, "S": -2}),
        ("Li14Nd5Si11N19O7F2", {"Li": 1, "Nd": 3, "Si": 4, "N": -3, "O": -2, "F": -1}),
    ],
)
def test_charges(formula: str, expected: dict[str, float]) -> None:
    assert charges_of(formula) == pytest.approx(expected)
    assert speciate([parse_formula(formula)]).residue[0] == 0.0


def test_a_redox_element_changes_before_a_reluctant_one() -> None:
    charges = charges_of("Li2FeTi(PO4)3")
    assert charges["Ti"] == pytest.approx(4)
    assert charges["Fe"] == pytest.approx(3)
    assert charges_of("Li3FeTi(PO4)3")["Ti"] == pytest.approx(4)
    assert charges_of("Li3FeTi(PO4)3")["Fe"] == pytest.approx(2)


def test_hydrogen_can_be_both() -> None:
    """In LiBH4·NH3 four of seven hydrogens are hydridic: mean charge −1/7."""
    assert charges_of("LiBNH7")["H"] == pytest.approx(-1 / 7)


@pytest.mark.parametrize(
    ("formula", "residue"),
    [
        ("Li2O2", -2 / 4),  # a peroxide, read with O at −2
        ("Li2LaZr2O12", (2 + 3 + 8 - 24) / 17),
        ("Li9La3Zr2O12", 0.0),  # Zr gives way to +3
    ],
)
def test_residue(formula: str, residue: float) -> None:
    assert speciate([parse_formula(formula)]).residue[0] == pytest.approx(residue, abs=1e-9)
