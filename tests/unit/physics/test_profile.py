"""Every straight piece of a convex function is found, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.physics.hull import Piece, pieces

Evaluate = Callable[[float], tuple[float, float]]

lengths = st.lists(st.integers(1, 500), min_size=1, max_size=12)
steps = st.lists(st.integers(1, 800), min_size=12, max_size=12)


def broken_line(
    knots: list[float], slopes: list[float], share: float, noise: float = 0.0
) -> tuple[Evaluate, list[float]]:
    """A function and its values at the knots, where its slope is between those of both sides."""
    values = [0.0]
    for (a, b), slope in zip(pairwise(knots), slopes, strict=True):
        values.append(values[-1] + slope * (b - a))

    def evaluate(place: float) -> tuple[float, float]:
        ripple = noise * math.sin(1e9 * place)
        number = next(n for n, knot in enumerate(knots[1:]) if place <= knot + 1e-9)
        slope, beyond = slopes[number], place - knots[number + 1]
        value = values[number] + slope * (place - knots[number])
        if abs(beyond) < 1e-9 and number + 1 < len(slopes):
            value = max(value, values[number + 1] + slopes[number + 1] * beyond)
            slope += share * (slopes[number + 1] - slope)
        return value + ripple, slope

    return evaluate, values


@settings(max_examples=200)
@given(
    start=st.integers(-300, 300),
    lengths=lengths,
    first=st.integers(-900, 300),
    steps=steps,
    share=st.sampled_from((0.0, 0.3, 0.5, 1.0)),
    noise=st.sampled_from((0.0, 1e-13, 1e-11)),
)
def test_convex_functions_are_taken_apart_exactly(
    start: int, lengths: list[int], first: int, steps: list[int], share: float, noise: float
) -> None:
    knots = [float(Fraction(place, 100)) for place in accumulate(lengths, initial=start)]
    slopes = [place / 100 for place in accumulate(steps[: len(lengths) - 1], initial=first)]
    evaluate, values = broken_line(knots, slopes, share, noise)
    found = pieces(evaluate, knots[0], knots[-1])
    assert [piece.low for piece in found] == pytest.approx(knots[:-1], abs=1e-8)
    assert [piece.high for piece in found] == pytest.approx(knots[1:], abs=1e-8)
    assert [piece.slope for piece in found] == pytest.approx(slopes, abs=1e-6)
    assert found[0].energy_low == pytest.approx(values[0], abs=1e-9)
    assert found[-1].energy_high == pytest.approx(values[-1], abs=1e-9)
    for before, after in pairwise(found):
        assert (before.high, before.energy_high) == (after.low, after.energy_low)


@settings(max_examples=100)
@given(
    lengths=st.lists(st.integers(1, 500), min_size=3, max_size=8),
    share=st.sampled_from((0.0, 0.5, 1.0)),
)
def test_the_ends_may_be_anywhere(lengths: list[int], share: float) -> None:
    knots = [place / 100 for place in accumulate(lengths, initial=0)]
    slopes = [float(number) for number in range(len(lengths))]
    evaluate, _ = broken_line(knots, slopes, share)
    low, high = knots[1], (knots[-2] + knots[-1]) / 2
    found = pieces(evaluate, low, high)
    assert [piece.low for piece in found] == pytest.approx(knots[1:-1], abs=1e-8)
    assert found[-1].high == high
    assert [piece.slope for piece in found] == pytest.approx(slopes[1:], abs=1e-6)


def test_a_straight_line_is_one_piece() -> None:
    assert pieces(lambda x: (2.0 * x - 1.0, 2.0), -1.0, 3.0) == (Piece(-1.0, -3.0, 3.0, 5.0),)


def test_few_evaluations_are_needed() -> None:
    # The work behind one is a linear programme.
    knots = [float(number) for number in range(11)]
    evaluate, _ = broken_line(knots, [float(number) for number in range(10)], 0.5)
    asked = []

    def counted(place: float) -> tuple[float, float]:
        asked.append(place)
        return evaluate(place)

    assert len(pieces(counted, 0.0, 10.0)) == 10
    assert len(asked) <= 5 * 10
