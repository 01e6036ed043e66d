"""Where questions come from: formulas on the command line, a file, or standard input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from sseml.cli.exits import CommandError
from sseml.records import Query, Refusal
from sseml.units import ROOM_TEMPERATURE_C


def add_questions(parser: argparse.ArgumentParser) -> None:
    """Add the formulas and the options that name a file of them."""
    parser.add_argument("formula", nargs="*", metavar="FORMULA", help="formula, mixture or name")
    parser.add_argument(
        "-i",
        "--input",
        metavar="FILE",
        help="formulas, one a line; or CSV, JSON lines or Parquet; `-` reads standard input",
    )
    parser.add_argument(
        "--input-format",
        choices=("text", "csv", "tsv", "jsonl", "parquet"),
        help="default: by the ending of the file; text on standard input",
    )
    parser.add_argument("--column", help="column that holds the formula (default: formula, …)")


def questions(
    arguments: argparse.Namespace, temperature: str = f"{ROOM_TEMPERATURE_C:g}"
) -> Iterable[Query | Refusal]:
    """Read what is asked, in order; what cannot be read is a `Refusal` in its place.

    Parameters
    ----------
    arguments
        Those of `add_questions`.
    temperature
        For rows that name none, as a person writes it.

    Raises
    ------
    CommandError
        If neither formulas nor a file are given, or both.
    """
    from sseml.parse.qualifiers import Qualifiers, read_temperature  # noqa: PLC0415
    from sseml.parse.queries import parse_rows  # noqa: PLC0415
    from sseml.parse.rows import RawRow, read_rows  # noqa: PLC0415

    if bool(arguments.formula) == bool(arguments.input):
        raise CommandError("give either formulas or -i FILE; `--help` shows examples")
    rows: Iterable[RawRow | Refusal]
    if arguments.formula:
        rows = (RawRow(number, text, {}) for number, text in enumerate(arguments.formula, start=1))
    else:
        source = sys.stdin.buffer if arguments.input == "-" else arguments.input
        rows = read_rows(source, arguments.input_format, arguments.column)
    return parse_rows(rows, Qualifiers(temperature_C=read_temperature(temperature)))


def count_of(arguments: argparse.Namespace) -> int | None:
    """Rows of the input as far as counting line ends tells; only a progress bar asks."""
    if not sys.stderr.isatty() or not arguments.input or arguments.input == "-":
        return len(arguments.formula) or None
    if arguments.input.lower().endswith(".parquet"):
        return None
    with Path(arguments.input).open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
