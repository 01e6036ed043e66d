"""Reported numbers: relations, Unicode signs, overbars, and the lost minus."""

import pytest

from sseml.curation.numbers import Quantity, read_conductivity, read_float, read_quantity


@pytest.mark.parametrize(
    ("text", "value", "relation"),
    [
        ("1.58489e-06", 1.58489e-06, "="),
        ("<1E-10", 1e-10, "<"),
        (" < 1E-8 ", 1e-8, "<"),
        (">2e-5", 2e-5, ">"),
        ("~0.001", 1e-3, "~"),
        ("≈ 3.3 × 10^-4", 3.3e-4, "~"),
        ("1.2E−4", 1.2e-4, "="),
        ("4.0\u0305E-5", 4e-5, "="),
    ],
)
def test_a_number_is_read_with_its_relation(text: str, value: float, relation: str) -> None:
    assert read_conductivity(text) == Quantity(pytest.approx(value), relation)


@pytest.mark.parametrize("text", ["", "n/a", "1e-5-2e-5", "1e-5 to 2e-5", "e-5"])
def test_ranges_and_words_are_no_number(text: str) -> None:
    assert read_quantity(text) is None


def test_an_upper_bound_that_lost_its_minus_is_mended_and_says_so() -> None:
    assert read_conductivity("<1E10") == Quantity(pytest.approx(1e-10), "<", corrected=True)


@pytest.mark.parametrize("text", ["1E10", "<3E10", "0", "-1e-5", ">1E10"])
def test_other_impossible_conductivities_are_not_guessed(text: str) -> None:
    assert read_conductivity(text) is None


def test_a_bound_is_no_plain_number() -> None:
    assert read_float("<0.4") is None
    assert read_float("0.4") == 0.4
