"""Whether a structure is the material of its formula, and whether two crystals are one."""

from __future__ import annotations

import math
from itertools import product
from typing import Literal

import numpy as np

from sseml.parse.structure.cell import lengths, plane_spacings, shortest_vectors
from sseml.records import Composition, Crystal, RefusedInputError

OnMismatch = Literal["refuse", "flag"]
"""What to do with a structure that contradicts its formula: refuse it, or say so in its notes."""

LARGEST_DISTANCE = 0.02
"""Between two compositions that are taken for the same, as `distance` measures it."""

_SAME_FRACTIONS = 0.001
_SAME_VOLUME = 0.001
_SAME_DISTANCE_A = 0.02  # coordinates are rounded; two temperatures differ by more
_REACH_A = 4.0
_MOST_DISTANCES = 50_000_000  # distances that are compared; larger cells count as two structures


def distance(first: Composition, second: Composition) -> float:
    """Half the summed absolute difference of element fractions, in [0, 1]."""
    a, b = first.fractions(), second.fractions()
    return sum(abs(a.get(e, 0.0) - b.get(e, 0.0)) for e in sorted(a.keys() | b.keys())) / 2.0


def contradiction(
    speaker: str, stated: Composition, sites: Composition, on_mismatch: OnMismatch
) -> tuple[str, ...]:
    """Note or refuse a formula that the sites contradict: too far from it, or without its lithium.

    `speaker` is where the formula is from, such as ``the row``.
    """
    apart = distance(stated, sites)
    lacks_lithium = "Li" in stated.amounts and "Li" not in sites.amounts
    if apart <= LARGEST_DISTANCE and not lacks_lithium:
        return ()
    lacking = ", ".join(sorted(stated.amounts.keys() - sites.amounts.keys()))
    without = f", without {lacking}" if lacking else ""
    note = (
        f"{speaker} says {stated.formula}, but the sites of the structure hold {sites.formula}"
        f"{without} ({apart:.2g} apart)"
    )
    if on_mismatch == "refuse":
        raise RefusedInputError(
            note, "correct one of them; --structure-mismatch flag answers by the sites"
        )
    return (note,)


def is_same_structure(first: Crystal, second: Crystal) -> bool:
    """Whether two crystals are one in two settings or cells.

    They are if composition, space group, volume per atom and the shortest distances between their
    elements are the same.
    """
    if first.space_group_number != second.space_group_number:
        return False
    if distance(first, second) > _SAME_FRACTIONS:
        return False
    a_A3, b_A3 = first.volume_per_atom_A3, second.volume_per_atom_A3
    if a_A3 is None or b_A3 is None or abs(a_A3 / b_A3 - 1) > _SAME_VOLUME:
        return False
    ours, others = _shortest_distances(first), _shortest_distances(second)
    return bool(ours) and all(
        abs(ours.get(pair, _REACH_A) - others.get(pair, _REACH_A)) < _SAME_DISTANCE_A
        for pair in ours.keys() | others.keys()
    )


def _shortest_distances(crystal: Crystal) -> dict[tuple[str, str], float]:
    """The shortest distance (Å) of each two kinds of sites up to `_REACH_A`; none if large."""
    kinds = ["+".join(sorted(species)) for species in crystal.occupancies]
    positions, lattice_A = crystal.positions, crystal.lattice_A
    cells_within = np.ceil(_REACH_A / plane_spacings(lattice_A) + 0.5).astype(int)
    counts = [range(-n, n + 1) for n in cells_within.tolist()]
    if len(positions) ** 2 * math.prod(map(len, counts)) > _MOST_DISTANCES:
        return {}
    shortest_A = np.full((len(positions), len(positions)), np.inf)
    vectors = shortest_vectors(positions, positions)
    for cell in product(*counts):
        distance_A = lengths(vectors + cell, lattice_A)
        distance_A[distance_A < 1e-6] = np.inf  # a site itself
        np.minimum(shortest_A, distance_A, out=shortest_A)
    found: dict[tuple[str, str], float] = {}
    for i, j in np.argwhere(shortest_A <= _REACH_A).tolist():
        pair = (kinds[i], kinds[j])
        found[pair] = min(found.get(pair, np.inf), float(shortest_A[i, j]))
    return found
