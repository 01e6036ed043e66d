"""The fitted regression as data: linear mean, trees on its residual, averaged with a kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.model.forest import Forest
from sseml.model.kernel import GaussianProcess

FloatArray = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

_CLIP = 4.0
"""Standardised features are held within ± this, so that one odd amount cannot run away."""

_DECIMALS = 7
"""Features are rounded to this many, so that trees do not tell 0 from the 1e-17 of rounding."""


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Fill missing values with the training median, centre, scale and clip.

    Attributes
    ----------
    median, centre, scale
        By feature, shape (n_features,).
    """

    median: FloatArray
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, X: FloatArray) -> Standardiser:
        """Learn from the training features, shape (n_train, n_features)."""
        has_value = ~np.isnan(X).all(axis=0)
        median = np.zeros(X.shape[1])
        median[has_value] = np.nanmedian(X[:, has_value], axis=0)
        filled = np.where(np.isnan(X), median, X)
        scale = filled.std(axis=0)
        return cls(median, filled.mean(axis=0), np.where(scale > 1e-12, scale, np.inf))

    def fill(self, X: FloatArray) -> FloatArray:
        """Features without NaN or rounding error, in their own units (what trees see)."""
        filled: FloatArray = np.where(np.isnan(X), self.median, X)
        return filled.round(_DECIMALS)

    def standardise(self, filled: FloatArray) -> FloatArray:
        """Centred, scaled and clipped features (what the linear and kernel parts see)."""
        return np.clip((filled - self.centre) / self.scale, -_CLIP, _CLIP)


@dataclass(frozen=True, slots=True)
class BlendAnswer:
    """What a blend says about each row; every array has shape (n_rows,), in units of the target."""

    mean: FloatArray
    spread: FloatArray
    kernel_deviation: FloatArray
    disagreement: FloatArray


@dataclass(frozen=True, slots=True)
class Blend:
    """A linear mean with trees on its residual, blended with a Gaussian process.

    Attributes
    ----------
    standardiser
        Applied to features before everything else.
    linear
        Intercept and coefficients on standardised features, shape (1 + n_features,).
    boosted, averaged
        Trees on the residual of the linear mean, half each.
    kernel
        The Gaussian process.
    kernel_share
        Share of the Gaussian process in the blend.
    """

    standardiser: Standardiser
    linear: FloatArray
    boosted: Forest
    averaged: Forest
    kernel: GaussianProcess
    kernel_share: float

    def predict(self, X: FloatArray, composition_distance: FloatArray) -> BlendAnswer:
        """Predict.

        Parameters
        ----------
        X
            Features, missing as NaN, shape (n_rows, n_features).
        composition_distance
            To every training row, shape (n_rows, n_train).
        """
        filled = self.standardiser.fill(X)
        standardised = self.standardiser.standardise(filled)
        averaged, spread = self.averaged.predict_with_spread(filled)
        linear = self.linear[0] + standardised @ self.linear[1:]
        trees = linear + (self.boosted.predict(filled) + averaged) / 2.0
        kernel, kernel_deviation = self.kernel.predict(standardised, composition_distance)
        return BlendAnswer(
            mean=(1.0 - self.kernel_share) * trees + self.kernel_share * kernel,
            spread=spread,
            kernel_deviation=kernel_deviation,
            disagreement=np.abs(trees - kernel),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        parts = {
            "boosted": self.boosted.to_arrays(),
            "averaged": self.averaged.to_arrays(),
            "kernel": self.kernel.to_arrays(),
        }
        return {
            "median": self.standardiser.median,
            "centre": self.standardiser.centre,
            "scale": self.standardiser.scale,
            "linear": self.linear,
            "kernel_share": np.array([self.kernel_share]),
        } | {f"{part}.{name}": array for part, own in parts.items() for name, array in own.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Blend:
        """Rebuild from `to_arrays`."""
        return cls(
            standardiser=Standardiser(arrays["median"], arrays["centre"], arrays["scale"]),
            linear=arrays["linear"],
            boosted=Forest.from_arrays(arrays_below(arrays, "boosted")),
            averaged=Forest.from_arrays(arrays_below(arrays, "averaged")),
            kernel=GaussianProcess.from_arrays(arrays_below(arrays, "kernel")),
            kernel_share=float(arrays["kernel_share"][0]),
        )


class _Part(dict[str, NDArray[Any]]):
    """Some of the arrays of a file; one that is not there is missed under its full name."""

    def __init__(self, prefix: str, arrays: Arrays) -> None:
        super().__init__(
            (name.removeprefix(prefix), array)
            for name, array in arrays.items()
            if name.startswith(prefix)
        )
        self.full_prefix = getattr(arrays, "full_prefix", "") + prefix

    def __missing__(self, name: str) -> NDArray[Any]:
        raise KeyError(self.full_prefix + name)


def arrays_below(arrays: Arrays, part: str) -> dict[str, NDArray[Any]]:
    """The arrays whose name begins with `part` and a dot, under the rest of their name."""
    return _Part(f"{part}.", arrays)
