"""The simplex method on the phases of a chemical system: which of them hold a composition."""

from __future__ import annotations

from math import inf

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass
from sseml.physics.phases import ChemicalSystem

ZERO = 1e-11
"""Shares, and entries of a basis's inverse, of less are the zeros of exact arithmetic."""

_CHEAPER_EV = 1e-11
"""A phase this far below the plane through the others lowers the energy."""

_MISSING_EV = 1e3
"""Energy of an element that the system lacks: no answer holds it if there is another."""

_MOST_STEPS = 5000
_STEPS_BETWEEN_INVERSIONS = 25
_MOST_STEPS_ASIDE = 12


class HullError(RuntimeError):
    """The linear programme was not solved: a bug, or a composition that is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """As many phases as elements, whose mixtures fill a simplex of compositions.

    `rows` are the phases, ascending; ``inverse @ composition`` is the share of each; at
    `potential_eV` all of them are in equilibrium. Shapes (k,), (k, k) and (k,).
    """

    rows: IntArray
    inverse: FloatArray
    potential_eV: FloatArray


class Programme:
    """Minimum of Σ y·E over amounts y ≥ 0 of phases that make up a composition.

    Phases are the rows of the system and, behind them, the elements that it lacks: `fractions`,
    shape (n, k), and `energy_eV`, shape (n,).

    Notes
    -----
    Where a composition lies on an edge between simplices of phases, the answer is the simplex which
    also holds the composition with a trace more of the first element, a smaller one more of the
    second, and so on. Stepping by the same rule, `solved` never comes back to where it was.
    """

    def __init__(self, system: ChemicalSystem) -> None:
        self._symbols = system.symbols
        self.fractions, self.energy_eV, self._start = _with_every_element(system)
        self._by_element = np.ascontiguousarray(self.fractions.T)

    def solved(self, fractions: FloatArray) -> Basis:
        """Find the basis that holds a composition, from the elements on (primal simplex).

        Raises
        ------
        HullError
            If there is no end to the steps.
        """
        rows = self._start
        for _ in range(_MOST_STEPS // _STEPS_BETWEEN_INVERSIONS):
            rows, ended = self._stepped(rows, fractions)
            if ended:
                return self._basis(rows)
        raise HullError(f"the hull of {'-'.join(self._symbols)} is not solved")

    def moved(self, basis: Basis, fractions: FloatArray) -> Basis | None:
        """Step from an answer elsewhere to one here (dual simplex); None after too many steps.

        Few steps, as no phase lies below the plane of an answer. They end at the answer of `solved`
        if no other phase lies on its plane; the caller looks.
        """
        rows, inverse = basis.rows.copy(), basis.inverse.copy()
        for _ in range(_MOST_STEPS_ASIDE):
            leaving = _first_missing(inverse, inverse @ fractions)
            if leaving is None:
                return self._basis(rows)
            slope = -(self.fractions @ inverse[leaving])
            slope[rows] = 0.0
            facing = slope > ZERO
            if not facing.any():
                return None
            above_eV = self.energy_eV - self.fractions @ (self.energy_eV[rows] @ inverse)
            ratio = np.full(len(slope), inf)
            np.divide(above_eV, slope, out=ratio, where=facing)
            entering = int(ratio.argmin())
            _exchange(inverse, inverse @ self.fractions[entering], leaving)
            rows[leaving] = entering
        return None

    def heights(self, potential_eV: FloatArray) -> FloatArray:
        """How far each phase lies above the plane of these potentials, in eV/atom, shape (n,)."""
        plane = (self._by_element * potential_eV[:, np.newaxis]).sum(axis=0)
        above_eV: FloatArray = self.energy_eV - plane
        return above_eV

    def _basis(self, rows: IntArray) -> Basis:
        """Inverted afresh, phases in their order: the same numbers by whichever steps it came."""
        rows = np.sort(rows)
        inverse = np.linalg.inv(self.fractions[rows].T).astype(np.float64, copy=False)
        potential_eV = (self.energy_eV[rows, np.newaxis] * inverse).sum(axis=0)
        return Basis(rows, inverse, potential_eV)

    def _stepped(self, rows: IntArray, fractions: FloatArray) -> tuple[IntArray, bool]:
        """Exchange phases while that lowers the energy; the rows, and whether it came to an end."""
        rows = rows.copy()
        inverse = np.linalg.inv(self.fractions[rows].T)
        # the shares, and then their derivatives by the traces of `Programme`, in one table
        table = np.column_stack((inverse @ fractions, inverse))
        for _ in range(_STEPS_BETWEEN_INVERSIONS):
            above_eV = self.energy_eV - self.fractions @ (self.energy_eV[rows] @ table[:, 1:])
            entering = int(above_eV.argmin())
            if above_eV[entering] >= -_CHEAPER_EV:
                return rows, True
            change = table[:, 1:] @ self.fractions[entering]
            leaving = _first_used_up(table, change)
            _exchange(table, change, leaving)
            rows[leaving] = entering
        return rows, False


def _exchange(table: FloatArray, change: FloatArray, leaving: int) -> None:
    """Put a phase, of which an atom is `change` of the others, into the place of one of them."""
    pivot = table[leaving] / change[leaving]
    table -= change[:, np.newaxis] * pivot
    table[leaving] = pivot


def _first_used_up(table: FloatArray, change: FloatArray) -> int:
    """Row of the phase that is used up first as another enters; of several, by the traces."""
    used = change.tolist()
    rows = [row for row, amount in enumerate(used) if amount > ZERO]
    for column in table.T:
        held = column.tolist()
        ratios = [held[row] / used[row] for row in rows]
        most = min(ratios) + ZERO
        rows = [row for row, ratio in zip(rows, ratios, strict=True) if ratio <= most]
        if len(rows) == 1:
            break
    return rows[0]


def _first_missing(inverse: FloatArray, shares: FloatArray) -> int | None:
    """Row of the phase of which there is the least below zero; None if there is none.

    Of a share of zero, the first trace that matters to it says whether it is below.
    """
    listed: list[float] = shares.tolist()
    least = min(listed)
    if least < -ZERO:
        return listed.index(least)
    for row, share in enumerate(listed):
        if share < ZERO:
            counts = (entry for entry in inverse[row].tolist() if abs(entry) > ZERO)
            if next(counts, 0.0) < 0.0:
                return row
    return None


def _with_every_element(system: ChemicalSystem) -> tuple[FloatArray, FloatArray, IntArray]:
    """Fractions and energies with every element as a phase, and the rows of the elements."""
    n, k = system.fractions.shape
    row, column = np.nonzero(system.fractions == 1.0)
    alone = np.count_nonzero(system.fractions[row], axis=1) == 1
    energy_eV = np.full((n, k), inf)
    energy_eV[row[alone], column[alone]] = system.energy_eV_atom[row[alone]]
    missing = np.isinf(energy_eV.min(axis=0))
    start = np.where(missing, n + np.cumsum(missing) - 1, energy_eV.argmin(axis=0))
    return (
        np.vstack((system.fractions, np.eye(k)[missing])),
        np.concatenate((system.energy_eV_atom, np.full(missing.sum(), _MISSING_EV))),
        start,
    )
