"""`sseml names` and `sseml families`: the vocabulary, for people and programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from sseml.cli.command import ANSWERED, Commands
from sseml.cli.output import write_csv, write_jsonl
from sseml.cli.streams import standard_output
from sseml.render import pad, text_width

_NAMES_EXAMPLES = """\
examples:
  sseml names                        every name with the formula it stands for
  sseml names garnet                 those that say garnet anywhere
  sseml names --format csv > names.csv
"""
_FAMILIES_EXAMPLES = """\
examples:
  sseml families                     every family that is recognised
  sseml families halide              those that say halide anywhere
  sseml families --format jsonl
"""

Rows = Sequence[dict[str, str]]


def add_commands(commands: Commands) -> None:
    """Add `names` and `families`."""
    for name, content, examples, run in (
        ("names", "the common names that stand for a formula", _NAMES_EXAMPLES, _names),
        ("families", "the electrolyte families that are recognised", _FAMILIES_EXAMPLES, _families),
    ):
        parser = commands.add_parser(
            name, help=content, description=f"List {content}.", examples=examples
        )
        parser.add_argument("word", nargs="*", metavar="WORD", help="only rows with these words")
        add_format(parser)
        parser.set_defaults(run=run)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add `--format` of `show`."""
    parser.add_argument("--format", choices=("table", "csv", "jsonl"), default="table")


def show(rows: Rows, format: str) -> int:
    """Write a short list to standard output, and return the exit code."""
    table = [list(row) for row in rows[:1]] + [list(row.values()) for row in rows]
    match format:
        case "csv":
            if rows:
                write_csv(rows, list(rows[0]), standard_output())
        case "jsonl":
            write_jsonl(rows, standard_output())
        case _:
            widths = [max(map(text_width, column)) for column in zip(*table, strict=True)]
            for cells in table:
                padded = (pad(cell, width) for cell, width in zip(cells, widths, strict=True))
                standard_output().write("  ".join(padded).rstrip() + "\n")
    return ANSWERED


def _names(arguments: argparse.Namespace) -> int:
    from sseml.parse.names import common_names  # noqa: PLC0415

    rows = [
        {
            "name": entry.name,
            "formula": entry.formula,
            "aliases": ", ".join(entry.aliases),
            "stands for": f"{entry.stands_for}; {entry.note}",
        }
        for entry in common_names()
    ]
    return show(_with_words(rows, arguments.word), arguments.format)


def _families(arguments: argparse.Namespace) -> int:
    from sseml.families import families  # noqa: PLC0415

    rows = [
        {
            "family": family.key,
            "class": family.electrolyte_class,
            "examples": " ".join(family.examples),
            "description": family.description,
        }
        for family in families().values()
    ]
    return show(_with_words(rows, arguments.word), arguments.format)


def _with_words(rows: Rows, words: Sequence[str]) -> Rows:
    def says(row: dict[str, str]) -> bool:
        text = " ".join(row.values()).casefold()
        return all(word.casefold() in text for word in words)

    return [row for row in rows if says(row)]
