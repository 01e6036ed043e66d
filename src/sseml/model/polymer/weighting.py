"""Weights by which every group of rows counts alike, and the median under weights."""

from __future__ import annotations

import numpy as np

from sseml.arrays import FloatArray, IntArray


def each_alike(group: IntArray, power: float = 1.0) -> FloatArray:
    """Weights of rows, with mean 1: a group of n rows has n^(1 - power), 1 by default."""
    _, number, count = np.unique(group, return_inverse=True, return_counts=True)
    weights = count[number.reshape(-1)] ** -power
    scaled: FloatArray = weights / weights.mean()
    return scaled


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """The lowest of the values, shape (n,), that half of the weight is not above."""
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2.0)
    return float(values[order][min(half, len(values) - 1)])
