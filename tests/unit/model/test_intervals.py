"""Intervals cover what they promise, are wider where less is known, and hold the prediction."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.model.calibration import IntervalModel, Signals, conformal_quantile


def _world(rows: int, seed: int) -> tuple[Signals, np.ndarray]:
    """Residuals that grow with distance, as they do for real materials."""
    generator = np.random.default_rng(seed)
    distance = generator.uniform(0, 0.3, rows)
    residual = generator.standard_t(4, rows) * (0.3 + 4 * distance)
    constant = np.full(rows, 0.5)
    return Signals(distance, constant, constant, constant), residual


def test_covers_new_data_at_the_nominal_level() -> None:
    signals, residual = _world(3000, 0)
    model = IntervalModel.fit(signals, residual, np.ones(3000))
    fresh, truth = _world(20_000, 1)
    low, high = model.offsets(fresh)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.9, abs=0.015)


def test_covers_near_and_far_alike() -> None:
    signals, residual = _world(3000, 2)
    model = IntervalModel.fit(signals, residual, np.ones(3000))
    fresh, truth = _world(20_000, 3)
    low, high = model.offsets(fresh)
    inside = (low <= truth) & (truth <= high)
    for band in (fresh.distance < 0.05, fresh.distance > 0.25):
        assert inside[band].mean() == pytest.approx(0.9, abs=0.05)


def test_wider_far_from_what_was_measured() -> None:
    signals, residual = _world(2000, 4)
    model = IntervalModel.fit(signals, residual, np.ones(2000))
    constant = np.full(2, 0.5)
    low, high = model.offsets(Signals(np.array([0.0, 0.3]), constant, constant, constant))
    assert high[1] - low[1] > 2 * (high[0] - low[0])


def test_never_surer_than_what_was_tested() -> None:
    """A material of the training set looks perfectly known to every signal, and is not."""
    signals, residual = _world(2000, 6)
    model = IntervalModel.fit(signals, residual, np.ones(2000))
    nothing = np.zeros(1)
    known = Signals(nothing, nothing, nothing, nothing)
    held_out_width = model.width(signals)
    assert model.width(known)[0] >= np.quantile(held_out_width, 0.02)


def test_quantile_by_hand() -> None:
    # ceil((9 + 1) * 0.9) = 9th smallest of 9; of 19, ceil(20 * 0.9) = 18th
    assert conformal_quantile(np.arange(1.0, 10.0), np.ones(9), 0.9) == 9.0
    assert conformal_quantile(np.arange(1.0, 20.0), np.ones(19), 0.9) == 18.0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_limits_hold_the_prediction_however_biased_the_residuals(seed: int, bias: float) -> None:
    signals, residual = _world(60, seed)
    model = IntervalModel.fit(signals, residual + bias, np.ones(60))
    low, high = model.offsets(signals)
    assert (low <= 0).all()
    assert (high >= 0).all()
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()


def test_dictionary_round_trip() -> None:
    signals, residual = _world(100, 5)
    model = IntervalModel.fit(signals, residual, np.ones(100))
    assert IntervalModel.from_dict(asdict(model)) == model
