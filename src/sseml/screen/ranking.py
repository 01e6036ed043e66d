"""Answers in order, by one column or by Pareto fronts of several, and the best of a stream."""

from __future__ import annotations

import difflib
import heapq
import math
import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.columns import PREDICTION_COLUMNS
from sseml.records import Answer, Prediction, Refusal, RefusedInputError

FRONT = "pareto_front"
"""The column that says which front an answer is on: 1 is not surpassed in everything by any."""

LOW_IS_GOOD = frozenset(
    ("V_red", "e_above_hull_eV_atom", "activation_energy_eV", "nearest_distance",
     "cost_USD_kg", "cost_USD_mol", "hhi_production", "n_critical_EU_2024", "n_critical_US_2025")
)  # fmt: skip
"""Columns of numbers of which a low one is the better."""

_NUMBERS = MappingProxyType(
    {column.name: column for column in PREDICTION_COLUMNS if column.holds is not str}
)
_WORDS = MappingProxyType({"asc": False, "desc": True})
_SIGNS = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
_CHUNK = 4096


class Key(NamedTuple):
    """A column to order by, and whether the highest comes first."""

    column: str
    descending: bool

    def value(self, answer: Prediction) -> float | None:
        """The number to order by; None where it is missing."""
        if self.column in _NUMBERS:
            found = _NUMBERS[self.column].value(answer)
        else:
            found = answer.columns.get(self.column)
        return float(found) if isinstance(found, int | float) else None


def read_key(text: str, added: Iterable[str] = ()) -> Key:
    """Read a column name, with ``:asc`` or ``:desc`` behind it or the better value first.

    `added` are columns beside those that every answer has. A `RefusedInputError` names near ones.
    """
    name, _, word = text.strip().partition(":")
    known = (*_NUMBERS, *added)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise RefusedInputError(
            f"{name!r} is no column of numbers to order by",
            f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(known)}",
        )
    if word not in ("", *_WORDS):
        raise RefusedInputError(f"{text!r} names no order", f"write {name}:asc or {name}:desc")
    return Key(name, _WORDS.get(word, name not in LOW_IS_GOOD))


class Condition(NamedTuple):
    """What a column must be, such as ``V_ox>=4``."""

    column: str
    sign: str
    number: float

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.column}{self.sign}{self.number:g}"

    def is_met(self, answer: Prediction) -> bool:
        """Whether an answer meets it; one without a value does not."""
        value = Key(self.column, descending=True).value(answer)
        return value is not None and _SIGNS[self.sign](value, self.number)


def read_condition(text: str, added: Iterable[str] = ()) -> Condition:
    """Read ``V_ox>=4``; a `RefusedInputError` says what is wrong, as for `read_key`."""
    found = re.fullmatch(r"\s*([^<>=]+?)\s*(<=|>=|<|>)\s*([^<>=]+?)\s*", text)
    if found is None:
        raise RefusedInputError(f"{text!r} is no condition", 'write one such as "V_ox>=4"')
    column = read_key(found[1], added).column
    try:
        number = float(found[3])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RefusedInputError(f"{found[3]!r} in {text!r} is no number", "write one such as 4.3")
    return Condition(column, found[2], number)


def ranked(
    answers: Iterable[Answer], keys: Sequence[Key], top: int | None = None
) -> Iterator[Answer]:
    """The answers in order, the best first; ties in the order of the input.

    Parameters
    ----------
    answers
        A stream. With `top`, no more than a few times as many are held in memory.
    keys
        One column; or several, of which none counts more than another: then fronts of answers that
        none surpasses in all columns come one after another, each with its number in the column
        `pareto_front`, and ties are broken by the first column.
    top
        How many; None for all. Rows that were refused, and answers without a value in one of the
        columns, come last where all are asked for, and are left out of the best.

    Yields
    ------
    Prediction or Refusal
        In order.
    """
    if len(keys) == 1:
        yield from _by_one(answers, keys[0], top)
    else:
        yield from _by_fronts(answers, keys, top)


