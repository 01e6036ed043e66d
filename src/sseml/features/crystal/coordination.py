"""How many neighbours an ion has, where no cutoff says so: Hoppe's effective coordination."""

from __future__ import annotations

import numpy as np

from sseml.features.contract import FloatArray
from sseml.features.crystal.neighbours import IntArray, Pairs

HOPPE = "doi 10.1524/zkri.1979.150.14.23"
REACH_A = 4.5
"""Farther than this no anion is a neighbour of a cation."""


def bond_weights(pairs: Pairs, share: FloatArray, count: int) -> FloatArray:
    """Weight of each neighbour of a centre: 1 for the near ones, smoothly 0 for the far ones.

    A neighbour at distance d weighs ``exp(1 − (d / d₀)⁶)``, where d₀ is the mean distance with the
    weights ``exp(1 − (d / d_min)⁶)`` of the shortest one (doi 10.1524/zkri.1979.150.14.23); times
    the share of it that is there.

    Parameters
    ----------
    pairs
        Centres and their possible neighbours.
    share
        Occupancy of the neighbour of each pair.
    count
        Number of centres.

    Returns
    -------
    FloatArray
        One weight a pair; their sum over the pairs of a centre is its coordination number.
    """
    shortest = np.full(count, np.inf)
    np.minimum.at(shortest, pairs.centre, pairs.distance)
    first = share * np.exp(1.0 - (pairs.distance / shortest[pairs.centre]) ** 6)
    mean = added(pairs.centre, first * pairs.distance, count) / np.maximum(
        added(pairs.centre, first, count), np.finfo(float).tiny
    )
    weights: FloatArray = share * np.exp(1.0 - (pairs.distance / mean[pairs.centre]) ** 6)
    return weights


def added(centre: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Sum of the pairs' values at each centre, shape (count,)."""
    return np.bincount(centre, weights=values, minlength=count).astype(np.float64)


def weighted(values: FloatArray, weights: FloatArray) -> float:
    """Mean of the values that are known; NaN where none is."""
    known = np.isfinite(values) & (weights > 0.0)
    if not known.any():
        return float("nan")
    return float((values[known] * weights[known]).sum() / weights[known].sum())
