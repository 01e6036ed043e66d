"""The kernel between materials, and how sure a process is between its inputs, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import astuple, dataclass
from sseml.features.contract import Distance

REACH = 4.0
"""Standardised inputs are held within ± this, so that one odd amount cannot run away."""

ROWS_IN_CACHE = 32
"""Rows that are worked on one after another, so that what belongs to them stays in the cache."""

NEAREST = 16
"""Inputs that the deviation of a row is calculated from: those that the kernel finds most alike."""


@dataclass(frozen=True, slots=True)
class KernelSettings:
    """Variances and lengths of the sum of two exponential kernels, in units of target and inputs.

    One kernel is of the Euclidean distance of standardised features, divided by the square root of
    their number, the other of the distance of the kind of material. `noise_variance` is that of a
    measurement of weight 1; a weight w divides it.
    """

    feature_variance: float = 1.3
    feature_length: float = 0.8
    distance_variance: float = 3.0
    distance_length: float = 0.5
    noise_variance: float = 0.2

    @property
    def largest(self) -> float:
        """Of the kernel's values: that of a row with itself."""
        return self.feature_variance + self.distance_variance


def _squared(A: FloatArray, B_transposed: FloatArray, lengths: FloatArray) -> FloatArray:
    """Squared distance of rows from `exact_inputs`: the same however many are asked.

    `lengths` are the squared ones of the other rows.
    """
    squared: FloatArray = (-2.0 * A) @ B_transposed
    squared += (A**2).sum(axis=1)[:, None]
    squared += lengths
    return squared


def exact_inputs(inputs: FloatArray) -> FloatArray:
    """Rows rounded to multiples of a power of two, so that sums of their products are exact.

    A matrix product adds in an order that depends on how many rows are asked together, on threads
    and machine; where every digit of every sum has room, no order changes one.
    """
    largest = 2.0 * inputs.shape[1] * REACH**2
    step = 2.0 ** -floor((53 - log2(largest)) / 2)
    rounded: FloatArray = inputs * (1.0 / step)
    np.rint(rounded, out=rounded)
    rounded *= step
    return rounded


def kernel(
    settings: KernelSettings, inputs: tuple[FloatArray, FloatArray], distance: FloatArray
) -> FloatArray:
    """Kernel between two sets of rows, shape (n, m).

    `inputs` are standardised features of both from `exact_inputs`, `distance` is (n, m).
    """
    A, B = inputs
    return _alike(settings, _squared(A, B.T, (B**2).sum(axis=1)), A.shape[1], distance)


def _alike(
    settings: KernelSettings, squared: FloatArray, columns: int, distance: FloatArray
) -> FloatArray:
    """Kernel from squared distances of so many features, in their place, and distances."""
    per_feature = -1.0 / (settings.feature_length * np.sqrt(columns))
    for start in range(0, len(squared), ROWS_IN_CACHE):
        alike = squared[start : start + ROWS_IN_CACHE]
        np.clip(alike, 0.0, np.inf, out=alike)
        np.sqrt(alike, out=alike)
        alike *= per_feature
        np.exp(alike, out=alike)
        alike *= settings.feature_variance
        of_distance = distance[start : start + ROWS_IN_CACHE] / -settings.distance_length
        np.exp(of_distance, out=of_distance)
        of_distance *= settings.distance_variance
        alike += of_distance
    return squared


