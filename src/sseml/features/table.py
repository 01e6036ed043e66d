"""Compositions become one table of features: the sets of features by name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.anions import ANIONS
from sseml.features.composition import ElementFractions
from sseml.features.contract import Feature, Featurizer
from sseml.features.framework import FRAMEWORK
from sseml.features.lattice import LATTICE
from sseml.features.lithium import LITHIUM
from sseml.features.magpie import Magpie
from sseml.features.prototype import Prototype
from sseml.features.speciation import Descriptor, columns, speciate
from sseml.physics.slots import chunks
from sseml.records import Composition, Material

DESCRIPTORS: tuple[Descriptor, ...] = (*LITHIUM, *ANIONS, *FRAMEWORK, *LATTICE)


class Chemistry:
    """The featurizer of the set ``chemistry``; every value is finite."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The descriptors' features."""
        return tuple(descriptor.feature for descriptor in DESCRIPTORS)

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Descriptors of shape (n_materials, len(features))."""
        return columns(DESCRIPTORS, speciate(materials))


COMPOSITION_SETS: Mapping[str, Featurizer] = {
    "chemistry": Chemistry(),
    "prototype": Prototype(),
    "fractions": ElementFractions(),
    "magpie": Magpie(),
}
SETS: tuple[str, ...] = tuple(COMPOSITION_SETS)
DEFAULT_SETS = ("chemistry", "prototype")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """Features and their values: shape ``(n_materials, len(features))``."""

    features: tuple[Feature, ...]
    values: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(feature.name for feature in self.features)


def _featurizers(sets: Sequence[str]) -> list[Featurizer]:
    if not sets:
        raise ValueError(f"no feature set is named (sets: {', '.join(SETS)})")
    for name in sets:
        if name not in COMPOSITION_SETS:
            close = difflib.get_close_matches(name, SETS, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"no feature set {name!r}{hint} (sets: {', '.join(SETS)})")
    return [COMPOSITION_SETS[name] for name in sets]


def feature_table(
    materials: Sequence[Material], sets: Sequence[str] = DEFAULT_SETS
) -> FeatureTable:
    """Features of materials of one kind.

    Parameters
    ----------
    materials
        n materials; not changed.
    sets
        Names among `SETS`, in the order their columns are wanted.

    Returns
    -------
    FeatureTable
        Values of shape (n, number of features), float64, all finite.

    Raises
    ------
    ValueError
        If a set is unknown, or none is named.
    TypeError
        If a material is of a kind that has no features.
    """
    for material in materials:
        match material:
            case Composition():
                continue
            case _:
                raise TypeError(f"no features for a {type(material).__name__}")
    featurizers = _featurizers(sets)
    features = tuple(feature for featurizer in featurizers for feature in featurizer.features)
    values = np.empty((len(materials), len(features)))
    start = 0
    for piece in chunks(materials):
        column = 0
        for featurizer in featurizers:
            block = featurizer(piece)
            values[start : start + len(piece), column : column + block.shape[1]] = block
            column += block.shape[1]
        start += len(piece)
    return FeatureTable(features, values)
