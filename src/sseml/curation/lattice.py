"""Whether a reported unit cell can be true: its volume per atom against what its anions take up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

LOWEST_VOLUME_PER_ATOM_A3 = 4.0

HIGHEST_VOLUME_PER_ATOM_A3: Mapping[str, float] = {
    "H": 18.0,
    "B": 18.0,
    "C": 18.0,
    "N": 18.0,
    "O": 18.0,
    "F": 18.0,
    "P": 24.0,
    "S": 25.0,
    "Cl": 27.0,
    "Se": 28.0,
    "Te": 32.0,
    "Br": 32.0,
    "I": 37.0,
}
"""Highest credible cell volume per atom (Å³) of a solid all of whose anions are this element.

Set above every consistent cell of the OBELiX table (oxides ≤ 16, sulfides ≤ 23, LiAlCl4 24.6,
LiGaBr4 29.0, Li3ErI6 33.3); for mixed anions the amounts weigh the limits.
"""


def cell_volume(lattice: Sequence[float]) -> float | None:
    """Volume in Å³ of a cell a, b, c (Å) and alpha, beta, gamma (degrees); None if it is none."""
    a, b, c, *angles = lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    squared = 1.0 - x * x - y * y - z * z + 2.0 * x * y * z
    if min(a, b, c) <= 0.0 or squared <= 0.0:
        return None
    return a * b * c * math.sqrt(squared)


def highest_volume_per_atom(amounts: Mapping[str, float]) -> float:
    """Highest credible volume per atom (Å³): the limits of the anions, weighed by their amounts.

    Boron, carbon, hydrogen and phosphorus are read as anions only where no other anion is there.
    """
    anions = {s: n for s, n in amounts.items() if s in HIGHEST_VOLUME_PER_ATOM_A3}
    proper = {s: n for s, n in anions.items() if s not in {"H", "B", "C", "P"}} or anions
    if not proper:
        return max(HIGHEST_VOLUME_PER_ATOM_A3.values())
    total = sum(proper.values())
    return sum(HIGHEST_VOLUME_PER_ATOM_A3[s] * n for s, n in proper.items()) / total


def is_possible(volume_per_atom_A3: float, amounts: Mapping[str, float]) -> bool:
    """Tell whether a volume per atom (Å³) is credible for a solid of these amounts."""
    return LOWEST_VOLUME_PER_ATOM_A3 <= volume_per_atom_A3 <= highest_volume_per_atom(amounts)
