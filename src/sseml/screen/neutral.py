"""All charge-neutral reduced formulas of a set of elements, up to a number of atoms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sseml.parse.formula import composition
from sseml.parse.qualifiers import Qualifiers
from sseml.records import Query, Refusal
from sseml.screen.space import NO_QUALIFIERS, Count, LeftOut, Space, refused
from sseml.screen.states import Ion, read_ion, usual_state

MAX_ATOMS = 100
COUNTED_ONE_BY_ONE = 20_000
"""So many formulas are gone through to count them, where an element has several states."""

BY_SMACT = "refused by SMACT"

_ELEMENTS = re.compile(r"\s*elements?\b\s*:?\s*(?P<listed>.*)", re.IGNORECASE)
_ATOMS = re.compile(r"[\s,;]+atoms\s*(?P<sign><=|<|=)\s*(?P<number>\d+)(?=$|[\s,;])", re.IGNORECASE)
_SMACT = re.compile(r"[\s,;]+smact\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;\s]+")
_EXAMPLE = "write elements Li,P,S,Cl atoms<=12"

States = Mapping[str, tuple[int, ...]]
"""Element → the oxidation states it may have; one of them in a formula."""


@dataclass(frozen=True, kw_only=True)
class Neutral(Space):
    """Reduced formulas with lithium that are neutral in the states given, each of them once.

    Every subset of the elements takes part. Formulas come by their number of atoms, and of as many
    atoms by their amounts in the order of the elements, low ones first.
    """

    states: States
    max_atoms: int
    is_valid: Callable[[str], bool] | None = None

    @cached_property
    def count(self) -> Count:
        """Exact where every element has one state or there are few formulas; else a bound."""
        number = _count(self.states, self.max_atoms)
        is_exact = all(len(each) == 1 for each in self.states.values())
        if not is_exact and number <= COUNTED_ONE_BY_ONE:
            number, is_exact = sum(1 for _ in self._amounts()), True
        return Count(number, is_exact and self.is_valid is None)

    def queries(
        self,
        defaults: Qualifiers = NO_QUALIFIERS,
        *,
        first_row: int = 1,
        left_out: LeftOut | None = None,
    ) -> Iterator[Query | Refusal]:
        """Give the formulas, from the smallest."""
        row = first_row
        for amounts in self._amounts():
            found = composition({s: float(n) for s, n in zip(self.states, amounts, strict=True)})
            if self.is_valid is not None and not self.is_valid(found.formula):
                if left_out is not None:
                    left_out[BY_SMACT] += 1
                continue
            yield Query(row, found.formula, found, defaults.temperature_C)
            row += 1

    def _amounts(self) -> Iterator[tuple[int, ...]]:
        """Amounts of the elements without a common divisor."""
        states = list(self.states.values())
        reach = _Reach(states, self.max_atoms)
        for atoms in range(2, self.max_atoms + 1):
            for amounts in reach.neutral(atoms):
                if math.gcd(*amounts) == 1:
                    yield amounts


class _Reach:
    """Which charges the elements from each place on can make up, as bits of a whole number.

    Bit c + `zero` of a set stands for the charge c. It is known before an amount is chosen whether
    the others can balance it, so that no search is in vain.
    """

    def __init__(self, states: Sequence[Sequence[int]], max_atoms: int) -> None:
        self.states = states
        self.zero = max_atoms * max(abs(state) for each in states for state in each)
        self.full = (1 << (2 * self.zero + 1)) - 1
        # balancing[i][n]: charges that n atoms of the elements from i on can balance.
        last = [1 << self.zero, *([0] * max_atoms)]
        self.balancing = [last]
        for each in reversed(states):
            before = self.balancing[0]
            with_it = list(before)
            for state in each:
                run = [0] * (max_atoms + 1)
                for atoms in range(1, max_atoms + 1):
                    run[atoms] = self._shifted(before[atoms - 1] | run[atoms - 1], -state)
                    with_it[atoms] |= run[atoms]
            self.balancing.insert(0, with_it)

    def _shifted(self, charges: int, by: int) -> int:
        return (charges << by if by >= 0 else charges >> -by) & self.full

    def neutral(self, atoms: int) -> Iterator[tuple[int, ...]]:
        """Amounts of exactly so many atoms that are neutral, with at least one of the first."""
        return self._from(0, atoms, 1 << self.zero, ())

    def _from(
        self, place: int, atoms: int, charges: int, amounts: tuple[int, ...]
    ) -> Iterator[tuple[int, ...]]:
        """`charges` are those that the amounts so far may have."""
        if place == len(self.states):
            yield amounts
            return
        balancing = self.balancing[place + 1]
        for amount in range(0 if place else 1, atoms + 1):
            now = 0
            for state in self.states[place] if amount else (0,):
                now |= self._shifted(charges, amount * state)
            if now & balancing[atoms - amount]:
                yield from self._from(place + 1, atoms - amount, now, (*amounts, amount))


def _count(states: States, max_atoms: int) -> int:
    """Number of neutral formulas without a common divisor; of several states each counts.

    Formulas of n atoms or fewer with the common divisor d are those of n/d atoms or fewer, so that
    the sum over d with the Möbius function counts those without one.
    """
    neutral = _neutral_by_atoms(list(states.values()), max_atoms)
    up_to = [sum(neutral[: atoms + 1]) for atoms in range(max_atoms + 1)]
    return sum(_moebius(d) * up_to[max_atoms // d] for d in range(1, max_atoms + 1))


def _neutral_by_atoms(states: Sequence[Sequence[int]], max_atoms: int) -> list[int]:
    """How many amounts, with at least one of the first, are neutral, by their number of atoms."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(max_atoms))]
    for place, each in enumerate(states):
        new: list[dict[int, int]] = [dict(row) if place else {} for row in ways]
        for state in each:
            run: list[dict[int, int]] = [{} for _ in range(max_atoms + 1)]
            for atoms in range(1, max_atoms + 1):
                for row in (ways[atoms - 1], run[atoms - 1]):
                    for charge, number in row.items():
                        with_one = charge + state
                        run[atoms][with_one] = run[atoms].get(with_one, 0) + number
                for charge, number in run[atoms].items():
                    new[atoms][charge] = new[atoms].get(charge, 0) + number
        ways = new
    return [row.get(0, 0) for row in ways]


