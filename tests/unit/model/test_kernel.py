"""The Gaussian process against scikit-learn's, and against what a person expects of one."""

from __future__ import annotations

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from sseml.model.kernel import GaussianProcess, KernelSettings


def _inputs(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 4))


def test_equals_sklearn_with_the_same_kernel() -> None:
    train, new = _inputs(60, 0), _inputs(25, 1)
    target = train[:, 0] - 2 * np.abs(train[:, 1])
    settings = KernelSettings(
        feature_variance=1.3,
        feature_length=0.8,
        composition_variance=0.0,
        noise_variance=0.2,
    )
    process = GaussianProcess.fit(settings, train, np.zeros((60, 60)), target, np.ones(60))
    mean, deviation = process.predict(new, np.zeros((25, 60)))

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
    assert abs(heavy.predict(*at_first)[0][0] - 1.0) < abs(light.predict(*at_first)[0][0] - 1.0)
    assert heavy.predict(*at_first)[1][0] < light.predict(*at_first)[1][0]


def test_less_sure_far_away() -> None:
    train = _inputs(40, 2)
    process = GaussianProcess.fit(
        KernelSettings(), train, np.zeros((40, 40)), train[:, 0], np.ones(40)
    )
    near = process.predict(train[:1], np.zeros((1, 40)))[1][0]
    far = process.predict(train[:1] + 30.0, np.ones((1, 40)))[1][0]
    assert far > 2 * near


def test_arrays_round_trip() -> None:
    train = _inputs(30, 3)
    distance = np.abs(train[:, :1] - train[:, 0])
    process = GaussianProcess.fit(KernelSettings(), train, distance, train[:, 1], np.ones(30))
    again = GaussianProcess.from_arrays(process.to_arrays())
    for old, new in zip(
        process.predict(train, distance), again.predict(train, distance), strict=True
    ):
        np.testing.assert_allclose(new, old, atol=1e-3)


def test_answers_alike_alone_and_in_a_batch_at_the_training_points_too() -> None:
    """There the squared distance is the difference of two large numbers, and noise if left so."""
    train = _inputs(200, 60)
    distance = np.abs(train[:, :1] - train[:, 0])
    fitted = GaussianProcess.fit(KernelSettings(), train, distance, train[:, 1], np.ones(200))
    process = GaussianProcess.from_arrays(fitted.to_arrays())
    together = process.predict(train, distance)
    for row in range(0, 200, 7):
        alone = process.predict(train[row : row + 1], distance[row : row + 1])
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[row], rtol=1e-11)
