"""Figures of merit of predicted log10 conductivities: pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CLIP_LOG10_SIGMA = -10.0
"""Labels and predictions are held above this for MAE10c: below it nobody measures reliably."""

SUPERIONIC_LOG10_SIGMA = -4.0


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


def coverage(truth: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of truths inside their interval, limits included."""
    return float(np.mean((low <= truth) & (truth <= high)))


def spearman(truth: FloatArray, predicted: FloatArray) -> float:
    """Rank correlation, NaN where either side is constant."""
    ranks = [_rank(values) for values in (truth, predicted)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(np.stack(ranks))[0, 1])


def _rank(values: FloatArray) -> FloatArray:
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2.0)[position]
    return ranks
