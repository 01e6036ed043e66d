"""The ensemble of trees and process: what its parts see, and that it is saved whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest

from sseml.kinds import COMPOSITION
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.ensemble import (
    CONDUCTOR_LOG10_SIGMA,
    TREES_FLOOR,
    Ensemble,
    Estimate,
    KernelShare,
    Standardiser,
    arrays_below,
)
from sseml.model.regressors import EnsembleSettings, fit_ensemble
from sseml.records import RefusedInputError

SETTINGS = EnsembleSettings(
    boosting_rounds=20, averaged_trees=10, threads=1, boosting_leaf_weight=0.1
)
SIGNALS = ("distance", "spread", "kernel_deviation", "disagreement")

SetOf = Callable[..., TrainingSet]


def _law(X: np.ndarray, place: np.ndarray) -> np.ndarray:
    return -6.0 + X[:, 0] + np.sin(3 * X[:, 1]) + place


def _world(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return np.clip(generator.normal(size=(rows, 5)), -4, 4), generator.uniform(size=rows)


def _set(a_set: SetOf, rows: int, seed: int, **other: np.ndarray) -> TrainingSet:
    X, place = _world(rows, seed)
    return a_set(X, _law(X, place), place, **other)


def _asked(
    data: TrainingSet, rows: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Questions of unknown crystal system about a set, and their truth."""
    X, place = _world(rows, seed)
    positions = np.column_stack([place, 1.0 - place])
    distance = COMPOSITION.distance.between(positions, data.positions)
    return X, distance, np.full(rows, UNKNOWN), _law(X, place)


@pytest.fixture(scope="module")
def data(a_set: SetOf) -> TrainingSet:
    return _set(a_set, 120, 0)


@pytest.fixture(scope="module")
def ensemble(data: TrainingSet) -> Ensemble:
    return fit_ensemble(SETTINGS, data).ensemble


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


def test_trees_do_not_tell_zero_from_rounding_error(a_set: SetOf) -> None:
    """The noise here foretells the target: trees would split on it if they could see it."""
    generator = np.random.default_rng(0)
    noise = generator.choice([0.0, 1e-17], 60)
    X = np.column_stack([noise, generator.normal(size=60)])
    ensemble = fit_ensemble(SETTINGS, a_set(X, noise * 1e17 * 5 - 6.0)).ensemble
    asked = np.array([[0.0, 0.3], [1e-17, 0.3]])
    answer, _ = ensemble.predict(asked, np.zeros((2, 60)), np.full(2, UNKNOWN))
    assert answer.level[0] == answer.level[1]
    assert answer.signals.spread[0] == answer.signals.spread[1]


def test_saved_and_read_back_answers_alike(ensemble: Ensemble, data: TrainingSet) -> None:
    *question, _ = _asked(data, 30, 1)
    again = Ensemble.from_arrays(ensemble.to_arrays(), COMPOSITION.distance, data.positions)
    for old, new in zip(ensemble.predict(*question), again.predict(*question), strict=True):
        np.testing.assert_allclose(new.level, old.level, atol=1e-5)
        np.testing.assert_allclose(new.energy_eV, old.energy_eV, atol=1e-6)
        for name in SIGNALS:
            np.testing.assert_allclose(
                getattr(new.signals, name), getattr(old.signals, name), atol=1e-5
            )


def test_learns_what_there_is_to_learn(ensemble: Ensemble, data: TrainingSet) -> None:
    *question, truth = _asked(data, 200, 2)
    plain, _ = ensemble.predict(*question)
    error = np.abs(plain.level - truth)
    assert error.mean() < 0.7 * np.abs(truth - np.median(truth)).mean()


def test_no_digit_depends_on_the_rows_asked_beside(ensemble: Ensemble, data: TrainingSet) -> None:
    X, distance, systems, _ = _asked(data, 60, 3)
    X[:20], distance[:20] = data.X[:20], data.distance[:20]
    together = ensemble.predict(X, distance, systems)
    draw = np.random.default_rng(4)
    for size in (1, 2, 7, 16, 59):
        rows = draw.choice(60, size=size, replace=False)
        alone = ensemble.predict(X[rows], distance[rows], systems[rows])
        for many, few in zip(together, alone, strict=True):
            assert few.level.tolist() == many.level[rows].tolist()
            assert few.energy_eV.tolist() == many.energy_eV[rows].tolist()
            for name in SIGNALS:
                own, all_ = getattr(few.signals, name), getattr(many.signals, name)
                assert own.tolist() == all_[rows].tolist()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_process_has_the_share_it_was_given(
    ensemble: Ensemble, data: TrainingSet, share: float
) -> None:
    *question, _ = _asked(data, 10, 5)

    def answer(at_all: float) -> Estimate:
        plain = replace(ensemble.plain, share=KernelShare(at_near=at_all, at_far=at_all))
        return replace(ensemble, plain=plain).predict(*question)[0]

    trees, process = answer(0.0).level, answer(1.0).level
    np.testing.assert_allclose(answer(share).level, (1 - share) * trees + share * process)
    disagreement = ensemble.predict(*question)[0].signals.disagreement
    np.testing.assert_allclose(disagreement, np.abs(trees - process))


