"""Rewrite the tables of repeat units and salts in `src/sseml/features/polymer` with RDKit.

Run as `python tools/document_polymers.py` after a change of descriptors or of the Tg model; with
`--check` nothing is written and the exit code is 1 where a table is out of date. What the tables
hold grows by `--units FILE:COLUMN` and `--salts FILE:COLUMN[:NAME COLUMN]` (CSV); a unit may be a
list such as `*CCO*:0.8;*CC(C)O*:0.2`. With `--scale` those of the file set the scale of distances.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sseml.features.polymer.anion import anion_descriptors, salt_key
from sseml.features.polymer.columns import Column, anion_columns, unit_columns
from sseml.features.polymer.glass_transition import glass_transitions_celsius
from sseml.features.polymer.periodic import polymer_key
from sseml.features.polymer.repeat_unit import unit_descriptors

FOLDER = Path(__file__).parents[1] / "src" / "sseml" / "features" / "polymer"
UNITS, SALTS, SPELLINGS, SCALES = (
    FOLDER / name for name in ("repeat_units.csv", "anions.csv", "spellings.csv", "scales.csv")
)
SHARE = re.compile(r":[0-9.]+$")
DIGITS = 6


def read(path: Path) -> list[list[str]]:
    """Rows of a table below its header; none where it is not there yet."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    return [line.split(",") for line in lines]


def column_of(stated: str) -> list[tuple[str, str]]:
    """What stands in `FILE:COLUMN[:NAME COLUMN]`: text and name of each row."""
    file, column, *named = stated.split(":")
    with Path(file).open(encoding="utf-8-sig", newline="") as stream:
        rows = [(row[column], row[named[0]] if named else "") for row in csv.DictReader(stream)]
    return [row for row in dict.fromkeys(rows) if row[0]]


def units_in(text: str) -> list[str]:
    """The PSMILES of a cell, without mole shares."""
    return [SHARE.sub("", part).replace("[*]", "*") for part in text.split(";")]


def scale_rows(name: str, columns: Sequence[Column], table: Iterable[list[str]]) -> list[list[str]]:
    """Centre and spread of the rows of a table that set the scale."""
    values = np.array([[float(cell) for cell in row[3:]] for row in table if row[1] == "1"])
    centre, spread = values.mean(axis=0), values.std(axis=0)
    spread[spread <= 1e-9 * np.abs(values).max(axis=0)] = np.inf
    return [
        [name, column.name, f"{centre[place]:.{DIGITS}g}", f"{spread[place]:.{DIGITS}g}"]
        for place, column in enumerate(columns)
    ]


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], check: bool) -> bool:
    """Write a table, or say whether it stands there."""
    lines = [",".join(row) for row in [header, *rows]]
    if any(len(line.split(",")) != len(header) for line in lines):
        raise SystemExit(f"a cell of {path.name} holds a comma")
    text = "\n".join(lines) + "\n"
    if check:
        return path.exists() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8")
    return True


def main() -> int:
    """Bring the tables up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--units", action="append", default=[], metavar="FILE:COLUMN")
    parser.add_argument("--salts", action="append", default=[], metavar="FILE:COLUMN[:NAME]")
    parser.add_argument("--scale", action="store_true", help="these set the scale of distances")
    asked = parser.parse_args()
    units = {polymer_key(row[0]): row[1] for row in read(UNITS)}
    salts = {salt_key(row[0]): (row[1], row[2]) for row in read(SALTS)}
    spellings = dict(read(SPELLINGS))
    for stated in asked.units:
        for cell, _ in column_of(stated):
            for text in units_in(cell):
                key = polymer_key(text)
                spellings |= {} if "[Cu]" in text else {text: key}
                units[key] = "1" if asked.scale else units.get(key, "0")
    for stated in asked.salts:
        for text, name in column_of(stated):
            key = spellings[text] = salt_key(text)
            scale, known = salts.get(key, ("0", ""))
            salts[key] = "1" if asked.scale else scale, name or known
            if name:
                spellings[name] = key
    unit_rows = [
        [
            key,
            scale,
            f"{glass_transition(key):.1f}",
            *numbers(unit_columns(), unit_descriptors(key)),
        ]
        for key, scale in sorted(units.items())
    ]
    salt_rows = [
        [key, scale, name, *numbers(anion_columns(), anion_descriptors(key))]
        for key, (scale, name) in sorted(salts.items())
    ]
    scales = scale_rows("repeat_unit", unit_columns(), unit_rows)
    scales += scale_rows("anion", anion_columns(), salt_rows)
    kept = sorted((text, key) for text, key in spellings.items() if text != key)
    written = [
        write(UNITS, ["key", "scale", "Tg_C", *names(unit_columns())], unit_rows, asked.check),
        write(SALTS, ["key", "scale", "name", *names(anion_columns())], salt_rows, asked.check),
        write(SPELLINGS, ["text", "key"], kept, asked.check),
        write(SCALES, ["table", "name", "centre", "spread"], scales, asked.check),
    ]
    return int(not all(written))


def glass_transition(key: str) -> float:
    """Predicted glass transition of a key."""
    named = unit_descriptors(key)
    values = np.array([[named[column.name] for column in unit_columns()]])
    return float(glass_transitions_celsius(values)[0])


def names(columns: Iterable[Column]) -> list[str]:
    """Names of columns."""
    return [column.name for column in columns]


def numbers(columns: Iterable[Column], values: object) -> list[str]:
    """Descriptors in the order of the columns."""
    return [f"{values[column.name]:.{DIGITS}g}" for column in columns]  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
