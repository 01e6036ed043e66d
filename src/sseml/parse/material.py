"""What a person writes for one material (name, formula or mixture) becomes a `Composition`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sseml.families import close_families, families
from sseml.parse.brackets import without_remarks
from sseml.parse.charge import CHARGE_TOLERANCE, charge_imbalance
from sseml.parse.doubts import meant_spelling, refuse_doubtful, refuse_words
from sseml.parse.formula import parse_formula
from sseml.parse.mixture import read_percentages, refuse_polymer, refuse_structure
from sseml.parse.names import close_names, lookup, lookup_refused, names_as_formulas
from sseml.parse.normalise import normalise
from sseml.parse.ratios import with_ratio_in_front
from sseml.records import Composition, RefusedInputError

_LISTABLE = re.compile(r"[A-Za-z][\w:.-]{1,19}")
_SPELLING = re.compile(r"did you mean (?P<formula>[^?]+)\?")
_BETWEEN_PARTS = re.compile("[-·*+ ]+")
_GENERAL = ("write element", "retype", "write mixtures", "write one, such as Li6PS5Cl")
"""Beginnings of hints that say nothing about the text."""

_EXAMPLE = "write element symbols and amounts, such as Li6PS5Cl"


def parse_material(
    text: str, *, x: float | None = None, y: float | None = None, z: float | None = None
) -> Composition:
    """Read a common name, a formula, or a mixture in mol or by mass.

    A listed name in its listed spelling comes first, then formulas, then names in any case. What a
    bracket behind the formula says of the phase or the sample is passed over.

    Parameters
    ----------
    text
        Such as ``LLZO``, ``Li6PS5Cl``, ``75Li2S-25P2S5``, ``Li3PS4 - 10 wt% Al2O3``.
    x, y, z
        Values of the variables the formula may contain.

    Raises
    ------
    RefusedInputError
        If the text is none of these, or names a polymer or a structure.

    Examples
    --------
    >>> parse_material("LAGP").formula
    'Li1.5Al0.5Ge1.5P3O12'
    """
    if entry := lookup(text, exact_case=True):  # before a phase prefix is taken off: α-eucryptite
        return parse_formula(entry.formula)
    plain = normalise(without_remarks(normalise(text))[0])
    if entry := lookup(plain, exact_case=True):
        return parse_formula(entry.formula)
    refuse_polymer(plain)
    refuse_structure(plain)
    plain = with_ratio_in_front(plain)

    def read_part(part: str) -> Composition:
        return parse_material(part, x=x, y=y, z=z)

    def read_formula(formula: str) -> Composition:
        return parse_formula(formula, x=x, y=y, z=z)

    if "%" in plain and (mixed := read_percentages(plain, read_part, read_formula)):
        return mixed
    name = None if lookup_refused(plain) else lookup(plain)
    try:
        refuse_words(plain)
        material = read_formula(plain)
        if name is None or len(material.amounts) <= 2:
            refuse_doubtful(plain, material, read_formula)
            return material
    except RefusedInputError as refusal:
        if name is None:
            raise _with_readable_hint(plain, refusal) from None
    return parse_formula(name.formula)


def _with_readable_hint(text: str, refusal: RefusedInputError) -> RefusedInputError:
    """The refusal, with a formula in its hint only where that can be read."""
    suggestion = refusal.suggestion
    found = _SPELLING.search(suggestion)
    if found and not any(_is_readable(part) for part in found["formula"].split(" or ")):
        suggestion = _EXAMPLE
    if suggestion.startswith("did you mean"):
        suggestion = _family_hint(text) or suggestion
    elif not suggestion or suggestion.startswith(_GENERAL):
        suggestion = _family_hint(text) or _hint(text) or suggestion
    elif "without their amounts" in refusal.reason and (slip := _slip_in_part(text)):
        suggestion = f"did you mean {slip}?"
    return type(refusal)(refusal.reason, suggestion)


def _slip_in_part(text: str) -> str:
    """A part of a mixture that is not neutral but for a slip: Al2O3 for the Al203 of Li2O-Al203."""
    parts = _BETWEEN_PARTS.split(text)
    for part in parts if len(parts) > 1 else ():
        try:
            amounts = parse_formula(part).amounts
        except RefusedInputError:
            continue
        if charge_imbalance(amounts) > CHARGE_TOLERANCE or len(amounts) == 1:
            return meant_spelling(part, parse_formula)
    return ""


def _family_hint(text: str) -> str:
    for key in close_families(text):
        if examples := families()[key].examples:
            return f"{key} is a family: write a formula, such as {examples[0]}"
    return ""


def _hint(text: str) -> str:
    """Suggest what to write instead; empty where nothing better is known."""
    if mixture := _names_spelled_out(text):
        return f"in a mixture in mol write formulas instead of names: {mixture}"
    if meant := meant_spelling(text, parse_formula):
        return f"did you mean {meant}?"
    if ":" in text and _is_readable(text.replace(":", "-")):
        return f"did you mean {text.replace(':', '-')}?"
    for before, rest in _with_less(text):
        if _is_readable(before):
            return f"leave {rest!r} out: write {before}"
    looks_like_a_name = _LISTABLE.fullmatch(text) and not text.startswith("Li")
    if looks_like_a_name and (names := close_names(text)):
        return f"did you mean {' or '.join(names)}? All names: sseml names"
    return ""


def _names_spelled_out(text: str) -> str:
    """A mixture with its names as formulas, with equal amounts where it has none."""
    spelled_out = names_as_formulas(text)
    if spelled_out == text:
        return ""
    equal = "-".join(f"1{part.strip()}" for part in re.split("[-+·]", spelled_out))
    return next((mixture for mixture in (spelled_out, equal) if _is_readable(mixture)), "")


def _with_less(text: str) -> Iterator[tuple[str, str]]:
    """A text without what may be a label behind it."""
    if "%" in text:
        return
    for sign in ("#", "_", "@", " ", ":"):
        before, found, rest = text.partition(sign)
        if found and before.strip():
            yield before.strip(), f"{sign}{rest}".strip()
    before, found, rest = text.rpartition("-")
    if found and before:
        yield before.strip(), f"-{rest}"


def _is_readable(text: str) -> bool:
    plain = text.strip()
    if lookup(plain, exact_case=True):
        return True
    try:
        refuse_doubtful(plain, parse_formula(plain), parse_formula)
    except RefusedInputError:
        return False
    return True
