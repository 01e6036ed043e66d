"""The electrolyte families, and how a composition is recognised as one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import NamedTuple

from sseml.classes import dataclass
from sseml.families import rules
from sseml.families.chemistry import Chemistry, elements
from sseml.families.tables import table_rows
from sseml.records import Composition, Form

_REMEMBERED = 4096
"""Compositions: more than are answered together."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family: its name in tables, its anion class, what its members share, and some of them."""

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


_Rule = Callable[[Chemistry], float]
"""Gives the confidence that a composition fits, 0 where it does not."""


@cache
def families() -> dict[str, Family]:
    """Every family that is recognised: key → family; those of polymers by their own module."""
    listed = {}
    for row in table_rows("families.csv"):
        examples = tuple(row.pop("examples").split())
        listed[row["key"]] = Family(**row, examples=examples)
    return listed


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
    amounts = tuple(composition.amounts.items())
    return _recognised(amounts, composition.space_group_number, composition.form)


@lru_cache(maxsize=_REMEMBERED)
def _recognised(
    amounts: tuple[tuple[str, float], ...], space_group_number: int | None, form: Form | None
) -> FamilyMatch:
    """The family of a composition, which is asked for more than once while it is answered."""
    chemistry = Chemistry(Composition("", dict(amounts), space_group_number, form=form))
    for family, rule, reason in _rules()[chemistry.anion_class]:
        confidence = rule(chemistry)
        if confidence > 0:
            return FamilyMatch(family, families()[family].electrolyte_class, confidence, reason)
    raise AssertionError(f"the rules of {chemistry.anion_class} have no last resort")


@cache
def _rules() -> dict[str, list[tuple[str, _Rule, str]]]:
    """Anion class → (family, rule, reason) in the order tried; the last of a class always fits."""
    listed = defaultdict[str, list[tuple[str, _Rule, str]]](list)
    for row in table_rows("rules.csv"):
        rule = getattr(rules, row["rule"]) if row["rule"] else _rule_of_cations(row)
        listed[row["anion_class"]].append((row["family"], rule, row["reason"]))
    return listed


def _rule_of_cations(row: Mapping[str, str]) -> _Rule:
    """The rule that some elements are most of the cations; it always fits where none are named."""
    confidence = float(row["confidence"])
    wanted, least_share = elements(row["elements"]), float(row["least_share"] or 0)

    def rule(c: Chemistry) -> float:
        cations = c.sum(rules.FRAMEWORK)
        fits = not wanted or (cations and c.sum(wanted) >= least_share * cations)
        return confidence if fits else 0.0

    return rule
