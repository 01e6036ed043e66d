"""Element fractions of a composition, and the distance between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.features.contract import Feature
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


_COMMON = 0.3
"""Share of pairs that hold an element, from which it is quicker to compare all pairs."""


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


def material_groups(fractions: FloatArray) -> NDArray[np.int64]:
    """Number the materials: each row joins the first material that it is a spelling of.

    Parameters
    ----------
    fractions
        Element fractions, shape (n, n_elements).
    """
    groups = np.empty(len(fractions), dtype=np.int64)
    firsts: dict[bytes, list[tuple[int, FloatArray]]] = {}
    count = 0
    for row, own in enumerate(fractions):
        known = firsts.setdefault((own > 0.0).tobytes(), [])
        found = next((number for number, first in known if is_same_material(own, first)), None)
        if found is None:
            found = count
            known.append((found, own))
            count += 1
        groups[row] = found
    return groups


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
    shared = np.zeros((len(A), len(B)))
    for element in np.flatnonzero((A > 0).any(axis=0) & (B > 0).any(axis=0)):
        a, b = A[:, element], B[:, element]
        rows, columns = np.flatnonzero(a), np.flatnonzero(b)
        if len(rows) * len(columns) > _COMMON * shared.size:
            shared += np.minimum.outer(a, b)
        else:
            shared[np.ix_(rows, columns)] += np.minimum.outer(a[rows], b[columns])
    # summed in the order of the loop, so that a row is exactly 0 away from itself
    whole_A, whole_B = (np.cumsum(rows, axis=1)[:, -1] for rows in (A, B))
    return np.clip((whole_A[:, None] + whole_B[None, :]) / 2.0 - shared, 0.0, 1.0)


def composition_distance(A: Sequence[Composition], B: Sequence[Composition]) -> FloatArray:
    """Distance between materials: half the summed absolute difference of element fractions.

    Returns
    -------
    array of shape (len(A), len(B)), in [0, 1]
        0 where the compositions are the same, 1 where they share no element.
    """
    return fraction_distance(element_fractions(A), element_fractions(B))
