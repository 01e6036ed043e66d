"""A malformed space is refused before any work: its text, the place, the reason, and the fix."""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sseml.screen.reading import read_space
from sseml.screen.space import SpaceRefusedError, require_limit, together


@pytest.mark.parametrize(
    ("text", "position", "reason", "fix"),
    [
        (" ", 1, "empty", "Li6PS5{Cl,Br,I}"),
        ("Li6PS5{Cl,Br", 7, "never closed", "add '}'"),
        ("Li6PS5Cl,Br}", 12, "never opened", "remove it"),
        ("Li6PS5{Cl,,Br}", 10, "a choice is empty", "remove the comma"),
        ("Li6PS5{Cl,Cl}", 11, "'Cl' is written twice", "leave one out"),
        ("Li6PS5{Cl,Xx}", 7, "'Xx' is not an element", "write element symbols"),
        ("{Li6PS5{Cl,Br},Li3N}", 8, "inside other braces", "round brackets"),
        ("Li1+xAlxTi2-x(PO4)3", 1, "x has no value", "x=0.1"),
        ("Li1+xAlxTi2-x(PO4)3, x=0:0.6", 22, "is not a sweep", "start:stop:step"),
        ("Li1+xAlxTi2-x(PO4)3, x=0.1, x=0.2", 29, "x is written twice", "leave one out"),
        ("Li1+xAlxTi2-x(PO4)3, x=3", 1, "an amount is below zero", "other values"),
        ("Li1+xAlxTi2-x(PO4)3, x=0.1 T=60", 22, "T=60", "before the sweeps"),
        ("Li6PS5{Cl,Br}, x=0:1:0.1", 1, "holds no x", "leave x out"),
        ("Li1-xP X=0:0.3:0.1", 1, "several formulas in one", "x=0:0.6:0.02"),
        ("Li[0:1:0.5]PS4", 3, "for recipes", "write x"),
        ("PEO + {LiTFSI,LiFSY}, EO:Li=18", 7, "'LiFSY' is no polymer", "did you mean LiFSI"),
        ("{PEO,PVDF-HFP} + LiTFSI, EO:Li=[8:24:4]", 1, "coordinate Li", "wt%"),
        ("PEO + LiTFSI, EO:Li=[8:24:-4]", 21, "never reaches", "[8:24:4]"),
        ("dope Zr: Ta 0.2", 1, "no host", "LLZO dope"),
        ("LLZO dope Zr Ta 0.2", 11, "missing", "dope Zr: Ta,Nb 0:0.6:0.1"),
        ("LLZO dope Zr: Ta", 11, "missing", "dope Zr: Ta,Nb 0:0.6:0.1"),
        ("LLZO dope Hf: Ta 0.2", 11, "'Hf' is not an element of", "Li, La, Zr, O"),
        ("LLZO dope Zr: Ta,Xx 0.2", 18, "'Xx' is not an element", "Te4+"),
        ("LLZO dope Zr: Ta,Ta5+ 0.2", 18, "written twice", "leave one out"),
        ("LLZO dope Zr: Zr 0.2", 11, "replace itself", "leave it out"),
        ("LLZO dope Zr: O 0.2", 15, "not usual as a cation", "leave it out"),
        ("LLZO dope O: Al 0.2", 14, "not usual as an anion", "leave it out"),
        ("LLZO dope Zr: Ta 0:0.6", 18, "is not a sweep", "first:last:step"),
        ("LiMn2O4 dope Mn: Ni 0.5", 14, "mean charge 3.5", "Mn4+"),
        ("LiPON dope P: Si 0.1", 1, "not neutral", "correct its amounts"),
        ("Na3PS4 dope P: Si 0.1", 1, "no lithium", "lithium electrolyte"),
        ("{LLZO,Li3PS4} dope P: Si 0.1", 1, "", "one host"),
        ("elements Li,P,S", 1, "how many atoms", "atoms<=12"),
        ("elements Li,P,S atoms<=101", 24, "up to 101 atoms", "2 to 100"),
        ("elements Li,P,S atoms<=12 sorted", 27, "'sorted' is not known", "atoms<=12"),
        ("elements P,S atoms<=12", 10, "lithium is missing", "elements Li"),
        ("elements Li,P atoms<=12", 10, "no element is an anion", "P3-"),
        ("elements Li,Xx,S atoms<=12", 13, "'Xx' is not an element", "P3+"),
        ("elements Li,Ar,S atoms<=12", 13, "no oxidation state of Ar", "leave it out"),
    ],
)
def test_the_refusal_says_where_why_and_what_to_write(
    text: str, position: int, reason: str, fix: str
) -> None:
    with pytest.raises(SpaceRefusedError) as caught:
        read_space(text)
    assert repr(text) in caught.value.reason
    assert f"at position {position}" in caught.value.reason
    assert reason in caught.value.reason
    assert fix in caught.value.suggestion


def test_too_many_are_refused_with_their_count() -> None:
    space = read_space("elements Li,P,S,Cl,Br,I,O,Si,Ge,Sn atoms<=60")
    assert space.count.number > 10**9
    with pytest.raises(SpaceRefusedError) as caught:
        require_limit([space])
    assert f"{space.count.number:,} candidates" in caught.value.reason
    assert "1,000,000,000" in caught.value.reason
    assert "--limit" in caught.value.suggestion
    require_limit([space], limit=space.count.number)


def test_a_space_of_a_million_billions_is_counted_at_once() -> None:
    choice = "{Ta,Nb,W,Te,Sb,Mo,Sn,Hf,Ti,Ge}"
    space = read_space("Li7La3O12" + "".join(f"{choice}{n}" for n in range(1, 16)))
    assert space.count.number == 10**15
    with pytest.raises(SpaceRefusedError, match="1,000,000,000,000,000 candidates"):
        require_limit([space])


def test_several_spaces_count_together() -> None:
    spaces = [read_space("Li6PS5{Cl,Br}"), read_space("LLZO dope Zr: Ta 0:0.2:0.1")]
    assert str(together(spaces)) == "5"
    with pytest.raises(SpaceRefusedError, match="all spaces 5"):
        require_limit(spaces, limit=4)


@pytest.mark.parametrize(
    ("text", "far"),
    [
        ("elements Li,P,S,Cl,Br,I,O,Si,Ge atoms<=40", 200_000),
        ("LLZO dope Zr: Ta,Nb,W,Te,Sb 0:1.5:0.01; dope La: Ca,Sr 0:3:0.01", 200_000),
        ("Li1+x{Al,Ga,Cr,Fe}x{Ti,Ge}2-x(PO4)3, x=0:0.9:0.001", 5_000),
    ],
)
def test_memory_stays_flat_however_far_a_space_is_gone_through(text: str, far: int) -> None:
    queries = read_space(text).queries()

    def go(number: int) -> int:
        last = None
        for query in islice(queries, number):
            last = query
        assert last is not None
        return sys.getallocatedblocks()

    before = go(1_000)
    assert go(far) - before < 2_000  # blocks of memory; one candidate takes about ten


@given(st.text(alphabet="Li{},:;x=0.5[]()dope ZrTaelmntsaoxP<+-é⁵", max_size=40))
@example("x=1")
@example("elements")
@example("elements Li,S atoms<=")
@example("LLZO dope ")
@example("PEO + LiTFSI, EO:Li=[8:24:0]")
@example("{,}")
@example("Li\ud800{Cl,Br}")
def test_any_text_is_read_or_refused_as_a_space(text: str) -> None:
    with suppress(SpaceRefusedError):
        assert read_space(text).count.number >= 0
