"""Electrochemical windows as others published them: one a row, read and checked."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path

from sseml.classes import dataclass
from sseml.parse.formula import parse_formula
from sseml.patterns import late
from sseml.records import RefusedInputError

CALCULATED = "calculated"
METHODS = (
    CALCULATED, "CV", "CV with carbon", "LSV", "LSV with carbon", "cycling", "cycling with carbon",
    "not stated", "not stated, with carbon",
)  # fmt: skip
"""How a window was found. Carbon in the electrode shows reactions that a bare surface hides."""

RELATIONS = ("=", "~", "within")
"""As stated; about; no reaction was seen between the limits, which may lie further out."""

LICENCES = ("facts",)

_LOWEST_V, _HIGHEST_V = -0.1, 10.0
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_DOI = late(r"10\.\d{4,9}/\S+")
_URL = late(r"https?://\S+")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PublishedWindow:
    """A window somebody published, calculated or measured; data/README.md explains every field.

    Potentials are in V against the metal of the ion. What the source does not give is None or "".
    """

    formula: str
    as_written: str
    ion: str
    V_red: float | None
    V_ox: float | None
    relation: str
    method: str
    basis: str
    year: int | None
    doi: str
    reference: str
    read_in: str
    benchmark: str
    note: str
    licence: str

    @property
    def is_calculated(self) -> bool:
        """Whether nobody measured it."""
        return self.method == CALCULATED

    @classmethod
    def from_row(cls, row: Mapping[str, str]) -> PublishedWindow:
        """Take over the cells of a row; KeyError or ValueError if one is missing or no number."""
        cells = {name: row[name] for name in COLUMNS}
        year = cells["year"]
        limits = {name: float(cells[name]) if cells[name] else None for name in ("V_red", "V_ox")}
        return cls(**{**cells, **limits, "year": int(year) if year else None})  # type: ignore[arg-type]


COLUMNS = tuple(PublishedWindow.__slots__)


def read_windows(path: Path) -> tuple[PublishedWindow, ...]:
    """Read a CSV of published windows with the columns `COLUMNS`, and check every row.

    Raises
    ------
    RefusedInputError
        At the first row that is wrong: which row, what it says, why that cannot be.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, restval="")
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise RefusedInputError(
                f"{path} has no column {missing[0]!r}", f"name the columns {', '.join(COLUMNS)}"
            )
        rows = list(reader)
    seen: dict[tuple[object, ...], int] = {}
    windows = []
    for number, row in enumerate(rows, start=1):
        try:
            window, amounts = _checked(row)
            first = seen.setdefault(_identity(window, amounts), number)
            if first != number:
                raise RefusedInputError(
                    f"the same material, method and source as row {first}", "keep one of them"
                )
        except RefusedInputError as refusal:
            reason = f"{path.name}, row {number} ({row['formula']}): {refusal.reason}"
            raise RefusedInputError(reason, refusal.suggestion) from None
        windows.append(window)
    return tuple(windows)


def _checked(row: Mapping[str, str]) -> tuple[PublishedWindow, Mapping[str, float]]:
    """The window of a row, and the amounts of its formula; a refusal if anything is wrong."""
    if fault := next(_faults_of_text(row), None):
        raise RefusedInputError(*fault)
    window = PublishedWindow.from_row(row)
    amounts = parse_formula(window.formula).amounts
    if fault := next(_faults(window, amounts), None):
        raise RefusedInputError(*fault)
    return window, amounts


def _faults_of_text(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What keeps a row from becoming a window: the reason, and what to write instead."""
    if None in row:
        yield "more cells than columns", "put a text that holds a comma in quotes"
    for name in ("V_red", "V_ox"):
        if row[name] and not _is_number(row[name]):
            yield f"{name} {row[name]!r} is no number", "write volts, such as 1.71, or nothing"
    if row["year"] and not row["year"].isdecimal():
        yield f"year {row['year']!r} is no year", "write four digits, or nothing"


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _faults(window: PublishedWindow, amounts: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """What is wrong with a window: the reason, and what to write instead."""
    allowed = {"relation": RELATIONS, "method": METHODS, "licence": LICENCES}
    for name, words in allowed.items():
        if (text := getattr(window, name)) not in words:
            yield f"{name} {text!r} is not known", f"write one of: {'; '.join(words)}"
    if window.ion not in amounts:
        yield f"there is no {window.ion!r} in {window.formula!r}", "name the mobile ion, such as Li"
    yield from _faults_of_limits(window)
    if window.doi and not _DOI.fullmatch(window.doi):
        yield f"doi {window.doi!r} is no DOI", "write it as 10.1021/acsami.5b07517"
    if window.read_in and not (_DOI.fullmatch(window.read_in) or _URL.fullmatch(window.read_in)):
        yield f"read_in {window.read_in!r} is neither a DOI nor an address", "write one of them"
    if not (window.doi or window.read_in):
        yield "no source", "write doi, or read_in"
    if window.year is not None and not _FIRST_YEAR <= window.year <= _LAST_YEAR:
        yield f"year {window.year} cannot be", "write the year of the paper"
    if window.is_calculated and not window.basis:
        yield "a calculated window without its basis", "name energies and corrections"
    if window.benchmark and not (window.is_calculated and None not in (window.V_red, window.V_ox)):
        yield (
            f"benchmark {window.benchmark!r} of a window that is not calculated or has one limit",
            "leave benchmark empty",
        )


def _faults_of_limits(window: PublishedWindow) -> Iterator[tuple[str, str]]:
    V_red, V_ox = window.V_red, window.V_ox
    if V_red is None and V_ox is None:
        yield "neither V_red nor V_ox", "write at least one"
    for name, limit in (("V_red", V_red), ("V_ox", V_ox)):
        if limit is not None and not _LOWEST_V <= limit <= _HIGHEST_V:
            yield (
                f"{name} {limit:g} is outside {_LOWEST_V:g} to {_HIGHEST_V:g} V",
                f"write volts against {window.ion}/{window.ion}+",
            )
    if V_red is not None and V_ox is not None and V_red >= V_ox:
        yield f"V_red {V_red:g} is not below V_ox {V_ox:g}", "read the source again"


def _identity(window: PublishedWindow, amounts: Mapping[str, float]) -> tuple[object, ...]:
    """The same for two rows that say the same thing of the same material."""
    total = sum(amounts.values())
    fractions = frozenset(
        (symbol, round(amount / total, _DIGITS)) for symbol, amount in amounts.items()
    )
    source = (window.doi or window.reference or window.read_in).lower()
    return fractions, window.ion, window.method, window.basis, source
