"""Gaussian-process regression on features and on composition, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_BLOCK = 192
"""Columns of a triangular product taken together: small enough to leave out most of the zeros."""

_CANCELLED = 1e-6
"""Share of a squared distance in its terms below which their difference has lost its digits."""


@dataclass(frozen=True, slots=True)
class KernelSettings:
    """Variances and lengths of the sum of two kernels, in units of the target and the inputs.

    Attributes
    ----------
    feature_variance, feature_length
        Exponential kernel on the Euclidean distance of standardised features, the distance divided
        by the square root of their number.
    composition_variance, composition_length
        Exponential kernel on the composition distance (half the summed absolute difference of
        element fractions).
    noise_variance
        Variance of a measurement of weight 1; a weight w divides it.
    """

    feature_variance: float = 1.3
    feature_length: float = 0.8
    composition_variance: float = 3.0
    composition_length: float = 0.5
    noise_variance: float = 0.2

    def scaled(self, factor: float) -> KernelSettings:
        """The same kernel for a target whose unit makes its variance `factor` times as large."""
        return replace(
            self,
            feature_variance=self.feature_variance * factor,
            composition_variance=self.composition_variance * factor,
            noise_variance=self.noise_variance * factor,
        )


def _distance(A: FloatArray, B: FloatArray) -> FloatArray:
    """Euclidean distance; of a row from itself exactly 0, however many rows are asked together."""
    lengths = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1)[None, :]
    squared = lengths - 2.0 * A @ B.T
    rows, columns = np.nonzero(squared <= _CANCELLED * lengths)
    squared[rows, columns] = ((A[rows] - B[columns]) ** 2).sum(axis=1)
    distance: FloatArray = np.sqrt(np.clip(squared, 0.0, None))
    return distance


def _kernel(
    settings: KernelSettings,
    features: tuple[FloatArray, FloatArray],
    composition_distance: FloatArray,
) -> FloatArray:
    A, B = features
    n_features = A.shape[1]
    distance = _distance(A, B) / np.sqrt(n_features)
    kernel: FloatArray = settings.feature_variance * np.exp(-distance / settings.feature_length)
    kernel += settings.composition_variance * np.exp(
        -composition_distance / settings.composition_length
    )
    return kernel


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """A fitted Gaussian process: its distinct training inputs and two solved systems.

    Rows of the same input are one to a Gaussian process: their weighted mean, with the sum of their
    weights, gives the same posterior as all of them do.

    Attributes
    ----------
    settings
        The kernel.
    rows
        The first training row of each distinct input, shape (n_distinct,).
    inputs
        Standardised features of those, shape (n_distinct, n_features).
    dual
        Solution of (K + noise) dual = target - mean, shape (n_distinct,).
    inverse_factor
        Inverse of the lower Cholesky factor of K + noise, shape (n_distinct, n_distinct).
    mean
        Mean of the target.
    """

    settings: KernelSettings
    rows: NDArray[np.intp]
    inputs: FloatArray
    dual: FloatArray
    inverse_factor: FloatArray
    mean: float

    @classmethod
    def fit(
        cls,
        settings: KernelSettings,
        inputs: FloatArray,
        composition_distance: FloatArray,
        target: FloatArray,
        weights: FloatArray,
    ) -> GaussianProcess:
        """Fit exactly, by Cholesky decomposition.

        Parameters
        ----------
        settings
            The kernel.
        inputs
            Standardised features, shape (n_train, n_features).
        composition_distance
            Between all pairs of training rows, shape (n_train, n_train).
        target, weights
            Shape (n_train,); weights are positive.
        """
        mean = float(np.average(target, weights=weights))
        _, rows, same = np.unique(
            np.hstack([inputs, composition_distance]),
            axis=0,
            return_index=True,
            return_inverse=True,
        )
        same = same.reshape(-1)  # NumPy 2.0 gives it a second axis
        together = np.bincount(same, weights=weights)
        excess = np.bincount(same, weights=weights * (target - mean)) / together
        own = inputs[rows]
        kernel = _kernel(settings, (own, own), composition_distance[np.ix_(rows, rows)])
        kernel[np.diag_indices_from(kernel)] += settings.noise_variance / together
        inverse_factor = np.linalg.inv(np.linalg.cholesky(kernel))
        dual = inverse_factor.T @ (inverse_factor @ excess)
        return cls(settings, rows, own, dual, inverse_factor, mean)

    def predict(
        self, inputs: FloatArray, composition_distance: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Predict mean and standard deviation (of the noise-free function), each shape (n_rows,).

        Parameters
        ----------
        inputs
            Standardised features, shape (n_rows, n_features).
        composition_distance
            To every training row, shape (n_rows, n_train).
        """
        cross = _kernel(self.settings, (inputs, self.inputs), composition_distance[:, self.rows])
        prior = self.settings.feature_variance + self.settings.composition_variance
        variance = np.full(len(inputs), prior)
        for start in range(0, len(self.rows), _BLOCK):
            stop = start + _BLOCK
            # the factor is lower triangular: beyond `stop` these of its rows are zero
            projected = cross[:, :stop] @ self.inverse_factor[start:stop, :stop].T
            variance -= (projected**2).sum(axis=1)
        return self.mean + cross @ self.dual, np.sqrt(np.clip(variance, 0.0, None))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "rows": self.rows.astype(np.int32),
            "inputs": self.inputs.astype(np.float32),
            "dual": self.dual,
            "inverse_factor": self.inverse_factor.astype(np.float32),
            "settings": np.array(astuple(self.settings)),
            "mean": np.array([self.mean]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GaussianProcess:
        """Rebuild from `to_arrays`."""
        return cls(
            settings=KernelSettings(*(float(number) for number in arrays["settings"])),
            rows=arrays["rows"].astype(np.intp),
            inputs=arrays["inputs"].astype(np.float64),
            dual=arrays["dual"],
            # in single precision a product's last digits depend on how many rows are asked together
            inverse_factor=arrays["inverse_factor"].astype(np.float64),
            mean=float(arrays["mean"][0]),
        )
