"""What the readers of all formats share: the cell that a file gives, its checks and its text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.records import RefusedInputError

LARGEST_CELL_SITES = 2000
"""Sites of the largest cell that is read; average structures of electrolytes have a tenth of it."""

OVERLAP_A = 0.5
"""Two atoms that are both fully occupied are never closer than this."""

MOST_OCCUPIED = 1.01
"""Occupancies of a site may add up to this: they are rounded."""

_FARTHEST_CELLS = 1000.0  # how many cells away from the first one a site may be written
_THINNEST_A = 1.0
_LONGEST_A = 300.0
_FAR_TOO_LONG_A = 1e6
_FLAT_A3 = 1e-6
_LONGEST_LINE = 200_000  # characters of a line of a CIF or POSCAR; CIF itself allows 2,048
_LONGEST_QUOTE = 60
_SITES_AT_ONCE = 256  # sites compared with all others at once: bounded memory for large cells


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A unit cell as it stands in a file.

    The lattice vectors are rows in Å, the positions fractional coordinates, shape (n_sites, 3). An
    occupancy maps element symbols to shares of a site. `formula`, `formula_units` and
    `space_group_number` are what the file states, `notes` what was noticed while reading it.
    """

    lattice_A: FloatArray
    labels: tuple[str, ...]
    positions: FloatArray
    occupancies: tuple[Mapping[str, float], ...]
    formula: str = ""
    formula_units: int | None = None
    space_group_number: int | None = None
    notes: tuple[str, ...] = ()


def lattice_of_parameters(parameters: Sequence[float]) -> FloatArray:
    """Lattice vectors as rows (Å) of a, b, c (Å) and alpha, beta, gamma (degrees).

    The vector a lies along x, and b in the xy plane.
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


def cell_volume(lattice_A: FloatArray) -> float:
    """Volume (Å³) of a cell whose lattice vectors are the rows, Å, shape (3, 3)."""
    return abs(float(np.linalg.det(lattice_A)))


def plane_spacings(lattice_A: FloatArray) -> FloatArray:
    """Distance (Å) of the lattice planes across each lattice vector, shape (3,)."""
    spacing_A: FloatArray = 1 / np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    return spacing_A


def require_cell(lattice_A: FloatArray) -> None:
    """Refuse lattice vectors (rows, Å) that can be no cell of a crystal: too thin or too long."""
    if not (np.abs(lattice_A) <= _FAR_TOO_LONG_A).all():
        raise RefusedInputError(f"the cell is longer than {_LONGEST_A:g} Å", "give lengths in Å")
    if cell_volume(lattice_A) < _FLAT_A3:
        raise RefusedInputError("the lattice vectors enclose no volume", "give them in Å")
    spacing_A = plane_spacings(lattice_A)
    longest_A = np.linalg.norm(lattice_A, axis=1).max()
    if spacing_A.min() < _THINNEST_A or longest_A > _LONGEST_A:
        raise RefusedInputError(
            f"the cell is {spacing_A.min():.3g} Å thin and {longest_A:.4g} Å long",
            f"cells from {_THINNEST_A:g} to {_LONGEST_A:g} Å are read: give lengths in Å",
        )


def require_places(labels: Sequence[str], positions: FloatArray) -> None:
    """Refuse sites whose fractional coordinates are no numbers, or too far from the cell."""
    misplaced = np.flatnonzero(~(np.abs(positions) <= _FARTHEST_CELLS).all(axis=1))
    for index in misplaced.tolist():
        written = ", ".join(f"{value:g}" for value in positions[index])
        raise RefusedInputError(
            f"site {labels[index]} has no place in the cell: {written}",
            "give its coordinates as fractions of the cell",
        )


def require_few_sites(count: int) -> None:
    """Refuse a cell with more sites than `LARGEST_CELL_SITES`."""
    if count > LARGEST_CELL_SITES:
        raise RefusedInputError(
            f"the cell has {count} sites, more than the {LARGEST_CELL_SITES} that are read",
            "reduce the supercell to the unit cell of the average structure",
        )


def shortest_vectors(starts: FloatArray, ends: FloatArray) -> FloatArray:
    """From each start to the nearest image of each end, fractional: (n, 3), (m, 3) → (n, m, 3)."""
    vectors = ends[None, :, :] - starts[:, None, :]
    vectors -= np.rint(vectors)
    return vectors


def lengths(vectors: FloatArray, lattice_A: FloatArray) -> FloatArray:
    """Lengths (Å) of vectors in fractional coordinates: (…, 3) → (…)."""
    length_A: FloatArray = np.sqrt(((vectors @ lattice_A) ** 2).sum(axis=-1))
    return length_A


def close_pairs(
    lattice_A: FloatArray, positions: FloatArray, limit_A: float
) -> list[tuple[int, int, float]]:
    """Pairs of sites closer than a limit: the lower index, the higher one, their distance in Å.

    The lattice planes are at least twice the limit apart.
    """
    pairs = []
    for start in range(0, len(positions), _SITES_AT_ONCE):
        vectors = shortest_vectors(positions[start : start + _SITES_AT_ONCE], positions[start:])
        distance_A = lengths(vectors, lattice_A)
        for i, j in np.argwhere(distance_A < limit_A).tolist():
            if i < j:
                pairs.append((start + i, start + j, float(distance_A[i, j])))
    return pairs


def site_kinds(occupancies: Sequence[Mapping[str, float]]) -> list[int]:
    """Number the kinds of sites from 1: those of one kind hold the same, to three decimals."""
    held = [
        tuple(sorted((element, round(share, 3)) for element, share in species.items()))
        for species in occupancies
    ]
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(held), start=1)}
    return [numbers[kind] for kind in held]


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Every line of a text and its number, one at a time; one that is too long is refused."""
    start, number = 0, 1
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start > _LONGEST_LINE:
            raise RefusedInputError(
                f"line {number} is {end - start} characters long, more than the"
                f" {_LONGEST_LINE} that are read",
                "break it into lines, or export the structure again",
            )
        yield number, text[start:end]
        start, number = end + 1, number + 1


def quoted(text: str) -> str:
    """A text of a file as it is quoted in a message: short, and without control characters."""
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")


def plainly_quoted(text: str) -> str:
    """The same without its quotation marks."""
    return quoted(text)[1:-1]
