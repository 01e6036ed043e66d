"""Stoichiometry prototypes: which structure type the numbers suggest, whatever the elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.contract import Feature
from sseml.features.framework import aliovalence
from sseml.features.speciation import (
    TINY,
    Descriptor,
    Speciation,
    columns,
    describe,
    ratio,
    speciate,
)
from sseml.physics.slots import row_sum
from sseml.records import Composition

DEFINITION = "definition"
SHANNON = "doi 10.1107/S0567739476001551"
GOLDSCHMIDT = "doi 10.1007/BF01507527"
N_RATIOS = 6
PER_ANIONS = 12.0


@dataclass(frozen=True, slots=True)
class Ideal:
    """Ideal stoichiometry of a structure type, per anion.

    Attributes
    ----------
    lithium, large, octahedral, tetrahedral
        Lowest and highest amount per anion.
    source
        Where the type is described.
    """

    name: str
    lithium: tuple[float, float]
    large: tuple[float, float]
    octahedral: tuple[float, float]
    tetrahedral: tuple[float, float]
    source: str


NONE = (0.0, 0.0)
IDEALS = (
    Ideal("garnet", (3 / 12, 7 / 12), (3 / 12,) * 2, (2 / 12,) * 2, NONE,
          "doi 10.1039/C4CS00020J"),
    Ideal("nasicon", (0.5 / 12, 4 / 12), NONE, (2 / 12,) * 2, (3 / 12,) * 2,
          "doi 10.1016/0025-5408(76)90073-8"),
    Ideal("perovskite", (0.0, 0.5 / 3), (0.4 / 3, 1 / 3), (1 / 3,) * 2, NONE,
          "doi 10.1021/cm0300516"),
    Ideal("argyrodite", (5 / 6, 7 / 6), NONE, NONE, (1 / 6,) * 2,
          "doi 10.1002/anie.200703900"),
    Ideal("orthosalt", (2.5 / 4, 4 / 4), NONE, NONE, (1 / 4,) * 2,
          "LISICON and LGPS, doi 10.1038/nmat3066"),
    Ideal("halide_mx6", (2 / 6, 3 / 6), NONE, (1 / 6,) * 2, NONE,
          "doi 10.1002/adma.201803075"),
    Ideal("antiperovskite", (3 / 2, 3 / 2), NONE, NONE, NONE,
          "doi 10.1021/ja305709z"),
    Ideal("layered", (1 / 2, 1 / 2), NONE, (1 / 2,) * 2, NONE,
          "doi 10.1016/0025-5408(80)90012-4"),
    Ideal("spinel", (1 / 4, 2 / 4), NONE, (1.5 / 4, 2 / 4), NONE,
          "doi 10.1016/0025-5408(83)90138-1"),
    Ideal("olivine", (1 / 4, 1 / 4), NONE, (1 / 4,) * 2, (1 / 4,) * 2,
          "doi 10.1149/1.1837571"),
)  # fmt: skip


def _per_anion(s: Speciation, amounts: FloatArray) -> FloatArray:
    return ratio(row_sum(amounts), s.anion_total)


def _outside(values: FloatArray, limits: tuple[float, float]) -> FloatArray:
    return np.clip(limits[0] - values, 0.0, None) + np.clip(values - limits[1], 0.0, None)


def _distance(s: Speciation, ideal: Ideal) -> FloatArray:
    """Summed amounts per 12 anions by which the roles lie outside the ideal; at most 12."""
    parts = (
        _outside(ratio(s.lithium, s.anion_total), ideal.lithium),
        _outside(_per_anion(s, s.large), ideal.large),
        _outside(_per_anion(s, s.octahedral), ideal.octahedral),
        _outside(_per_anion(s, s.tetrahedral), ideal.tetrahedral),
    )
    return np.minimum(PER_ANIONS * sum(parts, np.zeros(len(s.number))), 12.0)


def _to_ideal(ideal: Ideal) -> Descriptor:
    return describe(
        f"distance_to_{ideal.name}",
        "1",
        f"amount per 12 anions by which Li, large, octahedral and tetrahedral cations miss the "
        f"{ideal.name} stoichiometry; at most 12",
        ideal.source,
        lambda s: _distance(s, ideal),
    )


def _sorted_fraction(s: Speciation, place: int) -> FloatArray:
    """The place-th largest fraction; 0 where there are fewer elements."""
    if place >= s.fraction.shape[1]:
        return np.zeros(len(s.fraction))
    width = s.fraction.shape[1]
    return np.round(np.sort(s.fraction, axis=1)[:, width - 1 - place], 3)


def _anonymous(place: int) -> Descriptor:
    return describe(
        f"anonymous_fraction_{place + 1}",
        "1",
        f"fraction of the element that is number {place + 1} by amount, rounded to 0.001",
        DEFINITION,
        lambda s: _sorted_fraction(s, place),
    )


def _role_radius(s: Speciation, amounts: FloatArray, coordination_index: int) -> FloatArray:
    """Mean radius of a role; 0 where it is empty."""
    return ratio(row_sum(amounts * s.radii[coordination_index]), row_sum(amounts))


def _tolerance(s: Speciation) -> FloatArray:
    large = _role_radius(s, s.large, 2)
    octahedral = _role_radius(s, s.octahedral, 1)
    factor = ratio(large + s.mean_anion_radius, np.sqrt(2.0) * (octahedral + s.mean_anion_radius))
    return factor * ((large > 0) & (octahedral > 0))


DESCRIPTORS: tuple[Descriptor, ...] = (
    describe(
        "n_elements",
        "1",
        "number of elements",
        DEFINITION,
        lambda s: row_sum((s.number > 0).astype(np.float64)),
    ),
    *(_anonymous(place) for place in range(N_RATIOS)),
    describe(
        "li_per_12_anions",
        "1",
        "Li per 12 anions, at most 48",
        DEFINITION,
        lambda s: PER_ANIONS * ratio(s.lithium, s.anion_total, 4.0),
    ),
    describe(
        "large_per_12_anions",
        "1",
        "large cations per 12 anions, at most 48",
        DEFINITION,
        lambda s: PER_ANIONS * ratio(row_sum(s.large), s.anion_total, 4.0),
    ),
    describe(
        "octahedral_per_12_anions",
        "1",
        "octahedral cations per 12 anions, at most 48",
        DEFINITION,
        lambda s: PER_ANIONS * ratio(row_sum(s.octahedral), s.anion_total, 4.0),
    ),
    describe(
        "tetrahedral_per_12_anions",
        "1",
        "tetrahedral formers per 12 anions, at most 48",
        DEFINITION,
        lambda s: PER_ANIONS * ratio(row_sum(s.tetrahedral), s.anion_total, 4.0),
    ),
    describe(
        "tetrahedral_aliovalence",
        "e/cation",
        "mean distance of the formers' charges from the most common one",
        DEFINITION,
        lambda s: aliovalence(s.tetrahedral, s.charge),
    ),
    describe(
        "octahedral_aliovalence",
        "e/cation",
        "mean distance of the octahedral cations' charges from the most common one",
        DEFINITION,
        lambda s: aliovalence(s.octahedral, s.charge),
    ),
    describe(
        "large_aliovalence",
        "e/cation",
        "mean distance of the large cations' charges from the most common one",
        DEFINITION,
        lambda s: aliovalence(s.large, s.charge),
    ),
    describe(
        "anion_aliovalence",
        "e/anion",
        "mean distance of the anions' charges from the most common one",
        DEFINITION,
        lambda s: aliovalence(s.anions, np.where(s.is_anion, s.charge, -1.0)),
    ),
    describe(
        "minor_anion_share",
        "1",
        "anions that are not of the most common kind, per anion (mixed anions)",
        DEFINITION,
        lambda s: ratio(s.anion_total - s.anions.max(axis=1), s.anion_total),
    ),
    describe(
        "n_anion_kinds",
        "1",
        "number of anion elements",
        DEFINITION,
        lambda s: row_sum((s.anions > TINY).astype(np.float64)),
    ),
    describe(
        "octahedral_radius_ratio",
        "1",
        "octahedral radius over anion radius (0.414–0.732 fits six; 0 without octahedral cations)",
        SHANNON,
        lambda s: ratio(_role_radius(s, s.octahedral, 1), s.mean_anion_radius),
    ),
    describe(
        "tetrahedral_radius_ratio",
        "1",
        "former radius over anion radius (0.225–0.414 fits four; 0 without formers)",
        SHANNON,
        lambda s: ratio(_role_radius(s, s.tetrahedral, 0), s.mean_anion_radius),
    ),
    describe(
        "large_radius_ratio",
        "1",
        "large radius over anion radius (0 without large cations)",
        SHANNON,
        lambda s: ratio(_role_radius(s, s.large, 2), s.mean_anion_radius),
    ),
    describe(
        "tolerance_factor",
        "1",
        "Goldschmidt (r_large + r_anion) / √2 (r_octahedral + r_anion); 0 where one is missing",
        GOLDSCHMIDT,
        _tolerance,
    ),
    *(_to_ideal(ideal) for ideal in IDEALS),
)


class Prototype:
    """The featurizer of the set ``prototype``; every value is finite."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The descriptors' features."""
        return tuple(descriptor.feature for descriptor in DESCRIPTORS)

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Descriptors of shape (n_materials, len(features))."""
        return columns(DESCRIPTORS, speciate(materials))
