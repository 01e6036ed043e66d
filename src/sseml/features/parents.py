"""The features of the set ``parents``: how near a composition is to a known phase of lithium.

A solid electrolyte is mostly a stoichiometric compound or a solid solution close to one. The phases
are those of the released phase bundle: ``SOURCES.md`` beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.features.composition import SAME_COMPOSITION, element_fractions
from sseml.features.contract import Feature
from sseml.features.ion_roles import listed
from sseml.files import packaged
from sseml.physics.elements import N_ELEMENTS
from sseml.physics.slots import chunks
from sseml.records import Composition

LI_PHASES = "features/li_phases.npy"
MAX_ELEMENTS = 8
"""Places for elements that a phase has in the file."""

FARTHEST = 0.3
"""Where distances to a phase end, and what the distance is where there is none."""
LARGEST_MULTIPLIER = 12
WHOLE = 0.02
"""Amounts are whole within this times the square root of the multiplier."""
ROUNDING = 1e-9
"""Amounts that are this near to the limit of what is whole lie on it, and are not whole."""
SIMPLE = 2
"""Up to this multiplier a formula counts as simple."""
LARGEST_CELL_MULTIPLIER = 3
"""The multiplier counts no further than this in the atoms per formula unit."""

_WORD = 64
_BITS = -(-N_ELEMENTS // _WORD) * _WORD
_ROWS = 256
"""Compositions compared with the phases at once: bounded memory."""

Words = NDArray[np.uint64]


class Phases(NamedTuple):
    """Compounds of lithium, those of the same elements one after another.

    Attributes
    ----------
    column, fraction
        Places of the elements among those by atomic number, and their fractions, 0 for the padding:
        shape (MAX_ELEMENTS, n_phases).
    elements
        Elements of each group as bits, shape (n_groups, n_words).
    n_elements, first, size
        Of each group: its number of elements, its first phase, its number of phases. (n_groups,).
    """

    column: IntArray
    fraction: FloatArray
    elements: Words
    n_elements: IntArray
    first: IntArray
    size: IntArray


def as_bits(present: BoolArray) -> Words:
    """Which elements there are, shape (n, N_ELEMENTS), as bits: shape (n, n_words)."""
    padded = np.zeros((len(present), _BITS), dtype=np.bool_)
    padded[:, :N_ELEMENTS] = present
    return np.packbits(padded, axis=1).view(np.uint64)


@cache
def li_phases() -> Phases:
    """Read the phases once."""
    packed: NDArray[np.uint8] = np.load(packaged(LI_PHASES), allow_pickle=False)
    number, amount = np.ascontiguousarray(packed.transpose(1, 2, 0))
    is_new = np.ones(number.shape[1], dtype=np.bool_)
    is_new[1:] = (number[:, 1:] != number[:, :-1]).any(axis=0)
    first = np.flatnonzero(is_new)
    present = np.zeros((len(first), N_ELEMENTS), dtype=np.bool_)
    place, group = np.nonzero(number[:, first])
    present[group, number[place, first[group]] - 1] = True
    return Phases(
        column=np.maximum(number, 1).astype(np.int64) - 1,
        fraction=amount / amount.sum(axis=0),
        elements=as_bits(present),
        n_elements=present.sum(axis=1),
        first=first,
        size=np.diff(first, append=len(is_new)),
    )


def nearest_phases(fractions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance to the nearest phase of the same elements, and of a subset of them: (n,) each.

    Notes
    -----
    Both sum to 1, so half the summed absolute difference of fractions is the sum of what the phase
    holds more of, to which only the elements of the phase add.
    """
    phases = li_phases()
    present = fractions > 0
    absent = ~as_bits(present)
    holds_others = np.zeros((len(fractions), len(phases.elements)), dtype=np.bool_)
    for word in range(absent.shape[1]):
        holds_others |= (phases.elements[:, word] & absent[:, word, None]) != 0
    row, group = np.nonzero(~holds_others)
    has_all = phases.n_elements[group] == present.sum(axis=1)[row]

    size = phases.size[group]
    before = np.cumsum(size) - size
    phase = np.arange(size.sum()) + np.repeat(phases.first[group] - before, size)
    row, has_all = np.repeat(row, size), np.repeat(has_all, size)
    start = row * N_ELEMENTS
    distance = np.zeros(len(phase))
    for column, fraction in zip(phases.column, phases.fraction, strict=True):
        own = fractions.take(start + column[phase])
        distance += np.maximum(fraction[phase] - own, 0.0)

    same, subset = np.full((2, len(fractions)), FARTHEST)
    np.minimum.at(same, row[has_all], distance[has_all])
    np.minimum.at(subset, row, distance)
    return same, subset


def _multipliers(fractions: FloatArray, smallest: FloatArray) -> FloatArray:
    """Smallest whole number that makes all amounts over the smallest one whole; 13 for none. (n,).

    The more an amount is multiplied, the further it may be from a whole number.
    """
    row, column = np.nonzero(fractions)
    multipliers = np.arange(1.0, LARGEST_MULTIPLIER + 1)
    amounts = multipliers[:, None] * (fractions[row, column] / smallest[row])
    limit = WHOLE * np.sqrt(multipliers) - ROUNDING
    is_whole = np.abs(amounts - np.rint(amounts)) < limit[:, None]
    first = np.searchsorted(row, np.arange(len(fractions)))
    all_whole: BoolArray = np.logical_and.reduceat(is_whole, first, axis=1)
    found = multipliers[all_whole.argmax(axis=0)]
    return np.where(all_whole.any(axis=0), found, LARGEST_MULTIPLIER + 1.0)


Nearest = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


class Parents:
    """The featurizer of the set ``parents``; `nearest` does what `nearest_phases` does."""

    def __init__(self, nearest: Nearest = nearest_phases) -> None:
        self._nearest = nearest

    names = (
        "parent_distance_same",
        "parent_distance_subset",
        "is_known_phase",
        "smallest_multiplier",
        "is_simple_formula",
        "log_atoms_per_formula",
    )

    @property
    def features(self) -> tuple[Feature, ...]:
        """The six features."""
        return tuple(listed()[name] for name in self.names)

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Values of shape (n_materials, 6), all finite."""
        out = np.empty((len(materials), len(self.names)))
        for number, piece in enumerate(chunks(materials, _ROWS)):
            fractions = element_fractions(piece)
            values = _values(fractions, *self._nearest(fractions))
            out[number * _ROWS : number * _ROWS + len(piece)] = values
        return out


def _values(fractions: FloatArray, same: FloatArray, subset: FloatArray) -> FloatArray:
    smallest = np.where(fractions > 0, fractions, np.inf).min(axis=1)
    multiplier = _multipliers(fractions, smallest)
    return np.column_stack(
        [
            same,
            subset,
            same < SAME_COMPOSITION,
            multiplier,
            multiplier <= SIMPLE,
            # amounts over the smallest one sum to 1 over the smallest fraction
            np.log(np.minimum(multiplier, LARGEST_CELL_MULTIPLIER) / smallest),
        ]
    )
