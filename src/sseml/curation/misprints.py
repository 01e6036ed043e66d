"""Formulas that upstream tables misprint, and the formula that each of them means."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

_TABLE = "misprints.csv"

_ZERO_AS_LETTER = re.compile(r"(?<=La|Li)o(?=\.\d)")
_BARE_LITHIUM = re.compile(r"(?<=\d)Li2(?=-\d*\.?\d+SiS2)")
_SHORT_TITANIUM = re.compile(
    r"Li(?P<li>[\d.]*)(?:(?P<metal>Al|Cr|Fe)(?P<x>[\d.]+))?Ti(?P<ti>[\d.]*)\(PO4\)3"
)
_SHORT_LITHIUM = re.compile(r"Li6P(?P<p>0\.\d+)Ge(?P<ge>0\.\d+)S5I")
_WRAPPING_QUOTES = re.compile(r'^"+|"+$')
_PHASE_PREFIX = re.compile(r"^(?:[αβγδ]|r)-(?=[A-Z(])")
_SAME_AMOUNT = 1e-9


def corrected_formula(source: str, formula: str) -> tuple[str, bool]:
    """The formula meant, and whether it differs from the printed one, quotes and phase left aside.

    A misprint is known for one source, not in general.
    """
    plain = _without_decoration(formula)
    meant = _misprints().get((source, plain), plain)
    if source == "laskowski":
        meant = _BARE_LITHIUM.sub("Li2S", _ZERO_AS_LETTER.sub("0", meant).replace("(P04)", "(PO4)"))
        meant = _with_lithium(_with_titanium(meant))
    return meant, meant != plain


@cache
def _misprints() -> dict[tuple[str, str], str]:
    """Source and formula as reported → formula meant."""
    text = files("sseml.curation").joinpath(_TABLE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["source"], row["formula_reported"]): row["formula"] for row in rows}


def _without_decoration(formula: str) -> str:
    """Drop quotes around a formula, soft hyphens, phase prefixes (β-) and doubled blanks."""
    plain = _WRAPPING_QUOTES.sub("", formula.strip()).replace("\u00ad", "")
    return " ".join(_PHASE_PREFIX.sub("", plain).split())


def _with_titanium(formula: str) -> str:
    """Give LiTi2(PO4)3-type formulas back the titanium atom that Laskowski's rows 391-405 lack.

    ``Li1.3Al0.3Ti0.7(PO4)3`` is four charges short; Li1+xMxTi2-x(PO4)3 was meant.
    """
    match = _SHORT_TITANIUM.fullmatch(formula)
    if match is None:
        return formula
    x, titanium = float(match["x"] or 0.0), float(match["ti"] or 1.0)
    if abs(x + titanium - 1.0) > _SAME_AMOUNT:
        return formula
    metal = f"{match['metal']}{match['x']}" if match["metal"] else ""
    return f"Li{match['li']}{metal}Ti{titanium + 1.0:g}(PO4)3"


def _with_lithium(formula: str) -> str:
    """Give Li6P(1-x)Ge(x)S5I the x lithium that Laskowski's rows 494-502 lack.

    Germanium for phosphorus takes one lithium along; OBELiX prints the same series with it.
    """
    match = _SHORT_LITHIUM.fullmatch(formula)
    if match is None or abs(float(match["p"]) + float(match["ge"]) - 1.0) > _SAME_AMOUNT:
        return formula
    return f"Li{6.0 + float(match['ge']):g}P{match['p']}Ge{match['ge']}S5I"
