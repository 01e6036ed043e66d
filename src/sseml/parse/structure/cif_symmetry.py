"""Which symmetry operations a CIF means: those it lists, or those of the group that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sseml.arrays import FloatArray
from sseml.parse.structure.cell import plainly_quoted, quoted
from sseml.parse.structure.cif_text import UNKNOWN, Block, whole
from sseml.parse.structure.symmetry import (
    Operations,
    combined,
    fits_cell,
    is_group,
    is_part_of,
    listed_operations,
    named_operations,
)
from sseml.records import RefusedInputError

NUMBER = ("_space_group_it_number", "_symmetry_int_tables_number")
SYMBOL = (
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m_full",
)
_HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_LISTED = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
_MAGNETIC = "_space_group_symop_magn_operation_xyz"
_MAGNETIC_CENTERING = "_space_group_symop_magn_centering_xyz"
_OTHER_SYMMETRY = {
    "_space_group_symop_ssg_operation_algebraic": "a modulated structure, in superspace",
    "_space_group_symop_magn_ssg_operation_algebraic": "a modulated magnetic structure",
    "_space_group_magn_number_bns": "a magnetic structure",
    "_space_group_magn_name_bns": "a magnetic structure",
}
_TIME_REVERSAL = re.compile(r",\s*[+-]?1\s*$")
_IDENTITY: Operations = (np.eye(3)[None], np.zeros((1, 3)))


@dataclass(frozen=True, slots=True)
class Symmetry:
    """The operations that make the sites of a cell from those that a CIF lists, and notes on them.

    `fuller` are the operations of the space group `name` where the file lists a part of them that
    is a group too: one of both is what the file means.
    """

    operations: Operations
    fuller: Operations | None = None
    name: str = ""
    notes: tuple[str, ...] = ()


def symmetry_of(block: Block, lattice_A: FloatArray) -> Symmetry:
    """Find the operations that a data block means; refuse what is uncertain or of another kind.

    Of a magnetic structure it is what its operations do to places, with its centerings. A list that
    is no group, such as one without the identity, is completed by the space group that the file
    names if that has all of them and fits the cell, or by the identity if nothing else is missing.
    """
    name = _name(block)
    written, magnetic = _known(block.column(*_LISTED)), _known(block.column(_MAGNETIC))
    if len(written) > 1 or (written and not magnetic):
        listed, is_whole = listed_operations(written)
        return _checked(listed, is_whole, name, block, lattice_A)
    if magnetic:
        listed = _magnetic(magnetic, block.column(_MAGNETIC_CENTERING))
        found = _checked(listed, is_group(listed), name, block, lattice_A)
        note = "the file is of a magnetic structure: its operations are used without the moments"
        return replace(found, fuller=None, notes=(note, *found.notes))
    return _unlisted(block, name, lattice_A)


def _checked(
    listed: Operations, is_whole: bool, name: str, block: Block, lattice_A: FloatArray
) -> Symmetry:
    """The operations of a list, completed where it is no group and that is certain."""
    count = len(listed[0])
    if is_whole:
        named = next(_named(block, lattice_A), listed)
        is_fuller = len(named[0]) > count and _may_be_meant(listed, named, lattice_A)
        return Symmetry(listed, named if is_fuller else None, name)
    for named in _named(block, lattice_A):
        if _may_be_meant(listed, named, lattice_A):
            note = (
                f"the {count} symmetry operations that the file lists are no group: all"
                f" {len(named[0])} of the space group {name} are used"
            )
            return Symmetry(named, notes=(note,))
    with_identity = (
        np.concatenate([_IDENTITY[0], listed[0]]),
        np.concatenate([_IDENTITY[1], listed[1]]),
    )
    if is_group(with_identity):
        note = f"the file lists {count} symmetry operations without x, y, z, which is added"
        return Symmetry(with_identity, notes=(note,))
    beside = f", nor part of those of the space group {name} that it names" if name else ""
    raise RefusedInputError(
        f"the {count} symmetry operations that the CIF lists are no group{beside}",
        "list all operations of its space group, or none and its name",
    )


def _may_be_meant(listed: Operations, named: Operations, lattice_A: FloatArray) -> bool:
    """Whether a list may be what is left of the operations of a space group."""
    return is_part_of(listed, named) and fits_cell(named, lattice_A)


def _known(column: list[str]) -> tuple[str, ...]:
    return tuple(text for text in column if text not in UNKNOWN)


def _magnetic(written: Sequence[str], centerings: Sequence[str]) -> Operations:
    """What magnetic operations and centerings together do to places, without time reversal."""
    operations, _ = listed_operations(tuple(map(_without_time, written)))
    shifts, _ = listed_operations(("x,y,z", *map(_without_time, centerings)))
    return combined(shifts, operations)


def _without_time(text: str) -> str:
    return _TIME_REVERSAL.sub("", text) if text.count(",") > 2 else text


def _unlisted(block: Block, name: str, lattice_A: FloatArray) -> Symmetry:
    """The operations of the space group that is named, or none where there is no symmetry."""
    for tag, kind in _OTHER_SYMMETRY.items():
        if block.column(tag):
            raise RefusedInputError(
                f"the CIF is of {kind}, and lists no symmetry operations that are read",
                "export the average structure with the operations of its space group",
            )
    named = next(_named(block, lattice_A), None)
    if named is not None:
        note = f"the file lists no symmetry operations: those of the space group {name} are used"
        return Symmetry(named, notes=(note,))
    if symbol := block.value(*SYMBOL):
        raise RefusedInputError(
            "the CIF lists no symmetry operations, and its space group"
            f" {quoted(symbol)} is not known",
            "export it with its symmetry operations, or in a standard setting",
        )
    note = "the file gives no symmetry: its sites are taken to be all there are (P1)"
    return Symmetry(_IDENTITY, notes=(note,))


def _named(block: Block, lattice_A: FloatArray) -> Iterator[Operations]:
    a, b = lattice_A[0], lattice_A[1]
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    gamma_degrees = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return named_operations(
        whole(block.value(*NUMBER)), block.value(*SYMBOL), block.value(*_HALL), gamma_degrees
    )


def _name(block: Block) -> str:
    written = block.value(*_HALL) or block.value(*SYMBOL)
    if written:
        return plainly_quoted(written)
    number = whole(block.value(*NUMBER))
    return "" if number is None else f"number {number}"
