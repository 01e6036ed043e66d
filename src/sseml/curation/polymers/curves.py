"""Rows measured on one sample: where one ends and the next begins, and which rows cannot be of it.

Conductivities are compared as log10 of S/cm, temperatures as they are written, in °C.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sseml.arrays import FloatArray
from sseml.units import ZERO_CELSIUS_K, kelvin_to_celsius

OFF_DECADES = 1.0
"""No conductivity falls by more on heating: one of two such rows is misprinted."""

FEWEST_ROWS = 3
"""Fewer rows have no shape to judge."""

_HALF, _NEARLY_ALL = 0.5, 0.9
_SPREAD_K = 15.0
_FALL_DECADES = 0.1
_RECIPROCAL = (1.8, 4.5)
"""1000/T of 550 K and of 220 K, in 1/K."""


def split_run(temperature_C: Sequence[float], log10_sigma: Sequence[float]) -> list[slice]:
    """Curves among rows that stand together: a new one begins where the temperatures begin anew.

    That is a jump against the direction of travel and beyond the last row but one, with three rows
    or more on either side that go the same way. It goes back over nearly all that was passed; or
    over more than half of it, and the conductivity turns back too: else rows are sorted by that.

    Examples
    --------
    >>> split_run([80, 60, 40, 80, 60, 40], [-4, -5, -6, -3, -4, -5])
    [slice(0, 3, None), slice(3, 6, None)]
    >>> split_run([70, 90, 80, 60], [-4.5, -4, -4.2, -5])
    [slice(0, 4, None)]
    """
    starts = [0]
    total = len(temperature_C)
    for place in range(1, total):
        own = slice(starts[-1], place)
        rest = temperature_C[place : place + FEWEST_ROWS]
        if place - starts[-1] < FEWEST_ROWS or len(rest) < FEWEST_ROWS:
            continue
        turns = log10_sigma[place] - log10_sigma[place - 1]
        went = log10_sigma[place - 1] - log10_sigma[starts[-1]]
        least = _HALF if turns * went < 0.0 else _NEARLY_ALL
        if _begins_anew(temperature_C[own], rest, least):
            starts.append(place)
    return [slice(*between) for between in pairwise([*starts, total])]


def _begins_anew(before: Sequence[float], after: Sequence[float], least: float) -> bool:
    direction = np.sign(before[-1] - before[0])
    back = [(row - after[0]) * direction for row in before[-2:]]
    passed = max(before) - min(before)
    goes_on = all((second - first) * direction > 0.0 for first, second in pairwise(after))
    return bool(back[0] > 0.0 and back[1] > least * passed and goes_on)


def rows_off_curve(temperature_C: FloatArray, log10_sigma: FloatArray) -> list[int]:
    """Rows that cannot be of their curve, worst first.

    Conductivity rises on heating, by however much. Where a row is over a decade above a warmer
    one, one of the two is misprinted: the one further from the straight line of log10 σ against
    1/T with the median slope (Theil 1950, Sen 1968, doi 10.1080/01621459.1968.10480934).
    """
    left = np.arange(len(log10_sigma))
    gone: list[int] = []
    while len(np.unique(temperature_C[left])) >= FEWEST_ROWS:
        temperature, value = temperature_C[left], log10_sigma[left]
        warmer = temperature[:, None] < temperature
        falls = warmer & (value[:, None] - value > OFF_DECADES)
        suspects = np.flatnonzero(falls.any(axis=0) | falls.any(axis=1))
        if not len(suspects):
            break
        worst = suspects[np.argmax(_off_line(temperature, value)[suspects])]
        gone.append(int(left[worst]))
        left = np.delete(left, worst)
    return gone


def _off_line(temperature_C: FloatArray, log10_sigma: FloatArray) -> FloatArray:
    """Distance of each row from the line of the median slope, in decades."""
    x = 1000.0 / (temperature_C + ZERO_CELSIUS_K)
    first, second = np.nonzero(x[:, None] < x)
    slope = np.median((log10_sigma[second] - log10_sigma[first]) / (x[second] - x[first]))
    left = log10_sigma - slope * x
    return np.abs(left - np.median(left))


def falls_on_heating(temperature_C: FloatArray, log10_sigma: FloatArray) -> bool:
    """Whether the conductivity of a whole curve falls on heating, by over 0.1 decade over 15 K."""
    spread = float(np.ptp(temperature_C)) if len(temperature_C) else 0.0
    if len(temperature_C) < FEWEST_ROWS or spread < _SPREAD_K:
        return False
    return _slope(temperature_C, log10_sigma) * spread < -_FALL_DECADES


def is_reciprocal(temperature_C: FloatArray, log10_sigma: FloatArray) -> bool:
    """Whether what is written as °C is 1000/T: small numbers on which the conductivity falls."""
    if len(np.unique(temperature_C)) < FEWEST_ROWS:
        return False
    low, high = _RECIPROCAL
    small = bool((temperature_C >= low).all() and (temperature_C <= high).all())
    return small and _slope(temperature_C, log10_sigma) < 0.0


def celsius_of_reciprocal(reciprocal: float) -> float:
    """Temperature in °C of a 1000/T in 1/K."""
    return kelvin_to_celsius(1000.0 / reciprocal)


def _slope(x: FloatArray, y: FloatArray) -> float:
    return float(np.polyfit(x, y, 1)[0])
