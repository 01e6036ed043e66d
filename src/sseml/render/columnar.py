"""Records as CSV and Parquet, whose columns are fixed before the first row is written."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, Any

from sseml.patterns import late
from sseml.render.record import Record, cell

_LOOK_AHEAD = 1_000
"""Records read before the columns of a stream are fixed."""

ROWS_PER_GROUP = 8_192
"""Rows of a group of a Parquet file, which is described in memory until the file is closed."""

HELD_IN_MEMORY = 16 * 2**20
_EXACT_IN_FLOAT = 2**53
_LONGEST_INT = 2**63

_NUMBER = late(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LIVE = frozenset("=+-@\t\r\n＝＋－＠")
_NOT_DRAWN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def write_csv(
    records: Iterable[Record], fixed: Sequence[str], stream: IO[str], *, whole: bool = False
) -> tuple[str, ...]:
    """Write a flat CSV in which no cell is live for a spreadsheet; lists are written as JSON.

    The columns are those of `fixed` and what the records bring besides: all of them if `whole`,
    else the first thousand. Columns that came too late for the header are left out and returned.
    """
    if whole:
        with _held(records) as (found, again):
            return _write_csv(again(), dict.fromkeys((*fixed, *found)), stream)
    coming = iter(records)
    head = list(islice(coming, _LOOK_AHEAD))
    names = dict.fromkeys((*fixed, *(name for record in head for name in record)))
    return _write_csv(chain(head, coming), names, stream)


def _write_csv(
    records: Iterable[Record], names: Mapping[str, object], stream: IO[str]
) -> tuple[str, ...]:
    writer = csv.writer(UnixLines(stream))
    writer.writerow([inert(name) for name in names])
    late: dict[str, None] = {}
    for record in records:
        if not record.keys() <= names.keys():
            late.update((name, None) for name in record if name not in names)
        writer.writerow([inert(cell(record.get(name))) for name in names])
    return tuple(late)


class UnixLines:
    """End rows with a line feed; the writer is left at CR LF, or it would not quote a lone CR."""

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


def write_parquet(
    records: Iterable[Record],
    types: Mapping[str, type[str] | type[int] | type[float]],
    stream: IO[bytes],
) -> None:
    """Write Parquet whose output columns have the given types whatever the rows hold.

    Every record is read before the first is written: a kept column has the type that all its
    values share, or is text.
    """
    import pyarrow as pa  # noqa: PLC0415 - only this format needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    from sseml.render.arrow import arrow_array  # noqa: PLC0415

    with _held(records) as (found, again):
        arrow = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        fixed = {name: arrow[held] for name, held in types.items()}
        kept = {name: arrow_type(kinds) for name, kinds in found.items() if name not in fixed}
        schema = pa.schema([*fixed.items(), *kept.items()])
        coming = again()
        with pq.ParquetWriter(stream, schema) as writer:
            while batch := list(islice(coming, ROWS_PER_GROUP)):
                columns = [
                    arrow_array([record.get(field.name) for record in batch], field.type)
                    for field in schema
                ]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))


@contextmanager
def _held(
    records: Iterable[Record],
) -> Iterator[tuple[dict[str, set[str]], Callable[[], Iterator[Record]]]]:
    """Keep records in a temporary file; give the kinds of values of every column, and a reader."""
    import tempfile  # noqa: PLC0415 - start-up: 3 ms, only for columns not known before

    found: dict[str, set[str]] = {}
    with tempfile.SpooledTemporaryFile(HELD_IN_MEMORY, mode="w+", encoding="utf-8") as file:
        for record in records:
            for name, value in record.items():
                found.setdefault(name, set()).add(kind_of_value(value))
            file.write(json.dumps(record, allow_nan=False) + "\n")

        def again() -> Iterator[Record]:
            file.seek(0)
            yield from map(json.loads, file)

        yield found, again


def kind_of_value(value: Any) -> str:
    """What a value of a kept column is, for `arrow_type`."""
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) <= _EXACT_IN_FLOAT:
            return "int"
        return "long int" if -_LONGEST_INT <= value < _LONGEST_INT else "huge int"
    return type(value).__name__


def arrow_type(kinds: set[str]) -> Any:
    """Type of a kept column: the one that all its values share without loss, else text."""
    import pyarrow as pa  # noqa: PLC0415

    held = kinds - {"NoneType"}
    if held == {"bool"}:
        return pa.bool_()
    if held and held <= {"int", "long int"}:
        return pa.int64()
    if held and held <= {"int", "float"}:
        return pa.float64()
    return pa.string()
