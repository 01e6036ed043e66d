"""What the rows that a bundle was trained on said beside their conductivity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.classes import dataclass


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from each training row beside its σ, so that an answer can be taken apart.

    `activation_energy_eV` is NaN where none was learned from. `target` is what trees learned, log10
    of σ in S/cm at 25 °C, and `trees_weight` how much the row counted for them: NaN and 0 for a row
    that does not say it. Each shape (n_train,).
    """

    activation_energy_eV: FloatArray
    target: FloatArray
    trees_weight: FloatArray

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All as named arrays, to be saved without pickle."""
        return {
            "activation_energy_eV": self.activation_energy_eV,
            "target": self.target,
            "trees_weight": self.trees_weight,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Learned:
        """Rebuild from `to_arrays`."""
        return cls(arrays["activation_energy_eV"], arrays["target"], arrays["trees_weight"])
