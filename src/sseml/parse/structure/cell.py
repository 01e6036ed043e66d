"""What a structure file says, whatever its format: one cell with its sites, and which lie close."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sseml.arrays import FloatArray
from sseml.records import RefusedInputError

LARGEST_CELL_SITES = 2000
"""Sites of the largest cell that is read; average structures of electrolytes have a tenth of it."""

OVERLAP_A = 0.5
"""Two atoms, both there all the time, are never closer than this."""

MOST_OCCUPIED = 1.01
"""Occupancies of a site may add up to this: they are rounded."""

FARTHEST_CELLS = 1000.0
"""How many cells away from the first one a site may be written."""

_THINNEST_A = 1.0
_LONGEST_A = 300.0
_FAR_TOO_LONG_A = 1e6
_FLAT_A3 = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A unit cell as it stands in a file.

    Attributes
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    labels
        What the file calls each site.
    positions
        Fractional coordinates of all sites of the cell, shape (n_sites, 3).
    occupancies
        Of each site, element symbol → occupancy; hydrogen and lithium stand for their isotopes.
    formula
        The formula that the file gives itself; empty where it gives none that can be read.
    formula_units
        Formula units in the cell, as the file says.
    space_group_number
        International number, as the file says.
    notes
        What was noticed while reading, for the person who handed in the file.
    """

    lattice_A: FloatArray
    labels: tuple[str, ...]
    positions: FloatArray
    occupancies: tuple[Mapping[str, float], ...]
    formula: str = ""
    formula_units: int | None = None
    space_group_number: int | None = None
    notes: tuple[str, ...] = field(default=())


def lattice_of_parameters(parameters: Sequence[float]) -> FloatArray:
    """Lattice vectors as rows (Å), a along x and b in the xy plane.

    Parameters
    ----------
    parameters
        a, b, c in Å and alpha, beta, gamma in degrees.

    Raises
    ------
    RefusedInputError
        If they enclose no cell.
    """
    a, b, c, *degrees = parameters
    ca, cb, cg = (math.cos(math.radians(angle)) for angle in degrees)
    squared = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg
    if min(a, b, c) <= 0 or not all(0 < angle < 180 for angle in degrees) or squared <= 0:
        written = ", ".join(f"{value:g}" for value in parameters)
        raise RefusedInputError(
            f"the cell a, b, c, alpha, beta, gamma = {written} encloses no volume",
            "give lengths in Å and angles in degrees",
        )
    sg = math.sin(math.radians(degrees[2]))
    across = (ca - cb * cg) / sg
    return np.array(
        [[a, 0.0, 0.0], [b * cg, b * sg, 0.0], [c * cb, c * across, c * math.sqrt(squared) / sg]]
    )


def require_cell(lattice_A: FloatArray) -> None:
    """Refuse lattice vectors that can be no cell of a crystal.

    Parameters
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).

    Raises
    ------
    RefusedInputError
        If two lattice planes are closer than 1 Å, or a vector is longer than 300 Å.
    """
    if not (np.abs(lattice_A) <= _FAR_TOO_LONG_A).all():
        raise RefusedInputError(f"the cell is longer than {_LONGEST_A:g} Å", "give lengths in Å")
    if abs(np.linalg.det(lattice_A)) < _FLAT_A3:
        raise RefusedInputError("the lattice vectors enclose no volume", "give them in Å")
    spacing_A = plane_spacings(lattice_A)
    longest_A = np.linalg.norm(lattice_A, axis=1).max()
    if spacing_A.min() < _THINNEST_A or longest_A > _LONGEST_A:
        raise RefusedInputError(
            f"the cell is {spacing_A.min():.3g} Å thin and {longest_A:.4g} Å long",
            f"cells from {_THINNEST_A:g} to {_LONGEST_A:g} Å are read: give lengths in Å",
        )


def plane_spacings(lattice_A: FloatArray) -> FloatArray:
    """How far apart the lattice planes across each lattice vector are, Å, shape (3,)."""
    spacing_A: FloatArray = 1 / np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    return spacing_A


def require_places(labels: Sequence[str], positions: FloatArray) -> None:
    """Refuse sites whose fractional coordinates are no numbers, or beyond `FARTHEST_CELLS`.

    Raises
    ------
    RefusedInputError
        If there is one; the message names it.
    """
    misplaced = np.flatnonzero(~(np.abs(positions) <= FARTHEST_CELLS).all(axis=1))
    for index in misplaced.tolist():
        written = ", ".join(f"{value:g}" for value in positions[index])
        raise RefusedInputError(
            f"site {labels[index]} has no place in the cell: {written}",
            "give its coordinates as fractions of the cell",
        )


def require_few_sites(count: int) -> None:
    """Refuse a cell with more sites than `LARGEST_CELL_SITES`.

    Raises
    ------
    RefusedInputError
        If there are more.
    """
    if count > LARGEST_CELL_SITES:
        raise RefusedInputError(
            f"the cell has {count} sites, more than the {LARGEST_CELL_SITES} that are read",
            "reduce the supercell to the unit cell of the average structure",
        )


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
