"""Gels and plasticised films: the amount of liquid decides, whatever the polymer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.features.polymer.films import holds_plastic_crystal, liquid_and_salt_shares
from sseml.kinds import Doubt
from sseml.model.polymer.intervals import Spread
from sseml.model.polymer.linear import LinearAnswer, leave_one_out
from sseml.records import Polymer
from sseml.units import BOLTZMANN_EV_K, ZERO_CELSIUS_K

PENALTY = 0.5
_TYPICAL_T = 3.2
_LEAST_SALT = 0.01
_NOTE = (
    "answered by the amount of liquid alone: films of the same liquid share scatter by a factor of"
    " three with polymer and solvent"
)


@dataclass(frozen=True, slots=True)
class GelModel:
    """A ridge regression on temperature, liquid and salt, with the range it was learned in.

    `range_percent` are the lowest and the highest percent of liquid among the measurements.
    """

    answer: LinearAnswer
    range_percent: tuple[float, float]

    @classmethod
    def fit(
        cls,
        materials: Sequence[Polymer],
        temperature_C: FloatArray,
        log10_sigma: FloatArray,
        system: IntArray,
    ) -> GelModel:
        """Fit to gels; rows of one `system` are of the same polymer and liquid, shape (n,)."""
        percent = [100.0 * liquid_and_salt_shares(material)[0] for material in materials]
        return cls(
            LinearAnswer.fit(gel_inputs(materials, temperature_C), log10_sigma, system, PENALTY),
            (min(percent), max(percent)),
        )

    def predict(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FloatArray:
        """log10 of σ in S/cm of each gel at its temperature, shape (n,)."""
        return self.answer.predict(gel_inputs(materials, temperature_C))

    def curves(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FloatArray:
        """log10 of σ in S/cm of each of n gels at each of m temperatures, shape (n, m)."""
        first = self.predict(materials, np.full(len(materials), temperature_C[0]))
        inverse = 1000.0 / (temperature_C + ZERO_CELSIUS_K)
        gained: FloatArray = self.answer.coefficients[1] * (inverse - inverse[0])
        return first[:, None] + gained

    def spread(self, count: int) -> Spread:
        """The distribution of the truth around `count` answers."""
        return self.answer.spread(count)

    def activation_energy_eV(self, temperature_C: FloatArray) -> FloatArray:  # noqa: N802
        """−k_B d ln(σT) / d(1/T) at temperatures, shape (n,)."""
        per_kelvin = -self.answer.coefficients[1] * 1000.0 * log(10.0)
        kelvin = np.asarray(temperature_C, dtype=float) + ZERO_CELSIUS_K
        energy: FloatArray = BOLTZMANN_EV_K * (per_kelvin + kelvin)
        return energy

    def doubt(self, material: Polymer) -> Doubt:
        """What speaks against an answer about one gel."""
        percent = 100.0 * liquid_and_salt_shares(material)[0]
        low, high = self.range_percent
        if low <= percent <= high:
            return Doubt("edge", (_NOTE,))
        beyond = (
            f"{percent:.3g} wt% of liquid is outside the {low:.0f} to {high:.0f} wt% that gels were"
            " measured with"
        )
        return Doubt("outside", (_NOTE, beyond))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {**self.answer.to_arrays(), "range_percent": np.array(self.range_percent)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> GelModel:
        """Rebuild from `to_arrays`."""
        low, high = (float(number) for number in arrays["range_percent"])
        return cls(LinearAnswer.from_arrays(arrays), (low, high))


def gel_inputs(materials: Sequence[Polymer], temperature_C: FloatArray) -> FloatArray:
    """Inputs of the regression, shape (n, 5).

    1, 1000 K / T − 3.2, liquid share, log10 of the salt share + 0.01, and whether a plastic crystal
    is among the liquids: succinonitrile dissolves salts that its amount does not tell.
    """
    shares = np.array([liquid_and_salt_shares(material) for material in materials]).reshape(-1, 2)
    liquid, salt = shares[:, 0], shares[:, 1]
    inverse = 1000.0 / (np.asarray(temperature_C, dtype=float) + ZERO_CELSIUS_K) - _TYPICAL_T
    plastic = [holds_plastic_crystal(material) for material in materials]
    return np.column_stack(
        [np.ones(len(liquid)), inverse, liquid, np.log10(salt + _LEAST_SALT), plastic]
    )


def held_out_gels(
    materials: Sequence[Polymer],
    temperature_C: FloatArray,
    log10_sigma: FloatArray,
    system: IntArray,
) -> FloatArray:
    """Answers about the gels of each system by a fit to all other systems, shape (n,)."""
    return leave_one_out(gel_inputs(materials, temperature_C), log10_sigma, system, PENALTY)
