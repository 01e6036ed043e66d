"""Lithium migration pathways through a crystal, as its bond-valence site energy shows them.

A static-lattice estimate: one Li⁺ in the empty, rigid, average framework. Its ions do not relax,
and Li⁺ does not meet Li⁺.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.ndimage import map_coordinates

from sseml.arrays import FloatArray, IntArray
from sseml.parse.structure.cell import cell_volume, site_kinds
from sseml.parse.structure.symmetry import primitive_lattice
from sseml.physics.barriers import Measured, measured
from sseml.physics.basins import Barrier, Barriers
from sseml.physics.charges import Ion
from sseml.physics.passage import Passage, easiest_passage, relaxed_passage
from sseml.physics.site_energy import Landscape, shares_with_lithium
from sseml.records import Crystal, RefusedInputError

SPACING_A, FINEST_A, COARSEST_A = 0.2, 0.1, 0.4
FEW_POINTS = 60_000
"""A cell that takes fewer gets a finer grid: it costs nothing."""

MOST_POINTS = 1_300_000
"""Of a grid: bounded memory and time. A cell that needs more gets a coarser grid."""

HIGHEST_BARRIER_EV = 5.0

_WIDEST = 250_000
"""Points of a region in which one easiest pathway is looked for."""

_MULTIPLE = 12
"""Points along an axis are a multiple of this: then the grid has the symmetry of the crystal."""

_NEAR_SITE_A = 0.4
"""Where the energy of a lithium site is looked for: around it, as sites of files are not exact."""

_BESIDE = np.array(list(product((-1, 0, 1), repeat=3)))
_FEWEST = 8
_MOST_DRAWN = 120
_ROUNDING_EV = 1e-9
_DIGITS = 6
_FAR_ABOVE_EV = 1.0
_UNBALANCED = 0.01
"""Charge per atom from which a note is due."""

COARSER = 1.5
"""Times the spacing of the grid whose barriers show the error of the finer one's."""

LEAST_ERROR_EV = 0.001
"""No barrier is given as more exact: saddles are found to this."""

_PARTS = (0.25, 0.9)
"""Shares of the time after which the coarser and the finer grid are done."""


