"""Cations take the sites they take in the known structures."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.features.ion_roles import ratio, speciate
from sseml.parse.formula import parse_formula
from sseml.physics.elements import elements


def role(formula: str, symbol: str) -> str:
    species = speciate([parse_formula(formula)])
    slot = int(np.flatnonzero(species.number[0] == elements().number[symbol])[0])
    amounts = {
        "tetrahedral": species.tetrahedral[0, slot],
        "octahedral": species.octahedral[0, slot],
        "large": species.large[0, slot],
    }
    assert sum(amounts.values()) == pytest.approx(species.framework[0, slot])
    return max(amounts, key=lambda name: amounts[name]) if max(amounts.values()) else "none"


@pytest.mark.parametrize(
    ("formula", "symbol", "expected"),
    [
        ("Li7La3Zr2O12", "La", "large"),
        ("Li7La3Zr2O12", "Zr", "octahedral"),
        ("Li6.25Ga0.25La3Zr2O12", "Ga", "tetrahedral"),
        ("Li6.5La3Zr1.75W0.25O12", "W", "octahedral"),
        ("Li2MoO4", "Mo", "tetrahedral"),
        ("Li1.3Al0.3Ti1.7(PO4)3", "P", "tetrahedral"),
        ("Li1.3Al0.3Ti1.7(PO4)3", "Al", "octahedral"),
        ("LiGe2(PO4)3", "Ge", "octahedral"),
        ("Li10GeP2S12", "Ge", "tetrahedral"),
        ("Li1.2Y0.2Zr1.8(PO4)3", "Y", "octahedral"),
        ("Li3YCl6", "Y", "octahedral"),
        ("Li3AlF6", "Al", "octahedral"),
        ("LiAlCl4", "Al", "tetrahedral"),
        ("LiGaO2", "Ga", "tetrahedral"),
        ("Li3VO4", "V", "tetrahedral"),
        ("Li3V2(PO4)3", "V", "octahedral"),
        ("Li4SnS4", "Sn", "tetrahedral"),
        ("LiSn2(PO4)3", "Sn", "octahedral"),
        ("Li7SbO6", "Sb", "octahedral"),
        ("Li3Na5Ti2S8", "Na", "large"),
        ("Li3PS4", "S", "none"),
        ("Li3N", "Li", "none"),
    ],
)
def test_role(formula: str, symbol: str, expected: str) -> None:
    assert role(formula, symbol) == expected


def test_weak_formers_get_what_is_left() -> None:
    """Si takes 10 of the 12 S at four each: 2 S are left, enough for one Ge at two S, of two."""
    species = speciate([parse_formula("Li6Si2.5Ge2S12")])
    germanium = species.number[0] == elements().number["Ge"]
    per_formula = 6 + 2.5 + 2 + 12
    assert species.tetrahedral[0, germanium] * per_formula == pytest.approx(1.0)
    assert species.octahedral[0, germanium] * per_formula == pytest.approx(1.0)


def test_ratio_is_finite_everywhere() -> None:
    numerator = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    denominator = np.array([0.0, 0.0, 2.0, 1e-300, 1.0])
    assert ratio(numerator, denominator, 5.0) == pytest.approx([0.0, 5.0, 0.5, 5.0, 0.0])
