"""The ensemble of trees and kernel: what its parts see, and that it is saved whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sseml.features.composition import fraction_distance
from sseml.model.ensemble import Ensemble, Standardiser, arrays_below
from sseml.model.regressors import EnsembleSettings, fit_ensemble

SETTINGS = EnsembleSettings(
    boosting_rounds=20, averaged_trees=10, threads=1, boosting_leaf_weight=0.1
)
SIGNALS = ("spread", "kernel_deviation", "disagreement")


def _world(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(rows, 5))
    fractions = generator.dirichlet(np.ones(4), rows)
    return X, fractions, 2 * X[:, 0] + np.sin(3 * X[:, 1]) + fractions[:, 0]


@pytest.fixture(scope="module")
def fitted() -> tuple[Ensemble, np.ndarray]:
    X, fractions, target = _world(80, 0)
    distance = fraction_distance(fractions, fractions)
    return fit_ensemble(SETTINGS, X, distance, target, np.ones(80)), fractions


def test_missing_values_are_the_training_median() -> None:
    X = np.array([[1.0, np.nan], [2.0, np.nan], [9.0, np.nan]])
    standardiser = Standardiser.fit(X)
    filled = standardiser.fill(np.array([[np.nan, np.nan]]))
    np.testing.assert_array_equal(filled, [[2.0, 0.0]])


def test_standardised_features_are_centred_scaled_and_held_within_four() -> None:
    X = np.array([[0.0, 7.0], [2.0, 7.0]])
    standardiser = Standardiser.fit(X)
    np.testing.assert_allclose(standardiser.standardise(X), [[-1.0, 0.0], [1.0, 0.0]])
    odd = standardiser.standardise(np.array([[1e9, -1e9]]))
    np.testing.assert_allclose(odd, [[4.0, 0.0]], err_msg="a constant column says nothing")


def test_trees_do_not_tell_zero_from_rounding_error() -> None:
    """The noise here foretells the target: trees would split on it if they could see it."""
    generator = np.random.default_rng(0)
    noise = generator.choice([0.0, 1e-17], 60)
    X = np.column_stack([noise, generator.normal(size=60)])
    alike = np.zeros((60, 60))
    ensemble = fit_ensemble(SETTINGS, X, alike, noise * 1e17 * 5, np.ones(60))
    asked = np.array([[0.0, 0.3], [1e-17, 0.3]])
    answer = ensemble.predict(asked, np.zeros((2, 60)))
    assert answer.mean[0] == answer.mean[1]
    assert answer.signals.spread[0] == answer.signals.spread[1]


def test_saved_and_read_back_answers_alike(fitted: tuple[Ensemble, np.ndarray]) -> None:
    ensemble, fractions = fitted
    X, own, _ = _world(30, 1)
    distance = fraction_distance(own, fractions)
    old, new = (
        which.predict(X, distance)
        for which in (ensemble, Ensemble.from_arrays(ensemble.to_arrays()))
    )
    np.testing.assert_allclose(new.mean, old.mean, atol=1e-5)
    for name in SIGNALS:
        np.testing.assert_allclose(
            getattr(new.signals, name), getattr(old.signals, name), atol=1e-5
        )


def test_learns_what_there_is_to_learn(fitted: tuple[Ensemble, np.ndarray]) -> None:
    ensemble, fractions = fitted
    X, own, target = _world(200, 2)
    error = np.abs(ensemble.predict(X, fraction_distance(own, fractions)).mean - target)
    assert error.mean() < 0.7 * np.abs(target - target.mean()).mean()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_kernel_has_the_share_it_was_given(
    fitted: tuple[Ensemble, np.ndarray], share: float
) -> None:
    ensemble, fractions = fitted
    X, own, _ = _world(10, 3)
    distance = fraction_distance(own, fractions)

    def mean(kernel_share: float) -> np.ndarray:
        shared = replace(ensemble, mix=replace(ensemble.mix, kernel_share=kernel_share))
        return shared.predict(X, distance).mean

    np.testing.assert_allclose(mean(share), (1 - share) * mean(0.0) + share * mean(1.0))
    disagreement = ensemble.predict(X, distance).signals.disagreement
    np.testing.assert_allclose(disagreement, np.abs(mean(0.0) - mean(1.0)))


def test_the_same_seed_fits_the_same_blend() -> None:
    X, fractions, target = _world(50, 4)
    distance = fraction_distance(fractions, fractions)
    one, other, third = (
        fit_ensemble(replace(SETTINGS, seed=seed), X, distance, target, np.ones(50)).to_arrays()
        for seed in (7, 7, 8)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
    assert not np.array_equal(one["mix.averaged.threshold"], third["mix.averaged.threshold"])


def test_an_array_that_is_lacking_is_missed_under_its_full_name() -> None:
    part = arrays_below(arrays_below({"a.b.c": np.ones(1), "ab.c": np.zeros(1)}, "a"), "b")
    assert list(part) == ["c"]
    with pytest.raises(KeyError, match=r"a\.b\.d"):
        part["d"]
