"""A phase word beside a formula (cubic, β-, LT) becomes the space group that it stands for."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sseml.families import families, recognise
from sseml.parse.formula import parse_formula
from sseml.records import Composition, Form

_TABLE = "polymorphs.csv"
_SAME_FRACTIONS = 1e-3

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
def polymorphs() -> tuple[Polymorph, ...]:
    """All listed phases; where a material and its family are listed, the material comes first."""
    text = files("sseml.parse").joinpath(_TABLE).read_text(encoding="utf-8")
    return tuple(
        Polymorph(
            row["material"],
            tuple(row["words"].split(";")),
            int(row["space_group_number"]),
            row["doi"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def plain_word(written: str) -> str:
    """Bring a phase word to the spelling of the table.

    Examples
    --------
    >>> plain_word("β-"), plain_word("Tetragonal"), plain_word("c"), plain_word("LT")
    ('beta', 'tetragonal', 'cubic', 'LT')
    """
    folded = written.strip(" -").casefold().removesuffix(" phase")
    return _SHORT.get(folded, folded)


def form_of(word: str) -> Form | None:
    """The form that a word such as ``amorphous`` stands for; None where it is none."""
    return _FORMS.get(plain_word(word))


def find_polymorph(material: Composition, word: str) -> Polymorph | None:
    """The listed phase of a material that a word stands for; None where none is listed.

    Examples
    --------
    >>> find_polymorph(parse_formula("Li6.25Al0.25La3Zr2O12"), "cubic").space_group_number
    230
    """
    plain = plain_word(word)
    meant = [listed for listed in polymorphs() if plain in listed.words]
    if not meant:
        return None
    family = recognise(material).family
    for listed in meant:
        if listed.material in families():
            if listed.material == family:
                return listed
        elif _is_same(material, parse_formula(listed.material)):
            return listed
    return None


def _is_same(one: Composition, other: Composition) -> bool:
    first, second = one.fractions(), other.fractions()
    return first.keys() == second.keys() and all(
        abs(share - second[symbol]) < _SAME_FRACTIONS for symbol, share in first.items()
    )
