"""Ion transport against temperature: pure functions of conductivity and activation energy."""

from __future__ import annotations

import math

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.units import BOLTZMANN_EV_K

_LN10 = math.log(10.0)


def arrhenius_log10_sigma(
    log10_sigma_reference: FloatArray,
    activation_energy_eV: FloatArray | float,
    reference_K: FloatArray | float,
    temperature_K: FloatArray | float,
) -> FloatArray:
    """Carry a conductivity from one temperature to another along σT = A exp(-Eₐ / k_B T).

    Parameters
    ----------
    log10_sigma_reference
        log10 of σ in S/cm at `reference_K`, shape (n,).
    activation_energy_eV
        Activation energy of σT in eV, a scalar or shape (n,).
    reference_K, temperature_K
        Temperatures in K, scalars or shape (n,).

    Returns
    -------
    ndarray, shape (n,)
        log10 of σ in S/cm at `temperature_K`.

    Notes
    -----
    The form with the 1/T prefactor that follows from Nernst-Einstein, doi
    10.1016/j.chempr.2018.11.013 (Eq. 1).
    """
    slope = inverse_temperature_shift(reference_K, temperature_K)
    prefactor = np.log10(np.asarray(reference_K) / np.asarray(temperature_K))
    shifted: FloatArray = log10_sigma_reference + activation_energy_eV * slope + prefactor
    return shifted


def inverse_temperature_shift(
    reference_K: FloatArray | float, temperature_K: FloatArray | float
) -> FloatArray:
    """Decades of σT gained per eV of activation energy between two temperatures.

    ``(1 / T_ref - 1 / T) / (k_B ln 10)``: positive where `temperature_K` is the higher one.
    """
    inverse = 1.0 / np.asarray(reference_K, dtype=float) - 1.0 / np.asarray(temperature_K)
    shift: FloatArray = np.asarray(inverse / (BOLTZMANN_EV_K * _LN10))
    return shift


def arrhenius_fit(temperature_K: FloatArray, log10_sigma: FloatArray) -> tuple[float, float, float]:
    """Least-squares line through log10(σT) against 1/T.

    Parameters
    ----------
    temperature_K, log10_sigma
        At least two different temperatures in K and log10 of σ in S/cm, shape (n,).

    Returns
    -------
    activation_energy_eV, log10_prefactor, r_squared
        The prefactor is log10 of A in S K/cm.

    Raises
    ------
    ValueError
        With fewer than two different temperatures.
    """
    if len(np.unique(temperature_K)) < 2:
        raise ValueError("an Arrhenius line needs at least two different temperatures")
    inverse = 1.0 / temperature_K
    log10_sigma_T = log10_sigma + np.log10(temperature_K)
    slope, intercept = np.polyfit(inverse, log10_sigma_T, 1)
    residual = log10_sigma_T - (slope * inverse + intercept)
    total = log10_sigma_T - log10_sigma_T.mean()
    scatter = float(total @ total)
    r_squared = 1.0 - float(residual @ residual) / scatter if scatter > 0 else 1.0
    return float(-slope * BOLTZMANN_EV_K * _LN10), float(intercept), r_squared


@dataclass(frozen=True, slots=True)
class VtfCurve:
    """A curve σ = A T^(-1/2) exp[-B / (T - T0)]; `B_eV` is k_B B, A is in S K^(1/2)/cm."""

    B_eV: float
    T0_K: float
    log10_prefactor: float
    rms_decades: float


_T0_BELOW_K = np.arange(20.0, 201.0)
"""Distances of T0 below the lowest temperature that are tried."""
_CLEARLY_BETTER = 0.5
_CURVED_DECADES = 0.02


def vtf_fit(temperature_K: FloatArray, log10_sigma: FloatArray) -> VtfCurve | None:
    """Vogel-Tammann-Fulcher curve through σ(T), where it fits clearly better than Arrhenius.

    Parameters
    ----------
    temperature_K, log10_sigma
        At least four different temperatures in K and log10 of σ in S/cm, shape (n,).

    Returns
    -------
    VtfCurve or None
        None where a straight Arrhenius line is off by less than 0.02 decades, or by less than twice
        what the curve is.

    Notes
    -----
    σ = A T^(-1/2) exp[-B / (T - T0)], doi 10.1016/j.chempr.2018.11.013 (Eq. 2); B and A by least
    squares for every T0 from 20 to 200 K below the lowest temperature.
    """
    energy_eV, intercept, _ = arrhenius_fit(temperature_K, log10_sigma)
    line = intercept - energy_eV / (BOLTZMANN_EV_K * _LN10 * temperature_K)
    of_line = _rms(log10_sigma + np.log10(temperature_K) - line)
    if of_line < _CURVED_DECADES:
        return None
    target = log10_sigma + 0.5 * np.log10(temperature_K)
    T0_K = temperature_K.min() - _T0_BELOW_K
    inverse = 1.0 / (temperature_K - T0_K[:, None])
    centred = inverse - inverse.mean(axis=1, keepdims=True)
    slope = (centred * target).sum(axis=1) / (centred**2).sum(axis=1)
    residual = target - target.mean() - slope[:, None] * centred
    off = np.where(slope < 0.0, np.sqrt((residual**2).mean(axis=1)), np.inf)
    best = int(np.argmin(off))
    if off[best] > _CLEARLY_BETTER * of_line:
        return None
    return VtfCurve(
        B_eV=float(-slope[best] * BOLTZMANN_EV_K * _LN10),
        T0_K=float(T0_K[best]),
        log10_prefactor=float(target.mean() - slope[best] * inverse[best].mean()),
        rms_decades=float(off[best]),
    )


def _rms(residual: FloatArray) -> float:
    return float(np.sqrt(np.mean(residual**2)))
