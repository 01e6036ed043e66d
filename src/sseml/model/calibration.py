"""Calibrated intervals and probabilities: conformal widths, and the chance to reach a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sseml.arrays import BoolArray, FloatArray

SUPERIONIC_LOG10_SIGMA = -4.0
"""log10 of 1e-4 S/cm, the conductivity asked of a separator."""

_SUREST_TESTED = 0.1
"""Quantile of the held-out signals that counts as the surest prediction."""

_NEAR = 0.05
_FAR = 0.4
"""Distances between which the logarithm of the width follows that of the distance."""

_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of predictions before they are compared with the truth; each shape (n_rows,).

    `distance` is that to the nearest training row (0 to 1). In the unit of the target are `spread`,
    the standard deviation over the averaged trees, `kernel_deviation`, that of the Gaussian
    process, and `disagreement`, the absolute difference of the trees' and the process's answers.
    """

    distance: FloatArray
    spread: FloatArray
    kernel_deviation: FloatArray
    disagreement: FloatArray

    def take(self, picked: BoolArray) -> Signals:
        """The signals of the rows selected by a mask."""
        return Signals(*(getattr(self, field.name)[picked] for field in fields(self)))

    @staticmethod
    def join(parts: Sequence[Signals]) -> Signals:
        """Concatenate."""
        names = (field.name for field in fields(Signals))
        return Signals(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def design(self, resolution: float) -> FloatArray:
        """Columns of the log-width model, shape (n_rows, 5); see `IntervalModel.resolution`."""
        return np.column_stack(
            [
                np.ones_like(self.distance),
                np.log(np.minimum(self.distance, _FAR) + _NEAR),
                np.log(self.spread + resolution),
                np.log(self.kernel_deviation + resolution),
                np.log(self.disagreement + resolution),
            ]
        )


@dataclass(frozen=True, slots=True)
class IntervalModel:
    """A fitted width and the conformal quantiles of the scaled residuals.

    `width_coefficients` belong to the columns of `Signals.design` and give the logarithm of the
    width. A column counts no lower than its `signal_floor`: no prediction is called surer than the
    surest that was tested, not even one of a training material. The quantiles are those of
    (truth - prediction) / width, the low one ≤ 0, the high one ≥ 0. `resolution` (in the unit of
    the target) is added to an error before its logarithm, so that a lucky hit does not decide.
    """

    width_coefficients: tuple[float, ...]
    signal_floor: tuple[float, ...]
    low_quantile: float
    high_quantile: float
    level: float
    resolution: float

    @classmethod
    def fit(
        cls,
        signals: Signals,
        residual: FloatArray,
        weights: FloatArray,
        *,
        level: float = 0.9,
        ridge: float = 5.0,
        resolution: float = 0.1,
    ) -> IntervalModel:
        """Learn the width from held-out predictions, then conformalise to the coverage `level`.

        `residual` is truth minus prediction, shape (n,); `ridge` shrinks the width to a constant.
        Split conformal prediction with normalised scores, doi 10.1080/01621459.2017.1307116; the
        residuals come from cross-fitting over groups (papers, composition clusters), doi
        10.1214/20-AOS1965.
        """
        design = signals.design(resolution)
        floor = np.quantile(design, _SUREST_TESTED, axis=0)
        design = np.maximum(design, floor)
        target = np.log(np.abs(residual) + resolution)
        penalty = np.full(design.shape[1], ridge)
        penalty[0] = 0.0
        centre = np.average(design, axis=0, weights=weights)
        centre[0] = 0.0
        centred = design - centre
        gram = centred.T @ (centred * weights[:, None]) + np.diag(penalty)
        coefficients = np.linalg.solve(gram, centred.T @ (weights * target))
        coefficients[0] -= coefficients[1:] @ centre[1:]
        score = residual / np.exp(design @ coefficients)
        tail = (1.0 - level) / 2.0
        return cls(
            width_coefficients=tuple(float(number) for number in coefficients),
            signal_floor=tuple(float(number) for number in floor),
            low_quantile=min(0.0, -conformal_quantile(-score, weights, 1.0 - tail)),
            high_quantile=max(0.0, conformal_quantile(score, weights, 1.0 - tail)),
            level=level,
            resolution=resolution,
        )

    def offsets(self, signals: Signals) -> tuple[FloatArray, FloatArray]:
        """Decades to add to the prediction for the lower (≤ 0) and the upper (≥ 0) limit."""
        width = self.width(signals)
        return self.low_quantile * width, self.high_quantile * width

    def width(self, signals: Signals) -> FloatArray:
        """Typical absolute error in decades, shape (n_rows,)."""
        design = np.maximum(signals.design(self.resolution), np.array(self.signal_floor))
        width: FloatArray = np.exp((design * np.array(self.width_coefficients)).sum(axis=1))
        return width

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> IntervalModel:
        """Rebuild from what `dataclasses.asdict` gave."""
        own = {field.name: data[field.name] for field in fields(cls)}
        own |= {name: tuple(own[name]) for name in ("width_coefficients", "signal_floor")}
        return cls(**own)


def conformal_quantile(score: FloatArray, weights: FloatArray, level: float) -> float:
    """Weighted quantile with the finite-sample correction of conformal prediction.

    The smallest score s with weight(score ≤ s) / (total weight + mean weight) ≥ `level`; with
    equal weights the ⌈(n + 1) level⌉-th smallest. Where the sample is too small, its maximum.
    """
    order = np.argsort(score)
    cumulative = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    position = int(np.searchsorted(cumulative, level - 1e-12))
    return float(score[order][min(position, len(score) - 1)])


@dataclass(frozen=True, slots=True)
class ProbabilityModel:
    """A logit on how far the prediction is above a threshold of σ, in units of its own width.

    The slope is not negative: more conductivity is never less probability.
    """

    intercept: float
    slope: float
    threshold_log10_sigma: float

    def predict(self, log10_sigma: FloatArray, width: FloatArray) -> FloatArray:
        """Probability that σ reaches the threshold, shape (n_rows,).

        Takes predicted log10 of σ in S/cm and its typical error in decades, each shape (n_rows,).
        """
        logit = self.intercept + self.slope * ((log10_sigma - self.threshold_log10_sigma) / width)
        probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))
        return probability

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> ProbabilityModel:
        """Rebuild from what `dataclasses.asdict` gave."""
        return cls(data["intercept"], data["slope"], data["threshold_log10_sigma"])


