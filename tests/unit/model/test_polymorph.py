"""What a crystal system adds: by hand, and what a person may rely on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.model.crystal_system import (
    UNKNOWN,
    PolymorphCorrection,
    PolymorphSettings,
    crystal_system,
)

TETRAGONAL, CUBIC = (crystal_system(number) for number in (142, 230))
SETTINGS = PolymorphSettings()


def fitted(systems: list[int], distance: np.ndarray, error: list[float]) -> PolymorphCorrection:
    weights = np.ones(len(systems))
    return PolymorphCorrection.fit(SETTINGS, np.array(systems), distance, np.array(error), weights)


def test_two_polymorphs_of_one_composition_by_hand() -> None:
    """Each expects the other: half by the other row, half by the mean of both with weight 1."""
    correction = fitted([TETRAGONAL, CUBIC], np.zeros((2, 2)), [-1.0, 1.0])
    # shares expected of the tetragonal row: (cubic 1 + 1 × (½, ½)) / 2 = tetragonal ¼, cubic ¾
    contrast = 0.75
    assert correction.contrast[0, TETRAGONAL] == pytest.approx(contrast)
    assert correction.contrast[0, CUBIC] == pytest.approx(-contrast)
    # by symmetry the dual is (−a, a): the kernel of the contrast is ±2 v c² (v = ½), noise is 1
    own = 0.5 * 2 * contrast**2
    a = 1.0 / (2 * own + 1.0)
    # a new row sees both with weight 1: expected (1 + ½) / 3 each, contrast ½
    asked = 0.5 * 2 * 0.5 * contrast
    shift = correction.shift(np.array([TETRAGONAL, CUBIC]), np.zeros((2, 2)))
    np.testing.assert_allclose(shift, [-2 * asked * a, 2 * asked * a])


def test_no_system_no_correction() -> None:
    correction = fitted([TETRAGONAL, CUBIC], np.zeros((2, 2)), [-1.0, 1.0])
    assert correction.shift(np.array([UNKNOWN]), np.zeros((1, 2))) == [0.0]
    nothing = fitted([UNKNOWN, UNKNOWN], np.zeros((2, 2)), [-1.0, 1.0])
    np.testing.assert_array_equal(nothing.shift(np.array([CUBIC, UNKNOWN]), np.zeros((2, 2))), 0.0)


def test_where_everything_is_cubic_being_cubic_says_nothing() -> None:
    generator = np.random.default_rng(0)
    place = generator.uniform(size=(20, 1))
    distance = np.abs(place - place.T)
    correction = fitted([CUBIC] * 20, distance, list(generator.normal(size=20)))
    shift = correction.shift(np.full(20, CUBIC), distance)
    np.testing.assert_allclose(shift, 0.0, atol=1e-12)


def test_what_was_learned_of_one_chemistry_does_not_reach_another() -> None:
    correction = fitted([TETRAGONAL, CUBIC], np.zeros((2, 2)), [-1.0, 1.0])
    asked = np.array([TETRAGONAL])
    near, far = (correction.shift(asked, np.full((1, 2), away))[0] for away in (0.01, 1.0))
    assert near < -0.15
    assert abs(far) < 1e-3


def test_no_answer_is_moved_further_than_stated() -> None:
    correction = fitted([TETRAGONAL, CUBIC] * 20, np.zeros((40, 40)), [-40.0, 40.0] * 20)
    shift = correction.shift(np.array([TETRAGONAL, CUBIC]), np.zeros((2, 40)))
    np.testing.assert_array_equal(shift, [-SETTINGS.largest, SETTINGS.largest])


def test_saved_and_read_back_it_is_the_same() -> None:
    distance = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0))) / 20
    correction = fitted([0, 6, UNKNOWN, 3, 6, 4], distance, [1.0, -1.0, 5.0, 0.5, 0.0, -0.5])
    again = PolymorphCorrection.from_arrays(correction.to_arrays())
    asked = np.array([0, 3, 4, 6, UNKNOWN, 6])
    np.testing.assert_array_equal(again.shift(asked, distance), correction.shift(asked, distance))


@given(st.permutations(range(8)), st.integers(0, 2**32 - 1))
def test_the_order_of_the_measurements_does_not_matter(order: list[int], seed: int) -> None:
    generator = np.random.default_rng(seed)
    place = generator.uniform(size=(8, 1)) / 5
    distance = np.abs(place - place.T)
    systems = generator.integers(UNKNOWN, 7, 8)
    error, weights = generator.normal(size=8), generator.uniform(0.2, 2.0, 8)
    asked = generator.integers(0, 7, 8)

    def shift(index: list[int]) -> np.ndarray:
        correction = PolymorphCorrection.fit(
            SETTINGS, systems[index], distance[np.ix_(index, index)], error[index], weights[index]
        )
        return correction.shift(asked, distance[:, index])

    np.testing.assert_allclose(shift(list(order)), shift(list(range(8))), atol=1e-9)


@pytest.mark.parametrize(
    ("number", "system"),
    [(1, 0), (2, 0), (3, 1), (15, 1), (16, 2), (74, 2), (75, 3), (142, 3), (143, 4), (167, 4),
     (168, 5), (194, 5), (195, 6), (230, 6)],
)  # fmt: skip
def test_systems_begin_and_end_where_the_tables_say(number: int, system: int) -> None:
    assert crystal_system(number) == system


@pytest.mark.parametrize("number", [0, 231, -1])
def test_there_is_no_such_space_group(number: int) -> None:
    with pytest.raises(ValueError, match="space group"):
        crystal_system(number)


def test_heavier_errors_are_followed_more_closely() -> None:
    systems, distance, error = np.array([TETRAGONAL, CUBIC]), np.zeros((2, 2)), np.array([-1.0, 1])
    light, heavy = (
        PolymorphCorrection.fit(SETTINGS, systems, distance, error, np.full(2, weight)).shift(
            np.array([TETRAGONAL]), np.zeros((1, 2))
        )[0]
        for weight in (0.5, 5.0)
    )
    assert heavy < light < 0.0
    assert math.isfinite(heavy)