_SAME_PLACE_A = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Pathways:
    """Lithium migration pathways through a crystal.

    Attributes
    ----------
    crystal
        As it was given.
    cell
        The primitive cell, in which everything is calculated; the crystal itself where it is one.
    energy_eV
        Site energy above the lowest point, on a periodic grid of `cell`; point i lies at i/n of a
        lattice vector.
    barriers
        From which energy a region runs through the crystal in 1, 2 and 3 directions, refined to the
        saddles that decide; None where none does below `HIGHEST_BARRIER_EV`.
    errors_eV
        By how much each barrier differs from that of a grid `COARSER` times as wide, at least
        `LEAST_ERROR_EV`; None where one of the two grids has none.
    passage
        The easiest pathway, in coordinates of `crystal`; None if there is none, or a region too
        wide for one.
    lithium_eV
        Energy of each site of `cell` that holds Li: the lowest within 0.4 Å of it, shape
        (n_li_sites,).
    spacing_A
        Largest distance of neighbouring points along a lattice vector of `cell`.
    charges
        Element → formal charge.
    notes
        What to know of this calculation.
    """

    crystal: Crystal
    cell: Crystal
    energy_eV: FloatArray
    barriers: Barriers
    errors_eV: tuple[float | None, ...]
    passage: Passage | None
    lithium_eV: FloatArray
    spacing_A: float
    charges: Mapping[str, float]
    notes: tuple[str, ...]

    def energy_as_given(self) -> FloatArray:
        """The landscape on a grid of the cell as it was given, for pictures, eV."""
        if self.cell is self.crystal:
            return self.energy_eV
        lattice_A = np.asarray(self.crystal.lattice_A, dtype=np.float64)
        shape = np.minimum(_points(lattice_A, self.spacing_A), _MOST_DRAWN)
        parts = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"))
        to_cell = lattice_A @ np.linalg.inv(np.asarray(self.cell.lattice_A))
        size = np.array(self.energy_eV.shape)
        places = np.tensordot(to_cell.T, parts, axes=1) * size[:, None, None, None]
        drawn: FloatArray = map_coordinates(self.energy_eV, places, order=1, mode="grid-wrap")
        return drawn


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
    if not any("Li" in occupancy for occupancy in crystal.occupancies):
        raise RefusedInputError("no site holds Li: there is nothing whose way could be shown")
    cell = primitive_cell(crystal)
    lattice_A = np.asarray(cell.lattice_A, dtype=np.float64)
    asked_A = _usual_spacing(lattice_A) if spacing_A is None else spacing_A
    shape, spacing = _grid(lattice_A, asked_A)
    wider = tuple(max(_FEWEST, round(each / COARSER)) for each in shape)
    coarse_part, fine_part = _PARTS
    coarse = measured(
        cell, ions, wider, HIGHEST_BARRIER_EV, lambda share: watch(coarse_part * share)
    )
    fine = measured(
        cell,
        ions,
        shape,
        HIGHEST_BARRIER_EV,
        lambda share: watch(coarse_part + (fine_part - coarse_part) * share),
    )
    watch(fine_part)
    landscape = Landscape(cell, ions)
    too_wide = bool(fine.grid_eV and (fine.energy_eV <= fine.grid_eV).sum() > _WIDEST)
    passage = None
    if fine.barriers[0] and fine.grid_eV and not too_wide:
        passage = _passage(crystal, cell, fine, landscape)
    holds_li = np.array(["Li" in occupancy for occupancy in cell.occupancies])
    lithium = _near_sites(landscape, lattice_A, np.asarray(cell.positions)[holds_li])
    lithium -= fine.zero_eV
    return Pathways(
        crystal=crystal,
        cell=cell,
        energy_eV=fine.energy_eV,
        barriers=fine.barriers,
        errors_eV=tuple(map(_error, fine.barriers, coarse.barriers)),
        passage=passage,
        lithium_eV=np.maximum(lithium, 0.0),
        spacing_A=spacing,
        charges={symbol: ion.charge for symbol, ion in ions.items()},
        notes=(
            *_notes_of_file(crystal, imbalance),
            *_notes_of_landscape(spacing, asked_A, float(lithium.max()), too_wide),
        ),
    )


def _error(fine: Barrier | None, coarse: Barrier | None) -> float | None:
    """By how much the barriers of two grids differ, eV."""
    if fine is None or coarse is None:
        return None
    return max(abs(fine.threshold_eV - coarse.threshold_eV), LEAST_ERROR_EV)


def _passage(crystal: Crystal, cell: Crystal, fine: Measured, landscape: Landscape) -> Passage:
    """The easiest pathway, relaxed, in coordinates of the cell as it was given."""
    assert fine.grid_eV is not None
    lattice_A = np.asarray(cell.lattice_A, dtype=np.float64)
    lowest = float(fine.energy_eV.min())
    found = easiest_passage(fine.energy_eV, lattice_A, fine.grid_eV - lowest + _ROUNDING_EV)
    found = replace(found, energy_eV=found.energy_eV + lowest)
    found = relaxed_passage(found, lattice_A, landscape, fine.zero_eV)
    if cell is crystal:
        return found
    to_given = lattice_A @ np.linalg.inv(np.asarray(crystal.lattice_A))
    x, y, z = (np.round(np.array(found.translation) @ to_given, _DIGITS) + 0.0).tolist()
    return replace(found, positions=found.positions @ to_given, translation=(x, y, z))


def _usual_spacing(lattice_A: FloatArray) -> float:
    """The coarsest of usual spacings for a large cell, the finest that is cheap for a small one."""
    spacings = np.arange(SPACING_A, FINEST_A - 1e-9, -0.01)
    cheap = [each for each in spacings if _points(lattice_A, each).prod() <= FEW_POINTS]
    return float(min(cheap, default=SPACING_A))


