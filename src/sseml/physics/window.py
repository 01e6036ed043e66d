"""Electrochemical window and stability of a material against the phases it can decompose into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sseml.parse.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import composition
from sseml.physics.cautions import POSITIVE_HYDROGEN, cautions
from sseml.physics.hull import Equilibrium, Hull
from sseml.physics.moisture import positive_hydrogen
from sseml.physics.phases import PhaseTable
from sseml.physics.profile import pieces
from sseml.physics.reactions import Reaction, of_atoms
from sseml.records import RefusedInputError

IONS = ("Li", "Na", "K")

ION_TOLERANCE = 0.05
"""Share by which the amount of the ion may be off in the formula of a real, doped material."""

_STEP = 1e-6
"""Of the ion, in element fraction: smaller than any distance between two phases."""

_DIGITS = 4
_DECIMALS = 9
"""Of V and eV; what lies beyond is rounding."""

_COLLAPSED_V = 1e-6
_MUCH_WIDER = 2.0
_NOTHING = 1e-9
_NOBLE_GASES = frozenset(("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
_ON_HULL_EV = 1e-6
_TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Window:
    """Limits between which a material neither takes up nor gives off its ion.

    Attributes
    ----------
    ion
        ``Li``, ``Na`` or ``K``; potentials are against this metal.
    V_red, V_ox
        Reduction and oxidation limit in V, equal where the window has collapsed; None where there
        is no answer, and `notes` says why.
    reduction, oxidation
        What happens at the limits, per atom of the ion taken up or given off. None for `reduction`
        where the material coexists with the metal; both None where they were not asked for.
    decomposition
        Formula → amount per formula unit: what is stable at the composition.
    hull_energy_eV_atom
        Formation energy of those phases.
    e_above_hull_eV_atom
        Of the table's own entry for the formula; None if it has none.
    formula
        What the reactions and the decomposition are of: the formula asked, unless `ion_change`.
    ion_change
        Share by which the amount of the ion was changed to find a window; 0 for the formula itself.
    notes
        What one has to know to read the numbers.
    """

    ion: str
    V_red: float | None = None
    V_ox: float | None = None
    reduction: Reaction | None = None
    oxidation: Reaction | None = None
    decomposition: Mapping[str, float] | None = None
    hull_energy_eV_atom: float | None = None
    e_above_hull_eV_atom: float | None = None
    formula: str = ""
    ion_change: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def collapsed(self) -> bool:
        """Whether there are limits, but nothing between them."""
        return (
            self.V_red is not None
            and self.V_ox is not None
            and self.V_ox - self.V_red < _COLLAPSED_V
        )


def electrochemical_window(
    table: PhaseTable,
    formula: str,
    amounts: Mapping[str, float],
    *,
    ion: str = "Li",
    tolerance: float = ION_TOLERANCE,
    corrections: Sequence[str] = (),
) -> Window:
    """Limits of one material; see `electrochemical_windows`."""
    asked = [(formula, amounts)]
    return electrochemical_windows(
        table, asked, ion=ion, tolerance=tolerance, corrections=corrections
    )[0]


def electrochemical_windows(
    table: PhaseTable,
    materials: Iterable[tuple[str, Mapping[str, float]]],
    *,
    ion: str = "Li",
    tolerance: float = ION_TOLERANCE,
    corrections: Sequence[str] = (),
    reactions: bool = True,
) -> list[Window]:
    """Limits of many materials, in order.

    Parameters
    ----------
    table
        The phases that can form.
    materials
        Formula and its element amounts in mol per formula unit.
    ion
        The mobile ion.
    tolerance
        If a composition within this share of the ion's amount has a window more than twice as wide
        as the one written, which lies beside it by rounding or doping, the widest one is given, and
        `Window.ion_change` says where it was found.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.
    reactions
        Work out the reactions at the limits too, which takes a quarter of the time.

    Raises
    ------
    RefusedInputError
        If the ion is none of `IONS`, the tolerance is not in [0, 1) or a correction is not known.

    Notes
    -----
    With the energy of the material set to the hull, its limits are the one-sided derivatives of the
    hull's energy by the amount of the ion: where the next atom taken up or given off changes the
    phases. The definition is that of doi 10.1021/acsami.5b07517 and 10.1021/acs.chemmater.5b04082.
    """
    _check_settings(ion, tolerance)
    asked = list(materials)
    found: dict[int, Window] = {}
    alike: defaultdict[frozenset[str], list[int]] = defaultdict(list)
    for place, (_, amounts) in enumerate(asked):
        if reason := _unanswerable(table, amounts, ion):
            found[place] = Window(ion, notes=(reason,))
        else:
            alike[frozenset(amounts)].append(place)
    for elements, places in alike.items():
        hull = Hull(table.system(sorted(elements), corrections))
        for place in places:
            found[place] = _answer(
                _Asked(hull, *asked[place], ion), tolerance, corrections, reactions
            )
    return [found[place] for place in range(len(asked))]


def _check_settings(ion: str, tolerance: float) -> None:
    if ion not in IONS:
        raise RefusedInputError(f"{ion!r} is no ion of a window here", f"ask {', '.join(IONS)}")
    if not 0.0 <= tolerance < 1.0:
        raise RefusedInputError(f"a tolerance of {tolerance} is no share", "write 0.05 for 5 %")


def _unanswerable(table: PhaseTable, amounts: Mapping[str, float], ion: str) -> str | None:
    """Why there is no number."""
    if not amounts.get(ion):
        other = next((symbol for symbol in IONS if amounts.get(symbol)), None)
        hint = (
            f"; its window against {other}/{other}+ can be had with the ion {other}"
            if other
            else ""
        )
        return f"no window: no {ion} in the formula{hint}"
    if gases := [symbol for symbol in amounts if symbol in _NOBLE_GASES]:
        return f"no window: {', '.join(gases)} is a noble gas, which forms no solid of this kind"
    if unknown := table.unknown(amounts):
        return f"no window: no compounds of {', '.join(unknown)} in the table of phases"
    if len(amounts) == 1:
        return f"no window: {ion} is the metal itself"
    return None


def _answer(
    written: _Asked, tolerance: float, corrections: Sequence[str], reactions: bool
) -> Window:
    chosen, change = written.within(tolerance)
    window = replace(
        chosen.window(reactions=reactions),
        e_above_hull_eV_atom=written.above_hull(),
        ion_change=change,
    )
    notes = (
        "calculated, thermodynamic: measured windows are mostly wider, often by 0.5 V and more",
        *_notes_on_the_composition(window, written),
        *_notes_on_the_table(chosen, corrections),
    )
    return replace(window, notes=notes)


class _Asked:
    """One composition on its hull, and a step to both sides of it."""

    def __init__(self, hull: Hull, formula: str, amounts: Mapping[str, float], ion: str) -> None:
        self.formula = formula
        self.amounts = amounts
        self._hull = hull
        self._ion = ion
        self._composition = hull.system.composition(amounts)
        self._direction = np.array([float(symbol == ion) for symbol in hull.system.symbols])
        self._column = hull.system.symbols.index(ion)
        self._stable = hull.at(self._composition)
        self._lithiated, self._delithiated = self._beside(+1), self._beside(-1)
        self._V_red = self._potential(self._lithiated)
        self._V_ox = max(self._V_red, self._potential(self._delithiated))
        self.width_V = self._V_ox - self._V_red

    def within(self, tolerance: float) -> tuple[_Asked, float]:
        """Itself or, if that is much wider, what lies beside it, and the change of the ion."""
        change = self._better(self.width_V, tolerance) if tolerance else None
        if not change:
            return self, 0.0
        amounts = {**self.amounts, self._ion: self.amounts[self._ion] * (1.0 + change)}
        return _Asked(self._hull, _rewritten(amounts, self._ion), amounts, self._ion), change

    def window(self, *, reactions: bool) -> Window:
        """Limits of this very composition, without notes."""
        system = self._hull.system
        held = of_atoms(
            (system.formulas[row] for row in self._stable.phases),
            system.atoms[self._stable.phases],
            self._stable.amounts * sum(self.amounts.values()),
        )
        reduced = reactions and self._V_red > _COLLAPSED_V
        return Window(
            ion=self._ion,
            V_red=self._V_red,
            V_ox=self._V_ox,
            reduction=self._reaction(self._lithiated, +1) if reduced else None,
            oxidation=self._reaction(self._delithiated, -1) if reactions else None,
            formula=self.formula,
            decomposition=held,
            hull_energy_eV_atom=self._stable.energy_eV,
            e_above_hull_eV_atom=self.above_hull(),
        )

    @property
    def phases(self) -> tuple[str, ...]:
        """Formulas of what sets the limits: the products of the reactions and what stays beside."""
        rows = (*self._lithiated.phases.tolist(), *self._delithiated.phases.tolist())
        return tuple(dict.fromkeys(self._hull.system.formulas[row] for row in rows))

    def above_hull(self) -> float | None:
        """In eV/atom, of the table's own entry; None if it has none."""
        entry = self._hull.system.entry(self._composition)
        if entry is None:
            return None
        above = round(entry - self._stable.energy_eV, _DECIMALS)
        return above if above > _ON_HULL_EV else 0.0

    def _beside(self, sign: int) -> Equilibrium:
        step = min(_STEP, self._composition[self._column] / 2.0)
        return self._hull.at(self._composition + sign * step * self._direction)

    def _potential(self, equilibrium: Equilibrium) -> float:
        """Against the metal, in V; never below 0, as the metal itself is among the phases."""
        return round(max(0.0, -float(equilibrium.potential_eV[self._column])), _DECIMALS)

    def _better(self, width_V: float, tolerance: float) -> float | None:
        """Change of the amount of the ion, as a share, with a window more than twice as wide."""
        held = float(self._composition[self._column])

        def energy_and_slope(change: float) -> tuple[float, float]:
            there = self._hull.at(self._composition + change * held * self._direction)
            return there.energy_eV, held * float(there.potential_eV[self._column])

        enough = held * max(_MUCH_WIDER * width_V, _COLLAPSED_V)
        if energy_and_slope(tolerance)[1] - energy_and_slope(-tolerance)[1] <= enough:
            return None
        steps = pieces(energy_and_slope, -tolerance, tolerance)
        jumps = [(after.slope - before.slope, before.high) for before, after in pairwise(steps)]
        widest = max((jump for jump, _ in jumps), default=0.0)
        if widest <= enough:
            return None
        return min((at for jump, at in jumps if jump > widest - held * _COLLAPSED_V), key=abs)

    def _reaction(self, beside: Equilibrium, sign: int) -> Reaction:
        """What the material becomes when it takes up or gives off one atom of the ion.

        The phases beside it are those that grow and those, the material among them, that are used
        up; the material is taken in the least amount that leaves nothing negative.
        """
        system = self._hull.system
        coexisting = system.fractions[beside.phases].T
        before, change = np.linalg.lstsq(
            coexisting, np.column_stack((self._composition, sign * self._direction)), rcond=None
        )[0].T
        used = change < -_NOTHING
        needed = float((-change[used] / before[used]).max())
        after = needed * before + change
        products = of_atoms(
            (system.formulas[row] for row in beside.phases), system.atoms[beside.phases], after
        )
        taken = {self.formula: needed / sum(self.amounts.values())}
        if sign > 0:
            return Reaction({**taken, self._ion: 1.0}, products)
        return Reaction(taken, {**products, self._ion: 1.0})


