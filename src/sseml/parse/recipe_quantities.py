"""How the amounts of a polymer recipe are written: percent, mol/kg, EO:Li, g/mol and ratios."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sseml.parse.recipe_names import Listed
from sseml.records import FillerShape, RefusedInputError

TokenKind = Literal[
    "name", "own", "own salt", "count", "percent", "molality", "sites", "molar mass", "parts",
    "shape", "join", "open", "close", "formula", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a recipe.

    `value` is the number of an amount: percent, mol/kg, sites per Li, g/mol, or the count behind a
    polymer; `unit` the word that it is of (``wt``, ``mol``, ``EO``, …); `numbers` those of a ratio
    between parts.
    """

    kind: TokenKind
    text: str
    entry: Listed | None = None
    value: float = 0.0
    unit: str = ""
    numbers: tuple[float, ...] = ()
    shape: FillerShape = "particle"


_N = r"(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)"
_SITE = (
    r"(?:EO|PO|C=O|CO|CN|O|N|C≡N|AN|ether oxygens?|monomers?|repeat(?:ing)? units?|units?"
    r"|carbonates?|carbonyls?|nitriles?)"
)
_LI = r"(?:\[Li\^?\+?\]|Li\^?\+?)"
_OVER = r"\s*[:/]\s*"
_IS = r"\s*(?:molar |mole |mol )?(?:ratio)?\s*(?:=|≈|~|:(?=\s)|\bof\b|\bis\b|\s)\s*"
_PER_KG = r"(?:mol|M)\s*(?:/\s*kg|·?\s*kg\s*\^?-?\(?-?1\)?)(?![A-Za-z\d])"
_MASS_WORDS = (
    r"(?:w/w(?:/w)*|w:w|by (?:weight|mass)|(?:wt|weight|mass)\b\.?(?:\s*-?%|/wt\.?| ratio| basis)?)"
)
_MOL_WORDS = r"(?:(?:mol|mole|molar)\b\.?(?:\s*-?%|/mol| ratio)?)"
_GRAM = r"(?:[kM]?g\s*/\s*mol|[kM]?g\s*mol\^?-?\(?-?1\)?|[kM]?Da)(?![A-Za-z])"
_THOUSANDS = rf"(?P<a>\d{{1,3}}(?:,\d{{3}})+|{_N})(?:\s*[·x*]\s*10\^?(?P<power>\d))?"
_OF_SITE = rf"(?:n\()?\[?(?P<site>{_SITE})\]?\)?"
_OF_LI = rf"(?:n\()?{_LI}\)?"
_TO = rf"{_IS}(?P<a>-?{_N})(?:{_OVER}(?P<b>{_N}))?"
_SHORT_SITE = r"\[?(?P<site>EO|CO|CN|O)\]?"
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("in front", rf"(?P<a>{_N})(?:\s*:\s*(?P<b>{_N}))?\s*(?i:{_SHORT_SITE}{_OVER}{_LI})"),
    ("per Li", rf"(?i:{_OF_SITE}{_OVER}{_OF_LI}){_TO}"),
    ("Li per", rf"(?i:{_OF_LI}{_OVER}{_OF_SITE}){_TO}"),
    ("r", rf"r\s*=\s*(?P<a>-?{_N})(?:\s*/\s*(?P<b>{_N}))?"),
    (
        "molar mass",
        r"(?:M_?\(?[wWnNvV]\)?(?![A-Za-z])|molecular weight|molar mass)\s*(?:=|:|≈|~|of)?\s*"
        rf"{_THOUSANDS}\s*(?P<k>[kKM](?![A-Za-z])|million)?\s*(?P<unit>{_GRAM})?",
    ),
    ("molar mass", rf"{_THOUSANDS}\s*(?P<k>[kKM](?![A-Za-z]))?\s*(?P<unit>{_GRAM})"),
    (
        "molality",
        rf"(?:m|molality|b)\s*(?:=|≈|~)\s*(?P<a>-?{_N})(?:\s*(?:{_PER_KG}|m\b|molal\b))?",
    ),
    (
        "percent",
        rf"(?P<a>{_N})\s*(?P<unit>wt|w|weight|mass|mole|mol|vol|v|at)?\.?\s?-?\s?%"
        r"\s*(?P<by>\(?(?:w/w|by weight|by mass|wt\b\.?|mass\b)\)?)?",
    ),
    (
        "percent",
        rf"(?P<a>{_N})\s*(?P<unit>wt|weight|mass|mol|mole|vol)\.?\s*(?:percent|pct)\b(?P<by>)",
    ),
    ("molality", rf"(?P<a>{_N})\s*(?:{_PER_KG}|molal\b|m(?![A-Za-z\d%]))"),
    ("molar", rf"(?P<a>{_N})\s*(?:M(?![A-Za-z])|mol\s*/\s*[lL]\b|mol\s*[lL]\^?-?1|mol\s*/\s*dm)"),
    (
        "parts",
        rf"(?:=\s*)?(?:(?P<before>{_MASS_WORDS}|{_MOL_WORDS})\s*(?:=|:|of)?\s*)?"
        rf"(?P<numbers>{_N}(?:\s*[:/]\s*{_N})+)(?![\w.])"
        rf"\s*,?\s*\(?(?P<after>{_MASS_WORDS}|{_MOL_WORDS})?",
    ),
    ("size", rf"{_N}\s*(?:nm|µm|μm|um|mm)\b(?:\s*(?:thick|diameter|long))?"),
)
"""How amounts are written, in the order tried."""


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)


