"""Descriptors of the mobile sublattice: how much lithium, against how much of everything else."""

from __future__ import annotations

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.features.anions import entropy
from sseml.features.speciation import Descriptor, Speciation, describe, members, ratio
from sseml.physics.slots import row_sum

DEFINITION = "definition"
OTHER_MOBILE = "Na K Ag Cu"


def _framework_charge(s: Speciation) -> FloatArray:
    return row_sum(s.framework * s.charge)


def _cation_total(s: Speciation) -> FloatArray:
    return s.lithium + s.framework_total


def _is_other_mobile(s: Speciation) -> BoolArray:
    """Slots of the other monovalent mobile ions (Cu as Cu⁺ only). Shape (n, k)."""
    monovalent = (s.charge > 0) & (s.charge < 1.5)
    return np.logical_and(monovalent, members(OTHER_MOBILE)[s.number])


def _other_mobile(s: Speciation) -> FloatArray:
    return row_sum(s.framework * _is_other_mobile(s))


LITHIUM: tuple[Descriptor, ...] = (
    describe("li_fraction", "1", "Li per atom", DEFINITION, lambda s: s.lithium),
    describe(
        "li_per_anion",
        "1",
        "Li per anion, at most 12",
        DEFINITION,
        lambda s: ratio(s.lithium, s.anion_total),
    ),
    describe(
        "li_share_of_cations",
        "1",
        "Li per cation (protons not counted)",
        DEFINITION,
        lambda s: ratio(s.lithium, _cation_total(s)),
    ),
    describe(
        "li_per_framework_cation",
        "1",
        "Li per framework cation, at most 12 (also without framework cations)",
        DEFINITION,
        lambda s: ratio(s.lithium, s.framework_total),
    ),
    describe(
        "li_per_framework_charge",
        "1",
        "Li per positive charge of the framework, at most 3 (also without framework cations)",
        DEFINITION,
        lambda s: ratio(s.lithium, _framework_charge(s), 3.0),
    ),
    describe(
        "li_per_tetrahedral",
        "1",
        "Li per tetrahedral former, at most 12 (also without formers)",
        DEFINITION,
        lambda s: ratio(s.lithium, row_sum(s.tetrahedral)),
    ),
    describe(
        "li_per_octahedral",
        "1",
        "Li per octahedral framework cation, at most 12 (also without any)",
        DEFINITION,
        lambda s: ratio(s.lithium, row_sum(s.octahedral)),
    ),
    describe(
        "cations_per_anion",
        "1",
        "all cations but protons per anion, at most 12",
        DEFINITION,
        lambda s: ratio(_cation_total(s), s.anion_total),
    ),
    describe(
        "other_mobile_fraction",
        "1",
        f"other monovalent mobile ions ({OTHER_MOBILE}) per atom",
        DEFINITION,
        _other_mobile,
    ),
    describe(
        "other_mobile_share",
        "1",
        "other mobile ions per mobile ion (mixed-alkali measure)",
        DEFINITION,
        lambda s: ratio(_other_mobile(s), _other_mobile(s) + s.lithium),
    ),
    describe(
        "mobile_entropy",
        "kB/ion",
        "mixing entropy of Li and the other mobile ions",
        DEFINITION,
        lambda s: entropy(s.fraction * (s.is_lithium | _is_other_mobile(s))),
    ),
    describe(
        "proton_per_anion",
        "1",
        "protonic hydrogen (OH, H2O, NH) per anion, at most 12",
        DEFINITION,
        lambda s: ratio(s.protons, s.anion_total),
    ),
    describe(
        "hydroxyl_share",
        "1",
        "protonic hydrogen per O, at most 1",
        DEFINITION,
        lambda s: ratio(s.protons, s.content("O"), 1.0) * (s.content("O") > 0),
    ),
)
