"""Figures of merit by hand and against scikit-learn and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from sseml.evaluate.metrics import (
    auc,
    clipped_absolute_error,
    coverage,
    group_mean,
    spearman,
)


def test_clipping_both_sides() -> None:
    truth = np.array([-3.0, -18.0, -9.0])
    predicted = np.array([-4.5, -11.0, -14.0])
    np.testing.assert_allclose(clipped_absolute_error(truth, predicted), [1.5, 0.0, 1.0])


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
