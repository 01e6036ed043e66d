"""Answers drawn for people and programs: a terminal table, CSV, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any, Literal, assert_never

from sseml.columns import COLUMNS
from sseml.records import Answer
from sseml.render.columnar import inert, write_csv, write_parquet
from sseml.render.record import (
    EXPLANATION,
    OUTPUT_COLUMNS,
    explanation,
    to_nested_record,
    to_record,
)
from sseml.render.table import TABLE_WIDTH, pad, table_lines, text_width, visible

Format = Literal["table", "csv", "jsonl", "parquet"]

FORMATS: tuple[Format, ...] = ("table", "csv", "jsonl", "parquet")

__all__ = [
    "FORMATS",
    "OUTPUT_COLUMNS",
    "TABLE_WIDTH",
    "Format",
    "explanation",
    "inert",
    "pad",
    "table_lines",
    "text_width",
    "to_nested_record",
    "to_record",
    "visible",
    "write",
    "write_csv",
]


def write(
    answers: Iterable[Answer],
    stream: IO[Any],
    format: Format,
    *,
    explain: bool = False,
    width: int = TABLE_WIDTH,
    whole: bool = False,
) -> tuple[str, ...]:
    """Write predictions as they come, as text or, for Parquet, as bytes.

    `explain` adds a block under each row of a table, else a column; `width` is that of the table.
    If `whole`, all answers are read before the header of a CSV is written; else the columns that
    came too late for it are left out and returned.
    """
    explained: dict[str, type[str]] = {EXPLANATION: str} if explain else {}
    match format:
        case "table":
            for line in table_lines(answers, explain=explain, width=width):
                stream.write(line + "\n")
        case "csv":
            records = (to_record(answer, explain=explain) for answer in answers)
            return write_csv(records, [*OUTPUT_COLUMNS, *explained], stream, whole=whole)
        case "jsonl":
            for answer in answers:
                record = to_nested_record(answer, explain=explain)
                stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
        case "parquet":
            records = (to_record(answer, explain=explain) for answer in answers)
            types = {column.name: column.holds for column in COLUMNS}
            write_parquet(records, {**types, **explained}, stream)
        case _:
            assert_never(format)
    return ()
