"""One composition on its hull: what sets the limits of its window, and what it becomes there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.parse.formula import composition
from sseml.physics.formulas import Reaction
from sseml.physics.hull import SHORT, Basis, Equilibrium, Hull, Piece, pieces

COLLAPSED_V = 1e-6
"""A window that is narrower is none."""

_STEP = 1e-6
"""Of the ion, in element fraction: smaller than any distance between two phases."""

_NEAR = 3
"""Of the compositions that are looked up: the written one, and a step to both sides."""

_DIGITS = 4
_DECIMALS = 9
"""Of V and eV; what lies beyond is rounding."""

_SAME_EV = 1e-9
_MUCH_WIDER = 2.0
_NOTHING = 1e-9
_ON_HULL_EV = 1e-6
_BEYOND_THE_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked: the ion and, as shares, the tolerance of its amount and a trace of it."""

    ion: str
    tolerance: float
    trace: float

    def range(self) -> tuple[float, float]:
        """Changes of the ion that are looked at: so far that no trace is cut off at the ends."""
        reach = self.tolerance + max(self.trace, _BEYOND_THE_TOLERANCE)
        return max(-1.0, -reach), reach


class _Limit(NamedTuple):
    """One side of a composition: the equilibrium on the plateau that sets its limit.

    That plateau begins at the change `start` of the ion, a share; `passed` are traces before it.
    """

    beside: Equilibrium
    start: float = 0.0
    passed: tuple[Piece, ...] = ()


class _Around(NamedTuple):
    """Compositions in the order in which they are looked up, and the phases between which they lie.

    `changes` are those of the ion, as shares: none, a step and a trace to both sides, the range.
    `mixtures` are those of the first three, `entry` is the energy of the table's own phase.
    """

    changes: Sequence[float]
    compositions: FloatArray
    bases: Sequence[Basis]
    mixtures: Sequence[Equilibrium]
    entry: float | None


def sides_of(
    hull: Hull, materials: Iterable[tuple[str, Mapping[str, float]]], settings: Settings
) -> list[Sides]:
    """Look up compositions of one chemical system together; each is answered as if alone."""
    asked = list(materials)
    symbols = hull.system.symbols
    column = symbols.index(settings.ion)
    held = np.array([[amounts[symbol] for symbol in symbols] for _, amounts in asked])
    compositions = held / held.sum(axis=1, keepdims=True)
    step = np.minimum(_STEP / compositions[:, column], 0.5)
    low, high = settings.range()
    trace = np.full(len(asked), settings.trace)
    ends = np.full(len(asked), low), np.full(len(asked), high)
    changes = np.stack((0.0 * step, step, -step, trace, -trace, *ends), axis=1)
    around = np.repeat(compositions[:, np.newaxis], changes.shape[1], axis=1)
    around[:, :, column] *= 1.0 + changes
    bases = hull.bases(around.reshape(-1, len(symbols)))
    count = changes.shape[1]
    of_each = [bases[start : start + count] for start in range(0, len(bases), count)]
    near = [basis for own in of_each for basis in own[:_NEAR]]
    mixtures = hull.mixtures(near, around[:, :_NEAR].reshape(-1, len(symbols)))
    looked = [
        _Around(shares, each, own, mixtures[_NEAR * place : _NEAR * (place + 1)], entry)
        for place, (shares, each, own, entry) in enumerate(
            zip(changes.tolist(), around, of_each, hull.system.entries(compositions), strict=True)
        )
    ]
    return [
        Sides(hull, formula, amounts, settings, each)
        for (formula, amounts), each in zip(asked, looked, strict=True)
    ]


