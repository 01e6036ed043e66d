"""What a person writes for one material (name, formula or mixture) becomes a `Composition`."""

from __future__ import annotations

from sseml.parse.brackets import without_remarks
from sseml.parse.doubts import refuse_doubtful, refuse_words
from sseml.parse.formula import parse_formula
from sseml.parse.hints import checked, with_readable_hint
from sseml.parse.mixture import read_percentages, refuse_polymer, refuse_structure
from sseml.parse.names import lookup, lookup_refused
from sseml.parse.normalise import normalise
from sseml.parse.ratios import with_ratio_in_front
from sseml.records import Composition, RefusedInputError


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
    try:
        plain = normalise(without_remarks(normalise(text))[0])
    except RefusedInputError as refusal:
        raise checked(refusal) from None
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
            raise with_readable_hint(plain, refusal) from None
    return parse_formula(name.formula)
