"""Known phases: distances and formula units worked out by hand, and what holds for any formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.features.parents import Parents
from sseml.model.phases import load_phases
from sseml.parse.formula import parse_formula
from sseml.physics.elements import elements
from sseml.records import Composition
from sseml.released import DEFAULT_PHASES, released_folder

SAME, SUBSET, KNOWN, MULTIPLIER, SIMPLE, LOG_ATOMS = range(6)

amounts = st.dictionaries(
    st.one_of(
        st.sampled_from(["Li", "O", "S", "P", "Cl", "Zr", "La", "Ti", "Mn", "F", "Ge", "N"]),
        st.sampled_from(elements().symbols[1:]),
    ),
    st.one_of(st.integers(1, 24).map(float), st.floats(0.01, 30.0)),
    min_size=1,
    max_size=9,
)
with_lithium = st.tuples(amounts, st.floats(0.01, 30.0)).map(lambda both: both[0] | {"Li": both[1]})


def row(formula: str) -> list[float]:
    return Parents()([parse_formula(formula)])[0].tolist()


def rows(*compositions: dict[str, float]) -> np.ndarray:
    return Parents()([Composition("", each) for each in compositions])


@pytest.mark.parametrize(
    ("formula", "same", "subset", "is_known", "multiplier", "atoms"),
    [
        # Li5PS4Cl2 holds 1/12 − 1/13 more of P and 2/12 − 1/13 more of Cl;
        # Li7PS6 holds 7/14 − 6/13 more of Li and 6/14 − 5/13 more of S
        ("Li6PS5Cl", 15 / 156, 15 / 182, 0, 1, 13),
        # in units of Cl0.75: 8⅓, 1⅓, 7, 1
        ("Li6.25PS5.25Cl0.75", 75 / 636, 3 / 106 + 12 / 371, 0, 3, 53),
        # in units of Zr2: 3½, 1½, 1, 6
        ("Li7La3Zr2O12", 0, 0, 1, 2, 24),
        # no phase of the five elements; Li7La3Zr2O12 holds 9/24 − 7.8/23.4 more of Li and Zr
        ("Li6.4La3Zr1.4Ta0.6O12", 0.3, 1 / 24, 0, 3, 117),
        ("Li10GeP2S12", 0, 0, 1, 1, 25),
        ("LiF", 0, 0, 1, 1, 2),
        ("75Li2S-25P2S5", 0, 0, 1, 1, 8),
        # LiCl holds 1/2 − 3/10 more of Li, and there is no phase of Li, Y and Cl in the table
        ("Li3YCl6", 0.3, 0.2, 0, 1, 10),
        # 1.02 lies on the limit, 0.02 from a whole number, and 1.01 within it
        ("Li1.02F", 1 / 2 - 1 / 2.02, 1 / 2 - 1 / 2.02, 0, 13, 2.02 * 3),
        ("Li1.01F", 1 / 2 - 1 / 2.01, 1 / 2 - 1 / 2.01, 0, 1, 2.01),
        # four times 1.25 is whole, and three times at most is counted
        ("Li1.25F", 1 / 2 - 1 / 2.25, 1 / 2 - 1 / 2.25, 0, 4, 2.25 * 3),
        # by rounding, Li10GeP2S12 holds 11/25 − 3.66/8.33 more of Li and Ge; in units of
        # Ge0.33 there are 2.0303 of P, too far from 2
        ("Li3.33Ge0.33P0.67S4", 11 / 25 - 3.66 / 8.33, 11 / 25 - 3.66 / 8.33, 1, 13, 833 / 11),
        ("NaCl", 0.3, 0.3, 0, 1, 2),
        ("Li", 0.3, 0.3, 0, 1, 1),
    ],
)
def test_by_hand(
    formula: str,
    same: float,
    subset: float,
    is_known: int,
    multiplier: int,
    atoms: float,
) -> None:
    own = row(formula)
    assert own[SAME] == pytest.approx(same, abs=1e-9)
    assert own[SUBSET] == pytest.approx(subset, abs=1e-9)
    assert own[KNOWN] == is_known
    assert own[MULTIPLIER] == multiplier
    assert own[SIMPLE] == (multiplier <= 2)
    assert own[LOG_ATOMS] == pytest.approx(math.log(atoms), abs=1e-9)


def test_distances_are_those_to_the_released_phases_one_by_one(real_formulas: list[str]) -> None:
    table = load_phases(released_folder() / DEFAULT_PHASES)
    compounds = [
        dict(zip([table.symbols[i] for i in table.element[a:b]], table.fraction[a:b], strict=True))
        for a, b in zip(table.start[:-1], table.start[1:], strict=True)
    ]
    parents = [each for each in compounds if "Li" in each and len(each) > 1]
    materials = [parse_formula(text) for text in real_formulas[::40]]
    for material, values in zip(materials, Parents()(materials), strict=True):
        own = material.fractions()
        nearest = {True: 0.3, False: 0.3}
        for parent in parents:
            if parent.keys() <= own.keys():
                apart = sum(abs(x - parent.get(symbol, 0.0)) for symbol, x in own.items()) / 2
                has_all = len(parent) == len(own)
                nearest[has_all] = min(nearest[has_all], apart)
        assert values[SAME] == pytest.approx(nearest[True], abs=1e-12), material.formula
        assert values[SUBSET] == pytest.approx(min(nearest.values()), abs=1e-12), material.formula


def test_a_row_is_exactly_the_same_alone_and_among_others(real_formulas: list[str]) -> None:
    materials = [parse_formula(text) for text in real_formulas[:600]]
    together = Parents()(materials)
    assert (together[::-1] == Parents()(materials[::-1])).all()
    for index in range(0, 600, 37):
        assert (Parents()([materials[index]])[0] == together[index]).all()


@given(with_lithium)
def test_distances_and_flags_lie_within_their_limits(given_amounts: dict[str, float]) -> None:
    [own] = rows(given_amounts)
    assert 0.0 <= own[SUBSET] <= own[SAME] <= 0.3
    assert own[KNOWN] == (own[SAME] < 1e-3)
    assert own[SIMPLE] == (own[MULTIPLIER] <= 2)
    assert own[MULTIPLIER] in range(1, 14)


@given(with_lithium, st.floats(0.01, 100.0), st.randoms(use_true_random=False))
def test_neither_the_formula_unit_nor_the_order_of_elements_matters(
    given_amounts: dict[str, float], factor: float, random
) -> None:
    scaled = [(symbol, factor * amount) for symbol, amount in given_amounts.items()]
    random.shuffle(scaled)
    once, again = rows(given_amounts, dict(scaled))
    np.testing.assert_allclose(once, again, rtol=1e-9, atol=1e-12)


@given(with_lithium, st.sampled_from(["Na", "Br", "Al", "Ta"]), st.floats(0.01, 30.0))
def test_an_element_more_leaves_the_phases_of_the_others_in_reach(
    given_amounts: dict[str, float], symbol: str, amount: float
) -> None:
    """What is added dilutes a phase of the others by its fraction at most."""
    before = {each: own for each, own in given_amounts.items() if each != symbol}
    after = before | {symbol: amount}
    once, more = rows(before, after)
    assert more[SUBSET] <= once[SUBSET] + amount / sum(after.values()) + 1e-12


@given(
    st.dictionaries(
        st.sampled_from(["O", "S", "P", "Cl", "Zr", "La", "Ti"]), st.integers(1, 9), min_size=1
    ),
    st.integers(1, 12),
)
def test_a_whole_formula_with_one_of_something_has_no_multiplier(
    whole: dict[str, int], lithium: int
) -> None:
    formula = {symbol: float(amount) for symbol, amount in whole.items()}
    [own] = rows(formula | {"Li": float(lithium), "N": 1.0})
    assert own[MULTIPLIER] == 1
    assert own[LOG_ATOMS] == pytest.approx(math.log(sum(whole.values()) + lithium + 1))
