"""Where one sample ends and the next begins, and which rows cannot be of their curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.curation.polymers.curves import (
    celsius_of_reciprocal,
    falls_on_heating,
    is_reciprocal,
    rows_off_curve,
    split_run,
)

TEMPERATURES = np.array([90.0, 80, 70, 60, 50, 40, 30, 20])
LINE = 2.0 - 2000.0 / (TEMPERATURES + 273.15)
"""log10 σ of an Arrhenius line: -3.51 at 90 °C, -4.82 at 20 °C."""


@pytest.mark.parametrize(
    ("temperatures", "lengths"),
    [
        ([80, 70, 60, 50, 80, 70, 60, 50], [4, 4]),
        ([30, 40, 50, 30, 40, 50, 30, 40, 50], [3, 3, 3]),
        ([132, 128, 125, 121, 118, 111, 18, 105, 101, 98], [10]),  # 108 printed as 18
        ([70, 190, 170, 150, 130, 110, 90], [7]),
        ([115, 110, 105, 100, 90, 85, 95], [7]),
        ([25], [1]),
    ],
)
def test_a_curve_begins_where_the_temperatures_begin_anew(
    temperatures: list[float], lengths: list[int]
) -> None:
    parts = split_run(temperatures, [-2000.0 / (T + 273.15) for T in temperatures])
    assert [part.stop - part.start for part in parts] == lengths
    assert parts[0].start == 0


def test_a_second_sample_that_conducts_less_throughout_is_another_curve() -> None:
    temperatures = [*TEMPERATURES, *TEMPERATURES]
    assert split_run(temperatures, [*LINE, *(LINE - 2.0)]) == [slice(0, 8), slice(8, 16)]


@pytest.mark.parametrize(
    "temperatures",
    [[128, 124, 120, 117, 129, 113, 125, 109], [80, 75, 65, 60, 55, 50, 45, 40, 70, 35, 30]],
)
def test_rows_that_are_sorted_by_conductivity_are_of_one_curve(temperatures: list[float]) -> None:
    assert len(split_run(temperatures, np.linspace(-3.0, -4.0, len(temperatures)).tolist())) == 1


@given(st.lists(st.tuples(st.integers(-50, 150), st.floats(-9, -2)), max_size=30))
def test_every_row_is_of_one_curve(points: list[tuple[float, float]]) -> None:
    temperatures, values = [T for T, _ in points], [value for _, value in points]
    parts = split_run(temperatures, values)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(
        range(len(points))
    )


def test_a_temperature_without_its_middle_digit_is_off_its_curve() -> None:
    temperatures = TEMPERATURES.copy()
    temperatures[0] = 9.0
    assert rows_off_curve(temperatures, LINE) == [0]


@pytest.mark.parametrize(("row", "shift"), [(3, 2.0), (3, -2.0), (7, 2.5), (0, -2.5)])
def test_a_misprinted_exponent_does_not_carry_its_neighbours_off(row: int, shift: float) -> None:
    values = LINE.copy()
    values[row] += shift
    assert rows_off_curve(TEMPERATURES, values) == [row]


def test_the_jump_of_a_melting_polymer_is_no_misprint() -> None:
    values = np.array([-3.5, -3.6, -3.8, -4.1, -5.9, -6.8, -7.4, -8.0])
    assert rows_off_curve(TEMPERATURES, values) == []


@given(st.lists(st.tuples(st.floats(-60, 150), st.floats(-12, -2)), min_size=3, max_size=20))
def test_no_row_is_off_a_curve_that_rises(points: list[tuple[float, float]]) -> None:
    temperatures, values = (np.sort(np.array(each)) for each in zip(*points, strict=True))
    assert rows_off_curve(temperatures, values) == []
    assert not falls_on_heating(temperatures, values)


def test_a_curve_that_falls_on_heating_is_known_and_a_flat_one_is_not_one() -> None:
    assert falls_on_heating(TEMPERATURES, LINE[::-1])
    assert not falls_on_heating(TEMPERATURES, np.full(8, -4.0))
    assert not falls_on_heating(TEMPERATURES[:2], LINE[:2][::-1])


def test_a_reciprocal_under_degrees_celsius_is_known_by_its_numbers_and_its_fall() -> None:
    reciprocal = 1000.0 / (TEMPERATURES + 273.15)
    assert is_reciprocal(reciprocal, LINE)
    assert not is_reciprocal(reciprocal, LINE[::-1]), "conductivity rises with it: °C after all"
    assert not is_reciprocal(TEMPERATURES, LINE[::-1])
    assert celsius_of_reciprocal(reciprocal[0]) == pytest.approx(90.0)
