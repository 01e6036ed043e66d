"""Lines learned from measurements at all temperatures: against the textbook, and a known law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from sseml.model.arrhenius import Lines, Observations, ProcessSettings
from sseml.model.arrhenius_fit import ArrheniusProcess, FittedLines
from sseml.model.dataset import TrainingSet
from sseml.model.kernel import KernelSettings, exact_inputs, kernel

BOLTZMANN_EV_K = 8.617333262e-5
ROOM_K = 298.15
PLAIN = ProcessSettings(
    kernel=KernelSettings(distance_variance=0.0, noise_variance=0.2), robust_degrees=1e12
)
"""All rows count alike, and features alone tell materials apart."""

SetOf = Callable[..., TrainingSet]


def shift_to(temperature_K: np.ndarray) -> np.ndarray:
    """By σT = A exp(-E / kT), written out anew."""
    return (1 / ROOM_K - 1 / temperature_K) / (BOLTZMANN_EV_K * np.log(10))


def fitted(data: TrainingSet, chosen: ProcessSettings = PLAIN) -> FittedLines:
    return ArrheniusProcess(chosen, data, data.X).fit()


def asked(lines: FittedLines, X: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return lines.lines.predict(lines.inputs.cross(X, distance))


def features(rows: int, seed: int) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).normal(size=(rows, 3)), -4.0, 4.0)


def world(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Materials of a law, measured at 150 to 900 K, some papers of which state an energy."""
    generator = np.random.default_rng(seed)
    X = features(rows, seed)
    level, energy = -5.0 + 1.5 * X[:, 0], 0.45 - 0.04 * X[:, 0] + 0.05 * np.sin(X[:, 1])
    temperature_K = generator.uniform(230.0, 900.0, rows)
    log10_sigma = level + energy * shift_to(temperature_K) + np.log10(ROOM_K / temperature_K)
    stated = np.where(generator.random(rows) < 0.5, energy, np.nan)
    return {
        "X": X, "level": level, "energy": energy, "temperature_K": temperature_K,
        "log10_sigma": log10_sigma, "activation_energy_eV": stated,
    }  # fmt: skip


def brute_posterior(
    data: TrainingSet, chosen: ProcessSettings, variance: np.ndarray, train: np.ndarray
) -> np.ndarray:
    """Expected log10(σT / 298.15 K) of every row from the `train` rows, by the block matrix.

    Level and energy of a material are (mean, mean energy) + two functions of covariance
    kernel × [[1, c], [c, v]]; the mean is that of all rows, as the process takes it.
    """
    shift = shift_to(data.temperature_K)
    measured = data.log10_sigma + np.log10(data.temperature_K / ROOM_K)
    inputs = exact_inputs(data.X)
    alike = kernel(chosen.kernel, (inputs, inputs), data.distance)
    mean_energy, both = chosen.mean_energy_eV, chosen.correlation * chosen.energy_variance**0.5
    block = np.array([[1.0, both], [both, chosen.energy_variance]])
    mean = np.average(measured - shift * mean_energy, weights=1.0 / variance)
    sees, of, seen, noise = [], [], [], []
    for row in np.flatnonzero(train):
        sees.append([1.0, shift[row]])
        of.append(row)
        seen.append(measured[row] - mean - shift[row] * mean_energy)
        noise.append(variance[row])
        if not np.isnan(data.activation_energy_eV[row]):
            sees.append([0.0, 1.0])
            of.append(row)
            seen.append(data.activation_energy_eV[row] - mean_energy)
            noise.append(chosen.energy_noise_variance)
    sees_, of_ = np.array(sees), np.array(of)
    covariance = alike[np.ix_(of_, of_)] * (sees_ @ block @ sees_.T) + np.diag(noise)
    question = np.column_stack([np.ones(len(data)), shift])
    cross = alike[:, of_] * (question @ block @ sees_.T)
    return mean + shift * mean_energy + cross @ np.linalg.solve(covariance, np.array(seen))


