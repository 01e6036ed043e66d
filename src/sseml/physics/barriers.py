"""Barriers of lithium migration through a crystal: on a grid, refined where they are decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.physics.basins import (
    Barrier,
    Barriers,
    Basins,
    Opening,
    Passes,
    basins,
    openings,
    passes,
)
from sseml.physics.charges import Ion
from sseml.physics.saddles import (
    Energies,
    box_radius,
    path_down,
    refined_bottom,
    refined_pass,
    stationary_point,
)
from sseml.physics.site_energy import Landscape, site_energy
from sseml.records import Crystal

_LEAST_GAP_EV = 0.1
_MORE = 1.5
"""A pass may fall by refinement this many times as far as any has so far."""

_OF_BOTTOMS_EV = 0.5
"""Basins so far above the lowest one are not looked at more closely."""

_MOST_BOTTOMS = 400
_MOST_REFINED = 1000
"""Passes that are looked at; the others then count as on the grid."""

_DECIMALS = 6
"""Of eV; what lies beyond depends on where the points lie."""

_FAR_A = 1.5
"""How far down from a saddle a point of the grid is looked for."""

_CORNERS = np.array(list(product((0, 1), repeat=3)))
_ALONG = np.linspace(0.0, 1.0, 9)

_Saddle = tuple[float, int, int, IntArray]
"""Energy, the basins on its two sides, and the cell of the second seen from the first."""


class Measured(NamedTuple):
    """A landscape on a grid above its refined lowest point, and the refined barriers found on it.

    `zero_eV` is the energy of the lowest point; `grid_eV` the energy at which the grid itself first
    runs through, None where it does not.
    """

    energy_eV: FloatArray
    barriers: Barriers
    zero_eV: float
    grid_eV: float | None


class _Refinement:
    """The passes of a grid, looked at more closely where that can change a barrier."""

    def __init__(self, landscape: Landscape, lattice_A: FloatArray, energy: FloatArray) -> None:
        self._landscape, self._lattice_A = landscape, lattice_A
        self._energy = energy
        self._size = np.array(energy.shape)
        self._radius_A = box_radius(lattice_A, energy.shape)
        self.grid: Basins = basins(energy)
        self.bottoms = energy[tuple(self.grid.bottom.T)]
        order = np.argsort(self.bottoms, kind="stable")[:_MOST_BOTTOMS]
        limit = self.bottoms[order[0]] + _OF_BOTTOMS_EV
        for number in order[self.bottoms[order] < limit].tolist():
            point = self.grid.bottom[number] / self._size
            energies = self._landscape.around(point, self._radius_A)
            self.bottoms[number] = refined_bottom(
                point, 0.5 / self._size, self._lattice_A, energies
            )

    def barriers(
        self, energy: FloatArray, highest: float, watch: Callable[[float], None]
    ) -> tuple[Opening | None, ...]:
        """Refine the pass that decides a barrier, until all that decide are refined.

        A pass that is not refined yet counts as lower than on the grid by more than any refined
        one was found to be.
        """
        found = passes(energy, self.grid, highest + _LEAST_GAP_EV)
        is_refined = np.zeros(len(found.energy), dtype=bool)
        counting, gap = found.energy.copy(), _LEAST_GAP_EV
        while True:
            watch(1.0 - 1.0 / (1.0 + 0.05 * float(is_refined.sum())))
            opened = openings(found, counting - np.where(is_refined, 0.0, gap), self.bottoms)
            asked = {each.number for each in opened if each and not is_refined[each.number]}
            if not asked:
                return opened
            if is_refined.sum() > _MOST_REFINED:
                return openings(found, counting, self.bottoms)
            for number in asked:
                is_refined[number] = True
                on_grid = counting[number]
                counting[number], saddle = self._refined(found, number)
                lowest = counting[number]
                if saddle:
                    lowest = min(lowest, saddle[0])
                    found = found.with_one(*saddle[1:])
                    counting = np.append(counting, saddle[0])
                    is_refined = np.append(is_refined, True)
                gap = max(gap, _MORE * float(on_grid - lowest))

    def _refined(self, found: Passes, number: int) -> tuple[float, _Saddle | None]:
        """The energy of a pass by sampling, and the saddle near it with what it connects."""
        point = found.point[number] / self._size
        energies = self._landscape.around(point, self._radius_A + _FAR_A)
        energy, place = refined_pass(found, number, self.grid, self._lattice_A, energies)
        saddle = stationary_point(place, self._radius_A / 2.0, self._lattice_A, energies)
        if saddle is None:
            return energy, None
        height, at, mode = saddle
        sides = [self._basin_beside(at, sign * mode, height, energies) for sign in (1.0, -1.0)]
        if sides[0] is None or sides[1] is None:
            return energy, None
        (first, first_cell), (second, second_cell) = sides[0], sides[1]
        return energy, (height, first, second, second_cell - first_cell)

    def _basin_beside(
        self, saddle: FloatArray, mode: FloatArray, height: float, energies: Energies
    ) -> tuple[int, IntArray] | None:
        """Basin, and its cell, of the last point of the grid beside a path down from a saddle."""
        reached = None
        for place in path_down(saddle, mode, _FAR_A, self._lattice_A, energies):
            corners = np.floor(place * self._size).astype(np.int64) + _CORNERS
            over, at = np.divmod(corners, self._size)
            here = tuple(at.T)
            lowest = int(self._energy[here].argmin())
            path = place + _ALONG[:, None] * (corners[lowest] / self._size - place)
            if energies(path).max() < height:
                cell: IntArray = self.grid.cell[here][lowest] + over[lowest]
                reached = int(self.grid.root[here][lowest]), cell
        return reached


def measured(
    crystal: Crystal,
    ions: Mapping[str, Ion],
    shape: tuple[int, ...],
    highest_eV: float,
    watch: Callable[[float], None] = lambda _: None,
) -> Measured:
    """Calculate the landscape of Li⁺ on a grid, and its barriers as a finer one would have them.

    `shape` are the points along each lattice vector; barriers are looked for up to `highest_eV`
    above the lowest point. `watch` is called with the share done from 0 to 1; what it raises ends
    the calculation.
    """
    lattice_A = np.asarray(crystal.lattice_A, dtype=np.float64)
    energy = site_energy(crystal, ions, shape, lambda share: watch(0.5 * share))
    refinement = _Refinement(Landscape(crystal, ions), lattice_A, energy)
    zero = float(refinement.bottoms.min())
    opened = refinement.barriers(energy, zero + highest_eV, lambda share: watch(0.5 + 0.5 * share))
    coarse = passes(energy, refinement.grid, zero + highest_eV + _LEAST_GAP_EV)
    on_grid = openings(coarse, coarse.energy, refinement.bottoms)[0]
    return Measured(
        energy_eV=energy - zero,
        barriers=tuple(_barrier(each, zero, highest_eV) for each in opened),
        zero_eV=zero,
        grid_eV=on_grid.energy - zero if on_grid else None,
    )


def _barrier(opened: Opening | None, zero: float, highest_eV: float) -> Barrier | None:
    if opened is None or opened.energy - zero > highest_eV:
        return None
    floor = max(opened.floor - zero, 0.0)
    return Barrier(round(opened.energy - zero, _DECIMALS), round(floor, _DECIMALS))
