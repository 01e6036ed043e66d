"""Where results go, and as what: a file written whole or not at all, or standard output."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from sseml.cli.command import CommandError
from sseml.cli.progress import say
from sseml.cli.streams import standard_output, standard_output_of_bytes, terminal_width
from sseml.files import open_to_write, whole_file
from sseml.render import write_csv as csv_of_records

TEXT_FORMATS = ("table", "text", "csv", "jsonl")
"""Of commands that print one kind of text: `table` and `text` are the same there."""

TEXT_ENDINGS: Mapping[str, str] = MappingProxyType(
    {".txt": "text", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
)
_HELD_IN_MEMORY = 16 * 2**20
_NAMED = 10


def results(
    path: Path | None, *, binary: bool = False, hold: bool = False
) -> AbstractContextManager[IO[Any]]:
    """Open the place where results go.

    Parameters
    ----------
    path
        File to write; standard output if None.
    binary
        The stream takes bytes instead of text.
    hold
        Keep everything back until the block ends without an error, on standard output too.
    """
    if path is None:
        return _held_stdout(binary) if hold else _stdout(binary)
    require_no_folder(path)
    if path.exists() and not path.is_file():  # nothing can be renamed to a device or a pipe
        return open_to_write(path, binary=binary)
    return whole_file(path, binary=binary)


def require_no_folder(path: Path) -> None:
    """Say that a folder is no place for a table."""
    if path.is_dir():
        raise CommandError(f"{path} is a folder; -o takes the name of a file")


def format_of(
    path: Path | None, asked: str | None, endings: Mapping[str, str], otherwise: str
) -> str:
    """Choose a format: the one asked for, or the one the ending of the file names.

    Parameters
    ----------
    path
        File to write; None for standard output.
    asked
        What ``--format`` says.
    endings
        Ending → format.
    otherwise
        For standard output.

    Raises
    ------
    CommandError
        If the ending names no format.
    """
    if asked is not None:
        return asked
    if path is None:
        return otherwise
    require_no_folder(path)
    ending = path.suffix.lower()
    if ending not in endings:
        raise CommandError(
            f"{path}: the ending {ending!r} names no format; "
            f"use one of {', '.join(endings)} or say --format"
        )
    return endings[ending]


def table_width(path: Path | None, narrowest: int) -> int:
    """Columns for a table: those of the terminal it is shown on, but no fewer than it needs."""
    return narrowest if path is not None else terminal_width(narrowest)


def write_csv(
    records: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    stream: IO[str],
    *,
    whole: bool = False,
) -> None:
    """Write records as `sseml.render.write_csv` does, and name the columns that came too late."""
    name_late(csv_of_records(map(dict, records), columns, stream, whole=whole))


def name_late(columns: Sequence[str]) -> None:
    """Name the columns that came too late for the header of a CSV on standard output."""
    if columns:
        listed = ", ".join(map(repr, columns[:_NAMED]))
        more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
        say(
            f"sseml: columns that came after the header of the CSV, and are not in it: {listed}"
            f"{more}; --format jsonl keeps them"
        )


def write_jsonl(records: Iterable[Mapping[str, Any]], stream: IO[str]) -> None:
    """Write one JSON object a line, as they come."""
    stream.writelines(f"{_json(record)}\n" for record in records)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


@contextmanager
def _stdout(binary: bool) -> Iterator[IO[Any]]:
    out: IO[Any] | None = standard_output()
    if binary:
        out = None if standard_output().isatty() else standard_output_of_bytes()
    if out is None:
        raise CommandError("Parquet is not for a terminal: name a file with -o FILE.parquet")
    yield out
    out.flush()


@contextmanager
def _held_stdout(binary: bool) -> Iterator[IO[Any]]:
    how: dict[str, Any] = {"mode": "w+b"} if binary else {"mode": "w+", "encoding": "utf-8"}
    with _stdout(binary) as out, tempfile.SpooledTemporaryFile(_HELD_IN_MEMORY, **how) as held:
        yield held
        held.seek(0)
        shutil.copyfileobj(held, out)
