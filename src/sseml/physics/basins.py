"""A periodic landscape as a graph: its basins, the passes between them, and what they connect."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from sseml.arrays import FloatArray, IntArray

HALF_OF_NEIGHBOURS: tuple[tuple[int, int, int], ...] = tuple(
    (i, j, k) for i, j, k in product((-1, 0, 1), repeat=3) if (i, j, k) > (0, 0, 0)
)
"""One of each pair of opposite steps to the 26 points around a point."""


class Barrier(NamedTuple):
    """From which energy a network of lithium migration pathways runs through the crystal.

    Both energies are above the lowest point of the landscape; `floor_eV` is that of the lowest
    point of the network itself.
    """

    threshold_eV: float
    floor_eV: float

    @property
    def own_height(self) -> float:
        """Threshold above the lowest point of the network, eV."""
        return self.threshold_eV - self.floor_eV


Barriers = tuple[Barrier | None, ...]
"""In 1, 2 and 3 directions; None where no network runs in so many."""


class Basins(NamedTuple):
    """Where each point of a grid leads downhill.

    `root` is the number of the basin of each point, `cell` the cells crossed going down, shape
    (*grid, 3), `bottom` the lowest point of each basin, shape (n_basins, 3).
    """

    root: IntArray
    cell: IntArray
    bottom: IntArray


class Passes(NamedTuple):
    """Where neighbouring basins touch lowest; each pair and translation once, n of them.

    `first` and `second` are the basins, `shift` the cell of the second seen from the first, shape
    (n, 3). `point`, shape (n, 3), is the higher one of the two points where they touch, `energy`
    its energy, and `cell`, shape (n, 3), the cell of the first basin that it belongs to.
    """

    first: IntArray
    second: IntArray
    shift: IntArray
    energy: FloatArray
    point: IntArray
    cell: IntArray

    def with_one(self, first: int, second: int, shift: IntArray) -> Passes:
        """These, and one whose energy and place are known otherwise."""
        nowhere = np.zeros((1, 3), dtype=np.int64)
        return Passes(
            np.append(self.first, first),
            np.append(self.second, second),
            np.vstack((self.shift, shift)),
            np.append(self.energy, np.inf),
            np.vstack((self.point, nowhere)),
            np.vstack((self.cell, nowhere)),
        )


class Opening(NamedTuple):
    """The pass, by number, at which a network first runs in so many directions.

    `floor` is the energy of the lowest bottom of the network.
    """

    number: int
    energy: float
    floor: float


def basins(energy: FloatArray) -> Basins:
    """Follow the steepest of 26 steps from every point of a periodic grid.

    Over what is flat the step goes to the point that comes first.
    """
    order = np.arange(energy.size).reshape(energy.shape)
    first = order.copy()
    size = np.array(energy.shape)
    lowest, step = energy.copy(), np.zeros((*energy.shape, 3), dtype=np.int64)
    for half in HALF_OF_NEIGHBOURS:
        for move in (np.array(half), -np.array(half)):
            beside = np.roll(energy, tuple(-move), axis=(0, 1, 2))
            place = np.roll(order, tuple(-move), axis=(0, 1, 2))
            lower = (beside < lowest) | ((beside == lowest) & (place < first))
            lowest[lower], first[lower] = beside[lower], place[lower]
            step[lower] = move
    cell, place = np.divmod(np.moveaxis(np.indices(energy.shape), 0, -1) + step, size)
    following = np.ravel_multi_index(tuple(np.moveaxis(place, -1, 0)), energy.shape).ravel()
    crossed = cell.reshape(-1, 3)
    while (following != following[following]).any():
        crossed = crossed + crossed[following]
        following = following[following]
    bottoms, root = np.unique(following, return_inverse=True)
    return Basins(
        root=root.reshape(energy.shape),
        cell=crossed.reshape(*energy.shape, 3),
        bottom=np.column_stack(np.unravel_index(bottoms, energy.shape)).astype(np.int64),
    )


def passes(energy: FloatArray, found: Basins, highest: float) -> Passes:
    """Find the lowest place where each two basins touch, up to an energy."""
    size = np.array(energy.shape)
    points = np.argwhere(energy <= highest)
    touching = []
    for half in HALF_OF_NEIGHBOURS:
        over, beside = np.divmod(points + np.array(half), size)
        here, there = tuple(points.T), tuple(beside.T)
        first, second = found.root[here], found.root[there]
        shift = over + found.cell[there] - found.cell[here]
        apart = ((first != second) | shift.any(axis=1)) & (energy[there] <= highest)
        is_higher = (energy[here] >= energy[there])[:, None]
        height = np.maximum(energy[here], energy[there])
        point = np.where(is_higher, points, beside)
        cell = np.where(is_higher, found.cell[here], found.cell[here] - over)
        columns = (first, second, shift, height, point, cell)
        touching.append(tuple(column[apart] for column in columns))
    first, second, shift, height, point, cell = (
        np.concatenate(column) for column in zip(*touching, strict=True)
    )
    turned = (first > second) | ((first == second) & (_code(shift) < _code(-shift)))
    cell = np.where(turned[:, None], cell + shift, cell)
    first, second = np.where(turned, second, first), np.where(turned, first, second)
    shift = np.where(turned[:, None], -shift, shift)
    by_pair = np.lexsort((height, _code(shift), second, first))
    keys = np.column_stack((first, second, shift))[by_pair]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    kept = by_pair[is_new]
    return Passes(first[kept], second[kept], shift[kept], height[kept], point[kept], cell[kept])


def _code(shift: IntArray) -> IntArray:
    code: IntArray = shift @ np.array([10_000, 100, 1])
    return code


class _Networks:
    """Basins joined one pass after the other, with the translations that they come back by."""

    def __init__(self, bottoms: Sequence[float]) -> None:
        self.parent = list(range(len(bottoms)))
        self.offset = [(0, 0, 0)] * len(bottoms)
        self.floor = list(bottoms)
        self.loops: list[list[tuple[int, int, int]]] = [[] for _ in bottoms]

    def join(self, first: int, second: int, shift: tuple[int, int, int]) -> int:
        """Open a pass; the number of the network."""
        one, at = self._top(first)
        other, there = self._top(second)
        jump = (
            at[0] - shift[0] - there[0],
            at[1] - shift[1] - there[1],
            at[2] - shift[2] - there[2],
        )
        if one == other:
            if any(jump):
                self._add(one, jump)
            return one
        self.parent[other] = one
        self.offset[other] = jump
        self.floor[one] = min(self.floor[one], self.floor[other])
        for loop in self.loops[other]:
            self._add(one, loop)
        return one

    def _add(self, network: int, loop: tuple[int, int, int]) -> None:
        loops = self.loops[network]
        if len(loops) < 3 and np.linalg.matrix_rank(np.array([*loops, loop])) > len(loops):
            loops.append(loop)

    def _top(self, basin: int) -> tuple[int, tuple[int, int, int]]:
        """Basin that stands for the network, and the cell of the given one's that it is in."""
        path = []
        while self.parent[basin] != basin:
            path.append(basin)
            basin = self.parent[basin]
        at = (0, 0, 0)
        for below in reversed(path):
            own = self.offset[below]
            at = (own[0] + at[0], own[1] + at[1], own[2] + at[2])
            self.parent[below], self.offset[below] = basin, at
        return basin, at


def openings(found: Passes, energy: FloatArray, bottoms: FloatArray) -> tuple[Opening | None, ...]:
    """Open the passes from the lowest up until networks run in 1, 2 and 3 directions.

    `energy` are those of the passes that count, `bottoms` those of the lowest point of each basin.
    None where no pass opens so many directions.
    """
    networks = _Networks(bottoms.tolist())
    opened: list[Opening | None] = [None, None, None]
    first, second, shift = found.first.tolist(), found.second.tolist(), found.shift.tolist()
    for number in np.argsort(energy, kind="stable").tolist():
        network = networks.join(first[number], second[number], tuple(shift[number]))
        for wanted in range(len(networks.loops[network])):
            if opened[wanted] is None:
                floor = networks.floor[network]
                opened[wanted] = Opening(number, float(energy[number]), floor)
        if opened[2] is not None:
            break
    return tuple(opened)
