"""The features of the set ``prototype``: which structure type the stoichiometry suggests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.ion_roles import (
    TINY,
    Descriptors,
    Function,
    Speciation,
    aliovalence,
    ratio,
)
from sseml.physics.slots import row_sum

N_FRACTIONS = 6
PER_ANIONS = 12.0


class Ideal(NamedTuple):
    """Ideal stoichiometry of a structure type: lowest and highest amount of a role per anion."""

    lithium: tuple[float, float]
    large: tuple[float, float]
    octahedral: tuple[float, float]
    tetrahedral: tuple[float, float]


_NONE = (0.0, 0.0)
IDEALS: Mapping[str, Ideal] = {
    "garnet": Ideal((3 / 12, 7 / 12), (3 / 12, 3 / 12), (2 / 12, 2 / 12), _NONE),
    "nasicon": Ideal((0.5 / 12, 4 / 12), _NONE, (2 / 12, 2 / 12), (3 / 12, 3 / 12)),
    "perovskite": Ideal((0.0, 0.5 / 3), (0.4 / 3, 1 / 3), (1 / 3, 1 / 3), _NONE),
    "argyrodite": Ideal((5 / 6, 7 / 6), _NONE, _NONE, (1 / 6, 1 / 6)),
    "orthosalt": Ideal((2.5 / 4, 4 / 4), _NONE, _NONE, (1 / 4, 1 / 4)),
    "halide_mx6": Ideal((2 / 6, 3 / 6), _NONE, (1 / 6, 1 / 6), _NONE),
    "antiperovskite": Ideal((3 / 2, 3 / 2), _NONE, _NONE, _NONE),
    "layered": Ideal((1 / 2, 1 / 2), _NONE, (1 / 2, 1 / 2), _NONE),
    "spinel": Ideal((1 / 4, 2 / 4), _NONE, (1.5 / 4, 2 / 4), _NONE),
    "olivine": Ideal((1 / 4, 1 / 4), _NONE, (1 / 4, 1 / 4), (1 / 4, 1 / 4)),
}
"""Structure type → ideal; `descriptors.csv` says where each type is described."""


def _outside(values: FloatArray, limits: tuple[float, float]) -> FloatArray:
    return np.clip(limits[0] - values, 0.0, None) + np.clip(values - limits[1], 0.0, None)


def _distance_to(ideal: Ideal) -> Function:
    """Summed amounts per 12 anions by which the roles lie outside the ideal; at most 12."""

    def distance(s: Speciation) -> FloatArray:
        amounts = (s.lithium, row_sum(s.large), row_sum(s.octahedral), row_sum(s.tetrahedral))
        outside = (
            _outside(ratio(amount, s.anion_total), limits)
            for amount, limits in zip(amounts, ideal, strict=True)
        )
        return np.minimum(PER_ANIONS * sum(outside, np.zeros(len(s.number))), 12.0)

    return distance


def _sorted_fraction(place: int) -> Function:
    """The place-th largest fraction, counted from 1; 0 where there are fewer elements."""

    def fraction(s: Speciation) -> FloatArray:
        width = s.fraction.shape[1]
        if place > width:
            return np.zeros(len(s.fraction))
        return np.round(np.sort(s.fraction, axis=1)[:, width - place], 3)

    return fraction


def _per_12_anions(s: Speciation, amount: FloatArray) -> FloatArray:
    return PER_ANIONS * ratio(amount, s.anion_total, 4.0)


def _role_radius(s: Speciation, amounts: FloatArray, coordination_index: int) -> FloatArray:
    """Mean radius of a role in Å; 0 where it is empty. Shape (n,)."""
    return ratio(row_sum(amounts * s.radii[coordination_index]), row_sum(amounts))


def _radius_ratio(s: Speciation, amounts: FloatArray, coordination_index: int) -> FloatArray:
    return ratio(_role_radius(s, amounts, coordination_index), s.mean_anion_radius)


def _tolerance(s: Speciation) -> FloatArray:
    """Goldschmidt's tolerance factor (doi 10.1007/BF01507527). Shape (n,)."""
    large = _role_radius(s, s.large, 2)
    octahedral = _role_radius(s, s.octahedral, 1)
    factor = ratio(large + s.mean_anion_radius, np.sqrt(2.0) * (octahedral + s.mean_anion_radius))
    return factor * ((large > 0) & (octahedral > 0))


PROTOTYPE = Descriptors(
    {
        "n_elements": lambda s: row_sum((s.number > 0).astype(np.float64)),
        **{
            f"anonymous_fraction_{place}": _sorted_fraction(place)
            for place in range(1, N_FRACTIONS + 1)
        },
        "li_per_12_anions": lambda s: _per_12_anions(s, s.lithium),
        "large_per_12_anions": lambda s: _per_12_anions(s, row_sum(s.large)),
        "octahedral_per_12_anions": lambda s: _per_12_anions(s, row_sum(s.octahedral)),
        "tetrahedral_per_12_anions": lambda s: _per_12_anions(s, row_sum(s.tetrahedral)),
        "tetrahedral_aliovalence": lambda s: aliovalence(s.tetrahedral, s.charge),
        "octahedral_aliovalence": lambda s: aliovalence(s.octahedral, s.charge),
        "large_aliovalence": lambda s: aliovalence(s.large, s.charge),
        "anion_aliovalence": lambda s: aliovalence(s.anions, np.where(s.is_anion, s.charge, -1.0)),
        "minor_anion_share": lambda s: ratio(s.anion_total - s.anions.max(axis=1), s.anion_total),
        "n_anion_kinds": lambda s: row_sum((s.anions > TINY).astype(np.float64)),
        "octahedral_radius_ratio": lambda s: _radius_ratio(s, s.octahedral, 1),
        "tetrahedral_radius_ratio": lambda s: _radius_ratio(s, s.tetrahedral, 0),
        "large_radius_ratio": lambda s: _radius_ratio(s, s.large, 2),
        "tolerance_factor": _tolerance,
        **{f"distance_to_{name}": _distance_to(ideal) for name, ideal in IDEALS.items()},
    }
)