# ---- against the textbook


def test_at_one_temperature_it_is_the_process_of_scikit_learn(a_set: SetOf) -> None:
    X, new = features(60, 0), features(25, 1)
    log10_sigma = -5.0 + X[:, 0] - 2 * np.abs(X[:, 1])
    level, _ = asked(fitted(a_set(X, log10_sigma)), new, np.zeros((25, 60)))

    # distance is divided by sqrt(3 features)
    of_features = ConstantKernel(1.3) * Matern(length_scale=0.8 * np.sqrt(3), nu=0.5)
    oracle = GaussianProcessRegressor(of_features, alpha=0.2, optimizer=None)
    oracle.fit(X, log10_sigma - log10_sigma.mean())
    np.testing.assert_allclose(level, oracle.predict(new) + log10_sigma.mean(), atol=1e-6)


def test_at_all_temperatures_it_is_the_process_of_the_block_matrix(a_set: SetOf) -> None:
    made = world(70, 2)
    weights = np.random.default_rng(3).uniform(0.4, 2.0, 70)
    data = a_set(
        made["X"], made["log10_sigma"], weights=weights, temperature_K=made["temperature_K"],
        activation_energy_eV=made["activation_energy_eV"],
    )  # fmt: skip
    variance = 0.2 * weights.mean() / weights
    level, energy = asked(fitted(data), data.X, np.zeros((70, 70)))
    expected = brute_posterior(data, PLAIN, variance, np.ones(70, dtype=bool))
    shift = shift_to(data.temperature_K)
    np.testing.assert_allclose(level + energy * shift, expected, atol=1e-6)


# ---- a known law


def test_the_line_of_a_material_is_found_at_every_temperature(a_set: SetOf) -> None:
    made = world(400, 4)
    sure = replace(PLAIN, kernel=replace(PLAIN.kernel, noise_variance=1e-3))
    data = a_set(
        made["X"], made["log10_sigma"], temperature_K=made["temperature_K"],
        activation_energy_eV=made["activation_energy_eV"],
    )  # fmt: skip
    level, energy = asked(fitted(data, sure), data.X, np.zeros((400, 400)))
    for temperature_K in (230.0, 298.15, 400.0, 600.0, 900.0):
        shift = shift_to(np.array(temperature_K))
        error = (level + energy * shift) - (made["level"] + made["energy"] * shift)
        assert np.abs(error).mean() < 0.12, temperature_K
        assert np.quantile(np.abs(error), 0.95) < 0.4, temperature_K


def test_two_temperatures_of_one_material_tell_its_activation_energy(a_set: SetOf) -> None:
    temperature_K = np.array([300.0, 350.0, 420.0, 500.0, 600.0])
    log10_sigma = -6.0 + 0.7 * shift_to(temperature_K) + np.log10(ROOM_K / temperature_K)
    sure = replace(PLAIN, kernel=replace(PLAIN.kernel, noise_variance=1e-3))
    data = a_set(np.zeros((5, 1)), log10_sigma, temperature_K=temperature_K)
    level, energy = asked(fitted(data, sure), np.zeros((1, 1)), np.zeros((1, 5)))
    assert energy[0] == pytest.approx(0.7, abs=0.02)
    assert level[0] == pytest.approx(-6.0, abs=0.1)


def test_what_conducts_better_than_expected_is_expected_to_have_a_lower_barrier(
    a_set: SetOf,
) -> None:
    X = np.array([[-1.0], [0.0], [1.0]])
    lines = fitted(a_set(X, np.array([-9.0, -6.0, -3.0])))
    level, energy = asked(lines, X, np.zeros((3, 3)))
    assert (np.diff(level) > 0).all()
    assert (np.diff(energy) < 0).all()
    assert lines.lines.energy_per_decade < 0


# ---- what a row counts


