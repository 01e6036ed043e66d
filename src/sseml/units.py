"""Physical constants and the conversions between the units people write and the units we keep."""

from __future__ import annotations

BOLTZMANN_EV_K = 8.617333262e-5
"""Boltzmann constant in eV/K (CODATA 2018, exact SI: doi 10.1103/RevModPhys.93.025010)."""

ZERO_CELSIUS_K = 273.15
ROOM_TEMPERATURE_C = 25.0

SUPERIONIC_S_CM = 1e-4
"""The conductivity asked of a separator, which `p_superionic` is about by default."""


def celsius_to_kelvin(temperature_C: float) -> float:
    """Convert a temperature from degrees Celsius to kelvin."""
    return temperature_C + ZERO_CELSIUS_K


def kelvin_to_celsius(temperature_K: float) -> float:
    """Convert a temperature from kelvin to degrees Celsius."""
    return temperature_K - ZERO_CELSIUS_K
