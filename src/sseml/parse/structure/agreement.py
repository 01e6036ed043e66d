"""Whether a structure is the material of its formula, and whether two crystals are one."""

from __future__ import annotations

import math
from itertools import product
from typing import Literal

import numpy as np

from sseml.arrays import FloatArray
from sseml.parse.structure.cell import plane_spacings
from sseml.records import Composition, Crystal, RefusedInputError

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


_SAME_FRACTIONS = 0.001
_SAME_VOLUME = 0.001
_SAME_DISTANCE_A = 0.02
"""Coordinates are rounded; two temperatures differ by more."""

_REACH_A = 4.0
_MOST_DISTANCES = 50_000_000
"""That are looked at; larger cells count as two structures."""


def is_same_structure(first: Crystal, second: Crystal) -> bool:
    """Tell whether two crystals are one in two settings or cells.

    They are if composition, space group, volume per atom and the shortest distances between their
    elements are the same.

    Parameters
    ----------
    first, second
        Such as the standardised and the reduced cell that a programme writes into one file.
    """
    if first.space_group_number != second.space_group_number:
        return False
    if distance(first, second) > _SAME_FRACTIONS:
        return False
    a_A3, b_A3 = first.volume_per_atom_A3, second.volume_per_atom_A3
    if a_A3 is None or b_A3 is None or abs(a_A3 / b_A3 - 1) > _SAME_VOLUME:
        return False
    ours, others = _shortest(first), _shortest(second)
    return bool(ours) and all(
        abs(ours.get(pair, _REACH_A) - others.get(pair, _REACH_A)) < _SAME_DISTANCE_A
        for pair in ours.keys() | others.keys()
    )


def _shortest(crystal: Crystal) -> dict[tuple[str, str], float]:
    """The shortest distance (Å) of each two kinds of sites up to `_REACH_A`; none if large."""
    kinds = ["+".join(sorted(species)) for species in crystal.occupancies]
    positions, lattice_A = crystal.positions, crystal.lattice_A
    counts = [range(-n, n + 1) for n in _cells_within(lattice_A)]
    if len(positions) ** 2 * math.prod(map(len, counts)) > _MOST_DISTANCES:
        return {}
    shortest = np.full((len(positions), len(positions)), np.inf)
    apart = positions[None] - positions[:, None]
    apart -= np.rint(apart)
    for cell in product(*counts):
        distance_A = np.sqrt((((apart + cell) @ lattice_A) ** 2).sum(axis=2))
        distance_A[distance_A < 1e-6] = np.inf  # a site itself
        np.minimum(shortest, distance_A, out=shortest)
    found: dict[tuple[str, str], float] = {}
    for i, j in np.argwhere(shortest <= _REACH_A).tolist():
        pair = (kinds[i], kinds[j])
        found[pair] = min(found.get(pair, np.inf), float(shortest[i, j]))
    return found


def _cells_within(lattice_A: FloatArray) -> list[int]:
    return [int(n) for n in np.ceil(_REACH_A / plane_spacings(lattice_A) + 0.5)]
