"""Element fractions of a composition, and the distance between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.features.contract import Distance, Feature, Radii
from sseml.physics.elements import N_ELEMENTS, elements
from sseml.physics.slots import flatten
from sseml.records import Composition


def element_fractions(materials: Sequence[Composition]) -> FloatArray:
    """Fraction of each element, in the order of atomic numbers.

    Returns
    -------
    array of shape (n_materials, N_ELEMENTS), rows summing to 1
        Column ``z - 1`` is the element of atomic number z.
    """
    z, amounts, lengths = flatten(materials)
    row = np.repeat(np.arange(len(materials)), lengths)
    out = np.zeros((len(materials), N_ELEMENTS))
    out[row, z - 1] = amounts
    out /= out.sum(axis=1, keepdims=True)
    return out


class ElementFractions:
    """The featurizer of the set ``fractions``."""

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """One feature an element."""
        return tuple(
            Feature(f"fraction_{symbol}", "1", f"atomic fraction of {symbol}", "definition")
            for symbol in elements().symbols[1:]
        )

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Fractions of shape (n_materials, N_ELEMENTS)."""
        return element_fractions(materials)


SAME_COMPOSITION = 1e-3
"""Composition distance below which two formulas are one material, rounding of amounts included."""


def is_same_material(first: FloatArray, second: FloatArray) -> bool:
    """Tell whether two rows of element fractions are spellings of one composition.

    The same elements, and amounts that differ by rounding alone: Li3.33Ge0.33P0.67S4 is
    Li10GeP2S12, and a material with a trace of a dopant is another one than that without.
    """
    return bool(
        np.abs(first - second).sum() / 2.0 < SAME_COMPOSITION
        and ((first > 0.0) == (second > 0.0)).all()
    )


def fraction_distance(A: FloatArray, B: FloatArray) -> FloatArray:
    """Total-variation distance between rows of element fractions.

    Parameters
    ----------
    A, B
        Fractions of shape (n, k) and (m, k), rows summing to 1.

    Returns
    -------
    array of shape (n, m), in [0, 1]
        0 where the compositions are the same, 1 where they share no element.

    Notes
    -----
    Half the summed absolute difference is one (what a row sums to) minus the sum of the smaller of
    each two fractions, and only elements that both hold add to that sum.
    """
    if len(A) > len(B):
        return np.ascontiguousarray(fraction_distance(B, A).T)
    # summed in the order of the elements, so that a row is exactly 0 away from itself
    whole_A, whole_B = (np.cumsum(rows, axis=1)[:, -1] for rows in (A, B))
    elements_of_A = np.flatnonzero((A > 0).any(axis=0))
    of_element = np.ascontiguousarray(B[:, elements_of_A].T)
    apart = np.add.outer(whole_A, whole_B) / 2.0
    same, smaller, shared = np.empty((3, len(B)))
    for own, row in zip(A[:, elements_of_A], apart, strict=True):
        shared.fill(0.0)
        for place in np.flatnonzero(own).tolist():
            same.fill(own[place])  # NumPy is several times slower beside a single number
            np.minimum(of_element[place], same, out=smaller)
            np.add(shared, smaller, out=shared)
        np.subtract(row, shared, out=row)
        np.clip(row, 0.0, 1.0, out=row)
    return apart


class CompositionDistance(Distance):
    """Half the summed absolute difference of element fractions; 0 is the same, 1 disjoint."""

    radii = Radii(same=SAME_COMPOSITION, near=0.02, inside=0.05, edge=0.10, cluster=0.12)

    def positions(self, materials: Sequence[Composition]) -> FloatArray:
        """Element fractions, shape (n, N_ELEMENTS)."""
        return element_fractions(materials)

    def between(self, A: FloatArray, B: FloatArray) -> FloatArray:
        """As `fraction_distance`."""
        return fraction_distance(A, B)

    def within(self, positions: FloatArray) -> FloatArray:
        """The same for each group, over the elements that any of its members holds."""
        shared = np.zeros((len(positions), positions.shape[1], positions.shape[1]))
        for element in np.flatnonzero((positions > 0).any(axis=(0, 1))):
            own = positions[:, :, element]
            shared += np.minimum(own[:, :, None], own[:, None, :])
        whole = np.cumsum(positions, axis=2)[:, :, -1]
        apart = (whole[:, :, None] + whole[:, None, :]) / 2.0 - shared
        return np.clip(apart, 0.0, 1.0, out=apart)

    def pairs(self, A: FloatArray, B: FloatArray) -> FloatArray:
        """The same summed element by element: pairs exactly at a radius stay on their side."""
        from scipy.spatial.distance import cdist  # noqa: PLC0415 - predicting needs no SciPy

        apart: FloatArray = cdist(A, B, "cityblock") / 2.0
        return apart

    def parts(self, positions: FloatArray) -> BoolArray:
        """Which elements each holds."""
        return positions > 0.0

    def same(self, first: FloatArray, second: FloatArray) -> bool:
        """As `is_same_material`."""
        return is_same_material(first, second)
