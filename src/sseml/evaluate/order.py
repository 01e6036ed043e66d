"""How well answers order materials: inside families, inside series of one paper, against noise."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.metrics import group_weights, mean_or_nan

SMALLEST_FAMILY = 10
"""A family of fewer rows has no figures of its own: one outlier would decide them."""

_APART_DECADES = 0.3
"""Two values of one paper nearer than this are as good as equal."""

_REPEAT_DECADES = 0.5
"""Standard deviation of measurements of one material in several papers."""

_OF_PAPER, _OF_ROW = 0.8, 0.6
"""Parts of that which rows of one paper share, and which are each row's own."""

_DRAWS = 60


def large_families(families: NDArray[np.str_]) -> dict[str, IntArray]:
    """Rows of each family of ten rows or more."""
    names, sizes = np.unique(families, return_counts=True)
    large = names[sizes >= SMALLEST_FAMILY]
    return {str(name): np.flatnonzero(families == name) for name in large}


def family_spearman(
    truth: FloatArray, score: FloatArray, families: NDArray[np.str_], groups: IntArray
) -> float:
    """Mean over large families of the rank correlation inside; each group weighs 1."""
    own = [
        weighted_spearman(truth[rows], score[rows], groups[rows])
        for rows in large_families(families).values()
    ]
    known = np.array(own)
    return mean_or_nan(known[~np.isnan(known)])


def ceiling(
    truth: FloatArray, families: NDArray[np.str_], papers: IntArray, seed: int = 0
) -> float:
    """What `family_spearman` of a perfect model would be, as repeats scatter by half a decade.

    The noise-free values are the measured ones drawn together to the variance that is left without
    noise; noise is drawn anew, part of it for a whole paper.
    """
    draw = np.random.default_rng(seed)
    found = []
    for rows in large_families(families).values():
        own, (_, paper) = truth[rows], np.unique(papers[rows], return_inverse=True)
        variance = own.var()
        if variance == 0.0:
            continue
        left = max(variance - _REPEAT_DECADES**2, 0.02 * variance)
        noise_free = own.mean() + (own - own.mean()) * np.sqrt(left / variance)
        each = []
        for _ in range(_DRAWS):
            shared = draw.normal(0.0, _REPEAT_DECADES * _OF_PAPER, paper.max() + 1)[paper]
            noise = shared + draw.normal(0.0, _REPEAT_DECADES * _OF_ROW, len(rows))
            each.append(weighted_spearman(noise_free + noise, noise_free, np.arange(len(rows))))
        found.append(np.mean(each))
    return mean_or_nan(np.array(found))


def series_order(
    truth: FloatArray, score: FloatArray, families: NDArray[np.str_], papers: IntArray
) -> float:
    """Share of pairs in the right order, of one paper and family and over 0.3 decades apart."""
    right = total = 0.0
    for family in np.unique(families):
        rows = np.flatnonzero(families == family)
        apart = truth[rows][:, None] - truth[rows][None]
        said = score[rows][:, None] - score[rows][None]
        paper = papers[rows]
        pairs: BoolArray = np.triu(np.abs(apart) > _APART_DECADES, 1)
        pairs &= paper[:, None] == paper[None]
        right += float((apart * said > 0)[pairs].sum() + (said == 0)[pairs].sum() / 2.0)
        total += float(pairs.sum())
    return right / total if total else nan


def weighted_spearman(truth: FloatArray, predicted: FloatArray, groups: IntArray) -> float:
    """Rank correlation in which each group weighs 1; NaN where either side is constant."""
    weight = group_weights(groups)
    ranks = np.stack([_ranks(values, weight) for values in (truth, predicted)])
    if (np.ptp(ranks, axis=1) == 0.0).any():
        return nan
    covariance = np.cov(ranks, aweights=weight, ddof=0)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _ranks(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Weight of all lower values, and half the weight of equal ones; shape (n,)."""
    _, position = np.unique(values, return_inverse=True)
    here = np.bincount(position, weights=weight)
    ranks: FloatArray = (np.cumsum(here) - here / 2.0)[position]
    return ranks
