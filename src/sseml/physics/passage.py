"""The easiest lithium migration pathway through a crystal, relaxed, and the energy along it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from sseml.arrays import FloatArray, IntArray
from sseml.physics.basins import HALF_OF_NEIGHBOURS
from sseml.physics.site_energy import Landscape

_OF_LENGTH_EV = 0.05
"""A step costs its length times the energy above the lowest point and this: of pathways that are
equally low the short one is taken."""

_ROUNDS = 40
_APART_A = 0.01
_LONGEST_A, _MOBILITY = 0.02, 0.02
"""Step of a point in a round at most, Å, and Å for 1 eV/Å."""

_FURTHEST_A = _ROUNDS * _LONGEST_A
_AXES = np.vstack((np.eye(3), -np.eye(3)))


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A pathway from a point to its own image in another cell, beginning at its lowest point.

    Attributes
    ----------
    positions
        Fractional coordinates that run on beyond the cell, shape (n, 3).
    distance_A
        Length of the pathway so far, shape (n,).
    energy_eV
        Above the lowest point of the landscape, shape (n,).
    translation
        Lattice vectors from its start to its end; fractions in a cell that is not primitive.
    """

    positions: FloatArray
    distance_A: FloatArray
    energy_eV: FloatArray
    translation: tuple[float, float, float]


def relaxed_passage(
    found: Passage, lattice_A: FloatArray, landscape: Landscape, zero_eV: float
) -> Passage:
    """Move the points of a pathway downhill beside it, and its start to the lowest point near.

    `zero_eV` is what its energies count from; lattice vectors are rows, Å. The pathway is given
    back as it is where that lowers nothing.
    """
    if len(found.positions) < 3:
        return found
    to_fractional = np.linalg.inv(lattice_A)
    places_A = found.positions @ lattice_A
    whole_A = places_A[-1] - places_A[0]
    around = [landscape.around(place, _FURTHEST_A) for place in found.positions]
    for _ in range(_ROUNDS):
        along = np.vstack((np.zeros(3), places_A[2:] - places_A[:-2]))
        along /= np.maximum(np.linalg.norm(along, axis=1), 1e-9)[:, None]
        for number, tangent in enumerate(along):
            near = around[number]((places_A[number] + _APART_A * _AXES) @ to_fractional)
            slope = (near[:3] - near[3:]) / (2.0 * _APART_A)
            down = (slope @ tangent) * tangent - slope
            size = float(np.linalg.norm(down))
            places_A[number] += down * min(_MOBILITY, _LONGEST_A / max(size, 1e-9))
        places_A[-1] = places_A[0] + whole_A
    positions = places_A @ to_fractional
    energy = np.array(
        [float(near(place[None])[0]) for near, place in zip(around, positions, strict=True)]
    )
    if energy.max() - zero_eV >= found.energy_eV.max():
        return found
    distance_A = _summed(np.diff(places_A, axis=0))
    return replace(found, positions=positions, distance_A=distance_A, energy_eV=energy - zero_eV)


