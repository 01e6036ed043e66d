"""Descriptors of how ions pack and bond: polyanions, free anions, ionicity, room for lithium."""

from __future__ import annotations

import math

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.anions import entropy
from sseml.features.speciation import (
    ANIONS_PER_FORMER,
    TINY,
    Descriptor,
    Speciation,
    describe,
    ratio,
)
from sseml.physics.elements import elements
from sseml.physics.slots import row_sum

DEFINITION = "definition"
SHANNON = "doi 10.1107/S0567739476001551"
PAULING = "ISBN 978-0-8014-0333-0"

CLOSE_PACKED = 4.0 * math.sqrt(2.0)
"""Volume per sphere of a close packing, in units of r³."""
LARGEST_VOLUME_A3 = 200.0


def _formers(s: Speciation) -> FloatArray:
    return row_sum(s.tetrahedral)


def _free_anions(s: Speciation) -> FloatArray:
    """Anions beyond four per former, per atom of formula."""
    free = s.anion_total - ANIONS_PER_FORMER * _formers(s)
    return np.where(free > TINY, free, 0.0)


def _spheres(amounts: FloatArray, radius: FloatArray) -> FloatArray:
    return 4.0 / 3.0 * np.pi * row_sum(amounts * radius**3)


def _ion_volume(s: Speciation) -> FloatArray:
    """Summed volume of all ions but lithium and protons, Å³ per atom of formula."""
    return _spheres(s.anions, s.anion_radius) + _spheres(s.framework, s.radius)


def _packed_volume(s: Speciation) -> FloatArray:
    """Volume of a close packing of the anions and the large cations, Å³ per atom of formula."""
    packed: FloatArray = row_sum(s.anions * s.anion_radius**3) + row_sum(s.large * s.radius**3)
    return packed * CLOSE_PACKED


def _free_volume(s: Speciation) -> FloatArray:
    return np.clip(_packed_volume(s) - _ion_volume(s), 0.0, None)


def _ionicity(s: Speciation) -> FloatArray:
    """Pauling's ionic character of framework–anion bonds, weighted by cation charge."""
    x = s.of(elements().electronegativity)
    difference = s.anion_mean(x)[:, None] - x
    character = 1.0 - np.exp(-(difference**2) / 4.0)
    weight = s.cation_weight * np.clip(s.charge, 0.0, None)
    return ratio(row_sum(weight * character), row_sum(weight))


LATTICE: tuple[Descriptor, ...] = (
    describe(
        "anions_per_tetrahedral",
        "1",
        "anions per tetrahedral former, at most 12 (4 ortho, 3.5 pyro, 3 meta; 12 without formers)",
        DEFINITION,
        lambda s: ratio(s.anion_total, _formers(s)),
    ),
    describe(
        "free_anion_share",
        "1",
        "anions beyond four per tetrahedral former, per anion (argyrodites, antiperovskites)",
        DEFINITION,
        lambda s: ratio(_free_anions(s), s.anion_total),
    ),
    describe(
        "halide_share_of_free_anions",
        "1",
        "halides per anion beyond four per tetrahedral former, at most 1 (argyrodite disorder); "
        "0 without free anions",
        DEFINITION,
        lambda s: np.where(
            _free_anions(s) > TINY,
            ratio(s.anion_total * s.anion_share("F Cl Br I"), _free_anions(s), 1.0),
            0.0,
        ),
    ),
    describe(
        "condensation",
        "1",
        "anions missing to four per tetrahedral former, per anion (shared corners of pyro, meta …)",
        DEFINITION,
        lambda s: ratio(
            np.clip(ANIONS_PER_FORMER * _formers(s) - s.anion_total, 0.0, None), s.anion_total
        ),
    ),
    describe(
        "bond_ionicity",
        "1",
        "Pauling ionic character 1 − exp(−ΔX²/4) of framework–anion bonds (Li–anion without)",
        PAULING,
        _ionicity,
    ),
    describe(
        "ion_volume_per_atom",
        "Å³/atom",
        "volume of all ions but Li as spheres",
        SHANNON,
        _ion_volume,
    ),
    describe(
        "free_volume_per_li",
        "Å³",
        "volume of close-packed anions and large cations not filled by ions, per Li; at most 200",
        SHANNON,
        lambda s: ratio(_free_volume(s), s.lithium, LARGEST_VOLUME_A3),
    ),
    describe(
        "estimated_density",
        "g/cm³",
        "mass over the volume of close-packed anions and large cations, at most 12",
        SHANNON,
        lambda s: ratio(
            1.66053907 * row_sum(s.fraction * s.of(elements().mass)), _packed_volume(s)
        ),
    ),
    describe(
        "valence_electrons_per_atom",
        "1",
        "mean number of valence electrons",
        "doi 10.1038/npjcompumats.2016.28",
        lambda s: row_sum(s.fraction * s.of(elements().valence_electrons)),
    ),
    describe(
        "mean_mass",
        "u",
        "mean atomic mass",
        "doi 10.1016/j.commatsci.2012.10.028",
        lambda s: row_sum(s.fraction * s.of(elements().mass)),
    ),
    describe(
        "composition_entropy",
        "kB/atom",
        "mixing entropy of all elements",
        DEFINITION,
        lambda s: entropy(s.fraction),
    ),
)
