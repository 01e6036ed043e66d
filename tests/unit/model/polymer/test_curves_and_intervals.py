"""Curves rise and are read between their points; intervals cover, and agree with probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.arrays import FloatArray
from sseml.model.polymer.ensemble import GRID_C, Curves, along
from sseml.model.polymer.films import local_activation_energy_eV
from sseml.model.polymer.intervals import (
    PROBABILITIES,
    CurveIntervals,
    Spread,
    weighted_quantiles,
)
from sseml.model.polymer.signals import CurveSignals
from sseml.model.polymer.weighting import each_alike, weighted_median

NORMAL = np.array([-1.645, 1.645])


def ragged(seed: int, rows: int = 3) -> Curves:
    generator = np.random.default_rng(seed)
    return Curves(*(generator.normal(-5.0, 1.0, (rows, len(GRID_C))) for _ in range(3)))


# ---- curves


def test_the_mean_is_the_stated_average_where_it_rises() -> None:
    rising = np.tile(np.linspace(-8.0, -3.0, len(GRID_C)), (2, 1))
    curves = Curves(rising, rising + 0.2, rising - 1.0)
    np.testing.assert_allclose(curves.mean, rising + 0.35 * 0.2 - 0.25 * 1.0)


@given(st.integers(0, 10_000))
def test_the_mean_never_falls_on_heating(seed: int) -> None:
    curves = ragged(seed)
    assert (np.diff(curves.mean, axis=1) >= 0.0).all()
    raw = 0.4 * curves.process + 0.35 * curves.boosted + 0.25 * curves.averaged
    np.testing.assert_allclose(np.sort(raw, axis=1), curves.mean)


def test_rows_are_taken_again_and_again() -> None:
    curves = ragged(1)
    taken = curves.take(np.array([2, 0, 2]))
    np.testing.assert_array_equal(taken.mean, curves.mean[[2, 0, 2]])


@given(st.floats(-100.0, 200.0), st.floats(-3.0, -0.5), st.floats(-6.0, -2.0))
def test_a_line_in_inverse_temperature_is_read_exactly_and_goes_on(
    asked_C: float, slope: float, level: float
) -> None:
    curve = level + slope * (1000.0 / (GRID_C + 273.15) - 3.0)
    expected = level + slope * (1000.0 / (asked_C + 273.15) - 3.0)
    assert along(curve[None], np.array([asked_C]))[0] == pytest.approx(expected, abs=1e-9)


def test_points_of_the_grid_are_met_and_between_them_lies_a_line() -> None:
    curve = ragged(3, 1).process
    met = along(np.tile(curve, (len(GRID_C), 1)), GRID_C)
    np.testing.assert_allclose(met, curve[0], atol=1e-12)
    # halfway in 1/T between 20 and 30 °C: 2 / (1/293.15 + 1/303.15) = 298.066 K
    halfway_C = 2.0 / (1.0 / 293.15 + 1.0 / 303.15) - 273.15
    between = along(curve, np.array([halfway_C]))[0]
    assert between == pytest.approx(curve[0, [8, 9]].mean())


def test_activation_energy_by_hand() -> None:
    """sigma T = A exp(-E / k T) with E = 0.6 eV."""
    kelvin = GRID_C + 273.15
    curve = 5.0 - np.log10(kelvin) - 0.6 / (8.617333262e-5 * np.log(10.0) * kelvin)
    energies = local_activation_energy_eV(np.tile(curve, (3, 1)), np.array([0.0, 25.0, 90.0]))
    np.testing.assert_allclose(energies, 0.6, atol=2e-3)


# ---- weights


def test_every_group_weighs_alike() -> None:
    group = np.array([7, 7, 7, 3, 9, 9])
    weights = each_alike(group)
    assert weights.mean() == pytest.approx(1.0)
    assert [weights[group == number].sum() for number in (3, 7, 9)] == pytest.approx([2.0] * 3)
    np.testing.assert_array_equal(each_alike(group, 0.0), np.ones(6))


def test_median_of_papers_not_of_rows() -> None:
    """Five rows of one paper at -3, one row each of two papers at -5: the papers say -5."""
    values = np.array([-3.0] * 5 + [-5.0, -5.0])
    paper = np.array([0] * 5 + [1, 2])
    assert weighted_median(values, each_alike(paper)) == -5.0
    assert weighted_median(values, np.ones(7)) == -3.0


def test_quantiles_by_hand() -> None:
    score = np.arange(1.0, 100.0)  # 99 values: the p quantile is at 100 p
    found = weighted_quantiles(score, np.ones(99))
    np.testing.assert_allclose(found, np.clip(100.0 * PROBABILITIES, 1.0, 99.0), atol=1e-9)
    assert (np.diff(found) >= 0.0).all()
    with pytest.raises(ValueError, match="no held-out measurement"):
        weighted_quantiles(np.empty(0), np.empty(0))


# ---- intervals


def world(rows: int, seed: int) -> tuple[CurveSignals, FloatArray, FloatArray]:
    """Errors that grow with distance and in the cold, and lie low in the cold."""
    generator = np.random.default_rng(seed)
    temperature_C = generator.uniform(-20.0, 120.0, rows)
    nearest = generator.uniform(0.0, 0.7, rows)
    zero = np.zeros(rows)
    t = 1000.0 / (temperature_C + 273.15) - 3.0
    signals = CurveSignals(zero - 4.0, zero, zero, zero, nearest, t, zero + 0.1, zero, zero)
    noise = generator.standard_t(5, rows) - 0.5 * (temperature_C < 20.0)
    return signals, noise * (0.2 + nearest) * np.exp(0.3 * t), temperature_C


@pytest.fixture(scope="module")
def intervals() -> CurveIntervals:
    signals, residual, temperature_C = world(6000, 0)
    return CurveIntervals.fit(signals, residual, temperature_C, np.arange(6000))


def test_they_cover_new_data_at_every_temperature(intervals: CurveIntervals) -> None:
    signals, residual, temperature_C = world(20_000, 1)
    low, high = intervals.spread(signals, temperature_C).limits(np.zeros(20_000))
    inside = (low <= residual) & (residual <= high)
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    for coldest, hottest in ((-20.0, 10.0), (25.0, 35.0), (45.0, 55.0), (70.0, 120.0)):
        band = (temperature_C >= coldest) & (temperature_C < hottest)
        assert inside[band].mean() == pytest.approx(0.9, abs=0.04)


def test_they_are_wider_farther_away(intervals: CurveIntervals) -> None:
    signals, _, temperature_C = world(2, 2)
    signals = replace(signals, nearest=np.array([0.0, 0.6]), t=np.full(2, 0.3))
    width = intervals.spread(signals, np.full(2, 25.0)).width
    assert width[1] > 1.5 * width[0]
    assert temperature_C.shape == width.shape


def test_saved_arrays_give_the_same_intervals(intervals: CurveIntervals) -> None:
    signals, _, temperature_C = world(50, 3)
    again = CurveIntervals.from_arrays(intervals.to_arrays())
    for first, second in zip(
        again.spread(signals, temperature_C).limits(np.zeros(50)),
        intervals.spread(signals, temperature_C).limits(np.zeros(50)),
        strict=True,
    ):
        np.testing.assert_array_equal(first, second)


spreads = st.builds(
    lambda seed, width, shift: Spread(
        np.array([width]),
        np.sort(np.random.default_rng(seed).normal(shift, 1.0, (1, len(PROBABILITIES))), axis=1),
    ),
    st.integers(0, 10_000),
    st.floats(0.05, 3.0),
    st.floats(-4.0, 4.0),
)


@given(spreads, st.floats(-12.0, 0.0))
def test_an_interval_holds_its_answer(spread: Spread, mean: float) -> None:
    low, high = spread.limits(np.array([mean]))
    assert low[0] <= mean <= high[0]


@given(spreads)
def test_quantiles_rise_with_probability(spread: Spread) -> None:
    offsets = [spread.at(np.array([p]))[0] for p in np.linspace(0.0, 1.0, 41)]
    assert (np.diff(offsets) >= 0.0).all()


@given(spreads, st.floats(-20.0, 20.0), st.floats(0.0, 10.0))
def test_probability_rises_with_the_bound_and_is_one(
    spread: Spread, decades: float, step: float
) -> None:
    lower, upper = (spread.below(np.array([at]))[0] for at in (decades, decades + step))
    assert 0.0 <= lower <= upper <= 1.0


@given(spreads, st.floats(0.006, 0.994))
def test_probability_is_the_inverse_of_the_quantile(spread: Spread, probability: float) -> None:
    at = spread.at(np.array([probability]))
    assert spread.below(at)[0] == pytest.approx(probability, abs=1e-6)


def test_five_percent_lie_below_the_lower_limit() -> None:
    normal = np.array([NORMAL[0] + (NORMAL[1] - NORMAL[0]) * (PROBABILITIES - 0.05) / 0.9])
    spread = Spread(np.array([0.8]), normal)
    low, high = spread.limits(np.array([-4.0]))
    assert low[0] == pytest.approx(-4.0 - 1.645 * 0.8)
    assert high[0] == pytest.approx(-4.0 + 1.645 * 0.8)
    assert spread.below(low + 4.0)[0] == pytest.approx(0.05)
    assert spread.below(high + 4.0)[0] == pytest.approx(0.95)
