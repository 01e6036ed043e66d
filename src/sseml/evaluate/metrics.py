"""Figures of merit of predicted log10 conductivities: pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray

CLIP_LOG10_SIGMA = -10.0
"""Labels and predictions are held above this for MAE10c: below it nobody measures reliably."""

_EQUALLY_NEAR = 1e-9
"""Composition distances that differ by less are one."""


def clipped_absolute_error(truth: FloatArray, predicted: FloatArray) -> FloatArray:
    """Absolute error in decades, both sides clipped at 1e-10 S/cm, shape (n,)."""
    error: FloatArray = np.abs(
        np.maximum(truth, CLIP_LOG10_SIGMA) - np.maximum(predicted, CLIP_LOG10_SIGMA)
    )
    return error


def group_mean(values: FloatArray, groups: NDArray[np.int64]) -> float:
    """Mean over groups of the mean within each group, so that a large series counts once."""
    _, position = np.unique(groups, return_inverse=True)
    sums = np.bincount(position, weights=values)
    return float((sums / np.bincount(position)).mean())


def roc_auc(positive: NDArray[np.bool_], score: FloatArray) -> float:
    """Probability that a random positive scores above a random negative, ties counting half.

    Raises
    ------
    ValueError
        If either class is empty.
    """
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0:
        raise ValueError("the area under the ROC curve needs both classes")
    _, position, count = np.unique(score, return_inverse=True, return_counts=True)
    upper_rank = np.cumsum(count)
    rank = (upper_rank - (count - 1) / 2.0)[position]
    return float(
        (rank[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
    )


def group_weighted_auc(
    positive: NDArray[np.bool_], score: FloatArray, groups: NDArray[np.int64]
) -> float:
    """ROC-AUC in which each group weighs 1, shared evenly by its rows; ties count half.

    Raises
    ------
    ValueError
        If either class is empty.
    """
    _, position = np.unique(groups, return_inverse=True)
    weight = 1.0 / np.bincount(position)[position]
    positive_weight, negative_weight = weight[positive].sum(), weight[~positive].sum()
    if positive_weight == 0 or negative_weight == 0:
        raise ValueError("the area under the ROC curve needs both classes")
    _, place = np.unique(score, return_inverse=True)
    negatives_here = np.bincount(place, weights=np.where(positive, 0.0, weight))
    negatives_below = np.cumsum(negatives_here) - negatives_here / 2.0
    won = (weight * negatives_below[place])[positive].sum()
    return float(won / (positive_weight * negative_weight))


def auc(
    positive: NDArray[np.bool_], score: FloatArray, groups: NDArray[np.int64] | None = None
) -> float:
    """Area under the ROC curve, each group weighing 1 if given; NaN where one class is empty."""
    if positive.all() or not positive.any():
        return float("nan")
    if groups is None:
        return roc_auc(positive, score)
    return group_weighted_auc(positive, score, groups)


def of_nearest(distance: FloatArray, values: FloatArray) -> FloatArray:
    """Mean over what is nearest, all that is equally near, shape (n,).

    Parameters
    ----------
    distance
        From each row to everything that has a value, shape (n, m).
    values
        Shape (m,).
    """
    nearest = distance <= distance.min(axis=1, keepdims=True) + _EQUALLY_NEAR
    mean: FloatArray = nearest @ values / nearest.sum(axis=1)
    return mean


def coverage(truth: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of truths inside their interval, limits included."""
    return float(np.mean((low <= truth) & (truth <= high)))


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
