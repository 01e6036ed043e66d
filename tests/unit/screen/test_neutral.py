"""Neutral formulas of a set of elements: against a search of all amounts, and by hand."""

from __future__ import annotations

import math
import sys
from itertools import product
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.screen.neutral import BY_SMACT
from sseml.screen.reading import read_space
from sseml.screen.space import Count, LeftOut, SpaceRefusedError

USUAL = {
    "Li": 1, "Na": 1, "Mg": 2, "Al": 3, "Y": 3, "Si": 4, "P": 5, "O": -2, "S": -2, "Cl": -1,
    "N": -3,
}  # fmt: skip


def searched(states: dict[str, tuple[int, ...]], max_atoms: int) -> set[tuple[int, ...]]:
    """Every amount tried; those that are neutral with one state for each element."""
    found = set()
    for amounts in product(range(max_atoms + 1), repeat=len(states)):
        if not amounts[0] or sum(amounts) > max_atoms or math.gcd(*amounts) > 1:
            continue
        if any(
            sum(n * q for n, q in zip(amounts, charges, strict=True)) == 0
            for charges in product(*states.values())
        ):
            found.add(amounts)
    return found


def given_by(text: str, elements: list[str]) -> list[tuple[int, ...]]:
    return [
        tuple(int(query.material.amounts.get(symbol, 0)) for symbol in elements)
        for query in read_space(text).queries()
    ]


def test_small_sets_by_hand() -> None:
    assert list(read_space("elements Li,Cl atoms<=12")) == ["LiCl"]
    assert list(read_space("elements Li,P,S atoms<=8")) == ["Li2S", "LiPS3", "Li3PS4"]
    assert list(read_space("elements Li,S,Cl atoms<=5")) == ["LiCl", "Li2S", "Li3SCl"]


@given(
    st.lists(st.sampled_from(sorted(USUAL.keys() - {"Li"})), min_size=1, max_size=3, unique=True),
    st.integers(2, 9),
)
def test_as_a_search_of_all_amounts_finds_them(others: list[str], max_atoms: int) -> None:
    if all(USUAL[symbol] > 0 for symbol in others):
        others = [*others, "O"][-3:]
    elements = ["Li", *dict.fromkeys(others)]
    text = f"elements {','.join(elements)} atoms<={max_atoms}"
    found = given_by(text, elements)
    assert len(found) == len(set(found))
    assert set(found) == searched({symbol: (USUAL[symbol],) for symbol in elements}, max_atoms)
    assert read_space(text).count == Count(len(found))
    assert sorted(found, key=lambda amounts: (sum(amounts), amounts)) == found


def test_of_several_states_one_holds_in_a_formula() -> None:
    text = "elements Li,Fe2+,Fe3+,P,O atoms<=9"
    found = given_by(text, ["Li", "Fe", "P", "O"])
    states = {"Li": (1,), "Fe": (2, 3), "P": (5,), "O": (-2,)}
    assert len(found) == len(set(found))
    assert set(found) == searched(states, 9)
    assert read_space(text).count == Count(len(found))


def test_the_states_are_said() -> None:
    [note] = read_space("elements Li,S6+,O atoms<=8").notes
    assert "Li+, S6+, O2-" in note
    assert "Li2SO4" in read_space("elements Li,S6+,O atoms<=8")


def test_a_count_beyond_what_could_be_gone_through_is_exact_and_quick() -> None:
    count = read_space("elements Li,P,S,Cl,Br,I,O,N,Si,Ge,Al,Y,Zr,La atoms<=60").count
    assert count.is_exact
    assert count.number > 10**12


def test_smact_filters_and_the_count_is_then_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    screening = ModuleType("smact.screening")
    screening.smact_validity = lambda formula: "P" not in formula  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smact", ModuleType("smact"))
    monkeypatch.setitem(sys.modules, "smact.screening", screening)
    space = read_space("elements Li,P,S atoms<=8, smact")
    left_out = LeftOut()
    assert space.count == Count(3, is_exact=False)
    assert [(query.row, query.input) for query in space.queries(left_out=left_out)] == [(1, "Li2S")]
    assert left_out == {BY_SMACT: 2}


def test_without_smact_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smact", None)
    monkeypatch.setitem(sys.modules, "smact.screening", None)
    with pytest.raises(SpaceRefusedError, match=r"pip install 'sseml\[smact\]'"):
        read_space("elements Li,P,S atoms<=8 smact")
