"""Aliovalent doping: every dopant at every amount, with lithium taken or added for the charge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product
from math import inf, prod
from typing import NamedTuple

from sseml.parse.formula import composition
from sseml.parse.grammar import NOTHING
from sseml.parse.material import parse_material
from sseml.parse.qualifiers import Qualifiers, read_sweep
from sseml.physics.charges import ions_of
from sseml.records import Composition, Query, Refusal, RefusedInputError
from sseml.screen.space import NO_QUALIFIERS, Count, LeftOut, Space, refused
from sseml.screen.states import Ion, read_ion, usual_state

COUNTED_ONE_BY_ONE = 100_000
"""So many points are gone through to count them exactly; of more, their product is a bound."""

NO_SITE = "more dopant than there is of the element it replaces"
NO_LITHIUM = "no lithium would be left"
BEYOND_BOUND = "lithium beyond the bound"
AS_ANOTHER = "the same dopants as in another candidate"

_DOPE = re.compile(r"(?:^|[\s;,]+)dope\s+", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?P<site>[A-Z][^\s:]*)\s*:\s*\{?(?P<dopants>[A-Z][^:{}]*?)\}?\s+(?P<amounts>[\d.][\d.,:/ ]*)"
)
_BOUND = re.compile(r"[;,\s]+Li\s*(?P<sign><=|>=)\s*(?P<amount>\d+(?:\.\d+)?)\s*(?=$|[;,\s])")
_BETWEEN = re.compile(r"[,;/\s]+")
_WHOLE = 0.02
"""A mean charge this near a whole number is one."""

_NEUTRAL = 0.005
"""Charge per atom that a host may lack: the rounding of its formula."""

_EXAMPLE = "write dope Zr: Ta,Nb 0:0.6:0.1 (element replaced: dopants, first:last:step)"

_AMOUNTS = "write first:last:step, such as 0:0.6:0.1, or a list, such as 0.1, 0.25"

MAX_CLAUSES = 5
"""More replacements of one element are not told apart from each other."""


class Dopant(NamedTuple):
    """A dopant and its amount in mol per formula unit."""

    ion: Ion
    amount: float


class Clause(NamedTuple):
    """One replacement: the element that is replaced, its dopants, and their amounts."""

    site: Ion
    dopants: tuple[Ion, ...]
    amounts: tuple[float, ...]

    def choices(self) -> list[Dopant | None]:
        """Every dopant at every amount, dopants changing slowest; None, once, for nothing."""
        nothing: list[Dopant | None] = [None] if 0.0 in self.amounts else []
        above = [amount for amount in self.amounts if amount > 0]
        return nothing + [Dopant(ion, amount) for ion in self.dopants for amount in above]


Point = Sequence[Dopant | None]
"""The dopant of each clause."""


@dataclass(frozen=True, kw_only=True)
class Doping(Space):
    """Doped formulas of a host, each of them once.

    For an amount a of a dopant of charge d in the place of an ion of charge s, the lithium changes
    by a (s - d), so that the formula stays as neutral as the host. Left out are points with less
    than no ion to replace, without lithium or with lithium beyond the bounds.
    """

    host: Composition
    clauses: tuple[Clause, ...]
    lithium: tuple[float, float] = (0.0, inf)

    @cached_property
    def count(self) -> Count:
        """Exact up to `COUNTED_ONE_BY_ONE` points; else an upper bound."""
        points = prod(len(clause.choices()) for clause in self.clauses)
        if points > COUNTED_ONE_BY_ONE:
            return Count(points, is_exact=False)
        return Count(sum(1 for _ in self._amounts(LeftOut())))

    def queries(
        self,
        defaults: Qualifiers = NO_QUALIFIERS,
        *,
        first_row: int = 1,
        left_out: LeftOut | None = None,
    ) -> Iterator[Query | Refusal]:
        """Give the candidates; the first clause changes slowest."""
        why = LeftOut() if left_out is None else left_out
        for row, amounts in enumerate(self._amounts(why), start=first_row):
            doped = composition(amounts)
            yield Query(row, doped.formula, doped, defaults.temperature_C)

    def _amounts(self, left_out: LeftOut) -> Iterator[dict[str, float]]:
        numbered = [
            {dopant: number for number, dopant in enumerate(clause.choices())}
            for clause in self.clauses
        ]
        exchangeable = _clauses_of_one_site(self.clauses)
        for point in product(*numbered):
            if any(_comes_again(point, places, numbered) for places in exchangeable):
                left_out[AS_ANOTHER] += 1
                continue
            amounts = self._doped(point)
            reason = self._why_not(amounts)
            if reason:
                left_out[reason] += 1
            else:
                yield {symbol: amount for symbol, amount in amounts.items() if amount > NOTHING}

    def _doped(self, point: Point) -> dict[str, float]:
        amounts = dict(self.host.amounts)
        for clause, dopant in zip(self.clauses, point, strict=True):
            if dopant is None:
                continue
            assert clause.site.state is not None
            assert dopant.ion.state is not None
            amounts[clause.site.symbol] -= dopant.amount
            symbol = dopant.ion.symbol
            amounts[symbol] = amounts.get(symbol, 0.0) + dopant.amount
            amounts["Li"] += dopant.amount * (clause.site.state - dopant.ion.state)
        return amounts

    def _why_not(self, amounts: dict[str, float]) -> str:
        """Why these amounts are no candidate; empty if they are one."""
        low, high = self.lithium
        if any(amount < -NOTHING for symbol, amount in amounts.items() if symbol != "Li"):
            return NO_SITE
        if amounts["Li"] < NOTHING:
            return NO_LITHIUM
        if not low - NOTHING <= amounts["Li"] <= high + NOTHING:
            return BEYOND_BOUND
        return ""


def _clauses_of_one_site(clauses: Sequence[Clause]) -> list[list[int]]:
    """Places of the clauses that replace the same element, where there are several."""
    places: dict[str, list[int]] = {}
    for place, clause in enumerate(clauses):
        places.setdefault(clause.site.symbol, []).append(place)
    return [each for each in places.values() if len(each) > 1]


def _comes_again(
    point: Point, places: Sequence[int], numbered: Sequence[Mapping[Dopant | None, int]]
) -> bool:
    """Whether clauses of one site name a dopant twice, or come in another order before."""
    here = [point[place] for place in places]
    named = [dopant.ion.symbol for dopant in here if dopant is not None]
    if len(set(named)) < len(named):
        return True
    choices = [numbered[place] for place in places]

    def numbers(dopants: Point) -> list[int]:
        return [choice[dopant] for choice, dopant in zip(choices, dopants, strict=True)]

    own = numbers(here)
    return any(
        numbers(others) < own
        for others in permutations(here)
        if all(dopant in choice for choice, dopant in zip(choices, others, strict=True))
    )


def names_doping(text: str) -> bool:
    """Tell whether a text is a host with the word ``dope`` behind it."""
    return _DOPE.search(text) is not None


def read_doping(text: str) -> Doping:
    """Read a host and what it is doped with.

    Raises
    ------
    SpaceRefusedError
        With the place of what cannot be read.
    """
    found = list(_DOPE.finditer(text))
    written, lithium = _without_bounds(text, found[0].end())
    host_text = text[: found[0].start()].strip()
    host, ions = _read_host(text, host_text)
    ends = [*(each.start() for each in found[1:]), len(written)]
    clauses = tuple(
        _read_clause(text, written[each.end() : end], each.end(), host, ions)
        for each, end in zip(found, ends, strict=True)
    )
    for places in _clauses_of_one_site(clauses):
        if len(places) > MAX_CLAUSES:
            at = found[places[MAX_CLAUSES]].end()
            reason = f"{clauses[places[0]].site.symbol} is replaced {len(places)} times"
            raise refused(text, at, reason, f"write at most {MAX_CLAUSES} of these")
    states = "; ".join(
        f"{clause.site} replaced by {', '.join(map(str, clause.dopants))}" for clause in clauses
    )
    note = f"{host.formula}: {states}, balanced with Li+; another state is written as in Te4+"
    return Doping(text=text, notes=(note,), host=host, clauses=clauses, lithium=lithium)


def _without_bounds(text: str, start: int) -> tuple[str, tuple[float, float]]:
    """The text with blanks in the place of ``Li<=7.5``, and the bounds of lithium."""
    low, high = 0.0, inf
    for bound in _BOUND.finditer(text, start):
        if bound["sign"] == "<=":
            high = min(high, float(bound["amount"]))
        else:
            low = max(low, float(bound["amount"]))
        text = text[: bound.start()] + " " * len(bound.group()) + text[bound.end() :]
    return text, (low, high)


def _read_host(text: str, host_text: str) -> tuple[Composition, dict[str, float]]:
    """The host, and the mean charge of each of its elements."""
    if not host_text:
        raise refused(text, 0, "no host is named", "write it first, such as LLZO dope Zr: Ta 0.4")
    try:
        host = parse_material(host_text)
    except RefusedInputError as error:
        fix = error.suggestion
        if any(sign in host_text for sign in "{},=;"):
            fix = "write one host, without choices and sweeps; give others as another --space"
        raise refused(text, 0, error.reason, fix) from None
    if "Li" not in host.amounts:
        raise refused(text, 0, f"{host_text!r} holds no lithium", "name a lithium electrolyte")
    ions, residue = ions_of(host)
    if abs(residue) > _NEUTRAL:
        raise refused(
            text,
            0,
            f"{host_text!r} is not neutral in usual oxidation states",
            "correct its amounts: lithium balances dopants, not the host",
        )
    return host, {symbol: ion.charge for symbol, ion in ions.items()}


def _read_clause(
    text: str, clause: str, start: int, host: Composition, charges: dict[str, float]
) -> Clause:
    found = _CLAUSE.fullmatch(clause.strip(" ;,"))
    if found is None:
        raise refused(text, start, "a dopant, its place or its amounts are missing", _EXAMPLE)
    site = read_ion(found["site"])
    if site is None or site.symbol not in host.amounts:
        raise refused(
            text,
            start,
            f"{found['site']!r} is not an element of {host.formula}",
            f"write one of {', '.join(host.amounts)}",
        )
    site = _with_state_in_host(text, start, site, charges)
    at = start + clause.find(found["dopants"])
    dopants = _read_dopants(text, at, found["dopants"], site)
    amounts_at = start + clause.rfind(found["amounts"])
    try:
        amounts = read_sweep("amount", found["amounts"].strip())
    except RefusedInputError as error:
        raise refused(text, amounts_at, error.reason, _AMOUNTS) from None
    return Clause(site, dopants, tuple(dict.fromkeys(amounts)))


def _with_state_in_host(text: str, start: int, site: Ion, charges: dict[str, float]) -> Ion:
    """The replaced element with its charge in the host, unless another is written."""
    if site.state is not None:
        return site
    mean = charges[site.symbol]
    if abs(mean - round(mean)) > _WHOLE or not round(mean):
        raise refused(
            text,
            start,
            f"{site.symbol} has the mean charge {mean:.3g} in the host",
            f"write which of its ions is replaced, such as {Ion(site.symbol, int(mean) + 1)}",
        )
    return Ion(site.symbol, round(mean))


def _read_dopants(text: str, start: int, written: str, site: Ion) -> tuple[Ion, ...]:
    assert site.state is not None
    dopants: list[Ion] = []
    for name in _BETWEEN.split(written.strip(" ,;")):
        ion = read_ion(name)
        at = start + written.find(name)
        if ion is None:
            raise refused(text, at, f"{name!r} is not an element or ion", "write Ta, or Te4+")
        if ion.symbol == site.symbol:
            raise refused(text, at, f"{name} would replace itself", "leave it out")
        if ion.symbol in (each.symbol for each in dopants):
            raise refused(text, at, f"{ion.symbol} is written twice", "leave one out")
        state = ion.state or usual_state(ion.symbol, as_anion=site.state < 0)
        if state is None:
            kind = "an anion" if site.state < 0 else "a cation"
            fix = f"leave it out, or write its charge, such as {Ion(ion.symbol, site.state)}"
            raise refused(text, at, f"{ion.symbol} is not usual as {kind}, in place of {site}", fix)
        dopants.append(Ion(ion.symbol, state))
    return tuple(dopants)
