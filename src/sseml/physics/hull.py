"""The lower convex hull of a chemical system: energies at points and along lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import dataclass
from sseml.physics.phases import ChemicalSystem
from sseml.physics.simplex import ZERO, Basis, HullError, Programme

__all__ = ["SHORT", "Basis", "Equilibrium", "Hull", "HullError", "Piece", "pieces"]

_PRESENT = 1e-10
"""Share of the atoms from which a phase is there."""

_SURE = 1e-12, 1e-10
"""A share below the one is zero, above the other it is not, however it is calculated."""

_APART_EV = 1e-9
"""Above the plane by more than this, a phase cannot be part of another answer."""

_BASES_KEPT = 48


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
class _Kept:
    """Bases that were answers, the latest first; their inverses side by side, shape (m * k, k).

    `leads`, shape (m, k), says of each phase of each basis whether it is there where its share is
    zero: in a composition with a trace more of the first element that matters to it.
    """

    bases: tuple[Basis, ...]
    inverse: FloatArray
    leads: BoolArray

    @classmethod
    def none(cls, k: int) -> _Kept:
        return cls((), np.empty((0, k)), np.empty((0, k), dtype=bool))

    @classmethod
    def only(cls, basis: Basis) -> _Kept:
        counts = np.abs(basis.inverse) > ZERO
        first = basis.inverse[np.arange(len(counts)), counts.argmax(axis=1)]
        return cls((basis,), basis.inverse, first[np.newaxis] > 0.0)

    def and_then(self, others: _Kept) -> _Kept:
        k = self.inverse.shape[1]
        return _Kept(
            (self.bases + others.bases)[:_BASES_KEPT],
            np.concatenate((self.inverse, others.inverse))[: _BASES_KEPT * k],
            np.concatenate((self.leads, others.leads))[:_BASES_KEPT],
        )

    def holding(self, fractions: FloatArray) -> list[Basis | None]:
        """For each of p compositions, shape (p, k), the basis that holds it beyond doubt."""
        if not self.bases:
            return [None] * len(fractions)
        shares = (self.inverse @ fractions.T).reshape(*self.leads.shape, -1)
        there = shares > _SURE[1]
        there |= (np.abs(shares) < _SURE[0]) & self.leads[:, :, np.newaxis]
        held: BoolArray = np.logical_and.reduce(there, axis=1)
        is_held: BoolArray = np.logical_or.reduce(held, axis=0)
        first = np.where(is_held, held.argmax(axis=0), -1)
        return [self.bases[place] if place >= 0 else None for place in first.tolist()]

    def nearest(self, fractions: FloatArray) -> Basis | None:
        """The one of which the least has to be taken away to make up a composition."""
        if not self.bases:
            return None
        shares = (self.inverse @ fractions).reshape(self.leads.shape)
        return self.bases[int(shares.min(axis=1).argmax())]


class Hull:
    """Minimum of Σ y·E over amounts y ≥ 0 of phases that make up a composition.

    The dual values of this linear programme (doi 10.1103/PhysRevB.22.1542 gives the thermodynamics)
    are the chemical potentials of the elements.

    Notes
    -----
    Where a composition lies on an edge between simplices of phases, the answer is that of the
    simplex which also holds the composition with a trace more of the first element, a smaller one
    more of the second, and so on. So there is one answer to a question, whatever was asked before.

    Bases that were answers are kept: one whose shares are not negative at another composition is
    the answer there too; where there is none, the search starts from the nearest. A basis is kept
    only if every other phase lies clearly above its plane, so that no other basis holds the same
    composition. An object may be asked from several threads.
    """

    def __init__(self, system: ChemicalSystem) -> None:
        self.system = system
        self._programme = Programme(system)
        self._kept = _Kept.none(len(system.symbols))

    def at(self, composition: FloatArray) -> Equilibrium:
        """Find the stable phases of a composition of any sum, in the system's order, shape (k,).

        Raises
        ------
        HullError
            If an amount is negative or not a number, or all are zero; or no phases make it up.
        """
        amounts = np.asarray(composition, dtype=float)
        return self.mixture(self.bases(amounts[np.newaxis])[0], amounts)

    def bases(self, compositions: FloatArray) -> list[Basis]:
        """Find the phases between which each of p compositions lies, shape (p, k).

        Raises
        ------
        HullError
            As from `at`.
        """
        totals = compositions.sum(axis=1)
        wrong = ~((compositions >= 0.0).all(axis=1) & (totals > 0.0) & (totals < inf))
        if wrong.any():
            raise HullError(f"no composition: {compositions[wrong][0]}")
        fractions = compositions / totals[:, np.newaxis]
        found = self._kept.holding(fractions)
        while missing := [place for place, basis in enumerate(found) if basis is None]:
            basis, is_only = self._found(fractions[missing[0]])
            if is_only:
                for place, held in zip(
                    missing, _Kept.only(basis).holding(fractions[missing]), strict=True
                ):
                    found[place] = held
            found[missing[0]] = basis
        return [basis for basis in found if basis]

    def mixture(self, basis: Basis, composition: FloatArray) -> Equilibrium:
        """How much there is of each phase of the basis that holds a composition.

        Raises
        ------
        HullError
            If an element is needed that the system lacks.
        """
        return self.mixtures([basis], composition[np.newaxis])[0]

    def mixtures(self, bases: Sequence[Basis], compositions: FloatArray) -> list[Equilibrium]:
        """As `mixture` for each of p bases and compositions, shape (p, k); none sees the others."""
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for place, basis in enumerate(bases):
            alike[id(basis)].append(place)
        found: dict[int, Equilibrium] = {}
        for places in alike.values():
            basis = bases[places[0]]
            found.update(zip(places, self._of_one(basis, compositions[places]), strict=True))
        return [found[place] for place in range(len(bases))]

    def _of_one(self, basis: Basis, compositions: FloatArray) -> Iterator[Equilibrium]:
        """The mixtures of the phases of one basis."""
        totals = compositions.sum(axis=1)
        fractions = compositions / totals[:, np.newaxis]
        shares = (basis.inverse * fractions[:, np.newaxis, :]).sum(axis=2)
        present = shares > _PRESENT
        is_missing = basis.rows >= len(self.system.formulas)
        if (present & is_missing).any():
            composition = compositions[(present & is_missing).any(axis=1)][0]
            raise HullError(f"no phases of {'-'.join(self.system.symbols)} make up {composition}")
        energy_eV = self._programme.energy_eV[basis.rows]
        energies = np.where(present, shares * energy_eV, 0.0).sum(axis=1) * totals
        amounts = shares * totals[:, np.newaxis]
        for energy, own, held in zip(energies.tolist(), present, amounts, strict=True):
            yield Equilibrium(energy, basis.potential_eV, basis.rows[own], held[own])

    def energy(self, basis: Basis, composition: FloatArray) -> float:
        """Energy in eV of a composition that a basis holds, as `mixture` has it."""
        shares = basis.inverse @ composition
        return float(shares @ self._programme.energy_eV[basis.rows])

    def _found(self, fractions: FloatArray) -> tuple[Basis, bool]:
        """Find the basis, and whether it is the only one; if so, it is kept."""
        near = self._kept.nearest(fractions)
        moved = self._programme.moved(near, fractions) if near else None
        if moved and self._is_kept(moved, fractions):
            return moved, True
        basis = self._programme.solved(fractions)
        return basis, self._is_kept(basis, fractions)

    def _is_kept(self, basis: Basis, fractions: FloatArray) -> bool:
        """Keep a basis if no other can take its place."""
        above_eV = self._programme.heights(basis.potential_eV)
        above_eV[basis.rows] = inf
        found = _Kept.only(basis)
        is_only = above_eV.min() > _APART_EV and found.holding(fractions[np.newaxis])[0] is basis
        if is_only:
            self._kept = found.and_then(self._kept)
        return is_only


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


def pieces(evaluate: Callable[[float], tuple[float, float]], *places: float) -> tuple[Piece, ...]:
    """Find every straight piece, in order, of a convex piecewise linear function.

    `evaluate` gives value and slope at a position; at a kink any slope between those of its sides.
    `places` are the ends and, between them, where evaluating costs nothing; all ascending.

    Notes
    -----
    Two tangents meet at or below the function; where they meet below it, the function's tangent at
    that place is a piece in between. Every evaluation finds a kink or a new piece.
    """
    known = {place: evaluate(place) for place in places}

    def remembered(place: float) -> tuple[float, float]:
        if place not in known:
            known[place] = evaluate(place)
        return known[place]

    tangents = [(place, *known[place]) for place in places]
    kinks = sorted(kink for each in pairwise(tangents) for kink in _kinks(remembered, *each))
    low, *_, high = places
    inner = _distinct([kink for kink in kinks if low + SHORT < kink < high - SHORT])
    ends = [(place, remembered(place)[0]) for place in (low, *inner, high)]
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
