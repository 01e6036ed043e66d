"""At which energy the low region of a periodic landscape runs through the whole crystal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, minimum

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RESOLUTION_EV = 1e-3
"""Barriers are found to this."""

HALF_OF_NEIGHBOURS: tuple[tuple[int, int, int], ...] = tuple(
    (i, j, k) for i, j, k in product((-1, 0, 1), repeat=3) if (i, j, k) > (0, 0, 0)
)
"""One of each pair of opposite steps to the 26 points around a point."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """From which energy a network runs through the crystal.

    Attributes
    ----------
    threshold_eV
        Above the lowest point of the landscape.
    floor_eV
        Lowest point of the network itself, which may lie above that of the landscape.
    """

    threshold_eV: float
    floor_eV: float

    @property
    def own_height(self) -> float:
        """Threshold above the lowest point of the network, eV."""
        return self.threshold_eV - self.floor_eV


Barriers = tuple[Barrier | None, Barrier | None, Barrier | None]


def percolation_barriers(
    energy_eV: FloatArray, highest_eV: float, watch: Callable[[float], None] = lambda _: None
) -> Barriers:
    """Lowest energies at which one region runs through the crystal in 1, 2 and 3 directions.

    A region runs in as many directions as the lattice translations between its own points span:
    a winding path counts, and separate channels along different axes are one-dimensional.

    Parameters
    ----------
    energy_eV
        Energy on a periodic grid, shape (n, m, l).
    highest_eV
        How far above the lowest point to search.
    watch
        Called with the share done from 0 to 1; what it raises ends the search.

    Returns
    -------
    tuple of Barrier
        With thresholds to `RESOLUTION_EV` and never too low; None where no region runs through
        below `highest_eV`.
    """
    height = energy_eV - energy_eV.min()
    known: dict[float, int] = {0.0: 0}

    def directions(threshold: float) -> int:
        if threshold not in known:
            known[threshold] = network_directions(height <= threshold)
        return known[threshold]

    def barrier_of(wanted: int) -> Barrier | None:
        watch((wanted - 1) / 3)
        if directions(highest_eV) < wanted:
            return None
        high = min(at for at, count in known.items() if count >= wanted)
        low = max(at for at, count in known.items() if count < wanted)
        while high - low > RESOLUTION_EV:
            middle = (low + high) / 2
            watch((wanted - 1) / 3)
            low, high = (low, middle) if directions(middle) >= wanted else (middle, high)
        return Barrier(high, _floor(height, high, wanted))

    return barrier_of(1), barrier_of(2), barrier_of(3)


def network_directions(region: NDArray[np.bool_]) -> int:
    """In how many directions the best connected part of a periodic region runs without end.

    Examples
    --------
    >>> rod = np.zeros((4, 4, 4), dtype=bool)
    >>> rod[:, 1, 1] = True
    >>> network_directions(rod)
    1
    """
    return max((directions for _, directions in _networks(_parts(region))), default=0)


def _floor(height: FloatArray, threshold: float, wanted: int) -> float:
    """Lowest point of the networks below a threshold that run in the wanted directions."""
    parts = _parts(height <= threshold)
    members = [
        part for network, directions in _networks(parts) if directions >= wanted for part in network
    ]
    return float(np.min(minimum(height, parts, members)))


def _parts(region: NDArray[np.bool_]) -> IntArray:
    """Number the connected parts of a region from 1, as if the cell had walls; 0 elsewhere."""
    parts, _ = label(region, structure=np.ones((3, 3, 3)))
    numbered: IntArray = parts.astype(np.int64)
    return numbered


def _networks(parts: IntArray) -> Iterator[tuple[list[int], int]]:
    """Parts that belong together across the faces of the cell, and in how many ways they run on."""
    links: dict[int, list[tuple[int, IntArray]]] = {}
    for start, end, shift in _links_across(parts):
        links.setdefault(start, []).append((end, shift))
        links.setdefault(end, []).append((start, -shift))
    place: dict[int, IntArray] = {}
    for first in links:
        if first in place:
            continue
        network, loops = _explored(first, links, place)
        yield network, _rank(loops)


def _links_across(parts: IntArray) -> Iterator[tuple[int, int, IntArray]]:
    """Which parts touch across the faces of the cell, and by which translation; each once."""
    size = np.array(parts.shape)
    faces = np.ones(parts.shape, dtype=bool)
    faces[1:-1, 1:-1, 1:-1] = False
    edge = np.argwhere(faces & (parts > 0))
    count = int(parts.max()) + 1
    found = []
    for step in HALF_OF_NEIGHBOURS:
        shift, place = np.divmod(edge + np.array(step), size)
        start, end = parts[tuple(edge.T)], parts[tuple(place.T)]
        across = shift.any(axis=1) & (end > 0)
        code = (shift + 1) @ (9, 3, 1)
        found.append(((start * count + end) * 27 + code)[across])
    for link in np.unique(np.concatenate(found)).tolist():
        ends, code = divmod(link, 27)
        shift = np.array((code // 9, code // 3 % 3, code % 3)) - 1
        yield *divmod(ends, count), shift


def _explored(
    first: int, links: dict[int, list[tuple[int, IntArray]]], place: dict[int, IntArray]
) -> tuple[list[int], list[IntArray]]:
    """A network from its first part on, with the translations by which it comes back to itself.

    `place` is filled with the cell each part is reached in.
    """
    place[first] = np.zeros(3, dtype=np.int64)
    network, loops, waiting = [first], [], deque([first])
    while waiting:
        part = waiting.popleft()
        for other, shift in links[part]:
            if other not in place:
                place[other] = place[part] + shift
                network.append(other)
                waiting.append(other)
            elif (loop := place[part] + shift - place[other]).any():
                loops.append(loop)
    return network, loops


def _rank(loops: list[IntArray]) -> int:
    return int(np.linalg.matrix_rank(np.unique(loops, axis=0))) if loops else 0
