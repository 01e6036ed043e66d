"""The energy of a pass between two basins, found by ever finer sampling of the place around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_dilation, label

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.physics.basins import Basins, Passes

Energies = Callable[[FloatArray], FloatArray]
"""Fractional coordinates, shape (n, 3) → energies, shape (n,)."""

FINEST_STEP_A = 0.01
"""Sampling ends at this distance of points."""

_FIRST_REACH, _REACH = 4, 3
"""Half widths of the sampled boxes in steps: of the first one, in half steps of the grid."""

_TOUCHING = np.ones((3, 3, 3))

_MOST_STEPS = 40
_LONGEST_STEP_A = 0.06
_FLAT_EV_A = 1e-3
_SOFTEST_EV_A2 = 0.2
_APART_A = 0.01
_DOWN_A, _STEEP_EV_A = 0.05, 0.05
"""Of the walk to a saddle: how many steps, how long, where it ends, and the step of differences."""

_PAIRS = ((0, 1), (0, 2), (1, 2))
_AXES = np.eye(3)
_STENCIL = np.vstack(
    [
        np.zeros((1, 3)), _AXES, -_AXES,
        *([_AXES[i] + _AXES[j]] for i, j in _PAIRS), *([-_AXES[i] - _AXES[j]] for i, j in _PAIRS),
    ]
)  # fmt: skip


class _Box(NamedTuple):
    """A cube of n points around a centre, and which of them belong to either side, shape (2, n)."""

    centre: FloatArray
    step: FloatArray
    offsets: IntArray
    sides: BoolArray

    @property
    def shape(self) -> tuple[int, int, int]:
        width = round(len(self.offsets) ** (1 / 3))
        return (width, width, width)

    @property
    def points(self) -> FloatArray:
        """Fractional coordinates, shape (n, 3)."""
        points: FloatArray = self.centre + self.offsets * self.step
        return points

    def parts(self, region: BoolArray) -> IntArray:
        """Number of the connected part that each point of a region is in; 0 outside of it."""
        parts: IntArray = label(region.reshape(self.shape), structure=_TOUCHING)[0].ravel()
        return parts


def box_radius(lattice_A: FloatArray, shape: tuple[int, ...]) -> float:
    """How far from a pass it is sampled, Å."""
    step_A = lattice_A / np.array(shape)[:, None] / 2.0
    corners = np.array(list(product((-1, 1), repeat=3))) @ step_A
    return float(2.0 * _FIRST_REACH * np.linalg.norm(corners, axis=1).max())


def refined_pass(
    found: Passes, number: int, grid: Basins, lattice_A: FloatArray, energies: Energies
) -> tuple[float, FloatArray]:
    """Find the lowest energy at which two basins join near the point where they touch on the grid.

    Energies are asked for in `box_radius` of the pass. Returns the energy and the fractional
    coordinates of its place.
    """
    box = _first_box(found, number, grid)
    while True:
        energy, place, inside = _joined(box, energies(box.points))
        spacing_A = float(np.linalg.norm(box.step[:, None] * lattice_A, axis=1).max())
        if inside is None or spacing_A <= FINEST_STEP_A:
            return energy, place
        box = _finer(box, place, inside)
        if not box.sides.any(axis=1).all():
            return energy, place


def refined_bottom(
    point: FloatArray, step: FloatArray, lattice_A: FloatArray, energies: Energies
) -> float:
    """Find the lowest energy near a point by ever smaller steps to the lowest point around.

    The point and the first steps along the lattice vectors are in fractional coordinates.
    """
    around = np.array(list(product((-1, 0, 1), repeat=3)))
    lowest = float(energies(point[None])[0])
    while float(np.linalg.norm(step[:, None] * lattice_A, axis=1).max()) > FINEST_STEP_A / 2.0:
        near = point + around * step
        energy = energies(near)
        best = int(energy.argmin())
        if energy[best] < lowest:
            point, lowest = near[best], float(energy[best])
        else:
            step = step / 2.0
    return lowest


def _cube(reach: int) -> tuple[IntArray, BoolArray]:
    """Offsets of a cube of points, and which of them are points of the grid twice as wide."""
    offsets = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    return offsets, (offsets % 2 == 0).all(axis=1)


def _first_box(found: Passes, number: int, grid: Basins) -> _Box:
    """Half steps of the grid around the pass; every other point is one of the grid."""
    size = np.array(grid.root.shape)
    offsets, is_known = _cube(_FIRST_REACH)
    over, place = np.divmod(found.point[number] + offsets[is_known] // 2, size)
    at = tuple(place.T)
    cell = grid.cell[at] + over
    basins = found.first[number], found.second[number]
    cells = found.cell[number], found.cell[number] + found.shift[number]
    sides = np.zeros((2, len(offsets)), dtype=bool)
    for side, basin, own_cell in zip(sides, basins, cells, strict=True):
        side[is_known] = (grid.root[at] == basin) & (cell == own_cell).all(axis=1)
    return _Box(found.point[number] / size, 0.5 / size, offsets, sides)


def _joined(box: _Box, energy: FloatArray) -> tuple[float, FloatArray, BoolArray | None]:
    """The lowest energy at which both sides join, where, and what is on either side below it.

    Nothing is on a side whose own points are the highest ones.
    """
    levels = np.sort(energy)
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        if _is_joined(box, energy <= levels[middle]):
            high = middle
        else:
            low = middle + 1
    at = float(levels[low])
    parts = box.parts(energy < at)
    below = parts > 0
    inside = np.array([np.isin(parts, np.unique(parts[side & below])) for side in box.sides])
    inside &= below
    beside = [
        binary_dilation(each.reshape(box.shape), structure=_TOUCHING).ravel() for each in inside
    ]
    of_level = energy == at
    between = of_level & beside[0] & beside[1]
    place = box.points[int((between if between.any() else of_level).argmax())]
    return at, place, inside if inside.any(axis=1).all() else None


def _is_joined(box: _Box, region: BoolArray) -> bool:
    parts = box.parts(region)
    first, second = (np.unique(parts[side & (parts > 0)]) for side in box.sides)
    return bool(np.isin(first, second).any())


def _finer(box: _Box, place: FloatArray, inside: BoolArray) -> _Box:
    """Half steps around a place; what was on a side stays on it."""
    offsets, is_known = _cube(_REACH)
    middle = np.rint((place - box.centre) / box.step).astype(int)
    reach = (box.shape[0] - 1) // 2
    known = middle + offsets[is_known] // 2
    within = (np.abs(known) <= reach).all(axis=1)
    index = np.ravel_multi_index(tuple((np.clip(known, -reach, reach) + reach).T), box.shape)
    sides = np.zeros((2, len(offsets)), dtype=bool)
    sides[:, is_known] = within & inside[:, index]
    return _Box(place, box.step / 2.0, offsets, sides)


def stationary_point(
    start: FloatArray, within_A: float, lattice_A: FloatArray, energies: Energies
) -> tuple[float, FloatArray, FloatArray] | None:
    """Walk from a point near a saddle to the saddle: up along its one falling mode, down the rest.

    Returns energy, fractional coordinates, and the direction of the falling mode (Cartesian); None
    where no first-order saddle is found `within_A`, as at a kink of the landscape.
    """
    to_fractional = np.asarray(np.linalg.inv(lattice_A), dtype=np.float64)
    origin_A = start @ lattice_A
    place_A: FloatArray = np.array(origin_A, dtype=np.float64)
    for _ in range(_MOST_STEPS):
        energy, slope, curvature = _expansion(place_A, to_fractional, energies)
        values, modes = np.linalg.eigh(curvature)
        along = modes.T @ slope
        if values[0] < 0.0 < values[1] and np.abs(along).max() < _FLAT_EV_A:
            return energy, place_A @ to_fractional, modes[:, 0]
        size = np.maximum(np.abs(values), _SOFTEST_EV_A2)
        step = -along / size
        step[0] = along[0] / size[0]
        length = float(np.linalg.norm(step))
        moved = modes @ step * min(1.0, _LONGEST_STEP_A / max(length, 1e-12))
        place_A = place_A + moved
        if np.linalg.norm(place_A - origin_A) > within_A:
            return None
    return None


def path_down(
    saddle: FloatArray, mode: FloatArray, far_A: float, lattice_A: FloatArray, energies: Energies
) -> Iterator[FloatArray]:
    """Fractional coordinates down from a saddle: first along a direction, then most steeply."""
    to_fractional = np.linalg.inv(lattice_A)
    origin_A = saddle @ lattice_A
    place_A = origin_A + _DOWN_A * mode
    for _ in range(_MOST_STEPS):
        if float(np.linalg.norm(place_A - origin_A)) > far_A:
            return
        yield place_A @ to_fractional
        found = energies((place_A + _STENCIL[1:7] * _APART_A) @ to_fractional)
        slope = (found[:3] - found[3:]) / (2.0 * _APART_A)
        steepness = float(np.linalg.norm(slope))
        if steepness < _FLAT_EV_A:
            return
        place_A = place_A - slope * (_DOWN_A / max(steepness, _STEEP_EV_A))


def _expansion(
    place_A: FloatArray, to_fractional: FloatArray, energies: Energies
) -> tuple[float, FloatArray, FloatArray]:
    """Energy, first and second derivatives by differences."""
    found = energies((place_A + _STENCIL * _APART_A) @ to_fractional)
    middle, up, down = float(found[0]), found[1:4], found[4:7]
    slope = (up - down) / (2.0 * _APART_A)
    curvature = np.diag((up - 2.0 * middle + down) / _APART_A**2)
    for (i, j), same, opposite in zip(_PAIRS, found[7:10], found[10:13], strict=True):
        mixed = (same + opposite - up[i] - down[i] - up[j] - down[j] + 2.0 * middle) / 2.0
        curvature[i, j] = curvature[j, i] = mixed / _APART_A**2
    return middle, slope, curvature
