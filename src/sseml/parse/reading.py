"""A text is read as a name, a formula or a mixture, in this order; refusals go on as they are."""

from __future__ import annotations

from collections.abc import Mapping

from sseml.parse.brackets import without_remarks
from sseml.parse.doubts import refuse_doubtful, refuse_words
from sseml.parse.formula import parse_formula
from sseml.parse.mixture import read_percentages, refuse_polymer, refuse_structure
from sseml.parse.names import CommonName, lookup, lookup_refused
from sseml.parse.normalise import normalise
from sseml.parse.ratios import with_ratio_in_front
from sseml.records import Composition, RefusedInputError


def _without_lithium(text: str) -> CommonName | None:
    """Read ``Li-argyrodite`` as the name in small letters behind the sign."""
    element, word = text[:2], text[3:]
    return lookup(word) if element == "Li" and text[2:3] in ("-", " ") and word.islower() else None


def read_material(text: str, values: Mapping[str, float]) -> Composition:
    """Read what `sseml.parse.material.parse_material` reads, with the values of x, y and z.

    Raises
    ------
    RefusedInputError
        If it cannot be read; a formula in the hint is not checked.
    """
    plain = normalise(without_remarks(normalise(text))[0])
    if entry := lookup(plain, exact_case=True):
        return parse_formula(entry.formula)
    refuse_polymer(plain)
    refuse_structure(plain)
    plain = with_ratio_in_front(plain)

    def read_part(part: str) -> Composition:
        return read_material(part, values)

    def read_formula(formula: str) -> Composition:
        return parse_formula(formula, **values)

    if "%" in plain and (mixed := read_percentages(plain, read_part, read_formula)):
        return mixed
    name = None if lookup_refused(plain) else lookup(plain) or _without_lithium(plain)
    try:
        refuse_words(plain)
        material = read_formula(plain)
        if name is None or len(material.amounts) <= 2:
            refuse_doubtful(plain, material, read_formula)
            return material
    except RefusedInputError:
        if name is None:
            raise
    return parse_formula(name.formula)
