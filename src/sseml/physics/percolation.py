"""What is known of a way through a periodic landscape: its barrier, and the steps of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

HALF_OF_NEIGHBOURS: tuple[tuple[int, int, int], ...] = tuple(
    (i, j, k) for i, j, k in product((-1, 0, 1), repeat=3) if (i, j, k) > (0, 0, 0)
)
"""One of each pair of opposite steps to the 26 points around a point."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """From which energy a network runs through the crystal.

    Attributes
    ----------
    threshold_eV
        Above the lowest point of the landscape.
    floor_eV
        Lowest point of the network itself, which may lie above that of the landscape.
    """

    threshold_eV: float
    floor_eV: float

    @property
    def own_height(self) -> float:
        """Threshold above the lowest point of the network, eV."""
        return self.threshold_eV - self.floor_eV


Barriers = tuple[Barrier | None, Barrier | None, Barrier | None]
