"""What a featurizer is: the features it names, and one call from materials to an array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sseml.arrays import FloatArray
from sseml.records import Composition


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: its name, its unit (`1` if none), its meaning and its source."""

    name: str
    unit: str
    description: str
    source: str


class Featurizer(Protocol):
    """Materials in, array of shape (n_materials, len(features)) out; missing is NaN."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in the order of the array."""
        ...

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Featurize; never mutates its input."""
        ...
