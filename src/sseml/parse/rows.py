"""Candidate rows out of files and streams, one at a time, whatever their format."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from sseml.parse.sources import (
    PARQUET_SIGNATURE,
    Source,
    is_damaged,
    lines_of,
    name_of,
    opened_binary,
    opened_text,
    without_damage,
)
from sseml.records import Refusal, RefusedInputError

RowFormat = Literal["text", "csv", "tsv", "jsonl", "parquet"]

FORMULA_COLUMNS = ("formula", "input", "composition", "reduced composition")
"""Columns taken as the formula, in this order, where none is named."""

STRUCTURE_COLUMNS = ("structure", "cif")
"""Columns that may name structure files, where the reader of the rows opens such files."""

_ENDINGS: dict[str, RowFormat] = {
    **dict.fromkeys(("", ".txt", ".list", ".lst", ".dat"), "text"),
    ".csv": "csv",
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_COMMENT = re.compile(r"(?:^|\s)#.*")
_PARQUET_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the formula may stand, in this order, and what may stand in where it is missing."""

    formula: tuple[str, ...]
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the input: its number, the formula text and the other columns."""

    row: int
    text: str
    columns: Mapping[str, object]


def read_rows(
    source: Source,
    format_name: str | None = None,
    column: str | None = None,
    *,
    structures: bool = False,
) -> Iterator[RawRow | Refusal]:
    """Read candidate rows as a stream; a row that cannot be read is a refusal in its place.

    Row numbers are line numbers in plain text and JSON lines, and data rows in tables.

    Parameters
    ----------
    source
        File, or open stream such as ``sys.stdin.buffer``.
    format_name
        text, csv, tsv, jsonl or parquet; default: by the ending of the file, else plain text.
    column
        Column with the formula; default: the first of `FORMULA_COLUMNS` there is.
    structures
        A column of `STRUCTURE_COLUMNS` may stand beside a formula or instead of it.

    Raises
    ------
    RefusedInputError
        If the source is not readable as that format or has no such column.
    """
    format_ = _format_of(source, format_name)
    if format_ == "text" and column is not None:
        raise RefusedInputError(
            f"plain text has no column {column!r}", "leave the column out, or give a CSV file"
        )
    instead = STRUCTURE_COLUMNS if structures else ()
    columns = (*FORMULA_COLUMNS, *instead) if column is None else (column,)
    rows = _READERS[format_](source, _Columns(columns, instead))
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
    if ending not in _ENDINGS:
        raise RefusedInputError(
            f"the ending {ending!r} of {str(source)!r} is not known",
            f"save it as CSV, or say its format: {', '.join(get_args(RowFormat))}",
        )
    return _ENDINGS[ending]


def _read_text(source: Source, _columns: _Columns) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        for number, line in lines_of(text):
            written = _COMMENT.sub("", line).strip()
            if written:
                yield _checked(number, written, {})


def _read_csv(source: Source, columns: _Columns) -> Iterator[RawRow | Refusal]:
    return _read_delimited(source, columns, None)


def _read_tsv(source: Source, columns: _Columns) -> Iterator[RawRow | Refusal]:
    return _read_delimited(source, columns, "\t")


def _read_delimited(
    source: Source, columns: _Columns, delimiter: str | None
) -> Iterator[RawRow | Refusal]:
    with opened_text(source) as text:
        heading = next((line for line in text if line.strip()), "")
        at_end = False

        def note_the_end() -> str:
            nonlocal at_end
            at_end = True
            return ""

        lines = itertools.chain([heading], text, iter(note_the_end, ""))
        reader = csv.reader(lines, delimiter=delimiter or _delimiter_of(heading, columns.formula))
        names = [name.strip() for name in _next_cells(reader) or []]
        formula_at = _find_column(names, columns.formula, name_of(source))
        for number in itertools.count(1):
            try:
                cells = _next_cells(reader)
            except csv.Error as error:
                yield _unreadable(
                    number, "", f"the row cannot be read: {error}", "check that quotes are closed"
                )
                continue
            if cells is None:
                return
            if at_end:  # the reader looks for the end of a quoted cell, and for nothing else
                yield _unreadable(
                    number,
                    _shown(cells[formula_at]) if formula_at < len(cells) else "",
                    "a quote is opened in this row and never closed",
                    "close it, or double a quote that is part of the text",
                )
                return
            yield _row_of_cells(number, names, cells, formula_at)


def _next_cells(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next row that is not blank; None at the end."""
    return next((cells for cells in reader if cells), None)


def _delimiter_of(heading: str, columns: Sequence[str]) -> str:
    """Tell the separator from the heading: some spreadsheets write CSV with semicolons or tabs."""
    wanted = {folded_heading(name) for name in columns}
    present = [mark for mark in ",;\t|" if mark in heading]
    for mark in present:
        if wanted & {folded_heading(name) for name in next(csv.reader([heading], delimiter=mark))}:
            return mark
    return present[0] if present else ","


def _row_of_cells(
    number: int, names: Sequence[str], cells: Sequence[str], formula_at: int
) -> RawRow | Refusal:
    if len(cells) > len(names):
        return _unreadable(
            number,
            without_damage(cells[formula_at]),
            f"the row has {len(cells)} cells, but the heading has {len(names)}",
            "put cells that hold the separator in quotes",
        )
    padded = [*cells, *[""] * (len(names) - len(cells))]
    columns = {
        name or f"column {i + 1}": padded[i] for i, name in enumerate(names) if i != formula_at
    }
    return _checked(number, padded[formula_at].strip(), columns)


