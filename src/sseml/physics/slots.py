"""Formulas of unequal length packed side by side, so that numpy sees them all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass
from sseml.physics.elements import elements
from sseml.records import Composition

CHUNK = 2048
"""Formulas handled at once: bounded memory, and arrays that stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Elements and fractions of n formulas, padded to the longest: shape ``(n, k)``.

    Atomic number and fraction 0 pad; fractions sum to 1 in each row.
    """

    number: IntArray
    fraction: FloatArray


def flatten(
    materials: Sequence[Composition],
) -> tuple[IntArray, FloatArray, IntArray]:
    """Atomic numbers and amounts of all formulas end to end, and how many belong to each.

    Raises ValueError if a formula holds an unknown element or is empty.
    """
    number = elements().number
    amounts = [material.amounts for material in materials]
    try:
        z = [number[symbol] for a in amounts for symbol in a]
    except KeyError as error:
        raise ValueError(f"unknown element {error.args[0]!r}") from None
    lengths = np.array([len(a) for a in amounts], dtype=np.int64)
    if lengths.size and not lengths.min():
        empty = materials[int(lengths.argmin())]
        raise ValueError(f"a material without elements: {empty.formula!r}")
    flat = np.array([x for a in amounts for x in a.values()], dtype=np.float64)
    return np.array(z, dtype=np.int64), flat, lengths


def pack(materials: Sequence[Composition]) -> Slots:
    """Pack formulas into padded arrays, each row sorted so that the order of writing is lost.

    The sort is by anion rank, then atomic number: possible anions come first, from the most to the
    least electronegative; padding comes last.
    """
    z, flat, lengths = flatten(materials)
    width = int(lengths.max(initial=1))
    filled = np.arange(width) < lengths[:, None]
    number = np.zeros(filled.shape, dtype=np.int64)
    amount = np.zeros(filled.shape)
    number[filled], amount[filled] = z, flat
    order = np.argsort(
        np.where(filled, elements().anion_rank[number] * 1000 + number, 10**6), axis=1
    )
    number = np.take_along_axis(number, order, axis=1)
    amount = np.take_along_axis(amount, order, axis=1)
    return Slots(number, amount / row_sum(amount)[:, np.newaxis])


def row_sum(values: FloatArray) -> FloatArray:
    """Sum over the slots of each formula: shape (n, k) → (n,).

    One slot after another: what is summed last is padding, and how much of that there is, which the
    longest formula beside it decides, changes no digit.
    """
    total = np.zeros(len(values))
    for slot in values.T:
        total += slot
    return total


def chunks(materials: Sequence[Composition], size: int = CHUNK) -> Iterator[Sequence[Composition]]:
    """Consecutive pieces of at most `size` materials."""
    for start in range(0, len(materials), size):
        yield materials[start : start + size]
