"""A forest of arrays answers exactly as the learner that was fitted."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesRegressor

from sseml.forest import Forest, forest_from_sklearn, forest_from_xgboost


def _data(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(rows, 7)).round(1)  # ties and values on thresholds
    return X, 3 * X[:, 0] + X[:, 1] ** 2 + generator.normal(size=rows)


@pytest.fixture(scope="module")
def extra_trees() -> tuple[ExtraTreesRegressor, Forest]:
    X, y = _data(0)
    fitted = ExtraTreesRegressor(n_estimators=30, min_samples_leaf=2, random_state=0).fit(X, y)
    return fitted, forest_from_sklearn(fitted)


def _booster(objective: str, label: np.ndarray, X: np.ndarray) -> xgboost.Booster:
    parameters = {"objective": objective, "max_depth": 4, "seed": 0, "nthread": 1}
    return xgboost.train(parameters, xgboost.DMatrix(X, label=label), num_boost_round=40)


def test_equals_sklearn(extra_trees: tuple[ExtraTreesRegressor, Forest]) -> None:
    fitted, forest = extra_trees
    X, _ = _data(1, 1000)
    np.testing.assert_allclose(forest.predict(X), fitted.predict(X), rtol=0, atol=1e-5)


def test_spread_is_the_standard_deviation_over_trees(
    extra_trees: tuple[ExtraTreesRegressor, Forest],
) -> None:
    fitted, forest = extra_trees
    X, _ = _data(2, 50)
    by_tree = np.stack([tree.predict(X.astype(np.float32)) for tree in fitted.estimators_])
    np.testing.assert_allclose(forest.predict_with_spread(X)[1], by_tree.std(axis=0), atol=1e-5)


def test_equals_xgboost_regression() -> None:
    X, y = _data(3)
    booster = _booster("reg:squarederror", y, X)
    new, _ = _data(4, 1000)
    np.testing.assert_allclose(
        forest_from_xgboost(booster).predict(new), booster.predict(xgboost.DMatrix(new)), atol=1e-4
    )


def test_gives_the_margin_of_an_xgboost_classifier() -> None:
    X, y = _data(5)
    booster = _booster("binary:logistic", (y > 2).astype(float), X)
    margin = booster.predict(xgboost.DMatrix(X), output_margin=True)
    np.testing.assert_allclose(forest_from_xgboost(booster).predict(X), margin, atol=1e-4)


def test_arrays_round_trip(extra_trees: tuple[ExtraTreesRegressor, Forest]) -> None:
    _, forest = extra_trees
    X, _ = _data(6, 20)
    again = Forest.from_arrays(forest.to_arrays())
    np.testing.assert_array_equal(again.predict(X), forest.predict(X))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 99), min_size=1, max_size=20))
def test_each_row_is_answered_on_its_own(
    extra_trees: tuple[ExtraTreesRegressor, Forest], rows: list[int]
) -> None:
    _, forest = extra_trees
    X, _ = _data(7, 100)
    np.testing.assert_array_equal(forest.predict(X[rows]), forest.predict(X)[rows])