def amount_at(text: str, start: int) -> tuple[Token | None, int] | None:
    """The amount at a position of a text, and where it ends; no token for the size of a grain.

    Raises
    ------
    RefusedInputError
        If the amount is impossible or has no unit that can be converted.
    """
    for name, pattern in _compiled():
        if found := pattern.match(text, start):
            return _AMOUNTS[name](found), found.end()
    return None


def is_ratio_at(text: str, start: int) -> bool:
    """Tell whether a ratio to Li, such as CO:Li=5, begins at a position of a text."""
    return any(
        name in ("in front", "per Li", "Li per") and pattern.match(text, start)
        for name, pattern in _compiled()
    )


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _of_sites(found: re.Match[str], *, lithium_first: bool) -> Token:
    top, bottom = float(found["a"]), float(found["b"] or 1)
    low, high = (top, bottom) if lithium_first else (bottom, top)
    site = found.groupdict().get("site") or ""
    if low <= 0 or high <= 0:
        raise RefusedInputError(
            f"{found.group()!r} is not above zero", "write EO:Li=18, the units for each Li"
        )
    return Token(
        "sites",
        found.group(),
        value=high / low,
        unit=site.upper() if len(site) <= 2 else site.lower(),
    )


_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "million": 1e6}


def _of_molar_mass(found: re.Match[str]) -> Token:
    value = _number(found["a"]) * _TIMES.get(found["k"] or "", 1.0)
    if found["power"]:
        value *= 10.0 ** int(found["power"])
    unit = found["unit"] or ""
    if unit[:1] in ("k", "M") and not found["k"]:
        value *= _TIMES[unit[:1]]
    if value <= 0:
        raise RefusedInputError(f"{found.group()!r} is not above zero", "write Mw=600000")
    return Token("molar mass", found.group(), value=value)


def _of_percent(found: re.Match[str]) -> Token:
    unit = found["unit"] or ("wt" if found["by"] else "")
    meaning = {"w": "wt", "weight": "wt", "mass": "wt", "mole": "mol", "v": "vol"}.get(unit, unit)
    value = float(found["a"])
    if not meaning:
        raise RefusedInputError(
            f"{found.group().strip()!r} does not say percent of what",
            f"write {value:g} wt% or mol%",
        )
    if meaning in ("vol", "at"):
        raise RefusedInputError(
            f"{found.group().strip()!r} cannot be converted without densities", "write wt%"
        )
    if not 0 < value < 100:
        raise RefusedInputError(
            f"{found.group().strip()!r} is not between 0 and 100 {meaning}%",
            f"write a percentage between 0 and 100, such as 40 {meaning}%",
        )
    return Token("percent", found.group().strip(), value=value, unit=meaning)


def _of_molality(found: re.Match[str]) -> Token:
    value = float(found["a"])
    if value <= 0:
        raise RefusedInputError(f"{found.group()!r} is not above zero", "write m=1.2")
    return Token("molality", found.group(), value=value)


def _of_molarity(found: re.Match[str]) -> Token:
    raise RefusedInputError(
        f"{found.group()!r} is mol per litre of a solution, whose share of the electrolyte is open",
        "write the salt as m=1.2 (mol per kg of polymer) and each liquid as + 20 wt% EC",
    )


def _of_parts(found: re.Match[str]) -> Token:
    words = f"{found['before'] or ''} {found['after'] or ''}".strip()
    unit = "mol" if words.startswith("mol") else "wt" if words else ""
    numbers = tuple(float(number) for number in re.split(r"\s*[:/]\s*", found["numbers"]))
    if not all(numbers):
        raise RefusedInputError(f"{found.group()!r} holds a zero", "leave that part out")
    return Token("parts", found.group().strip(" (,"), unit=unit, numbers=numbers)


_AMOUNTS: dict[str, Callable[[re.Match[str]], Token | None]] = {
    "in front": lambda found: _of_sites(found, lithium_first=False),
    "per Li": lambda found: _of_sites(found, lithium_first=False),
    "Li per": lambda found: _of_sites(found, lithium_first=True),
    "r": lambda found: _of_sites(found, lithium_first=True),
    "molar mass": _of_molar_mass,
    "molality": _of_molality,
    "percent": _of_percent,
    "molar": _of_molarity,
    "parts": _of_parts,
    "size": lambda _: None,
}