def _by_one(answers: Iterable[Answer], key: Key, top: int | None) -> Iterator[Answer]:
    sign = -1.0 if key.descending else 1.0
    without: list[Answer] = []

    def with_value() -> Iterator[tuple[float, int, Prediction]]:
        for place, answer in enumerate(answers):
            value = None if isinstance(answer, Refusal) else key.value(answer)
            if value is None or isinstance(answer, Refusal):
                if top is None:
                    without.append(answer)
            else:
                yield sign * value, place, answer

    if top is None:
        best = sorted(with_value(), key=operator.itemgetter(0, 1))
    else:
        best = heapq.nsmallest(top, with_value(), key=operator.itemgetter(0, 1))
    yield from (answer for *_, answer in best)
    yield from sorted(without, key=lambda answer: isinstance(answer, Refusal))


def _by_fronts(answers: Iterable[Answer], keys: Sequence[Key], top: int | None) -> Iterator[Answer]:
    without: list[Answer] = []
    kept = _Band(len(keys), top)
    for answer in answers:
        values = None if isinstance(answer, Refusal) else [key.value(answer) for key in keys]
        if values is None or isinstance(answer, Refusal) or None in values:
            if top is None:
                without.append(answer)
            continue
        costs = [
            -value if key.descending else value
            for key, value in zip(keys, values, strict=True)
            if value is not None
        ]
        kept.add(costs, answer)
    costs_of_all, predictions = kept.held()
    front = fronts(costs_of_all)
    order = np.lexsort((np.arange(len(front)), costs_of_all[:, 0], front))
    for place in order[:top].tolist():
        answer = predictions[place]
        own = {**answer.columns, FRONT: int(front[place])}
        yield replace(answer, columns=own)
    yield from sorted(without, key=lambda answer: isinstance(answer, Refusal))


class _Band:
    """The answers that may still be among the best: fewer than `top` others surpass them."""

    def __init__(self, width: int, top: int | None) -> None:
        self._top = top
        self._costs: FloatArray = np.empty((0, width))
        self._answers: list[Prediction] = []
        self._new: list[list[float]] = []

    def add(self, costs: list[float], answer: Prediction) -> None:
        """Hold an answer, lower costs being better; let go of what is surpassed too often."""
        self._new.append(costs)
        self._answers.append(answer)
        if self._top is not None and len(self._new) >= max(_CHUNK, len(self._costs)):
            costs_of_all, answers = self.held()
            stays = np.flatnonzero(surpassed_by(costs_of_all) < self._top)
            self._costs, self._answers = costs_of_all[stays], [answers[place] for place in stays]
            self._new = []

    def held(self) -> tuple[FloatArray, list[Prediction]]:
        """Costs, shape (n, width), and answers, in the order they came."""
        new = np.array(self._new, dtype=np.float64).reshape(-1, self._costs.shape[1])
        return np.concatenate([self._costs, new]), self._answers


def surpassed_by(costs: FloatArray) -> IntArray:
    """By how many rows each is surpassed: no worse in any column, and better in one; shape (n,).

    `costs` are (n, k), lower ones better.
    """
    counts = np.empty(len(costs), dtype=np.intp)
    for place, own in enumerate(costs):
        counts[place] = np.count_nonzero(_surpassing(costs, own))
    return counts


def fronts(costs: FloatArray) -> IntArray:
    """Pareto front of each row, from 1 on, shape (n,): non-dominated sorting.

    A row is on the first front if none surpasses it, on the next if none does but rows of the
    fronts before (doi 10.1109/4235.996017). `costs` are (n, k), lower ones better.
    """
    front = np.zeros(len(costs), dtype=np.intp)
    left = np.lexsort(costs.T[::-1])
    number = 0
    while len(left):
        number += 1
        own: list[int] = []
        # whoever surpasses a row stands before it
        for place in left.tolist():
            if not _surpassing(costs[own], costs[place]).any():
                own.append(place)
        front[own] = number
        left = left[front[left] == 0]
    return front


def _surpassing(costs: FloatArray, own: FloatArray) -> BoolArray:
    no_worse: BoolArray = np.logical_and.reduce(costs <= own, axis=1)
    better: BoolArray = np.logical_or.reduce(costs < own, axis=1)
    return no_worse & better
