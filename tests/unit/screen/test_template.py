"""Sweeps, choices in braces and grids of recipes: counts by hand, order, and what is left out."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.text import parse_line
from sseml.records import Polymer, Query, Refusal
from sseml.screen.reading import read_space
from sseml.screen.space import Count, LeftOut
from sseml.screen.template import AS_ANOTHER, BELOW_ZERO

HALOGENS = ["F", "Cl", "Br", "I"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Li6PS5Cl", 1),
        ("Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.02", 31),
        ("La2/3-xLi3xTiO3 x=0.04, 0.08, 0.11", 3),
        ("La2/3-xLi3xTiO3 for x in 0.04:0.1:0.02", 4),
        ("Li1-xNaxCl (x: 0:0.5:0.25)", 3),
        ("Li1+x+yAlxGayTi2-x-y(PO4)3, x=0:0.4:0.1, y=0:0.2:0.1", 5 * 3),
        ("Li6PS5{Cl,Br,I}", 3),
        ("Li3{Y,Er,In,Sc}{Cl,Br}6", 4 * 2),
        ("Li3Y{Cl,Br,I}3{Cl,Br,I}3", 6),  # as many as unordered pairs, with a pair of equals
        ("Li3Y{Cl,Br,I}2{Cl,Br,I}4", 9),
        ("Li3Y{Cl,Br}3{Br,Cl}3", 3),
        ("Li{5,6}PS{4,5}Cl", 4),
        ("Li1+x{Al,Ga}xTi2-x(PO4)3, x=0.1:0.3:0.1", 2 * 3),
        ("PEO + {LiTFSI,LiFSI}, EO:Li=[8:24:4]", 2 * 5),
        ("{PEO,PVDF-HFP} + [20:50:10] wt% {LiTFSI,LiFSI}", 2 * 4 * 2),
        ("PEO + LiTFSI, EO:Li=18 + [5,10] wt% {LLZO,Al2O3} @ [30:60:30] °C", 2 * 2 * 2),
    ],
)
def test_the_count_is_exact_and_known_before(text: str, count: int) -> None:
    space = read_space(text)
    assert space.count == Count(count)
    candidates = list(space)
    assert len(candidates) == count
    assert len(set(candidates)) == count


def test_the_first_choice_changes_slowest_and_sweeps_fastest() -> None:
    space = read_space("Li1+x{Al,Ga}xTi2-x(PO4)3, x=0.1:0.2:0.1")
    assert list(space) == [
        "Li1+xAlxTi2-x(PO4)3, x=0.1",
        "Li1+xAlxTi2-x(PO4)3, x=0.2",
        "Li1+xGaxTi2-x(PO4)3, x=0.1",
        "Li1+xGaxTi2-x(PO4)3, x=0.2",
    ]
    assert list(space) == list(space)


@pytest.mark.parametrize(
    "text",
    [
        "Li1+x{Al,Ga}xTi2-x(PO4)3, x=0.1:0.5:0.1",
        "Li₁₊ₓAlₓTi₂₋ₓ(PO₄)₃, x=0:0.6:0.2",
        "Li3{Y,Er}{Cl,Br}6 T=60",
        "PEO + {LiTFSI,LiFSI}, EO:Li=[8:24:4] @ 60 °C",
    ],
)
def test_a_candidate_is_read_as_the_same_line_of_a_list(text: str) -> None:
    for number, query in enumerate(read_space(text).queries(first_row=7), start=7):
        assert query.row == number
        assert parse_line(number, query.input) == [query]


def test_signs_and_formulas_may_be_typeset() -> None:
    plain = read_space("Li3{Y,Er}{Cl,Br}6")
    typeset = read_space(" Li₃｛Y，Er｝{ Cl, Br}₆ ")
    assert [query.material for query in plain.queries()] == [
        query.material for query in typeset.queries()
    ]


def test_a_group_of_atoms_gets_the_brackets_its_amount_needs() -> None:
    phosphate, silicate = read_space("Li{PO4,SiO4}3Zr2").queries()
    assert phosphate.material.amounts == {"Li": 1, "Zr": 2, "P": 3, "O": 12}
    assert silicate.material.amounts == {"Li": 1, "Zr": 2, "Si": 3, "O": 12}
    two, three = read_space("Li3{PO4,VO4}{1,2}").queries(), read_space("Li3(VO4)2").queries()
    assert list(two)[3].material == next(three).material


def test_points_below_zero_are_left_out_and_counted() -> None:
    space = read_space("Li1+x+yAlxGayTi2-x-y(PO4)3, x=0:2:1, y=0:2:1")
    left_out = LeftOut()
    # (0,0) (0,1) (0,2) (1,0) (1,1) (2,0); more than 2 of both is more than there is titanium
    assert len(list(space.queries(left_out=left_out))) == 6
    assert left_out == {BELOW_ZERO: 3}
    assert space.count == Count(6)


def test_without_its_element_a_choice_comes_once() -> None:
    left_out = LeftOut()
    space = read_space("Li6PS5Cl1-x{Br,I}x, x=0:1:0.5")
    formulas = [query.material.formula for query in space.queries(left_out=left_out)]
    assert formulas == ["Li6PS5Cl", "Li6PS5Br0.5Cl0.5", "Li6PS5Br", "Li6PS5I0.5Cl0.5", "Li6PS5I"]
    assert left_out == {AS_ANOTHER: 1}
    assert space.count == Count(5)


def test_a_large_space_with_a_sweep_says_that_its_count_is_a_bound() -> None:
    space = read_space("Li1+x{Al,Ga,Cr,Fe}xTi2-x(PO4)3, x=0:0.6:0.001")
    assert space.count == Count(4 * 601, is_exact=False)
    assert str(space.count) == "at most 2,404"
    assert sum(1 for _ in space) == 4 * 601 - 3


def test_choices_that_are_impossible_together_stay_in_their_place() -> None:
    space = read_space("PEO + LiTFSI, EO:Li=18 + [30,50] wt% SN + [30,60] wt% LLZO")
    items = list(space.queries())
    assert space.count == Count(4)
    assert [isinstance(item, Refusal) for item in items] == [False, False, False, True]
    assert items[3].row == 4
    assert items[3].input.endswith("50 wt% SN + 60 wt% LLZO")


def test_recipes_of_a_grid_are_polymers_with_its_amounts() -> None:
    queries = list(read_space("PEO + LiTFSI, EO:Li=[10, 20]").queries())
    molalities = [
        query.material.salts[0].molality_mol_kg
        for query in queries
        if isinstance(query, Query) and isinstance(query.material, Polymer)
    ]
    assert molalities[0] == pytest.approx(2 * molalities[1], rel=1e-5)


@given(st.lists(st.sampled_from(HALOGENS), min_size=2, unique=True), st.integers(1, 3))
def test_exchangeable_choices_come_as_often_as_there_are_multisets(
    halogens: list[str], places: int
) -> None:
    space = read_space("Li3Y" + ("{" + ",".join(halogens) + "}2") * places)
    formulas = {query.material.formula for query in space.queries()}
    assert len(formulas) == space.count.number == comb(len(halogens) + places - 1, places)
