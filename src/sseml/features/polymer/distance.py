"""How far apart two polymer recipes are: mostly their polymers, less their salts and amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from math import log10
from zlib import crc32

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.features.contract import Distance, Radii
from sseml.features.polymer.columns import anion_columns, unit_columns
from sseml.features.polymer.matrix import matrix_of, salts_of
from sseml.features.polymer.recipe import (
    LEAST_LITHIUM_MOL_KG,
    UNSTATED_WEIGHT_SHARE,
    added_shares,
    amounts_of,
)
from sseml.features.polymer.shipped import repeat_unit, salt, scale_of
from sseml.records import Composite, Filler, Polymer

REACH = 4.0
"""Standardised descriptors are held within ± this, so that one odd count cannot run away."""
_STEP = 2.0**-16
"""They are multiples of this: sums of their products are exact, however many rows are asked."""

BY_SALT, MOST_BY_SALT = 0.28, 0.25
"""Of the square root of the salts' own distance, and at most.

It rises steeply, so that a salt that was measured in no polymer is at the edge, and ends below what
makes another polymer.
"""
PER_DECADE, MOST_BY_AMOUNT = 0.05, 0.10
"""Of lithium per kg: a factor of 3 counts as 0.024."""
PER_CHAIN_END, MOST_BY_CHAIN_ENDS = 0.05, 0.10
"""Of 1000 / molar mass: 0.001 from 50,000 g/mol to endless chains, 0.1 to an oligomer of 500."""
PER_WEIGHT_SHARE = 1.0
"""Of liquids and fillers: a fifth of the mass takes a recipe out of what is known without it."""

_NUMBERS = 4
"""log10 Li, 1000/M, mass shares of liquids and of fillers."""
_NAMES = 4
"""Marks of what polymers, salts, liquids and fillers are, whatever the amounts."""
_MARK_BITS = 24
_LARGEST_MARK = (1 << _MARK_BITS) - 1
"""Whole numbers up to it are exact in single precision."""


@cache
def _scale(table: str) -> tuple[FloatArray, FloatArray]:
    return scale_of(table)


def _standardised(values: FloatArray, table: str) -> FloatArray:
    centre, spread = _scale(table)
    held = np.clip((values - centre) / spread, -REACH, REACH)
    rounded: FloatArray = np.round(held / _STEP) * _STEP
    return rounded


@cache
def _marks(width: int) -> FloatArray:
    """Whole numbers below 2^26 whose products with standardised rows add up exactly: (width, 2).

    Drawn without numpy.random, whose import costs every run of the command line 10 ms.
    """
    from random import Random  # noqa: PLC0415 - start-up: 1 ms, only for polymers

    draw = Random(0)
    return np.array([[draw.getrandbits(26) for _ in range(2)] for _ in range(width)], dtype=float)


def _distinct(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """The different rows, shape (n_different, k), and which of them each row is, shape (n,).

    Many recipes share a polymer and a salt. Rows are told apart by two sums of products with
    `_marks`, which two different rows share by a chance of about 2^-50.
    """
    sums = rows @ _marks(rows.shape[1])
    both = sums[:, 0] + 1j * sums[:, 1]
    _, first, which = np.unique(both, return_index=True, return_inverse=True)
    return rows[first], which.reshape(-1)


def _euclidean(A: FloatArray, B: FloatArray) -> FloatArray:
    """Euclidean distance of rows over the square root of their width: (n, m)."""
    lengths = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1)[None, :]
    squared = np.maximum(lengths - 2.0 * (A @ B.T), 0.0)
    distance: FloatArray = np.sqrt(squared / A.shape[1])
    return distance


def _by_salt(A: FloatArray, B: FloatArray) -> FloatArray:
    return np.minimum(BY_SALT * np.sqrt(_euclidean(A, B)), MOST_BY_SALT)


def _between_distinct(
    distance: Callable[[FloatArray, FloatArray], FloatArray], A: FloatArray, B: FloatArray
) -> FloatArray:
    (a, of_A), (b, of_B) = _distinct(A), _distinct(B)
    return distance(a, b)[of_A][:, of_B]


def _names_of(material: Polymer) -> tuple[set[str], ...]:
    """What a recipe is made of: repeat units, salts, liquids, and fillers with their shapes."""
    fillers = material.fillers if isinstance(material, Composite) else ()
    return (
        {repeat_unit(unit.psmiles).key for part in material.polymers for unit in part.units},
        {salt(part.name).key for part in material.salts},
        {part.name for part in material.liquids},
        {_filler_name(filler) for filler in fillers},
    )


def _filler_name(filler: Filler) -> str:
    what = filler.composition.formula if filler.composition else filler.name
    return f"{what} {filler.shape}"


def _mark(names: set[str]) -> int:
    """A whole number that stands for names; 0 for none."""
    if not names:
        return 0
    return crc32("\n".join(sorted(names)).encode()) % _LARGEST_MARK + 1


class RecipeDistance(Distance):
    """Distance of standardised repeat-unit descriptors, and smaller terms for all the rest.

    The polymers alone are up to 0.15 apart where one says what the other conducts, and beyond 0.75
    where it does not. The other terms come on top: salts, lithium per kg, chain ends, and the mass
    shares of liquids and fillers: the difference where they are the same, else the larger share.
    A share that is not stated counts as 0.12. Clipped to 1.
    """

    radii = Radii(same=2e-3, near=0.02, inside=0.15, edge=0.75, cluster=0.30)

    @cached_property
    def _blocks(self) -> tuple[slice, slice, int]:
        """Where in a position polymers, salts, and the single numbers begin."""
        polymers, salts = len(unit_columns()), len(anion_columns())
        return slice(0, polymers), slice(polymers, polymers + salts), polymers + salts

    def positions(self, materials: Sequence[Polymer]) -> FloatArray:
        """Standardised descriptors of polymers and salts, amounts, and marks of the parts.

        The amounts are log10 Li, 1000/M, and the mass shares of liquids and of fillers.

        Returns
        -------
        array of shape (n, k)
        """
        rows = [self._position(material) for material in materials]
        width = self._blocks[2] + _NUMBERS + _NAMES
        return np.array(rows, dtype=np.float64).reshape(len(rows), width)

    def _position(self, material: Polymer) -> FloatArray:
        polymers, salts, numbers = self._blocks
        position = np.zeros(numbers + _NUMBERS + _NAMES)
        position[salts] = _standardised(salts_of(material.salts).values, "anion")
        if material.polymers:
            amounts = amounts_of(material)
            matrix = matrix_of(material.polymers)
            position[polymers] = _standardised(matrix.values, "repeat_unit")
            position[numbers] = log10(max(amounts.lithium_mol_kg, LEAST_LITHIUM_MOL_KG))
            if amounts.molar_mass_g_mol is not None:
                position[numbers + 1] = 1000.0 / amounts.molar_mass_g_mol
        shares = np.nan_to_num(added_shares(material), nan=UNSTATED_WEIGHT_SHARE)
        position[numbers + 2 : numbers + _NUMBERS] = shares
        position[numbers + _NUMBERS :] = [_mark(names) for names in _names_of(material)]
        return position

    def between(self, A: FloatArray, B: FloatArray) -> FloatArray:
        """Distances of positions, shape (n, k) and (m, k): (n, m), 0 to 1."""
        polymers, salts, numbers = self._blocks
        apart = _between_distinct(_euclidean, A[:, polymers], B[:, polymers])
        apart += _between_distinct(_by_salt, A[:, salts], B[:, salts])
        for place, weight, most in (
            (numbers, PER_DECADE, MOST_BY_AMOUNT),
            (numbers + 1, PER_CHAIN_END, MOST_BY_CHAIN_ENDS),
        ):
            if A[:, place].any() or B[:, place].any():
                steps = A[:, place, None] - B[None, :, place]
                np.abs(steps, out=steps)
                steps *= weight
                apart += np.minimum(steps, most, out=steps)
        for place in (numbers + 2, numbers + 3):
            if A[:, place].any() or B[:, place].any():
                mark = place + _NAMES
                same = A[:, mark, None] == B[None, :, mark]
                shares = A[:, place, None], B[None, :, place]
                steps = np.where(same, np.abs(shares[0] - shares[1]), np.maximum(*shares))
                apart += PER_WEIGHT_SHARE * steps
        return np.minimum(apart, 1.0, out=apart)

    def parts(self, positions: FloatArray) -> BoolArray:
        """What each recipe is made of, as the bits of its marks: shape (n, 96).

        Two recipes have the same bits where polymers, salts, liquids and fillers are the same,
        whatever their amounts.
        """
        marks = positions[:, -_NAMES:].astype(np.int64)
        bits: BoolArray = (marks[:, :, None] >> np.arange(_MARK_BITS)) & 1 == 1
        return bits.reshape(len(positions), _NAMES * _MARK_BITS)
