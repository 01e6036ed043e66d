"""Figures of merit of predicted log10 conductivities: pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray

Figures = dict[str, float]
"""Name → figure; NaN where it cannot be had."""

CLIP_LOG10_SIGMA = -10.0
"""Labels and predictions are clipped here for MAE10c: below it no measurement is reliable."""

_NORMAL_95 = 1.959964

_EQUALLY_NEAR = 1e-9
"""Distances that differ by less are equal."""


def clipped_error(truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """Predicted minus true in decades, both sides clipped at 1e-10 S/cm, shape (n,)."""
    error: FloatArray = np.maximum(predicted, CLIP_LOG10_SIGMA) - np.maximum(
        truth, CLIP_LOG10_SIGMA
    )
    return error


def clipped_absolute_error(truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """Absolute error in decades, both sides clipped at 1e-10 S/cm, shape (n,)."""
    error: FloatArray = np.abs(clipped_error(truth, predicted))
    return error


def group_mean(values: FloatArray, groups: NDArray[np.int64]) -> float:
    """Mean over groups of the mean within each group, so that a large series counts once."""
    _, position = np.unique(groups, return_inverse=True)
    sums = np.bincount(position, weights=values)
    return float((sums / np.bincount(position)).mean())


def mean_or_nan(values: FloatArray) -> float:
    """Mean, NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")


def group_weights(groups: NDArray[np.int64]) -> FloatArray:
    """Weight of each row where each group weighs 1, shared evenly by its rows; shape (n,)."""
    _, position = np.unique(groups, return_inverse=True)
    weights: FloatArray = 1.0 / np.bincount(position)[position]
    return weights


def auc(
    positive: NDArray[np.bool_], score: FloatArray, groups: NDArray[np.int64] | None = None
) -> float:
    """Area under the ROC curve, ties counting half; NaN where one class is empty.

    Each row weighs 1, or each group where `groups` are given.
    """
    if positive.all() or not positive.any():
        return float("nan")
    weight = np.ones(len(positive)) if groups is None else group_weights(groups)
    _, place = np.unique(score, return_inverse=True)
    negatives_here = np.bincount(place, weights=np.where(positive, 0.0, weight))
    negatives_below = np.cumsum(negatives_here) - negatives_here / 2.0
    won = (weight * negatives_below[place])[positive].sum()
    return float(won / (weight[positive].sum() * weight[~positive].sum()))


def of_nearest(distance: FloatArray, values: FloatArray) -> FloatArray:
    """Mean value of the nearest, all that are equally near, shape (n,).

    `distance` is that from each row to everything that has a value, shape (n, m); `values` are
    (m,).
    """
    nearest = distance <= distance.min(axis=1, keepdims=True) + _EQUALLY_NEAR
    mean: FloatArray = nearest @ values / nearest.sum(axis=1)
    return mean


def coverage(truth: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of truths inside their interval, limits included."""
    return float(np.mean((low <= truth) & (truth <= high)))


def share_limits(share: float, count: int) -> tuple[float, float]:
    """95 % limits of a share of `count` trials: Wilson's, doi 10.1080/01621459.1927.10502953.

    However it rounds, 0 ≤ low ≤ share ≤ high ≤ 1.
    """
    z = _NORMAL_95
    middle = (share + z**2 / (2.0 * count)) / (1.0 + z**2 / count)
    half = (
        z * np.sqrt(share * (1.0 - share) / count + z**2 / (4.0 * count**2)) / (1.0 + z**2 / count)
    )
    low, high = float(middle - half), float(middle + half)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def spearman(truth: FloatArray, predicted: FloatArray) -> float:
    """Rank correlation, NaN where either side is constant."""
    ranks = [_rank(values) for values in (truth, predicted)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    correlation = np.corrcoef(ranks[0], ranks[1])
    return float(np.asarray(correlation)[0, 1])


def _rank(values: FloatArray) -> FloatArray:
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2.0)[position]
    return ranks
