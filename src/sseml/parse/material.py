"""What a person writes for one material (name, formula or mixture) becomes a `Composition`."""

from __future__ import annotations

import re

from sseml.families import close_families, families
from sseml.parse.formula import parse_formula
from sseml.parse.mixture import read_percentages, refuse_polymer, refuse_structure
from sseml.parse.names import close_names, lookup, names_as_formulas
from sseml.parse.normalise import normalise
from sseml.records import Composition, RefusedInputError

_LISTABLE = re.compile(r"[A-Za-z][\w:.-]{1,19}")


def parse_material(
    text: str, *, x: float | None = None, y: float | None = None, z: float | None = None
) -> Composition:
    """Read a common name, a formula, or a mixture in mol or by mass.

    A listed name in its listed spelling comes first, then formulas, then names in any case.

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
    plain = normalise(text)
    if entry := lookup(plain, exact_case=True):
        return parse_formula(entry.formula)
    refuse_polymer(plain)
    refuse_structure(plain)

    def read_part(part: str) -> Composition:
        return parse_material(part, x=x, y=y, z=z)

    if "%" in plain and (mixed := read_percentages(plain, read_part)):
        return mixed
    try:
        return parse_formula(plain, x=x, y=y, z=z)
    except RefusedInputError as refusal:
        if entry := lookup(plain):
            return parse_formula(entry.formula)
        if hint := _hint(plain, refusal.suggestion):
            raise RefusedInputError(refusal.reason, hint) from None
        raise


def _hint(text: str, suggestion: str) -> str:
    """Suggest a formula for the name of a family, or names close to a text that may be one.

    Nothing where the formula itself has a likely spelling, such as Li6PS5Cl for li6ps5cl.
    """
    for key in close_families(text):
        if examples := families()[key].examples:
            return f"{key} is a family: write a formula, such as {examples[0]}"
    if suggestion.startswith("did you mean") and any(map(str.isdigit, text)):
        return ""
    if (spelled_out := names_as_formulas(text)) != text:
        return f"in a mixture in mol write formulas instead of names: {spelled_out}"
    looks_like_a_name = _LISTABLE.fullmatch(text) and not text.startswith("Li")
    if looks_like_a_name and (names := close_names(text)):
        return f"did you mean {' or '.join(names)}? All names: sseml names"
    return ""
