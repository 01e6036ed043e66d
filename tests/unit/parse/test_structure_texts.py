"""Structures that rows hold as text: the format is found, and nothing but a refusal stops a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_rows
from sseml.parse.raw import RawRow
from sseml.parse.structure.texts import StructureTexts, with_structure
from sseml.records import Crystal, Query, Refusal

STRUCTURES = Path(__file__).parents[2] / "data" / "structures"
NAMES = sorted(path.name for path in STRUCTURES.iterdir())
NAMED = st.sampled_from(["", "a.cif", "POSCAR", "a.json", "LLZO", "LLZO T=60"])


def answers(text: str, formula: str = "", column: str = "structure") -> list[Query | Refusal]:
    row = with_structure(RawRow(3, formula, {column: text, "mine": 1}))
    return [*parse_rows([row], Qualifiers(), StructureTexts())]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", NAMES)
def test_the_format_is_found_and_the_text_is_not_kept(name: str, ends: str) -> None:
    text = (STRUCTURES / name).read_text(encoding="utf-8").replace("\n", ends)
    for formula, column in (("", "structure"), (name, "CIF"), ("", "Structure")):
        [answer] = answers(f"\ufeff{text}", formula, column)
        assert isinstance(answer, Query), answer
        assert isinstance(answer.material, Crystal)
        assert answer.input == (formula or "structure")
        assert answer.columns == {"mine": 1}


@pytest.mark.parametrize("end", ["# of model.cif", "# in runs/", "# two.cif data_b"])
def test_a_text_that_ends_like_the_name_of_a_file_is_a_text(end: str) -> None:
    [answer] = answers((STRUCTURES / "li3n.cif").read_text(encoding="utf-8") + end)
    assert isinstance(answer, Query), answer


@given(text=st.text(), formula=NAMED)
def test_any_text_gives_an_answer_for_its_row(text: str, formula: str) -> None:
    found = answers(text, formula)
    assert found
    assert {answer.row for answer in found} == {3}


@given(
    name=st.sampled_from(NAMES),
    formula=NAMED,
    at=st.floats(0.0, 1.0),
    more=st.text(alphabet="data_loop\n\r '\"{}[]0123456789.-", max_size=30),
)
def test_a_damaged_text_gives_an_answer_for_its_row(
    name: str, formula: str, at: float, more: str
) -> None:
    whole = (STRUCTURES / name).read_text(encoding="utf-8")
    place = int(at * len(whole))
    for text in (whole[:place], whole[:place] + more + whole[place:]):
        assert {answer.row for answer in answers(text, formula)} == {3}


def test_a_text_of_many_structures_is_refused_before_it_is_read() -> None:
    block = (STRUCTURES / "li3n.cif").read_text(encoding="utf-8").replace("data_Li3N", "data_{}")
    few = "\n".join(block.format(number) for number in range(3))
    assert len(answers(few)) == 1  # one structure, described three times
    many = "\n".join(block.format(number) for number in range(31))
    [refusal] = answers(many)
    assert isinstance(refusal, Refusal)
    assert "31 data blocks" in refusal.reason
