"""Doping balanced on lithium: states, charges, amounts by hand, and each composition once."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.records import Query
from sseml.screen.doping import AS_ANOTHER, BEYOND_BOUND, NO_LITHIUM, NO_SITE
from sseml.screen.reading import read_space
from sseml.screen.space import Count, LeftOut, Space

CATIONS = {
    "Li": 1, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Al": 3, "Ga": 3, "In": 3, "Y": 3,
    "Sc": 3, "La": 3, "Zr": 4, "Hf": 4, "Ti": 4, "Ge": 4, "Si": 4, "Sn": 4, "P": 5, "Nb": 5,
    "Ta": 5, "Sb": 5, "W": 6, "Mo": 6, "Te": 6,
}  # fmt: skip
ANIONS = {"O": -2, "S": -2, "Se": -2, "F": -1, "Cl": -1, "Br": -1, "I": -1}
HOSTS = {
    "Li7La3Zr2O12": ("Li", "La", "Zr", "O"),
    "Li6PS5Cl": ("Li", "P", "S", "Cl"),
    "LiTi2(PO4)3": ("Ti", "P", "O"),
    "Li10GeP2S12": ("Ge", "P", "S"),
    "Li3YCl6": ("Y", "Cl"),
}


def amounts_of(space: Space) -> list[dict[str, float]]:
    return [dict(query.material.amounts) for query in space.queries()]


def charge(amounts: dict[str, float]) -> float:
    return sum((CATIONS | ANIONS)[symbol] * amount for symbol, amount in amounts.items())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Li7La3Zr2O12 dope Zr: Ta,Nb,W,Te 0:0.6:0.1", 1 + 4 * 6),  # the host once
        ("LLZO dope Zr: Ta,Nb,W,Te 0.1:0.6:0.1", 4 * 6),
        ("LLZO dope Zr: Ta,Nb 0:0.2:0.1; dope La: Ca,Sr 0:0.3:0.1", (1 + 2 * 2) * (1 + 2 * 3)),
        ("LLZO dope Zr: Ta,Nb 0:0.2:0.1 dope La: Ca,Sr 0:0.3:0.1", 35),
        # twice on one site: host, 2 x 2 with one dopant, 2 x 2 with both
        ("LLZO dope Zr: Ta,Nb 0:0.2:0.1; dope Zr: Ta,Nb 0:0.2:0.1", 9),
        ("LLZO dope Zr: Ta 0:0.2:0.1; dope Zr: Nb 0.1", 3),
        ("Li6PS5Cl dope P: Si 0.5:2:0.5", 2),
        ("LiTi2(PO4)3 dope Ti: Al 0:2:0.5; Li<=2", 3),
    ],
)
def test_the_count_is_exact_and_known_before(text: str, count: int) -> None:
    space = read_space(text)
    assert space.count == Count(count)
    formulas = list(space)
    assert len(formulas) == len(set(formulas)) == count
    assert formulas == list(space)


def test_lithium_balances_each_kind_of_dopant_by_hand() -> None:
    def only(text: str) -> dict[str, float]:
        [amounts] = amounts_of(read_space(text))
        return amounts

    assert only("LLZO dope Zr: Ta 0.6") == {"Li": 6.4, "La": 3, "Zr": 1.4, "Ta": 0.6, "O": 12}
    assert only("LLZO dope Zr: W 0.25")["Li"] == 6.5
    assert only("LLZO dope Li: Al 0.25")["Li"] == 6.25
    assert only("LLZO dope La: Ca 0.2")["Li"] == 7.2
    assert only("LLZO dope Zr: Sn 0.2")["Li"] == 7
    assert only("Li6PS5Cl dope S: Cl 0.5") == {"Li": 5.5, "P": 1, "S": 4.5, "Cl": 1.5}
    assert only("Li6PS5Cl dope P: Ge 0.3")["Li"] == 6.3
    assert only("LiFePO4 dope Fe: Al 0.1")["Li"] == 0.9  # iron is 2+ there


def test_the_states_are_said_and_another_may_be_written() -> None:
    [note] = read_space("LLZO dope Zr: Te,Ta 0.1").notes
    assert "Zr4+ replaced by Te6+, Ta5+" in note
    usual, written = (read_space(f"LLZO dope Zr: {ion} 0.1") for ion in ("Te", "Te⁴⁺"))
    assert [amounts["Li"] for space in (usual, written) for amounts in amounts_of(space)] == [
        6.8,
        7,
    ]


@given(st.data(), st.sampled_from(sorted(HOSTS)))
def test_every_doped_formula_is_neutral_and_holds_lithium(data: st.DataObject, host: str) -> None:
    clauses = []
    for site in data.draw(st.lists(st.sampled_from(HOSTS[host]), min_size=1, max_size=2)):
        usual = sorted((ANIONS if site in ANIONS else CATIONS).keys() - {site})
        dopants = data.draw(st.lists(st.sampled_from(usual), min_size=1, max_size=3, unique=True))
        step = data.draw(st.sampled_from(("0.05", "0.1", "0.3", "0.5")))
        clauses.append(f"dope {site}: {','.join(dopants)} 0:1.5:{step}")
    for query in read_space(f"{host} {'; '.join(clauses)}").queries():
        amounts = dict(query.material.amounts)
        assert charge(amounts) == pytest.approx(0.0, abs=1e-7)
        assert amounts["Li"] > 0
        assert all(amount > 0 for amount in amounts.values())


@given(
    st.lists(st.sampled_from(("Ta", "Nb", "W", "Sb")), min_size=1, unique=True),
    st.lists(st.sampled_from(("Ta", "Nb", "W", "Sb")), min_size=1, unique=True),
    st.sampled_from(("0:0.2:0.1", "0.1:0.3:0.1", "0, 0.15")),
    st.sampled_from(("0:0.2:0.1", "0.1:0.3:0.1", "0, 0.15")),
)
def test_two_dopants_on_one_site_give_each_composition_once(
    first: list[str], second: list[str], these: str, those: str
) -> None:
    text = f"LLZO dope Zr: {','.join(first)} {these}; dope Zr: {','.join(second)} {those}"
    formulas = list(read_space(text))
    assert len(formulas) == len(set(formulas))


def test_all_single_and_double_doped_garnets_as_counted_by_hand() -> None:
    dopants = ("Ta", "Nb", "W", "Te", "Sb")
    listed = f"dope Zr: {','.join(dopants)} 0:0.4:0.1"
    space = read_space(f"LLZO {listed}; {listed}")
    pairs = len(list(combinations(dopants, 2)))
    assert space.count == Count(1 + 5 * 4 + pairs * 4 * 4)
    assert sum(1 for _ in space) == space.count.number


def test_impossible_amounts_are_left_out_and_counted_by_reason() -> None:
    def left(text: str) -> tuple[int, LeftOut]:
        left_out = LeftOut()
        return sum(1 for _ in read_space(text).queries(left_out=left_out)), left_out

    assert left("Li6PS5Cl dope P: Si 0.5:2:0.5") == (2, {NO_SITE: 2})
    assert left("Li3YCl6 dope Y: Zr,Nb 0.5:2:0.5") == (4, {NO_SITE: 4})
    assert left("LiTi2(PO4)3 dope Ti: Nb 0:2:0.5") == (2, {NO_LITHIUM: 3})
    assert left("LiTi2(PO4)3 dope Ti: Al 0:2:0.5; Li<=2") == (3, {BEYOND_BOUND: 2})
    assert left("LLZO dope Zr: Ta 0:0.6:0.2, Li >= 6.5, Li ≤ 6.9") == (2, {BEYOND_BOUND: 2})
    assert left("LLZO dope Zr: Ta 0.1; dope Zr: Ta,Nb 0.1") == (1, {AS_ANOTHER: 1})


def test_a_large_product_is_a_bound() -> None:
    clause = "Ta,Nb,W,Te,Sb,Mo 0:0.999:0.001"
    space = read_space(f"LLZO dope Zr: {clause}; dope La: Ca,Sr 0:0.5:0.01")
    assert space.count == Count((1 + 6 * 999) * (1 + 2 * 50), is_exact=False)


def test_a_candidate_is_its_formula() -> None:
    for query in read_space("LLZO dope Zr: Ta 0:0.6:0.1").queries(first_row=3):
        assert isinstance(query, Query)
        assert query.input == query.material.formula
