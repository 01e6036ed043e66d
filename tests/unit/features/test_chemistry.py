"""Chemistry descriptors equal values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sseml.features.chemistry import CHEMISTRY
from sseml.parse.formula import parse_formula

LN2 = math.log(2)


@pytest.mark.parametrize(
    ("formula", "name", "expected"),
    [
        # Li7La3Zr2O12: 24 atoms, 5 framework cations of charge 3·3 + 2·4 = 17
        ("Li7La3Zr2O12", "li_fraction", 7 / 24),
        ("Li7La3Zr2O12", "li_per_anion", 7 / 12),
        ("Li7La3Zr2O12", "li_share_of_cations", 7 / 12),
        ("Li7La3Zr2O12", "li_per_framework_cation", 7 / 5),
        ("Li7La3Zr2O12", "li_per_framework_charge", 7 / 17),
        ("Li7La3Zr2O12", "li_per_octahedral", 7 / 2),
        ("Li7La3Zr2O12", "framework_charge_mean", 17 / 5),
        ("Li7La3Zr2O12", "framework_charge_std", math.sqrt(0.6 * 0.4)),
        ("Li7La3Zr2O12", "framework_radius_mean", (3 * 1.16 + 2 * 0.72) / 5),
        ("Li7La3Zr2O12", "framework_field_strength_max", 4 / (0.72 + 1.40) ** 2),
        ("Li7La3Zr2O12", "large_per_anion", 3 / 12),
        ("Li7La3Zr2O12", "d0_share", 2 / 5),
        ("Li7La3Zr2O12", "site_entropy", 0.0),
        ("Li7La3Zr2O12", "free_anion_share", 1.0),
        ("Li7La3Zr2O12", "charge_residue", 0.0),
        # LATP: P tetrahedral; Al and Ti octahedral
        ("Li1.3Al0.3Ti1.7(PO4)3", "tetrahedral_per_anion", 3 / 12),
        ("Li1.3Al0.3Ti1.7(PO4)3", "octahedral_per_anion", 2 / 12),
        ("Li1.3Al0.3Ti1.7(PO4)3", "aliovalence", 0.3 / 5),
        (
            "Li1.3Al0.3Ti1.7(PO4)3",
            "site_entropy",
            -2 / 5 * (0.15 * math.log(0.15) + 0.85 * math.log(0.85)),
        ),
        ("Li1.3Al0.3Ti1.7(PO4)3", "octahedral_charge", 3.85),
        ("Li1.3Al0.3Ti1.7(PO4)3", "reducible_share", 1.7 / 5),
        ("Li1.3Al0.3Ti1.7(PO4)3", "anions_per_tetrahedral", 4.0),
        ("Li1.3Al0.3Ti1.7(PO4)3", "free_anion_share", 0.0),
        # Li6PS5Cl: one P, two anions that are not bound to it
        ("Li6PS5Cl", "anion_sulfur", 5 / 6),
        ("Li6PS5Cl", "anion_chlorine", 1 / 6),
        ("Li6PS5Cl", "halide_among_halide_chalcogenide", 1 / 6),
        ("Li6PS5Cl", "anion_entropy", -(5 / 6 * math.log(5 / 6) + 1 / 6 * math.log(1 / 6))),
        ("Li6PS5Cl", "anion_charge", 11 / 6),
        ("Li6PS5Cl", "anion_polarizability", (5 * 10.2 + 3.66) / 6),
        ("Li6PS5Cl", "anion_radius", (5 * 1.84 + 1.81) / 6),
        ("Li6PS5Cl", "anion_radius_spread", 0.03 * math.sqrt(5) / 6),
        ("Li6PS5Cl", "free_anion_share", 2 / 6),
        ("Li6PS5Cl", "halide_share_of_free_anions", 1 / 2),
        ("Li5.5PS4.5Cl1.5", "halide_share_of_free_anions", 3 / 4),
        ("Li6PS5Cl", "anions_per_tetrahedral", 6.0),
        ("Li6PS5Cl", "li_per_tetrahedral", 6.0),
        # Li3YCl6: rare-earth halide
        ("Li3YCl6", "li_per_framework_cation", 3.0),
        ("Li3YCl6", "framework_radius_mean", 0.90),
        ("Li3YCl6", "framework_radius_std", 0.0),
        ("Li3YCl6", "anion_halide", 1.0),
        ("Li3YCl6", "anion_minus_framework_electronegativity", 3.16 - 1.22),
        ("Li3YCl6", "bond_ionicity", 1 - math.exp(-((3.16 - 1.22) ** 2) / 4)),
        ("Li3YCl6", "framework_field_strength_mean", 3 / (0.90 + 1.81) ** 2),
        ("Li3YCl6", "mean_mass", (3 * 6.941 + 88.90585 + 6 * 35.453) / 10),
        # Li10GeP2S12: Ge and P both tetrahedral
        ("Li10GeP2S12", "tetrahedral_per_anion", 3 / 12),
        ("Li10GeP2S12", "aliovalence", 1 / 3),
        ("Li10GeP2S12", "d10_share", 1 / 3),
        ("Li10GeP2S12", "site_entropy", math.log(3) - 2 / 3 * LN2),
        ("Li10GeP2S12", "cations_per_anion", 13 / 12),
        # Li3OCl: no framework cation, so Li stands in
        ("Li3OCl", "li_per_framework_cation", 12.0),
        ("Li3OCl", "li_per_framework_charge", 3.0),
        ("Li3OCl", "framework_per_anion", 0.0),
        ("Li3OCl", "framework_radius_mean", 0.76),
        ("Li3OCl", "framework_charge_mean", 1.0),
        ("Li3OCl", "anion_entropy", LN2),
        # LiBH4: hydrogen is the anion
        ("LiBH4", "anion_hydride", 1.0),
        ("LiBH4", "li_per_anion", 1 / 4),
        ("LiBH4", "tetrahedral_per_anion", 1 / 4),
        ("LiBH4", "proton_per_anion", 0.0),
        ("LiBH4", "estimated_density", 1.66053907 * (6.941 + 10.811 + 4 * 1.00794)
         / (4 * 4 * math.sqrt(2) * 1.40**3)),
        # Li3N
        ("Li3N", "anion_nitrogen", 1.0),
        ("Li3N", "li_per_anion", 3.0),
        ("Li3N", "ion_volume_per_atom", 4 / 3 * math.pi * 1.46**3 / 4),
        # others
        ("Li2(OH)Cl", "hydroxyl_share", 1.0),
        ("Li2(OH)Cl", "proton_per_anion", 1 / 2),
        ("Li4P2O7", "condensation", 1 / 7),
        ("LiPO3", "anions_per_tetrahedral", 3.0),
        ("Li3Fe2(PO4)3", "open_shell_share", 2 / 5),
        ("Li3SbS3", "lone_pair_share", 1.0),
        ("Li3SbS4", "lone_pair_share", 0.0),
        ("Li3SbS4", "d10_share", 1.0),
        ("LiTiO2", "d0_share", 0.0),  # Ti³⁺
        ("LiTiO2", "open_shell_share", 1.0),
        ("LiTi2O4", "d0_share", 0.5),
        ("LiMn2O4", "mixed_valence", 0.5),
        ("Li4P2S6", "mixed_valence", 0.0),
        ("Li4P2S6", "reluctant_charge_shift", 2 / 12),
        ("Li3Na5Ti2S8", "other_mobile_share", 5 / 8),
        ("LiNaAgCuCl4", "mobile_entropy", math.log(4)),
        ("LiCuCl3", "mobile_entropy", 0.0),  # Cu²⁺
        ("Li2O2", "charge_residue", -1 / 2),
    ],
)  # fmt: skip
def test_by_hand(
    value: Callable[[str, str], float], formula: str, name: str, expected: float
) -> None:
    assert value(formula, name) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_free_volume_by_hand(value: Callable[[str, str], float]) -> None:
    """Close-packed Cl less the spheres of Cl and Y, shared by three Li."""
    sphere = 4 / 3 * math.pi
    room = 6 * 4 * math.sqrt(2) * 1.81**3 - sphere * (6 * 1.81**3 + 0.90**3)
    assert value("Li3YCl6", "free_volume_per_li") == pytest.approx(room / 3)


def test_softer_anions_rank_as_they_should(value: Callable[[str, str], float]) -> None:
    polarizability = [value(f, "anion_polarizability") for f in ("LiF", "LiCl", "LiBr", "LiI")]
    assert polarizability == sorted(polarizability)
    assert len(set(polarizability)) == 4


def test_intermetallics_without_anions_are_finite() -> None:
    materials = [parse_formula(text) for text in ("Li", "LiAl", "Li2MgZn", "He", "NaK")]
    assert np.isfinite(CHEMISTRY(materials)).all()


def test_features_are_named_once_and_explained() -> None:
    features = CHEMISTRY.features
    assert len({feature.name for feature in features}) == len(features)
    assert all(feature.unit and feature.description and feature.source for feature in features)
    assert CHEMISTRY([parse_formula("Li3N")]).shape == (1, len(features))
