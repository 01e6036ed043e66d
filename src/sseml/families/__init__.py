"""The electrolyte families, and how a composition is recognised as one of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sseml.families.chemistry import Chemistry
from sseml.families.rules import RULES
from sseml.records import Composition


@dataclass(frozen=True, slots=True)
class Family:
    """A family of solid electrolytes.

    Attributes
    ----------
    key
        The name used in tables and on the command line.
    electrolyte_class
        The anion class it belongs to.
    description
        What its members have in common.
    examples
        Formulas of well-known members.
    """

    key: str
    electrolyte_class: str
    description: str
    examples: tuple[str, ...]


class FamilyMatch(NamedTuple):
    """The family of a composition; `confidence` is 1 where the stoichiometry fits exactly."""

    family: str
    electrolyte_class: str
    confidence: float
    reason: str


@cache
def families() -> dict[str, Family]:
    """Every family `recognise` can name: key → family."""
    text = files("sseml.families").joinpath("families.csv").read_text(encoding="utf-8")
    return {
        row["key"]: Family(
            row["key"],
            row["electrolyte_class"],
            row["description"],
            tuple(row["examples"].split()),
        )
        for row in csv.DictReader(text.splitlines())
    }


def close_families(text: str) -> list[str]:
    """Keys of the families closest to a text, the closest first."""
    folded = {key.casefold(): key for key in families()}
    written = text.strip().casefold()
    if written in folded:
        return [folded[written]]
    return [folded[match] for match in get_close_matches(written, folded, n=3, cutoff=0.8)]


def recognise(composition: Composition) -> FamilyMatch:
    """Recognise the family of a composition by its stoichiometric ratios.

    The rules of its anion class are tried in order; the first that fits names the family. The
    space group, where known, only decides between families that share their stoichiometry.

    Examples
    --------
    >>> from sseml.parse.formula import parse_formula
    >>> recognise(parse_formula("Li6.4La3Zr1.4Ta0.6O12")).family
    'garnet'
    """
    chemistry = Chemistry(composition)
    for family, rule, reason in RULES[chemistry.anion_class]:
        confidence = rule(chemistry)
        if confidence > 0:
            return FamilyMatch(family, families()[family].electrolyte_class, confidence, reason)
    raise AssertionError(f"the rules of {chemistry.anion_class} have no last resort")