def _summed(steps_A: FloatArray) -> FloatArray:
    """Distance from the start after each of n steps, and before them: (n, 3) → (n + 1,)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps_A, axis=1))])


class _Steps(NamedTuple):
    """The region as a graph: its points, and steps between them with cost and cells crossed."""

    points: IntArray
    start: IntArray
    end: IntArray
    cost: FloatArray
    shift: IntArray


def easiest_passage(energy_eV: FloatArray, lattice_A: FloatArray, barrier_eV: float) -> Passage:
    """Find the cheapest pathway through the crystal that never rises above a barrier.

    The energy is that of a periodic grid of at least 4 points along each axis; lattice vectors are
    rows, Å. The barrier is above the lowest point, and a region below it must run through the
    crystal, or a ValueError is raised.
    """
    height = energy_eV - energy_eV.min()
    steps = _steps(height, lattice_A, barrier_eV)
    size = np.array(height.shape)
    for loop in _loops(steps, height):
        energy = height[tuple((loop[:-1] % size).T)]
        lowest = int(energy.argmin())
        translation = (loop[-1] - loop[0]) // size
        path = np.vstack([loop[lowest:-1], loop[: lowest + 1] + translation * size]) / size
        return Passage(
            positions=path,
            distance_A=_summed(np.diff(path, axis=0) @ lattice_A),
            energy_eV=np.append(np.roll(energy, -lowest), energy[lowest]),
            translation=(int(translation[0]), int(translation[1]), int(translation[2])),
        )
    raise ValueError(f"nothing runs through the crystal below {barrier_eV} eV")


def _steps(height: FloatArray, lattice_A: FloatArray, barrier_eV: float) -> _Steps:
    region = height <= barrier_eV
    points = np.argwhere(region)
    size = np.array(height.shape)
    number = np.full(height.shape, -1, dtype=np.int64)
    number[region] = np.arange(len(points))
    found = []
    for step in HALF_OF_NEIGHBOURS:
        shift, place = np.divmod(points + np.array(step), size)
        end = number[tuple(place.T)]
        start = np.flatnonzero(end >= 0)
        end, shift = end[start], shift[start]
        mean = (height[tuple(points[start].T)] + height[tuple(points[end].T)]) / 2
        length_A = float(np.linalg.norm(np.array(step) / size @ lattice_A))
        found.append((start, end, length_A * (mean + _OF_LENGTH_EV), shift))
    start, end, cost, shift = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Steps(points, start, end, cost, shift)


def _loops(steps: _Steps, height: FloatArray) -> Iterator[IntArray]:
    """The cheapest loop out of the cell in each part of the region that has one, lowest first."""
    count = len(steps.points)
    # 32 bits: scipy before 1.15 finds no path through a graph with wider indices
    ends = steps.start.astype(np.int32), steps.end.astype(np.int32)
    graph = coo_array((steps.cost, ends), shape=(count, count)).tocsr()
    _, part = connected_components(graph, directed=False)
    energy = height[tuple(steps.points.T)]
    by_energy = np.argsort(energy, kind="stable")
    _, first = np.unique(part[by_energy], return_index=True)
    for root in by_energy[np.sort(first)]:
        distance, before = dijkstra(
            graph, directed=False, indices=int(root), return_predecessors=True
        )
        cell = _cells(steps.points, before, np.array(height.shape))
        out = (cell[steps.start] + steps.shift != cell[steps.end]).any(axis=1)
        closing = np.flatnonzero(out & np.isfinite(distance[steps.start]))
        if not closing.size:
            continue
        total = distance[steps.start] + steps.cost + distance[steps.end]
        best = closing[total[closing].argmin()]
        there, back = _trimmed(before, int(steps.start[best]), int(steps.end[best]))
        unwrapped = steps.points + cell * np.array(height.shape)
        jump = (cell[steps.start[best]] + steps.shift[best] - cell[steps.end[best]]) * np.array(
            height.shape
        )
        yield np.vstack([unwrapped[there], unwrapped[back] + jump])


def _cells(points: IntArray, before: IntArray, size: IntArray) -> IntArray:
    """Which cell each point is reached in from the root: the sum of the borders crossed."""
    reached = np.flatnonzero(before >= 0)
    back = np.arange(len(points))
    back[reached] = before[reached]
    cell: IntArray = -np.rint((points - points[back]) / size).astype(np.int64)
    while (back != back[back]).any():
        cell += cell[back]
        back = back[back]
    return cell


def _trimmed(before: IntArray, start: int, end: int) -> tuple[list[int], list[int]]:
    """The two paths from where they part, the first outwards and the second back."""
    there, back = _path(before, start), _path(before, end)
    shared = 0
    while shared + 1 < min(len(there), len(back)) and there[shared + 1] == back[shared + 1]:
        shared += 1
    return there[shared:], back[shared:][::-1]


def _path(before: IntArray, point: int) -> list[int]:
    """From the root to a point."""
    path = [point]
    while (point := int(before[point])) >= 0:
        path.append(point)
    return path[::-1]
