"""A CIF becomes the cells it describes: every site of an asymmetric unit with all its images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sseml.arrays import FloatArray
from sseml.parse.formula import composition, parse_formula
from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.agreement import LARGEST_DISTANCE, distance
from sseml.parse.structure.cell import (
    MOST_OCCUPIED,
    OVERLAP_A,
    Cell,
    close_pairs,
    lattice_of_parameters,
    plainly_quoted,
    require_cell,
    require_few_sites,
    require_places,
)
from sseml.parse.structure.cif_symmetry import NUMBER, SYMBOL, Symmetry, symmetry_of
from sseml.parse.structure.cif_text import UNKNOWN, Block, blocks_of, number, whole
from sseml.parse.structure.symbols import species_of_label, species_of_symbol
from sseml.parse.structure.symmetry import Operations, images_of
from sseml.records import RefusedInputError, RefusedQualifierError

_CELL = (
    *(f"_cell_length_{x}" for x in "abc"),
    *(f"_cell_angle_{x}" for x in ("alpha", "beta", "gamma")),
)
_COORDINATES = tuple(f"_atom_site_fract_{x}" for x in "xyz")
_MULTIPLICITY = ("_atom_site_symmetry_multiplicity", "_atom_site_site_symmetry_multiplicity")
_LONGEST_FORMULA = 500
_LONGEST_SYMBOL = 60
_ROUNDED = 0.02  # how far shares, occupancies and contents may be from what they should add up to


class _Atom(NamedTuple):
    label: str
    species: Mapping[str, float]
    position: FloatArray
    multiplicity: int | None


def read_cif(text: str) -> Iterator[tuple[str, Cell | RefusedInputError]]:
    """Read the structures of a CIF: the name of each data block, and its cell or its refusal.

    Numbers may carry their uncertainty, ``0.1234(5)``; an occupancy that is not given is 1. Without
    symmetry operations those of the named space group are taken, and without a space group the
    sites are taken to be all there are.
    """
    for block in _structure_blocks(blocks_of(text)):
        try:
            yield block.name, _cell(block)
        except RefusedInputError as refusal:
            yield block.name, refusal


def _structure_blocks(blocks: list[Block]) -> list[Block]:
    """The blocks with a cell and coordinates; a CIF without one is refused."""
    found = [
        block
        for block in blocks
        if block.value(_CELL[0])
        and any(tag in block.loops or tag in block.items for tag in _COORDINATES)
    ]
    if found:
        return found
    if not blocks:
        raise RefusedInputError(
            "this is no CIF: it holds no tag such as _cell_length_a", "export the structure again"
        )
    tags = {tag for block in blocks for tag in (*block.items, *block.loops)}
    if "_atom_site_cartn_x" in tags:
        missing = "fractional coordinates (_atom_site_fract_x): it gives Cartesian ones"
    elif tags.isdisjoint(_COORDINATES):
        missing = "atom sites (_atom_site_fract_x)"
    else:
        missing = "cell (_cell_length_a) beside its atom sites"
    raise RefusedInputError(
        f"the CIF holds no {missing}", "it may be cut short: get the whole file, or export it again"
    )


def _cell(block: Block) -> Cell:
    lattice_A = lattice_of_parameters([number(block.value(tag), tag) for tag in _CELL])
    require_cell(lattice_A)
    formula, units = _formula(block), whole(block.value("_cell_formula_units_z")) or None
    notes = list[str]()
    atoms = list(_atoms(block, formula, notes))
    if not atoms:
        raise RefusedInputError(
            "no site of the CIF has coordinates", "get a file in which the atoms are located"
        )
    require_places([a.label for a in atoms], np.array([a.position for a in atoms]))
    symmetry = symmetry_of(block, lattice_A)
    images, note = _meant_images(atoms, symmetry, lattice_A, formula=formula, units=units)
    notes += [*symmetry.notes, *note]
    each = [atom for atom, count in zip(atoms, _counts(images), strict=True) for _ in range(count)]
    return Cell(
        lattice_A=lattice_A,
        labels=tuple(atom.label for atom in each),
        positions=np.concatenate(images),
        occupancies=tuple(atom.species for atom in each),
        formula=formula,
        formula_units=units,
        space_group_number=_stated_space_group(block),
        notes=tuple(notes),
    )


def _atoms(block: Block, formula: str, notes: list[str]) -> Iterator[_Atom]:
    """The atoms of the asymmetric unit; what is left out gets a note."""
    expected = parse_formula(formula).amounts if formula else {}
    coordinates = [block.column(tag) for tag in _COORDINATES]
    symbols = block.column("_atom_site_type_symbol")
    labels = block.column("_atom_site_label") or symbols
    count = len(coordinates[0])
    if not labels or {len(labels), *map(len, coordinates)} != {count}:
        raise RefusedInputError(
            "the atom sites have no label, type symbol or coordinate for every site",
            "get the whole file, or export it again",
        )
    require_few_sites(count)
    occupancies = block.column("_atom_site_occupancy")
    multiplicities = block.column(*_MULTIPLICITY)
    flags = block.column("_atom_site_calc_flag")
    for i, label in enumerate(labels):
        name = plainly_quoted(label)
        multiplicity = whole(_at(multiplicities, i))
        written = [column[i] for column in coordinates]
        if multiplicity:  # beside one, older files of the ICSD write a bare point for zero
            written = ["0" if text == "." else text for text in written]
        if any(text in UNKNOWN for text in written) or _at(flags, i).casefold() == "dum":
            notes.append(f"site {name} has no coordinates and is left out")
            continue
        try:
            position = np.array([number(text, f"a coordinate of {name}") for text in written])
            symbol = _at(symbols, i)
            if symbol in UNKNOWN:
                species = species_of_label(label, expected)
            else:
                species = species_of_symbol(symbol, expected)
            held = _held(species, name, _at(occupancies, i))
        except RefusedInputError as refusal:
            where = block.where(_COORDINATES[0], i)
            raise RefusedInputError(f"{where}{refusal.reason}", refusal.suggestion) from None
        if held:
            yield _Atom(name, held, position, multiplicity)


def _at(column: Sequence[str], index: int) -> str:
    return column[index] if index < len(column) else ""


def _held(species: Mapping[str, float], name: str, occupancy: str) -> dict[str, float]:
    """What a site holds: shares of a mixed site count within its occupancy, or as they are."""
    share = 1.0 if occupancy in UNKNOWN else number(occupancy, f"the occupancy of {name}")
    total = sum(species.values())
    if abs(total - 1.0) <= _ROUNDED or not species:
        return {element: part * share for element, part in species.items()}
    if share == 1.0 or abs(total - share) <= _ROUNDED:
        return dict(species)
    raise RefusedInputError(
        f"the shares of site {name} add up to {total:.4g}, and its occupancy is {share:g}",
        "write each of its atoms as a site of its own with its occupancy",
    )


def _meant_images(
    atoms: Sequence[_Atom],
    symmetry: Symmetry,
    lattice_A: FloatArray,
    *,
    formula: str,
    units: int | None,
) -> tuple[list[FloatArray], tuple[str, ...]]:
    """The images of each atom, and a note where the file means more operations than it lists.

    The multiplicities in the file decide, else its formula. A list of the identity alone says that
    all atoms are listed.
    """
    images = _images(atoms, symmetry.operations, lattice_A)
    if symmetry.fuller is None:
        return images, ()
    all_images = _possible_images(atoms, symmetry.fuller, lattice_A)
    counts, stated = _counts(images), [atom.multiplicity for atom in atoms]
    if all_images is None or _counts(all_images) == counts:
        return images, ()
    all_counts = _counts(all_images)
    of_part, of_all = counts == stated, all_counts == stated
    if formula and not of_part and not of_all:
        of_part = _fits(atoms, counts, formula, units)
        of_all = _fits(atoms, all_counts, formula, units)
    listed, fuller = len(symmetry.operations[0]), len(symmetry.fuller[0])
    what = f"{listed} of the {fuller} symmetry operations of the space group {symmetry.name}"
    if of_all and not of_part:
        note = f"the file lists {what}: all are used, as its multiplicities or formula want"
        return all_images, (note,)
    if listed == 1 or (of_part and not of_all):
        return images, ()
    raise RefusedInputError(
        f"the CIF lists {what} that it names: they give {sum(counts)} sites instead of"
        f" {sum(all_counts)}",
        "list all operations, or none and the name of the space group",
    )


def _images(
    atoms: Sequence[_Atom], operations: Operations, lattice_A: FloatArray
) -> list[FloatArray]:
    """The images of each atom in the cell, fractional, shape (n_images, 3)."""
    images, count = list[FloatArray](), 0
    for atom in atoms:
        images.append(images_of(atom.position, atom.multiplicity, operations, lattice_A))
        count += len(images[-1])
        require_few_sites(count)
    return images


def _possible_images(
    atoms: Sequence[_Atom], operations: Operations, lattice_A: FloatArray
) -> list[FloatArray] | None:
    """All images; None if there are too many, or two atoms share a place that has room for one."""
    try:
        images = _images(atoms, operations, lattice_A)
    except RefusedInputError:
        return None
    shares = np.repeat([sum(atom.species.values()) for atom in atoms], _counts(images))
    near = close_pairs(lattice_A, np.concatenate(images), OVERLAP_A)
    return None if any(shares[i] + shares[j] > MOST_OCCUPIED for i, j, _ in near) else images


def _counts(images: Sequence[FloatArray]) -> list[int]:
    return [len(each) for each in images]


def _fits(atoms: Sequence[_Atom], counts: Sequence[int], formula: str, units: int | None) -> bool:
    """Whether the sites hold what a formula says, and as much of it as the file says."""
    amounts: dict[str, float] = {}
    for atom, count in zip(atoms, counts, strict=True):
        for element, share in atom.species.items():
            amounts[element] = amounts.get(element, 0.0) + share * count
    said = parse_formula(formula)
    if distance(said, composition(amounts)) > LARGEST_DISTANCE:
        return False
    expected, found = sum(said.amounts.values()), sum(amounts.values())
    # some give the formula of the cell, and the number of formula units beside it
    return units is None or any(abs(found / n / expected - 1) < _ROUNDED for n in (1, units))


def _formula(block: Block) -> str:
    """The formula that the file states, if it can be read."""
    written = block.value("_chemical_formula_sum")
    if not written or len(written) > _LONGEST_FORMULA:
        return ""
    try:
        return parse_formula(re.sub(r"\(\d+\)|\s", "", written)).formula
    except RefusedInputError:
        return ""


def _stated_space_group(block: Block) -> int | None:
    stated = whole(block.value(*NUMBER))
    if stated is not None and 1 <= stated <= 230:
        return stated
    symbol = block.value(*SYMBOL).partition(":")[0].strip()
    try:
        return space_group_number(symbol) if len(symbol) <= _LONGEST_SYMBOL else None
    except RefusedQualifierError:
        return None
