"""The common names of electrolytes (LLZO, LGPS …), each listed with the formula it stands for."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

_TABLE = "names.csv"
_AMBIGUOUS = "ambiguous_names.csv"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class CommonName:
    """A name in the list.

    Attributes
    ----------
    name
        As it is mostly written.
    aliases
        Other spellings with the same formula.
    formula
        The formula it is read as.
    stands_for
        The name in words.
    note
        Family, and what to know before relying on the formula.
    """

    name: str
    aliases: tuple[str, ...]
    formula: str
    stands_for: str
    note: str


@dataclass(frozen=True, slots=True)
class AmbiguousName:
    """A short name that stands for no one formula: what it may mean, and what to write."""

    name: str
    meaning: str
    write: str


@cache
def common_names() -> tuple[CommonName, ...]:
    """All listed names, in the order of the list."""
    return tuple(
        CommonName(
            name=row["name"],
            aliases=tuple(alias for alias in row["aliases"].split(";") if alias),
            formula=row["formula"],
            stands_for=row["stands_for"],
            note=row["note"],
        )
        for row in _rows(_TABLE)
    )


def _rows(table: str) -> list[dict[str, str]]:
    text = files("sseml.parse").joinpath(table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def lookup(text: str, *, exact_case: bool = False) -> CommonName | None:
    """Find a listed name.

    Parameters
    ----------
    text
        Name or alias.
    exact_case
        Match only the listed spelling. ``LiC`` is then a formula, and ``LIC`` a name.

    Examples
    --------
    >>> lookup("llzo").formula
    'Li7La3Zr2O12'
    """
    written = text.strip()
    entry = _spellings().get(written)
    if entry is None and not exact_case:
        entry = _folded().get(written.casefold())
    return entry


def lookup_refused(text: str) -> AmbiguousName | None:
    """Find a short name that is listed as ambiguous, in its spelling or all in small letters."""
    return _ambiguous().get(text.strip())


@cache
def _ambiguous() -> dict[str, AmbiguousName]:
    entries = [
        AmbiguousName(row["name"], row["meaning"], row["write"]) for row in _rows(_AMBIGUOUS)
    ]
    return {spelling: e for e in entries for spelling in (e.name, e.name.lower())}


def name_of_formula(text: str) -> str:
    """The first listed name of a formula as it is spelled in the list; any other text as it is."""
    return next((entry.name for entry in common_names() if entry.formula == text), text)


def close_names(text: str) -> list[str]:
    """Listed spellings close to a text, the closest first; empty where none is close."""
    if len(text) > _LONGEST_NAME:
        return []
    folded = {spelling.casefold(): spelling for spelling in _spellings()}
    return [folded[match] for match in get_close_matches(text.casefold(), folded, n=3, cutoff=0.7)]


def names_as_formulas(text: str) -> str:
    """Replace every listed name that stands apart in a text by its formula.

    Examples
    --------
    >>> names_as_formulas("0.5Al-LLZO - 0.5LiBH4")
    '0.5Li6.25Al0.25La3Zr2O12 - 0.5LiBH4'
    """
    longest_first = sorted(_spellings(), key=len, reverse=True)
    name = re.compile(rf"(?<![A-Za-z(])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z\d])")
    return name.sub(lambda found: _spellings()[found.group()].formula, text)


@cache
def _spellings() -> dict[str, CommonName]:
    return {spelling: e for e in common_names() for spelling in (e.name, *e.aliases)}


@cache
def _folded() -> dict[str, CommonName]:
    return {spelling.casefold(): entry for spelling, entry in _spellings().items()}
