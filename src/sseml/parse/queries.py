"""Candidate rows become queries: the formula cell, and the qualifier columns beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sseml.parse.qualifiers import Qualifiers, heading_key, with_qualifier
from sseml.parse.rows import RawRow
from sseml.parse.structure.files import StructureFiles
from sseml.parse.text import parse_line, variables_in
from sseml.records import Query, Refusal, RefusedInputError, RefusedQualifierError

_LATTICE = frozenset(("a", "b", "c", "alpha", "beta", "gamma", "Z"))
_VARIABLES = frozenset("xyz")
_MISSING = frozenset(("", "nan", "none", "null", "na", "n/a", "-"))
_NO_QUALIFIERS = Qualifiers()


def parse_rows(
    rows: Iterable[RawRow | Refusal],
    defaults: Qualifiers = _NO_QUALIFIERS,
    files: StructureFiles | None = None,
) -> Iterator[Query | Refusal]:
    """Parse rows as they come; the order stays, and refusals stand in their places.

    Parameters
    ----------
    rows
        As `sseml.parse.rows.read_rows` gives them. Of the columns, qualifiers are used
        (temperature, space_group, form, kind; x, y, z where the formula holds them; a whole
        lattice with Z); all of them are kept in `Query.columns`.
    defaults
        What holds where a row says nothing.
    files
        Where rows may name structure files; by default they may not, and a name is refused.
    """
    keys: dict[str, str | None] = {}
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        for name in row.columns:
            if name not in keys:
                keys[name] = heading_key(name)
        try:
            qualifiers = _with_columns(row, keys, defaults)
        except RefusedInputError as refusal:
            yield Refusal(
                row.row, row.text, refusal.reason, refusal.suggestion, row.columns, refusal.code
            )
            continue
        named = None if files is None else files.named_in(row)
        if files is None or named is None:
            yield from parse_line(row.row, row.text, qualifiers, row.columns)
        else:
            yield from files.queries(row, named, qualifiers)


def parse_inputs(
    inputs: Iterable[str | Path], defaults: Qualifiers, files: StructureFiles
) -> Iterator[Query | Refusal]:
    """Parse what is handed in one by one, each a row: texts, and paths of structures.

    Parameters
    ----------
    inputs
        A text as a line of a list may hold it; or a path, which names structures whatever its
        spelling.
    defaults
        What holds where a text says nothing.
    files
        Where paths are relative to.
    """
    for number, given in enumerate(inputs, start=1):
        if isinstance(given, Path):
            row = RawRow(number, str(given), {})
            yield from files.queries(row, row.text, defaults)
        elif isinstance(given, str):
            yield from parse_rows([RawRow(number, given, {})], defaults, files)
        else:
            yield from parse_line(number, given, defaults)


def _with_columns(row: RawRow, keys: Mapping[str, str | None], given: Qualifiers) -> Qualifiers:
    cells = _qualifier_cells(row.columns, keys)
    if not cells:
        return given
    variables = variables_in(row.text) if _VARIABLES & cells.keys() else set()
    whole_lattice = cells.keys() >= _LATTICE
    for key, (name, value) in cells.items():
        if (key in _VARIABLES and key not in variables) or (key in _LATTICE and not whole_lattice):
            continue
        try:
            given = with_qualifier(given, key, value)
        except RefusedInputError as refusal:
            raise RefusedQualifierError(
                f"column {name!r}: {refusal.reason}",
                f"{refusal.suggestion}; or rename the column if it means something else",
            ) from None
    return given


def _qualifier_cells(
    columns: Mapping[str, object], keys: Mapping[str, str | None]
) -> dict[str, tuple[str, object]]:
    """Qualifier → (column, value); of two columns for one qualifier, the one with a number."""
    cells: dict[str, tuple[str, object]] = {}
    for name, value in columns.items():
        key = keys[name]
        if key is None or _is_missing(value):
            continue
        if key not in cells or str(value).strip().isdigit():
            cells[key] = (name, value)
    return cells


def _is_missing(value: object) -> bool:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and value.strip().casefold() in _MISSING
