"""The kernel between materials, and how sure a process is between its inputs, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from math import floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.features.contract import Distance

REACH = 4.0
"""Standardised inputs are held within ± this, so that one odd amount cannot run away."""

_NEAREST = 16
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


def _distance(A: FloatArray, B: FloatArray) -> FloatArray:
    """Euclidean distance of rows from `exact_inputs`: the same however many are asked."""
    lengths = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1)[None, :]
    distance: FloatArray = np.sqrt(np.clip(lengths - 2.0 * (A @ B.T), 0.0, None))
    return distance


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
    return _decay(settings, _distance(A, B) / np.sqrt(A.shape[1]), distance)


def _decay(settings: KernelSettings, of_features: FloatArray, distance: FloatArray) -> FloatArray:
    alike: FloatArray = settings.feature_variance * np.exp(-of_features / settings.feature_length)
    alike += settings.distance_variance * np.exp(-distance / settings.distance_length)
    return alike


@dataclass(frozen=True, slots=True)
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
        return kernel(self.settings, (rounded, self.inputs), distance[:, self.rows])

    def deviation(self, cross: FloatArray) -> FloatArray:
        """Standard deviation of the noise-free function, shape (n_rows,), from `cross`.

        From the inputs that are most alike: local approximation, doi 10.1080/10618600.2014.914442.
        """
        count = min(_NEAREST, cross.shape[1])
        near = np.argpartition(-cross, count - 1, axis=1)[:, :count]
        alike = np.take_along_axis(cross, near, axis=1)
        own = self.inputs[near]
        lengths = (own**2).sum(axis=2)
        squared = lengths[:, :, None] + lengths[:, None, :] - 2.0 * (own @ own.swapaxes(1, 2))
        covariance = _decay(
            self.settings,
            np.sqrt(np.clip(squared, 0.0, None) / own.shape[2]),
            self.distance.within(self.positions[near]),
        )
        covariance += np.eye(count) * self.variance[near][:, None, :]
        explained = np.linalg.solve(covariance, alike[:, :, None])[:, :, 0]
        variance = self.settings.largest - (alike * explained).sum(axis=1)
        deviation: FloatArray = np.sqrt(np.clip(variance, 0.0, None))
        return deviation

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