def _moebius(number: int) -> int:
    """0 if a square divides a number, else 1 or -1 by how many primes divide it."""
    sign, divisor = 1, 2
    while number > 1:
        if number % divisor == 0:
            number //= divisor
            if number % divisor == 0:
                return 0
            sign = -sign
        divisor += 1
    return sign


def names_elements(text: str) -> bool:
    """Tell whether a text begins with the word ``elements``."""
    return _ELEMENTS.match(text) is not None


def read_neutral(text: str) -> Neutral:
    """Read a set of elements and the largest number of atoms.

    Raises
    ------
    SpaceRefusedError
        With the place of what cannot be read; or if SMACT is asked for and not installed.
    """
    is_valid = None
    written = text
    if filtered := _SMACT.search(written):
        is_valid = _smact(text, filtered.start())
        written = written[: filtered.start()]
    atoms = _ATOMS.search(written)
    if atoms is None:
        raise refused(text, 0, "it does not say how many atoms a formula may have", _EXAMPLE)
    max_atoms = int(atoms["number"]) - (atoms["sign"] == "<")
    if not 2 <= max_atoms <= MAX_ATOMS:
        raise refused(
            text,
            atoms.start("number"),
            f"a formula of up to {max_atoms} atoms is not gone through",
            f"write 2 to {MAX_ATOMS}",
        )
    if behind := written[atoms.end() :].strip(" ,;"):
        raise refused(text, text.find(behind, atoms.end()), f"{behind!r} is not known", _EXAMPLE)
    found = _ELEMENTS.match(written[: atoms.start()])
    assert found is not None
    states = _read_states(text, found["listed"], found.start("listed"))
    ions = ", ".join(str(Ion(symbol, state)) for symbol in states for state in states[symbol])
    note = f"balanced with {ions}; another state, or several, is written as in Te4+"
    return Neutral(text=text, notes=(note,), states=states, max_atoms=max_atoms, is_valid=is_valid)


def _read_states(text: str, listed: str, start: int) -> dict[str, tuple[int, ...]]:
    states: dict[str, tuple[int, ...]] = {}
    for name in filter(None, _BETWEEN.split(listed)):
        at = start + listed.find(name)
        ion = read_ion(name)
        if ion is None:
            raise refused(text, at, f"{name!r} is not an element or ion", "write P, or P3+")
        state = ion.state or usual_state(ion.symbol)
        if state is None:
            fix = f"leave it out, or write its charge, such as {ion.symbol}2+"
            raise refused(text, at, f"no oxidation state of {ion.symbol} is usual", fix)
        if state in states.get(ion.symbol, ()):
            raise refused(text, at, f"{name} is written twice", "leave one out")
        states[ion.symbol] = (*states.get(ion.symbol, ()), state)
    if "Li" not in states:
        raise refused(text, start, "lithium is missing", "write elements Li,…")
    if not any(state < 0 for each in states.values() for state in each):
        raise refused(text, start, "no element is an anion", "add one, such as S, O, Cl or P3-")
    return {"Li": states.pop("Li"), **states}


def _smact(text: str, start: int) -> Callable[[str], bool]:
    """The validity test of SMACT, doi 10.1016/j.chempr.2016.09.010 and 10.21105/joss.01361."""
    try:
        from smact.screening import smact_validity  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise refused(
            text,
            start,
            f"the filter needs {error.name!r}, which is not installed",
            "pip install 'sseml[smact]', or leave smact out",
        ) from None
    return lambda formula: bool(smact_validity(formula))
