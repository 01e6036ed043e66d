"""Which sites of a cell lie close together, across its borders too."""

from __future__ import annotations

import numpy as np

from sseml.parse.structure.cell import FloatArray

_BLOCK = 256
"""Sites compared with all others at once: bounded memory for large cells."""


def close_pairs(
    lattice_A: FloatArray, positions: FloatArray, limit_A: float
) -> list[tuple[int, int, float]]:
    """Pairs of sites closer than a limit.

    Parameters
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3); lattice planes at least twice the limit apart.
    positions
        Fractional coordinates, shape (n_sites, 3).
    limit_A
        In Å.

    Returns
    -------
    list of (int, int, float)
        The lower index, the higher one, and their distance in Å.
    """
    pairs = []
    for start in range(0, len(positions), _BLOCK):
        apart = positions[None, start:, :] - positions[start : start + _BLOCK, None, :]
        apart -= np.rint(apart)
        distance_A = np.sqrt(((apart @ lattice_A) ** 2).sum(axis=2))
        for i, j in np.argwhere(distance_A < limit_A).tolist():
            if i < j:
                pairs.append((start + i, start + j, float(distance_A[i, j])))
    return pairs