@dataclass(frozen=True)
class KernelInputs:
    """The distinct inputs of a Gaussian process.

    Rows of the same input are one to a process. `rows` (n_distinct,) is the first training row of
    each, `same` (n_train,) says which input each training row is, `inputs` (n_distinct, n_features)
    are standardised features, `positions` (n_distinct, k) are what `distance` compares, and
    `variance` (n_distinct,) is that of all measurements at an input together.
    """

    settings: KernelSettings
    distance: Distance
    rows: IntArray
    inputs: FloatArray
    positions: FloatArray
    variance: FloatArray

    def cross(self, inputs: FloatArray, distance: FloatArray) -> FloatArray:
        """Kernel between rows and the training inputs, shape (n_rows, n_distinct).

        `inputs` are standardised features, (n_rows, n_features), `distance` to every training row
        is (n_rows, n_train).
        """
        rounded = exact_inputs(inputs)
        is_used, transposed, lengths = self._used
        own = rounded[:, is_used]
        differs = (own != own[:1]).any(axis=0)
        if len(own) > 1 and not differs.all():  # what all rows share is summed once
            shared = own[0, ~differs]
            lengths = lengths - 2.0 * (shared @ transposed[~differs]) + (shared**2).sum()
            own, transposed = own[:, differs], transposed[differs]
        squared = _squared(own, transposed, lengths)
        if not is_used.all():
            squared += (rounded[:, ~is_used] ** 2).sum(axis=1)[:, None]
        return self.alike(squared, rounded.shape[1], distance)

    def alike(self, squared: FloatArray, columns: int, distance: FloatArray) -> FloatArray:
        """Kernel from squared distances of so many features, in their place.

        `squared` is (n_rows, n_distinct), `distance` is (n_rows, n_train).
        """
        return _alike(self.settings, squared, columns, distance[:, self.rows])

    @cached_property
    def _used(self) -> tuple[BoolArray, FloatArray, FloatArray]:
        """Features that any input has, these of the inputs, transposed, and squared lengths."""
        is_used: BoolArray = np.any(self.inputs != 0.0, axis=0)
        return is_used, self.inputs[:, is_used].T.copy(), (self.inputs**2).sum(axis=1)

    @cached_property
    def pairs(self) -> FloatArray:
        """Kernel between all inputs, (n_distinct, n_distinct): worth it for thousands of rows."""
        apart = self.distance.between(self.positions, self.positions)
        return kernel(self.settings, (self.inputs, self.inputs), apart)

    def deviation(self, cross: FloatArray, pairs: FloatArray | None = None) -> FloatArray:
        """Standard deviation of the noise-free function, shape (n_rows,), from `cross`.

        From the inputs that are most alike: local approximation, doi 10.1080/10618600.2014.914442.
        Their kernel is calculated for each row, unless `pairs` holds it.
        """
        count = min(NEAREST, cross.shape[1])
        near = np.argpartition(-cross, count - 1, axis=1)[:, :count]
        alike = np.take_along_axis(cross, near, axis=1)
        if pairs is None:
            covariance = self._between(near)
        else:
            covariance = pairs.take(near[:, :, None] * len(pairs) + near[:, None, :])
        covariance += np.eye(count) * self.variance[near][:, None, :]
        explained = np.linalg.solve(covariance, alike[:, :, None])[:, :, 0]
        variance = self.settings.largest - (alike * explained).sum(axis=1)
        deviation: FloatArray = np.sqrt(np.clip(variance, 0.0, None))
        return deviation

    def _between(self, near: IntArray) -> FloatArray:
        """Kernel between the inputs near each row, (n_rows, n_near, n_near)."""
        own = self.inputs[near]
        lengths = (own**2).sum(axis=2)
        squared = lengths[:, :, None] + lengths[:, None, :] - 2.0 * (own @ own.swapaxes(1, 2))
        apart = self.distance.within(self.positions[near])
        return _alike(self.settings, squared, own.shape[2], apart)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the positions as named arrays, to be saved without pickle."""
        return {
            "rows": self.rows.astype(np.int32),
            "inputs": self.inputs.astype(np.float32),
            "variance": self.variance,
            "settings": np.array(astuple(self.settings)),
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], distance: Distance, positions: FloatArray
    ) -> KernelInputs:
        """Rebuild from `to_arrays`; `positions` are those of every training row."""
        rows = arrays["rows"].astype(np.intp)
        return cls(
            settings=KernelSettings(*(float(number) for number in arrays["settings"])),
            distance=distance,
            rows=rows,
            inputs=exact_inputs(arrays["inputs"].astype(np.float64)),
            positions=positions[rows],
            variance=arrays["variance"],
        )


def distinct(inputs: FloatArray, distance: FloatArray) -> tuple[IntArray, IntArray]:
    """First row of each distinct input, and which of these each row is."""
    _, rows, same = np.unique(
        np.hstack([inputs, distance]), axis=0, return_index=True, return_inverse=True
    )
    return rows, same.reshape(-1)  # NumPy 2.0 gives it a second axis
