"""What a person writes for one material (name, formula or mixture) becomes a `Composition`."""

from __future__ import annotations

from sseml.parse.hints import with_readable_hint
from sseml.parse.reading import read_material
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
    values = {name: value for name, value in (("x", x), ("y", y), ("z", z)) if value is not None}
    try:
        return read_material(text, values)
    except RefusedInputError as refusal:
        raise with_readable_hint(text, refusal) from None
