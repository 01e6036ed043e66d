"""The Gaussian process against scikit-learn's, and against what a person expects of one."""

from __future__ import annotations

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from sseml.model.kernel import GaussianProcess, KernelMean, KernelSettings


def _predict(
    fitted: tuple[GaussianProcess, KernelMean], inputs: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    process, expectation = fitted
    cross = process.cross(inputs, distance)
    return expectation.predict(cross), process.deviation(cross)


def _inputs(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 4))


def test_equals_sklearn_with_the_same_kernel() -> None:
    train, new = _inputs(60, 0), _inputs(25, 1)
    target = train[:, 0] - 2 * np.abs(train[:, 1])
    settings = KernelSettings(
        feature_variance=1.3,
        feature_length=0.8,
        distance_variance=0.0,
        noise_variance=0.2,
    )
    fitted = GaussianProcess.fit(settings, train, np.zeros((60, 60)), target, np.ones(60))
    mean, deviation = _predict(fitted, new, np.zeros((25, 60)))

    # distance is divided by sqrt(4 features)
    kernel = ConstantKernel(1.3) * Matern(length_scale=0.8 * 2.0, nu=0.5)
    oracle = GaussianProcessRegressor(kernel, alpha=0.2, optimizer=None)
    oracle.fit(train, target - target.mean())
    oracle_mean, oracle_deviation = oracle.predict(new, return_std=True)
    np.testing.assert_allclose(mean, oracle_mean + target.mean(), atol=1e-6)
    np.testing.assert_allclose(deviation, oracle_deviation, atol=1e-6)


def test_a_heavier_measurement_pulls_harder_and_is_surer() -> None:
    train = np.array([[0.0], [5.0]])
    target = np.array([1.0, -1.0])
    distance = np.array([[0.0, 1.0], [1.0, 0.0]])
    light = GaussianProcess.fit(KernelSettings(), train, distance, target, np.array([1.0, 1.0]))
    heavy = GaussianProcess.fit(KernelSettings(), train, distance, target, np.array([9.0, 1.0]))
    at_first = (np.array([[0.0]]), np.array([[0.0, 1.0]]))
    (heavy_mean, heavy_deviation), (light_mean, light_deviation) = (
        _predict(fitted, *at_first) for fitted in (heavy, light)
    )
    assert abs(heavy_mean[0] - 1.0) < abs(light_mean[0] - 1.0)
    assert heavy_deviation[0] < light_deviation[0]


def test_less_sure_far_away() -> None:
    train = _inputs(40, 2)
    fitted = GaussianProcess.fit(
        KernelSettings(), train, np.zeros((40, 40)), train[:, 0], np.ones(40)
    )
    near = _predict(fitted, train[:1], np.zeros((1, 40)))[1][0]
    far = _predict(fitted, train[:1] + 30.0, np.ones((1, 40)))[1][0]
    assert far > 2 * near


def test_arrays_round_trip() -> None:
    train = _inputs(30, 3)
    distance = np.abs(train[:, :1] - train[:, 0])
    fitted = GaussianProcess.fit(KernelSettings(), train, distance, train[:, 1], np.ones(30))
    for old, new in zip(
        _predict(fitted, train, distance),
        _predict(_read_back(fitted), train, distance),
        strict=True,
    ):
        np.testing.assert_allclose(new, old, atol=1e-3)


def test_a_part_is_what_a_process_of_these_rows_alone_expects() -> None:
    train, new = _inputs(250, 5), _inputs(20, 6)
    train[200:] = train[:50]
    distance = np.abs(train[:, :1] - train[:, 0])
    generator = np.random.default_rng(7)
    target, weights = train[:, 1] + generator.normal(size=250), generator.uniform(0.5, 2.0, 250)
    picked = generator.random(250) < 0.6
    process, _ = GaussianProcess.fit(KernelSettings(), train, distance, target, weights)
    part = process.fit_part(train, distance, picked, target, weights)
    alone = GaussianProcess.fit(
        KernelSettings(),
        train[picked],
        distance[np.ix_(picked, picked)],
        target[picked],
        weights[picked],
    )
    asked = np.abs(new[:, :1] - train[:, 0])
    np.testing.assert_allclose(
        part.predict(process.cross(new, asked)), _predict(alone, new, asked[:, picked])[0]
    )


def _read_back(
    fitted: tuple[GaussianProcess, KernelMean],
) -> tuple[GaussianProcess, KernelMean]:
    process, expectation = fitted
    return (
        GaussianProcess.from_arrays(process.to_arrays()),
        KernelMean.from_arrays(expectation.to_arrays()),
    )


def test_answers_alike_alone_and_in_a_batch_at_the_training_points_too() -> None:
    """There the squared distance is the difference of two large numbers, and noise if left so."""
    train = _inputs(200, 60)
    distance = np.abs(train[:, :1] - train[:, 0])
    fitted = GaussianProcess.fit(KernelSettings(), train, distance, train[:, 1], np.ones(200))
    process = _read_back(fitted)
    together = _predict(process, train, distance)
    for row in range(0, 200, 7):
        alone = _predict(process, train[row : row + 1], distance[row : row + 1])
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[row], rtol=1e-11)


def test_no_digit_depends_on_the_rows_beside_or_on_their_places() -> None:
    train, new = np.clip(_inputs(400, 6), -4.0, 4.0), np.clip(_inputs(150, 7), -4.0, 4.0)
    distance = np.abs(train[:, :1] - train[:, :1].T) / 10.0
    target = train[:, 0] + 0.1 * train[:, 2]
    fitted = GaussianProcess.fit(KernelSettings(), train, distance, target, np.ones(400))
    asked = np.abs(new[:, :1] - train[:, :1].T) / 10.0
    mean, deviation = _predict(fitted, new, asked)
    draw = np.random.default_rng(8)
    for size in (1, 2, 3, 5, 16, 31, 149):
        rows = draw.choice(150, size=size, replace=False)
        own_mean, own_deviation = _predict(fitted, new[rows], asked[rows])
        assert own_mean.tolist() == mean[rows].tolist()
        assert own_deviation.tolist() == deviation[rows].tolist()
