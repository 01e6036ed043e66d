"""Rows of Parquet, whatever types its columns have; a cell that cannot be read refuses its row."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from sseml.parse.raw import RawRow, Wanted, distinct, find_column, row_of_record, shown, unreadable
from sseml.parse.sources import PARQUET_SIGNATURE, Source, name_of, opened_binary
from sseml.records import Refusal, RefusedInputError

_BATCH_ROWS = 4096


class _Unreadable:
    """Stands in for a cell that no Python value can hold."""


def read_parquet(source: Source, wanted: Wanted) -> Iterator[RawRow | Refusal]:
    """Read rows of a Parquet file or stream.

    Raises
    ------
    RefusedInputError
        If it is none, is damaged at its beginning, or has no column with the formula.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed by no other format
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    with opened_binary(source) as (stream, head):
        name = name_of(source)
        if not head.startswith(PARQUET_SIGNATURE):
            raise RefusedInputError(f"{name} is not a Parquet file", "say its format, such as csv")
        try:
            table = pq.ParquetFile(stream if stream.seekable() else BytesIO(stream.read()))
            names = table.schema_arrow.names
            formula_at = find_column(names, wanted, name)
            names = distinct(names)
            for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                columns = [_values(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    record = dict(zip(names, cells, strict=True))
                    yield _row(number, record, names[formula_at], wanted)
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


def _row(number: int, record: dict[str, Any], column: str, wanted: Wanted) -> RawRow | Refusal:
    bad = [name for name, value in record.items() if isinstance(value, _Unreadable)]
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


def _values(column: Any) -> list[Any]:
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
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.as_buffer().to_pybytes() if hasattr(scalar, "as_buffer") else _Unreadable()
    except (ValueError, OverflowError, ImportError, NotImplementedError):
        return _as_text(scalar)


def _as_text(scalar: Any) -> Any:
    """A time too fine or too far away for Python, as Arrow writes it."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        return scalar.cast(pa.string()).as_py()
    except (pa.ArrowException, ValueError):
        return _Unreadable()
