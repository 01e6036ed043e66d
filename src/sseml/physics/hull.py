"""The lower convex hull of a chemical system: energies at points and along lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.physics.phases import ChemicalSystem

_PRESENT = 1e-10
"""Share of the atoms from which a phase is there."""

_ZERO = 1e-11
"""Shares, and entries of a basis's inverse, of less are the zeros of exact arithmetic."""

_SURE = 1e-12, 1e-10
"""A share below the one is zero, above the other it is not, however it is calculated."""

_CHEAPER_EV = 1e-11
"""A phase this far below the plane through the others lowers the energy."""

_APART_EV = 1e-9
"""Above the plane by more than this, a phase cannot be part of another answer."""

_MISSING_EV = 1e3
"""Energy of an element that the system lacks: no answer holds it if there is another."""

_MOST_STEPS = 5000
_STEPS_BETWEEN_INVERSIONS = 25
_BASES_KEPT = 48


class HullError(RuntimeError):
    """The linear programme was not solved: a bug, or a composition that is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Equilibrium:
    """What is stable at a composition.

    The energy is for the amounts that were asked; `potential_eV`, shape (k,), is of each element
    against the pure one. Where the composition lies between fewer phases than elements, several
    potentials hold: see `Hull`. `phases` are rows of the system, `amounts` theirs in atoms.
    """

    energy_eV: float
    potential_eV: FloatArray
    phases: IntArray
    amounts: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Basis:
    """As many phases as elements, whose mixtures fill a simplex of compositions.

    `rows` are the phases, ascending; ``inverse @ composition`` is the share of each; at
    `potential_eV` all of them are in equilibrium. Shapes (k,), (k, k) and (k,).
    """

    rows: IntArray
    inverse: FloatArray
    potential_eV: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """Bases that were answers, the latest first; their inverses side by side, shape (m * k, k).

    `leads` says of each phase of each basis whether it is there where its share is zero: in a
    composition with a trace more of the first element that matters to it.
    """

    bases: tuple[_Basis, ...]
    inverse: FloatArray
    leads: BoolArray

    @classmethod
    def none(cls, k: int) -> _Kept:
        return cls((), np.empty((0, k)), np.empty((0, k), dtype=bool))

    @classmethod
    def only(cls, basis: _Basis) -> _Kept:
        counts = np.abs(basis.inverse) > _ZERO
        first = np.take_along_axis(basis.inverse, counts.argmax(axis=1)[:, np.newaxis], axis=1)
        return cls((basis,), basis.inverse, first.T > 0.0)

    def and_then(self, others: _Kept) -> _Kept:
        k = self.inverse.shape[1]
        return _Kept(
            (self.bases + others.bases)[:_BASES_KEPT],
            np.concatenate((self.inverse, others.inverse))[: _BASES_KEPT * k],
            np.concatenate((self.leads, others.leads))[:_BASES_KEPT],
        )

    def holding(self, fractions: FloatArray) -> _Basis | None:
        """The one whose simplex holds a composition beyond doubt."""
        if not self.bases:
            return None
        shares = (self.inverse @ fractions).reshape(self.leads.shape)
        there = (shares > _SURE[1]) | ((np.abs(shares) < _SURE[0]) & self.leads)
        held = np.flatnonzero(there.all(axis=1))
        return self.bases[held[0]] if held.size else None


class Hull:
    """Minimum of Σ y·E over amounts y ≥ 0 of phases that make up a composition.

    The dual values of this linear programme (doi 10.1103/PhysRevB.22.1542 gives the thermodynamics)
    are the chemical potentials of the elements.

    Notes
    -----
    Where a composition lies on an edge between simplices of phases, the answer is that of the
    simplex which also holds the composition with a trace more of the first element, a smaller one
    more of the second, and so on. So there is one answer to a question, whatever was asked before,
    and the simplex method, stepping by the same rule, never comes back to where it was.

    Bases that were answers are kept: one whose shares are not negative at another composition is
    the answer there too. A basis is kept only if every other phase lies clearly above its plane, so
    that no other basis holds the same composition. An object may be asked from several threads.
    """

    def __init__(self, system: ChemicalSystem) -> None:
        self.system = system
        self._fractions, self._energy_eV, self._start = _with_every_element(system)
        self._by_element = np.ascontiguousarray(self._fractions.T)
        self._kept = _Kept.none(len(system.symbols))

    def at(self, composition: FloatArray) -> Equilibrium:
        """Find the stable phases of a composition of any sum, in the system's order, shape (k,).

        Raises
        ------
        HullError
            If an amount is negative or not a number, or all are zero; or no phases make it up.
        """
        amounts = np.asarray(composition, dtype=float)
        total = float(amounts.sum())
        if not ((amounts >= 0.0).all() and 0.0 < total < inf):
            raise HullError(f"no composition: {composition}")
        fractions = amounts / total
        basis = self._kept.holding(fractions)
        if basis is None:
            basis = self._solved(fractions)
        shares = (basis.inverse * fractions).sum(axis=1)
        present = shares > _PRESENT
        phases = basis.rows[present]
        if phases.size and phases[-1] >= len(self.system.formulas):
            raise HullError(f"no phases of {'-'.join(self.system.symbols)} make up {composition}")
        return Equilibrium(
            energy_eV=float((shares[present] * self._energy_eV[phases]).sum()) * total,
            potential_eV=basis.potential_eV,
            phases=phases,
            amounts=shares[present] * total,
        )

    def _solved(self, fractions: FloatArray) -> _Basis:
        """Find the basis from the elements on, and keep it if no other can take its place."""
        rows = self._start
        for _ in range(_MOST_STEPS // _STEPS_BETWEEN_INVERSIONS):
            rows, ended = self._stepped(rows, fractions)
            if ended:
                basis = self._basis(rows)
                self._keep(basis, fractions)
                return basis
        raise HullError(f"the hull of {'-'.join(self.system.symbols)} is not solved")

    def _basis(self, rows: IntArray) -> _Basis:
        """Inverted afresh, phases in their order: the same numbers by whichever steps it came."""
        rows = np.sort(rows)
        inverse = np.linalg.inv(self._fractions[rows].T).astype(np.float64)
        potential_eV = (self._energy_eV[rows, np.newaxis] * inverse).sum(axis=0)
        return _Basis(rows, inverse, potential_eV)

    def _stepped(self, rows: IntArray, fractions: FloatArray) -> tuple[IntArray, bool]:
        """Exchange phases while that lowers the energy; the rows, and whether it came to an end."""
        rows = rows.copy()
        inverse = np.linalg.inv(self._fractions[rows].T)
        # the shares, and then their derivatives by the traces of `Hull`, in one table
        table = np.column_stack((inverse @ fractions, inverse))
        for _ in range(_STEPS_BETWEEN_INVERSIONS):
            above_eV = self._heights(self._energy_eV[rows] @ table[:, 1:])
            entering = int(above_eV.argmin())
            if above_eV[entering] >= -_CHEAPER_EV:
                return rows, True
            change = table[:, 1:] @ self._fractions[entering]
            leaving = _first_used_up(table, change)
            pivot = table[leaving] / change[leaving]
            table -= change[:, np.newaxis] * pivot
            table[leaving] = pivot
            rows[leaving] = entering
        return rows, False

    def _keep(self, basis: _Basis, fractions: FloatArray) -> None:
        above_eV = self._heights(basis.potential_eV)
        above_eV[basis.rows] = inf
        found = _Kept.only(basis)
        if above_eV.min() > _APART_EV and found.holding(fractions):
            self._kept = found.and_then(self._kept)

    def _heights(self, potential_eV: FloatArray) -> FloatArray:
        """How far each phase lies above the plane of these potentials, in eV/atom."""
        plane = (self._by_element * potential_eV[:, np.newaxis]).sum(axis=0)
        above_eV: FloatArray = self._energy_eV - plane
        return above_eV


def _first_used_up(table: FloatArray, change: FloatArray) -> int:
    """Row of the phase that is used up first as another enters; of several, by the traces."""
    rows = np.flatnonzero(change > _ZERO)
    for column in table.T:
        ratio = column[rows] / change[rows]
        rows = rows[ratio <= ratio.min() + _ZERO]
        if len(rows) == 1:
            break
    return int(rows[0])


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


_FLAT = 1e-9
"""Slopes (eV) and energies (eV) that differ by less are the same."""

SHORT = 1e-7
"""Kinks nearer to each other or to an end are one: where they lie is known no better."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight part of the hull, from `low` to `high` along a line, with its energies there."""

    low: float
    energy_low: float
    high: float
    energy_high: float

    @property
    def length(self) -> float:
        """From one end to the other."""
        return self.high - self.low

    @property
    def slope(self) -> float:
        """Energy per unit of length."""
        return (self.energy_high - self.energy_low) / self.length


