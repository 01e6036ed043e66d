"""Answers as CSV and Parquet, whose columns are fixed before the first row is written."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import chain, islice
from typing import IO, Any

from sseml.records import Answer
from sseml.render.record import COLUMN_TYPES, EXPLANATION, Record, RenderError, to_record

_LOOK_AHEAD = 1_000
"""Records read before the columns are fixed, and written at a time."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LIVE = frozenset("=+-@\t\r\n＝＋－＠")
_NOT_DRAWN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def write_csv(answers: Iterable[Answer], stream: IO[str], *, explain: bool = False) -> None:
    """Write a flat CSV in which no cell is live for a spreadsheet."""
    names, records = _with_columns(answers, explain)
    known = frozenset(names)
    writer = csv.writer(_UnixLines(stream))
    writer.writerow([inert(name) for name in names])
    for record in records:
        _require_known(record, known, "CSV header")
        writer.writerow([inert(_cell(record.get(name))) for name in names])


class _UnixLines:
    """End rows with a line feed; the writer must believe in CR LF, or it leaves a CR unquoted."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, row: str) -> int:
        """Write one row."""
        return self._stream.write(row.removesuffix("\r\n") + "\n")


def inert(value: Any) -> Any:
    """Put `'` before a text that a spreadsheet would run as a formula; numbers stay as they are."""
    if not isinstance(value, str) or not value or _NUMBER.fullmatch(value):
        return value
    drawn = (c for c in value if unicodedata.category(c) not in _NOT_DRAWN)
    return "'" + value if value[0] in _LIVE or next(drawn, "") in _LIVE else value


def write_parquet(answers: Iterable[Answer], stream: IO[bytes], *, explain: bool = False) -> None:
    """Write Parquet whose output columns have the same types whatever the rows hold."""
    import pyarrow as pa  # noqa: PLC0415 - only this format needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    names, records = _with_columns(answers, explain)
    known = frozenset(names)
    head = list(islice(records, _LOOK_AHEAD))
    schema = pa.schema([(name, _arrow_type(name, head)) for name in names])
    records = chain(head, records)
    with pq.ParquetWriter(stream, schema) as writer:
        while batch := list(islice(records, _LOOK_AHEAD)):
            for record in batch:
                _require_known(record, known, "Parquet schema")
            columns = [_arrow_column(batch, field) for field in schema]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _arrow_type(name: str, head: Sequence[Record]) -> Any:
    """Type of an output column, fixed; type of a kept column, the one its first values share."""
    import pyarrow as pa  # noqa: PLC0415

    if name in COLUMN_TYPES:
        return pa.string() if COLUMN_TYPES[name] is str else pa.float64()
    kinds = frozenset(type(record.get(name)) for record in head) - {type(None)}
    simple = {
        frozenset({bool}): pa.bool_(),
        frozenset({int}): pa.int64(),
        frozenset({float}): pa.float64(),
        frozenset({int, float}): pa.float64(),
    }
    return simple.get(kinds, pa.string())


def _arrow_column(batch: Sequence[Record], field: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    values = [record.get(field.name) for record in batch]
    if pa.types.is_string(field.type):
        values = [None if value is None else str(_cell(value)) for value in values]
    try:
        return pa.array(values, type=field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise RenderError(
            f"column {field.name!r} held {field.type} in the first rows and something else "
            f"later ({error}); --format jsonl takes any value"
        ) from error


def _cell(value: Any) -> Any:
    """One flat cell: lists and mappings as JSON, truth as true or false, None as nothing."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        case _:
            return value


def _with_columns(
    answers: Iterable[Answer], explain: bool
) -> tuple[tuple[str, ...], Iterator[Record]]:
    """Read some records ahead and name the columns seen in them."""
    records = (to_record(answer, explain=explain) for answer in answers)
    head = list(islice(records, _LOOK_AHEAD))
    fixed = (*COLUMN_TYPES, EXPLANATION) if explain else tuple(COLUMN_TYPES)
    names = dict.fromkeys((*fixed, *(name for record in head for name in record)))
    return tuple(names), chain(head, records)


def _require_known(record: Record, known: Set[str], where: str) -> None:
    if new := record.keys() - known:
        raise RenderError(
            f"{record['input']!r} brings the new column {min(new)!r} after the {where} was fixed; "
            "--format jsonl takes any columns"
        )
