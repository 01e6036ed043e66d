"""Which headings are the temperature of a measurement, and which may be it in other words."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache


def listed(text: str) -> frozenset[str]:
    """Those of a listing."""
    return frozenset(text.split())


_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

_NOUNS = listed(
    "t temp temps temperature temperatures temperatur temperaturen température températures"
    " temperatura 温度 tmeas texp ttest tmess"
)
_MEASURED = listed(
    "messtemperatur messtemp prüftemperatur testtemperatur betriebstemperatur"
    " arbeitstemperatur probentemperatur"
    " 测试温度 测量温度 測定温度"
)
"""Nouns that say by themselves that it is the temperature of the measurement."""
_ABOUT = listed(
    "meas measuring measured measure measurement test testing tested operating experimental exp"
    " sample cell of in at the mess messung gemessen der die bei prüf mesure mesurée de la medida"
    " probe proben ist op"
)
_SIGNS = frozenset("()[]{},:;./-")
_UNITS = {
    **dict.fromkeys(("k", "kelvin", "kelvins"), "K"),
    **dict.fromkeys(("c", "degc", "celsius", "centigrade", "gradc"), "C"),
}
_DEGREES = frozenset(("°", "deg", "degree", "degrees", "grad", "degré", "degrés"))


@cache
def _like_temperature() -> re.Pattern[str]:
    """What says a temperature in a heading."""
    return re.compile(
        r"(?i:temperature|temp(?![a-z])|(?<![a-z])tempe?ra|temperatur|温度|fahrenheit)"
        r"|(?<![A-Za-z])T(?![A-Za-z])|(?<![A-Za-z])T(?:meas|exp|test)"
        r"|(?<!\d)(?<!\d )(?:° ?[CF]|(?i:deg ?[CF]\b|celsius|kelvin))"
        r"|(?<![A-Za-z])TK\b|[(\[] ?K ?[)\]]$|^[^()\[\]/\d]*/ ?K$"
    )


@cache
def _other_temperature() -> re.Pattern[str]:
    """What a heading may be about instead, though it says a temperature too."""
    return re.compile(
        r"sinter|anneal|calcin|kalzin|synth|fir(?:ed|ing)|prep|treat|process|press|melt|quench"
        r"|[ck]r[iy]stalli|transition|decompos|debye|dry|mill|furnace|growth|dwell|soak|heating|cooling"
        r"|ramp|rate|error|\berr\b|uncert|\bstd\b|\bsd\b|\bdev\b|deviation|±|note|\bT ?[gmcx]\b"
        r"|glüh|brenn|anlass|temper(?:n|ung)|trock|schmelz|glasüberg|ofen|herstell|halte|zersetz|press"
        r"|umwandl|frittage|recuit|fusion|fabric|curing|deposit|storage|substrat|stability|\bsint\b",
        re.IGNORECASE,
    )


@cache
def _other_quantity() -> re.Pattern[str]:
    """What a heading may measure instead at a temperature."""
    return re.compile(
        r"sigma|σ|conductivity|leitfähigkeit|conductivité|\bS ?/ ?c?m\b|\bS ?·? ?c?m ?\^?-1"
        r"|^(?:activation energy|e ?a)\b",
        re.IGNORECASE,
    )


def temperature_unit(plain: str) -> str | None:
    """Return ``K``, ``C``, or nothing where a heading says no unit; None if it is no temperature.

    Parameters
    ----------
    plain
        As `sseml.parse.headings.plain_heading` gives it.

    Examples
    --------
    >>> [temperature_unit(name) for name in ("T meas", "Temp. (K)", "T in °C", "1000/T", "T (°F)")]
    ['', 'K', 'C', None, None]
    """
    tokens = [token.casefold() for token in _TOKEN.findall(_HUMP.sub(" ", plain))]
    if not tokens or tokens[0] in ("/", "-") or _is_small_t(plain, tokens):
        return None
    unit, is_named, has_degree = "", False, False
    for token in tokens:
        if token in _NOUNS or token in _MEASURED:
            if is_named:
                return None
            is_named = True
        elif token in _DEGREES and is_named:
            has_degree = True
        elif token in _UNITS and is_named and not unit:
            unit = _UNITS[token]
        elif token not in _SIGNS and token not in _ABOUT:
            return None
    return unit if is_named and (unit or not has_degree) else None


def _is_small_t(plain: str, tokens: list[str]) -> bool:
    """A small t beside other words than K and C is a time or a thickness."""
    return (
        plain.startswith("t")
        and tokens[0] == "t"
        and any(token not in _SIGNS and token not in ("k", "c", "°") for token in tokens[1:])
    )


def is_plain_temperature(plain: str) -> bool:
    """Tell whether a heading that is a temperature says nothing else but its unit."""
    words = [token.casefold() for token in _TOKEN.findall(_HUMP.sub(" ", plain))]
    return not any(
        word in _MEASURED or word in ("tmeas", "texp", "ttest", "tmess")
        or (word in _ABOUT and word != "in")
        for word in words
    )  # fmt: skip


def is_like_temperature(plain: str) -> bool:
    """Tell whether a heading that is no temperature by its words may be meant as one."""
    if _other_temperature().search(plain) or _other_quantity().search(plain):
        return False
    misspelt = get_close_matches(plain.casefold(), ["temperature"], n=1, cutoff=0.8)
    return bool(misspelt) or _like_temperature().search(plain) is not None
