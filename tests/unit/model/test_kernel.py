"""The kernel and the deviation of a process, against scikit-learn's and what one expects of one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from sseml.kinds import COMPOSITION
from sseml.model.kernel import KernelInputs, KernelSettings, distinct, exact_inputs, kernel


def _inputs(rows: int, seed: int, features: int = 4) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).normal(size=(rows, features)), -4.0, 4.0)


def _places(rows: int, seed: int) -> np.ndarray:
    """Mixtures of two ends, which lie on a line."""
    share = np.random.default_rng(seed).uniform(size=rows)
    return np.column_stack([share, 1.0 - share])


between = COMPOSITION.distance.between


def made(
    inputs: np.ndarray,
    places: np.ndarray,
    variance: np.ndarray,
    settings: KernelSettings = KernelSettings(),  # noqa: B008 - it is frozen
) -> KernelInputs:
    rows = np.arange(len(inputs))
    return KernelInputs(
        settings, COMPOSITION.distance, rows, exact_inputs(inputs), places, variance
    )


def exact_deviation(known: KernelInputs, cross: np.ndarray) -> np.ndarray:
    """From all inputs, by the textbook (Eq. 2.26 of doi 10.7551/mitpress/3206.001.0001)."""
    apart = between(known.positions, known.positions)
    covariance = kernel(known.settings, (known.inputs, known.inputs), apart)
    covariance += np.diag(known.variance)
    explained = (cross * np.linalg.solve(covariance, cross.T).T).sum(axis=1)
    return np.sqrt(known.settings.largest - explained)


@pytest.mark.parametrize("variance", [0.05, 0.2, 1.0])
def test_of_a_few_inputs_the_deviation_is_scikit_learn_s(variance: float) -> None:
    train, new = _inputs(15, 0), _inputs(25, 1)
    settings = KernelSettings(feature_variance=1.3, feature_length=0.8, distance_variance=0.0)
    known = made(train, np.zeros((15, 2)), np.full(15, variance), settings)
    deviation = known.deviation(known.cross(new, np.zeros((25, 15))))

    # distance is divided by sqrt(4 features)
    of_features = ConstantKernel(1.3) * Matern(length_scale=0.8 * 2.0, nu=0.5)
    oracle = GaussianProcessRegressor(of_features, alpha=variance, optimizer=None)
    _, expected = oracle.fit(train, train[:, 0]).predict(new, return_std=True)
    np.testing.assert_allclose(deviation, expected, atol=1e-6)


def test_of_many_inputs_the_sixteen_most_alike_say_nearly_as_much() -> None:
    places, asked = _places(300, 2), _places(60, 3)
    train, new = (np.sin(each * [6.0, 9.0]) for each in (places, asked))
    known = made(train, places, np.random.default_rng(4).uniform(0.1, 2.0, 300))
    cross = known.cross(new, between(asked, places))
    near, exact = known.deviation(cross), exact_deviation(known, cross)
    assert (near >= exact - 1e-9).all(), "fewer inputs never make an answer surer"
    np.testing.assert_allclose(near, exact, rtol=0.15)
    np.testing.assert_allclose(near.mean(), exact.mean(), rtol=0.05)


def test_less_sure_far_away_and_never_less_than_knowing_nothing() -> None:
    train, places = _inputs(40, 5), _places(40, 6)
    known = made(train, places, np.full(40, 0.05))
    near = known.deviation(known.cross(train[:1], between(places[:1], places)))[0]
    far = known.deviation(known.cross(train[:1] + 30.0, np.ones((1, 40))))[0]
    assert far > 2 * near
    assert far <= np.sqrt(known.settings.largest)


def test_surer_where_more_was_measured() -> None:
    train, places = _inputs(30, 7), _places(30, 8)
    once, often = (made(train, places, np.full(30, each)) for each in (0.2, 0.2 / 9))
    cross = once.cross(train, between(places, places))
    assert (often.deviation(cross) < once.deviation(cross)).all()


def test_a_process_that_knows_one_input_is_that_of_the_textbook() -> None:
    known = made(np.zeros((1, 2)), np.zeros((1, 2)), np.array([0.5]))
    cross = known.cross(np.zeros((1, 2)), np.zeros((1, 1)))
    largest = known.settings.feature_variance + known.settings.distance_variance
    assert cross.tolist() == [[largest]]
    assert known.deviation(cross)[0] == pytest.approx(
        np.sqrt(largest - largest**2 / (largest + 0.5))
    )


def test_rows_of_one_input_are_one_and_each_row_knows_which() -> None:
    inputs = exact_inputs(_inputs(5, 9))[[0, 1, 0, 2, 1, 1]]
    distance = np.zeros((6, 6))
    rows, same = distinct(inputs, distance)
    np.testing.assert_array_equal(inputs[rows][same], inputs)
    assert sorted(rows.tolist()) == [0, 1, 3]
    distance[5, 0] = distance[0, 5] = 0.1  # nearer in features than in what the distance compares
    assert len(distinct(inputs, distance)[0]) > 3


def test_saved_and_read_back_it_is_the_same() -> None:
    train, places = _inputs(30, 10), _places(30, 11)
    known = made(train, places, np.full(30, 0.3), KernelSettings(feature_length=0.5))
    again = KernelInputs.from_arrays(known.to_arrays(), known.distance, places)
    assert again.settings == known.settings
    asked, place = _inputs(10, 12), _places(10, 13)
    old, new = (each.cross(asked, between(place, places)) for each in (known, again))
    np.testing.assert_allclose(new, old, atol=1e-6)
    np.testing.assert_allclose(again.deviation(new), known.deviation(old), atol=1e-6)


def test_no_digit_depends_on_the_rows_beside_or_on_their_places() -> None:
    train, new = _inputs(400, 14), _inputs(150, 15)
    places, asked = _places(400, 16), _places(150, 17)
    new[:50], asked[:50] = (
        train[:50],
        places[:50],
    )  # where a distance is a difference of large numbers
    known = made(train, places, np.random.default_rng(18).uniform(0.1, 1.0, 400))
    apart = between(asked, places)
    cross = known.cross(new, apart)
    deviation = known.deviation(cross)
    draw = np.random.default_rng(19)
    for size in (1, 2, 3, 5, 16, 31, 149):
        rows = draw.choice(150, size=size, replace=False)
        own = known.cross(new[rows], apart[rows])
        assert own.tolist() == cross[rows].tolist()
        assert known.deviation(own).tolist() == deviation[rows].tolist()


@pytest.mark.parametrize("features", [1, 7, 300])
def test_sums_of_products_of_exact_inputs_are_exact_in_any_order(features: int) -> None:
    rows = exact_inputs(_inputs(20, 20, features))
    there, back = rows @ rows.T, rows[:, ::-1] @ rows[:, ::-1].T
    assert there.tolist() == back.tolist()
    np.testing.assert_allclose(rows, _inputs(20, 20, features), atol=1e-4)