def _rewritten(amounts: Mapping[str, float], ion: str) -> str:
    readable = float(f"{amounts[ion]:.{_DIGITS}g}")
    return composition({**amounts, ion: readable}).formula


def _notes_on_the_composition(window: Window, written: _Asked) -> Iterator[str]:
    match window.e_above_hull_eV_atom:
        case None:
            yield "no entry of its own: energy set to the hull, the best case"
        case 0.0:
            yield "on the hull"
        case above:
            yield f"{above:.3f} eV/atom above the hull: energy set to the hull, the best case"
    if window.ion_change:
        shown = f"{written.width_V:.2f}"
        width = "none" if float(shown) == 0.0 else f"{shown} V wide"
        yield f"{width} as written; this is that of {_found(window, written)}"
    elif window.collapsed:
        yield "collapsed: the composition lies between phases that react at one potential"
    if elements := [name for name in window.decomposition or () if _is_element(name)]:
        yield f"decomposes into an element: {', '.join(elements)}"


def _found(window: Window, written: _Asked) -> str:
    """Formula and change of the ion; where its digits do not show one, that it was rounded."""
    if window.formula == _rewritten(written.amounts, window.ion):
        return "the formula before rounding (less than 0.05 %)"
    percent = 100.0 * window.ion_change
    shown = f"{percent:+.1f}" if abs(percent) >= _TENTH else f"{percent:+.1g}"
    return f"{window.formula} ({window.ion} {shown} %)"


def _notes_on_the_table(chosen: _Asked, corrections: Sequence[str]) -> Iterator[str]:
    if positive_hydrogen(chosen.amounts) > _NOTHING:
        yield POSITIVE_HYDROGEN + ": V_red too low by up to 0.5 V"
    yield from cautions(chosen.phases, corrections)


def _is_element(formula: str) -> bool:
    return formula.removesuffix("2") in MOLAR_MASS_G_MOL
