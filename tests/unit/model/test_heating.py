"""From 25 °C to any temperature: by hand, and what must hold for any answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.model.calibration import IntervalModel, Signals
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, Estimate
from sseml.model.heating import (
    CEILING_LOG10_SIGMA,
    Conductivity,
    bounded_energy,
    conductivity_at,
    conductivity_score,
    log10_sigma_at,
    shift_from_25,
)

BOLTZMANN_EV_K = 8.617333262e-5
ROOM_K = 298.15

LEVELS = st.floats(-20.0, 0.5)
ENERGIES = st.floats(-0.5, 2.0)
KELVINS = st.floats(223.15, 1073.15)
"""-50 to 800 °C."""

INTERVALS = st.builds(
    IntervalModel,
    width_coefficients=st.tuples(st.floats(-2.0, 1.0), *[st.floats(0.0, 0.5)] * 4),
    signal_floor=st.just((1.0, -2.0, -1.0, -1.0, -1.0)),
    families=st.just({"garnet": 0.2}),
    low_quantiles=st.tuples(*[st.tuples(*[st.floats(-4.0, 0.0)] * 2)] * 3),
    high_quantiles=st.tuples(*[st.tuples(*[st.floats(0.0, 4.0)] * 2)] * 3),
    largest_shift=st.floats(2.0, 8.0),
    level=st.just(0.9),
    resolution=st.just(0.1),
)


def estimate(level: float, energy_eV: float) -> Estimate:
    one = np.full(1, 0.1)
    return Estimate(np.array([level]), np.array([energy_eV]), np.zeros(1), Signals(*[one] * 4))


def answer(
    of: Estimate, interval: IntervalModel, temperature_K: float, floor: float = -np.inf
) -> Conductivity:
    return conductivity_at(of, interval, np.array([temperature_K]), ["garnet"], floor)


# ---- by hand


@pytest.mark.parametrize("temperature_C", [-30.0, 25.0, 100.0, 500.0])
def test_heated_along_its_activation_energy(temperature_C: float) -> None:
    T = temperature_C + 273.15
    prefactor = 1e-6 * ROOM_K * math.exp(0.5 / (BOLTZMANN_EV_K * ROOM_K))
    expected = math.log10(prefactor / T * math.exp(-0.5 / (BOLTZMANN_EV_K * T)))
    assert log10_sigma_at(estimate(-6.0, 0.5), np.array([T]))[0] == pytest.approx(expected)


def test_no_solid_conducts_better_than_ten_siemens_per_cm() -> None:
    assert log10_sigma_at(estimate(-1.0, 0.5), np.array([1073.15])) == CEILING_LOG10_SIGMA


@given(LEVELS, ENERGIES)
def test_the_prefactor_is_one_that_solids_have(level: float, energy_eV: float) -> None:
    [energy] = bounded_energy(estimate(level, energy_eV))
    prefactor = level + math.log10(ROOM_K) + energy / (BOLTZMANN_EV_K * ROOM_K * math.log(10))
    assert 2.5 - 1e-6 <= prefactor <= 8.5 + 1e-6
    if 2.5 + 1e-6 < prefactor < 8.5 - 1e-6 and energy > 0.0951:
        assert energy == pytest.approx(energy_eV, abs=1e-9)


def test_a_conductor_is_one_at_25_and_its_lower_limit_too() -> None:
    interval = IntervalModel(
        (0.0,) * 5, (0.0,) * 5, {}, ((-3.0, -3.0),) * 3, ((3.0, 3.0),) * 3,
        largest_shift=6.0, level=0.9, resolution=0.1,
    )  # fmt: skip
    told = answer(estimate(-5.0, 0.4), interval, ROOM_K, CONDUCTOR_LOG10_SIGMA)
    assert told.log10_low == CONDUCTOR_LOG10_SIGMA
    assert answer(estimate(-5.0, 0.4), interval, ROOM_K).log10_low == -8.0


def test_the_score_is_the_mean_of_both_outputs_for_what_surely_conducts_and_the_first_else() -> (
    None
):
    room = np.array([ROOM_K])
    second = estimate(-4.0, 0.3)
    assert conductivity_score(estimate(-5.0, 0.3), second, room) == pytest.approx(-4.5)
    assert conductivity_score(estimate(-10.0, 0.3), second, room) == pytest.approx(-10.0)
    assert conductivity_score(estimate(-13.0, 0.7), second, room) == pytest.approx(-13.0)


# ---- for any answer


@given(LEVELS, ENERGIES, INTERVALS, KELVINS)
def test_limits_hold_the_answer(
    level: float, energy_eV: float, interval: IntervalModel, temperature_K: float
) -> None:
    told = answer(estimate(level, energy_eV), interval, temperature_K)
    assert told.log10_low <= told.log10 <= told.log10_high <= CEILING_LOG10_SIGMA


@given(LEVELS, ENERGIES, KELVINS, KELVINS)
def test_no_material_conducts_worse_when_heated(
    level: float, energy_eV: float, one: float, other: float
) -> None:
    cold, hot = sorted((one, other))
    of = estimate(level, energy_eV)
    low, high = (log10_sigma_at(of, np.array([each]))[0] for each in (cold, hot))
    assert low <= high + 1e-12


@given(LEVELS, LEVELS, ENERGIES, ENERGIES, KELVINS, KELVINS)
def test_no_score_falls_on_heating(
    level: float, second: float, energy_eV: float, other_eV: float, one: float, other: float
) -> None:
    cold, hot = sorted((one, other))
    plain, if_conductor = estimate(level, energy_eV), estimate(second, other_eV)
    low, high = (
        conductivity_score(plain, if_conductor, np.array([each]))[0] for each in (cold, hot)
    )
    assert low <= high + 1e-12


@given(LEVELS, ENERGIES, INTERVALS, KELVINS, KELVINS)
def test_no_limit_falls_on_heating(
    level: float, energy_eV: float, interval: IntervalModel, one: float, other: float
) -> None:
    of = estimate(level, energy_eV)
    cold, hot = (answer(of, interval, each) for each in sorted((one, other)))
    assert cold.log10_low <= hot.log10_low + 1e-12
    assert cold.log10_high <= hot.log10_high + 1e-12


@given(LEVELS, ENERGIES, INTERVALS, KELVINS)
def test_limits_are_those_of_the_interval_but_rise_with_temperature(
    level: float, energy_eV: float, interval: IntervalModel, temperature_K: float
) -> None:
    """Hot they are only ever lifted, cold only ever lowered; a line between knots errs a little."""
    of = estimate(level, energy_eV)
    width = interval.width(of.signals, ["garnet"])
    low, high = interval.offsets(width, of.level, np.zeros(1))
    told = answer(of, interval, ROOM_K)
    assert told.log10_low == pytest.approx(level + low)
    assert told.log10_high == pytest.approx(min(level + high, CEILING_LOG10_SIGMA))
    low, high = interval.offsets(width, of.level, shift_from_25(np.array([temperature_K])))
    told = answer(of, interval, temperature_K)
    is_hot = temperature_K > ROOM_K
    if is_hot and answer(of, interval, 1073.15).log10_high >= CEILING_LOG10_SIGMA:
        return  # held under the ceiling, a limit is a line from there on
    away = 1.0 if is_hot else -1.0
    for limit, offset in ((told.log10_low, low), (told.log10_high, high)):
        assert away * limit >= away * (told.log10 + offset) - 0.1


def test_answers_do_not_depend_on_the_rows_beside() -> None:
    draw = np.random.default_rng(0)
    signals = Signals(*draw.uniform(0.0, 0.5, (4, 50)))
    many = Estimate(draw.uniform(-12, -2, 50), draw.uniform(0.2, 0.9, 50), np.zeros(50), signals)
    interval = IntervalModel(
        (0.1, 0.2, 0.3, 0.1, 0.1), (1.0, -2.0, -1.0, -1.0, -1.0), {},
        ((-2.0, -2.0), (-1.5, -1.2), (-1.0, -0.8)),
        ((1.5, 1.5), (1.0, 1.2), (1.5, 1.6)),
        largest_shift=6.0, level=0.9, resolution=0.1,
    )  # fmt: skip
    temperature_K = draw.uniform(223.0, 1073.0, 50)
    together = conductivity_at(many, interval, temperature_K, ["garnet"] * 50)
    for row in range(50):
        one = Estimate(
            *(each[row : row + 1] for each in (many.level, many.energy_eV, many.by_system)),
            signals.take(np.arange(50) == row),
        )
        alone = conductivity_at(one, interval, temperature_K[row : row + 1], ["garnet"])
        assert alone.log10_low[0] == together.log10_low[row]
        assert alone.log10_high[0] == together.log10_high[row]
