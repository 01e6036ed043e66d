"""Candidate rows become queries: the formula cell, and the qualifier columns beside it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from sseml.classes import replace
from sseml.parse.headings import TEMPERATURES, answered_energy, conditions_of
from sseml.parse.qualifiers import AT_ROOM, LATTICE, Qualifiers, with_qualifier
from sseml.parse.raw import RawRow, with_points
from sseml.parse.structure.files import StructureFiles
from sseml.parse.structure.texts import StructureTexts
from sseml.parse.text import parse_line, variables_in
from sseml.records import Query, Refusal, RefusedInputError, RefusedQualifierError
from sseml.units import ROOM_TEMPERATURE_C

_CELL = frozenset((*LATTICE, "Z"))
_VARIABLES = frozenset("xyz")
_MISSING = frozenset(("", "nan", "none", "null", "na", "n/a", "-"))
_NO_QUALIFIERS = Qualifiers()
_SAME_TEMPERATURE_K = 1.0
"""Two columns of one row may differ by this: 298 K is written for 25 °C."""


def parse_rows(
    rows: Iterable[RawRow | Refusal],
    defaults: Qualifiers = _NO_QUALIFIERS,
    files: StructureFiles | StructureTexts | None = None,
    ignored: Collection[str] = (),
) -> Iterator[Query | Refusal]:
    """Parse rows as they come; the order stays, and refusals stand in their places.

    Of the columns, conditions are used (temperature, space_group, form, conductivity_kind,
    activation_energy_eV; x, y, z where the formula holds them; a whole lattice with Z), but for
    those that are `ignored` and activation energies that may be answers of an earlier run; all of
    them are kept in `Query.columns`. `defaults` hold where a row says nothing. Rows may name
    structure files, or hold their texts, where `files` reads these; else such a name is refused.
    """
    names: tuple[str, ...] = ()
    keys: dict[str, str] = {}
    answered: str | None = None
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        try:
            if tuple(row.columns) != names:
                keys = conditions_of(row.columns, ignored)
                names = tuple(row.columns)
                answered = answered_energy([name for name in names if name not in ignored])
            qualifiers = _with_columns(row, keys, defaults)
            if answered is not None and not is_missing(row.columns[answered]):
                qualifiers = _without_answer(qualifiers, answered)
        except RefusedInputError as refusal:
            yield Refusal(
                row.row, row.text, refusal.reason, refusal.suggestion, row.columns, refusal.code
            )
            continue
        if files is not None and (named := files.named_in(row)) is not None:
            yield from files.queries(row, named, qualifiers)
            continue
        text = with_points(row.text) if row.decimal_comma else row.text
        for item in parse_line(row.row, text, qualifiers, row.columns):
            yield replace(item, input=row.text) if row.decimal_comma else item


def parse_inputs(
    inputs: Iterable[str | Path], defaults: Qualifiers, files: StructureFiles
) -> Iterator[Query | Refusal]:
    """Parse texts, each as a line of a list, and paths of structures, relative to `files`."""
    for number, given in enumerate(inputs, start=1):
        if isinstance(given, Path):
            row = RawRow(number, str(given), {})
            yield from files.queries(row, row.text, defaults)
        elif isinstance(given, str):
            yield from parse_rows([RawRow(number, given, {})], defaults, files)
        else:
            yield from parse_line(number, given, defaults)


def _without_answer(given: Qualifiers, column: str) -> Qualifiers:
    """Say of a row that may hold an earlier answer that its activation energy is none given."""
    said = f"{column}, perhaps of an earlier answer: name it 'Ea (eV)' if it is not"
    return replace(given, remarks=(*given.remarks, said))


def _with_columns(row: RawRow, keys: Mapping[str, str], given: Qualifiers) -> Qualifiers:
    cells = _condition_cells(row, keys)
    if not cells:
        return given
    variables = variables_in(row.text) if _VARIABLES & cells.keys() else set()
    unused = _VARIABLES - variables
    if not cells.keys() >= _CELL:
        unused |= _CELL
    for key, (name, value) in cells.items():
        if key not in unused:
            given = _with_cell(given, name, key, value)
    return given


def _with_cell(given: Qualifiers, name: str, key: str, value: object) -> Qualifiers:
    if key in TEMPERATURES and str(value).strip().casefold() in AT_ROOM:
        return _with_cell(given, name, "temperature", f"{ROOM_TEMPERATURE_C:g} °C")
    if key == "temperature_C":  # the unit of the heading, unless the cell says its own
        written = str(value).strip()
        written = f"{written} °C" if written[-1:].isdigit() else written
        return _with_cell(given, name, "temperature", written)
    try:
        return with_qualifier(given, key, value)
    except RefusedInputError as refusal:
        otherwise = "rename the column if it means something else"
        if key == "temperature":
            otherwise = "name the column 'temperature (°C)' or 'temperature (K)'"
        raise RefusedQualifierError(
            f"column {name!r}: {refusal.reason}", f"{refusal.suggestion}; or {otherwise}"
        ) from None


def _condition_cells(row: RawRow, keys: Mapping[str, str]) -> dict[str, tuple[str, object]]:
    """Condition → (column, value); of two columns for one space group, the one with a number."""
    cells: dict[str, tuple[str, object]] = {}
    temperatures: dict[str, tuple[str, object]] = {}
    for name, key in keys.items():
        value = row.columns.get(name)
        if is_missing(value):
            continue
        if row.decimal_comma and isinstance(value, str):
            value = with_points(value)
        if key in TEMPERATURES:
            temperatures[name] = (key, value)
        elif key not in cells or str(value).strip().isdigit():
            cells[key] = (name, value)
    if temperatures:
        _require_one_temperature(temperatures)
        name, (key, value) = next(iter(temperatures.items()))
        cells[key] = (name, value)
    return cells


def _require_one_temperature(temperatures: Mapping[str, tuple[str, object]]) -> None:
    """Refuse a row whose columns say different temperatures."""
    if len(temperatures) == 1:
        return
    read = {
        name: _with_cell(_NO_QUALIFIERS, name, key, value).temperature_C
        for name, (key, value) in temperatures.items()
    }
    if max(read.values()) - min(read.values()) > _SAME_TEMPERATURE_K:
        said = ", ".join(f"{name!r} {value:g} °C" for name, value in read.items())
        raise RefusedQualifierError(
            f"the columns say different temperatures: {said}", "correct or empty all but one"
        )


def temperature_in_cell(heading: str, value: object) -> float | None:
    """The temperature that a cell says, in °C; None where it says none that is understood."""
    key = conditions_of([heading]).get(heading)
    if key is None or key not in TEMPERATURES or is_missing(value):
        return None
    try:
        return _with_cell(_NO_QUALIFIERS, heading, key, value).temperature_C
    except RefusedInputError:
        return None


def is_missing(value: object) -> bool:
    """Tell whether a cell says nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and value.strip().casefold() in _MISSING
