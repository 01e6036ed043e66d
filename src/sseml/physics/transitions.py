"""Known phase transitions of lithium electrolytes, found by composition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from math import inf
from typing import Literal, NamedTuple

import numpy as np

from sseml.classes import dataclass
from sseml.parse.formula import parse_formula
from sseml.parse.space_groups import SYSTEMS, crystal_system
from sseml.patterns import late
from sseml.physics.elements import packaged_rows
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

_SAME = 1e-3
"""Half the summed difference of element fractions below which a composition is the same one."""

_SYMBOL = late("[A-Z][a-z]?")

Named = Literal["none", "low", "high", "other"]


@dataclass(frozen=True, slots=True)
class Structure:
    """What is known of a form: its space group number, or its crystal system (0 to 6), or less."""

    space_group_number: int | None = None
    system: int | None = None

    @classmethod
    def read(cls, text: str) -> Structure:
        """From a space group number, the name of a crystal system, or nothing."""
        if text.isdecimal():
            return cls(int(text), crystal_system(int(text)))
        names = [name for name, *_ in SYSTEMS]
        return cls(None, names.index(text)) if text else cls()


class Point(NamedTuple):
    """A temperature in °C and log10 of the σ in S/cm there."""

    temperature_C: float
    log10_sigma: float

    def carried(self, energy_eV: float, temperature_C: float) -> float:
        """log10 of σ in S/cm of the same form at another temperature."""
        return float(
            arrhenius_log10_sigma(
                np.asarray(self.log10_sigma),
                np.asarray(energy_eV),
                celsius_to_kelvin(self.temperature_C),
                celsius_to_kelvin(temperature_C),
            )
        )


@dataclass(frozen=True, slots=True)
class Transition:
    """A phase transition and what was measured beyond it; what is not known is None.

    `point` is a measured one of the high-temperature branch, `energy_above_eV` and
    `energy_below_eV` are the activation energies of σT on the two sides, `jump_decades` is the rise
    of σ at the transition.
    """

    formula: str
    temperature_C: float
    low_form: str
    high_form: str
    low: Structure
    high: Structure
    point: Point | None
    energy_above_eV: float | None
    energy_below_eV: float | None
    jump_decades: float | None
    only_if_named: bool
    source: str

    def named(self, space_group_number: int | None) -> Named:
        """Which of the forms a space group stands for."""
        if space_group_number is None:
            return "none"
        numbers = self.low.space_group_number, self.high.space_group_number
        if space_group_number in numbers and numbers[0] != numbers[1]:
            return "low" if space_group_number == numbers[0] else "high"
        system = crystal_system(space_group_number)
        is_low, is_high = system == self.low.system, system == self.high.system
        if is_low and is_high:
            return "none"
        if is_low or (not is_high and self.low.system is None and self.high.system is not None):
            return "low"
        if is_high or (self.high.system is None and self.low.system is not None):
            return "high"
        return "none" if self.low.system is None else "other"

    def concerns(self, space_group_number: int | None) -> bool:
        """Whether an answer about this structure has to be carried across.

        Not where the high-temperature form is named and no point of it is listed: the answer is
        about that form already.
        """
        named = self.named(space_group_number)
        if named == "other" or (self.only_if_named and named == "none"):
            return False
        return named != "high" or self.limits

    @property
    def on_heating(self) -> bool:
        """Whether it lies above 25 °C, where the model's line starts."""
        return self.temperature_C >= ROOM_TEMPERATURE_C

    @property
    def limits(self) -> bool:
        """Whether it says what σ does not exceed below it: it does not fall on heating."""
        return self.on_heating and self.point is not None

    def is_passed(self, temperature_C: float) -> bool:
        """Whether it lies between 25 °C and a temperature."""
        if self.on_heating:
            return temperature_C > self.temperature_C
        return temperature_C < self.temperature_C

    @property
    def bend_energy(self) -> float | None:
        """The energy that σT follows from the transition on, where no point beyond it is listed.

        A lower energy than before says that σ jumps, and without the jump not how it goes on.
        """
        above = self.energy_above_eV
        if not self.on_heating:
            return self.energy_below_eV
        if self.jump_decades is not None or (above or 0.0) > (self.energy_below_eV or inf):
            return above
        return None

    @property
    def says(self) -> str:
        """The transition as a note names it, with its source."""
        forms = f"{self.low_form or 'low-temperature form'} → "
        forms += self.high_form or "high-temperature form"
        return f"the transition at {self.temperature_C:g} °C ({forms}, {self.source})"


class Transitions:
    """The listed transitions, found by composition.

    Parameters
    ----------
    listed
        Any order; those of one composition are one sequence of forms.
    """

    def __init__(self, listed: Sequence[Transition]) -> None:
        self._by_elements: dict[frozenset[str], list[Transition]] = {}
        for transition in sorted(listed, key=lambda one: one.temperature_C):
            elements = frozenset(_SYMBOL.findall(transition.formula))
            self._by_elements.setdefault(elements, []).append(transition)

    @classmethod
    def load(cls) -> Transitions:
        """The packaged table, which `tools/package_transitions.py` derives."""
        return _packaged()

    def find(
        self,
        amounts: Mapping[str, float],
        space_group_number: int | None,
        temperature_C: float,
    ) -> tuple[Transition, ...]:
        """Transitions that an answer at a temperature depends on, the nearest to 25 °C first.

        Those between 25 °C and the temperature, and those ahead whose branch limits σ below them.

        Parameters
        ----------
        amounts
            Element symbol → amount in mol; the material is a listed one if it has the same elements
            and half the summed difference of their fractions is below 0.001.
        space_group_number
            Of the form that is asked about, or None.
        temperature_C
            Asked temperature.
        """
        listed = self._by_elements.get(frozenset(amounts))
        if listed is None:
            return ()
        total = sum(amounts.values())
        found = [
            transition
            for transition in listed
            if _apart(_fractions(transition.formula), amounts, total) < _SAME
            and (transition.limits or transition.is_passed(temperature_C))
            and transition.concerns(space_group_number)
        ]
        return tuple(sorted(found, key=lambda one: abs(one.temperature_C - ROOM_TEMPERATURE_C)))


@cache
def _fractions(formula: str) -> Mapping[str, float]:
    """Element fractions of a listed formula; most lists ask for few of them."""
    return parse_formula(formula).fractions()


def _apart(fractions: Mapping[str, float], amounts: Mapping[str, float], total: float) -> float:
    return sum(abs(share - amounts[symbol] / total) for symbol, share in fractions.items()) / 2.0


@cache
def _packaged() -> Transitions:
    return Transitions([_read(row) for row in packaged_rows("physics/data/transitions.csv")])


def _read(row: Sequence[str]) -> Transition:
    formula, at_C, low_form, high_form, low, high, *numbers, use, source = row
    point_C, log10_sigma, above_eV, below_eV, jump = (
        float(number) if number else None for number in numbers
    )
    return Transition(
        formula=formula,
        temperature_C=float(at_C),
        low_form=low_form,
        high_form=high_form,
        low=Structure.read(low),
        high=Structure.read(high),
        point=None if point_C is None or log10_sigma is None else Point(point_C, log10_sigma),
        energy_above_eV=above_eV,
        energy_below_eV=below_eV,
        jump_decades=jump,
        only_if_named=use == "named",
        source=source,
    )
