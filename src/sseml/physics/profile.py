"""Energy of the stable phases along a straight line between compositions, step by step.

Along a line the hull is convex and made of straight pieces; each piece is one set of coexisting
phases. The voltage profile of an electrode, the reactions of an interface and those with moisture
are such lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

_FLAT = 1e-9
"""Slopes (eV) and energies (eV) that differ by less are the same."""

SHORT = 1e-7
"""Kinks nearer to each other or to an end are one: where they lie is known no better."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight part of the hull.

    Attributes
    ----------
    low, high
        Where it begins and ends along the line.
    energy_low, energy_high
        Energy at both ends, in the unit that `evaluate` returns.
    """

    low: float
    energy_low: float
    high: float
    energy_high: float

    @property
    def length(self) -> float:
        """From one end to the other."""
        return self.high - self.low

    @property
    def slope(self) -> float:
        """Energy per unit of length."""
        return (self.energy_high - self.energy_low) / self.length


def pieces(
    evaluate: Callable[[float], tuple[float, float]], low: float, high: float
) -> tuple[Piece, ...]:
    """Find every straight piece of a convex piecewise linear function.

    Parameters
    ----------
    evaluate
        Position → value and slope there; at a kink any slope between those of its two sides.
    low, high
        The part of the line, ``low < high``.

    Returns
    -------
    tuple of Piece
        In order, joined end to end.

    Notes
    -----
    Two tangents meet at or below the function; where they meet below it, the function's tangent at
    that place is a piece in between. Every evaluation finds a kink or a new piece.
    """
    kinks = _kinks(evaluate, (low, *evaluate(low)), (high, *evaluate(high)))
    inner = _distinct([kink for kink in sorted(kinks) if low + SHORT < kink < high - SHORT])
    places = [low, *inner, high]
    values = [evaluate(place)[0] for place in places]
    ends = list(zip(places, values, strict=True))
    return _joined([Piece(*a, *b) for a, b in pairwise(ends)])


def _distinct(places: list[float]) -> list[float]:
    return [b for a, b in pairwise([-inf, *places]) if b - a > SHORT]


_Tangent = tuple[float, float, float]


def _kinks(
    evaluate: Callable[[float], tuple[float, float]], left: _Tangent, right: _Tangent
) -> list[float]:
    """Places where the function bends between the points of two tangents."""
    (a, value_a, slope_a), (b, value_b, slope_b) = left, right
    if slope_b - slope_a < _FLAT:
        return []
    if b - a < SHORT:
        return [(a + b) / 2.0]
    meeting = (value_a - slope_a * a - value_b + slope_b * b) / (slope_b - slope_a)
    meeting = min(max(meeting, a), b)
    below = value_a + slope_a * (meeting - a)
    value, slope = evaluate(meeting)
    if value - below < _FLAT:
        return [meeting]
    between = (meeting, value, slope)
    return [*_kinks(evaluate, left, between), *_kinks(evaluate, between, right)]


def _joined(parts: list[Piece]) -> tuple[Piece, ...]:
    """Join neighbours whose slope does not rise."""
    joined: list[Piece] = []
    for part in parts:
        if joined and part.slope - joined[-1].slope < _FLAT:
            before = joined[-1]
            joined[-1] = Piece(before.low, before.energy_low, part.high, part.energy_high)
        else:
            joined.append(part)
    return tuple(joined)
