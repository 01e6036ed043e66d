"""A line that names a polymer is told apart, and its temperature and conditions taken off it."""

from __future__ import annotations

import re
from functools import cache

from sseml.parse.formula import composition_or_none
from sseml.parse.line import MAX_LINE_LENGTH, require_length, take_bare
from sseml.parse.mixture import names_polymer, names_structure
from sseml.parse.names import lookup
from sseml.parse.qualifiers import AT_ROOM, CELSIUS, canonical_key
from sseml.parse.tables import table_rows
from sseml.patterns import late
from sseml.records import RefusedQualifierError

RANGE_C = (-100.0, 200.0)
"""Temperatures that polymer electrolytes are measured at, in °C."""

_WORD = late(r"[A-Za-z][A-Za-z\d]*")
_HYPHENATED = late(r"(?<![A-Za-z\d-])[A-Za-z][A-Za-z\d]*(?:-[A-Za-z\d]+)+")
_BLANK_OR_BRACKET = late(r"[\s()]")
_LETTERS = late(r"[A-Za-z]+")
_MARK = late(
    r"PSMILES:|\[\*\]|(?<![A-Za-z\d])P\([A-Z]{1,5}-(?:co-)?[A-Z]|\bE?O\s*\]?\s*[:/]\s*\[?Li\+?\]?\s*=",
    re.IGNORECASE,
)
_FALSE_FRIEND = late(r"poly[- ]?(?:morph|cryst|sul[fp]id|anion|hed|typ|ox|sili)", re.IGNORECASE)
_LEAST_LETTERS = 3
"""Shorter names, such as PE, count only beside a lithium salt."""

_PLAIN_WORD = 5
"""Names of so many characters, such as chitosan, are read in any case."""

_NUMBER = r"[+\u2013\u2212-]?\d+(?:\.\d+)?"
_ROOM = "|".join(re.escape(word) for word in AT_ROOM)
_UNIT = rf"\s{{0,3}}(?:K|kelvin|{CELSIUS}|C|celsius)"
_END = r"(?=$|[,;|)\]\s+])"
_KEY = r"(?:^|(?<=[\s,;|(\[@]))(?P<key>[A-Za-z][A-Za-z_]*(?: group)?)\s*(?P<sign>[=:])\s*"
_VALUE = rf"(?P<temperature>{_NUMBER}(?:{_UNIT})?{_END}|(?i:{_ROOM}){_END})|(?P<word>[^\s,;|)]*)"
_AT = (
    rf"[,;|(]?\s*(?:@\s*(?P<bare>{_NUMBER}(?:{_UNIT})?|(?i:{_ROOM}))"
    rf"|\b(?:measured )?at (?P<with_unit>{_NUMBER}{_UNIT}|(?i:{_ROOM}))){_END}\)?"
)
_THOUSANDS = r"(M[wnv]\s*[=:]?\s*[\d.,]+)\s*K\b"
_MINUS = str.maketrans("\u2013\u2212", "--")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that only recipes are read with, compiled at the first of them."""
    return re.compile(pattern)


@cache
def _polymer_words() -> frozenset[str]:
    """Spellings of polymers that are one word, as listed, and long ones in small letters."""
    words: set[str] = set()
    for row in table_rows("polymers.csv"):
        for spelling in (row["name"], *row["aliases"].split(";")):
            if spelling.isalnum():
                words.add(spelling)
            if len(spelling) >= _PLAIN_WORD and not _BLANK_OR_BRACKET.search(spelling):
                words.add(spelling.casefold())
    return frozenset(words)


@cache
def _bracketed_names() -> tuple[str, ...]:
    """Spellings such as P(EO) and P(VDF-TrFE)."""
    return tuple(
        spelling
        for row in table_rows("polymers.csv")
        for spelling in (row["name"], *row["aliases"].split(";"))
        if spelling.startswith("P(")
    )


@cache
def _salt_words() -> frozenset[str]:
    return frozenset(row["name"] for row in table_rows("salts.csv"))


def names_recipe(text: str) -> bool:
    """Tell whether a line names a polymer, so that it is a recipe and no inorganic formula.

    A name that can be read as elements too, such as PVB or PS, counts only beside a lithium salt.
    """
    if len(text) > MAX_LINE_LENGTH:
        return False
    if lookup(text, exact_case=True) or names_structure(text) or text.lstrip(" \"'")[:1] == "=":
        return False
    if names_polymer(_FALSE_FRIEND.sub("", text)) or _MARK.search(text):
        return True
    if "P(" in text and any(name in text for name in _bracketed_names()):
        return True
    words = set(_WORD.findall(text))
    runs = set(_LETTERS.findall(text))
    long = {w.casefold() for w in (*words, *_HYPHENATED.findall(text)) if len(w) >= _PLAIN_WORD}
    has_salt = bool(words & _salt_words())
    return any(
        (len(word) >= _LEAST_LETTERS and composition_or_none(word) is None)
        or (has_salt and word in words)
        for word in _polymer_words() & (words | runs | long)
    )


def split_recipe_line(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a line into its recipe and (key, value) pairs of conditions.

    ``PEO + LiTFSI, EO:Li=18 @ 60 °C`` gives the recipe and (temperature, 60 °C). What belongs to
    the recipe (EO:Li=, m=, r=, Mw=) stays in it.
    """
    require_length(text)
    pairs: list[tuple[str, str]] = []
    text = _compiled(_THOUSANDS).sub(r"\1k", text)
    position = 0
    while key := _compiled(_KEY).search(text, position):
        if not _is_condition(key):
            position = key.end()
            continue
        value = _compiled(_VALUE).match(text, key.end())
        assert value is not None
        pairs.append((key["key"], value.group().strip().translate(_MINUS)))
        text = text[: key.start()].rstrip(" ,;|(@") + text[value.end() :]
        position = key.start() - 1 if key.start() else 0
    while at := _compiled(_AT).search(text):
        pairs.append(("temperature", (at["bare"] or at["with_unit"]).translate(_MINUS)))
        text = text[: at.start()] + text[at.end() :]
    text, bare = take_bare(text.strip(" ,;|\t"))
    return text, [*bare, *pairs]


def _is_condition(key: re.Match[str]) -> bool:
    name = key["key"]
    quantity = canonical_key(name)
    if quantity is None or (len(name) == 1 and name not in "Tt"):
        return False
    return key["sign"] == "=" or quantity.startswith("temperature")


def require_temperature(temperature_C: float) -> None:
    """Refuse a temperature at which no polymer electrolyte is measured."""
    low, high = RANGE_C
    if not low <= temperature_C <= high:
        raise RefusedQualifierError(
            f"{temperature_C:g} °C is outside {low:g} to {high:g} °C, where polymers are measured",
            "write a temperature in that range, such as T=60",
        )
