"""From 25 °C to the temperature asked about, along the activation energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.arrays import FloatArray
from sseml.model.answer import Conductivity
from sseml.model.calibration import IntervalModel
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, TREES_FLOOR, Estimate
from sseml.physics.transport import arrhenius_log10_sigma, inverse_temperature_shift
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

REFERENCE_K = celsius_to_kelvin(ROOM_TEMPERATURE_C)

CEILING_LOG10_SIGMA = 1.0
"""No answer exceeds 10 S/cm: no solid conducts ions better, and an Arrhenius line has no limit."""

PREFACTOR_LOG10_RANGE = (2.5, 8.5)
"""log10 of σ₀ in S K/cm that solids have: a measurement beyond is flagged in curation too."""

_STEPS = np.linspace(0.0, 1.0, 9)
"""Parts of the way from 25 °C to the temperature at which the limits are compared."""

_CERTAIN = 4.0
"""Decades above 1e-10 S/cm from which on the second output counts fully in the score."""


def shift_from_25(temperature_K: FloatArray) -> FloatArray:
    """Decades of σT gained per eV of activation energy from 25 °C, shape (n,)."""
    return inverse_temperature_shift(REFERENCE_K, temperature_K)


def bounded_energy(estimate: Estimate) -> FloatArray:
    """Activation energy in eV, such that the prefactor is one that solids have, shape (n,)."""
    per_eV = float(inverse_temperature_shift(REFERENCE_K, np.inf))
    of_sigma_T = estimate.level + np.log10(REFERENCE_K)
    low, high = ((prefactor - of_sigma_T) / per_eV for prefactor in PREFACTOR_LOG10_RANGE)
    bounded: FloatArray = np.clip(estimate.energy_eV, low, high)
    return bounded


def log10_sigma_at(estimate: Estimate, temperature_K: FloatArray) -> FloatArray:
    """log10 of σ in S/cm at a temperature, no higher than 10 S/cm; each shape (n,)."""
    carried = arrhenius_log10_sigma(
        estimate.level, bounded_energy(estimate), REFERENCE_K, temperature_K
    )
    return np.minimum(carried, CEILING_LOG10_SIGMA)


def conductivity_score(
    plain: Estimate, if_conductor: Estimate, temperature_K: FloatArray
) -> FloatArray:
    """What materials are ordered by: log10 of σ in S/cm at a temperature, shape (n,).

    The mean of both outputs, which orders new chemistry better than either, but for a material that
    hardly conducts the plain output alone. It rises with temperature as that does.
    """
    at_25 = np.maximum(plain.level, TREES_FLOOR)
    sure = np.clip((at_25 - TREES_FLOOR) / _CERTAIN, 0.0, 1.0)
    second = np.maximum(if_conductor.level, CONDUCTOR_LOG10_SIGMA)
    score: FloatArray = log10_sigma_at(plain, temperature_K) + sure * (second - at_25) / 2.0
    return score


def conductivity_at(
    estimate: Estimate,
    interval: IntervalModel,
    temperature_K: FloatArray,
    families: Sequence[str],
    floor: float = -np.inf,
    *,
    narrower: FloatArray | float = 1.0,
) -> Conductivity:
    """Conductivity at temperatures (n,) with its limits, of which none is below `floor` at 25 °C.

    σ rises with temperature: the lower limit never falls on heating from 25 °C, and the upper never
    rises on cooling. `families` are those of the rows; the widths are multiplied by `narrower`.
    """
    width = interval.width(estimate.signals, families) * narrower
    lows, highs = [], []
    for part in _STEPS:
        on_the_way = REFERENCE_K / (1.0 - part * (1.0 - REFERENCE_K / temperature_K))
        mean = log10_sigma_at(estimate, on_the_way)
        low, high = interval.offsets(width, shift_from_25(on_the_way))
        lows.append(mean + low)
        highs.append(mean + high)
    lows[0] = np.maximum(lows[0], np.minimum(floor, estimate.level))
    heated = temperature_K > REFERENCE_K
    low = np.where(
        heated, np.max(lows, axis=0), np.where(temperature_K < REFERENCE_K, lows[-1], lows[0])
    )
    high = np.where(heated, highs[-1], np.min(highs, axis=0))
    return Conductivity(
        log10=mean,
        log10_low=np.minimum(low, mean),
        log10_high=np.maximum(np.minimum(high, CEILING_LOG10_SIGMA), mean),
    )
