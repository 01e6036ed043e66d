"""Element fractions: the composition itself, as numbers in one fixed order of elements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.features.elements import N_ELEMENTS, elements
from sseml.features.slots import flatten
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
