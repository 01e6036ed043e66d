"""Stoichiometry prototypes: hand-worked ratios, and known materials next to their ideals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sseml.features.prototype import IDEALS, PROTOTYPE
from sseml.parse.formula import parse_formula


@pytest.mark.parametrize(
    ("formula", "name", "expected"),
    [
        ("Li7La3Zr2O12", "n_elements", 4),
        ("Li7La3Zr2O12", "anonymous_fraction_1", 0.5),
        ("Li7La3Zr2O12", "anonymous_fraction_2", round(7 / 24, 3)),
        ("Li7La3Zr2O12", "anonymous_fraction_5", 0.0),
        ("Li7La3Zr2O12", "li_per_12_anions", 7.0),
        ("Li7La3Zr2O12", "large_per_12_anions", 3.0),
        ("Li7La3Zr2O12", "octahedral_per_12_anions", 2.0),
        ("Li7La3Zr2O12", "tetrahedral_per_12_anions", 0.0),
        ("Li7La3Zr2O12", "octahedral_radius_ratio", 0.72 / 1.40),
        ("Li7La3Zr2O12", "tolerance_factor", 2.56 / (math.sqrt(2) * 2.12)),
        ("Li3YCl6", "octahedral_radius_ratio", 0.90 / 1.81),
        ("Li3YCl6", "tolerance_factor", 0.0),
        ("Li10GeP2S12", "octahedral_radius_ratio", 0.0),
        ("Li10GeP2S12", "tetrahedral_aliovalence", 1 / 3),
        ("Li1.3Al0.3Ti1.7(PO4)3", "octahedral_aliovalence", 0.15),
        ("Li6PS5Cl", "minor_anion_share", 1 / 6),
        ("Li6PS5Cl", "n_anion_kinds", 2),
        ("Li6PS5Cl", "anion_aliovalence", 1 / 6),
        ("Li3N", "li_per_12_anions", 36.0),
        # 8 O in Li2Sr2Al(PO4)3 are 12: Li inside 0.5–4, two Sr too many, one octahedral short
        ("Li2Sr2Al(PO4)3", "distance_to_nasicon", 3.0),
        ("Li3YCl6", "distance_to_garnet", 3.0),
    ],
)
def test_by_hand(
    value: Callable[[str, str], float], formula: str, name: str, expected: float
) -> None:
    assert value(formula, name) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("formula", "ideal"),
    [
        ("Li7La3Zr2O12", "garnet"),
        ("Li5La3Ta2O12", "garnet"),
        ("Li1.3Al0.3Ti1.7(PO4)3", "nasicon"),
        ("Li0.34La0.56TiO3", "perovskite"),
        ("Li6PS5Cl", "argyrodite"),
        ("Li10GeP2S12", "orthosalt"),
        ("Li3PO4", "orthosalt"),
        ("Li3YCl6", "halide_mx6"),
        ("Li2ZrCl6", "halide_mx6"),
        ("Li3OCl", "antiperovskite"),
        ("LiCoO2", "layered"),
        ("LiMn2O4", "spinel"),
        ("LiFePO4", "olivine"),
    ],
)
def test_known_materials_are_nearest_to_their_ideal(
    value: Callable[[str, str], float], formula: str, ideal: str
) -> None:
    distances = {name: value(formula, f"distance_to_{name}") for name in IDEALS}
    assert distances[ideal] == pytest.approx(0.0, abs=1e-9)
    assert min(distances, key=lambda name: distances[name]) == ideal


def test_more_elements_than_places_are_no_trouble() -> None:
    formula = "LiNaKRbCsMgCaSrBaAlGaInO12"
    values = PROTOTYPE([parse_formula(formula), parse_formula("Li")])
    assert np.isfinite(values).all()
    assert values.shape == (2, len(PROTOTYPE.features))
