"""The ion-conductor chemistry of a composition: lithium, anions, framework and lattice together."""

from __future__ import annotations

from collections.abc import Sequence

from sseml.features.anions import ANIONS
from sseml.features.contract import Feature, FloatArray
from sseml.features.framework import FRAMEWORK
from sseml.features.lattice import LATTICE
from sseml.features.lithium import LITHIUM
from sseml.features.speciation import Descriptor, columns, speciate
from sseml.records import Composition

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
