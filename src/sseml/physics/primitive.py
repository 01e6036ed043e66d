"""The primitive cell of a crystal, with its occupancies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sseml.parse.structure.symmetry import primitive_lattice
from sseml.records import Crystal

_TOLERANCE_A = 0.01
_SHARE_DIGITS = 3


def primitive_cell(crystal: Crystal) -> Crystal:
    """Reduce a supercell or a centred cell; the very crystal where it is primitive already.

    Sites are of one kind if they hold the same elements with the same occupancies, to 0.001. What
    cannot be reduced without a doubt stays as it is.
    """
    lattice_A = np.asarray(crystal.lattice_A, dtype=np.float64)
    positions = np.asarray(crystal.positions, dtype=np.float64)
    held = [
        tuple(sorted((symbol, round(share, _SHARE_DIGITS)) for symbol, share in each.items()))
        for each in crystal.occupancies
    ]
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(held), start=1)}
    kinds = np.array([numbers[each] for each in held])
    smaller_A = primitive_lattice(lattice_A, positions, kinds.tolist(), _TOLERANCE_A)
    if smaller_A is None:
        return crystal
    inside = positions @ lattice_A @ np.linalg.inv(smaller_A)
    kept: list[int] = []
    for site, place in enumerate(inside):
        same = [other for other in kept if kinds[other] == kinds[site]]
        apart = inside[same] - place
        apart_A = np.linalg.norm((apart - np.rint(apart)) @ smaller_A, axis=1)
        if not (apart_A < 2.0 * _TOLERANCE_A).any():
            kept.append(site)
    times = abs(np.linalg.det(lattice_A) / np.linalg.det(smaller_A))
    if abs(len(kept) * times - len(positions)) > 0.5:
        return crystal
    return replace(
        crystal,
        lattice_A=smaller_A,
        positions=inside[kept] % 1.0,
        occupancies=tuple(crystal.occupancies[site] for site in kept),
    )
