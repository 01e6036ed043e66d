"""Calibrated intervals and probabilities: conformal widths, and the chance to reach a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sseml.arrays import FloatArray

_SUREST_TESTED = 0.1
"""Quantile of the held-out signals that stands for the surest prediction."""

_NEAR = 0.05
_FAR = 0.4
"""Distances between which the logarithm of the width follows that of the distance."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a prediction's trustworthiness before its truth is; each shape (n_rows,).

    Attributes
    ----------
    distance
        To the nearest training row, 0 to 1.
    spread
        Standard deviation over the averaged trees, in decades.
    kernel_deviation
        Standard deviation of the Gaussian process, in decades.
    disagreement
        Absolute difference between the trees' and the Gaussian process's answers, in decades.
    """

    distance: FloatArray
    spread: FloatArray
    kernel_deviation: FloatArray
    disagreement: FloatArray

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

    Attributes
    ----------
    width_coefficients
        Of the columns of `Signals.design`, for the logarithm of the width.
    signal_floor
        Lowest value of each column that counts: no prediction is called surer than the surest that
        was tested, not even one of a material that the model was trained on.
    low_quantile, high_quantile
        Conformal quantiles of (truth - prediction) / width, the first ≤ 0, the second ≥ 0.
    level
        Nominal coverage.
    resolution
        Added to an error before its logarithm, so that a lucky hit does not rule the fit; in the
        unit of the target.
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
        """Learn the width, then conformalise.

        Parameters
        ----------
        signals
            Of held-out predictions.
        residual
            Truth minus held-out prediction in decades, shape (n,).
        weights
            Weight of each held-out prediction, shape (n,).
        level
            Wanted coverage.
        ridge
            Penalty that shrinks the width to a constant.
        resolution
            See `IntervalModel.resolution`.

        Notes
        -----
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

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> IntervalModel:
        """Rebuild from `to_dict`."""
        return cls(
            width_coefficients=tuple(data["width_coefficients"]),
            signal_floor=tuple(data["signal_floor"]),
            low_quantile=data["low_quantile"],
            high_quantile=data["high_quantile"],
            level=data["level"],
            resolution=data["resolution"],
        )


def conformal_quantile(score: FloatArray, weights: FloatArray, level: float) -> float:
    """Weighted quantile with the finite-sample correction of conformal prediction.

    The smallest score s with weight(score ≤ s) / (total weight + mean weight) ≥ `level`; with
    equal weights the ⌈(n + 1) level⌉-th smallest. Where the sample is too small, its maximum.
    """
    order = np.argsort(score)
    cumulative = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    position = int(np.searchsorted(cumulative, level - 1e-12))
    return float(score[order][min(position, len(score) - 1)])


SUPERIONIC_LOG10_SIGMA = -4.0
"""log10 of 1e-4 S/cm, what the field asks of a separator."""

_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class ProbabilityModel:
    """A logit on how far the prediction stands above the threshold, in units of its own width.

    Attributes
    ----------
    intercept, slope
        Of the logit; the slope is positive, so more conductivity is never less probability.
    threshold_log10_sigma
        log10 of the threshold in S/cm.
    """

    intercept: float
    slope: float
    threshold_log10_sigma: float

    def predict(self, log10_sigma: FloatArray, width: FloatArray) -> FloatArray:
        """Probability that σ reaches the threshold, shape (n_rows,).

        Parameters
        ----------
        log10_sigma
            Predicted log10 of σ in S/cm, shape (n_rows,).
        width
            Typical error of the prediction in decades, shape (n_rows,).
        """
        standing = _standing(log10_sigma, width, self.threshold_log10_sigma)
        logit = self.intercept + self.slope * standing
        probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))
        return probability

    def to_dict(self) -> dict[str, float]:
        """As JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> ProbabilityModel:
        """Rebuild from `to_dict`."""
        return cls(data["intercept"], data["slope"], data["threshold_log10_sigma"])


def _standing(log10_sigma: FloatArray, width: FloatArray, threshold: float) -> FloatArray:
    """Distance of a prediction above the threshold, in units of its typical error."""
    above: FloatArray = (log10_sigma - threshold) / width
    return above


def fit_probability(
    log10_sigma: FloatArray,
    width: FloatArray,
    truth: FloatArray,
    weights: FloatArray,
    threshold_log10_sigma: float = SUPERIONIC_LOG10_SIGMA,
) -> ProbabilityModel:
    """Calibrate on held-out predictions, by logistic regression (Platt scaling).

    Parameters
    ----------
    log10_sigma, width
        Held-out predictions and their typical errors in decades, shape (n,).
    truth
        Measured log10 of σ in S/cm, shape (n,).
    weights
        Weight of each, shape (n,).
    threshold_log10_sigma
        log10 of the threshold in S/cm.

    Notes
    -----
    Newton's method on the log-likelihood, with Platt's smoothed labels; his paper is doi
    10.1007/s10994-007-5018-6 in its corrected form.
    """
    positive = truth >= threshold_log10_sigma
    n_positive, n_negative = float(weights[positive].sum()), float(weights[~positive].sum())
    label = np.where(positive, (n_positive + 1.0) / (n_positive + 2.0), 1.0 / (n_negative + 2.0))
    standing = _standing(log10_sigma, width, threshold_log10_sigma)
    design = np.column_stack([np.ones_like(log10_sigma), standing])
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
