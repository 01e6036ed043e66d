"""A lab's own file of measurements, read row by row: each a raw measurement, or a refusal."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from sseml.curation.interpret import read_dois
from sseml.curation.numbers import Quantity, read_quantity
from sseml.curation.raw import RawMeasurement
from sseml.curation.schema import OWN
from sseml.curation.temperature import SERIES_FROM
from sseml.parse.qualifiers import canonical_key
from sseml.parse.queries import parse_rows
from sseml.parse.rows import read_rows
from sseml.records import Query, Refusal, RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C

OWN_LICENCE = "own measurement"
FILE_GROUP = "file:"
"""Begins the group of rows that name no series: they are held out with the rest of their file."""

HIGHEST_ACTIVATION_ENERGY_EV = 3.0

_SERIES_COLUMNS = ("series", "batch", "notebook")
_LICENCE_COLUMNS = ("licence", "license")
_LATTICE = ("a", "b", "c", "alpha", "beta", "gamma")
_QUALIFIERS = ("temperature", "space_group", "form", "kind")
_KNOWN_COLUMNS = (
    "sigma_S_cm", "log10_sigma", "activation_energy_eV", *_QUALIFIERS, "doi",
    *_SERIES_COLUMNS, "licence",
)  # fmt: skip

_CONDUCTIVITY = re.compile(r"sigma|σ|conductivity|^ic\b", re.IGNORECASE)
_NOT_IONIC = re.compile(
    r"electronic|thermal|error|\berr\b|uncert|\bstd\b|\bsd\b|dev|±|note|method|temperature",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?<![A-Za-zµμ])(?P<prefix>[mnuµμ])?S\s*[/·*.]?\s*(?P<length>c?m)(?:\s*\^?\s*-\s*1)?(?![A-Za-z])"
)
_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9}
_LENGTH = {"cm": 1.0, "m": 1e-2}
_PLAIN_SIGNS = str.maketrans("_⁻−–¹", " ---1")
_CELSIUS = re.compile(r"°|℃|\bdegC\b|celsius|(?<=\d)\s*C$|\bC\b")
_LOGARITHM = re.compile(r"^(log|lg)", re.IGNORECASE)
_NATURAL = re.compile(r"^ln\b", re.IGNORECASE)
_ENERGY = re.compile(r"^(?:activation energy|e ?a)\b(?P<unit>.*)$", re.IGNORECASE)
_EV_PER = {
    "": 1.0,
    "ev": 1.0,
    "mev": 1e-3,
    **dict.fromkeys(("kj/mol", "kjmol-1", "kjmol"), 1 / 96.48533),
}
"""1 eV per particle is 96.48533 kJ/mol (CODATA 2018)."""


@dataclass(frozen=True, slots=True)
class LabRow:
    """A row of the file: its number, its formula as written, and what it says.

    `raw` holds the canonical formula; its `source_id` is only the group, the series or the file.
    """

    row: int
    text: str
    raw: RawMeasurement


@dataclass(frozen=True, slots=True)
class LabFile:
    """Every row in order, and what a person should know about the columns."""

    rows: tuple[LabRow | Refusal, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Which column holds a number, and how it becomes one in the table's unit."""

    column: str
    factor: float = 1.0
    is_log: bool = False

    def read(self, cells: Mapping[str, str]) -> Quantity | None:
        """The number in the table's unit; None where the cell holds none."""
        quantity = read_quantity(cells.get(self.column, ""))
        if quantity is None:
            return None
        if not self.is_log:
            return Quantity(quantity.value * self.factor, quantity.relation)
        if not -30.0 <= quantity.value <= 30.0:
            return None
        return Quantity(10.0**quantity.value * self.factor, quantity.relation)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the file keeps what the reader of formulas and conditions does not know of."""

    conductivity: _Scale
    energy: _Scale | None
    series: str | None
    doi: str | None
    licence: str | None


def read_lab(path: str | Path, column: str | None = None) -> LabFile:
    """Read a table of measurements as a lab writes it: CSV, TSV, JSON lines or Parquet.

    Parameters
    ----------
    path
        The file. The formula and its conditions are read as `sseml predict` reads them.
    column
        Which holds the formula; None for ``formula`` and what else is commonly written.

    Raises
    ------
    RefusedInputError
        If the file cannot be read, or does not say where the conductivity is and in which unit.
    """
    file = Path(path)
    rows = list(read_rows(file, column=column))
    if not rows:
        raise RefusedInputError(f"{file.name} holds no rows", "write one measurement a row")
    names = list(dict.fromkeys(name for row in rows for name in row.columns))
    columns = _find_columns(names, file.name)
    group = FILE_GROUP + _plain(file.name)
    read: list[LabRow | Refusal] = []
    by_row = itertools.groupby(parse_rows(rows), key=lambda parsed: parsed.row)
    for _, answers in by_row:
        read.append(_one(list(answers), columns, group))
    return LabFile(tuple(read), tuple(_notices(names, columns, file.name)))


def _one(answers: Sequence[Query | Refusal], columns: _Columns, group: str) -> LabRow | Refusal:
    first = answers[0]
    if isinstance(first, Refusal):
        return first
    try:
        if len(answers) > 1:
            raise RefusedInputError("a sweep is not a measurement", "write one row for each x")
        return _lab_row(first, columns, group)
    except RefusedInputError as error:
        return Refusal(first.row, first.input, error.reason, error.suggestion, first.columns)


def _lab_row(query: Query, columns: _Columns, group: str) -> LabRow:
    cells = {name: _text(value) for name, value in query.columns.items()}
    material = query.material
    series = _plain(cells.get(columns.series or "", ""))
    raw = RawMeasurement(
        source=OWN,
        source_id=series or group,
        formula=material.formula,
        conductivity=_conductivity(cells, columns.conductivity),
        temperature_C=_temperature(query, cells),
        licence=cells.get(columns.licence or "", "") or OWN_LICENCE,
        activation_energy_eV=_energy(cells, columns.energy),
        conductivity_kind=query.conductivity_kind,
        space_group=str(material.space_group_number or ""),
        lattice=tuple(cells.get(name, "") for name in _LATTICE),
        formula_units=cells.get("Z", ""),
        form=material.form,
        doi=_doi(cells.get(columns.doi or "", "")),
        series=series,
    )
    return LabRow(query.row, query.input, raw)


def _temperature(query: Query, cells: Mapping[str, str]) -> str:
    """The temperature in °C; a bare 298 is asked back, as most labs mean kelvin by it."""
    if query.temperature_C >= SERIES_FROM:
        beside = (f"{name} {cell}" for name, cell in cells.items() if _is_temperature(name))
        if not any(_CELSIUS.search(_spaced(text)) for text in (query.input, *beside)):
            raise RefusedInputError(
                f"the temperature {query.temperature_C:g} has no unit, and may be meant in kelvin",
                f"write {query.temperature_C:g} K or {query.temperature_C:g} °C",
            )
    return repr(query.temperature_C)


def _conductivity(cells: Mapping[str, str], scale: _Scale) -> str:
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


def _energy(cells: Mapping[str, str], scale: _Scale | None) -> str:
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


def _doi(written: str) -> str:
    dois = read_dois(written)
    if written and len(dois) != written.count("|") + 1:
        raise RefusedInputError(
            f"{written!r} is not a DOI",
            "write 10.…/…, or leave it empty; a batch or a page of the notebook goes into 'series'",
        )
    return "|".join(dois)


def _find_columns(names: Sequence[str], file: str) -> _Columns:
    folded = {name: _fold(name) for name in names}

    def first_of(wanted: Iterable[str]) -> str | None:
        return next((name for key in wanted for name in names if folded[name] == key), None)

    energies = [found for name in names if (found := _energy_scale(name, folded[name]))]
    return _Columns(
        conductivity=_conductivity_scale(names, file),
        energy=_only("activation energy", energies, file) if energies else None,
        series=first_of(_SERIES_COLUMNS),
        doi=first_of(("doi",)),
        licence=first_of(_LICENCE_COLUMNS),
    )


def _conductivity_scale(names: Sequence[str], file: str) -> _Scale:
    meant = [
        name
        for name in names
        if (_CONDUCTIVITY.search(_fold(name)) or _UNIT.fullmatch(_spaced(name).strip(" ()[]")))
        and not _NOT_IONIC.search(_fold(name))
    ]
    if not meant:
        listed = ", ".join(names) or "no other column"
        raise RefusedInputError(
            f"{file} has no column with the conductivity; beside the formula it has {listed}",
            "name it sigma_S_cm, sigma_mS_cm or log10_sigma",
        )
    return _only("conductivity", [_scale_of(name, file) for name in meant], file)


def _scale_of(name: str, file: str) -> _Scale:
    spaced = _spaced(name).strip()
    is_log = bool(_LOGARITHM.match(spaced))
    unit = _UNIT.search(spaced)
    if _NATURAL.match(spaced) or (unit is None and not is_log):
        raise RefusedInputError(
            f"the column {name!r} of {file} does not say its unit",
            "name it sigma_S_cm, sigma_mS_cm or log10_sigma",
        )
    factor = _PREFIX[unit["prefix"] or ""] * _LENGTH[unit["length"]] if unit else 1.0
    return _Scale(name, factor, is_log)


def _energy_scale(name: str, folded: str) -> _Scale | None:
    found = _ENERGY.match(folded)
    if found is None or _NOT_IONIC.search(folded):
        return None
    factor = _EV_PER.get(re.sub(r"[\s()\[\]]|\bin\b", "", found["unit"].lstrip(" /")))
    return None if factor is None else _Scale(name, factor)


def _only(what: str, scales: Sequence[_Scale], file: str) -> _Scale:
    if len(scales) > 1:
        listed = ", ".join(repr(scale.column) for scale in scales)
        raise RefusedInputError(
            f"{file} has several columns with the {what}: {listed}",
            "keep one; total and bulk values are rows of their own, told apart by a column 'kind'",
        )
    return scales[0]


def _notices(names: Sequence[str], columns: _Columns, file: str) -> Iterable[str]:
    energy = columns.energy.column if columns.energy else None
    used = {columns.conductivity.column, energy, columns.series, columns.doi, columns.licence}
    for name in names:
        if name in used or canonical_key(re.sub(r"[\[\]/,]|\bin\b", " ", name)) is not None:
            continue
        close = get_close_matches(name.casefold(), _KNOWN_COLUMNS, n=1, cutoff=0.8)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield f"the column {name!r} is not used{hint}"
    if not any(map(_is_temperature, names)):
        yield f"no column says the temperature: {ROOM_TEMPERATURE_C:g} °C unless a formula does"
    if columns.series is None:
        yield (
            f"no column names the series: all rows of {file} are held out together"
            " (name one 'series', 'batch' or 'notebook' to tell them apart)"
        )


def _is_temperature(name: str) -> bool:
    key = canonical_key(re.sub(r"[\[\]/,]|\bin\b", " ", name)) or ""
    return key.startswith("temperature")


def _fold(name: str) -> str:
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def _spaced(name: str) -> str:
    """Put blanks for underscores and plain signs for superscripts: ``σ / mS cm⁻¹`` → ``cm-1``."""
    return re.sub(r"\s+", " ", name.translate(_PLAIN_SIGNS))


def _plain(name: str) -> str:
    """A name without the signs that join names in the table."""
    return re.sub(r"[|;\s]+", " ", name).strip()


def _text(value: object) -> str:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value).strip()
