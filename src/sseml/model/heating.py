"""From 25 °C to the temperature asked about, along the activation energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.model.calibration import ENERGY_ERROR_EV, IntervalModel
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, TREES_FLOOR, Estimate
from sseml.physics.transport import arrhenius_log10_sigma, inverse_temperature_shift
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

REFERENCE_K = celsius_to_kelvin(ROOM_TEMPERATURE_C)

CEILING_LOG10_SIGMA = 1.0
"""No answer exceeds 10 S/cm: no solid conducts ions better, and an Arrhenius line has no limit."""

PREFACTOR_LOG10_RANGE = (2.5, 8.5)
"""log10 of σ₀ in S K/cm that solids have: a measurement beyond is flagged in curation too."""

_SMALLEST_EV = 0.095
"""k_B T at 830 °C: with less the conductivity itself would fall on heating."""

_SHIFTS = np.array(
    [-60.0, -30.0, -15.0, -9.0, -6.0, -4.0, -2.5, -1.2, 0.0,
     1.2, 2.5, 3.2, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.5]
)  # fmt: skip
"""Decades of σT per eV from 25 °C at which limits are calculated; between them they are lines."""

_AT_25 = int(np.flatnonzero(_SHIFTS == 0.0)[0])

_PER_INVERSE_K = float(inverse_temperature_shift(1.0, np.inf))
"""Decades of σT per eV for a difference of 1/T of one per kelvin."""

_CERTAIN = 4.0
"""Decades above 1e-10 S/cm from which on the second output counts fully in the score."""


@dataclass(frozen=True, slots=True)
class Conductivity:
    """log10 of σ in S/cm at the asked temperature and its 90 % interval; each shape (n,)."""

    log10: FloatArray
    log10_low: FloatArray
    log10_high: FloatArray


def shift_from_25(temperature_K: FloatArray) -> FloatArray:
    """Decades of σT gained per eV of activation energy from 25 °C, shape (n,)."""
    return inverse_temperature_shift(REFERENCE_K, temperature_K)


def width_at(width: FloatArray, temperature_K: FloatArray) -> FloatArray:
    """Typical error in decades at a temperature, from that near 25 °C; each shape (n,)."""
    widened: FloatArray = np.hypot(width, ENERGY_ERROR_EV * shift_from_25(temperature_K))
    return widened


def bounded_energy(estimate: Estimate) -> FloatArray:
    """Activation energy in eV, such that the prefactor is one that solids have, shape (n,)."""
    per_eV = float(inverse_temperature_shift(REFERENCE_K, np.inf))
    of_sigma_T = estimate.level + np.log10(REFERENCE_K)
    low, high = ((prefactor - of_sigma_T) / per_eV for prefactor in PREFACTOR_LOG10_RANGE)
    bounded: FloatArray = np.clip(estimate.energy_eV, np.maximum(low, _SMALLEST_EV), high)
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

    σ rises with temperature, and so do its limits: what surely conducts at 25 °C does so when it is
    hot, and what surely conducts less when it is cold. `families` are those of the rows; the widths
    are multiplied by `narrower`.
    """
    width = interval.width(estimate.signals, families) * narrower
    lows, highs = [], []
    for shift in _SHIFTS:
        knot_K = 1.0 / (1.0 / REFERENCE_K - shift / _PER_INVERSE_K)
        mean = log10_sigma_at(estimate, np.full(len(width), knot_K))
        low, high = interval.offsets(width, estimate.level, np.full(len(width), shift))
        lows.append(mean + low)
        highs.append(mean + high)
    lows[_AT_25] = np.maximum(lows[_AT_25], np.minimum(floor, estimate.level))
    mean = log10_sigma_at(estimate, temperature_K)
    asked = shift_from_25(temperature_K)
    low, high = (_along(asked, _rising(np.stack(knots, axis=1))) for knots in (lows, highs))
    return Conductivity(
        log10=mean,
        log10_low=np.minimum(low, mean),
        log10_high=np.maximum(np.minimum(high, CEILING_LOG10_SIGMA), mean),
    )


def _rising(knots: FloatArray) -> FloatArray:
    """Limits at `_SHIFTS`, shape (n, n_shifts), that never fall with temperature; 25 °C stays."""
    cold, hot = knots[:, : _AT_25 + 1], knots[:, _AT_25:]
    colder = np.minimum.accumulate(cold[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([colder[:, :-1], np.maximum.accumulate(hot, axis=1)], axis=1)


def _along(shift: FloatArray, knots: FloatArray) -> FloatArray:
    """Each row's limits at its own shift, on lines between the knots; shape (n,)."""
    place = np.clip(np.searchsorted(_SHIFTS, shift) - 1, 0, len(_SHIFTS) - 2)
    part = (shift - _SHIFTS[place]) / (_SHIFTS[place + 1] - _SHIFTS[place])
    row = np.arange(len(shift))
    below, above = knots[row, place], knots[row, place + 1]
    between: FloatArray = below + np.clip(part, 0.0, 1.0) * (above - below)
    return between