def _points(lattice_A: FloatArray, apart_A: float) -> IntArray:
    """Points along each lattice vector for a distance between them."""
    lengths = np.linalg.norm(lattice_A, axis=1)
    points: IntArray = np.ceil(lengths / (apart_A * _MULTIPLE)).astype(np.int64)
    return points * _MULTIPLE


def _grid(lattice_A: FloatArray, asked_A: float) -> tuple[tuple[int, ...], float]:
    """Points along each lattice vector, and how far apart they are at most."""
    lengths = np.linalg.norm(lattice_A, axis=1)
    apart_A = asked_A
    while True:
        n = _points(lattice_A, apart_A)
        if n.prod() <= MOST_POINTS:
            return tuple(n.tolist()), float((lengths / n).max())
        if apart_A >= max(COARSEST_A, asked_A):
            break
        apart_A = min(apart_A * 1.02, COARSEST_A)
    volume = cell_volume(lattice_A)
    raise RefusedInputError(
        f"the cell of {volume:,.0f} Å³ is too large: {COARSEST_A:g} Å between points would take "
        f"more than {MOST_POINTS:,} of them",
        "give the primitive cell instead of a supercell",
    )


def _near_sites(landscape: Landscape, lattice_A: FloatArray, positions: FloatArray) -> FloatArray:
    """Lowest energy around each site, eV."""
    to_fractional = np.linalg.inv(lattice_A)
    found = []
    for position in positions:
        energies = landscape.around(position, _NEAR_SITE_A)
        best_A, lowest = np.zeros(3), np.inf
        step_A = _NEAR_SITE_A / 4.0
        cube = np.array(list(product(range(-4, 5), repeat=3)))
        while step_A > _NEAR_SITE_A / 100.0:
            places_A = best_A + cube * step_A
            places_A = places_A[np.linalg.norm(places_A, axis=1) <= _NEAR_SITE_A + 1e-9]
            energy = energies(position + places_A @ to_fractional)
            best_A, lowest = places_A[energy.argmin()], float(energy.min())
            step_A, cube = step_A / 2.0, _BESIDE
        found.append(lowest)
    return np.array(found)


def _notes_of_file(crystal: Crystal, imbalance: float) -> list[str]:
    notes = list(crystal.notes)
    others = [
        {symbol: share for symbol, share in occupancy.items() if symbol != "Li"}
        for occupancy in crystal.occupancies
    ]
    if any(part and (len(part) > 1 or abs(sum(part.values()) - 1.0) >= 1e-3) for part in others):
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


def primitive_cell(crystal: Crystal) -> Crystal:
    """Reduce a supercell or a centred cell; the crystal itself where it is primitive already.

    Sites are of one kind if they hold the same elements with the same occupancies, to 0.001. What
    cannot be reduced without a doubt stays as it is.
    """
    lattice_A = np.asarray(crystal.lattice_A, dtype=np.float64)
    positions = np.asarray(crystal.positions, dtype=np.float64)
    kinds = np.array(site_kinds(crystal.occupancies))
    smaller_A = primitive_lattice(lattice_A, positions, kinds.tolist(), _SAME_PLACE_A)
    if smaller_A is None:
        return crystal
    inside = positions @ lattice_A @ np.linalg.inv(smaller_A)
    kept: list[int] = []
    for site, place in enumerate(inside):
        same = [other for other in kept if kinds[other] == kinds[site]]
        apart = inside[same] - place
        apart_A = np.linalg.norm((apart - np.rint(apart)) @ smaller_A, axis=1)
        if not (apart_A < 2.0 * _SAME_PLACE_A).any():
            kept.append(site)
    times = cell_volume(lattice_A) / cell_volume(smaller_A)
    if abs(len(kept) * times - len(positions)) > 0.5:
        return crystal
    return replace(
        crystal,
        lattice_A=smaller_A,
        positions=inside[kept] % 1.0,
        occupancies=tuple(crystal.occupancies[site] for site in kept),
    )
