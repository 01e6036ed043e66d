"""What a kind of material brings: a featurizer that names its features, and a distance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.classes import dataclass


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

    def __call__(self, materials: Sequence[Any]) -> FloatArray:
        """Featurize; never mutates its input."""
        ...


@dataclass(frozen=True, slots=True)
class Radii:
    """Distances at which two materials of a kind count as near, in the unit of the distance.

    Attributes
    ----------
    same
        Below it two texts are spellings of one material.
    near
        Below it two materials are never on both sides of a split.
    inside, edge
        Up to these from a measured material a question is inside, or at the edge of, what is known.
    cluster
        Mean distance below which two groups of materials are one cluster.
    """

    same: float
    near: float
    inside: float
    edge: float
    cluster: float


class Distance(ABC):
    """How far apart materials of one kind are.

    A material has a position, shape (k,), which is all that the other methods ask for. Distances
    run from 0, the same, to 1, nothing in common: kernels and intervals count on that scale.
    """

    radii: Radii

    @abstractmethod
    def positions(self, materials: Sequence[Any]) -> FloatArray:
        """Positions of materials, shape (n, k)."""

    @abstractmethod
    def between(self, A: FloatArray, B: FloatArray) -> FloatArray:
        """Distances between positions of shape (n, k) and (m, k): shape (n, m), 0 to 1."""

    def pairs(self, A: FloatArray, B: FloatArray) -> FloatArray:
        """Distances that splits are made by; `between` unless its rounding would move a split."""
        return self.between(A, B)

    def within(self, positions: FloatArray) -> FloatArray:
        """Distances between all pairs of each group of positions.

        Groups of shape (n, m, k) have distances of shape (n, m, m); no group depends on another.
        """
        groups, members, _ = positions.shape
        apart = np.empty((groups, members, members))
        for number, group in enumerate(positions):
            apart[number] = self.between(group, group)
        return apart

    def parts(self, positions: FloatArray) -> BoolArray:
        """What each material is made of, shape (n, n_parts): elements, monomers, salts."""
        return np.ones((len(positions), 1), dtype=np.bool_)

    def same(self, first: FloatArray, second: FloatArray) -> bool:
        """Whether two positions, shape (k,), are of one material: the same parts, very near."""
        parts = self.parts(np.stack([first, second]))
        apart = float(self.between(first[None], second[None])[0, 0])
        return apart < self.radii.same and bool((parts[0] == parts[1]).all())
