"""The order of answers: one column, Pareto fronts, conditions, and what lies apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.records import Answer, RefusedInputError
from sseml.screen import ranking
from sseml.screen.diverse import diverse
from sseml.screen.ranking import (
    Condition,
    Key,
    fronts,
    ranked,
    read_condition,
    read_key,
    surpassed_by,
)


def rows(answers: Sequence[Answer]) -> list[int]:
    return [each.row for each in answers]


SIGMAS = st.lists(st.floats(1e-12, 1.0).map(lambda sigma: float(f"{sigma:.5g}")), max_size=40)
"""Values that differ in digits that are shown: others are ties."""


@given(SIGMAS, st.integers(1, 50))
def test_the_best_of_a_stream_are_the_first_of_all(
    make: Any, sigmas: list[float], top: int
) -> None:
    answers = [make.answer(row, sigma) for row, sigma in enumerate(sigmas)]
    key = [read_key("sigma_S_cm")]
    everything = list(ranked(answers, key))
    assert [each.sigma_S_cm for each in everything] == sorted(sigmas, reverse=True)  # type: ignore[union-attr]
    assert sorted(rows(everything)) == list(range(len(sigmas)))
    assert rows(list(ranked(iter(answers), key, top))) == rows(everything)[:top]


def test_ties_stay_in_the_order_of_the_input_and_refusals_come_last(make: Any) -> None:
    answers = [
        make.refusal(1),
        make.answer(2),
        make.answer(3, V_ox=4.0),
        make.refusal(4),
        make.answer(5, V_ox=4.2),
    ]
    assert rows(list(ranked(answers, [read_key("sigma_S_cm")]))) == [2, 3, 5, 1, 4]
    assert rows(list(ranked(answers, [read_key("V_ox")]))) == [5, 3, 2, 1, 4]
    assert rows(list(ranked(answers, [read_key("V_ox")], 5))) == [5, 3]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("V_red", Key("V_red", False)),
        ("V_ox", Key("V_ox", True)),
        ("e_above_hull_eV_atom", Key("e_above_hull_eV_atom", False)),
        ("V_ox:asc", Key("V_ox", False)),
        ("activation_energy_eV:desc", Key("activation_energy_eV", True)),
    ],
)
def test_the_better_value_comes_first_unless_told(text: str, key: Key) -> None:
    assert read_key(text) == key


@pytest.mark.parametrize(
    ("text", "said"), [("sigma", "sigma_S_cm"), ("family", "use one of"), ("V_ox:up", "V_ox:asc")]
)
def test_what_is_no_column_of_numbers_is_refused_with_near_ones(text: str, said: str) -> None:
    with pytest.raises(RefusedInputError) as refused:
        read_key(text)
    assert said in refused.value.suggestion


# ---- fronts


COSTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)), max_size=25)


def surpasses(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def by_hand(costs: list[tuple[int, int, int]]) -> list[int]:
    """Peel off front after front, comparing every pair."""
    front = [0] * len(costs)
    number = 0
    while 0 in front:
        number += 1
        left = [place for place, each in enumerate(front) if each == 0]
        for place in left:
            if not any(surpasses(costs[other], costs[place]) for other in left):
                front[place] = number
    return front


@given(COSTS)
def test_fronts_are_those_of_comparing_every_pair(costs: list[tuple[int, int, int]]) -> None:
    array = np.array(costs, dtype=float).reshape(-1, 3)
    assert fronts(array).tolist() == by_hand(costs)
    assert surpassed_by(array).tolist() == [
        sum(surpasses(other, own) for other in costs) for own in costs
    ]


@given(COSTS, st.integers(1, 30))
def test_the_best_by_fronts_of_a_stream_are_the_first_of_all(
    make: Any, costs: list[tuple[int, int, int]], top: int
) -> None:
    answers = [
        make.answer(row, 10.0 ** -(1 + a), V_red=float(b), V_ox=-float(c))
        for row, (a, b, c) in enumerate(costs)
    ]
    keys = [read_key(name) for name in ("log10_sigma", "V_red", "V_ox")]
    everything = list(ranked(answers, keys))
    numbers = [each.columns["pareto_front"] for each in everything]
    assert numbers == sorted(by_hand(costs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_CHUNK", 3)  # let go of what is surpassed, often
        assert rows(list(ranked(iter(answers), keys, top))) == rows(everything)[:top]


def test_an_answer_without_a_value_is_on_no_front(make: Any) -> None:
    answers = [make.answer(1), make.answer(2, V_ox=4.0), make.refusal(3)]
    keys = [read_key("sigma_S_cm"), read_key("V_ox")]
    found = list(ranked(answers, keys))
    assert rows(found) == [2, 1, 3]
    assert "pareto_front" not in found[1].columns


# ---- conditions


def test_conditions_are_read_and_met(make: Any) -> None:
    condition = read_condition(" V_ox >= 4 ")
    assert condition == Condition("V_ox", ">=", 4.0)
    met = [condition.is_met(make.answer(1, V_ox=value)) for value in (3.9, 4.0, 4.1, None)]
    assert met == [False, True, True, False]
    assert not read_condition("V_ox<4").is_met(make.answer(1, V_ox=4.0))


@pytest.mark.parametrize("text", ["", "V_ox", "V_ox=4", "V_ox>=", ">=4", "V_ox>=high", "V_ox>=nan"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(RefusedInputError):
        read_condition(text)


# ---- diversity


def test_what_shares_the_chemistry_of_a_better_one_is_passed_over(make: Any) -> None:
    formulas = ("Li6PS5Cl", "Li6PS5Br0.1Cl0.9", "Li3YCl6", "Li3ErCl6", "Li7La3Zr2O12", "Li6PS5Cl")
    answers: list[Answer] = [make.answer(row, formula=text) for row, text in enumerate(formulas)]
    answers.insert(0, make.refusal(99))
    assert [each.formula for each in diverse(answers, 5)] == [
        "Li6PS5Cl",
        "Li3YCl6",
        "Li7La3Zr2O12",
    ]  # Er for Y is a tenth of the elements
    assert len(list(diverse(answers, 2))) == 2


def test_recipes_of_the_same_constituents_count_as_one(make: Any) -> None:
    texts = ("PEO + LiTFSI, EO:Li=18", "PEO + LiTFSI, EO:Li=10", "PEO + LiFSI, EO:Li=10")
    answers = [make.answer(row, formula=text, kind="polymer") for row, text in enumerate(texts)]
    assert rows(list(diverse(answers, 3))) == [0, 2]
