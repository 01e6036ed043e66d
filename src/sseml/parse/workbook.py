"""Rows of an Excel workbook: one sheet, read as a stream."""

from __future__ import annotations

import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, BinaryIO

from sseml.parse.headings import condition_of
from sseml.parse.raw import (
    RawRow,
    Wanted,
    checked,
    distinct,
    find_column,
    is_heading,
    shown,
    unreadable,
)
from sseml.parse.sources import OLD_OFFICE_SIGNATURE, ZIP_SIGNATURE, Source, name_of, opened_binary
from sseml.records import Refusal, RefusedInputError

_BATCH_ROWS = 1_000
_MOST_ROWS_ABOVE = 20
"""Rows in which the heading is looked for: a title or a note may stand above it."""

_MERGED = re.compile(rb'<(?:\w{1,20}:)?mergeCell ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
_MERGES_AT_END_BYTES = 2**20

_DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl and the reader of archives raise where a part of a workbook is not as it must be:
a sheet of a chart without its drawing is an `AttributeError`."""

Cells = list[Any]


def read_workbook(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    """Read rows of one sheet of a workbook, numbered from 1 below the heading.

    Where no sheet is asked for, it is the first that is not hidden. A cell with a formula holds the
    value that the program stored with it, and cells that were merged downwards all hold the value
    of the first.
    """
    with opened_binary(source) as (stream, head):
        name = name_of(source)
        if head.startswith(OLD_OFFICE_SIGNATURE):
            raise RefusedInputError(
                f"{name} is an old workbook, or one with a password",
                "save it as .xlsx without a password",
            )
        if not head.startswith(ZIP_SIGNATURE):
            raise RefusedInputError(
                f"{name} is not an .xlsx workbook", "save it as .xlsx, or export it as CSV"
            )
        file = stream if stream.seekable() else BytesIO(stream.read())
        rows = _filled_rows(file, name, wanted.sheet)
        above = list(itertools.islice(rows, _MOST_ROWS_ABOVE))
        headings = [[_text(cell).strip() for cell in _trimmed(cells)] for cells in above]
        at = next((place for place, each in enumerate(headings) if is_heading(each, wanted)), 0)
        names = headings[at] if headings else []
        formula_at = find_column(names, wanted, name)
        below = itertools.chain(above[at + 1 :], rows)
        for number, cells in enumerate(below, start=1):
            yield _row(number, cells, names, formula_at)


def _filled_rows(file: BinaryIO, name: str, sheet_name: str | None) -> Iterator[Cells]:
    """Rows that hold anything, with a `_NoValue` for a formula without a stored value."""
    try:
        import openpyxl  # noqa: PLC0415 - an extra, slow to import
    except ModuleNotFoundError:
        raise RefusedInputError(
            f"{name} is an Excel workbook, and openpyxl is not installed",
            "pip install 'sseml[excel]', or export the sheet as CSV",
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that are not read
            values = openpyxl.load_workbook(file, read_only=True, data_only=True)
            written = openpyxl.load_workbook(file, read_only=True, data_only=False)
        sheet = _sheet_of(values, sheet_name, name)
        merged = _merged(file, sheet)
        both = sheet, written[sheet.title]
        for each in both:
            each.reset_dimensions()  # what the file says of its size is often wrong
        pairs = zip(*(each.iter_rows(values_only=True) for each in both), strict=False)
        yield from _with_merges(_both(pairs), merged)
    except RefusedInputError:
        raise
    except _DAMAGED as error:
        reason = f"{name} is a damaged workbook: {shown(str(error))}"
        raise RefusedInputError(reason, "save it again as .xlsx, or export it as CSV") from None


def _sheet_of(book: Any, sheet_name: str | None, name: str) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise RefusedInputError(f"{name} has no sheet with cells", "give one that has")
    if sheet_name is None:
        shown_sheets = (each for each in sheets.values() if each.sheet_state == "visible")
        return next(shown_sheets, book.worksheets[0])
    if sheet_name not in sheets:
        listed = ", ".join(map(repr, sheets))
        raise RefusedInputError(f"{name} has no sheet {sheet_name!r}", f"it has: {listed}")
    return sheets[sheet_name]


@dataclass(frozen=True, slots=True)
class _NoValue:
    """Stands in for the value of a spreadsheet formula that was never calculated."""

    written: str


def _both(pairs: Iterator[tuple[Sequence[Any], Sequence[Any]]]) -> Iterator[Cells]:
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batch = list(itertools.islice(pairs, _BATCH_ROWS))
        if not batch:
            return
        for values, written in batch:
            yield [
                _NoValue(text) if value is None and isinstance(text, str) and text.startswith("=")
                else value
                for value, text in zip(values, written, strict=False)
            ]  # fmt: skip


def _merged(file: BinaryIO, sheet: Any) -> list[tuple[int, int, int]]:
    """First row, last row and first column of every range merged downwards, all from 1."""
    from openpyxl.utils import column_index_from_string  # noqa: PLC0415

    with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path) as part:
        end = b""
        for block in iter(lambda: part.read(_MERGES_AT_END_BYTES), b""):
            end = (end + block)[-2 * _MERGES_AT_END_BYTES :]
    ranges = [
        (int(top), int(bottom), column_index_from_string(left.decode()))
        for left, top, bottom in _MERGED.findall(end)
    ]
    return [(top, bottom, left) for top, bottom, left in ranges if bottom > top]


def _with_merges(rows: Iterable[Cells], merged: Iterable[tuple[int, int, int]]) -> Iterator[Cells]:
    """Give cells that were merged downwards their value, and pass rows on that hold anything."""
    waiting = sorted(merged, reverse=True)
    open_: list[tuple[int, int, Any]] = []
    for number, cells in enumerate(rows, start=1):
        open_ = [each for each in open_ if each[0] >= number]
        for _, place, value in open_:
            if place < len(cells) and cells[place] is None:
                cells[place] = value
        while waiting and waiting[-1][0] <= number:
            _, bottom, left = waiting.pop()
            if left <= len(cells):
                open_.append((bottom, left - 1, cells[left - 1]))
        if any(cell is not None and cell != "" for cell in cells):
            yield cells


def _trimmed(cells: Cells) -> Cells:
    last = max((place for place, cell in enumerate(cells) if cell is not None), default=-1)
    return cells[: last + 1]


def _row(number: int, cells: Cells, names: Sequence[str], formula_at: int) -> RawRow | Refusal:
    wide = _trimmed(cells)
    padded = [*wide, *[None] * (len(names) - len(wide))]
    headings = distinct([*names, *[""] * (len(padded) - len(names))])
    columns = {
        name: _kept(cell)
        for place, (name, cell) in enumerate(zip(headings, padded, strict=True))
        if place != formula_at and (place < len(names) or cell is not None)
    }
    formula = padded[formula_at]
    uncalculated = [
        name
        for name, cell in zip(headings, padded, strict=True)
        if isinstance(cell, _NoValue) and (name not in columns or condition_of(name))
    ]
    if uncalculated:
        return unreadable(
            number,
            _text(formula),
            f"the column {shown(uncalculated[0])!r} holds a spreadsheet formula without its value",
            "open the workbook, let it calculate, and save it",
            columns,
        )
    if formula is not None and not isinstance(formula, str):
        what = "a date" if isinstance(formula, date | time) else "no text"
        reason = f"the column {names[formula_at]!r} holds {what}, not a formula"
        return unreadable(number, _text(formula), reason, "write the formula as text", columns)
    return checked(number, _text(formula).strip(), columns)


def _kept(cell: Any) -> Any:
    if isinstance(cell, bool | int | float | str) or cell is None:
        return cell
    return _text(cell)


def _text(cell: Any) -> str:
    if cell is None or isinstance(cell, _NoValue):
        return "" if cell is None else cell.written
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
