"""Formulas that upstream tables misprint, and what each of them means: one explicit list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_ZERO_AS_LETTER = re.compile(r"(?<=La|Li)o(?=\.\d)")
_OXYGEN_AS_ZERO = re.compile(r"\(P04\)")
_BARE_LITHIUM = re.compile(r"(?<=\d)Li2(?=-\d*\.?\d+SiS2)")
_SHORT_TITANIUM = re.compile(
    r"Li(?P<li>[\d.]*)(?:(?P<metal>Al|Cr|Fe)(?P<x>[\d.]+))?Ti(?P<ti>[\d.]*)\(PO4\)3"
)
_SHORT_LITHIUM = re.compile(r"Li6P(?P<p>0\.\d+)Ge(?P<ge>0\.\d+)S5I")
_WRAPPING_QUOTES = re.compile(r'^"+|"+$')
_PHASE_PREFIX = re.compile(r"^(?:[αβγδ]|r)-(?=[A-Z(])")
_SPACES = re.compile(r"\s+")

EXACT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "laskowski": MappingProxyType(
            {
                # decimal point, bracket or index lost in digitising; the series around it shows it
                "Li3.5Si0.5P05S4": "Li3.5Si0.5P0.5S4",
                "Li0.31La0.63((Ti0.9Co0.1)O3": "Li0.31La0.63(Ti0.9Co0.1)O3",
                "Li10GePS12": "Li10GeP2S12",
                "Li7La3HfO12": "Li7La3Hf2O12",
                "Li2.99Ba0.005Cl0.5I0.5": "Li2.99Ba0.005Cl0.5I0.5O",
                "Li1.94Cl1.03Cl4": "Li1.94Cd1.03Cl4",
                "LiCdCl4": "Li2CdCl4",
                "LiBaP2O7": "Li2BaP2O7",
                "Li6.1P0.95Si0.1S5Br": "Li6.1P0.9Si0.1S5Br",
                # Li4+x series of rows 120-123 printed a second time as Li4-x
                "Li3.8Si0.8Al0.2S4": "Li4.2Si0.8Al0.2S4",
                "Li3.6Si0.6Al0.4S4": "Li4.4Si0.6Al0.4S4",
                "Li3.4Si0.4Al0.6S4": "Li4.6Si0.4Al0.6S4",
                "Li3.2Si0.2Al0.8S4": "Li4.8Si0.2Al0.8S4",
                # rows 797-801 give the same values with the complementary amount of P2O5
                "0.58(Li2O) * 0.5(P2O5)": "0.58Li2O-0.42P2O5",
                "0.6(Li2O) * 0.5(P2O5)": "0.6Li2O-0.4P2O5",
                "0.63(Li2O) * 0.5(P2O5)": "0.63Li2O-0.37P2O5",
                "0.66(Li2O) * 0.5(P2O5)": "0.66Li2O-0.34P2O5",
                "0.7(Li2O) * 0.5(P2O5)": "0.7Li2O-0.3P2O5",
                "0.5(Li2O) * 0.5(P2O5)": "0.5Li2O-0.5P2O5",
                # equal amounts, as the rows around them spell out
                "Li2O-P2O5": "0.5Li2O-0.5P2O5",
                "SiS2-Li2S": "0.5SiS2-0.5Li2S",
                # one Ga to a formula, as the series of rows 688-690 (0.3, 0.4, 0.5 Ga) goes on
                "Li7La3Zr2O12-Ga": "Li7La3Zr2O12-1Ga",
                # amounts swapped: glass-formers at 0.7 do not reach 1.7e-2 S/cm; Li7P3S11 does
                "0.3Li2S-0.7P2S5": "0.7Li2S-0.3P2S5",
                "0.3 LiBr-0.3 SiS2-0.35 Li2S": "0.3LiBr-0.35SiS2-0.35Li2S",
                "0.9Li3PS4·10ZnO": "0.9Li3PS4-0.1ZnO",
                # orthophosphate and orthoborate added to LiTi2(PO4)3, as in rows 1229-1237
                "LiTi2(PO4)3-0.15LiPO4": "LiTi2(PO4)3-0.15Li3PO4",
                "LiTi2(PO4)3-0.3LiPO4": "LiTi2(PO4)3-0.3Li3PO4",
                "LiTi2(PO4)3-0.6LiPO4": "LiTi2(PO4)3-0.6Li3PO4",
                "LiTi2(PO4)3-0.9LiPO4": "LiTi2(PO4)3-0.9Li3PO4",
                "LiTi2(PO4)3-0.15LiBO3": "LiTi2(PO4)3-0.15Li3BO3",
                "LiTi2(PO4)3-0.3LiBO3": "LiTi2(PO4)3-0.3Li3BO3",
                "LiTi2(PO4)3-0.6LiBO3": "LiTi2(PO4)3-0.6Li3BO3",
                "LiTi2(PO4)3-0.9LiBO3": "LiTi2(PO4)3-0.9Li3BO3",
                "LiTi2(PO4)3-1.5LiBO3": "LiTi2(PO4)3-1.5Li3BO3",
            }
        ),
        "liverpool": MappingProxyType(
            {
                "(Li2O)50 (Al2O5)5 (P2O5)45": "(Li2O)50(Al2O3)5(P2O5)45",
                # Laskowski's row 810 and OBELiX's row nng give the same values with these formulas
                "Li6.55La3Zr2Ga0.9O12": "Li6.55La3Zr2Ga0.15O12",
                "Li1.6Al0.6Ge0.8(PO4)3": "Li1.6Al0.6Ge0.8Ti0.6(PO4)3",
            },
        ),
    }
)
"""Source → formula as reported (without quotes around it) → formula meant."""


def titanium_restored(formula: str) -> str:
    """Give LiTi2(PO4)3-type formulas back the titanium atom that Laskowski's rows 391-405 lack.

    ``Li1.3Al0.3Ti0.7(PO4)3`` is four charges short; Li1+xMxTi2-x(PO4)3 was meant.
    """
    match = _SHORT_TITANIUM.fullmatch(formula)
    if match is None:
        return formula
    x, titanium = float(match["x"] or 0.0), float(match["ti"] or 1.0)
    if abs(x + titanium - 1.0) > 1e-9:
        return formula
    metal = f"{match['metal']}{match['x']}" if match["metal"] else ""
    return f"Li{match['li']}{metal}Ti{titanium + 1.0:g}(PO4)3"


def lithium_restored(formula: str) -> str:
    """Give Li6P(1-x)Ge(x)S5I the x lithium that Laskowski's rows 494-502 lack.

    Germanium for phosphorus takes one lithium along; OBELiX prints the same series with it.
    """
    match = _SHORT_LITHIUM.fullmatch(formula)
    if match is None or abs(float(match["p"]) + float(match["ge"]) - 1.0) > 1e-9:
        return formula
    return f"Li{6.0 + float(match['ge']):g}P{match['p']}Ge{match['ge']}S5I"


_PATTERNS: tuple[Callable[[str], str], ...] = (
    lambda text: _ZERO_AS_LETTER.sub("0", text),
    lambda text: _OXYGEN_AS_ZERO.sub("(PO4)", text),
    lambda text: _BARE_LITHIUM.sub("Li2S", text),
    titanium_restored,
    lithium_restored,
)


def without_decoration(formula: str) -> str:
    """Drop quotes around a formula, soft hyphens, phase prefixes (β-) and doubled blanks."""
    plain = _WRAPPING_QUOTES.sub("", formula.strip()).replace("\u00ad", "")
    return _SPACES.sub(" ", _PHASE_PREFIX.sub("", plain)).strip()


def corrected_formula(source: str, formula: str) -> tuple[str, bool]:
    """Return the formula meant by `source`, and whether that differs from what it printed.

    Parameters
    ----------
    source
        Name of the dataset: a misprint is known for one dataset, not in general.
    formula
        As reported.
    """
    plain = without_decoration(formula)
    meant = EXACT.get(source, {}).get(plain, plain)
    if source == "laskowski":
        for pattern in _PATTERNS:
            meant = pattern(meant)
    return meant, meant != plain
