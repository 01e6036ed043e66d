"""The ways of Li⁺ through a crystal as its bond-valence site energy shows them.

A static-lattice estimate: one Li⁺ in the empty, rigid, average framework. Its ions do not give way,
and Li⁺ does not meet Li⁺.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from sseml.physics.passage import Passage, easiest_passage
from sseml.physics.percolation import Barriers, percolation_barriers
from sseml.physics.site_energy import Ion, shares_with_lithium, site_energy
from sseml.records import Crystal, RefusedInputError

FloatArray = NDArray[np.float64]

SPACING_A, FINEST_A, COARSEST_A = 0.2, 0.1, 0.4
FEW_POINTS = 60_000
"""A cell that takes fewer gets a finer grid: it costs nothing."""

MOST_POINTS = 1_300_000
"""Of a grid: bounded memory and time. A cell that needs more gets a coarser grid."""

HIGHEST_BARRIER_EV = 5.0

_WIDEST = 250_000
"""Points of a region in which one easiest way is looked for."""

_MULTIPLE = 12
"""Points along an axis are a multiple of this: then the grid has the symmetry of the crystal."""

_NEAR_SITE_A = 0.4
"""Where the energy of a lithium site is looked for: around it, as sites of files are not exact."""

_FAR_ABOVE_EV = 1.0
_UNBALANCED = 0.01
"""Charge per atom that is worth a word."""

_PARTS = (0.6, 0.9)
"""Shares of the time after which the energy and the barriers are there."""


@dataclass(frozen=True, slots=True, eq=False)
class Pathways:
    """What the site energy of Li⁺ says of a crystal.

    Attributes
    ----------
    crystal
        As it was given.
    energy_eV
        Above the lowest point, on a periodic grid; point i lies at i/n of a lattice vector.
    barriers
        From which energy a region runs through the crystal in 1, 2 and 3 directions; None where
        none does below `HIGHEST_BARRIER_EV`.
    passage
        The easiest way through; None if there is none, or a region too wide for one.
    lithium_eV
        Energy of each site that holds Li: the lowest within 0.4 Å of it, shape (n_li_sites,).
    spacing_A
        Largest distance of neighbouring points along a lattice vector.
    charges
        Element → formal charge.
    notes
        What to know of this calculation.
    """

    crystal: Crystal
    energy_eV: FloatArray
    barriers: Barriers
    passage: Passage | None
    lithium_eV: FloatArray
    spacing_A: float
    charges: Mapping[str, float]
    notes: tuple[str, ...]


def lithium_pathways(
    crystal: Crystal,
    ions: Mapping[str, Ion],
    *,
    imbalance: float = 0.0,
    spacing_A: float | None = None,
    watch: Callable[[float], None] = lambda _: None,
) -> Pathways:
    """Calculate the landscape of one Li⁺ and what it takes to run through it.

    Parameters
    ----------
    crystal
        The average structure. Each ion of the framework acts with its occupancy, and all Li is
        taken out.
    ions
        What each element is.
    imbalance
        Charge per atom that `ions` leave unbalanced; worth a note.
    spacing_A
        Points of the grid are at most so far apart, as long as `MOST_POINTS` allow it; None for
        `SPACING_A`, and as fine as `FINEST_A` in small cells.
    watch
        Called with the share done from 0 to 1; what it raises ends the calculation.

    Raises
    ------
    RefusedInputError
        If there is no Li, the cell is too large, or an anion has no published parameters.
    """
    holds_li = np.array(["Li" in occupancy for occupancy in crystal.occupancies])
    if not holds_li.any():
        raise RefusedInputError("no site holds Li: there is nothing whose way could be shown")
    lattice_A = np.asarray(crystal.lattice_A, dtype=np.float64)
    asked_A = _usual_spacing(lattice_A) if spacing_A is None else spacing_A
    shape, spacing = _grid(lattice_A, asked_A)
    energy = site_energy(crystal, ions, shape, lambda share: watch(_PARTS[0] * share))
    energy -= energy.min()
    barriers = percolation_barriers(
        energy,
        HIGHEST_BARRIER_EV,
        lambda share: watch(_PARTS[0] + (_PARTS[1] - _PARTS[0]) * share),
    )
    watch(_PARTS[1])
    easiest = barriers[0]
    too_wide = bool(easiest and (energy <= easiest.threshold_eV).sum() > _WIDEST)
    passage = None
    if easiest and not too_wide:
        passage = easiest_passage(energy, lattice_A, easiest.threshold_eV)
    lithium = _near_sites(energy, lattice_A, np.asarray(crystal.positions)[holds_li])
    return Pathways(
        crystal=crystal,
        energy_eV=energy,
        barriers=barriers,
        passage=passage,
        lithium_eV=lithium,
        spacing_A=spacing,
        charges={symbol: ion.charge for symbol, ion in ions.items()},
        notes=(
            *_notes_of_file(crystal, imbalance),
            *_notes_of_landscape(spacing, asked_A, float(lithium.max()), too_wide),
        ),
    )


def _usual_spacing(lattice_A: FloatArray) -> float:
    """The coarsest of usual spacings for a large cell, the finest that is cheap for a small one."""
    spacings = np.arange(SPACING_A, FINEST_A - 1e-9, -0.01)
    cheap = [each for each in spacings if _points(lattice_A, each).prod() <= FEW_POINTS]
    return float(min(cheap, default=SPACING_A))


def _points(lattice_A: FloatArray, apart_A: float) -> NDArray[np.int64]:
    """Points along each lattice vector for a distance between them."""
    lengths = np.linalg.norm(lattice_A, axis=1)
    points: NDArray[np.int64] = np.ceil(lengths / (apart_A * _MULTIPLE)).astype(np.int64)
    return points * _MULTIPLE


def _grid(lattice_A: FloatArray, asked_A: float) -> tuple[tuple[int, int, int], float]:
    """Points along each lattice vector, and how far apart they are at most."""
    lengths = np.linalg.norm(lattice_A, axis=1)
    apart_A = asked_A
    while True:
        n = _points(lattice_A, apart_A)
        if n.prod() <= MOST_POINTS:
            return (int(n[0]), int(n[1]), int(n[2])), float((lengths / n).max())
        if apart_A >= max(COARSEST_A, asked_A):
            break
        apart_A = min(apart_A * 1.02, COARSEST_A)
    volume = abs(float(np.linalg.det(lattice_A)))
    raise RefusedInputError(
        f"the cell of {volume:,.0f} Å³ is too large: {COARSEST_A:g} Å between points would take "
        f"more than {MOST_POINTS:,} of them",
        "give the primitive cell instead of a supercell",
    )


def _near_sites(energy: FloatArray, lattice_A: FloatArray, positions: FloatArray) -> FloatArray:
    """Lowest energy around each site."""
    size = np.array(energy.shape)
    reach = np.rint(_NEAR_SITE_A * size / np.linalg.norm(lattice_A, axis=1)).astype(int)
    lowest = minimum_filter(energy, size=tuple(2 * reach + 1), mode="wrap")
    nearest = np.rint(positions * size).astype(int) % size
    found: FloatArray = lowest[tuple(nearest.T)]
    return found


def _notes_of_file(crystal: Crystal, imbalance: float) -> list[str]:
    notes = list(crystal.notes)
    others = [
        {symbol: share for symbol, share in occupancy.items() if symbol != "Li"}
        for occupancy in crystal.occupancies
    ]
    if any(part and not _is_whole(part) for part in others):
        notes.append(
            "the framework has partial occupancies: each ion acts with its occupancy, so a site "
            "that is blocked in one cell and open in the next is half open in all"
        )
    if sharing := _sharing(crystal):
        notes.append(
            f"{', '.join(sharing)} on sites of Li, or too near one: they act with their occupancy, "
            "but are taken as missing where Li+ comes from and goes to, so the way is blocked more "
            "often than it seems"
        )
    if abs(imbalance) > _UNBALANCED:
        notes.append(
            f"the file's composition is off balance by {imbalance:+.2f} charges an atom: its "
            "lithium content or an occupancy is not right"
        )
    return notes


def _notes_of_landscape(
    spacing_A: float, asked_A: float, highest_eV: float, too_wide: bool
) -> list[str]:
    notes = []
    if spacing_A > asked_A:
        notes.append(f"a large cell: points are {spacing_A:.2f} Å apart, not {asked_A:g}")
    if highest_eV > _FAR_ABOVE_EV:
        notes.append(
            f"a Li site of the file lies {highest_eV:.1f} eV above the lowest point: positions, "
            "occupancies or charges do not fit together"
        )
    if too_wide:
        notes.append("the open region is too wide for one easiest way: none is given")
    return notes


def _sharing(crystal: Crystal) -> list[str]:
    """Elements that hold places of Li."""
    sites = zip(crystal.occupancies, shares_with_lithium(crystal), strict=True)
    return sorted(
        {symbol for occupancy, shared in sites if shared for symbol in occupancy} - {"Li"}
    )


def _is_whole(part: Mapping[str, float]) -> bool:
    return len(part) == 1 and abs(sum(part.values()) - 1.0) < 1e-3