class Sides:
    """One composition on its hull, and what becomes of it to both sides."""

    def __init__(
        self,
        hull: Hull,
        formula: str,
        amounts: Mapping[str, float],
        settings: Settings,
        around: _Around,
    ) -> None:
        self.formula = formula
        self.amounts = amounts
        self._hull = hull
        self.ion = settings.ion
        self._settings = settings
        self._around = around
        self._composition = around.compositions[0]
        self._column = hull.system.symbols.index(self.ion)
        self._held = float(self._composition[self._column])
        self._step = around.changes[1]
        self._stable = around.mixtures[0]
        self._reduction, self._oxidation = self._limit(+1), self._limit(-1)
        self.V_red = self._potential(self._reduction.beside)
        self.V_ox = max(self.V_red, self._potential(self._oxidation.beside))
        self.width_V = self.V_ox - self.V_red
        self.hull_energy_eV_atom = self._stable.energy_eV

    def widest(self) -> tuple[Sides, float]:
        """Itself or, if that is much wider, what lies beside it, and the change of the ion."""
        change = self._better() if self._settings.tolerance else None
        shown = round(change or 0.0, _DECIMALS)
        if change is None or not shown:
            return self, 0.0
        held = self.amounts[self.ion]
        formula = rewritten({**self.amounts, self.ion: held * (1.0 + shown)}, self.ion)
        # the kink itself: beside it, by rounding, no simplex holds the composition beyond doubt
        amounts = {**self.amounts, self.ion: held * (1.0 + change)}
        return sides_of(self._hull, [(formula, amounts)], self._settings)[0], shown

    def decomposition(self) -> dict[str, float]:
        """Formula → amount per formula unit of what is stable at the composition."""
        atoms = self._stable.amounts * sum(self.amounts.values())
        return self._hull.system.formula_units(self._stable.phases, atoms)

    def reduction(self) -> Reaction | None:
        """What taking up the ion leads to; None where the material coexists with the metal."""
        return self._reaction(self._reduction, +1) if self.V_red > COLLAPSED_V else None

    def oxidation(self) -> Reaction:
        """What giving the ion off leads to."""
        return self._reaction(self._oxidation, -1)

    @property
    def phases(self) -> tuple[str, ...]:
        """Formulas of what sets the limits: the products of the reactions and what stays beside."""
        beside = (self._reduction.beside, self._oxidation.beside)
        rows = [row for each in beside for row in each.phases.tolist()]
        return tuple(dict.fromkeys(self._hull.system.formulas[row] for row in rows))

    def above_hull(self) -> float | None:
        """In eV/atom, of the table's own entry; None if it has none."""
        entry = self._around.entry
        if entry is None:
            return None
        above = round(entry - self._stable.energy_eV, _DECIMALS)
        return above if above > _ON_HULL_EV else 0.0

    def passed_over(self) -> Iterator[str]:
        """What set no limit, as it exchanges a trace only."""
        for name, limit in (("V_red", self._reduction), ("V_ox", self._oxidation)):
            if limit.passed:
                share = sum(piece.length for piece in limit.passed)
                volts = dict.fromkeys(f"{-p.slope / self._held:.2f}" for p in limit.passed)
                yield (
                    f"{name} passes over {100.0 * share:.1g} % of the {self.ion} "
                    f"at {' and '.join(volts)} V"
                )

    def _changed(self, change: float) -> FloatArray:
        """The composition with more or less of the ion, by a share of what is held."""
        composition: FloatArray = self._composition.copy()
        composition[self._column] *= 1.0 + change
        return composition

    def _limit(self, sign: int) -> _Limit:
        near, far = (1, 3) if sign > 0 else (2, 4)
        is_one_plateau = abs(self._slope(near) - self._slope(far)) < _SAME_EV
        if self._settings.trace <= self._step or is_one_plateau:
            return _Limit(self._around.mixtures[near])
        piece, passed = self._beyond(0.0, sign)
        if not passed:
            return _Limit(self._around.mixtures[near])
        start = piece.low if sign > 0 else piece.high
        inside = start + sign * min(self._step, piece.length / 2.0)
        return _Limit(self._hull.at(self._changed(inside)), start, passed)

    def _slope(self, place: int) -> float:
        """Potential of the ion at one of the changes that were looked up, in eV."""
        return float(self._around.bases[place].potential_eV[self._column])

    @property
    def _direction(self) -> FloatArray:
        return np.array([float(symbol == self.ion) for symbol in self._hull.system.symbols])

    def _beyond(self, place: float, sign: int) -> tuple[Piece, tuple[Piece, ...]]:
        """The piece that sets the limit on one side of a change of the ion, and the traces before.

        The sign is +1 where the ion is taken up, -1 where it is given off. A piece shorter than a
        trace is passed over, unless more than a trace is exchanged by its end.
        """
        pieces_in_order = self._pieces[::sign]
        ends = [sign * ((p.high if sign > 0 else p.low) - place) for p in pieces_in_order]
        facing = list(zip(ends, pieces_in_order, strict=True))
        ahead = [(end, piece) for end, piece in facing if end > self._step] or facing[-1:]
        below = self._settings.trace - SHORT
        short = takewhile(lambda each: each[0] < below and each[1].length < below, ahead)
        passed = tuple(piece for _, piece in short)[: len(ahead) - 1]
        return ahead[len(passed)][1], passed

    def _potential(self, equilibrium: Equilibrium) -> float:
        """Against the metal, in V; never below 0, as the metal itself is among the phases."""
        return round(max(0.0, -float(equilibrium.potential_eV[self._column])), _DECIMALS)

    @cached_property
    def _pieces(self) -> tuple[Piece, ...]:
        """The hull along the amount of the ion, by shares of what is held."""
        looked_up = {change: place for place, change in enumerate(self._around.changes)}

        def energy_and_slope(change: float) -> tuple[float, float]:
            if (place := looked_up.get(change)) is not None:
                there, basis = self._around.compositions[place], self._around.bases[place]
            else:
                there = self._changed(change)
                basis = self._hull.bases(there[np.newaxis])[0]
            slope = self._held * float(basis.potential_eV[self._column])
            return self._hull.energy(basis, there), slope

        low, high = self._settings.range()
        inner = (place for place in looked_up if low < place < high)
        return pieces(energy_and_slope, low, *sorted(inner), high)

    def _better(self) -> float | None:
        """Change of the amount of the ion, as a share, with a window more than twice as wide."""
        enough = max(_MUCH_WIDER * self.width_V, COLLAPSED_V)
        if self._slope(-1) - self._slope(-2) <= enough:
            return None
        kinks = [step.high for step in self._pieces[:-1]]
        near = [kink for kink in kinks if abs(kink) <= self._settings.tolerance + SHORT]
        places = [
            min(max(kink, -self._settings.tolerance), self._settings.tolerance) for kink in near
        ]
        widths = [self._beyond(p, +1)[0].slope - self._beyond(p, -1)[0].slope for p in places]
        most = max(widths, default=0.0)
        if most <= self._held * enough:
            return None
        nearly = most - self._held * COLLAPSED_V
        wide = [place for place, width in zip(places, widths, strict=True) if width > nearly]
        return min(wide, key=abs)

    def _reaction(self, limit: _Limit, sign: int) -> Reaction:
        """What the material becomes when it takes up or gives off one atom of the ion.

        The phases beside it are those that grow and those, the material among them, that are used
        up; the material is taken in the least amount that leaves nothing negative. What is
        exchanged before the plateau begins is part of the one atom.
        """
        system = self._hull.system
        beside = limit.beside
        coexisting = system.fractions[beside.phases].T
        begin = self._composition + limit.start * self._held * self._direction
        before, change = np.linalg.lstsq(
            coexisting, np.column_stack((begin, sign * self._direction)), rcond=None
        )[0].T
        used = change < -_NOTHING
        needed = float((-change[used] / before[used]).max())
        exchanged = 1.0 + needed * abs(limit.start) * self._held
        after = (needed * before + change) / exchanged
        products = system.formula_units(beside.phases, after)
        taken = {self.formula: needed / exchanged / sum(self.amounts.values())}
        if sign > 0:
            return Reaction({**taken, self.ion: 1.0}, products)
        return Reaction(taken, {**products, self.ion: 1.0})


def rewritten(amounts: Mapping[str, float], ion: str) -> str:
    """The formula, the amount of the ion in as many digits as are read."""
    readable = float(f"{amounts[ion]:.{_DIGITS}g}")
    return composition({**amounts, ion: readable}).formula
