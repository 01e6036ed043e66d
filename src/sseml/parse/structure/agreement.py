"""Whether the sites of a structure are the material that a formula says, and what to do if not."""

from __future__ import annotations

from typing import Literal

from sseml.records import Composition, RefusedInputError

OnMismatch = Literal["refuse", "flag"]
"""What to do with a structure that contradicts its formula: refuse it, or say so in its notes."""

LARGEST_DISTANCE = 0.02
"""Between two compositions that are taken for the same, as `distance` measures it."""


def distance(first: Composition, second: Composition) -> float:
    """Half the summed absolute difference of element fractions, in [0, 1].

    Examples
    --------
    >>> from sseml.parse.formula import parse_formula
    >>> distance(parse_formula("Li2S"), parse_formula("Li2O"))
    0.3333333333333333
    """
    a, b = first.fractions(), second.fractions()
    return sum(abs(a.get(e, 0.0) - b.get(e, 0.0)) for e in sorted(a.keys() | b.keys())) / 2.0


def contradiction(
    speaker: str, said: Composition, sites: Composition, on_mismatch: OnMismatch
) -> tuple[str, ...]:
    """Note what contradicts a formula: sites too far from it, or without the lithium it has.

    Parameters
    ----------
    speaker
        Where the formula is from, such as ``the row``.
    said
        The formula.
    sites
        What the sites of the structure hold.
    on_mismatch
        What to do about a contradiction.

    Returns
    -------
    tuple of str
        One note, or none where they agree.

    Raises
    ------
    RefusedInputError
        If they differ, and that is to be refused.
    """
    apart = distance(said, sites)
    lacks_lithium = "Li" in said.amounts and "Li" not in sites.amounts
    if apart <= LARGEST_DISTANCE and not lacks_lithium:
        return ()
    lacking = ", ".join(sorted(said.amounts.keys() - sites.amounts.keys()))
    without = f", without {lacking}" if lacking else ""
    note = (
        f"{speaker} says {said.formula}, but the sites of the structure hold {sites.formula}"
        f"{without} ({apart:.2g} apart)"
    )
    if on_mismatch == "refuse":
        raise RefusedInputError(
            note, "correct one of them; --structure-mismatch flag answers by the sites"
        )
    return (note,)
