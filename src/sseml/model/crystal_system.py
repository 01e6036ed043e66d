"""What a crystal system adds to the composition, by how it differs from the one expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import astuple, dataclass
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

    variance: float = 1.0
    """Of what a system adds, in decades²."""
    length: float = 0.15
    """Distance over which that carries."""
    expectation_length: float = 0.04
    """Distance over which a measured material says which system to expect."""
    expectation_weight: float = 0.3
    """How many rows the mean of all counts for in what to expect."""
    largest: float = 2.5
    """No answer is changed by more."""


@dataclass(frozen=True, slots=True)
class PolymorphCorrection:
    """The part of a Gaussian process that knows how a system differs from the one expected.

    A row's contrast is its system, as one of seven shares, less the shares of near measured rows.
    Where all near rows have the same system there is no contrast, and no correction. `rows` (m,)
    are the training rows of known `systems` (0 to 6); `contrast` is (m, 7); `dual` (m,) are their
    weights in decades.
    """

    settings: PolymorphSettings
    rows: IntArray
    systems: IntArray
    contrast: FloatArray
    dual: FloatArray

    def shift(self, systems: IntArray, distance: FloatArray) -> FloatArray:
        """Decades to add, shape (n_rows,); 0 where the crystal system is `UNKNOWN`.

        `distance` is that to every training row, shape (n_rows, n_train).
        """
        added = np.zeros(len(systems))
        known = systems != UNKNOWN
        if known.any() and len(self.rows):
            kernel = self.cross(systems[known], distance[known])
            largest = self.settings.largest
            added[known] = np.clip((kernel * self.dual).sum(axis=1), -largest, largest)
        return added

    def cross(self, systems: IntArray, distance: FloatArray) -> FloatArray:
        """Kernel between rows of known systems, (n_rows,), and `rows`; shape (n_rows, m).

        `distance` is that to every training row, shape (n_rows, n_train).
        """
        distance = np.ascontiguousarray(distance[:, self.rows])
        asked = contrast(self.settings, systems, distance, self.systems)
        near = np.exp(-distance / self.settings.length)
        alike: FloatArray = sum(
            np.multiply.outer(*pair) for pair in zip(asked.T, self.contrast.T, strict=True)
        )
        return self.settings.variance * alike * near

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


def contrast(
    settings: PolymorphSettings,
    systems: IntArray,
    distance: FloatArray,
    measured: IntArray,
    counted: BoolArray | None = None,
) -> FloatArray:
    """System of each row less the shares that measured rows let expect, shape (n_rows, 7).

    `systems` (n_rows,) and `measured` (m,) are known ones; `distance` is (n_rows, m); `counted`
    masks the measured rows that count for each row.
    """
    shares = np.eye(SYSTEM_COUNT)
    weight = np.exp(-distance / settings.expectation_length)
    if counted is not None:
        weight = weight * counted
    prior = settings.expectation_weight
    of_all = shares[measured].mean(axis=0) if len(measured) else np.zeros(SYSTEM_COUNT)
    # not a matrix product, whose last digit depends on how many rows are asked together
    of_system = [(weight * (measured == system)).sum(axis=1) for system in range(SYSTEM_COUNT)]
    expected = np.stack(of_system, axis=1) + prior * of_all
    weight_of_all = weight.sum(axis=1, keepdims=True) + prior
    difference: FloatArray = shares[systems] - expected / weight_of_all
    return difference