def _read_jsonl(source: Source, columns: _Columns) -> Iterator[RawRow | Refusal]:
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
                yield _unreadable(
                    number, _shown(written), f"the line is not JSON: {error}", "write one object"
                )
                continue
            if number == 1 and isinstance(value, list):
                raise _one_document(source)
            if isinstance(value, dict) and found is None:
                names = list(value)
                found = names[_find_column(names, columns.formula, name_of(source))]
            yield row_of_record(number, value, found or "", written, columns.instead)


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a name stands in it twice")
    return record


def _one_document(source: Source) -> RefusedInputError:
    return RefusedInputError(
        f"{name_of(source)} is one JSON document, not JSON lines", "write one JSON object a line"
    )


def row_of_record(
    number: int, value: object, column: str, written: str, instead: Sequence[str] = ()
) -> RawRow | Refusal:
    """Make a row of one record of a table or one JSON value.

    Parameters
    ----------
    number
        Of the row, from 1.
    value
        A mapping of column to value, or the formula itself.
    column
        Which column holds the formula.
    written
        The row as it stood in the input, shown where it cannot be read.
    instead
        Columns of which one may say something where the formula is missing.
    """
    if isinstance(value, str):
        return _checked(number, value.strip(), {})
    if not isinstance(value, dict):
        return _unreadable(
            number, _shown(written), "the line is not a JSON object", 'write {"formula": "Li3PS4"}'
        )
    formula = value.get(column)
    columns = {name: content for name, content in value.items() if name != column}
    if formula is None and any(
        columns.get(name) and folded_heading(name) in instead for name in columns
    ):
        return _checked(number, "", columns)
    if not isinstance(formula, str):
        held = f"holds {formula!r}, not a formula" if column in value else "is missing"
        reason = f"the column {column!r} {held}"
        return _unreadable(number, _shown(written), reason, "write the formula as text", columns)
    return _checked(number, formula.strip(), columns)


def _read_parquet(source: Source, columns: _Columns) -> Iterator[RawRow | Refusal]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed by no other format
    import pyarrow.parquet as pq  # noqa: PLC0415

    with opened_binary(source) as (stream, head):
        name = name_of(source)
        if not head.startswith(PARQUET_SIGNATURE):
            raise RefusedInputError(f"{name} is not a Parquet file", "say its format, such as csv")
        try:
            table = pq.ParquetFile(stream if stream.seekable() else BytesIO(stream.read()))
            names = table.schema_arrow.names
            formula_at = _find_column(names, columns.formula, name)
            number = 0
            for batch in table.iter_batches(batch_size=_PARQUET_BATCH_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    yield row_of_record(
                        number, record, names[formula_at], str(record), columns.instead
                    )
        except pa.ArrowException as error:
            raise RefusedInputError(f"{name} is a damaged Parquet file: {error}") from None


_READERS: dict[RowFormat, Callable[[Source, _Columns], Iterator[RawRow | Refusal]]] = {
    "text": _read_text,
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}


def _find_column(names: Sequence[str], columns: Sequence[str], source_name: str) -> int:
    """Return the place of the formula column."""
    folded = [folded_heading(name) for name in names]
    repeated = [name for name, count in Counter(folded).items() if name and count > 1]
    if repeated:
        raise RefusedInputError(
            f"{source_name} has the heading {repeated[0]!r} more than once",
            "rename or remove all but one: it is not clear which is meant",
        )
    for wanted in columns:
        if wanted in names:
            return names.index(wanted)
        if folded_heading(wanted) in folded:
            return folded.index(folded_heading(wanted))
    wanted_text = columns[0]
    listed = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
    close = get_close_matches(folded_heading(wanted_text), folded, n=1, cutoff=0.5)
    if close:
        hint = f"perhaps you mean --column {names[folded.index(close[0])]!r}"
    else:
        hint = "name the column that holds the formula with --column, or add the heading 'formula'"
    raise RefusedInputError(
        f"{source_name} has no column {wanted_text!r}; it has: {listed or 'none'}", hint
    )


def folded_heading(name: str) -> str:
    """A heading as it is compared: in any case, with blanks or underscores."""
    return re.sub(r"[\s_]+", " ", without_damage(name)).strip().casefold()


def _checked(number: int, text: str, columns: Mapping[str, object]) -> RawRow | Refusal:
    """Refuse the row if some of it could not be decoded."""
    values = [text, *(value for value in columns.values() if isinstance(value, str))]
    if not any(is_damaged(value) for value in values):
        return RawRow(number, text, columns)
    shown = {
        name: without_damage(value) if isinstance(value, str) else value
        for name, value in columns.items()
    }
    return _unreadable(
        number,
        without_damage(text),
        "the row holds bytes that are not text in the file's encoding",
        "save the file as UTF-8",
        shown,
    )


def _unreadable(
    number: int,
    text: str,
    reason: str,
    suggestion: str,
    columns: Mapping[str, object] | None = None,
) -> Refusal:
    return Refusal(number, text, reason, suggestion, columns or {}, "unreadable_row")


def _shown(text: str) -> str:
    short = without_damage(text)
    return short if len(short) <= 80 else f"{short[:79]}…"
