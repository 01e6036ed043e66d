"""Measurements of the very composition and crystal system pull an answer that names the system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass
from sseml.model.crystal_system import UNKNOWN

SHRINKAGE = 2.0
"""Papers of "no pull" added to those that measured the structure, chosen with one paper left out:
docs/decisions/0020-lines.md."""


@dataclass(frozen=True, slots=True)
class KnownStructures:
    """How far measurements of known structures lie from what the model says of them.

    `rows` (m,) are the training rows of known `systems` (m,) and of `papers` (m,); `residual` (m,)
    are measured minus answered log10 σ at the temperature of the measurement. Materials nearer than
    `same` are one.
    """

    rows: IntArray
    systems: IntArray
    papers: IntArray
    residual: FloatArray
    same: float

    @classmethod
    def none(cls) -> KnownStructures:
        """Nothing is known."""
        nothing = np.empty(0, dtype=np.intp)
        return cls(nothing, nothing, nothing, np.empty(0), 0.0)

    def shift(self, systems: IntArray, distance: FloatArray) -> FloatArray:
        """Decades to add, shape (n_rows,): 0 where no measurement is of this structure.

        `distance` is that to every training row, shape (n_rows, n_train).
        """
        added = np.zeros(len(systems))
        for row in np.flatnonzero(systems != UNKNOWN):
            own = distance[row, self.rows] < self.same
            own &= self.systems == systems[row]
            if own.any():
                _, paper = np.unique(self.papers[own], return_inverse=True)
                of_papers = np.bincount(paper, self.residual[own]) / np.bincount(paper)
                added[row] = of_papers.sum() / (len(of_papers) + SHRINKAGE)
        return added

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "rows": self.rows.astype(np.int32),
            "systems": self.systems.astype(np.int8),
            "papers": self.papers.astype(np.int32),
            "residual": self.residual,
            "same": np.array([self.same]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> KnownStructures:
        """Rebuild from `to_arrays`."""
        return cls(
            rows=arrays["rows"].astype(np.intp),
            systems=arrays["systems"].astype(np.int64),
            papers=arrays["papers"].astype(np.int64),
            residual=arrays["residual"],
            same=float(arrays["same"][0]),
        )
