"""Figures of merit by hand and against scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, spearmanr
from sklearn.metrics import roc_auc_score

from sseml.evaluate.answers import Limits
from sseml.evaluate.metrics import (
    auc,
    clipped_absolute_error,
    clipped_error,
    coverage,
    group_mean,
    mean_or_nan,
    of_nearest,
    share_limits,
    spearman,
)


def test_clipping_both_sides() -> None:
    truth = np.array([-3.0, -18.0, -9.0])
    predicted = np.array([-4.5, -11.0, -14.0])
    np.testing.assert_allclose(clipped_absolute_error(truth, predicted), [1.5, 0.0, 1.0])
    np.testing.assert_allclose(clipped_error(truth, predicted), [-1.5, 0.0, -1.0])


def test_a_large_group_counts_once() -> None:
    values = np.array([1.0, 1.0, 1.0, 5.0])
    assert group_mean(values, np.array([7, 7, 7, 2])) == 3.0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=60).filter(
        lambda rows: len({positive for positive, _ in rows}) == 2
    )
)
def test_auc_equals_sklearn_ties_included(rows: list[tuple[bool, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    score = np.array([float(row[1]) for row in rows])
    assert auc(positive, score) == pytest.approx(roc_auc_score(positive, score))


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-5, 5), st.integers(0, 4)), min_size=2, max_size=60
    ).filter(lambda rows: len({row[0] for row in rows}) == 2)
)
def test_grouped_auc_equals_sklearn_with_group_weights(rows: list[tuple[bool, int, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    score = np.array([float(row[1]) for row in rows])
    groups = np.array([row[2] for row in rows])
    weight = 1.0 / np.bincount(groups)[groups]
    oracle = roc_auc_score(positive, score, sample_weight=weight)
    assert auc(positive, score, groups) == pytest.approx(oracle)


def test_auc_needs_both_classes() -> None:
    for groups in (None, np.array([0, 1])):
        assert np.isnan(auc(np.array([True, True]), np.array([1.0, 2.0]), groups))


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=40))
def test_spearman_equals_scipy(rows: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(rows, dtype=float).T
    if np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        assert np.isnan(spearman(truth, predicted))
    else:
        assert spearman(truth, predicted) == pytest.approx(spearmanr(truth, predicted).statistic)


def test_coverage_counts_the_limits_in() -> None:
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    assert coverage(truth, np.array([1.0, 0, 0, 0]), np.array([1.0, 2.0, 2.0, 9.0])) == 0.75


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_limits_of_a_share_are_wilsons(trials: tuple[int, int]) -> None:
    successes, count = trials
    low, high = share_limits(successes / count, count)
    oracle = binomtest(successes, count).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=1e-6)


@given(st.floats(0.0, 1.0), st.integers(1, 200), st.integers(1, 200))
def test_more_groups_make_a_share_surer(share: float, count: int, more: int) -> None:
    """The share of rows need not be one of the groups, which are fewer."""
    few, many = share_limits(share, count), share_limits(share, count + more)
    for low, high in (few, many):
        assert 0.0 <= low <= share <= high <= 1.0
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(
    ("truth", "low", "high", "inside"),
    [
        (-5.0, -5.0, -4.0, True),
        (-5.0, -6.0, -5.0, True),
        (-5.0, -4.9, -4.0, False),
        (-5.0, -7.0, -5.1, False),
        (-12.0, -11.0, -9.0, True),  # both reach below 1e-10 S/cm, where nothing is told apart
        (-12.0, -20.0, -15.0, True),
        (-10.0, -20.0, -15.0, True),
        (-12.0, -9.9, -8.0, False),
        (-9.9, -20.0, -15.0, False),
        (-9.9, -20.0, -10.0, False),
    ],
)
def test_nothing_counts_below_1e_10(truth: float, low: float, high: float, inside: bool) -> None:
    limits = Limits(np.array([(low + high) / 2]), np.array([low]), np.array([high]))
    assert limits.holds(np.array([truth])).tolist() == [inside]


def test_all_that_are_equally_near_count_alike() -> None:
    distance = np.array([[0.2, 0.1, 0.1 + 1e-12], [0.3, 0.5, 0.4]])
    np.testing.assert_allclose(of_nearest(distance, np.array([-1.0, -4.0, -6.0])), [-5.0, -1.0])


def test_the_mean_of_nothing_is_not_a_number() -> None:
    assert np.isnan(mean_or_nan(np.empty(0)))
    assert mean_or_nan(np.array([1.0, 3.0])) == 2.0
