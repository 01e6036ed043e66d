"""Vogel-Tammann-Fulcher curves are found where there is one, and lines stay lines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.arrays import FloatArray
from sseml.physics.transport import vtf_fit

BOLTZMANN_EV_K = 8.617333262e-5
KELVIN = np.arange(20.0, 101.0, 10.0) + 273.15


def curve(B_eV: float, T0_K: float, log10_prefactor: float) -> FloatArray:
    """σ = A T^(-1/2) exp[-B / k (T - T0)]"""
    exponent = B_eV / (BOLTZMANN_EV_K * np.log(10.0) * (KELVIN - T0_K))
    values: FloatArray = log10_prefactor - 0.5 * np.log10(KELVIN) - exponent
    return values


@given(st.floats(0.08, 0.2), st.integers(8, 18), st.floats(-2.0, 2.0))
def test_the_parameters_of_a_curve_are_found(B_eV: float, steps: int, prefactor: float) -> None:
    """T0 is sought in steps of 5 K: 40 to 90 K below the lowest temperature."""
    below_K = 293.15 - 5.0 * steps
    fitted = vtf_fit(KELVIN, curve(B_eV, below_K, prefactor))
    assert fitted is not None
    np.testing.assert_allclose([fitted.T0_K, fitted.B_eV], [below_K, B_eV], rtol=1e-4)
    assert fitted.log10_prefactor == pytest.approx(prefactor, abs=1e-4)
    assert fitted.rms_decades < 1e-6


@given(st.floats(0.1, 1.5), st.floats(-2.0, 8.0))
def test_a_line_is_no_curve(energy_eV: float, log10_prefactor: float) -> None:
    log10_sigma_T = log10_prefactor - energy_eV / (BOLTZMANN_EV_K * np.log(10.0) * KELVIN)
    assert vtf_fit(KELVIN, log10_sigma_T - np.log10(KELVIN)) is None


def test_scatter_is_no_curve() -> None:
    line = 3.0 - 0.6 / (BOLTZMANN_EV_K * np.log(10.0) * KELVIN) - np.log10(KELVIN)
    scattered = line + 0.3 * np.array([1, -1, 1, -1, 1, -1, 1, -1, 1])
    assert vtf_fit(KELVIN, scattered) is None


def test_a_curve_that_bends_the_other_way_is_none() -> None:
    """Steeper in the heat, as where crystals melt: no T0 makes that."""
    steps = np.array([-9.0, -8.95, -8.9, -8.8, -8.6, -8.2, -7.5, -6.5, -5.0])
    assert vtf_fit(KELVIN, steps) is None
