"""Where questions come from: formulas and structure files, a list of them, or standard input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sseml.cli.exits import CommandError
from sseml.cli.extras import needing
from sseml.records import Query, Refusal, RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C


def add_questions(parser: argparse.ArgumentParser) -> None:
    """Add the formulas and structures, and the options that name a list of them."""
    parser.add_argument(
        "formula",
        nargs="*",
        metavar="FORMULA|FILE",
        help="formula, mixture or name; or crystal structures: CIF, POSCAR, pymatgen .json, a "
        "folder, a pattern or a .zip of them",
    )
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
    parser.add_argument(
        "--structure-mismatch",
        choices=("refuse", "flag"),
        default="refuse",
        help="what to do with a structure whose sites contradict the formula of its row or file: "
        "refuse it, or answer by the sites and say so (default: %(default)s)",
    )


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
    from sseml.parse.structure.files import StructureFiles  # noqa: PLC0415

    if bool(arguments.formula) == bool(arguments.input):
        raise CommandError("give either formulas or -i FILE; `--help` shows examples")
    rows: Iterable[RawRow | Refusal]
    folder = Path()
    if arguments.formula:
        texts = map(_with_slash, arguments.formula)
        rows = (RawRow(number, text, {}) for number, text in enumerate(texts, start=1))
    else:
        if arguments.input != "-":
            _refuse_structure_as_list(arguments.input, arguments.input_format)
            folder = Path(arguments.input).parent
        source = sys.stdin.buffer if arguments.input == "-" else arguments.input
        rows = read_rows(source, arguments.input_format, arguments.column, structures=True)
    files = StructureFiles(folder, arguments.structure_mismatch)
    defaults = Qualifiers(temperature_C=read_temperature(temperature))
    return _with_structures(parse_rows(rows, defaults, files))


def _with_structures(items: Iterable[Query | Refusal]) -> Iterator[Query | Refusal]:
    with needing("structure"):
        yield from items


def _with_slash(argument: str) -> str:
    """Write a folder as one, unless the argument is also a formula or a name."""
    from sseml.parse.material import parse_material  # noqa: PLC0415
    from sseml.parse.structure.file_names import is_there  # noqa: PLC0415

    folder = Path(argument)
    if (
        not argument
        or argument.endswith(("/", os.sep))
        or not (is_there(folder) and folder.is_dir())
    ):
        return argument
    try:
        parse_material(argument)
    except RefusedInputError:
        return f"{argument}/"
    return argument


def _refuse_structure_as_list(source: str, format_name: str | None) -> None:
    from sseml.parse.structure.file_names import names_structures  # noqa: PLC0415

    is_list = format_name is not None or source.lower().endswith(".json")
    if not is_list and (names_structures(source) or Path(source).is_dir()):
        raise CommandError(
            f"{source} holds structures, not a list: give it without -i, or -i a list of its files"
        )


def count_of(arguments: argparse.Namespace) -> int | None:
    """Rows of the input as far as counting line ends tells; only a progress bar asks."""
    from sseml.parse.structure.file_names import names_structures  # noqa: PLC0415

    if arguments.formula:
        may_be_more = any(names_structures(text) for text in map(_with_slash, arguments.formula))
        return None if may_be_more else len(arguments.formula)
    if not sys.stderr.isatty() or arguments.input in (None, "-"):
        return None
    if arguments.input.lower().endswith(".parquet"):
        return None
    with Path(arguments.input).open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
