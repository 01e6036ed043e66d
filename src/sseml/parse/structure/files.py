"""Rows that name structure files become queries; a formula beside a structure checks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from sseml.classes import dataclass, replace
from sseml.parse.headings import STRUCTURE_COLUMNS, folded_heading
from sseml.parse.line import split_line
from sseml.parse.material import parse_material
from sseml.parse.plain import is_plain
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.raw import RawRow
from sseml.parse.space_groups import space_group_symbols
from sseml.parse.structure.agreement import OnMismatch, contradiction
from sseml.parse.structure.file_names import is_there, names_structures
from sseml.parse.text import read_qualifiers, variables_in
from sseml.records import (
    Composition,
    Crystal,
    Query,
    Refusal,
    RefusedInputError,
    RefusedQualifierError,
)

if TYPE_CHECKING:
    from sseml.parse.structure.reading import UnreadStructure


@dataclass(frozen=True, slots=True)
class StructureFiles:
    """How the structure files that rows name are read.

    Relative paths start at `folder`. Where the sites of a structure contradict the formula beside
    it or in its file, `on_mismatch` says whether to ``refuse`` the row or to ``flag`` it in a note.
    """

    folder: Path
    on_mismatch: OnMismatch = "refuse"

    def named_in(self, row: RawRow) -> str | None:
        """The text of a row that names structure files; None where it names none.

        A column for structures goes before the formula. A cell that is not spelled like a structure
        file, such as ``garnet``, is a cell like any other.
        """
        for name, cell in row.columns.items():
            is_file = isinstance(cell, str) and names_structures(cell.strip())
            if is_file and folded_heading(name) in STRUCTURE_COLUMNS:
                return str(cell).strip()
        if is_plain(row.text):
            return None
        if names_structures(row.text) and is_there(self.folder / row.text):
            return row.text
        try:
            written, _ = split_line(row.text)
        except RefusedInputError:
            return None
        return written if names_structures(written) else None

    def queries(self, row: RawRow, named: str, qualifiers: Qualifiers) -> Iterator[Query | Refusal]:
        """Read the structures that a row names as `named_in` gives it, one query or refusal each.

        The qualifiers hold where the row says nothing. Without spglib, ModuleNotFoundError is
        raised.
        """
        try:
            qualifiers, formula = beside(row.text, named, qualifiers)
        except RefusedInputError as refusal:
            yield refused_row(row, row.text, refusal)
            return
        read = reading().read_structures
        crystals = read(named, folder=self.folder, on_mismatch=self.on_mismatch)
        yield from queries_about(
            crystals,
            row,
            named,
            qualifiers=qualifiers,
            formula=formula,
            on_mismatch=self.on_mismatch,
        )


def queries_about(
    crystals: Iterable[Crystal | UnreadStructure],
    row: RawRow,
    named: str,
    *,
    qualifiers: Qualifiers,
    formula: Composition | None,
    on_mismatch: OnMismatch,
) -> Iterator[Query | Refusal]:
    """One query or refusal for each structure that was read for a row, `named` as it names them.

    `qualifiers` and `formula` are what the row says `beside` them.
    """
    for read in crystals:
        written = row.text if row.text and read.source == named else read.source
        try:
            if not isinstance(read, Crystal):
                raise read.refusal
            crystal = _with_row_facts(read, qualifiers, formula, on_mismatch)
        except RefusedInputError as refusal:
            yield refused_row(row, written, refusal, source=read.source)
            continue
        yield Query(
            row=row.row,
            input=written,
            material=crystal,
            temperature_C=qualifiers.temperature_C,
            conductivity_kind=qualifiers.conductivity_kind,
            activation_energy_eV=qualifiers.activation_energy_eV,
            columns=row.columns,
        )


def reading() -> ModuleType:
    """The module that reads structures; ModuleNotFoundError says how to get spglib, it needs it."""
    try:
        return import_module("sseml.parse.structure.reading")
    except ModuleNotFoundError as error:
        if error.name != "spglib":
            raise
        raise ModuleNotFoundError(
            "reading crystal structures needs spglib: pip install 'sseml[structure]'",
            name=error.name,
        ) from error


def beside(text: str, named: str, qualifiers: Qualifiers) -> tuple[Qualifiers, Composition | None]:
    """The conditions and perhaps the formula that a row gives beside the name of its structure."""
    if text in ("", named):
        return qualifiers, None
    head, written = split_line(text)
    before, qualifiers = qualifiers, read_qualifiers(written, qualifiers)
    if head == named:
        if unused := [x for x in qualifiers.sweeps if x not in before.sweeps]:
            raise RefusedQualifierError(
                f"{unused[0]} has a value, but a structure holds no {unused[0]}",
                f"leave {unused[0]} out",
            )
        return qualifiers, None
    used = {x: qualifiers.sweeps[x] for x in variables_in(head) if x in qualifiers.sweeps}
    if any(len(values) > 1 for values in used.values()):
        raise RefusedQualifierError(
            f"a sweep stands beside the structure {named!r}, which is one composition",
            "give a row for each of them",
        )
    return qualifiers, parse_material(head, **{x: values[0] for x, values in used.items()})


def _with_row_facts(
    crystal: Crystal, qualifiers: Qualifiers, formula: Composition | None, on_mismatch: OnMismatch
) -> Crystal:
    notes = crystal.notes
    if formula is not None:
        notes += contradiction("the row", formula, crystal, on_mismatch)
    said, found = qualifiers.space_group_number, crystal.space_group_number
    if said is not None and found is not None and said != found:
        symbols = space_group_symbols()
        notes += (
            f"the row says space group {said} ({symbols[said]}), but the structure has {found}"
            f" ({symbols[found]}), which is used",
        )
    return replace(crystal, form=qualifiers.form, notes=notes)


def refused_row(row: RawRow, written: str, refusal: RefusedInputError, source: str = "") -> Refusal:
    """A refusal in the place of a row, which names the file where the text of the row does not."""
    reason = refusal.reason if source in written else f"{source}: {refusal.reason}"
    code = refusal.code if refusal.code == "invalid_qualifier" else "unreadable_row"
    return Refusal(row.row, written, reason, refusal.suggestion, row.columns, code)
