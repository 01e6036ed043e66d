"""Plain formulas are read to the same as by the grammar, and by nothing else's name."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.model.loading import Bundles
from sseml.parse.plain import is_plain, plain_material
from sseml.parse.recipe_line import names_recipe
from sseml.parse.structure.file_names import names_structures
from sseml.parse.text import parse_line

_COMMON = ("H", "B", "C", "N", "O", "F", "Al", "P", "S", "Cl", "Ti", "Ge", "Zr", "I", "La", "Ta")
_amounts = st.one_of(
    st.just(""),
    st.integers(1, 2100).map(str),
    st.floats(0.0001, 9.0).map(lambda amount: f"{amount:.4f}".rstrip("0")),
    st.sampled_from(["0", "0.0", "012", "1.", ".5", "20", "1e3", "100000", "0.0000001"]),
)
_symbols = st.one_of(st.sampled_from(_COMMON), st.sampled_from(sorted(MOLAR_MASS_G_MOL)))
_ends = st.one_of(
    st.just(""),
    st.tuples(_symbols, st.integers(1, 5), st.integers(1, 7)).map(
        lambda drawn: f"({drawn[0]}O{drawn[1]}){drawn[2]}"
    ),
)
_texts = st.tuples(
    _amounts, st.lists(st.tuples(_symbols, _amounts), min_size=1, max_size=7), _ends
).map(lambda drawn: f"Li{drawn[0]}" + "".join(map("".join, drawn[1])) + drawn[2])


def as_the_grammar_reads(text: str) -> object:
    """What a line is read to where no formula counts as plain."""
    with patch("sseml.parse.text.plain_material", return_value=None):
        return parse_line(1, text)


@given(text=_texts)
@example(text="Li6PS5C1")
@example(text="Li7La3Zr2012")
@example(text="Li2SO4.5H2O")
@example(text="Li2.2C0.8B0.2O3H2O")
@example(text="Li3PS4C500")
@example(text="Li10Po4O")
@example(text="Li0.5P3HB")
def test_a_line_is_read_the_same_with_and_without_the_plain_way(text: str) -> None:
    assert parse_line(1, text) == as_the_grammar_reads(text)


def test_measured_materials_are_read_the_same() -> None:
    formulas = set(Bundles().of_compositions().evidence.formulas)
    plain = [formula for formula in formulas if plain_material(formula) is not None]
    assert len(plain) > len(formulas) / 2
    for formula in formulas:
        assert parse_line(1, formula) == as_the_grammar_reads(formula)


@given(text=_texts.filter(is_plain))
def test_no_plain_text_names_a_file_or_a_recipe(text: str) -> None:
    assert not names_structures(text)
    if plain_material(text) is not None:
        assert not names_recipe(text)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("Li3PO4", True),
        ("Li1.3Al0.3Ti1.7(PO4)3", True),
        ("Li1.3Al0.3Ti1.7P(PO4)3", False),
        ("Li1.3Al0.3Ti1.7(PO4)", False),
        ("LLZO", False),
        ("Li 6 PS5Cl", False),
        ("Li6PS5Cl glass", False),
        ("Li3PS4\n", False),
    ],
)
def test_only_distinct_elements_and_their_amounts_are_plain(text: str, is_read: bool) -> None:
    assert (plain_material(text) is not None) == is_read
