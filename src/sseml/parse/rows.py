"""Candidate rows out of files and streams, one at a time, whatever their format."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from sseml.parse.delimited import is_heading, read_delimited
from sseml.parse.headings import STRUCTURE_COLUMNS
from sseml.parse.parquet import read_parquet
from sseml.parse.raw import (
    RawRow,
    Wanted,
    checked,
    find_column,
    row_of_record,
    shown,
    unreadable,
)
from sseml.parse.sources import Source, as_old_windows, lines_of, name_of, opened_text
from sseml.records import Refusal, RefusedInputError

RowFormat = Literal["text", "csv", "tsv", "jsonl", "parquet", "xlsx"]

ENDINGS: dict[str, RowFormat] = {
    **dict.fromkeys(("", ".txt", ".list", ".lst", ".dat"), "text"),
    ".csv": "csv",
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".xlsx", ".xlsm"), "xlsx"),
}
"""Ending of a file → how its rows are read."""

_SAVED_ELSEWHERE = {
    ".xls": "an old Excel workbook",
    ".xlsb": "a binary Excel workbook",
    ".ods": "an OpenDocument spreadsheet",
    ".numbers": "a Numbers spreadsheet",
}
_LONGEST_HEADING_LINE = 4_096
_COMMENT = re.compile(r"(?:^|\s)#.*")


def read_rows(
    source: Source,
    format_name: str | None = None,
    column: str | None = None,
    *,
    structures: bool = False,
    ignored: Collection[str] = (),
    sheet: str | None = None,
) -> Iterator[RawRow | Refusal]:
    """Read candidate rows as a stream; a row that cannot be read is a refusal in its place.

    Row numbers are line numbers in plain text and JSON lines, and data rows in tables.

    Parameters
    ----------
    source
        File, or open stream such as ``sys.stdin.buffer``.
    format_name
        text, csv, tsv, jsonl, parquet or xlsx; default: by the ending of the file, else plain text.
    column
        Column with the formula; default: by its heading, see `sseml.parse.headings`.
    structures
        A column of `STRUCTURE_COLUMNS` may stand beside a formula or instead of it.
    ignored
        Columns that say nothing about a row, whatever they are called; they are kept.
    sheet
        Of a workbook; default: the first.

    Raises
    ------
    RefusedInputError
        If the source is not readable as that format, has no such column, or has one that may be
        the temperature and does not say so.
    """
    format_ = _format_of(source, format_name)
    if format_ == "text" and (column is not None or ignored):
        raise RefusedInputError(
            f"plain text has no column {(column, *ignored)[column is None]!r}",
            "leave the column out, or give a CSV file",
        )
    if sheet is not None and format_ != "xlsx":
        raise RefusedInputError(f"{name_of(source)} has no sheets", "leave --sheet out")
    wanted = Wanted(column, STRUCTURE_COLUMNS if structures else (), frozenset(ignored), sheet)
    rows = _READERS[format_](source, wanted)
    # The first row is read here, so that an unreadable source is refused by this call.
    first = next(rows, None)
    return rows if first is None else itertools.chain([first], rows)


def _format_of(source: Source, format_name: str | None) -> RowFormat:
    if format_name is not None:
        for known in get_args(RowFormat):
            if format_name == known:
                return known  # type: ignore[no-any-return]
        raise RefusedInputError(
            f"{format_name!r} is not a format", f"write one of: {', '.join(get_args(RowFormat))}"
        )
    if not isinstance(source, str | Path):
        return "text"
    ending = Path(source).suffix.lower()
    if ending in _SAVED_ELSEWHERE:
        raise RefusedInputError(
            f"{str(source)!r} is {_SAVED_ELSEWHERE[ending]}",
            "save it as .xlsx, or export it as CSV",
        )
    if ending not in ENDINGS:
        raise RefusedInputError(
            f"the ending {ending!r} of {str(source)!r} is not known",
            f"save it as CSV, or say its format: {', '.join(get_args(RowFormat))}",
        )
    return ENDINGS[ending]


def _read_text(source: Source, _wanted: Wanted) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        is_first = True
        for number, line in lines_of(as_old_windows(text)):
            written = _COMMENT.sub("", line).strip()
            if not written:
                continue
            if is_first and len(written) < _LONGEST_HEADING_LINE and is_heading(written):
                raise RefusedInputError(
                    f"{name_of(source)} begins with the heading of a table",
                    "say that it is one: --input-format csv",
                )
            is_first = False
            yield checked(number, written, {})


def _read_csv(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        yield from read_delimited(as_old_windows(text), wanted, name_of(source))


def _read_tsv(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        yield from read_delimited(as_old_windows(text), wanted, name_of(source), "\t")


def _read_jsonl(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    found: str | None = None
    with opened_text(source) as text:
        for number, line in lines_of(text):
            written = line.strip()
            if not written:
                continue
            try:
                value = json.loads(written, object_pairs_hook=_each_once)
            except (ValueError, RecursionError) as error:
                if number == 1 and written in ("[", "{"):
                    raise _one_document(source) from None
                yield unreadable(number, shown(written), _why_no_json(error), "write one object")
                continue
            if number == 1 and isinstance(value, list):
                raise _one_document(source)
            if isinstance(value, dict) and found is None:
                names = list(value)
                here = replace(wanted, ignored=wanted.ignored.intersection(names))
                found = names[find_column(names, here, name_of(source))]
            yield row_of_record(number, value, found or "", written, wanted.instead)


def _read_workbook(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    from sseml.parse.workbook import read_workbook  # noqa: PLC0415 - needed by no other format

    return read_workbook(source, wanted)


def _why_no_json(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "the line is nested too deeply"
    if "integer string conversion" in str(error):
        return "the line holds a number of thousands of digits"
    return f"the line is not JSON: {error}"


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a name stands in it twice")
    return record


def _one_document(source: Source) -> RefusedInputError:
    return RefusedInputError(
        f"{name_of(source)} is one JSON document, not JSON lines", "write one JSON object a line"
    )


_READERS: dict[RowFormat, Callable[[Source, Wanted], Iterator[RawRow | Refusal]]] = {
    "text": _read_text,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": read_parquet,
    "xlsx": _read_workbook,
}
