"""Where questions come from: formulas and structure files, a list of them, or standard input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sseml.cli.command import CommandError, needing
from sseml.cli.progress import say
from sseml.records import Query, Refusal, RefusedInputError
from sseml.render import OUTPUT_COLUMNS
from sseml.units import ROOM_TEMPERATURE_C

if TYPE_CHECKING:
    from sseml.parse.raw import RawRow

_LISTS = frozenset(
    (".txt", ".list", ".lst", ".dat", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet",
     ".pq", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
)  # fmt: skip
"""Endings of files that hold lists, whether this release reads them or not."""

_NAMED = 10
_TIMES = 5
"""Lines about columns: each JSON line may bring new ones."""

_OURS = frozenset((*OUTPUT_COLUMNS, "nearest", "explanation"))
_MARK_OF_OURS = frozenset(("status", "error", "model"))
"""Columns that our own output has, which nobody needs to be told are not used."""


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
        help="formulas, one a line; or CSV, JSON lines, Parquet or .xlsx; `-` reads standard input",
    )
    parser.add_argument(
        "--input-format",
        choices=("text", "csv", "tsv", "jsonl", "parquet", "xlsx"),
        help="default: by the ending of the file; text on standard input",
    )
    add_columns(parser)
    parser.add_argument(
        "--structure-mismatch",
        choices=("refuse", "flag"),
        default="refuse",
        help="what to do with a structure whose sites contradict the formula of its row or file: "
        "refuse it, or answer by the sites and say so (default: %(default)s)",
    )


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what the columns of a table are."""
    parser.add_argument(
        "--column", metavar="NAME", help="column that holds the formula (default: formula, …)"
    )
    parser.add_argument(
        "--ignore-column",
        action="append",
        default=[],
        metavar="NAME",
        help="column that says nothing about a row, though its heading may; can be repeated",
    )
    parser.add_argument(
        "--sheet", metavar="NAME", help="of an .xlsx workbook (default: the first not hidden)"
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
    from sseml.parse.qualifiers import Qualifiers, read_asked_temperature  # noqa: PLC0415
    from sseml.parse.queries import parse_rows  # noqa: PLC0415
    from sseml.parse.raw import RawRow  # noqa: PLC0415
    from sseml.parse.rows import read_rows  # noqa: PLC0415
    from sseml.parse.structure.files import StructureFiles  # noqa: PLC0415

    if bool(arguments.formula) == bool(arguments.input):
        raise CommandError("give either formulas or -i FILE; `--help` shows examples")
    rows: Iterable[RawRow | Refusal]
    folder = Path()
    ignored = frozenset(arguments.ignore_column)
    if arguments.formula:
        _refuse_lists(arguments)
        texts = map(_with_slash, arguments.formula)
        rows = (RawRow(number, text, {}) for number, text in enumerate(texts, start=1))
    else:
        if arguments.input != "-":
            _refuse_structure_as_list(arguments.input, arguments.input_format)
            folder = Path(arguments.input).parent
        source = sys.stdin.buffer if arguments.input == "-" else arguments.input
        rows = _naming_unused(
            read_rows(
                source,
                arguments.input_format,
                arguments.column,
                structures=True,
                ignored=ignored,
                sheet=arguments.sheet,
            ),
            ignored,
        )
    files = StructureFiles(folder, arguments.structure_mismatch)
    defaults = Qualifiers(temperature_C=read_asked_temperature(temperature))
    return _with_structures(parse_rows(rows, defaults, files, ignored))


def _naming_unused(
    rows: Iterable[RawRow | Refusal], ignored: frozenset[str]
) -> Iterator[RawRow | Refusal]:
    """Pass rows on, and name the columns that say nothing when they are first met."""
    seen: set[str] = set(ignored)
    times = 0
    for row in rows:
        if times < _TIMES and (new := [name for name in row.columns if name not in seen]):
            _name_unused(new, row.columns, ignored)
            seen.update(new)
            times += 1
        yield row


def _name_unused(names: Iterable[str], beside: Collection[str], ignored: frozenset[str]) -> None:
    from sseml.parse.headings import conditions_of, nearly_condition  # noqa: PLC0415
    from sseml.parse.raw import shown  # noqa: PLC0415

    try:
        used = conditions_of(beside, ignored)
    except RefusedInputError:  # said in the row, where it is not the first
        return
    known = {*used, *(_OURS if set(beside) >= _MARK_OF_OURS else ())}
    unused = [name for name in names if name not in known and not _may_name_structures(name)]
    said = []
    for name in unused[:_NAMED]:
        meant = nearly_condition(name)
        said.append(repr(shown(name)) + (f" (did you mean {meant!r}?)" if meant else ""))
    if said:
        more = f" and {len(unused) - _NAMED} more" if len(unused) > _NAMED else ""
        say(f"sseml: columns that are kept but not used: {', '.join(said)}{more}")


def compositions_only(items: Iterable[Query | Refusal]) -> Iterator[Query | Refusal]:
    """Refuse, in their places, materials that have no composition to calculate with."""
    from sseml.kinds import composition_of  # noqa: PLC0415 - start-up

    for item in items:
        if isinstance(item, Query):
            try:
                composition_of(item.material)
            except RefusedInputError as error:
                yield Refusal(
                    item.row, item.input, error.reason, error.suggestion, item.columns, error.code
                )
                continue
        yield item


def _may_name_structures(name: str) -> bool:
    from sseml.parse.headings import STRUCTURE_COLUMNS, folded_heading  # noqa: PLC0415

    return folded_heading(name) in STRUCTURE_COLUMNS


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


def _refuse_lists(arguments: argparse.Namespace) -> None:
    """Say so where a list is given in the place of a formula."""
    from sseml.parse.material import parse_material  # noqa: PLC0415
    from sseml.parse.sources import no_file  # noqa: PLC0415
    from sseml.parse.structure.file_names import is_there, names_structures  # noqa: PLC0415

    for text in arguments.formula:
        path = Path(text)
        is_file = is_there(path) and path.is_file()
        if path.suffix.lower() in _LISTS:
            if not is_file and not any(mark in text for mark in "*?["):
                raise no_file(path)
        elif not is_file or names_structures(text):
            continue
        try:
            parse_material(text)
        except RefusedInputError:
            raise CommandError(f"{text} is a file: write -i {text}") from None


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
    if arguments.input.lower().endswith((".parquet", ".pq", ".xlsx", ".xlsm")):
        return None
    with Path(arguments.input).open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
