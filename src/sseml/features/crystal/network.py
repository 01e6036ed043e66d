"""The lithium network: which sites lithium hops between, and how wide the way is.

Lithium sites are nodes, occupied or not. A hop leads to a site no farther than 5 Å without a third
lithium site in the sphere over the two, or on it. Lithium goes straight, or by one bend at the
middle of two, three or four of the ions around: the widest way counts. Its width is the distance of
the way from the nearest anion or framework cation less that ion's radius: the radius of the largest
sphere that passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.features.crystal.coordination import weighted
from sseml.features.crystal.linkage import percolation
from sseml.features.crystal.neighbours import BoolArray, Pairs, neighbours
from sseml.features.crystal.sites import AverageStructure

DEFINITION = "definition"
SHANNON = "doi 10.1107/S0567739476001551"

LONGEST_HOP_A = 5.0
ROOM_AROUND_A = 3.2
"""Ions farther than this from the ends of a hop do not narrow it."""
BETWEEN = 1e-3
"""A third site on the sphere over a hop is between its ends: slack in squared hop lengths."""
WAY_ROUND = 2.6
"""Bends are sought among ions whose distances from both ends add up to so many hop lengths."""
MOST_BENT_AROUND = 10
TIED_A = 1e-3
WIDE_ENOUGH = 0.9
"""Share of the best one-dimensional width at which the dimensions of the network are counted."""

FEATURES = (
    Feature(
        "bottleneck_1d",
        "Å",
        "largest sphere that passes the Li network in one dimension; 0 if none",
        SHANNON,
    ),
    Feature("bottleneck_2d", "Å", "the same in two dimensions", SHANNON),
    Feature("bottleneck_3d", "Å", "the same in three dimensions", SHANNON),
    Feature("bottleneck_mean", "Å", "mean width of the widest hop away from Li", SHANNON),
    Feature(
        "li_site_room", "Å", "largest sphere that fits on a lithium site, mean over Li", SHANNON
    ),
    Feature(
        "hop_1d",
        "Å",
        "longest hop of the shortest-hopping way in one dimension; 5 if none",
        DEFINITION,
    ),
    Feature("hop_3d", "Å", "the same in three dimensions", DEFINITION),
    Feature(
        "network_dimensions",
        "1",
        "dimensions that a sphere of 0.9 bottleneck_1d passes; 0 if none",
        DEFINITION,
    ),
    Feature(
        "hops_per_li_site", "1", "mean number of hops that lead from a lithium site", DEFINITION
    ),
)


def describe(structure: AverageStructure) -> Mapping[str, float]:
    """Values of `FEATURES` by name; nothing where there is no lithium."""
    if not structure.is_lithium.any():
        return {}
    both_ways = hops(structure)
    forth = both_ways.take(_forth(both_ways))
    width = widths(structure, forth)
    count = len(structure.positions)
    links = (forth.centre, forth.other, forth.image)
    wide = np.nan_to_num(percolation(count, *links, width), nan=0.0).clip(min=0.0)
    short = np.nan_to_num(-percolation(count, *links, -forth.distance), nan=LONGEST_HOP_A)
    widest = np.full(count, np.nan)
    for end in (forth.centre, forth.other):
        np.fmax.at(widest, end, width)
    return {
        **{f"bottleneck_{dimension + 1}d": float(wide[dimension]) for dimension in range(3)},
        "bottleneck_mean": weighted(widest, structure.lithium),
        "li_site_room": weighted(_room(structure), structure.lithium),
        "hop_1d": float(short[0]),
        "hop_3d": float(short[2]),
        "network_dimensions": float((wide[wide > 0.0] >= WIDE_ENOUGH * wide[0]).sum()),
        "hops_per_li_site": len(both_ways.centre) / int(structure.is_lithium.sum()),
    }


def hops(structure: AverageStructure) -> Pairs:
    """Hops between lithium sites, each there and back."""
    pairs = structure.pairs(structure.is_lithium, structure.is_lithium, LONGEST_HOP_A)
    direct = np.ones(len(pairs.centre), dtype=np.bool_)
    ends = np.searchsorted(pairs.centre, np.arange(len(structure.positions) + 1))
    for start, end in pairwise(ends):
        vectors = pairs.vector[start:end]
        products = vectors @ vectors.T
        squared = np.diag(products)
        # A third site C is in the sphere over A–B where (C − A)·(C − B) < 0, on it where 0.
        inside = squared[:, None] - products < BETWEEN * squared[None, :]
        np.fill_diagonal(inside, val=False)
        direct[start:end] = ~inside.any(axis=0)
    return pairs.take(direct)


def _forth(pairs: Pairs) -> BoolArray:
    """One of each hop and its way back."""
    x, y, z = pairs.image.T
    onward = (x > 0) | ((x == 0) & ((y > 0) | ((y == 0) & (z > 0))))
    forth: BoolArray = (pairs.centre < pairs.other) | ((pairs.centre == pairs.other) & onward)
    return forth


def widths(structure: AverageStructure, ways: Pairs) -> FloatArray:
    """Radius, Å, of the largest sphere that passes each hop; shape (n_hops,).

    Hops of one length among ions at the same distances are as wide, and are looked at once.
    """
    start = structure.positions[ways.centre]
    middle = start + 0.5 * ways.vector @ np.linalg.inv(structure.lattice_A)
    ions = np.flatnonzero(structure.is_blocking)
    around = neighbours(
        structure.lattice_A, middle, structure.positions[ions], 0.5 * LONGEST_HOP_A + ROOM_AROUND_A
    )
    ends = np.searchsorted(around.centre, np.arange(len(middle) + 1))
    radius = structure.blocking_radius[ions][around.other]
    known: dict[bytes, float] = {}
    found = np.empty(len(middle))
    for hop, half in enumerate(0.5 * ways.vector):
        own = slice(ends[hop], ends[hop + 1])
        place = around.vector[own]
        detour = np.linalg.norm(place + half, axis=1) + np.linalg.norm(place - half, axis=1)
        near = detour <= 2.0 * np.linalg.norm(half) + 2.0 * ROOM_AROUND_A
        place, size, detour = place[near], radius[own][near], detour[near]
        order = np.argsort(detour, kind="stable")
        key = np.concatenate([[half @ half], np.sort(detour + 7.0 * size)]).round(3).tobytes()
        if key not in known:
            known[key] = _widest(half, place[order], size[order], detour[order])
        found[hop] = known[key]
    return found


def _widest(half: FloatArray, ions: FloatArray, radius: FloatArray, detour: FloatArray) -> float:
    """Width of the widest way from −half to half, straight or by one bend."""
    length = 2.0 * float(np.linalg.norm(half))
    near = ions[: _whole_shells(detour, WAY_ROUND * length)]
    bends = [np.zeros((1, 3))]
    for many in (2, 3, 4):
        chosen = np.array(list(combinations(range(len(near)), many)), dtype=np.int64)
        if len(chosen):
            bends.append(near[chosen].mean(axis=1))
    bend = np.concatenate(bends)
    first = _clearance(-half, bend, ions, radius)
    second = _clearance(half, bend, ions, radius)
    return float(np.minimum(first, second).max())


def _whole_shells(detour: FloatArray, limit: float) -> int:
    """How many of the sorted detours to take: whole shells, about `MOST_BENT_AROUND` at most."""
    count = int(np.searchsorted(detour, limit))
    if count <= MOST_BENT_AROUND:
        return count
    shells = np.flatnonzero(np.diff(detour[: count + 1]) > TIED_A) + 1
    fitting = shells[shells <= MOST_BENT_AROUND]
    return int(fitting[-1]) if len(fitting) else 0


def _clearance(
    end: FloatArray, bends: FloatArray, ions: FloatArray, radius: FloatArray
) -> FloatArray:
    """Least distance from the ions' surfaces on the way from an end to each bend; (n_bends,)."""
    way = bends - end
    squared = (way**2).sum(axis=1)
    to_ion = ions - end
    along = (way @ to_ion.T) / np.where(squared > 0.0, squared, 1.0)[:, None]
    along = np.clip(along, 0.0, 1.0)
    gap = (
        (to_ion**2).sum(axis=1)[None, :]
        - 2.0 * along * (way @ to_ion.T)
        + along**2 * squared[:, None]
    )
    to_surface = np.sqrt(np.clip(gap, 0.0, None)) - radius
    clearance: FloatArray = to_surface.min(axis=1, initial=LONGEST_HOP_A)
    return clearance


def _room(structure: AverageStructure) -> FloatArray:
    """Radius, Å, of the largest sphere around each lithium site; NaN at the others."""
    pairs = structure.pairs(
        structure.is_lithium, structure.is_blocking, 0.5 * LONGEST_HOP_A + ROOM_AROUND_A
    )
    room = np.full(len(structure.positions), np.nan)
    np.fmin.at(room, pairs.centre, pairs.distance - structure.blocking_radius[pairs.other])
    return room
