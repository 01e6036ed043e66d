"""An activation energy that the person gives: how far the line of an answer follows it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass, replace
from sseml.model.calibration import Held
from sseml.model.ensemble import Estimate
from sseml.model.heating import bounded_energy

GIVEN_SHARE = 0.5
"""How far an answer goes from its own activation energy to the given one: a measured one would bear
more, a calculated one, often 0.1 eV off, less. Measured in docs/decisions/0021-own-data.md."""

_SHRINKAGE_EV2 = 0.1
"""eV² of "no gain" added to those of the held-out differences: about a dozen rows."""


@dataclass(frozen=True, slots=True)
class EnergyGain:
    """Decades of σ at 25 °C per eV by which a given activation energy differs; negative.

    What conducts better than predicted has a lower barrier than predicted. σ stays as it is where
    `shift_from_25` is as large as the gain (compensation, doi 10.1103/PhysRevLett.65.618).
    """

    decades_per_eV: float

    @classmethod
    def fit(cls, held: Held, differences_eV: FloatArray) -> EnergyGain:
        """Regress the residuals of held-out rows on how far their activation energy is off.

        `differences_eV` are stated less predicted, NaN where none is stated, shape (n,). The part
        of a residual that the line from 25 °C explains is taken off first.
        """
        used = ~np.isnan(differences_eV) & ~held.is_bound
        off = differences_eV[used]
        at_25 = held.residual[used] - held.shift[used] * off
        gain = float((off * at_25).sum() / ((off**2).sum() + _SHRINKAGE_EV2))
        return cls(min(gain, 0.0))

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> EnergyGain:
        """Rebuild from what `dataclasses.asdict` gave."""
        return cls(data["decades_per_eV"])

    def decades(self, estimate: Estimate, given_eV: FloatArray) -> FloatArray:
        """Decades that given energies add at 25 °C, shape (n,); 0 where `given_eV` is NaN."""
        return self.decades_per_eV * _followed(estimate, given_eV)

    def followed(self, estimate: Estimate, given_eV: FloatArray) -> Estimate:
        """The answer on lines that follow given energies; NaN leaves a row as it is, shape (n,)."""
        moved = _followed(estimate, given_eV)
        energy = np.where(np.isnan(given_eV), estimate.energy_eV, bounded_energy(estimate) + moved)
        return replace(
            estimate,
            level=estimate.level + self.decades_per_eV * moved,
            energy_eV=energy,
        )


def _followed(estimate: Estimate, given_eV: FloatArray) -> FloatArray:
    off = GIVEN_SHARE * (given_eV - bounded_energy(estimate))
    return np.where(np.isnan(given_eV), 0.0, off)