def test_a_measurement_counts_more_where_it_is_near() -> None:
    share = KernelShare(near=0.02, far=0.12, at_near=0.7, at_far=0.3).of(
        np.array([0.0, 0.02, 0.07, 0.12, 1.0])
    )
    np.testing.assert_allclose(share, [0.7, 0.7, 0.5, 0.3, 0.3])


def test_below_what_trees_know_the_process_alone_decides_how_low(a_set: SetOf) -> None:
    """Measured far below 1e-10 S/cm, in a line with the rest; trees learn no less than that."""
    X = np.linspace(-2.0, 2.0, 80)[:, None]
    log10_sigma = np.where(X[:, 0] < 0.0, -15.0, -5.0)
    data = a_set(X, log10_sigma, X[:, 0] / 5 + 0.5)
    plain, _ = fit_ensemble(SETTINGS, data).ensemble.predict(
        X[[10, 70]], data.distance[[10, 70]], np.full(2, UNKNOWN)
    )
    assert plain.level[0] < -13.0 < TREES_FLOOR
    assert plain.level[1] == pytest.approx(-5.0, abs=0.5)
    assert plain.signals.disagreement.max() < 1.0, "trees that say “no more” agree"


def test_on_the_condition_that_it_conducts_it_is_answered_by_conductors_alone(
    a_set: SetOf,
) -> None:
    X = np.linspace(-2.0, 2.0, 80)[:, None]
    log10_sigma = np.where(np.arange(80) % 2, -4.0, -9.5)
    data = a_set(X, log10_sigma, X[:, 0] / 5 + 0.5)
    plain, if_conductor = fit_ensemble(SETTINGS, data).ensemble.predict(
        X, data.distance, np.full(80, UNKNOWN)
    )
    assert np.median(plain.level) < -5.5
    assert np.abs(if_conductor.level + 4.0).max() < 0.3
    assert (if_conductor.level >= CONDUCTOR_LOG10_SIGMA).all()


def test_where_nothing_conducts_there_is_no_second_output(a_set: SetOf) -> None:
    with pytest.raises(RefusedInputError, match="none of the 30 measurements"):
        fit_ensemble(SETTINGS, a_set(np.zeros((30, 1)), np.full(30, -9.0)))


def test_a_crystal_system_moves_the_level_and_with_it_the_activation_energy(
    a_set: SetOf,
) -> None:
    systems = np.arange(40) % 2 * 4 + 2
    X, place = np.zeros((40, 1)), np.linspace(0.3, 0.5, 40)
    data = a_set(X, np.where(systems == 6, -4.0, -6.0), place, systems=systems)
    ensemble = fit_ensemble(SETTINGS, data).ensemble
    question = (X[:3], np.abs(np.full(3, 0.4)[:, None] - place))
    plain, _ = ensemble.predict(*question, np.array([UNKNOWN, 2, 6]))
    assert plain.by_system[0] == 0.0
    assert plain.by_system[1] < -0.3
    assert plain.by_system[2] > 0.3
    np.testing.assert_allclose(plain.level - plain.level[0], plain.by_system, atol=1e-12)
    assert plain.energy_eV[1] > plain.energy_eV[0] > plain.energy_eV[2]


def test_the_same_seed_fits_the_same_ensemble(a_set: SetOf) -> None:
    data = _set(a_set, 50, 6)
    one, other, third = (
        fit_ensemble(replace(SETTINGS, seed=seed), data).ensemble.to_arrays() for seed in (7, 7, 8)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
    averaged = "plain.trees.averaged.threshold"
    assert not np.array_equal(one[averaged], third[averaged])


def test_what_was_chosen_is_read_back_from_json() -> None:
    chosen = replace(
        SETTINGS,
        share=KernelShare(at_far=0.5),
        process=replace(SETTINGS.process, robust_degrees=5.0),
    )
    written = json.loads(json.dumps(asdict(chosen)))
    assert EnsembleSettings.from_dict(written) == chosen
    with pytest.raises(TypeError, match="wisdom"):
        EnsembleSettings.from_dict({**written, "wisdom": 1})
    written["process"]["kernel"]["wit"] = 2
    with pytest.raises(TypeError, match="wit"):
        EnsembleSettings.from_dict(written)


def test_an_array_that_is_lacking_is_missed_under_its_full_name() -> None:
    part = arrays_below(arrays_below({"a.b.c": np.ones(1), "ab.c": np.zeros(1)}, "a"), "b")
    assert list(part) == ["c"]
    with pytest.raises(KeyError, match=r"a\.b\.d"):
        part["d"]
