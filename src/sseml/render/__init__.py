"""Answers drawn for people and programs: a terminal table, CSV, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any, Literal, assert_never

from sseml.records import Answer
from sseml.render.columnar import inert, write_csv, write_parquet
from sseml.render.record import (
    OUTPUT_COLUMNS,
    RenderError,
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
    "RenderError",
    "explanation",
    "inert",
    "pad",
    "table_lines",
    "text_width",
    "to_nested_record",
    "to_record",
    "visible",
    "write",
]


def write(
    answers: Iterable[Answer],
    stream: IO[Any],
    format: Format,
    *,
    explain: bool = False,
    width: int = TABLE_WIDTH,
) -> None:
    """Write answers in `format` as they come, holding a bounded number of them.

    Parameters
    ----------
    answers
        In the order to be written.
    stream
        Takes text; for Parquet, takes bytes.
    explain
        Add the explanation of each answer: a block under the row in the table, else a column.
    width
        Width of the table in characters.

    Raises
    ------
    RenderError
        If a late row brings a column or a type that the header or schema does not have.
    """
    match format:
        case "table":
            for line in table_lines(answers, explain=explain, width=width):
                stream.write(line + "\n")
        case "csv":
            write_csv(answers, stream, explain=explain)
        case "jsonl":
            for answer in answers:
                record = to_nested_record(answer, explain=explain)
                stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
        case "parquet":
            write_parquet(answers, stream, explain=explain)
        case _:
            assert_never(format)
