"""A Gaussian process on Arrhenius lines: σ at 25 °C and the activation energy of any material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.classes import dataclass, field
from sseml.model.crystal_system import PolymorphSettings
from sseml.model.kernel import ROWS_IN_CACHE, KernelSettings

Seen = tuple[FloatArray, FloatArray]
"""How much of the level, and of the activation energy, is in each observation; shape (n,) each."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What is chosen before fitting lines log10(σT) = level - E / (k_B T ln 10).

    Level (log10 of σ in S/cm at 25 °C) and activation energy E share the kernel of materials. Where
    the kernel is 1, the prior variance of the level is 1 decade², that of E is `energy_variance`
    eV², and `correlation` is theirs: what conducts well has a low barrier.
    """

    kernel: KernelSettings = field(default_factory=KernelSettings)
    polymorph: PolymorphSettings = field(default_factory=PolymorphSettings)
    mean_energy_eV: float = 0.45
    energy_variance: float = 0.0037
    correlation: float = -0.7
    energy_noise_variance: float = 0.004
    """Of a reported activation energy, in eV²."""
    robust_scale: float = 1.2
    """Decades; a measurement this far from what the other papers let expect counts 3/4."""
    robust_degrees: float = 3.0
    """Of the Student distribution that the weights of measurements follow."""

    @property
    def both(self) -> float:
        """Prior covariance of level and energy where the kernel is 1, in decades eV."""
        return self.correlation * float(np.sqrt(self.energy_variance))

    def covariance(self, one: Seen, other: Seen) -> FloatArray:
        """Prior covariance of two sets of observations where the kernel is 1, shape (n, m)."""
        level, energy = other
        of_level = level + self.both * energy
        of_energy = self.both * level + self.energy_variance * energy
        covariance: FloatArray = np.multiply.outer(one[0], of_level)
        covariance += np.multiply.outer(one[1], of_energy)
        return covariance


@dataclass(frozen=True, slots=True)
class Lines:
    """Posterior mean of the lines, from the kernel between question and distinct inputs.

    `level` and `energy` are the weights of the inputs in decades and eV, each (n_distinct,), and 0
    at inputs that were not learned from.
    """

    mean: float
    mean_energy_eV: float
    energy_per_decade: float
    """eV by which a prior expects the activation energy to change with the level: below 0."""
    level: FloatArray
    energy: FloatArray

    def predict(self, cross: FloatArray) -> tuple[FloatArray, FloatArray]:
        """log10 of σ in S/cm at 25 °C, and the activation energy in eV; each (n_rows,).

        `cross` is the kernel to the distinct inputs, (n_rows, n_distinct).
        """
        # not a matrix product, whose last digit depends on how many rows are asked together
        level, energy = np.empty((2, len(cross)))
        for start in range(0, len(cross), ROWS_IN_CACHE):
            piece = slice(start, start + ROWS_IN_CACHE)
            level[piece] = (cross[piece] * self.level).sum(axis=1)
            energy[piece] = (cross[piece] * self.energy).sum(axis=1)
        return self.mean + level, self.mean_energy_eV + energy

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        prior = np.array([self.mean, self.mean_energy_eV, self.energy_per_decade])
        return {"prior": prior, "level": self.level, "energy": self.energy}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Lines:
        """Rebuild from `to_arrays`."""
        mean, mean_energy_eV, energy_per_decade = (float(number) for number in arrays["prior"])
        return cls(mean, mean_energy_eV, energy_per_decade, arrays["level"], arrays["energy"])


@dataclass(frozen=True, slots=True)
class Observations:
    """What lines are fitted to, one entry a row of the set.

    `log10_sigma_T` is log10(σT / 298.15 K) of σ in S/cm; of a bound, the bound or what the other
    papers let expect below it. `variance` is that of its noise, in decades².
    """

    log10_sigma_T: FloatArray
    variance: FloatArray

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Both as named arrays, to be saved without pickle."""
        return {"log10_sigma_T": self.log10_sigma_T, "variance": self.variance}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Observations:
        """Rebuild from `to_arrays`."""
        return cls(arrays["log10_sigma_T"], arrays["variance"])
