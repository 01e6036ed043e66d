"""The calibrated probability that a conductivity reaches a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

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
