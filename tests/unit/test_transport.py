"""Arrhenius arithmetic against hand calculation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.physics.transport import (
    arrhenius_fit,
    arrhenius_log10_sigma,
    inverse_temperature_shift,
)

temperatures = st.floats(200.0, 900.0)


def test_hand_calculated_shift() -> None:
    # (1/298.15 - 1/373.15) / (8.617333e-5 * ln 10) = 6.74125e-4 / 1.984214e-4 = 3.39744 decades/eV
    assert inverse_temperature_shift(298.15, 373.15) == pytest.approx(3.39744, abs=2e-4)
    # 0.3 eV: +1.01923 decades of sigma*T, minus log10(373.15/298.15) = 0.09746
    carried = arrhenius_log10_sigma(np.array([-4.0]), np.array([0.3]), 298.15, 373.15)
    assert carried[0] == pytest.approx(-4.0 + 1.01923 - 0.09746, abs=2e-4)


@given(st.floats(-12, 0), st.floats(0.05, 1.5), temperatures, temperatures)
def test_there_and_back(log10_sigma: float, energy: float, start: float, end: float) -> None:
    there = arrhenius_log10_sigma(np.array([log10_sigma]), np.array([energy]), start, end)
    back = arrhenius_log10_sigma(there, np.array([energy]), end, start)
    assert back[0] == pytest.approx(log10_sigma, abs=1e-9)


@given(st.floats(0.1, 1.2), st.floats(1.0, 6.0))
def test_fit_recovers_the_line(energy: float, log10_prefactor: float) -> None:
    temperature = np.array([298.15, 333.15, 373.15, 423.15])
    reference = log10_prefactor - np.log10(298.15) - energy / (8.617333262e-5 * 298.15 * np.log(10))
    sigma = arrhenius_log10_sigma(np.full(4, reference), np.full(4, energy), 298.15, temperature)
    fitted, prefactor, r_squared = arrhenius_fit(temperature, sigma)
    assert fitted == pytest.approx(energy, rel=1e-6)
    assert prefactor == pytest.approx(log10_prefactor, abs=1e-6)
    assert r_squared == pytest.approx(1.0)


def test_one_temperature_has_no_slope() -> None:
    with pytest.raises(ValueError, match="two different temperatures"):
        arrhenius_fit(np.array([300.0, 300.0]), np.array([-4.0, -4.1]))