def test_an_outlier_of_one_paper_counts_less_than_it_would(a_set: SetOf) -> None:
    """Ten papers measure one material; one of them finds five decades more."""
    X = np.zeros((10, 1))
    log10_sigma = np.full(10, -6.0)
    log10_sigma[3] = -1.0
    data = a_set(X, log10_sigma)
    robust, alike = (
        fitted(data, replace(PLAIN, robust_degrees=degrees)) for degrees in (3.0, 1e12)
    )
    of_outlier, of_others = robust.observations.variance[3], robust.observations.variance[0]
    assert of_outlier > 4 * of_others
    np.testing.assert_allclose(alike.observations.variance, 0.2)
    (robust_level,), _ = asked(robust, np.zeros((1, 1)), np.zeros((1, 10)))
    (level,), _ = asked(alike, np.zeros((1, 1)), np.zeros((1, 10)))
    assert -6.0 < robust_level < level
    assert robust_level < -5.8


def test_a_paper_that_agrees_with_itself_alone_is_an_outlier_too(a_set: SetOf) -> None:
    """Rows of one paper do not vouch for each other."""
    log10_sigma = np.array([-6.0] * 6 + [-2.0] * 3)
    of_papers = {
        name: fitted(
            a_set(np.zeros((9, 1)), log10_sigma, papers=np.array(papers)), ProcessSettings()
        )
        for name, papers in {
            "one": [0, 1, 2, 3, 4, 5, 6, 6, 6],
            "three": [0, 1, 2, 3, 4, 5, 6, 7, 8],
        }.items()
    }
    counts = {
        name: lines.observations.variance[-1] / lines.observations.variance[0]
        for name, lines in of_papers.items()
    }
    assert counts["one"] > 1.5 * counts["three"]


@pytest.mark.parametrize("seed", [5, 6])
def test_what_the_other_papers_expect_is_that_of_fitting_without_the_paper(
    a_set: SetOf, seed: int
) -> None:
    made = world(60, seed)
    papers = np.random.default_rng(seed).integers(0, 15, 60)
    X = made["X"][papers % 7 + np.arange(60) % 3]  # papers share materials
    data = a_set(
        X, made["log10_sigma"], papers=papers, temperature_K=made["temperature_K"],
        activation_energy_eV=made["activation_energy_eV"],
    )  # fmt: skip
    chosen = replace(PLAIN, robust_degrees=3.0, robust_scale=0.8)
    variance = np.full(60, 0.2)
    expected = np.empty(60)
    for paper in np.unique(papers):
        own = papers == paper
        expected[own] = brute_posterior(data, chosen, variance, ~own)[own]
    measured = data.log10_sigma + np.log10(data.temperature_K / ROOM_K)
    off = (measured - expected) / 0.8
    trust = (3.0 + 1.0) / (3.0 + off**2)
    found = fitted(data, chosen).observations
    np.testing.assert_allclose(found.variance, 0.2 * trust.mean() / trust, rtol=1e-6)
    np.testing.assert_allclose(found.log10_sigma_T, measured)


# ---- bounds


def with_bound(a_set: SetOf, bound: float) -> tuple[FittedLines, float]:
    """Eleven papers about one material, the last with a bound; the level there."""
    log10_sigma = np.array([-6.0] * 10 + [bound])
    data = a_set(np.zeros((11, 1)), log10_sigma, is_bound=np.arange(11) == 10)
    lines = fitted(data)
    (level,), _ = asked(lines, np.zeros((1, 1)), np.zeros((1, 11)))
    return lines, level


def test_a_bound_above_what_is_expected_changes_nothing(a_set: SetOf) -> None:
    for bound in (-5.9, -4.0, 0.0):
        lines, level = with_bound(a_set, bound)
        assert level == pytest.approx(-6.0, abs=0.02), bound
        assert lines.observations.log10_sigma_T[10] == pytest.approx(-6.0, abs=0.1)


