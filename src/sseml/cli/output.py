"""Where results go, and as what: a file written whole or not at all, or standard output."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Protocol

from sseml.cli.command import CommandError, needing
from sseml.cli.streams import say, standard_output
from sseml.files import open_to_write, whole_file
from sseml.remote import Address, is_address, writing
from sseml.render import write_csv as csv_of_records

TEXT_FORMATS = ("table", "text", "csv", "jsonl")
"""Formats of commands for which `table` and `text` are the same."""

TEXT_ENDINGS: Mapping[str, str] = MappingProxyType(
    {".txt": "table", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
)
_HELD_IN_MEMORY = 16 * 2**20
_NAMED = 10


class _Report(Protocol):
    def to_dict(self) -> dict[str, Any]: ...

    def to_text(self) -> str: ...


def add_output(parser: argparse.ArgumentParser, otherwise: str, picture: str) -> None:
    """Add `-o`, `--format` (what is written without either: `otherwise`) and `--plot`."""
    parser.add_argument("-o", "--output", type=output_file, metavar="FILE", help="file to write")
    parser.add_argument(
        "--format", choices=TEXT_FORMATS, help=f"default: by the ending of -o, else {otherwise}"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help=f"{picture}: PNG, SVG or PDF (extra `report`)"
    )


def output_file(text: str) -> Path | Address:
    """Where results go: a file of this machine, or one under an address such as ``s3://…``."""
    return Address(text) if is_address(text) else Path(text)


def require_picture(path: Path | None, extra: str = "report") -> None:
    """Refuse a file that cannot become a picture, before anything is calculated."""
    if path is not None:
        with needing(extra):
            from sseml.report.files import require_picture as require  # noqa: PLC0415
        require(path)


def write_report(report: _Report, *, as_json: bool) -> None:
    """Write a report to standard output."""
    if as_json:
        text = json.dumps(report.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    else:
        text = report.to_text()
    standard_output().write(text.rstrip("\n") + "\n")


def results(
    path: Path | Address | None, *, binary: bool = False, hold: bool = False
) -> AbstractContextManager[IO[Any]]:
    """Open the file for the results, or standard output, for text or bytes (`binary`).

    `hold` keeps everything back until the block ends without an error, on standard output too.
    """
    if path is None:
        return _held_stdout(binary) if hold else _stdout(binary)
    require_no_folder(path)
    if isinstance(path, Address):
        return writing(path, binary=binary)
    if path.exists() and not path.is_file():  # nothing can be renamed to a device or a pipe
        return open_to_write(path, binary=binary)
    return whole_file(path, binary=binary)


def require_no_folder(path: Path | Address) -> None:
    """Refuse a folder as the file to write."""
    if path.is_dir():
        raise CommandError(f"{path} is a folder; -o takes the name of a file")


def format_of(
    path: Path | Address | None, asked: str | None, endings: Mapping[str, str], otherwise: str
) -> str:
    """The format asked for, or that of the file's ending; `otherwise` for standard output."""
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


def table_width(path: Path | Address | None, narrowest: int) -> int:
    """Width of a table: that of the terminal it is shown on, but not less than `narrowest`."""
    out = standard_output()
    if path is not None or not out.isatty():
        return narrowest
    try:
        shown = os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):  # a notebook
        import shutil  # noqa: PLC0415 - start-up: 2 ms

        shown = shutil.get_terminal_size().columns
    return max(narrowest, shown)


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
    """Name columns that are missing in a CSV because they came after its header was written."""
    if columns:
        listed = ", ".join(map(repr, columns[:_NAMED]))
        more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
        say(
            f"sseml: columns that came after the header of the CSV, and are not in it: {listed}"
            f"{more}; --format jsonl keeps them"
        )


def write_jsonl(records: Iterable[Mapping[str, Any]], stream: IO[str]) -> None:
    """Write one JSON object a line, as they come."""
    for record in records:
        stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def _stdout(binary: bool) -> Iterator[IO[Any]]:
    out: IO[Any] | None = standard_output()
    if binary:
        standard_output().flush()
        out = None if standard_output().isatty() else getattr(standard_output(), "buffer", None)
    if out is None:
        raise CommandError("Parquet is not for a terminal: name a file with -o FILE.parquet")
    yield out
    out.flush()


@contextmanager
def _held_stdout(binary: bool) -> Iterator[IO[Any]]:
    import shutil  # noqa: PLC0415 - start-up: 3 ms, only for --strict
    import tempfile  # noqa: PLC0415

    how: dict[str, Any] = {"mode": "w+b"} if binary else {"mode": "w+", "encoding": "utf-8"}
    with _stdout(binary) as out, tempfile.SpooledTemporaryFile(_HELD_IN_MEMORY, **how) as held:
        yield held
        held.seek(0)
        shutil.copyfileobj(held, out)
