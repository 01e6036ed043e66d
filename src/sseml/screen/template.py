"""A formula or recipe with choices in braces, sweeps of x, y, z, and grids in square brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, islice, product
from math import comb, prod
from typing import NamedTuple

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import parse_formula
from sseml.parse.line import split_line
from sseml.parse.qualifiers import Qualifiers, read_sweep
from sseml.parse.recipe_line import names_recipe
from sseml.parse.text import parse_line, variables_in
from sseml.records import (
    Composition,
    NegativeAmountError,
    Query,
    Refusal,
    RefusedInputError,
)
from sseml.screen.space import NO_QUALIFIERS, Count, LeftOut, Space, refused
from sseml.screen.spelling import Choice, choices_in

COUNTED_ONE_BY_ONE = 1_000
"""So many points with sweeps are read to count them; of more, the product is an upper bound."""

BELOW_ZERO = "an amount is below zero"
AS_ANOTHER = "the element chosen has the amount zero, as in another candidate"

_SWEEP = re.compile(
    r"(?:^|[\s,;(]+(?:(?:with|for|where)\s+)?)(?P<name>[xyz])(?:\s*[=∈:]|\s+in\b)\s*"
)
_NUMBER = r"-?\d+(?:\.\d+)?"
_GRID = re.compile(
    rf"\[\s*(?P<values>{_NUMBER}\s*:\s*{_NUMBER}\s*:\s*{_NUMBER}|{_NUMBER}(?:\s*,\s*{_NUMBER})+)\s*\]"
)
_PLAIN_FORMULA = re.compile(r"[A-Za-z\d.₀-₉ₓ]*")
_AMOUNT_BEHIND = re.compile(r"[\d.xyz₀-₉ₓ]*")
_AMOUNT_FOLLOWS = re.compile(r"[\d(_₀-₉ₓxyz]")
_ELEMENT = re.compile(r"[A-Z][a-z]?")


class _Slot(NamedTuple):
    """A place of the template where one of several texts stands."""

    texts: tuple[str, ...]
    start: int
    end: int


class _Group(NamedTuple):
    """Slots by their places in the list; of a group of several, the order makes no difference."""

    slots: tuple[int, ...]
    size: int

    def number_of_choices(self) -> int:
        return comb(self.size + len(self.slots) - 1, len(self.slots))

    def choices(self) -> Iterator[tuple[int, ...]]:
        return combinations_with_replacement(range(self.size), len(self.slots))


@dataclass(frozen=True, kw_only=True)
class Template(Space):
    """Every combination of choices, grids and sweeps, the first changing slowest.

    Choices that stand in a formula with the same items and the same amount are exchangeable: each
    combination of them comes once. Points where an amount is below zero, and those where the chosen
    element has the amount zero, but for the first, are left out. What the reader of formulas and
    recipes refuses stays in its place, as a refusal.
    """

    body: str
    slots: tuple[_Slot, ...]
    groups: tuple[_Group, ...]
    sweeps: Mapping[str, tuple[float, ...]]

    @cached_property
    def count(self) -> Count:
        """Exact without sweeps, or for up to `COUNTED_ONE_BY_ONE` points; else an upper bound."""
        sweep_points = prod(map(len, self.sweeps.values()))
        points = prod(group.number_of_choices() for group in self.groups) * sweep_points
        if not self.sweeps:
            return Count(points)
        if points <= COUNTED_ONE_BY_ONE:
            return Count(sum(1 for _ in self.queries()))
        return Count(points, is_exact=False)

    def queries(
        self,
        defaults: Qualifiers = NO_QUALIFIERS,
        *,
        first_row: int = 1,
        left_out: LeftOut | None = None,
    ) -> Iterator[Query | Refusal]:
        """Read the candidates one after another."""
        row = first_row
        why = LeftOut() if left_out is None else left_out
        for chosen in self._combinations():
            line = self._filled(chosen)
            for values in self.points():
                item = _read(row, line, values, defaults)
                if isinstance(item, str):
                    why[item] += 1
                elif values and self._comes_as_another(chosen, item):
                    why[AS_ANOTHER] += 1
                else:
                    yield item
                    row += 1

    def _combinations(self) -> Iterator[Sequence[int]]:
        """The chosen text of each slot, by its number."""
        for parts in _nested(self.groups):
            chosen = [0] * len(self.slots)
            for group, part in zip(self.groups, parts, strict=True):
                for slot, number in zip(group.slots, part, strict=True):
                    chosen[slot] = number
            yield chosen

    def points(self) -> Iterator[dict[str, float]]:
        """The values of x, y and z, the first changing slowest."""
        for values in product(*self.sweeps.values()):
            yield dict(zip(self.sweeps, values, strict=True))

    def _filled(self, chosen: Sequence[int]) -> str:
        pieces, end = [], 0
        for slot, number in zip(self.slots, chosen, strict=True):
            pieces += [self.body[end : slot.start], slot.texts[number]]
            end = slot.end
        return "".join((*pieces, self.body[end:]))

    def _comes_as_another(self, chosen: Sequence[int], item: Query | Refusal) -> bool:
        """Whether an element that is not the first of its choice has the amount zero."""
        if isinstance(item, Refusal) or not isinstance(item.material, Composition):
            return False
        amounts = item.material.amounts
        return any(
            number > 0 and amounts.keys().isdisjoint(elements)
            for slot, number in zip(self.slots, chosen, strict=True)
            if (elements := _elements_of(slot.texts[number]))
        )

    def probes(self) -> Iterator[tuple[_Slot | None, str]]:
        """A line for each text of each slot, the others being the first of theirs."""
        first = [0] * len(self.slots)
        yield None, self._filled(first)
        for place, slot in enumerate(self.slots):
            for number in range(1, len(slot.texts)):
                yield slot, self._filled([*first[:place], number, *first[place + 1 :]])


def _nested(groups: Sequence[_Group]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """As `itertools.product`, which would hold every combination of a group in memory."""
    if not groups:
        yield ()
        return
    first, *others = groups
    for part in first.choices():
        for rest in _nested(others):
            yield (part, *rest)


def read_template(text: str) -> Template:
    """Read a template, and refuse it if one of its choices cannot be read with any x.

    Raises
    ------
    SpaceRefusedError
        With the place of the choice, grid or sweep.
    """
    body, sweeps = _with_sweeps_taken(text)
    choices = choices_in(body)
    is_recipe = names_recipe(_GRID.sub("1", _first_of(body, choices)))
    slots = [
        *_choice_slots(body, choices, is_recipe=is_recipe),
        *_grid_slots(text, body, is_recipe),
    ]
    slots.sort(key=lambda slot: slot.start)
    groups = None if is_recipe else _exchangeable(body, slots)
    if groups is None:
        groups = [_Group((place,), len(slot.texts)) for place, slot in enumerate(slots)]
    template = Template(
        text=text, body=body, slots=tuple(slots), groups=tuple(groups), sweeps=sweeps
    )
    _require_readable(template)
    return template


def _with_sweeps_taken(text: str) -> tuple[str, dict[str, tuple[float, ...]]]:
    """The formula before the first ``x=``, and the values of each variable behind it."""
    found = list(_SWEEP.finditer(text))
    if not found:
        return text.strip(), {}
    sweeps: dict[str, tuple[float, ...]] = {}
    ends = [*(sweep.start() for sweep in found[1:]), len(text)]
    for sweep, end in zip(found, ends, strict=True):
        name, place = sweep["name"], sweep.start("name")
        values = text[sweep.end() : end].strip(" ,;)").translate(_LIKE_MINUS)
        if name in sweeps:
            raise refused(text, place, f"{name} is written twice", "leave one out")
        try:
            read = read_sweep(name, values)
        except RefusedInputError as error:
            fix = error.suggestion
            if "=" in values:
                fix = "write conditions such as T=60 before the sweeps"
            raise refused(text, place, error.reason, fix) from None
        sweeps[name] = tuple(dict.fromkeys(read))
    return text[: found[0].start()].strip(), sweeps


_LIKE_MINUS = str.maketrans("−–", "--")


def _first_of(body: str, choices: Sequence[Choice]) -> str:
    for choice in reversed(choices):
        body = body[: choice.start] + choice.items[0] + body[choice.end :]
    return body


def _choice_slots(body: str, choices: Sequence[Choice], *, is_recipe: bool) -> Iterator[_Slot]:
    """Slots of the choices; groups of atoms get the brackets that an amount behind them needs."""
    amounts = {each.start for each in choices if any(item[:1].isdigit() for item in each.items)}
    for choice in choices:
        has_amount = _AMOUNT_FOLLOWS.match(body, choice.end) or choice.end in amounts
        needs = has_amount and not is_recipe
        texts = tuple(
            f"({item})" if needs and item[:1].isalpha() and not _ELEMENT.fullmatch(item) else item
            for item in choice.items
        )
        yield _Slot(texts, choice.start, choice.end)


def _grid_slots(text: str, body: str, is_recipe: bool) -> Iterator[_Slot]:
    for grid in _GRID.finditer(body):
        if not is_recipe:
            raise refused(
                text,
                text.find(grid.group()),
                "grids in square brackets are for recipes of polymers",
                "write x in the formula, and x=0:0.6:0.02 behind it",
            )
        try:
            values = read_sweep("grid", re.sub(r"\s*,\s*", ", ", grid["values"]))
        except RefusedInputError as error:
            fix = "write [first:last:step], such as [8:24:4]"
            raise refused(text, text.find(grid.group()), error.reason, fix) from None
        texts = tuple(dict.fromkeys(f"{value:.12g}" for value in values))
        yield _Slot(texts, grid.start(), grid.end())


def _exchangeable(body: str, slots: list[_Slot]) -> list[_Group] | None:
    """Groups of slots with the same texts and the same amount, in a formula without brackets.

    None where amounts are to choose from too, or something beside elements and amounts is written.
    The texts of a group get the order of the first.
    """
    edges = [0, *(edge for slot in slots for edge in (slot.start, slot.end)), len(body)]
    between = [body[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    are_atoms = all(text[0].isalpha() or text[0] == "(" for slot in slots for text in slot.texts)
    if not are_atoms or not all(map(_PLAIN_FORMULA.fullmatch, between)):
        return None
    same: dict[tuple[frozenset[str], str], list[int]] = {}
    for place, slot in enumerate(slots):
        amount = _AMOUNT_BEHIND.match(between[place + 1])
        assert amount is not None
        same.setdefault((frozenset(slot.texts), amount.group()), []).append(place)
    for first, *others in same.values():
        for place in others:
            slots[place] = slots[place]._replace(texts=slots[first].texts)
    return [_Group(tuple(each), len(slots[each[0]].texts)) for each in same.values()]


def _require_readable(template: Template) -> None:
    """Refuse a template if one of its choices cannot be read at any point of the sweeps."""
    for slot, line in template.probes():
        place = template.text.find(template.body) + (slot.start if slot else 0)
        if unused := set(template.sweeps) - _variables_of(line):
            name = min(unused)
            raise refused(
                template.text,
                place,
                f"{name} has values, but {line!r} holds no {name}",
                f"leave {name} out, or write it in the formula",
            )
        _require_one(template, line)
        refusal: Refusal | None = None
        for values in islice(template.points(), COUNTED_ONE_BY_ONE):
            item = _read(1, line, values, NO_QUALIFIERS)
            if isinstance(item, Query):
                break
            refusal = item if isinstance(item, Refusal) else refusal
        else:
            reason = f"{line!r}: {refusal.reason if refusal else BELOW_ZERO}"
            fix = refusal.suggestion if refusal else "choose other values"
            raise refused(template.text, place, reason, fix)


def _require_one(template: Template, line: str) -> None:
    """Refuse values of x that the reader of lines understands, and a space would not count."""
    if not template.sweeps and len(parse_line(1, line)) > 1:
        raise refused(
            template.text,
            0,
            f"{line!r} is several formulas in one",
            "write the sweep behind the formula and its conditions, as x=0:0.6:0.02",
        )


def _variables_of(line: str) -> set[str]:
    try:
        return variables_in(split_line(line)[0])
    except RefusedInputError:  # the reader of the line says why
        return set("xyz")


def _read(
    row: int, line: str, values: Mapping[str, float], defaults: Qualifiers
) -> Query | Refusal | str:
    """Read one point; the reason where an amount of it is below zero."""
    with_values = ", ".join((line, *(f"{name}={value:.12g}" for name, value in values.items())))
    items = parse_line(row, with_values, defaults)
    item = items[0]
    if isinstance(item, Refusal) and values and _is_below_zero(line, values):
        return BELOW_ZERO
    return item


def _is_below_zero(line: str, values: Mapping[str, float]) -> bool:
    try:
        parse_formula(split_line(line)[0], **values)
    except NegativeAmountError:
        return True
    except RefusedInputError:
        return False
    return False


def _elements_of(text: str) -> set[str]:
    """The elements of a formula; none of a name, such as LIC."""
    symbols = set(_ELEMENT.findall(text))
    return symbols if symbols <= MOLAR_MASS_G_MOL.keys() else set()
