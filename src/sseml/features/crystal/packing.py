"""How the anions pack: how like face-centred, hexagonal close and body-centred packing they are."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sseml.features.contract import Feature, FloatArray
from sseml.features.crystal.coordination import added
from sseml.features.crystal.neighbours import IntArray, Pairs
from sseml.features.crystal.sites import AverageStructure

LECHNER = "doi 10.1063/1.2977970"
WANG = "doi 10.1038/nmat4369"
DEFINITION = "definition"

FULL_REACH, END_OF_REACH = 1.32, 1.52
"""Neighbours weigh 1 up to the first and 0 from the second, in cube roots of the volume per anion:
12 of a close packing (at 1.122; the next at 1.587), 14 of a body-centred one (1.091 and 1.260)."""

IDEALS: Mapping[str, tuple[float, float, float]] = {
    # neighbours, averaged q4, averaged q6
    "fcc": (12.0, 0.190941, 0.574524),
    "hcp": (12.0, 0.097222, 0.484762),
    "bcc": (14.0, 0.036370, 0.510688),
}
TOLERANCE = (1.5, 0.06, 0.15)
"""Differences in neighbours, q4 and q6 that make a packing e times less like an ideal one."""
DEGREES = (4, 6)

FEATURES = (
    *(
        Feature(f"anion_{name}", "1", f"likeness of the anions' packing to {name}, 0 to 1", WANG)
        for name in IDEALS
    ),
    Feature("anion_q4", "1", "bond-orientational order of the anions, degree 4", LECHNER),
    Feature("anion_q6", "1", "bond-orientational order of the anions, degree 6", LECHNER),
    Feature(
        "anion_neighbours",
        "1",
        "anions next to an anion: 12 close-packed, 14 body-centred",
        DEFINITION,
    ),
    Feature(
        "anion_filling", "1", "share of the volume that the anions take up as spheres", DEFINITION
    ),
)


def describe(structure: AverageStructure) -> Mapping[str, float]:
    """Values of `FEATURES` by name; nothing where there are no anions."""
    share = structure.anion * structure.is_anion
    if not share.any():
        return {}
    volume = structure.volume_A3 / share.sum()
    edge = volume ** (1.0 / 3.0)
    spheres = 4.0 / 3.0 * math.pi * float((share * structure.blocking_radius**3).sum())
    values = {"anion_filling": spheres / structure.volume_A3}
    pairs = structure.pairs(structure.is_anion, structure.is_anion, END_OF_REACH * edge)
    weights = share[pairs.other] * _fading(pairs.distance / edge)
    number = added(pairs.centre, weights, len(share))
    if not (number > 0.0).any():
        return values
    order = {degree: _averaged_order(pairs, weights, number, degree) for degree in DEGREES}
    found = [float((share * each).sum() / share.sum()) for each in (number, order[4], order[6])]
    for name, ideal in IDEALS.items():
        away = sum(((a - b) / c) ** 2 for a, b, c in zip(found, ideal, TOLERANCE, strict=True))
        values[f"anion_{name}"] = math.exp(-away)
    return values | {
        "anion_neighbours": found[0],
        "anion_q4": found[1],
        "anion_q6": found[2],
    }


def _fading(reach: FloatArray) -> FloatArray:
    part = np.clip((reach - FULL_REACH) / (END_OF_REACH - FULL_REACH), 0.0, 1.0)
    fading: FloatArray = 0.5 * (1.0 + np.cos(math.pi * part))
    return fading


def _averaged_order(
    pairs: Pairs, weights: FloatArray, number: FloatArray, degree: int
) -> FloatArray:
    """Averaged local bond order parameter of each site (doi 10.1063/1.2977970), shape (n,)."""
    harmonics = _harmonics(pairs.vector / pairs.distance[:, None], degree)
    whole = np.where(number > 0.0, number, 1.0)
    own = _summed(pairs.centre, weights[:, None] * harmonics, len(number)) / whole[:, None]
    around = own + _summed(pairs.centre, weights[:, None] * own[pairs.other], len(number))
    mean = around / (1.0 + number)[:, None]
    squared = np.abs(mean[:, 0]) ** 2 + 2.0 * (np.abs(mean[:, 1:]) ** 2).sum(axis=1)
    order: FloatArray = np.sqrt(4.0 * math.pi / (2 * degree + 1) * squared)
    return order


def _summed(centre: IntArray, values: NDArray[np.complex128], count: int) -> NDArray[np.complex128]:
    total = np.zeros((count, values.shape[1]), dtype=np.complex128)
    np.add.at(total, centre, values)
    return total


def _harmonics(direction: FloatArray, degree: int) -> NDArray[np.complex128]:
    """Spherical harmonics of unit vectors for orders 0 to `degree`, shape (n, degree + 1).

    By the recursion of the associated Legendre functions in z, with (x + iy)ᵐ in place of
    sinᵐθ exp(imφ); the orders below 0 are the conjugates.
    """
    z, plane = direction[:, 2], direction[:, 0] + 1j * direction[:, 1]
    columns = []
    for order in range(degree + 1):
        below = np.zeros_like(z)
        # P_m^m / sinᵐθ = (2m − 1)!!
        legendre = np.full_like(z, math.prod(range(1, 2 * order, 2)))
        for step in range(order + 1, degree + 1):
            below, legendre = (
                legendre,
                ((2 * step - 1) * z * legendre - (step + order - 1) * below) / (step - order),
            )
        norm = math.sqrt(
            (2 * degree + 1)
            / (4.0 * math.pi)
            * math.factorial(degree - order)
            / math.factorial(degree + order)
        )
        columns.append(norm * legendre * plane**order)
    return np.stack(columns, axis=1)
