"""A cell as a file gives it becomes a `Crystal`: checked, with its composition and space group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sseml.parse.formula import composition, parse_formula
from sseml.parse.space_groups import space_group_symbols
from sseml.parse.structure.agreement import OnMismatch, contradiction
from sseml.parse.structure.cell import Cell, FloatArray, require_cell, require_few_sites
from sseml.parse.structure.closeness import close_pairs
from sseml.parse.structure.symmetry import space_group_of
from sseml.records import Composition, Crystal, RefusedInputError

SYMMETRY_TOLERANCE_A = 0.01
"""How far sites may be from where the symmetry wants them."""

ROUNDED_SITES_A = 0.1
"""How far they may be from where the space group wants them that the file itself names."""

OVERLAP_A = 0.5
"""Two atoms, both there all the time, are never closer than this."""

SAME_PLACE_A = 0.05
"""Sites closer than this are one disordered site."""

MOST_OCCUPIED = 1.01
"""Occupancies of a site may add up to this: they are rounded."""

FULLY_OCCUPIED = 0.99

_NO_SYMMETRY_USED = 1
"""P1 in a file says that all atoms are listed, not that they have no symmetry."""

_DECIMALS = 4
_NEARLY_WHOLE = 0.0015
"""0.333 of three sites is meant as one atom."""

_Site = tuple[str, FloatArray, dict[str, float]]


def crystal_of(cell: Cell, source: str, on_mismatch: OnMismatch = "refuse") -> Crystal:
    """Check a cell and say what is known of its crystal.

    The composition counts every atom by its occupancy. The amounts are per formula unit: the cell
    over the formula units that the file states, else over the largest number that divides every
    count of fully occupied sites of one kind; they are rounded to four decimals, and to whole
    numbers within 0.0015. Sites are of one kind if they hold the same elements with the same
    occupancies. The space group is that of the sites within 0.01 Å, or the one that the file states
    if they have it within 0.1 Å.

    Parameters
    ----------
    cell
        As it stands in the file.
    source
        The file, for the record.
    on_mismatch
        What to do if the file's own formula differs from that of its sites: refuse, or say so in
        the notes.

    Raises
    ------
    RefusedInputError
        If the cell can be none of a crystal.
    """
    require_cell(cell.lattice_A)
    sites = list(_merged(list(_occupied(cell)), cell.lattice_A))
    if not sites:
        raise RefusedInputError("no site is occupied", "correct the occupancies")
    require_few_sites(len(sites))
    positions = np.array([position for _, position, _ in sites])
    occupancies = tuple(species for *_, species in sites)
    _refuse_overlap(cell.lattice_A, sites, positions)
    atoms = sum(sum(species.values()) for species in occupancies)
    kinds = _kinds(occupancies)
    material = _composition(occupancies, kinds, cell.formula_units)
    number = _space_group(cell.lattice_A, positions, kinds, cell.space_group_number)
    return Crystal(
        formula=material.formula,
        amounts=material.amounts,
        space_group_number=number,
        volume_per_atom_A3=abs(float(np.linalg.det(cell.lattice_A))) / atoms,
        lattice_A=cell.lattice_A,
        positions=positions,
        occupancies=occupancies,
        source=source,
        notes=(
            *cell.notes,
            *_formula_notes(cell.formula, material, on_mismatch),
            *_space_group_notes(cell.space_group_number, number),
        ),
    )


def _occupied(cell: Cell) -> Iterator[_Site]:
    for label, position, species in zip(cell.labels, cell.positions, cell.occupancies, strict=True):
        if not np.isfinite(position).all():
            raise RefusedInputError(f"site {label} has no place in the cell", "correct the file")
        total = sum(species.values())
        if not math.isfinite(total) or min(species.values(), default=0.0) < 0.0:
            raise RefusedInputError(f"site {label} has an occupancy below 0", "correct the file")
        if total > 0.0:
            _require_room(label, total)
            yield label, position, {e: share for e, share in species.items() if share > 0.0}


def _merged(sites: Sequence[_Site], lattice_A: FloatArray) -> Iterator[_Site]:
    """Make one site of those at the same place, and scale what is above 1 by rounding alone."""
    positions = np.array([position for _, position, _ in sites]).reshape(-1, 3)
    home = list(range(len(sites)))
    for i, j, _ in close_pairs(lattice_A, positions, SAME_PLACE_A):
        home[j] = min(home[j], home[i])
    together: dict[int, dict[str, float]] = {}
    for place, (_, _, species) in zip(home, sites, strict=True):
        held = together.setdefault(place, {})
        for element, share in species.items():
            held[element] = held.get(element, 0.0) + share
    for place, species in together.items():
        label, total = sites[place][0], sum(species.values())
        _require_room(label, total)
        scaled = {element: share / max(total, 1.0) for element, share in species.items()}
        yield label, positions[place] % 1.0, scaled


def _require_room(label: str, total: float) -> None:
    if total > MOST_OCCUPIED:
        raise RefusedInputError(
            f"the occupancies of site {label} add up to {total:.4g}, more than 1",
            "correct the occupancies, or the coordinates of atoms at the same place",
        )


def _refuse_overlap(lattice_A: FloatArray, sites: Sequence[_Site], positions: FloatArray) -> None:
    full = [sum(species.values()) >= FULLY_OCCUPIED for *_, species in sites]
    for i, j, apart_A in close_pairs(lattice_A, positions, OVERLAP_A):
        if full[i] and full[j]:
            raise RefusedInputError(
                f"the sites {sites[i][0]} and {sites[j][0]} are {apart_A:.2f} Å apart and both"
                " fully occupied",
                "correct the coordinates, the cell or the occupancies",
            )


def _kinds(occupancies: Sequence[Mapping[str, float]]) -> list[int]:
    """Number the kinds of sites: those of one kind hold the same, to three decimals."""
    numbers: dict[tuple[tuple[str, float], ...], int] = {}
    return [
        numbers.setdefault(
            tuple(sorted((e, round(share, 3)) for e, share in species.items())), len(numbers) + 1
        )
        for species in occupancies
    ]


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
        if sum(species.values()) >= FULLY_OCCUPIED
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
    number = space_group_of(lattice_A, positions, kinds, SYMMETRY_TOLERANCE_A)
    if stated in (None, number):
        return number
    rounded = space_group_of(lattice_A, positions, kinds, ROUNDED_SITES_A)
    return stated if rounded == stated else number


def _formula_notes(written: str, sites: Composition, on_mismatch: OnMismatch) -> tuple[str, ...]:
    return contradiction("the file", parse_formula(written), sites, on_mismatch) if written else ()


def _space_group_notes(stated: int | None, found: int | None) -> Iterator[str]:
    if found is None:
        yield "no space group fits the sites"
    elif stated not in (None, _NO_SYMMETRY_USED, found):
        symbols = space_group_symbols()
        yield (
            f"the file says space group {stated} ({symbols[stated]}), but its sites have {found}"
            f" ({symbols[found]}) within {SYMMETRY_TOLERANCE_A:g} Å, which is used"
        )
