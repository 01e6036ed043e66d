"""The common names of electrolytes (LLZO, LGPS …), each listed with the formula it stands for."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from sseml.parse.tables import table_rows

_LONGEST_NAME = 60


class CommonName(NamedTuple):
    """A listed name with its other spellings, its formula, the name in words, and a note."""

    name: str
    aliases: tuple[str, ...]
    formula: str
    stands_for: str
    note: str


class AmbiguousName(NamedTuple):
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
            aliases=tuple(row["aliases"].split(";")) if row["aliases"] else (),
            formula=row["formula"],
            stands_for=row["stands_for"],
            note=row["note"],
        )
        for row in table_rows("names.csv")
    )


@cache
def _by_spelling() -> dict[str, CommonName]:
    return {spelling: e for e in common_names() for spelling in (e.name, *e.aliases)}


@cache
def _by_folded_spelling() -> dict[str, CommonName]:
    return {spelling.casefold(): entry for spelling, entry in _by_spelling().items()}


@cache
def _ambiguous() -> dict[str, AmbiguousName]:
    entries = [AmbiguousName(**row) for row in table_rows("ambiguous_names.csv")]
    return {spelling: e for e in entries for spelling in (e.name, e.name.lower())}


def lookup(text: str, *, exact_case: bool = False) -> CommonName | None:
    """Find a listed name or alias.

    With `exact_case`, only the listed spelling matches: ``LiC`` is then a formula, ``LIC`` a name.
    """
    written = text.strip()
    entry = _by_spelling().get(written)
    if entry is None and not exact_case:
        entry = _by_folded_spelling().get(written.casefold())
    return entry


def lookup_refused(text: str) -> AmbiguousName | None:
    """Find a short name that is listed as ambiguous, in its spelling or all in small letters."""
    return _ambiguous().get(text.strip())


def name_of_formula(text: str) -> str:
    """The first listed name of a formula as it is spelled in the list; any other text as it is."""
    return next((entry.name for entry in common_names() if entry.formula == text), text)


def close_names(text: str) -> list[str]:
    """Listed spellings close to a text, the closest first; empty where none is close."""
    if len(text) > _LONGEST_NAME:
        return []
    folded = {spelling.casefold(): spelling for spelling in _by_spelling()}
    return [folded[match] for match in get_close_matches(text.casefold(), folded, n=3, cutoff=0.7)]


def names_as_formulas(text: str) -> str:
    """Replace every listed name that stands apart in a text by its formula.

    ``0.5Al-LLZO - 0.5LiBH4`` becomes ``0.5Li6.25Al0.25La3Zr2O12 - 0.5LiBH4``.
    """
    longest_first = sorted(_by_spelling(), key=len, reverse=True)
    name = re.compile(rf"(?<![A-Za-z(])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z\d])")
    return name.sub(lambda found: _by_spelling()[found.group()].formula, text)
