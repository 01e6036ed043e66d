"""The materials asked about: formulas and structure files, a list of them, or standard input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sseml.cli.command import CommandError, needing, on_one_thread
from sseml.cli.streams import say
from sseml.records import Composition, Query, Refusal, RefusedInputError
from sseml.remote import is_address
from sseml.render import OUTPUT_COLUMNS
from sseml.units import ROOM_TEMPERATURE_C

if TYPE_CHECKING:
    from sseml.parse.raw import RawRow

Answered = TypeVar("Answered")

_LISTS = frozenset(
    (".txt", ".list", ".lst", ".dat", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet",
     ".pq", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
)  # fmt: skip
"""Endings of files that hold lists, whether this release reads them or not."""

_NAMED_COLUMNS = 10
_MESSAGES = 5
"""Limits of the messages about unused columns: each JSON line may bring new ones."""

_OURS = frozenset((*OUTPUT_COLUMNS, "nearest", "explanation"))
_MARK_OF_OURS = frozenset(("status", "error", "model"))
"""Columns of our own output, which is recognised by three of them: they are not reported."""


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
        help="formulas, one a line; or CSV, JSON lines, Parquet or .xlsx; `-` is standard input; "
        "an address such as s3://bucket/list.parquet is read through fsspec (extra `cloud`)",
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
    """Read the materials in order; what cannot be read is a `Refusal` in its place.

    `temperature`, as a person writes it, is for rows that name none.
    """
    on_one_thread()
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
    """Pass rows on, and report columns that are not used when they first appear."""
    seen: set[str] = set(ignored)
    messages = 0
    for row in rows:
        if messages < _MESSAGES and (new := [name for name in row.columns if name not in seen]):
            _name_unused(new, row.columns, ignored)
            seen.update(new)
            messages += 1
        yield row


def _name_unused(names: Iterable[str], beside: Collection[str], ignored: frozenset[str]) -> None:
    from sseml.parse.headings import (  # noqa: PLC0415
        STRUCTURE_COLUMNS,
        conditions_of,
        folded_heading,
        nearly_condition,
    )
    from sseml.parse.raw import shown  # noqa: PLC0415

    try:
        used = conditions_of(beside, ignored)
    except RefusedInputError:  # the row itself reports it
        return
    known = {*used, *(_OURS if set(beside) >= _MARK_OF_OURS else ())}
    unused = [
        name
        for name in names
        if name not in known and folded_heading(name) not in STRUCTURE_COLUMNS
    ]
    named = []
    for name in unused[:_NAMED_COLUMNS]:
        meant = nearly_condition(name)
        named.append(repr(shown(name)) + (f" (did you mean {meant!r}?)" if meant else ""))
    if named:
        others = len(unused) - len(named)
        more = f" and {others} more" if others else ""
        say(f"sseml: columns that are kept but not used: {', '.join(named)}{more}")


def answered(
    items: Iterable[Query | Refusal], answers: Callable[[Query, Composition], Iterable[Answered]]
) -> Iterator[Answered | Refusal]:
    """Answer each material by its composition; without one it is refused in its place."""
    from sseml.kinds import composition_of  # noqa: PLC0415 - start-up

    for item in items:
        if isinstance(item, Refusal):
            yield item
            continue
        try:
            composition = composition_of(item.material)
        except RefusedInputError as error:
            yield Refusal(
                item.row, item.input, error.reason, error.suggestion, item.columns, error.code
            )
        else:
            yield from answers(item, composition)


def _with_structures(items: Iterable[Query | Refusal]) -> Iterator[Query | Refusal]:
    with needing("structure"):
        yield from items


def _is_unreadable(text: str) -> bool:
    """Whether a text is neither a formula nor a name."""
    from sseml.parse.material import parse_material  # noqa: PLC0415

    try:
        parse_material(text)
    except RefusedInputError:
        return True
    return False


def _with_slash(argument: str) -> str:
    """Write a folder as one, unless the argument is also a formula or a name."""
    from sseml.parse.structure.file_names import is_there  # noqa: PLC0415

    folder = Path(argument)
    if not argument or argument.endswith(("/", os.sep)):
        return argument
    is_folder = is_there(folder) and folder.is_dir()
    return f"{argument}/" if is_folder and _is_unreadable(argument) else argument


def _refuse_lists(arguments: argparse.Namespace) -> None:
    """Refuse a list that is given in the place of a formula."""
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
        if _is_unreadable(text):
            raise CommandError(f"{text} is a file: write -i {text}")


def _refuse_structure_as_list(source: str, format_name: str | None) -> None:
    from sseml.parse.structure.file_names import names_structures  # noqa: PLC0415

    is_list = format_name is not None or source.lower().endswith(".json")
    if not is_list and (names_structures(source) or Path(source).is_dir()):
        raise CommandError(
            f"{source} holds structures, not a list: give it without -i, or -i a list of its files"
        )


def count_of(arguments: argparse.Namespace) -> int | None:
    """Number of rows of the input for a progress bar, by counting line ends; None if unknown."""
    from sseml.parse.structure.file_names import names_structures  # noqa: PLC0415

    if arguments.formula:
        may_be_more = any(names_structures(text) for text in map(_with_slash, arguments.formula))
        return None if may_be_more else len(arguments.formula)
    if not sys.stderr.isatty() or arguments.input in (None, "-") or is_address(arguments.input):
        return None
    if arguments.input.lower().endswith((".parquet", ".pq", ".xlsx", ".xlsm")):
        return None
    with Path(arguments.input).open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
