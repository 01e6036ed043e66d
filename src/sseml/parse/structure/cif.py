"""A CIF becomes the cell it describes: every site of the asymmetric unit with all its images."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sseml.parse.formula import parse_formula
from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.cell import (
    Cell,
    FloatArray,
    lattice_of_parameters,
    require_cell,
    require_few_sites,
)
from sseml.parse.structure.cif_text import Block, blocks_of
from sseml.parse.structure.operations import listed_operations, named_operations
from sseml.parse.structure.symbols import element_of_label, element_of_symbol
from sseml.parse.structure.symmetry import Operations
from sseml.records import RefusedInputError, RefusedQualifierError

SAME_SITE_A = 0.05
"""Images of a site closer than this are one image, at their mean: coordinates are rounded."""

_OTHER_TOLERANCES_A = (0.1, 0.01, 0.001)
"""Tried where the file gives the multiplicity of a site, and the usual one gives another."""

_CELL = tuple(f"_cell_length_{x}" for x in "abc") + tuple(
    f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")
)
_COORDINATES = tuple(f"_atom_site_fract_{x}" for x in "xyz")
_OPERATIONS = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
_NUMBER = ("_space_group_it_number", "_symmetry_int_tables_number")
_SYMBOL = (
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m_full",
)
_HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_MULTIPLICITY = ("_atom_site_symmetry_multiplicity", "_atom_site_site_symmetry_multiplicity")
_FLOAT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:/([1-9]\d*))?(?:\(\d+\))?")
_WHOLE = re.compile(r"(\d{1,6})(?:\.0*)?")
_UNKNOWN = ("?", ".", "")


@dataclass(frozen=True, slots=True)
class _Atom:
    label: str
    element: str
    occupancy: float
    position: tuple[float, ...]
    multiplicity: int | None


def read_cif(text: str) -> Cell:
    """Read the one structure of a CIF.

    Numbers may carry their uncertainty, ``0.1234(5)``; an occupancy that is not given is 1. Without
    symmetry operations those of the named space group are taken, and without a space group the
    sites are taken to be all there are.

    Raises
    ------
    RefusedInputError
        If it holds no structure or several, or a number, element or operation cannot be read.
    """
    block = _structure_block(blocks_of(text))
    lattice_A = lattice_of_parameters([_number(block.value(tag), tag) for tag in _CELL])
    require_cell(lattice_A)
    formula = _formula(block)
    notes = list[str]()
    atoms = list(_atoms(block, formula, notes))
    require_few_sites(len(atoms))
    if not atoms:
        raise RefusedInputError(
            "no site of the CIF has coordinates", "get a file in which the atoms are located"
        )
    rotations, translations = _operations(block, notes)
    labels, images = list[str](), list[FloatArray]()
    occupancies = list[dict[str, float]]()
    for atom in atoms:
        images.append(_images(atom, rotations, translations, lattice_A))
        labels += [atom.label] * len(images[-1])
        occupancies += [{atom.element: atom.occupancy}] * len(images[-1])
        require_few_sites(len(labels))
    return Cell(
        lattice_A=lattice_A,
        labels=tuple(labels),
        positions=np.concatenate(images),
        occupancies=tuple(occupancies),
        formula=formula,
        formula_units=_whole(block.value("_cell_formula_units_z")),
        space_group_number=_stated_space_group(block),
        notes=tuple(notes),
    )


def _structure_block(blocks: list[Block]) -> Block:
    whole = [b for b in blocks if b.column(*_COORDINATES) and b.value(_CELL[0])]
    if len(whole) == 1:
        return whole[0]
    if whole:
        names = ", ".join(f"data_{block.name}" for block in whole)
        raise RefusedInputError(
            f"the CIF holds {len(whole)} structures: {names}",
            "split it: every data_ block into a file of its own",
        )
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


def _atoms(block: Block, formula: str, notes: list[str]) -> Iterator[_Atom]:
    expected = parse_formula(formula).amounts if formula else {}
    coordinates = [block.column(tag) for tag in _COORDINATES]
    count = len(coordinates[0])
    symbols = block.column("_atom_site_type_symbol")
    labels = block.column("_atom_site_label") or symbols
    if not labels or {len(labels), *map(len, coordinates)} != {count}:
        raise RefusedInputError(
            "the atom sites have no label, type symbol or coordinate for every site",
            "get the whole file, or export it again",
        )
    occupancies = block.column("_atom_site_occupancy")
    multiplicities = block.column(*_MULTIPLICITY)
    for i, label in enumerate(labels):
        multiplicity = _whole(multiplicities[i]) if i < len(multiplicities) else None
        written = [_coordinate(column[i], multiplicity) for column in coordinates]
        if any(text in _UNKNOWN for text in written) or _is_dummy(block, i):
            notes.append(f"site {label} has no coordinates and is left out")
            continue
        symbol = symbols[i] if i < len(symbols) and symbols[i] not in _UNKNOWN else ""
        read = element_of_symbol(symbol, expected) if symbol else element_of_label(label, expected)
        occupancy = occupancies[i] if i < len(occupancies) else "1"
        share = 1.0 if occupancy in _UNKNOWN else _number(occupancy, f"the occupancy of {label}")
        if read is not None:
            position = tuple(_number(text, f"a coordinate of {label}") for text in written)
            yield _Atom(label, read, share, position, multiplicity)


def _coordinate(written: str, multiplicity: int | None) -> str:
    """Read a bare point beside a multiplicity as zero: so older files of the ICSD write it."""
    return "0" if written == "." and multiplicity else written


def _is_dummy(block: Block, index: int) -> bool:
    flags = block.column("_atom_site_calc_flag")
    return index < len(flags) and flags[index].casefold() == "dum"


def _operations(block: Block, notes: list[str]) -> Operations:
    if written := block.column(*_OPERATIONS):
        return listed_operations(written)
    symbol, hall = block.value(*_SYMBOL), block.value(*_HALL)
    gamma_degrees = _number(block.value(_CELL[5]), _CELL[5])
    named = named_operations(_whole(block.value(*_NUMBER)), symbol, hall, gamma_degrees)
    if named is None and symbol:
        raise RefusedInputError(
            f"the CIF lists no symmetry operations, and its space group {symbol!r} is not known",
            "export it with its symmetry operations, or in a standard setting",
        )
    if named is None:
        notes.append("the file gives no symmetry: its sites are taken to be all there are (P1)")
        return listed_operations(["x,y,z"])
    name = hall or symbol or f"number {block.value(*_NUMBER)}"
    notes.append(f"the file lists no symmetry operations: those of the space group {name} are used")
    return named


def _images(
    atom: _Atom, rotations: FloatArray, translations: FloatArray, lattice_A: FloatArray
) -> FloatArray:
    """Images of an atom in the cell, shape (n_images, 3), each at the mean of its copies."""
    copies = (rotations @ np.array(atom.position) + translations) % 1.0
    apart = copies[None, :, :] - copies[:, None, :]
    apart -= np.round(apart)
    distance_A = np.linalg.norm(apart @ lattice_A, axis=2)
    for tolerance_A in (SAME_SITE_A, *_OTHER_TOLERANCES_A):
        same, first = _same(distance_A, tolerance_A)
        if atom.multiplicity in (None, len(first)):
            break
    else:
        same, first = _same(distance_A, SAME_SITE_A)
    weights = same[first] / same[first].sum(axis=1, keepdims=True)
    means: FloatArray = copies[first] + np.einsum("ij,ijk->ik", weights, apart[first])
    return means % 1.0


def _same(distance_A: FloatArray, tolerance_A: float) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which copies are one image, and the first copy of each image."""
    same = distance_A < tolerance_A
    return same, np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))


def _formula(block: Block) -> str:
    """The formula that the file gives itself, if it can be read."""
    written = re.sub(r"\(\d+\)|\s", "", block.value("_chemical_formula_sum"))
    try:
        return parse_formula(written).formula if written else ""
    except RefusedInputError:
        return ""


def _stated_space_group(block: Block) -> int | None:
    number = _whole(block.value(*_NUMBER))
    if number is not None and 1 <= number <= 230:
        return number
    try:
        return space_group_number(re.sub(r"\s*:.*", "", block.value(*_SYMBOL)))
    except RefusedQualifierError:
        return None


def _whole(written: str) -> int | None:
    found = _WHOLE.fullmatch(written)
    return int(found.group(1)) if found else None


def _number(written: str, name: str) -> float:
    found = _FLOAT.fullmatch(written)
    value = float(found.group(1)) / int(found.group(2) or 1) if found else math.nan
    if not math.isfinite(value):
        what = f"is {written!r}, not a number" if written else "is missing"
        raise RefusedInputError(f"{name} {what}", "correct it in the file, or export it again")
    return value
