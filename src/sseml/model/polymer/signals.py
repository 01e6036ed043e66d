"""What is known of an answer before it is compared with the truth: how far, how much in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sseml.arrays import FloatArray
from sseml.model.polymer.ensemble import CurveEnsemble, Curves, along
from sseml.model.polymer.process import inverse_temperature

_NEAR, _FAR = 0.05, 0.8
_SMALL = 0.05
_TYPICAL_LOG10_LITHIUM = 0.1
_POOR_LOG10_SIGMA = -5.0


@dataclass(frozen=True, slots=True)
class CurveSignals:
    """What is known of answers before they are compared with the truth; each shape (n,).

    `nearest` is the distance to the nearest training row; `process`, `boosted`, `averaged` are the
    answers of the parts and `mean` the answer, in decades; `t` is 1000 K / T − 3.
    """

    mean: FloatArray
    process: FloatArray
    boosted: FloatArray
    averaged: FloatArray
    nearest: FloatArray
    t: FloatArray
    log10_lithium: FloatArray
    mass_unknown: FloatArray
    single_ion: FloatArray

    def design(self) -> FloatArray:
        """Columns of the log-width, shape (n, 10)."""
        return np.column_stack(
            [
                np.ones(len(self.mean)),
                np.log(np.minimum(self.nearest, _FAR) + _NEAR),
                np.log(np.abs(self.process - self.boosted) + _SMALL),
                np.log(np.abs(self.boosted - self.averaged) + _SMALL),
                self.t,
                np.maximum(self.t - 0.2, 0.0),
                np.abs(self.log10_lithium - _TYPICAL_LOG10_LITHIUM),
                self.mass_unknown,
                self.single_ion,
                np.maximum(_POOR_LOG10_SIGMA - self.mean, 0.0),
            ]
        )


def signals_of(
    curves: Curves,
    ensemble: CurveEnsemble,
    X: FloatArray,
    temperature_C: FloatArray,
    nearest: FloatArray,
) -> CurveSignals:
    """What is known of the answers about recipes, each at a temperature; arrays have n rows."""
    mass = ensemble.looks.column(X, "log10_molar_mass")
    return CurveSignals(
        mean=along(curves.mean, temperature_C),
        process=along(curves.process, temperature_C),
        boosted=along(curves.boosted, temperature_C),
        averaged=along(curves.averaged, temperature_C),
        nearest=nearest,
        t=inverse_temperature(temperature_C),
        log10_lithium=ensemble.looks.column(X, "log10_lithium"),
        mass_unknown=np.isnan(mass).astype(float),
        single_ion=ensemble.looks.column(X, "single_ion"),
    )
