"""What a crystal system adds to the composition: a correction learned from out-of-fold errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.parse.space_groups import crystal_system

SYSTEM_COUNT = 7
UNKNOWN = -1
"""Stands for a crystal system that is not known; the others are 0 (triclinic) to 6 (cubic)."""


def systems_of(space_groups: Iterable[int | None]) -> IntArray:
    """Crystal system of each space group number; `UNKNOWN` where there is none."""
    return np.array(
        [UNKNOWN if number is None else crystal_system(number) for number in space_groups],
        dtype=np.int64,
    )


@dataclass(frozen=True, slots=True)
class PolymorphSettings:
    """What is chosen before fitting, without the test rows; lengths are distances of the kind."""

    variance: float = 0.5
    """Of the correction."""
    length: float = 0.15
    """Distance over which the correction carries."""
    expectation_length: float = 0.08
    """Distance over which a measured material says which system to expect."""
    expectation_weight: float = 1.0
    """How many rows the mean of all counts for in what to expect."""
    distance_variance: float = 1.5
    """Of errors that the distance explains, which do not belong to the correction."""
    noise_variance: float = 1.0
    """Of an error of weight 1; a weight w divides it."""
    largest: float = 2.5
    """No answer is changed by more."""


@dataclass(frozen=True, slots=True)
class PolymorphCorrection:
    """A Gaussian process on how a crystal system differs from that expected of the material.

    A row's contrast is its system, as one of seven shares, less the shares of near measured rows.
    Where all near rows have the same system there is no contrast, and no correction. `rows` (m,)
    are the training rows of known `systems` (0 to 6); `contrast` is (m, 7); `dual` (m,) solves
    (K + noise) dual = held-out error.
    """

    settings: PolymorphSettings
    rows: NDArray[np.intp]
    systems: IntArray
    contrast: FloatArray
    dual: FloatArray

    @classmethod
    def fit(
        cls,
        settings: PolymorphSettings,
        systems: IntArray,
        distance: FloatArray,
        error: FloatArray,
        weights: FloatArray,
    ) -> PolymorphCorrection:
        """Fit to the errors of models that saw neither a row's paper nor its material.

        `systems` (0 to 6, or `UNKNOWN`), `error` (measured minus held-out prediction in decades)
        and `weights` (positive) are (n_train,); `distance` is (n_train, n_train).
        """
        rows = np.flatnonzero(systems != UNKNOWN)
        own, distance = systems[rows], distance[np.ix_(rows, rows)]
        others = ~np.eye(len(rows), dtype=bool)
        contrast = _contrast(settings, own, distance, own, others)
        near = np.exp(-distance / settings.length)
        kernel = settings.variance * (contrast @ contrast.T) * near
        kernel += settings.distance_variance * near
        kernel[np.diag_indices_from(kernel)] += settings.noise_variance / weights[rows]
        dual: FloatArray = np.linalg.solve(kernel, error[rows]).astype(np.float64)
        return cls(settings, rows, own, contrast, dual)

    def shift(self, systems: IntArray, distance: FloatArray) -> FloatArray:
        """Decades to add, shape (n_rows,); 0 where the crystal system is `UNKNOWN`.

        `distance` is that to every training row, shape (n_rows, n_train).
        """
        added = np.zeros(len(systems))
        known = systems != UNKNOWN
        if known.any() and len(self.rows):
            distance = np.ascontiguousarray(distance[known][:, self.rows])
            contrast = _contrast(self.settings, systems[known], distance, self.systems)
            near = np.exp(-distance / self.settings.length)
            alike = sum(
                np.multiply.outer(*pair) for pair in zip(contrast.T, self.contrast.T, strict=True)
            )
            kernel = self.settings.variance * alike * near
            largest = self.settings.largest
            added[known] = np.clip((kernel * self.dual).sum(axis=1), -largest, largest)
        return added

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "settings": np.array(astuple(self.settings)),
            "rows": self.rows.astype(np.int32),
            "systems": self.systems.astype(np.int8),
            "contrast": self.contrast,
            "dual": self.dual,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> PolymorphCorrection:
        """Rebuild from `to_arrays`."""
        return cls(
            settings=PolymorphSettings(*(float(number) for number in arrays["settings"])),
            rows=arrays["rows"].astype(np.intp),
            systems=arrays["systems"].astype(np.int64),
            contrast=arrays["contrast"],
            dual=arrays["dual"],
        )


def _contrast(
    settings: PolymorphSettings,
    systems: IntArray,
    distance: FloatArray,
    measured: IntArray,
    counted: BoolArray | None = None,
) -> FloatArray:
    """System of each row less the shares that measured rows let expect, shape (n_rows, 7)."""
    shares = np.eye(SYSTEM_COUNT)
    weight = np.exp(-distance / settings.expectation_length)
    if counted is not None:
        weight = weight * counted
    prior = settings.expectation_weight
    of_all = shares[measured].mean(axis=0) if len(measured) else np.zeros(SYSTEM_COUNT)
    # not a matrix product, whose last digit depends on how many rows are asked together
    of_system = [(weight * (measured == system)).sum(axis=1) for system in range(SYSTEM_COUNT)]
    expected = np.stack(of_system, axis=1) + prior * of_all
    contrast: FloatArray = shares[systems] - expected / (weight.sum(axis=1, keepdims=True) + prior)
    return contrast
