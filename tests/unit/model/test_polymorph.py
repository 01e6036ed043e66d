"""What a crystal system adds: by hand, and what a person may rely on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.model.arrhenius import ProcessSettings
from sseml.model.arrhenius_fit import ArrheniusProcess
from sseml.model.crystal_system import (
    UNKNOWN,
    PolymorphCorrection,
    PolymorphSettings,
    crystal_system,
)
from sseml.model.dataset import TrainingSet

TETRAGONAL, CUBIC = (crystal_system(number) for number in (142, 230))
PROCESS = ProcessSettings(robust_degrees=1e12)
SETTINGS = PROCESS.polymorph
NOISE = PROCESS.kernel.noise_variance

SetOf = Callable[..., TrainingSet]


def fitted(
    a_set: SetOf,
    systems: Sequence[int],
    log10_sigma: Sequence[float],
    place: np.ndarray | None = None,
    **other: np.ndarray,
) -> PolymorphCorrection:
    """Materials that only their place and crystal system tell apart."""
    count = len(systems)
    data = a_set(
        np.zeros((count, 1)), np.array(log10_sigma), place, systems=np.array(systems), **other
    )
    return ArrheniusProcess(PROCESS, data, data.X).fit().polymorph


def test_two_polymorphs_of_one_composition_by_hand(a_set: SetOf) -> None:
    """Each expects the other: by the other row, and by the mean of both with weight 0.3."""
    correction = fitted(a_set, [TETRAGONAL, CUBIC], [-7.0, -5.0])
    # shares expected of the tetragonal row: (cubic 1 + 0.3 × (½, ½)) / 1.3
    contrast = 1.0 - 0.15 / 1.3
    assert correction.contrast[0, TETRAGONAL] == pytest.approx(contrast)
    assert correction.contrast[0, CUBIC] == pytest.approx(-contrast)
    # by symmetry the dual is (−a, a), and what both share drops out; the contrast's own is 2 v c²
    own = SETTINGS.variance * 2 * contrast**2
    a = 1.0 / (2 * own + NOISE)
    # a new row sees both with weight 1: expected (1 + 0.15) / 2.3 each, contrast ½
    asked = SETTINGS.variance * 2 * 0.5 * contrast
    shift = correction.shift(np.array([TETRAGONAL, CUBIC]), np.zeros((2, 2)))
    np.testing.assert_allclose(shift, [-2 * asked * a, 2 * asked * a])


@pytest.mark.parametrize("better", [TETRAGONAL, CUBIC])
def test_the_system_that_conducts_better_is_told_to(a_set: SetOf, better: int) -> None:
    draw = np.random.default_rng(1)
    systems = draw.choice([TETRAGONAL, CUBIC], 40)
    place = draw.uniform(0.3, 0.5, 40)
    log10_sigma = np.where(systems == better, -4.0, -6.0) + draw.normal(0.0, 0.3, 40)
    correction = fitted(a_set, systems, log10_sigma, place)
    asked = np.abs(np.array([0.4, 0.4])[:, None] - place)
    worse = TETRAGONAL + CUBIC - better
    up, down = correction.shift(np.array([better, worse]), asked)
    assert up > 0.3
    assert down < -0.3


def test_no_system_no_correction(a_set: SetOf) -> None:
    correction = fitted(a_set, [TETRAGONAL, CUBIC], [-7.0, -5.0])
    assert correction.shift(np.array([UNKNOWN]), np.zeros((1, 2))) == [0.0]
    nothing = fitted(a_set, [UNKNOWN, UNKNOWN], [-7.0, -5.0])
    np.testing.assert_array_equal(nothing.shift(np.array([CUBIC, UNKNOWN]), np.zeros((2, 2))), 0.0)


def test_where_everything_is_cubic_being_cubic_says_nothing(a_set: SetOf) -> None:
    generator = np.random.default_rng(0)
    place = generator.uniform(size=20)
    correction = fitted(a_set, [CUBIC] * 20, generator.normal(-6.0, 1.0, 20), place)
    shift = correction.shift(np.full(20, CUBIC), np.abs(place[:, None] - place))
    np.testing.assert_allclose(shift, 0.0, atol=1e-12)


def test_what_was_learned_of_one_chemistry_does_not_reach_another(a_set: SetOf) -> None:
    correction = fitted(a_set, [TETRAGONAL, CUBIC], [-7.0, -5.0])
    asked = np.array([TETRAGONAL])
    near, far = (correction.shift(asked, np.full((1, 2), away))[0] for away in (0.01, 1.0))
    assert near < -0.4
    assert abs(far) < 1e-2


def test_no_answer_is_moved_further_than_stated(a_set: SetOf) -> None:
    correction = fitted(a_set, [TETRAGONAL, CUBIC] * 20, [-40.0, 40.0] * 20)
    shift = correction.shift(np.array([TETRAGONAL, CUBIC]), np.zeros((2, 40)))
    np.testing.assert_array_equal(shift, [-SETTINGS.largest, SETTINGS.largest])


def test_saved_and_read_back_it_is_the_same(a_set: SetOf) -> None:
    place = np.arange(6.0) / 20
    correction = fitted(
        a_set, [0, 6, UNKNOWN, 3, 6, 4], [-5.0, -7.0, -1.0, -5.5, -6.0, -6.5], place
    )
    again = PolymorphCorrection.from_arrays(correction.to_arrays())
    assert again.settings == PolymorphSettings()
    asked, distance = np.array([0, 3, 4, 6, UNKNOWN, 6]), np.abs(place[:, None] - place)
    np.testing.assert_array_equal(again.shift(asked, distance), correction.shift(asked, distance))


@given(st.permutations(range(8)), st.integers(0, 2**32 - 1))
def test_the_order_of_the_measurements_does_not_matter(
    a_set: SetOf, order: list[int], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    place = generator.uniform(size=8) / 5
    distance = np.abs(place[:, None] - place)
    systems = generator.integers(UNKNOWN, 7, 8)
    log10_sigma, weights = generator.normal(-6.0, 1.0, 8), generator.uniform(0.2, 2.0, 8)
    asked = generator.integers(0, 7, 8)

    def shift(index: list[int]) -> np.ndarray:
        correction = fitted(
            a_set, systems[index], log10_sigma[index], place[index], weights=weights[index]
        )
        return correction.shift(asked, distance[:, index])

    np.testing.assert_allclose(shift(list(order)), shift(list(range(8))), atol=1e-9)


def test_heavier_measurements_are_followed_more_closely(a_set: SetOf) -> None:
    """Noise is that of a mean weight: the tetragonal pair outweighs the others, or does not."""
    place = np.array([0.0, 0.0, 0.9, 0.95])
    light, heavy = (
        fitted(
            a_set, [TETRAGONAL, CUBIC, UNKNOWN, UNKNOWN], [-7.0, -5.0, -6.0, -6.0], place,
            weights=np.array([weight, weight, 1.0, 1.0]),
        ).shift(np.array([TETRAGONAL]), np.abs(place[None, :]))[0]
        for weight in (0.2, 5.0)
    )  # fmt: skip
    assert heavy < light < 0.0


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
