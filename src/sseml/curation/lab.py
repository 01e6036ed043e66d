"""A lab's own file of measurements, read row by row: each a raw measurement, or a refusal."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from sseml.curation.headings import Columns, Scale, find_columns
from sseml.curation.interpret import read_dois
from sseml.curation.numbers import read_float
from sseml.curation.plausible import SERIES_FROM
from sseml.curation.polymers.naming import is_assumed
from sseml.curation.polymers.rows import RawRecipe
from sseml.curation.rows import RawMeasurement
from sseml.curation.sources import OWN
from sseml.kinds import composition_of
from sseml.parse.headings import ENERGIES, condition_of, folded_heading
from sseml.parse.queries import parse_rows, temperature_in_cell
from sseml.parse.raw import RawRow, with_points
from sseml.parse.rows import read_rows
from sseml.parse.sources import TextTable, name_of
from sseml.records import CONDUCTIVITY_KINDS, Polymer, Query, Refusal, RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C

FILE_GROUP = "file:"
"""Begins the group of rows that name no series: they are held out with the rest of their file."""

_COLDEST_K = 150.0
"""Below this a bare temperature is no kelvin: conductivities are hardly measured so cold."""

HIGHEST_ACTIVATION_ENERGY_EV = 3.0

_LATTICE = ("a", "b", "c", "alpha", "beta", "gamma")
_KNOWN_COLUMNS = (
    "sigma_S_cm", "log10_sigma", "activation_energy_eV", "temperature", "space_group", "form",
    "conductivity_kind", "doi", "series", "batch", "notebook", "licence",
)  # fmt: skip

_STATED = re.compile(
    r"(?:^|[\s=@,;])[-+]?[\d.]+\s*(?:°\s*C|℃|(?:C|degC|celsius|K|kelvin)\b)", re.IGNORECASE
)


class LabRow(NamedTuple):
    """A row of the file: its number, its formula as written, and what it says.

    `raw` holds the canonical formula; its `source_id` is only the group, the series or the file.
    """

    row: int
    text: str
    raw: RawMeasurement


class LabRecipe(NamedTuple):
    """A row of the file that names a polymer electrolyte: see `LabRow`."""

    row: int
    text: str
    raw: RawRecipe


def read_lab(
    table: str | Path | TextTable,
    column: str | None = None,
    *,
    ignored: Collection[str] = (),
    sheet: str | None = None,
) -> tuple[list[LabRow | LabRecipe | Refusal], tuple[str, ...]]:
    """Read a lab's table of measurements: its rows, and what a person should know of its columns.

    Formulas and conditions are read as `sseml predict` reads them; see `add_own` for the
    arguments. A file is refused that cannot be read, or does not say where the conductivity is and
    in which unit.
    """
    file = Path(name_of(table)).name
    rows = list(read_rows(table, column=column, ignored=ignored, sheet=sheet))
    if not rows:
        raise RefusedInputError(f"{file} holds no rows", "write one measurement a row")
    rows = _with_conductivity_kind(rows)
    names = list(dict.fromkeys(name for row in rows for name in row.columns))
    columns = find_columns(names, file, ignored)
    rows = [_with_points(row, columns) for row in rows]
    may_be_kelvin = _may_be_kelvin(rows, columns)
    group = FILE_GROUP + _plain(file)
    energies = {name for name in names if condition_of(name) in ENERGIES}
    not_read = {*ignored, columns.conductivity.column, *energies}
    by_row = itertools.groupby(parse_rows(rows, ignored=not_read), key=lambda parsed: parsed.row)
    read = [_row_or_refusal(list(answers), columns, may_be_kelvin, group) for _, answers in by_row]
    return read, tuple(_notices(names, columns, file))


def _with_conductivity_kind(rows: list[RawRow | Refusal]) -> list[RawRow | Refusal]:
    """Read a column ``kind`` that holds total or bulk as a column ``conductivity_kind``."""
    cells = [cell for row in rows for cell in row.columns.items()]
    meant = {
        name
        for name, value in cells
        if folded_heading(name) == "kind" and _text(value).casefold() in CONDUCTIVITY_KINDS
    }
    if not meant or any(folded_heading(name) == "conductivity kind" for name, _ in cells):
        return rows
    renamed: list[RawRow | Refusal] = []
    for row in rows:
        columns = {
            "conductivity_kind" if name in meant else name: value
            for name, value in row.columns.items()
        }
        renamed.append(row if isinstance(row, Refusal) else replace(row, columns=columns))
    return renamed


def _with_points(row: RawRow | Refusal, columns: Columns) -> RawRow | Refusal:
    """Read decimal commas as points in the cells that hold numbers."""
    if isinstance(row, Refusal) or not row.decimal_comma:
        return row
    energy = columns.energy.column if columns.energy else None
    numbers = {columns.conductivity.column, energy, *columns.conditions}
    cells = {
        name: with_points(value) if name in numbers and isinstance(value, str) else value
        for name, value in row.columns.items()
    }
    return replace(row, columns=cells)


def _may_be_kelvin(rows: Iterable[RawRow | Refusal], columns: Columns) -> tuple[str, ...]:
    """Columns that say no unit and hold a bare number so high that all may be in kelvin."""
    bare = [name for name in columns.temperatures if condition_of(name) == "temperature"]
    highest = dict.fromkeys(bare, -math.inf)
    for row in rows:
        for name in bare:
            value = read_float(_text(row.columns.get(name)))
            highest[name] = highest[name] if value is None else max(highest[name], value)
    return tuple(name for name in bare if highest[name] >= SERIES_FROM)


def _row_or_refusal(
    answers: Sequence[Query | Refusal], columns: Columns, may_be_kelvin: Sequence[str], group: str
) -> LabRow | LabRecipe | Refusal:
    first = answers[0]
    if isinstance(first, Refusal):
        return first
    try:
        if len(answers) > 1:
            raise RefusedInputError("a sweep is not a measurement", "write one row for each x")
        read = _lab_recipe if isinstance(first.material, Polymer) else _lab_row
        return read(first, columns, may_be_kelvin, group)
    except RefusedInputError as error:
        return Refusal(first.row, first.input, error.reason, error.suggestion, first.columns)


def _lab_row(query: Query, columns: Columns, may_be_kelvin: Sequence[str], group: str) -> LabRow:
    cells = {name: _text(value) for name, value in query.columns.items()}
    material = composition_of(query.material)
    series = _plain(cells.get(columns.series or "", ""))
    raw = RawMeasurement(
        source=OWN,
        source_id=series or group,
        formula=material.formula,
        conductivity=_conductivity(cells, columns.conductivity),
        temperature_C=_temperature(query, cells, columns, may_be_kelvin),
        licence=cells.get(columns.licence or "", ""),
        activation_energy_eV=_energy(cells, columns.energy) or _energy_beside(query),
        conductivity_kind=query.conductivity_kind,
        space_group=str(material.space_group_number or ""),
        lattice=tuple(cells.get(name, "") for name in _LATTICE),
        formula_units=cells.get("Z", ""),
        form=material.form,
        doi=_doi(cells.get(columns.doi or "", "")),
        series=series,
    )
    return LabRow(query.row, query.input, raw)


def _lab_recipe(
    query: Query, columns: Columns, may_be_kelvin: Sequence[str], group: str
) -> LabRecipe:
    cells = {name: _text(value) for name, value in query.columns.items()}
    series = _plain(cells.get(columns.series or "", ""))
    formula = query.material.formula
    raw = RawRecipe(
        source=OWN,
        source_id=series or group,
        formula=formula,
        conductivity=_conductivity(cells, columns.conductivity),
        temperature_C=_temperature(query, cells, columns, may_be_kelvin),
        run=f"{series or group}: {formula}",
        licence=cells.get(columns.licence or "", ""),
        doi=_doi(cells.get(columns.doi or "", "")),
        series=series,
        is_assumed=is_assumed(query.notes),
    )
    return LabRecipe(query.row, query.input, raw)


def _temperature(
    query: Query, cells: Mapping[str, str], columns: Columns, may_be_kelvin: Sequence[str]
) -> str:
    """The temperature in °C; a bare 298 is refused with its column, as most labs mean kelvin."""
    written = f"{query.temperature_C:g}"
    suggestion = f"write {written} K or {written} °C"
    for name in may_be_kelvin:
        bare = read_float(cells.get(name, ""))
        if bare == query.temperature_C and bare >= _COLDEST_K:
            raise RefusedInputError(
                f"the temperature {written} has no unit, and its column looks like kelvin:"
                f" it holds values of {SERIES_FROM:g} and more",
                f"{suggestion}, or name the column 'temperature (K)' or 'temperature (°C)'",
            )
    is_stated = _STATED.search(query.input) or any(
        temperature_in_cell(name, cells.get(name)) == query.temperature_C
        for name in columns.temperatures
    )
    if query.temperature_C >= SERIES_FROM and not is_stated:
        raise RefusedInputError(
            f"the temperature {written} has no unit, and may be meant in kelvin", suggestion
        )
    return repr(query.temperature_C)


def _conductivity(cells: Mapping[str, str], scale: Scale) -> str:
    written = cells.get(scale.column, "")
    if not written:
        raise RefusedInputError(
            f"the column {scale.column!r} is empty", "give the conductivity, or leave the row out"
        )
    quantity = scale.read(cells)
    if quantity is None:
        hint = "write 1.2e-4, <1e-10 or ~3e-4, in the unit of the heading"
        if "," in written:
            hint = "write a decimal point instead of the comma"
        raise RefusedInputError(f"{written!r} is not a conductivity", hint)
    if quantity.value <= 0.0:
        raise RefusedInputError(
            f"a conductivity of {written} is not above zero",
            "write <1e-10, with the limit of the instrument, for what was too low to measure",
        )
    return f"{quantity.relation.strip('=')}{quantity.value:.12g}"


def _energy(cells: Mapping[str, str], scale: Scale | None) -> str:
    written = cells.get(scale.column, "") if scale else ""
    if scale is None or not written:
        return ""
    quantity = scale.read(cells)
    if quantity is None or quantity.relation not in "=~":
        raise RefusedInputError(
            f"{written!r} in the column {scale.column!r} is not an activation energy",
            "write a number such as 0.35, or leave the cell empty",
        )
    if not 0.0 < quantity.value <= HIGHEST_ACTIVATION_ENERGY_EV:
        raise RefusedInputError(
            f"an activation energy of {quantity.value:g} eV is impossible",
            "name the unit in the heading: Ea_eV, Ea_meV or Ea_kJ/mol",
        )
    return f"{quantity.value:.12g}"


def _energy_beside(query: Query) -> str:
    """What stands beside the formula: ``Li3YCl6 Ea=0.40``."""
    given = query.activation_energy_eV
    return "" if given is None else f"{given:.12g}"


def _doi(written: str) -> str:
    dois = read_dois(written)
    if written and len(dois) != written.count("|") + 1:
        raise RefusedInputError(
            f"{written!r} is not a DOI",
            "write 10.…/…, or leave it empty; a batch or a page of the notebook goes into 'series'",
        )
    return "|".join(dois)


def _notices(names: Sequence[str], columns: Columns, file: str) -> Iterable[str]:
    used = columns.used()
    for name in names:
        if name in used:
            continue
        close = get_close_matches(name.casefold(), _KNOWN_COLUMNS, n=1, cutoff=0.8)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield f"the column {name!r} is not used{hint}"
    if not columns.temperatures:
        yield f"no column says the temperature: {ROOM_TEMPERATURE_C:g} °C unless a formula does"
    if columns.series is None:
        yield (
            f"no column names the series: all rows of {file} are held out together"
            " (name one 'series', 'batch' or 'notebook' to tell them apart)"
        )


def _plain(name: str) -> str:
    """A name without the signs that join names in the table."""
    return re.sub(r"[|;\s]+", " ", name).strip()


def _text(value: object) -> str:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value).strip()
