"""Batches of answers as CSV and Parquet: the same bytes as their records would give."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import isnan
from typing import IO, Any, Literal

import numpy as np

from sseml.columns import COLUMNS
from sseml.render.arrow import arrow_array
from sseml.render.batch_columns import Columns, Values
from sseml.render.columnar import (
    HELD_IN_MEMORY,
    ROWS_PER_GROUP,
    UnixLines,
    arrow_type,
    inert,
    kind_of_value,
)
from sseml.render.record import OUTPUT_COLUMNS, Record, cell

BatchFormat = Literal["csv", "parquet"]

BATCH_FORMATS: tuple[BatchFormat, ...] = ("csv", "parquet")


def write_batches(batches: Iterable[Columns], stream: IO[Any], format: BatchFormat) -> None:
    """Write whole files as `sseml.render.write` does, from columns.

    All are read before the first is written, so that every kept column has its place and its type.
    """
    if format == "csv":
        _write_csv(batches, stream)
    else:
        _write_parquet(batches, stream)


def _write_csv(batches: Iterable[Columns], stream: IO[str]) -> None:
    writer = csv.writer(UnixLines(stream))
    with (
        tempfile.SpooledTemporaryFile(HELD_IN_MEMORY, mode="w+", encoding="utf-8") as text,
        tempfile.SpooledTemporaryFile(HELD_IN_MEMORY, mode="w+", encoding="utf-8") as held,
    ):
        kept = _Kept(text)
        for columns in batches:
            kept.add(columns)
            own = [_cells(columns.values[name]) for name in OUTPUT_COLUMNS]
            held.write(json.dumps(own, allow_nan=False) + "\n")
        held.seek(0)
        writer.writerow([inert(name) for name in (*OUTPUT_COLUMNS, *kept.found)])
        for line, records in zip(held, kept.again(), strict=True):
            added = ([record.get(name) for record in records] for name in kept.found)
            writer.writerows(zip(*map(_inert, chain(json.loads(line), added)), strict=True))


def _cells(values: Values) -> list[Any]:
    if not isinstance(values, np.ndarray):
        return values
    return [None if isnan(value) else value for value in values.tolist()]


def _inert(values: Sequence[Any]) -> list[Any]:
    texts = {value for value in values if isinstance(value, str)}
    safe = {text: inert(text) for text in texts}
    return [safe[value] if isinstance(value, str) else inert(cell(value)) for value in values]


class _Kept:
    """What the input brought besides, batch by batch, and what kinds of values its columns hold."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.found: dict[str, set[str]] = {}

    def add(self, columns: Columns) -> None:
        """Hold those of one batch."""
        records = columns.kept
        for record in records or ():
            for name, value in record.items():
                self.found.setdefault(name, set()).add(kind_of_value(value))
        self._file.write(json.dumps([columns.count, records], allow_nan=False) + "\n")

    def again(self) -> Iterator[Sequence[Record]]:
        """The records of every batch, in order."""
        self._file.seek(0)
        for line in self._file:
            count, records = json.loads(line)
            yield records or [{}] * count


def _write_parquet(batches: Iterable[Columns], stream: IO[bytes]) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only this format needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    fixed = pa.schema([(column.name, types[column.holds]) for column in COLUMNS])
    with (
        tempfile.SpooledTemporaryFile(HELD_IN_MEMORY, mode="w+", encoding="utf-8") as text,
        tempfile.TemporaryFile() as held,
    ):
        kept = _Kept(text)
        with pa.ipc.new_stream(held, fixed) as writer:
            for columns in batches:
                kept.add(columns)
                own = [arrow_array(columns.values[field.name], field.type) for field in fixed]
                writer.write_batch(pa.RecordBatch.from_arrays(own, schema=fixed))
        held.seek(0)
        names = {name: arrow_type(kinds) for name, kinds in kept.found.items()}
        schema = pa.schema([*fixed, *names.items()])
        with pa.ipc.open_stream(held) as reader, pq.ParquetWriter(stream, schema) as out:
            waiting: list[Any] = []
            for batch, records in zip(reader, kept.again(), strict=True):
                added = [
                    arrow_array([record.get(name) for record in records], type)
                    for name, type in names.items()
                ]
                waiting.append(pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema))
                waiting = _written(out, waiting, schema, least=ROWS_PER_GROUP)
            _written(out, waiting, schema, least=1)


def _written(out: Any, waiting: list[Any], schema: Any, *, least: int) -> list[Any]:
    """Write groups of equal numbers of rows; give back what is too few for one."""
    import pyarrow as pa  # noqa: PLC0415

    count = sum(map(len, waiting))
    if count < least:
        return waiting
    table = pa.Table.from_batches(waiting, schema=schema).combine_chunks()
    start = 0
    while count - start >= least:
        out.write_table(table.slice(start, ROWS_PER_GROUP))
        start += ROWS_PER_GROUP
    return list(table.slice(start).to_batches()) if start < count else []
