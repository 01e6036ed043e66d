"""Gaussian-process regression on features and on a distance between materials, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from math import floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray

_BLOCK = 192
"""Rows of a triangular factor kept together: few enough to leave out most of its zeros."""

REACH = 4.0
"""Standardised inputs are held within ± this, so that one odd amount cannot run away."""

_DIGITS, _ROOM = 25, 52
"""Binary digits of a kernel value, and of a sum of their products with a row of the factor."""


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

    def scaled(self, factor: float) -> KernelSettings:
        """The same kernel for a target whose unit makes its variance `factor` times as large."""
        return replace(
            self,
            feature_variance=self.feature_variance * factor,
            distance_variance=self.distance_variance * factor,
            noise_variance=self.noise_variance * factor,
        )


def _distance(A: FloatArray, B: FloatArray) -> FloatArray:
    """Euclidean distance of rows from `_exact_inputs`: the same however many are asked."""
    lengths = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1)[None, :]
    distance: FloatArray = np.sqrt(np.clip(lengths - 2.0 * (A @ B.T), 0.0, None))
    return distance


def _exact_inputs(inputs: FloatArray) -> FloatArray:
    """Rows rounded to multiples of a power of two, so that sums of their products are exact.

    A matrix product adds in an order that depends on how many rows are asked together, on threads
    and machine; where every digit of every sum has room, no order changes one.
    """
    largest = 2.0 * inputs.shape[1] * REACH**2
    return _rounded(inputs, 2.0 ** -floor((53 - log2(largest)) / 2))


def _rounded(
    values: FloatArray, step: FloatArray | float, into: FloatArray | None = None
) -> FloatArray:
    """To multiples of a power of two, or of one for each row; into an array that is there already.

    Beside 2^52 steps and more, a float has no room for a part of a step.
    """
    far = 1.5 * 2.0**52 * step
    rounded: FloatArray = np.add(values, far, out=into)
    rounded -= far
    return rounded


def _power_of_two(least: FloatArray | float) -> FloatArray:
    """The smallest one that is not less."""
    power: FloatArray = np.exp2(np.ceil(np.log2(least)))
    return power


def _kernel(
    settings: KernelSettings,
    features: tuple[FloatArray, FloatArray],
    distance: FloatArray,
) -> FloatArray:
    A, B = features
    n_features = A.shape[1]
    of_features = _distance(A, B) / np.sqrt(n_features)
    kernel: FloatArray = settings.feature_variance * np.exp(-of_features / settings.feature_length)
    kernel += settings.distance_variance * np.exp(-distance / settings.distance_length)
    return kernel


@dataclass(frozen=True, slots=True)
class KernelMean:
    """Expected target of a Gaussian process, from the kernel between question and inputs.

    `mean` is that of the target; `dual` (n_distinct,) solves (K + noise) dual = target - mean, and
    is 0 at inputs that were not learned from.
    """

    mean: float
    dual: FloatArray

    def predict(self, cross: FloatArray) -> FloatArray:
        """Expected target, shape (n_rows,), from `GaussianProcess.cross`."""
        expected: FloatArray = self.mean + (cross * self.dual).sum(axis=1)
        return expected

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {"dual": self.dual, "mean": np.array([self.mean])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> KernelMean:
        """Rebuild from `to_arrays`."""
        return cls(mean=float(arrays["mean"][0]), dual=arrays["dual"])


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """A fitted Gaussian process: its distinct training inputs, and how sure it is between them.

    Rows of the same input are one to a Gaussian process: their weighted mean, with the sum of their
    weights, gives the same posterior as all of them do. `rows` (n_distinct,) is the first training
    row of each distinct input, `inputs` (n_distinct, n_features) are the standardised features of
    these. `inverse_factor` is the inverse of the lower Cholesky factor of K + noise in strips of
    rows, each up to its last column that is not all zero; each row is rounded so that its products
    with kernel values add up exactly.
    """

    settings: KernelSettings
    rows: NDArray[np.intp]
    inputs: FloatArray
    inverse_factor: tuple[FloatArray, ...]

    @classmethod
    def fit(
        cls,
        settings: KernelSettings,
        inputs: FloatArray,
        distance: FloatArray,
        target: FloatArray,
        weights: FloatArray,
    ) -> tuple[GaussianProcess, KernelMean]:
        """Fit exactly, by Cholesky decomposition: the process, and its mean.

        `inputs` are standardised features, shape (n_train, n_features); `distance` is
        (n_train, n_train); `target` and `weights` (positive) are (n_train,).
        """
        inputs = _exact_inputs(inputs)
        mean = float(np.average(target, weights=weights))
        rows, same = _distinct(inputs, distance)
        together = _sums(same, weights)
        excess = _sums(same, weights * (target - mean)) / together
        kernel = _noisy_kernel(settings, inputs, distance, rows, together)
        inverse_factor = np.linalg.inv(np.linalg.cholesky(kernel))
        dual = inverse_factor.T @ (inverse_factor @ excess)
        strips = (inverse_factor[start:stop, :stop] for start, stop in _strips(len(rows)))
        exact = tuple(_made_exact(strip.copy(), settings) for strip in strips)
        return cls(settings, rows, inputs[rows], exact), KernelMean(mean, dual)

    def fit_part(
        self,
        inputs: FloatArray,
        distance: FloatArray,
        picked: NDArray[np.bool_],
        target: FloatArray,
        weights: FloatArray,
    ) -> KernelMean:
        """Fit the same kernel to the `picked` training rows (a mask), or to another target.

        The other arrays are those that `fit` takes.
        """
        inputs = _exact_inputs(inputs)
        _, same = _distinct(inputs, distance)
        own, position = np.unique(same[picked], return_inverse=True)
        share, value = weights[picked], target[picked]
        mean = float(np.average(value, weights=share))
        together = _sums(position, share)
        excess = _sums(position, share * (value - mean)) / together
        rows = self.rows[own]
        kernel = _noisy_kernel(self.settings, inputs, distance, rows, together)
        dual = np.zeros(len(self.rows))
        dual[own] = np.linalg.solve(kernel, excess)
        return KernelMean(mean, dual)

    def cross(self, inputs: FloatArray, distance: FloatArray) -> FloatArray:
        """Kernel between rows and the training inputs, shape (n_rows, n_distinct).

        `inputs` are (n_rows, n_features), `distance` to every training row is (n_rows, n_train).
        """
        rounded = _exact_inputs(inputs)
        return _kernel(self.settings, (rounded, self.inputs), distance[:, self.rows])

    def deviation(self, cross: FloatArray) -> FloatArray:
        """Standard deviation of the noise-free function, shape (n_rows,), from `cross`."""
        prior = self.settings.largest
        variance = np.full(len(cross), prior)
        rounded = _rounded(cross, _step_of(self.settings))
        for strip in self.inverse_factor:
            projected = rounded[:, : strip.shape[1]] @ strip.T
            variance -= (projected**2).sum(axis=1)
        deviation: FloatArray = np.sqrt(np.clip(variance, 0.0, None))
        return deviation

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        strips = [strip.ravel() for strip in self.inverse_factor]
        return {
            "rows": self.rows.astype(np.int32),
            "inputs": self.inputs.astype(np.float32),
            "inverse_factor": np.concatenate(strips).astype(np.float32),
            "settings": np.array(astuple(self.settings)),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GaussianProcess:
        """Rebuild from `to_arrays`."""
        rows = arrays["rows"].astype(np.intp)
        laid_out = arrays["inverse_factor"].astype(np.float64)
        settings = KernelSettings(*(float(number) for number in arrays["settings"]))
        shapes = [(stop - start, stop) for start, stop in _strips(len(rows))]
        ends = np.cumsum([0, *(height * width for height, width in shapes)])
        return cls(
            settings=settings,
            rows=rows,
            inputs=_exact_inputs(arrays["inputs"].astype(np.float64)),
            inverse_factor=tuple(
                _made_exact(laid_out[start:stop].reshape(shape), settings)
                for (start, stop), shape in zip(pairwise(ends), shapes, strict=True)
            ),
        )


def _step_of(settings: KernelSettings) -> float:
    """Of which kernel values are taken as multiples."""
    return float(_power_of_two(settings.largest)) * 2.0**-_DIGITS


def _made_exact(strip: FloatArray, settings: KernelSettings) -> FloatArray:
    """Round rows so that no sum of products with kernel values has more than `_ROOM` digits.

    The strip itself is changed: fresh memory for a whole factor is felt at the start of a command.
    """
    most = np.abs(strip).sum(axis=1, keepdims=True) * settings.largest
    step = _power_of_two(most * 2.0**-_ROOM / _step_of(settings))
    return _rounded(strip, step, strip)


def _strips(length: int) -> list[tuple[int, int]]:
    return [(start, min(start + _BLOCK, length)) for start in range(0, length, _BLOCK)]


def _sums(position: NDArray[np.intp], values: FloatArray) -> FloatArray:
    """Sum of the values at each position."""
    return np.bincount(position, weights=values).astype(float)


def _distinct(
    inputs: FloatArray, distance: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each distinct input, and which of these each row is."""
    _, rows, same = np.unique(
        np.hstack([inputs, distance]), axis=0, return_index=True, return_inverse=True
    )
    return rows, same.reshape(-1)  # NumPy 2.0 gives it a second axis


def _noisy_kernel(
    settings: KernelSettings,
    inputs: FloatArray,
    distance: FloatArray,
    rows: NDArray[np.intp],
    weights: FloatArray,
) -> FloatArray:
    """Kernel between some rows, with the variance of the measurements on its diagonal."""
    own = inputs[rows]
    kernel = _kernel(settings, (own, own), distance[np.ix_(rows, rows)])
    kernel[np.diag_indices_from(kernel)] += settings.noise_variance / weights
    return kernel
