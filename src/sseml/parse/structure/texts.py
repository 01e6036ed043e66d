"""Rows that hold the text of a structure file become queries; no file is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sseml.classes import dataclass
from sseml.parse.headings import is_of_structures
from sseml.parse.line import split_line
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.raw import RawRow, unreadable
from sseml.parse.structure.agreement import OnMismatch
from sseml.parse.structure.file_names import StructureFormat, format_of_name, names_structures
from sseml.parse.structure.files import beside, queries_about, reading, refused_row
from sseml.records import Query, Refusal, RefusedInputError

_UNNAMED = "structure"
"""What a structure is called whose row says neither a formula nor the name of its file."""

_MOST_BLOCKS = 30
"""Structures of one text: each is a record, and they are compared with each other."""

_BLOCK = re.compile(r"(?:^|\s)data_\S", re.IGNORECASE)
_CIF = re.compile(r"(?:^|[\r\n])\s*(?:data_|loop_|_cell_)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RowWithStructure(RawRow):
    """A row beside the text of its structure, which is none of the columns that are kept.

    Its own text is a formula, the name of the file, or nothing.
    """

    structure: str = ""


def with_structure(row: RawRow) -> RawRow | Refusal:
    """Take the text of a structure out of the columns of a row.

    A cell of one word, such as ``garnet``, is a cell like any other; the name of a file, which is
    not opened, is refused.
    """
    for name, cell in row.columns.items():
        if not isinstance(cell, str) or not is_of_structures(name):
            continue
        if not holds_structure(cell) and names_structures(cell.strip()):
            return unreadable(
                row.row,
                row.text or cell.strip(),
                f"the column {name!r} holds the name of a file, and no file is opened here",
                "give the text of the file",
                row.columns,
            )
        if holds_structure(cell) or _file_name(row.text):
            others = {other: value for other, value in row.columns.items() if other != name}
            return RowWithStructure(row.row, row.text, others, row.decimal_comma, cell)
    return row


def holds_structure(cell: str) -> bool:
    """Whether a cell of a column for structures is the text of one: of several lines, or JSON."""
    text = cell.strip()
    return "\n" in text or "\r" in text or text.startswith("{")


@dataclass(frozen=True, slots=True)
class StructureTexts:
    """How the structures of rows are read that `with_structure` has made.

    Where the sites contradict the formula beside them or in their text, `on_mismatch` says whether
    to ``refuse`` the row or to ``flag`` it in a note.
    """

    on_mismatch: OnMismatch = "refuse"

    def named_in(self, row: RawRow) -> str | None:
        """What the structure of a row is called; None for a row without one."""
        if not isinstance(row, RowWithStructure):
            return None
        return _file_name(row.text) or _UNNAMED

    def queries(self, row: RawRow, named: str, qualifiers: Qualifiers) -> Iterator[Query | Refusal]:
        """Read the structures in the text of a row, one query or refusal each.

        The qualifiers hold where the row says nothing. Without spglib the row is refused.
        """
        text = row.structure if isinstance(row, RowWithStructure) else ""
        try:
            qualifiers, formula = beside(row.text, named, qualifiers)
            format_ = format_of_name(named) or _format_of(text)
            _require_few_blocks(text, format_)
            read = reading().read_structure_text
        except RefusedInputError as refusal:
            yield refused_row(row, row.text or named, refusal)
            return
        except ModuleNotFoundError as error:
            yield refused_row(row, row.text or named, RefusedInputError(str(error)))
            return
        crystals = read(text, format_, named, on_mismatch=self.on_mismatch)
        yield from queries_about(
            crystals,
            row,
            named,
            qualifiers=qualifiers,
            formula=formula,
            on_mismatch=self.on_mismatch,
        )


def _file_name(text: str) -> str | None:
    """The name of a structure file that stands in the place of a formula; None for a formula."""
    if not text or format_of_name(text) is not None:
        return text or None
    try:
        written, _ = split_line(text)
    except RefusedInputError:
        return None
    return written if format_of_name(written) is not None else None


def _require_few_blocks(text: str, format_: StructureFormat) -> None:
    blocks = len(_BLOCK.findall(text)) if format_ == "cif" else 1
    if blocks > _MOST_BLOCKS:
        raise RefusedInputError(
            f"the CIF holds {blocks} data blocks, more than {_MOST_BLOCKS}",
            "give each structure in a row of its own",
        )


def _format_of(text: str) -> StructureFormat:
    """The format of a structure whose name does not say it."""
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return "json"
    return "cif" if _CIF.search(text.lstrip("\ufeff")) else "poscar"
