"""Sites linked across cells: which hang together, and in how many directions without end."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sseml.features.contract import FloatArray
from sseml.features.crystal.neighbours import IntArray

Cell = tuple[int, int, int]


class Linkage:
    """A growing set of links between the sites of a periodic structure.

    Every site knows its root and in which cell, seen from the root's home cell, the copy of it lies
    that the links lead to. A link that closes a loop into another cell is a direction in which the
    linked sites go on without end.
    """

    def __init__(self, count: int) -> None:
        self._root = list(range(count))
        self._cell: list[Cell] = [(0, 0, 0)] * count
        self._members = [[site] for site in range(count)]
        self._directions: list[list[Cell]] = [[] for _ in range(count)]

    def root(self, site: int) -> int:
        """The site that stands for all those linked with this one."""
        return self._root[site]

    def cell(self, site: int) -> Cell:
        """Where the linked copy of a site lies, seen from its root."""
        return self._cell[site]

    def link(self, one: int, other: int, image: Iterable[int]) -> int:
        """Link a site with the copy of another in the cell `image`.

        Returns
        -------
        int
            In how many independent directions (0 to 3) the sites now linked go on without end.
        """
        here, there = self._root[one], self._root[other]
        gap = _sum(self._cell[one], tuple(image), self._cell[other])
        if here == there:
            _extend(self._directions[here], gap)
            return len(self._directions[here])
        if len(self._members[here]) < len(self._members[there]):
            here, there, gap = there, here, (-gap[0], -gap[1], -gap[2])
        for site in self._members[there]:
            self._root[site] = here
            x, y, z = self._cell[site]
            self._cell[site] = (x + gap[0], y + gap[1], z + gap[2])
        self._members[here] += self._members[there]
        self._members[there] = []
        for direction in self._directions[there]:
            _extend(self._directions[here], direction)
        return len(self._directions[here])


def percolation(
    count: int, centre: IntArray, other: IntArray, image: IntArray, strength: FloatArray
) -> FloatArray:
    """Largest strength that links can be asked for and still lead on in 1, 2 and 3 dimensions.

    Parameters
    ----------
    count
        Number of sites.
    centre, other, image
        The links: two sites and the cell of the second one, shapes (n,), (n,) and (n, 3).
    strength
        Of each link, shape (n,).

    Returns
    -------
    FloatArray
        Shape (3,); NaN where all links together do not lead on in as many dimensions.
    """
    linked = Linkage(count)
    levels = np.full(3, np.nan)
    reached = 0
    for position in np.argsort(-strength, kind="stable"):
        dimensions = linked.link(
            int(centre[position]), int(other[position]), image[position].tolist()
        )
        if dimensions > reached:
            levels[reached:dimensions] = strength[position]
            reached = dimensions
        if reached == 3:
            break
    return levels


def _sum(one: Cell, image: tuple[int, ...], other: Cell) -> Cell:
    return (
        one[0] + image[0] - other[0],
        one[1] + image[1] - other[1],
        one[2] + image[2] - other[2],
    )


def _extend(directions: list[Cell], new: Cell) -> None:
    """Add a direction that the known ones do not span."""
    if len(directions) == 3 or not any(new):
        return
    if len(directions) == 1 and not any(_cross(directions[0], new)):
        return
    if len(directions) == 2:
        normal = _cross(directions[0], directions[1])
        if not sum(a * b for a, b in zip(normal, new, strict=True)):
            return
    directions.append(new)


def _cross(a: Cell, b: Cell) -> Cell:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )
