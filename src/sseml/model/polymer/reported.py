"""Films whose residual solvent decides: what papers report of the class, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.kinds import Doubt
from sseml.model.polymer.intervals import Spread, weighted_quantiles
from sseml.model.polymer.weighting import each_alike, weighted_median
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.units import ROOM_TEMPERATURE_C, ZERO_CELSIUS_K

ACTIVATION_ENERGY_EV = 0.35
"""Between the 0.26 and 0.49 eV that our table of reviews holds for PVDF films; 30 °C make 0.6
decades of it."""


@dataclass(frozen=True, slots=True)
class ReportedFilms:
    """What papers report of films of the PVDF class, carried to 25 °C.

    `median_log10_sigma` is that of log10 of σ in S/cm with each paper counting once; `quantiles`
    are those around it.
    """

    median_log10_sigma: float
    quantiles: FloatArray
    values: int
    papers: int
    activation_energy_eV: float = ACTIVATION_ENERGY_EV

    @classmethod
    def of(
        cls, log10_sigma: FloatArray, temperature_C: FloatArray, paper: IntArray
    ) -> ReportedFilms:
        """Gather reported values, shape (n,); those of one `paper` count as one."""
        at_25 = arrhenius_log10_sigma(
            log10_sigma,
            np.full(len(log10_sigma), ACTIVATION_ENERGY_EV),
            (np.asarray(temperature_C, dtype=float) + ZERO_CELSIUS_K),
            ROOM_TEMPERATURE_C + ZERO_CELSIUS_K,
        )
        weights = each_alike(paper)
        median = weighted_median(at_25, weights)
        quantiles = weighted_quantiles(at_25 - median, weights)
        return cls(median, quantiles, len(at_25), len(np.unique(paper)))

    def log10_sigma(self, temperature_C: FloatArray) -> FloatArray:
        """The median at temperatures, shape (n,)."""
        at = np.asarray(temperature_C, dtype=float)
        return arrhenius_log10_sigma(
            np.full(len(at), self.median_log10_sigma),
            np.full(len(at), self.activation_energy_eV),
            ROOM_TEMPERATURE_C + ZERO_CELSIUS_K,
            at + ZERO_CELSIUS_K,
        )

    def spread(self, count: int) -> Spread:
        """The distribution of the reported values around the median, `count` times."""
        return Spread(np.ones(count), np.tile(self.quantiles, (count, 1)))

    def doubt(self) -> Doubt:
        """Why the answer is outside what a model knows."""
        return Doubt(
            "outside",
            (
                "outside: residual solvent decides; the answer is the median of what"
                f" {self.papers} papers report of PVDF-class films ({self.values} values), whatever"
                " the recipe",
            ),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        scalars = (self.median_log10_sigma, self.values, self.papers, self.activation_energy_eV)
        return {"quantiles": self.quantiles, "scalars": np.array(scalars, dtype=float)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ReportedFilms:
        """Rebuild from `to_arrays`."""
        median, values, papers, energy = (float(number) for number in arrays["scalars"])
        return cls(median, arrays["quantiles"], int(values), int(papers), energy)