def fit_probability(
    log10_sigma: FloatArray,
    width: FloatArray,
    truth: FloatArray,
    weights: FloatArray,
    threshold_log10_sigma: float = SUPERIONIC_LOG10_SIGMA,
) -> ProbabilityModel:
    """Calibrate on held-out predictions by logistic regression (Platt scaling); arrays are (n,).

    `log10_sigma` (predicted) and `truth` (measured) are of S/cm; `width` is the typical error in
    decades. Newton's method on the log-likelihood with Platt's smoothed labels, as corrected in doi
    10.1007/s10994-007-5018-6.
    """
    positive = truth >= threshold_log10_sigma
    n_positive, n_negative = float(weights[positive].sum()), float(weights[~positive].sum())
    label = np.where(positive, (n_positive + 1.0) / (n_positive + 2.0), 1.0 / (n_negative + 2.0))
    above = (log10_sigma - threshold_log10_sigma) / width
    design = np.column_stack([np.ones_like(log10_sigma), above])
    coefficients = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ coefficients, -30.0, 30.0)))
        gradient = design.T @ (weights * (label - probability))
        curvature = design.T @ (design * (weights * probability * (1 - probability))[:, None])
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        coefficients += step
        if np.abs(step).max() < 1e-10:
            break
    slope = max(0.0, float(coefficients[1]))
    return ProbabilityModel(float(coefficients[0]), slope, threshold_log10_sigma)
