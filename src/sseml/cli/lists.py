"""`sseml names` and `sseml families`: the vocabulary, for people and programs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from sseml.cli.command import ANSWERED, Commands
from sseml.cli.output import write_csv, write_jsonl
from sseml.cli.streams import standard_output
from sseml.render import pad, text_width

_NAMES_EXAMPLES = """\
examples:
  sseml names                        every name with the formula it stands for
  sseml names garnet                 those that say garnet anywhere
  sseml names --kind polymer         polymers of recipes; salt, additive, filler likewise
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
        ("names", "the names that formulas and recipes are written with", _NAMES_EXAMPLES, _names),
        ("families", "the electrolyte families that are recognised", _FAMILIES_EXAMPLES, _families),
    ):
        parser = commands.add_parser(
            name, help=content, description=f"List {content}.", examples=examples
        )
        parser.add_argument("word", nargs="*", metavar="WORD", help="only rows with these words")
        add_format(parser)
        parser.set_defaults(run=run)
        if name == "names":
            parser.add_argument(
                "--kind",
                choices=("formula", *_RECIPE_LISTS),
                default="formula",
                help="names of formulas (default), or of the parts of polymer recipes",
            )


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
    list_of = _RECIPE_LISTS.get(arguments.kind, _formula_names)
    return show(_with_words(list_of(), arguments.word), arguments.format)


def _formula_names() -> Rows:
    from sseml.parse.names import common_names  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "formula": entry.formula,
            "aliases": ", ".join(entry.aliases),
            "stands for": f"{entry.stands_for}; {entry.note}",
        }
        for entry in common_names()
    ]


def _polymer_names() -> Rows:
    from sseml.parse.recipe_names import polymers  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "family": entry.family,
            "sites": f"{entry.sites_per_unit:g} {entry.site}" if entry.site else "",
            "unit_molar_mass_g_mol": f"{entry.unit_molar_mass_g_mol:.3f}",
            "aliases": ", ".join(entry.aliases),
            "stands for": entry.full_name,
            "units": "; ".join(
                unit.psmiles if unit.mole_share == 1 else f"{unit.psmiles}:{unit.mole_share:g}"
                for unit in entry.units
            ),
        }
        for entry in polymers()
    ]


def _salt_names() -> Rows:
    from sseml.parse.recipe_names import salts  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "molar_mass_g_mol": f"{entry.molar_mass_g_mol:.3f}",
            "aliases": ", ".join(entry.aliases),
            "stands for": entry.full_name,
            "smiles": entry.smiles,
        }
        for entry in salts()
    ]


def _additive_names() -> Rows:
    from sseml.parse.recipe_names import liquids  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "kind": entry.kind,
            "molar_mass_g_mol": f"{entry.molar_mass_g_mol:.3f}",
            "aliases": ", ".join(entry.aliases),
            "stands for": entry.full_name,
            "smiles": entry.smiles,
        }
        for entry in liquids()
    ]


def _filler_names() -> Rows:
    from sseml.parse.recipe_names import fillers  # noqa: PLC0415

    return [
        {
            "name": entry.name,
            "role": entry.role,
            "formula": entry.formula,
            "aliases": ", ".join(entry.aliases),
        }
        for entry in fillers()
    ]


_RECIPE_LISTS: dict[str, Callable[[], Rows]] = {
    "polymer": _polymer_names,
    "salt": _salt_names,
    "additive": _additive_names,
    "filler": _filler_names,
}


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
