"""Family offsets: by hand, and what must hold for any measurements."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.model.calibration import Signals
from sseml.model.ensemble import Estimate
from sseml.model.offsets import (
    CONDUCTOR_SHRINKAGE,
    SHRINKAGE,
    Offsets,
    Residuals,
    Shift,
    family_offsets,
    shrunken_mean,
)

DECADES = st.floats(-8.0, 8.0)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["garnet", "nitride", "amide"]),
        st.integers(0, 3),
        DECADES,
        st.one_of(st.just(np.nan), DECADES),
    ),
    max_size=12,
)
Row = tuple[str, int, float, float]


def residuals(rows: Sequence[Row]) -> Residuals:
    return Residuals(
        families=[row[0] for row in rows],
        compositions=np.array([row[1] for row in rows], dtype=np.int64),
        unconditional=np.array([row[2] for row in rows]),
        if_conductor=np.array([row[3] for row in rows]),
    )


def between(measured: float, relation: str, predicted: float) -> Residuals:
    return Residuals.between(
        np.array([measured]),
        [relation],
        np.array([predicted]),
        np.array([predicted]),
        families=["nitride"],
        compositions=np.zeros(1, dtype=np.int64),
    )


# ---- by hand


def test_the_sum_over_the_number_and_the_shrinkage() -> None:
    assert shrunken_mean(np.array([1.0, 2.0, 0.0]), np.arange(3), 2.0) == (3.0 / 5.0, 3)


def test_measurements_of_one_composition_count_once() -> None:
    offset, count = shrunken_mean(np.array([1.0, 3.0, -1.0]), np.array([7, 7, 1]), 2.0)
    assert count == 2
    assert offset == pytest.approx((2.0 - 1.0) / (2 + 2.0))


def test_each_output_of_each_family_from_its_own_rows() -> None:
    rows = [
        ("garnet", 0, 3.0, 2.5),
        ("garnet", 1, -6.0, np.nan),  # below 1e-7 S/cm: nothing about conductors
        ("nitride", 2, 1.5, 1.0),
    ]
    found = family_offsets(residuals(rows), {"garnet": 4}, {"garnet": 1})
    garnet, nitride = found["garnet"], found["nitride"]
    assert garnet.unconditional == pytest.approx(-3.0 / (2 + SHRINKAGE + 4))
    assert garnet.if_conductor == pytest.approx(2.5 / (1 + CONDUCTOR_SHRINKAGE + 1))
    assert (garnet.compositions, garnet.conductors, garnet.learned) == (2, 1, 4)
    assert nitride.unconditional == pytest.approx(1.5 / (1 + SHRINKAGE))
    assert nitride.if_conductor == pytest.approx(1.0 / (1 + CONDUCTOR_SHRINKAGE))


@pytest.mark.parametrize(
    ("measured", "relation", "predicted", "expected"),
    [
        (-5.0, "=", -4.0, -1.0),
        (-5.0, "~", -4.0, -1.0),
        (-5.0, "<", -4.0, -1.0),
        (-5.0, "<", -6.0, 0.0),  # less than 1e-5 was measured, and less is predicted
        (-5.0, ">", -6.0, 1.0),
        (-5.0, ">", -4.0, 0.0),
    ],
)
def test_a_bound_counts_as_far_as_the_prediction_contradicts_it(
    measured: float, relation: str, predicted: float, expected: float
) -> None:
    assert between(measured, relation, predicted).unconditional.tolist() == [expected]


@pytest.mark.parametrize(
    ("measured", "relation", "conducts"),
    [(-6.9, "=", True), (-7.0, "=", False), (-6.0, "<", False), (-6.0, ">", True)],
)
def test_only_what_is_known_to_conduct_says_how_well_conductors_do(
    measured: float, relation: str, conducts: bool
) -> None:
    assert np.isfinite(between(measured, relation, -5.0).if_conductor).tolist() == [conducts]


def test_a_shifted_conductor_stays_one_and_signals_stay() -> None:
    one = np.ones(2)
    estimate = Estimate(
        np.array([-4.0, -6.5]), np.array([0.3, 0.5]), np.zeros(2), Signals(one, one, one, one)
    )
    shift = Shift(np.array([-2.0, -2.0]), np.array([-1.0, -1.0]))
    unconditional, if_conductor = shift.applied(estimate, estimate)
    assert unconditional.level.tolist() == [-6.0, -8.5]
    assert if_conductor.level.tolist() == [-5.0, -7.0]
    for shifted in (unconditional, if_conductor):
        assert shifted.signals is estimate.signals
        assert shifted.energy_eV.tolist() == [0.3, 0.5]
    assert estimate.level.tolist() == [-4.0, -6.5]


# ---- for any measurements


@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], order: random.Random) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert family_offsets(residuals(shuffled), {}, {}) == family_offsets(residuals(rows), {}, {})


@given(rows=ROWS)
def test_no_other_family_is_shifted_and_none_without_a_note(rows: list[Row]) -> None:
    offsets = Offsets("lab.csv", family_offsets(residuals(rows), {}, {}))
    measured = {row[0] for row in rows}
    asked = ["garnet", "nitride", "amide", "argyrodite"]
    shift = offsets.shift(asked)
    for family, unconditional, if_conductor in zip(
        asked, shift.unconditional, shift.if_conductor, strict=True
    ):
        assert (offsets.note(family) is not None) == (family in measured)
        if family not in measured:
            assert (unconditional, if_conductor) == (0.0, 0.0)


@given(values=st.lists(DECADES, min_size=1, max_size=8), shrinkage=st.floats(0.5, 100.0))
def test_an_offset_lies_between_nothing_and_the_mean(values: list[float], shrinkage: float) -> None:
    offset, count = shrunken_mean(np.array(values), np.arange(len(values)), shrinkage)
    mean = float(np.mean(values))
    assert count == len(values)
    assert abs(offset) <= abs(mean) + 1e-12
    assert offset * mean >= -1e-12


@given(value=st.floats(0.1, 8.0), sign=st.sampled_from([-1.0, 1.0]))
def test_an_offset_shrinks_to_nothing_with_fewer_measurements(value: float, sign: float) -> None:
    offsets = [
        sign * shrunken_mean(np.full(count, sign * value), np.arange(count), 2.0)[0]
        for count in (10, 5, 3, 1, 0)
    ]
    assert offsets == sorted(offsets, reverse=True)
    assert offsets[-1] == 0.0
    assert all(offset > 0.0 for offset in offsets[:-1])


@given(rows=st.lists(DECADES, min_size=1, max_size=6), learned=st.integers(0, 400))
def test_what_the_model_has_learned_of_a_family_shrinks_its_offset(
    rows: list[float], learned: int
) -> None:
    own = residuals([("garnet", number, value, value) for number, value in enumerate(rows)])
    fresh = family_offsets(own, {}, {})["garnet"]
    known = family_offsets(own, {"garnet": learned}, {"garnet": learned})["garnet"]
    assert abs(known.unconditional) <= abs(fresh.unconditional)
    assert abs(known.if_conductor) <= abs(fresh.if_conductor)