def pieces(
    evaluate: Callable[[float], tuple[float, float]], low: float, high: float
) -> tuple[Piece, ...]:
    """Find every straight piece, in order, of a convex piecewise linear function.

    `evaluate` gives value and slope at a position; at a kink any slope between those of its sides.

    Notes
    -----
    Two tangents meet at or below the function; where they meet below it, the function's tangent at
    that place is a piece in between. Every evaluation finds a kink or a new piece.
    """
    kinks = _kinks(evaluate, (low, *evaluate(low)), (high, *evaluate(high)))
    inner = _distinct([kink for kink in sorted(kinks) if low + SHORT < kink < high - SHORT])
    places = [low, *inner, high]
    values = [evaluate(place)[0] for place in places]
    ends = list(zip(places, values, strict=True))
    return _joined([Piece(*a, *b) for a, b in pairwise(ends)])


def _distinct(places: list[float]) -> list[float]:
    return [b for a, b in pairwise([-inf, *places]) if b - a > SHORT]


_Tangent = tuple[float, float, float]


def _kinks(
    evaluate: Callable[[float], tuple[float, float]], left: _Tangent, right: _Tangent
) -> list[float]:
    """Places where the function bends between the points of two tangents."""
    (a, value_a, slope_a), (b, value_b, slope_b) = left, right
    if slope_b - slope_a < _FLAT:
        return []
    if b - a < SHORT:
        return [(a + b) / 2.0]
    meeting = (value_a - slope_a * a - value_b + slope_b * b) / (slope_b - slope_a)
    meeting = min(max(meeting, a), b)
    below = value_a + slope_a * (meeting - a)
    value, slope = evaluate(meeting)
    if value - below < _FLAT:
        return [meeting]
    between = (meeting, value, slope)
    return [*_kinks(evaluate, left, between), *_kinks(evaluate, between, right)]


def _joined(parts: list[Piece]) -> tuple[Piece, ...]:
    """Join neighbours whose slope does not rise."""
    joined: list[Piece] = []
    for part in parts:
        if joined and part.slope - joined[-1].slope < _FLAT:
            before = joined[-1]
            joined[-1] = Piece(before.low, before.energy_low, part.high, part.energy_high)
        else:
            joined.append(part)
    return tuple(joined)
