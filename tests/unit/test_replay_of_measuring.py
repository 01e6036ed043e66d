"""What to measure next: scores and updates by hand and in any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.evaluate.ranking import (
    CHOICES,
    Candidates,
    farthest,
    least_known,
    most_covering,
    teaching,
)


def _candidates(covariance: np.ndarray, noise: float = 1.0) -> Candidates:
    count = len(covariance)
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / 10.0
    return Candidates(
        mean=np.zeros(count),
        covariance=covariance,
        noise=np.full(count, noise),
        distance=apart,
        nearest=np.full(count, 0.25),
    )


HAND = _candidates(np.array([[3.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 4.0]]))


def test_scores_by_hand() -> None:
    assert teaching(HAND) == pytest.approx([10 / 4, 2 / 2, 16 / 5])
    assert least_known(HAND) == pytest.approx([3.0, 1.0, 4.0])
    assert farthest(HAND) == pytest.approx([0.25, 0.25, 0.25])
    assert most_covering(HAND) == pytest.approx([0.45, 0.55, 0.45])


def test_one_measurement_by_hand() -> None:
    after = HAND.measured(0, 2.0)
    assert after.mean == pytest.approx([1.5, 0.5, 0.0])
    assert after.covariance.diagonal() == pytest.approx([0.75, 0.75, 4.0])
    assert after.nearest == pytest.approx([0.0, 0.1, 0.2])
    assert HAND.mean.tolist() == [0.0, 0.0, 0.0]


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.floats(0.05, 5.0))
def test_a_score_is_the_variance_that_a_measurement_takes(
    seed: int, count: int, noise: float
) -> None:
    root = np.random.default_rng(seed).normal(size=(count, count))
    before = _candidates(root @ root.T, noise)
    for row, score in enumerate(teaching(before)):
        after = before.measured(row, 1.0)
        lowered = before.covariance.trace() - after.covariance.trace()
        assert score == pytest.approx(lowered, rel=1e-9, abs=1e-9)


@given(st.permutations(range(4)))
def test_the_order_of_measurements_does_not_matter(order: list[int]) -> None:
    root = np.random.default_rng(3).normal(size=(4, 4))
    values = np.array([-3.0, -5.0, -4.0, -7.0])
    one = other = _candidates(root @ root.T + np.eye(4))
    for row in range(4):
        one = one.measured(row, float(values[row]))
    for row in order:
        other = other.measured(row, float(values[row]))
    assert one.mean == pytest.approx(other.mean)
    assert one.covariance == pytest.approx(other.covariance)


def test_every_choice_scores_every_candidate() -> None:
    assert all(choice(HAND).shape == (3,) for choice in CHOICES.values())
