"""Space groups as people write them: numbers, symbols, and phase words such as cubic or β-."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from sseml.families import families, recognise
from sseml.parse.formula import is_same_material, parse_formula
from sseml.parse.tables import table_rows
from sseml.patterns import late
from sseml.records import Composition, Form, RefusedQualifierError

_NUMBER = late(r"#?\s*(\d{1,3})(?:\.0*)?")
_LONGEST_SYMBOL = 40
_OVERBAR = late("(\\d)[\u0304\u0305]")
_SETTING = late(r"\s*[:(]\s*[12HR]\s*\)?$|(?<=[a-z\d])[ZSHR]$")

SYSTEM_WORDS = (
    "cubic", "tetragonal", "rhombohedral", "orthorhombic", "monoclinic", "hexagonal", "trigonal",
    "triclinic",
)  # fmt: skip
GREEK_WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")

_FORMS: dict[str, Form] = {"amorphous": "glass", "glassy": "glass", "crystalline": "crystal"}

_SHORT = {
    "c": "cubic", "t": "tetragonal", "r": "rhombohedral", "o": "orthorhombic", "h": "hexagonal",
    "m": "monoclinic", "b": "beta", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta",
    "ε": "epsilon", "lt": "LT", "ht": "HT",
}  # fmt: skip


class Polymorph(NamedTuple):
    """A listed phase of a material, or of a family of materials, and its space group."""

    material: str
    words: tuple[str, ...]
    space_group_number: int
    doi: str


@cache
def space_group_symbols() -> dict[int, str]:
    """International number → short Hermann–Mauguin symbol of the standard setting."""
    return {int(row["number"]): row["symbol"] for row in table_rows("space_groups.csv")}


def space_group_number(text: str) -> int:
    """Read a space group: a number 1–230 or a Hermann–Mauguin symbol, also of other settings.

    Such as ``230``, ``Ia-3d``, ``I a -3 d``, ``P2_1/c``, ``P21/n``, ``R3̅c``. Any other text is
    refused with the closest symbol.
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
        for row in table_rows("space_groups.csv")
        for symbol in (row["symbol"], *row["other_symbols"].split())
    }


def _plain(symbol: str) -> str:
    for dash in "‐‑‒–—−":
        symbol = symbol.replace(dash, "-")
    symbol = _OVERBAR.sub(r"-\1", symbol)
    return re.sub(r"[\s_${}\\]", "", symbol).casefold()


@cache
def polymorphs() -> tuple[Polymorph, ...]:
    """All listed phases; where a material and its family are listed, the material comes first."""
    return tuple(
        Polymorph(
            row["material"],
            tuple(row["words"].split(";")),
            int(row["space_group_number"]),
            row["doi"],
        )
        for row in table_rows("polymorphs.csv")
    )


def plain_word(written: str) -> str:
    """Bring a phase word such as ``β-`` to the spelling of the table: ``beta``."""
    folded = written.strip(" -").casefold().removesuffix(" phase")
    return _SHORT.get(folded, folded)


def form_of(word: str) -> Form | None:
    """The form that a word such as ``amorphous`` stands for; None where it is none."""
    return _FORMS.get(plain_word(word))


def find_polymorph(material: Composition, word: str) -> Polymorph | None:
    """The listed phase of a material that a word stands for; None where none is listed."""
    plain = plain_word(word)
    meant = [listed for listed in polymorphs() if plain in listed.words]
    if not meant:
        return None
    family = recognise(material).family
    for listed in meant:
        if listed.material in families():
            if listed.material == family:
                return listed
        elif is_same_material(material, parse_formula(listed.material)):
            return listed
    return None


SYSTEMS = (
    ("triclinic", 1, 2),
    ("monoclinic", 3, 15),
    ("orthorhombic", 16, 74),
    ("tetragonal", 75, 142),
    ("trigonal", 143, 167),
    ("hexagonal", 168, 194),
    ("cubic", 195, 230),
)
"""Name, first and last space group (International Tables for Crystallography A)."""


def crystal_system(number: int) -> int:
    """Crystal system of a space group: 0 (triclinic) to 6 (cubic), in the order of `SYSTEMS`.

    Raises
    ------
    ValueError
        If there is no space group of this number.
    """
    if not 1 <= number <= 230:
        raise ValueError(f"space group {number} is not between 1 and 230")
    return next(i for i, (_, _, last) in enumerate(SYSTEMS) if number <= last)
