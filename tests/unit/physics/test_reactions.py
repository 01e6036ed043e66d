"""Amounts of formula units, and how an equation is written."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.physics.formulas import Reaction, of_atoms, written


def test_atoms_become_formula_units() -> None:
    amounts = of_atoms(("Li2S", "Li", "P"), np.array([3.0, 1.0, 1.0]), np.array([6.0, 0.5, 1.0]))
    assert amounts == {"Li2S": 2.0, "Li": 0.5, "P": 1.0}
    assert {type(amount) for amount in amounts.values()} == {float}


@pytest.mark.parametrize("symbol", ["H", "N", "O", "F", "Cl", "Br", "I"])
def test_gases_and_halogens_are_molecules(symbol: str) -> None:
    assert of_atoms((symbol,), (1.0,), (3.0,)) == {f"{symbol}2": 1.5}


@pytest.mark.parametrize("symbol", ["S", "P", "C", "Li", "Si"])
def test_other_elements_are_not(symbol: str) -> None:
    assert of_atoms((symbol,), (1.0,), (3.0,)) == {symbol: 3.0}


def test_next_to_nothing_and_less_is_left_out() -> None:
    assert of_atoms(("Li", "S", "P"), (1.0, 1.0, 1.0), (1e-9, -1e-12, 1.0)) == {"P": 1.0}


def test_reactions_read_as_in_a_paper() -> None:
    reaction = Reaction({"Li3PS4": 0.2, "Li": 1.0}, {"Li2S": 0.8, "P": 0.2})
    assert str(reaction) == "0.2 Li3PS4 + Li → 0.8 Li2S + 0.2 P"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1.0, "S"),
        (0.99999999, "S"),
        (1.0004, "S"),
        (2.0, "2 S"),
        (1 / 3, "0.333 S"),
        (12.0, "12 S"),
        (123.4, "123 S"),
        (0.0123456, "0.0123 S"),
        (999.6, "1000 S"),
        (1234.5, "1234 S"),
        (98765.4, "98765 S"),
        (1e-5, "1e-05 S"),
    ],
)
def test_amounts_are_written_with_three_digits_or_whole(amount: float, text: str) -> None:
    assert written({"S": amount}) == text


def test_nothing_is_said_to_be_nothing() -> None:
    assert written({}) == "nothing"
