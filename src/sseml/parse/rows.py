"""Candidate rows out of files and streams, one at a time, whatever their format."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from sseml.classes import replace
from sseml.parse.delimited import is_heading_line, read_delimited
from sseml.parse.headings import STRUCTURE_COLUMNS
from sseml.parse.raw import (
    RawRow,
    Wanted,
    checked,
    distinct,
    find_column,
    row_of_record,
    shown,
    unreadable,
)
from sseml.parse.sources import (
    PARQUET_SIGNATURE,
    Source,
    TextTable,
    as_old_windows,
    name_of,
    opened_binary,
    opened_text,
)
from sseml.patterns import late
from sseml.records import Refusal, RefusedInputError

_ENDINGS = {
    "text": ("", ".txt", ".list", ".lst", ".dat"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "xlsx": (".xlsx", ".xlsm"),
}
"""How rows are read → endings of such files."""
_FORMATS = ", ".join(_ENDINGS)

_SAVED_ELSEWHERE = {
    ".xls": "an old Excel workbook",
    ".xlsb": "a binary Excel workbook",
    ".ods": "an OpenDocument spreadsheet",
    ".numbers": "a Numbers spreadsheet",
}
_LONGEST_HEADING_LINE = 4_096
_COMMENT = late(r"(?:^|\s)#.*")
_PARQUET_BATCH_ROWS = 4096


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

    `source` is a file, or an open stream such as ``sys.stdin.buffer``. Its format is told by the
    ending of the file, else plain text; the column with the formula by its heading, see
    `sseml.parse.headings`. With `structures`, one of `STRUCTURE_COLUMNS` may stand beside a formula
    or instead of it. Columns that are `ignored` say nothing, and are kept. Of a workbook, the sheet
    is the first that is not hidden.

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


def _format_of(source: Source, format_name: str | None) -> str:
    if format_name is not None:
        if format_name in _ENDINGS:
            return format_name
        raise RefusedInputError(f"{format_name!r} is not a format", f"write one of: {_FORMATS}")
    if isinstance(source, TextTable):
        return source.format_name
    if not isinstance(source, str | Path):
        return "text"
    ending = Path(source).suffix.lower()
    if ending in _SAVED_ELSEWHERE:
        raise RefusedInputError(
            f"{str(source)!r} is {_SAVED_ELSEWHERE[ending]}",
            "save it as .xlsx, or export it as CSV",
        )
    for known, endings in _ENDINGS.items():
        if ending in endings:
            return known
    raise RefusedInputError(
        f"the ending {ending!r} of {str(source)!r} is not known",
        f"save it as CSV, or say its format: {_FORMATS}",
    )


def _read_text(source: Source, _wanted: Wanted) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        is_first = True
        for number, line in enumerate(as_old_windows(text), start=1):
            written = _COMMENT.sub("", line).strip()
            if not written:
                continue
            if is_first and len(written) < _LONGEST_HEADING_LINE and is_heading_line(written):
                raise RefusedInputError(
                    f"{name_of(source)} begins with the heading of a table",
                    "say that it is one: --input-format csv",
                )
            is_first = False
            yield checked(number, written, {})


def _read_delimited(
    source: Source, wanted: Wanted, delimiter: str | None = None
) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        yield from read_delimited(as_old_windows(text), wanted, name_of(source), delimiter)


def _read_jsonl(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    found: str | None = None
    one_document = RefusedInputError(
        f"{name_of(source)} is one JSON document, not JSON lines", "write one JSON object a line"
    )
    with opened_text(source) as text:
        for number, line in enumerate(text, start=1):
            written = line.strip()
            if not written:
                continue
            try:
                value = json.loads(written, object_pairs_hook=_each_once)
            except (ValueError, RecursionError) as error:
                if number == 1 and written in ("[", "{"):
                    raise one_document from None
                yield unreadable(number, shown(written), _why_no_json(error), "write one object")
                continue
            if number == 1 and isinstance(value, list):
                raise one_document
            if isinstance(value, dict) and found is None:
                names = list(value)
                here = replace(wanted, ignored=wanted.ignored.intersection(names))
                found = names[find_column(names, here, name_of(source))]
            yield row_of_record(number, value, found or "", written, wanted.instead)


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


class _UnreadableCell:
    """Stands in for a cell that no Python value can hold."""


def _read_parquet(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed by no other format
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    with opened_binary(source) as (stream, head):
        name = name_of(source)
        if not head.startswith(PARQUET_SIGNATURE):
            raise RefusedInputError(f"{name} is not a Parquet file", "say its format, such as csv")
        try:
            seekable = stream if stream.seekable() else BytesIO(stream.read())
            table = pq.ParquetFile(seekable, pre_buffer=False)  # or all of it is held at once
            names = table.schema_arrow.names
            formula_at = find_column(names, wanted, name)
            names = distinct(names)
            for batch in table.iter_batches(batch_size=_PARQUET_BATCH_ROWS):
                columns = [_python_values(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    record = dict(zip(names, cells, strict=True))
                    yield _parquet_row(number, record, names[formula_at], wanted)
        except (pa.ArrowException, OSError) as error:
            if not number:
                reason = f"{name} is a damaged Parquet file: {shown(str(error))}"
                raise RefusedInputError(reason) from None
            yield unreadable(
                number + 1,
                "",
                f"the file is damaged from this row on: {shown(str(error))}",
                "write it again; the rows before are answered",
            )


def _parquet_row(
    number: int, record: dict[str, Any], column: str, wanted: Wanted
) -> RawRow | Refusal:
    bad = [name for name, value in record.items() if isinstance(value, _UnreadableCell)]
    if bad:
        kept = {name: value for name, value in record.items() if name not in (*bad, column)}
        formula = record[column]
        return unreadable(
            number,
            formula if isinstance(formula, str) else "",
            f"the column {shown(bad[0])!r} holds a value that cannot be read",
            "write it as text",
            kept,
        )
    return row_of_record(number, record, column, str(record), wanted.instead)


def _python_values(column: Any) -> list[Any]:
    """The cells as Python values; in a text, what is no UTF-8 arrives as lone surrogates."""
    import pyarrow.types as kinds  # noqa: PLC0415

    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, ImportError, NotImplementedError):
        values = [_value(scalar) for scalar in column]
    is_text = kinds.is_string(column.type) or kinds.is_large_string(column.type)
    return [
        _text_of(value, is_text=is_text) if isinstance(value, bytes) else value for value in values
    ]


def _text_of(value: bytes, *, is_text: bool) -> str:
    """Bytes that are no text are shown as hexadecimal digits, unless they should be text."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "surrogateescape") if is_text else value.hex()


def _value(scalar: Any) -> Any:
    """One cell; a time too fine or too far away for Python becomes text, as Arrow writes it."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        if hasattr(scalar, "as_buffer"):
            return scalar.as_buffer().to_pybytes()
    except (ValueError, OverflowError, ImportError, NotImplementedError):
        with suppress(pa.ArrowException, ValueError):
            return scalar.cast(pa.string()).as_py()
    return _UnreadableCell()


def _read_workbook(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    from sseml.parse.workbook import read_workbook  # noqa: PLC0415 - needed by no other format

    return read_workbook(source, wanted)


_READERS: dict[str, Callable[[Source, Wanted], Iterator[RawRow | Refusal]]] = {
    "text": _read_text,
    "csv": _read_delimited,
    "tsv": partial(_read_delimited, delimiter="\t"),
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
    "xlsx": _read_workbook,
}
