"""A Gaussian process over polymer, salt, amounts and temperature, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray

REACH = 4.0
"""Standardised inputs are held within ± this, so that one odd number cannot run away."""

_SLIGHT = 1e-2
"""Ridge on the linear mean, in units of a row of weight 1."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """Variances (decades²) and lengths of the kernels, each exponential in its own distance.

    t is 1000 K / T − 3. The covariance of two rows is

        v_p k_p + v_pc k_p k_c + v_psc k_p k_s k_c + (v_t + v_pt k_p + v_ct k_p k_c) t t'
        + 2 v_tt k_p k_c (t t')²

    where k_p, k_s, k_c are exp(−distance / length) of polymers, salts and amounts.
    """

    polymer_length: float = 1.0
    salt_length: float = 1.0
    amounts_length: float = 0.9
    polymer: float = 1.0
    polymer_amounts: float = 0.6
    polymer_salt_amounts: float = 0.6
    slope: float = 0.24
    slope_polymer: float = 1.2
    slope_amounts: float = 0.3
    curvature: float = 0.25
    curve: float = 0.12
    noise: float = 0.03


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the process sees of rows; arrays with one entry a row.

    `polymers` (n_polymers, k), `salts` (n_salts, k) and `amounts` (n, k) are scaled inputs;
    `polymer_of_row` and `salt_of_row` number them. Many rows share a polymer and a salt.
    """

    polymers: FloatArray
    polymer_of_row: IntArray
    salts: FloatArray
    salt_of_row: IntArray
    amounts: FloatArray

    @classmethod
    def of(cls, polymers: FloatArray, salts: FloatArray, amounts: FloatArray) -> Inputs:
        """Number equal rows of scaled inputs, each shape (n, k)."""
        distinct_polymers, polymer_of_row = _distinct(polymers)
        distinct_salts, salt_of_row = _distinct(salts)
        return cls(distinct_polymers, polymer_of_row, distinct_salts, salt_of_row, amounts)

    def __len__(self) -> int:
        return len(self.polymer_of_row)


@dataclass(frozen=True, slots=True)
class TemperatureLine:
    """Expected log10 σ as `constant` + `slope` t + `curvature` t², each shape (n,)."""

    constant: FloatArray
    slope: FloatArray
    curvature: FloatArray

    def at(self, t: FloatArray) -> FloatArray:
        """Values at t = 1000 K / T − 3, shape (n,) or (n, m)."""
        if t.ndim == 1:
            value: FloatArray = self.constant + self.slope * t + self.curvature * t**2
            return value
        return self.constant[:, None] + self.slope[:, None] * t + self.curvature[:, None] * t**2


@dataclass(frozen=True, slots=True)
class CurveProcess:
    """A fitted process: what it was fitted to, and the weights of its kernels.

    `dual` (n_train,) solves (K + noise) dual = residual; `linear` (5,) is the mean on 1, t,
    log10 of Li in mol/kg, its square, and log10 of the molar mass, the first and the third columns
    of the amounts in the units that `amounts_of` gives them.
    """

    settings: ProcessSettings
    inputs: Inputs
    t: FloatArray
    dual: FloatArray
    linear: FloatArray

    @classmethod
    def fit(
        cls,
        settings: ProcessSettings,
        inputs: Inputs,
        t: FloatArray,
        target: FloatArray,
        *,
        curve: IntArray,
        mean_weights: FloatArray,
        noise_weights: FloatArray,
    ) -> CurveProcess:
        """Fit exactly, by Cholesky decomposition.

        `t` and `target` (log10 σ) are (n,); rows of one number of `curve` err together by
        `ProcessSettings.curve`; `noise_weights` divide the variance of the noise.
        """
        from scipy.linalg import cho_factor, cho_solve  # noqa: PLC0415 - only to fit

        design = _design(inputs.amounts, t)
        gram = (design * mean_weights[:, None]).T @ design + _SLIGHT * np.eye(design.shape[1])
        linear = np.asarray(
            np.linalg.solve(gram, (design * mean_weights[:, None]).T @ target), dtype=np.float64
        )
        parts = _kernels(settings, inputs, inputs)
        tt = np.outer(t, t)
        kernel = parts[0] + parts[1] * tt + parts[2] * tt**2
        kernel += settings.curve * (curve[:, None] == curve[None])
        kernel[np.diag_indices_from(kernel)] += settings.noise / noise_weights
        factor = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        dual: FloatArray = cho_solve(factor, target - design @ linear)
        return cls(settings, inputs, t, dual, linear)

    def lines(self, inputs: Inputs) -> TemperatureLine:
        """Expected log10 σ of rows as a polynomial in t, from which any temperature follows."""
        at_0, linear_t, square_t = _kernels(self.settings, inputs, self.inputs)
        design = _design(inputs.amounts, np.zeros(len(inputs)))
        return TemperatureLine(
            constant=(at_0 * self.dual).sum(axis=1) + (design * self.linear).sum(axis=1),
            slope=(linear_t * (self.t * self.dual)).sum(axis=1) + self.linear[1],
            curvature=(square_t * (self.t**2 * self.dual)).sum(axis=1),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "settings": np.array(astuple(self.settings)),
            "polymers": self.inputs.polymers.astype(np.float32),
            "polymer_of_row": self.inputs.polymer_of_row.astype(np.int32),
            "salts": self.inputs.salts.astype(np.float32),
            "salt_of_row": self.inputs.salt_of_row.astype(np.int32),
            "amounts": self.inputs.amounts.astype(np.float32),
            "t": self.t.astype(np.float32),
            "dual": self.dual,
            "linear": self.linear,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> CurveProcess:
        """Rebuild from `to_arrays`."""
        return cls(
            settings=ProcessSettings(*(float(number) for number in arrays["settings"])),
            inputs=Inputs(
                polymers=arrays["polymers"].astype(np.float64),
                polymer_of_row=arrays["polymer_of_row"].astype(np.int64),
                salts=arrays["salts"].astype(np.float64),
                salt_of_row=arrays["salt_of_row"].astype(np.int64),
                amounts=arrays["amounts"].astype(np.float64),
            ),
            t=arrays["t"].astype(np.float64),
            dual=arrays["dual"],
            linear=arrays["linear"],
        )


def inverse_temperature(temperature_C: FloatArray) -> FloatArray:
    """The variable t = 1000 K / T − 3 of temperatures in °C: 0 at 60 °C."""
    t: FloatArray = 1000.0 / (np.asarray(temperature_C, dtype=float) + 273.15) - 3.0
    return t


def _design(amounts: FloatArray, t: FloatArray) -> FloatArray:
    log_li, log_molar_mass = amounts[:, 0], amounts[:, 2]
    return np.column_stack([np.ones(len(t)), t, log_li, log_li**2, log_molar_mass])


def _kernels(
    settings: ProcessSettings, A: Inputs, B: Inputs
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Parts of the covariance of rows that belong to 1, t t' and (t t')²; each shape (n, m)."""
    of_polymers = np.exp(-_apart(A.polymers, B.polymers) / settings.polymer_length)
    of_salts = np.exp(-_apart(A.salts, B.salts) / settings.salt_length)
    polymer = _of_rows(of_polymers, A.polymer_of_row, B.polymer_of_row)
    salt = _of_rows(of_salts, A.salt_of_row, B.salt_of_row)
    mixed = polymer * np.exp(-_apart(A.amounts, B.amounts) / settings.amounts_length)
    at_0 = settings.polymer * polymer
    at_0 += mixed * (settings.polymer_amounts + settings.polymer_salt_amounts * salt)
    linear = settings.slope + settings.slope_polymer * polymer + settings.slope_amounts * mixed
    return at_0, linear, 2.0 * settings.curvature * mixed


def _of_rows(distinct: FloatArray, rows: IntArray, columns: IntArray) -> FloatArray:
    """Pick rows and columns; row by row in memory, so that sums add up in one order."""
    picked: FloatArray = distinct.take(rows, axis=0).take(columns, axis=1)
    return picked


def _apart(A: FloatArray, B: FloatArray) -> FloatArray:
    """Euclidean distances of rows, shape (n, m), summed column by column.

    So the distance of two rows does not depend on what else is asked.
    """
    squared = np.zeros((len(A), len(B)))
    for column in range(A.shape[1]):
        squared += (A[:, column, None] - B[None, :, column]) ** 2
    distance: FloatArray = np.sqrt(squared)
    return distance


def _distinct(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    distinct, number = np.unique(rows, axis=0, return_inverse=True)
    return distinct, number.reshape(-1)  # NumPy 2.0 gives it a second axis