def test_a_bound_below_what_is_expected_pulls_down(a_set: SetOf) -> None:
    lines, level = with_bound(a_set, -9.0)
    assert level < -6.1
    assert lines.observations.log10_sigma_T[10] == pytest.approx(-9.0)
    assert with_bound(a_set, -12.0)[1] < level


@settings(max_examples=25)
@given(st.floats(-12.0, 2.0), st.floats(-12.0, 2.0))
def test_a_higher_bound_never_lowers_an_answer(a_set: SetOf, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert with_bound(a_set, low)[1] <= with_bound(a_set, high)[1] + 1e-9


# ---- parts, files


def test_a_part_is_what_a_process_of_these_rows_alone_finds(a_set: SetOf) -> None:
    made, new = world(120, 8), features(20, 9)
    data = a_set(
        made["X"], made["log10_sigma"], temperature_K=made["temperature_K"],
        activation_energy_eV=made["activation_energy_eV"],
    )  # fmt: skip
    picked = np.random.default_rng(10).random(120) < 0.6
    whole = ArrheniusProcess(PLAIN, data, data.X)
    everything = whole.fit()
    lines, _ = whole.fit_part(everything.observations, picked)
    part = data.take(picked)
    alone = fitted(part)
    cross = everything.inputs.cross(new, np.zeros((20, 120)))
    own_cross = alone.inputs.cross(new, np.zeros((20, len(part))))
    for of_part, of_alone in zip(lines.predict(cross), alone.lines.predict(own_cross), strict=True):
        np.testing.assert_allclose(of_part, of_alone, atol=1e-9)


def test_saved_and_read_back_they_answer_alike(a_set: SetOf) -> None:
    made = world(40, 11)
    data = a_set(made["X"], made["log10_sigma"], temperature_K=made["temperature_K"])
    lines = fitted(data)
    cross = lines.inputs.cross(data.X, data.distance)
    again = Lines.from_arrays(lines.lines.to_arrays())
    for old, new in zip(lines.lines.predict(cross), again.predict(cross), strict=True):
        assert old.tolist() == new.tolist()
    observations = Observations.from_arrays(lines.observations.to_arrays())
    assert observations.log10_sigma_T.tolist() == lines.observations.log10_sigma_T.tolist()
    assert observations.variance.tolist() == lines.observations.variance.tolist()


def test_no_digit_of_a_line_depends_on_the_rows_asked_beside(a_set: SetOf) -> None:
    made = world(200, 12)
    data = a_set(made["X"], made["log10_sigma"], temperature_K=made["temperature_K"])
    lines = fitted(data)
    level, energy = asked(lines, data.X, data.distance)
    draw = np.random.default_rng(13)
    for size in (1, 2, 5, 16, 31, 199):
        rows = draw.choice(200, size=size, replace=False)
        own_level, own_energy = asked(lines, data.X[rows], data.distance[rows])
        assert own_level.tolist() == level[rows].tolist()
        assert own_energy.tolist() == energy[rows].tolist()


def test_the_order_of_the_measurements_does_not_matter(a_set: SetOf) -> None:
    made = world(50, 14)
    place = np.random.default_rng(15).uniform(size=50)
    order = np.random.default_rng(16).permutation(50)
    chosen = ProcessSettings()
    answers = []
    for rows in (np.arange(50), order):
        data = a_set(
            made["X"][rows], made["log10_sigma"][rows], place[rows],
            temperature_K=made["temperature_K"][rows], papers=np.arange(50)[rows] // 3,
            activation_energy_eV=made["activation_energy_eV"][rows],
        )  # fmt: skip
        level, energy = asked(fitted(data, chosen), data.X, data.distance)
        back = np.argsort(rows)
        answers.append((level[back], energy[back]))
    np.testing.assert_allclose(answers[0][0], answers[1][0], atol=1e-8)
    np.testing.assert_allclose(answers[0][1], answers[1][1], atol=1e-8)
