"""A space group as people write it becomes its international number."""

from __future__ import annotations

import csv
import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from sseml.records import RefusedQualifierError

_TABLE = "space_groups.csv"
_NUMBER = re.compile(r"#?\s*(\d{1,3})(?:\.0*)?")
_LONGEST_SYMBOL = 40
_OVERBAR = re.compile("(\\d)[\u0304\u0305]")
_SETTING = re.compile(r"\s*[:(]\s*[12HR]\s*\)?$|(?<=[a-z\d])[ZSHR]$")


@cache
def space_group_symbols() -> dict[int, str]:
    """International number → short Hermann–Mauguin symbol of the standard setting."""
    return {int(row["number"]): row["symbol"] for row in _rows()}


def space_group_number(text: str) -> int:
    """Read a space group: a number 1–230 or a Hermann–Mauguin symbol, also of other settings.

    Parameters
    ----------
    text
        Such as ``230``, ``Ia-3d``, ``I a -3 d``, ``P2_1/c``, ``P21/n``, ``R3̅c``.

    Raises
    ------
    RefusedQualifierError
        If there is no such space group; the message names the closest symbols.

    Examples
    --------
    >>> space_group_number("Ia-3d")
    230
    >>> space_group_number("P2_1/n")
    14
    """
    written = text.strip()
    if len(written) > _LONGEST_SYMBOL:
        raise RefusedQualifierError(
            f"{written[:_LONGEST_SYMBOL]!r}… is not a space group",
            "write a number, or a symbol such as Ia-3d",
        )
    if number := _NUMBER.fullmatch(written):
        value = int(number.group(1))
        if not 1 <= value <= 230:
            raise RefusedQualifierError(
                f"{text!r} is not a space group number", "write a number from 1 to 230"
            )
        return value
    symbols = _symbol_numbers()
    plain = _plain(written)
    for spelling in (plain, _plain(_SETTING.sub("", written))):
        if spelling in symbols:
            return symbols[spelling]
    close = get_close_matches(plain, symbols, n=1, cutoff=0.7)
    standard = space_group_symbols()[symbols[close[0]]] if close else ""
    hint = f"did you mean {standard}?" if close else "write a number, or a symbol such as Ia-3d"
    raise RefusedQualifierError(f"{text!r} is not a space group", hint)


@cache
def _symbol_numbers() -> dict[str, int]:
    """Folded symbol → number."""
    return {
        symbol.casefold(): int(row["number"])
        for row in _rows()
        for symbol in (row["symbol"], *row["other_symbols"].split())
    }


def _rows() -> list[dict[str, str]]:
    text = files("sseml.parse").joinpath(_TABLE).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _plain(symbol: str) -> str:
    for dash in "‐‑‒–—−":
        symbol = symbol.replace(dash, "-")
    symbol = _OVERBAR.sub(r"-\1", symbol)
    return re.sub(r"[\s_${}\\]", "", symbol).casefold()
