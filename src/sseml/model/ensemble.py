"""The fitted ensemble as data: linear mean and trees, averaged with a Gaussian process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray
from sseml.forest import Forest
from sseml.model.calibration import IntervalModel, Signals
from sseml.model.kernel import REACH, GaussianProcess, KernelMean

Arrays = Mapping[str, NDArray[Any]]

_DECIMALS = 7
"""Features are rounded to this many, so that trees do not tell 0 from the 1e-17 of rounding."""

CONDUCTOR_LOG10_SIGMA = -7.0
"""log10 of the S/cm at 25 °C above which a material counts as a conductor."""


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Fill missing values with the training median, centre, scale and clip; each (n_features,)."""

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
        return np.clip((filled - self.centre) / self.scale, -REACH, REACH)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Predictions of rows, shape (n_rows,), and the signals of their trustworthiness."""

    mean: FloatArray
    signals: Signals


@dataclass(frozen=True, slots=True)
class View:
    """What the parts of an ensemble see of the rows that are asked about.

    `filled` and `standardised` features are (n_rows, n_features), the kernel to the training
    inputs, `cross`, is (n_rows, n_distinct), the deviation of the Gaussian process (n_rows,).
    """

    filled: FloatArray
    standardised: FloatArray
    cross: FloatArray
    kernel_deviation: FloatArray


@dataclass(frozen=True, slots=True)
class Mix:
    """A linear mean with trees on its residual, averaged with the mean of a Gaussian process.

    `linear` holds the intercept and the coefficients on standardised features, shape
    (1 + n_features,); both kinds of trees have half the weight.
    """

    linear: FloatArray
    boosted: Forest
    averaged: Forest
    expectation: KernelMean
    kernel_share: float

    def answer(self, view: View, nearest: FloatArray) -> Estimate:
        """Predict the rows of a view; `nearest` is their distance to the nearest training row."""
        averaged, spread = self.averaged.predict_with_spread(view.filled)
        linear = self.linear[0] + (view.standardised * self.linear[1:]).sum(axis=1)
        trees = linear + (self.boosted.predict(view.filled) + averaged) / 2.0
        kernel = self.expectation.predict(view.cross)
        return Estimate(
            mean=(1.0 - self.kernel_share) * trees + self.kernel_share * kernel,
            signals=Signals(nearest, spread, view.kernel_deviation, np.abs(trees - kernel)),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "linear": self.linear,
            "kernel_share": np.array([self.kernel_share]),
            **named("boosted", self.boosted.to_arrays()),
            **named("averaged", self.averaged.to_arrays()),
            **named("expectation", self.expectation.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Mix:
        """Rebuild from `to_arrays`."""
        return cls(
            linear=arrays["linear"],
            boosted=Forest.from_arrays(arrays_below(arrays, "boosted")),
            averaged=Forest.from_arrays(arrays_below(arrays, "averaged")),
            expectation=KernelMean.from_arrays(arrays_below(arrays, "expectation")),
            kernel_share=float(arrays["kernel_share"][0]),
        )


@dataclass(frozen=True, slots=True)
class Ensemble:
    """An ensemble: how it looks at rows, and the mix that answers.

    Another mix, fitted to some of the rows, can share the standardiser and the Gaussian process.
    """

    standardiser: Standardiser
    kernel: GaussianProcess
    mix: Mix

    def view(self, X: FloatArray, distance: FloatArray) -> View:
        """Look at rows.

        `X` are features, missing as NaN, shape (n_rows, n_features); `distance` is that to every
        training row, shape (n_rows, n_train).
        """
        filled = self.standardiser.fill(X)
        standardised = self.standardiser.standardise(filled)
        cross = self.kernel.cross(standardised, distance)
        return View(filled, standardised, cross, self.kernel.deviation(cross))

    def predict(self, X: FloatArray, distance: FloatArray) -> Estimate:
        """Predict; takes what `view` takes."""
        return self.mix.answer(self.view(X, distance), distance.min(axis=1))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "median": self.standardiser.median,
            "centre": self.standardiser.centre,
            "scale": self.standardiser.scale,
            **named("kernel", self.kernel.to_arrays()),
            **named("mix", self.mix.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Ensemble:
        """Rebuild from `to_arrays`."""
        return cls(
            standardiser=Standardiser(arrays["median"], arrays["centre"], arrays["scale"]),
            kernel=GaussianProcess.from_arrays(arrays_below(arrays, "kernel")),
            mix=Mix.from_arrays(arrays_below(arrays, "mix")),
        )


def named(part: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Arrays with the name of what they belong to, and a dot, before their own."""
    return {f"{part}.{name}": array for name, array in arrays.items()}


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


@dataclass(frozen=True, slots=True)
class TwoOutputs:
    """An ensemble fitted to every measurement, and a mix fitted to the conductors among them.

    The ensemble answers for any material, the mix on the condition that it is a conductor.
    `conductors` masks the training rows above `CONDUCTOR_LOG10_SIGMA`, shape (n_train,).
    """

    ensemble: Ensemble
    if_conductor: Mix
    conductors: BoolArray

    def predict(self, X: FloatArray, distance: FloatArray) -> tuple[Estimate, Estimate]:
        """Answer for any material, and on the condition that it is a conductor.

        Takes what `Ensemble.view` takes.
        """
        view = self.ensemble.view(X, distance)
        unconditional = self.ensemble.mix.answer(view, distance.min(axis=1))
        if_conductor = self.if_conductor.answer(view, distance[:, self.conductors].min(axis=1))
        conducting = np.maximum(if_conductor.mean, CONDUCTOR_LOG10_SIGMA)
        return unconditional, replace(if_conductor, mean=conducting)


def conductor_offsets(estimate: Estimate, interval: IntervalModel) -> tuple[FloatArray, FloatArray]:
    """Offsets to the limits of the second output, which do not go below `CONDUCTOR_LOG10_SIGMA`."""
    low, high = interval.offsets(estimate.signals)
    return np.maximum(low, CONDUCTOR_LOG10_SIGMA - estimate.mean), high
