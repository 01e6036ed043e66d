"""A cell as a file gives it becomes a `Crystal`: checked, with its composition and space group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sseml.arrays import FloatArray
from sseml.parse.formula import composition, parse_formula
from sseml.parse.space_groups import space_group_symbols
from sseml.parse.structure.agreement import OnMismatch, contradiction
from sseml.parse.structure.cell import (
    MOST_OCCUPIED,
    OVERLAP_A,
    Cell,
    cell_volume,
    close_pairs,
    plane_spacings,
    require_cell,
    require_few_sites,
    require_places,
    site_kinds,
)
from sseml.parse.structure.symmetry import space_group_of
from sseml.records import Composition, Crystal, RefusedInputError

_SYMMETRY_TOLERANCE_A = 0.01  # how far sites may be from where the symmetry wants them
_ROUNDED_SITES_A = 0.1  # the same for the space group that the file states
_SAME_PLACE_A = 0.05  # sites closer than this are one disordered site
_FULLY_OCCUPIED = 0.99
_WIDEST_GAP_A = 8.0  # a wider gap along a lattice vector is taken for the vacuum of a slab
_NO_SYMMETRY_USED = 1  # P1 in a file says that all atoms are listed, not that they have no symmetry
_DECIMALS = 4
_NEARLY_WHOLE = 0.0015  # 0.333 of three sites is meant as one atom

_Site = tuple[str, FloatArray, dict[str, float]]


def crystal_of(cell: Cell, source: str, on_mismatch: OnMismatch = "refuse") -> Crystal:
    """Check a cell of a file named `source`, and say what is known of its crystal.

    The composition counts every atom by its occupancy. The amounts are per formula unit: the cell
    over the formula units that the file states, else over the largest number that divides every
    count of fully occupied sites of one kind; they are rounded to four decimals, and to whole
    numbers within 0.0015. Sites are of one kind if they hold the same elements with the same
    occupancies. The space group is that of the sites within 0.01 Å, or the one that the file states
    if they have it within 0.1 Å.
    """
    require_cell(cell.lattice_A)
    listed = list(_occupied(cell))
    if not listed:
        raise RefusedInputError("no site is occupied", "correct the occupancies")
    require_few_sites(len(listed))
    near = close_pairs(cell.lattice_A, np.array([position for _, position, _ in listed]), OVERLAP_A)
    home = _first_at_place(len(listed), near)
    sites = list(_merged(listed, home))
    _refuse_overlap(sites, home, near)
    positions = np.array([position for _, position, _ in sites])
    occupancies = tuple(species for *_, species in sites)
    kinds = site_kinds(occupancies)
    material = _composition(occupancies, kinds, cell.formula_units)
    number = _space_group(cell.lattice_A, positions, kinds, cell.space_group_number)
    notes = [*cell.notes, *_gap_notes(cell.lattice_A, positions)]
    if cell.formula:
        notes += contradiction("the file", parse_formula(cell.formula), material, on_mismatch)
    notes += _space_group_notes(cell.space_group_number, number)
    atoms = sum(sum(species.values()) for species in occupancies)
    return Crystal(
        formula=material.formula,
        amounts=material.amounts,
        space_group_number=number,
        volume_per_atom_A3=cell_volume(cell.lattice_A) / atoms,
        lattice_A=cell.lattice_A,
        positions=positions,
        occupancies=occupancies,
        source=source,
        notes=tuple(notes),
    )


def _occupied(cell: Cell) -> Iterator[_Site]:
    """The sites that hold an atom, each without the elements of which it holds nothing."""
    require_places(cell.labels, cell.positions)
    for label, position, species in zip(cell.labels, cell.positions, cell.occupancies, strict=True):
        total = sum(species.values())
        if not math.isfinite(total) or min(species.values(), default=0.0) < 0.0:
            raise RefusedInputError(f"site {label} has an occupancy below 0", "correct the file")
        if total > 0.0:
            _require_room(label, total)
            yield label, position, {e: share for e, share in species.items() if share > 0.0}


def _first_at_place(count: int, near: Sequence[tuple[int, int, float]]) -> list[int]:
    """For each site the first one at the same place."""
    home = list(range(count))
    for i, j, apart_A in near:
        if apart_A < _SAME_PLACE_A:
            home[j] = min(home[j], home[i])
    return home


def _merged(sites: Sequence[_Site], home: Sequence[int]) -> Iterator[_Site]:
    """Make one site of those at the same place, and scale what is above 1 by rounding alone."""
    together: dict[int, dict[str, float]] = {}
    for place, (_, _, species) in zip(home, sites, strict=True):
        held = together.setdefault(place, {})
        for element, share in species.items():
            held[element] = held.get(element, 0.0) + share
    for place, species in together.items():
        label, position, _ = sites[place]
        total = sum(species.values())
        _require_room(label, total)
        scaled = {element: share / max(total, 1.0) for element, share in species.items()}
        yield label, position % 1.0, scaled


def _require_room(label: str, total: float) -> None:
    if total > MOST_OCCUPIED:
        raise RefusedInputError(
            f"the occupancies of site {label} add up to {total:.4g}, more than 1",
            "correct the occupancies, or the coordinates of atoms at the same place",
        )


def _refuse_overlap(
    sites: Sequence[_Site], home: Sequence[int], near: Sequence[tuple[int, int, float]]
) -> None:
    """Refuse two fully occupied sites that are too close for that."""
    site_of = dict(zip(dict.fromkeys(home), sites, strict=True))
    for i, j, apart_A in near:
        if i not in site_of or j not in site_of:
            continue
        (first, _, held), (second, _, other) = site_of[i], site_of[j]
        if min(sum(held.values()), sum(other.values())) >= _FULLY_OCCUPIED:
            raise RefusedInputError(
                f"the sites {first} and {second} are {apart_A:.2f} Å apart and both fully occupied",
                "correct the coordinates, the cell or the occupancies",
            )


def _composition(
    occupancies: Sequence[Mapping[str, float]], kinds: Sequence[int], formula_units: int | None
) -> Composition:
    amounts: dict[str, float] = {}
    for species in occupancies:
        for element, share in species.items():
            amounts[element] = amounts.get(element, 0.0) + share
    full = Counter(
        kind
        for kind, species in zip(kinds, occupancies, strict=True)
        if sum(species.values()) >= _FULLY_OCCUPIED
    )
    units = math.gcd(*full.values()) or 1
    if formula_units and formula_units > 1 and units % formula_units == 0:
        units = formula_units
    return composition({element: _rounded(n / units) for element, n in amounts.items()})


def _rounded(amount: float) -> float:
    near = round(amount)
    return float(near) if near and abs(amount - near) < _NEARLY_WHOLE else round(amount, _DECIMALS)


def _space_group(
    lattice_A: FloatArray, positions: FloatArray, kinds: Sequence[int], stated: int | None
) -> int | None:
    number = space_group_of(lattice_A, positions, kinds, _SYMMETRY_TOLERANCE_A)
    if stated in (None, number):
        return number
    rounded = space_group_of(lattice_A, positions, kinds, _ROUNDED_SITES_A)
    return stated if rounded == stated else number


def _gap_notes(lattice_A: FloatArray, positions: FloatArray) -> Iterator[str]:
    for axis, spacing_A, places in zip("abc", plane_spacings(lattice_A), positions.T, strict=True):
        heights = np.sort(places)
        gap_A = spacing_A * np.diff(heights, append=heights[0] + 1.0).max()
        if gap_A > _WIDEST_GAP_A:
            yield (
                f"the sites leave a gap of {gap_A:.1f} Å along {axis}: if that is the vacuum of a"
                " slab or a molecule, the space group and volume per atom are not those of the bulk"
            )


def _space_group_notes(stated: int | None, found: int | None) -> Iterator[str]:
    if found is None:
        yield "no space group fits the sites"
    elif stated not in (None, _NO_SYMMETRY_USED, found):
        symbols = space_group_symbols()
        yield (
            f"the file says space group {stated} ({symbols[stated]}), but its sites have {found}"
            f" ({symbols[found]}) within {_SYMMETRY_TOLERANCE_A:g} Å, which is used"
        )
