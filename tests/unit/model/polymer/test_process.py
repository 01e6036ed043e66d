"""The process against the textbook formula, written out for every pair of rows."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest

from sseml.arrays import FloatArray
from sseml.model.polymer.process import (
    CurveProcess,
    Inputs,
    ProcessSettings,
    inverse_temperature,
)

SETTINGS = ProcessSettings(polymer_length=0.8, salt_length=1.2, amounts_length=0.5)
POLYMERS = np.array([[0.0, 0.0], [0.0, 0.0], [0.3, -0.4], [0.3, -0.4], [1.0, 0.2]])
SALTS = np.array([[0.0], [0.0], [0.5], [0.0], [0.5]])
AMOUNTS = np.array([[0.1, 4.0], [0.1, 4.0], [-0.5, 5.0], [0.3, 4.5], [0.0, 6.0]])
AMOUNTS = np.column_stack([AMOUNTS[:, 0], np.zeros(5), AMOUNTS[:, 1]])
T_C = np.array([20.0, 80.0, 60.0, 40.0, 100.0])
CURVE = np.array([0, 0, 1, 2, 3])
TARGET = np.array([-5.0, -3.2, -4.1, -4.8, -2.9])
ONES = np.ones(5)


def covariance(a: int, b: int, t_a: float, t_b: float) -> float:
    """What the docstring of `ProcessSettings` says, for one pair."""
    s = SETTINGS
    k_p = exp(-sqrt(((POLYMERS[a] - POLYMERS[b]) ** 2).sum()) / s.polymer_length)
    k_s = exp(-sqrt(((SALTS[a] - SALTS[b]) ** 2).sum()) / s.salt_length)
    k_c = exp(-sqrt(((AMOUNTS[a] - AMOUNTS[b]) ** 2).sum()) / s.amounts_length)
    constant = s.polymer * k_p + k_p * k_c * (s.polymer_amounts + s.polymer_salt_amounts * k_s)
    slope = s.slope + s.slope_polymer * k_p + s.slope_amounts * k_p * k_c
    tt = t_a * t_b
    return constant + slope * tt + 2.0 * s.curvature * k_p * k_c * tt**2


def inputs(rows: list[int]) -> Inputs:
    return Inputs.of(POLYMERS[rows], SALTS[rows], AMOUNTS[rows])


@pytest.fixture(scope="module")
def fitted() -> CurveProcess:
    return CurveProcess.fit(
        SETTINGS,
        inputs([0, 1, 2, 3, 4]),
        inverse_temperature(T_C),
        TARGET,
        curve=CURVE,
        mean_weights=ONES,
        noise_weights=ONES,
    )


def test_it_is_the_conditional_mean_of_the_covariance_it_states(fitted: CurveProcess) -> None:
    t = 1000.0 / (T_C + 273.15) - 3.0
    design = np.column_stack([np.ones(5), t, AMOUNTS[:, 0], AMOUNTS[:, 0] ** 2, AMOUNTS[:, 2]])
    linear = np.linalg.solve(design.T @ design + 0.01 * np.eye(5), design.T @ TARGET)
    K = np.array([[covariance(a, b, t[a], t[b]) for b in range(5)] for a in range(5)])
    noisy = K + SETTINGS.curve * (CURVE[:, None] == CURVE) + SETTINGS.noise * np.eye(5)
    dual = np.linalg.solve(noisy, TARGET - design @ linear)
    for asked_C in (-20.0, 60.0, 130.0):
        t_new = 1000.0 / (asked_C + 273.15) - 3.0
        across = np.array([[covariance(a, b, t_new, t[b]) for b in range(5)] for a in range(5)])
        means = design.copy()
        means[:, 1] = t_new
        expected = means @ linear + across @ dual
        answer = fitted.lines(inputs([0, 1, 2, 3, 4])).at(np.full(5, t_new))
        np.testing.assert_allclose(answer, expected, atol=1e-8)


def test_a_recipe_is_answered_the_same_alone_and_among_others(fitted: CurveProcess) -> None:
    t = inverse_temperature(np.full(5, 33.0))
    together = fitted.lines(inputs([0, 1, 2, 3, 4])).at(t)
    for row in range(5):
        alone = fitted.lines(inputs([row])).at(t[:1])
        assert alone[0] == together[row]


def test_a_row_with_little_noise_is_met_and_one_with_much_is_not() -> None:
    def misses(noise_weights: FloatArray) -> FloatArray:
        process = CurveProcess.fit(
            SETTINGS,
            inputs([0, 2, 3, 4]),
            inverse_temperature(T_C[[0, 2, 3, 4]]),
            TARGET[[0, 2, 3, 4]],
            curve=np.arange(4),
            mean_weights=np.ones(4),
            noise_weights=noise_weights,
        )
        answer = process.lines(inputs([0, 2, 3, 4])).at(process.t)
        return np.abs(answer - TARGET[[0, 2, 3, 4]])

    sure, unsure = misses(np.full(4, 1e6)), misses(np.full(4, 1e-3))
    assert sure.sum() < unsure.sum()


def test_saved_arrays_answer_alike(fitted: CurveProcess) -> None:
    again = CurveProcess.from_arrays(fitted.to_arrays())
    t = inverse_temperature(T_C)
    asked = inputs([0, 1, 2, 3, 4])
    np.testing.assert_allclose(again.lines(asked).at(t), fitted.lines(asked).at(t), atol=1e-5)
    assert again.settings == SETTINGS


def test_t_is_zero_at_60_degrees() -> None:
    assert inverse_temperature(np.array([1000.0 / 3.0 - 273.15]))[0] == pytest.approx(0.0)
    assert inverse_temperature(np.array([25.0]))[0] == pytest.approx(0.35402, abs=1e-5)
