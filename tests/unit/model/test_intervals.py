"""Intervals cover what they promise, are wider where less is known, and hold the prediction."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.model.calibration import (
    CLIP_LOG10_SIGMA,
    Held,
    IntervalModel,
    Signals,
    ThresholdModel,
    conformal_quantile,
)


def world(rows: int, seed: int, shift: float = 0.0, bias: float = 0.0, scale: float = 1.0) -> Held:
    """Predictions of -5 whose errors grow with distance, as they do for real materials."""
    generator = np.random.default_rng(seed)
    distance = generator.uniform(0, 0.3, rows)
    error = scale * generator.standard_t(4, rows) * (0.2 + 3 * distance)
    predicted, constant = np.full(rows, -5.0), np.full(rows, 0.5)
    return Held(
        log10_sigma=np.maximum(predicted + error + bias, CLIP_LOG10_SIGMA),
        predicted=predicted,
        level=predicted,
        is_bound=np.zeros(rows, dtype=bool),
        shift=np.full(rows, shift),
        signals=Signals(distance, constant, constant, constant),
        families=np.full(rows, "garnet", dtype=object),
        papers=np.arange(rows),
        weights=np.ones(rows),
    )


def join(*parts: Held) -> Held:
    names = ("log10_sigma", "predicted", "level", "is_bound", "shift", "families", "weights")
    fields = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    signals = Signals.join([part.signals for part in parts])
    return Held(**fields, signals=signals, papers=np.arange(len(fields["shift"])))


def fitted(held: Held, by_paper: np.ndarray | None = None) -> IntervalModel:
    everything = np.ones(len(held.shift), dtype=bool)
    return IntervalModel.fit(held, everything if by_paper is None else by_paper)


def limits(model: IntervalModel, held: Held) -> tuple[np.ndarray, np.ndarray]:
    width = model.width(held.signals, held.families.tolist())
    return model.offsets(width, held.level, held.shift)


def inside(model: IntervalModel, held: Held) -> np.ndarray:
    low, high = limits(model, held)
    return (low <= held.residual) & (held.residual <= high)


# ---- coverage


def test_covers_new_data_at_the_nominal_level() -> None:
    assert inside(fitted(world(3000, 0)), world(20_000, 1)).mean() == pytest.approx(0.9, abs=0.015)


def test_covers_near_and_far_alike() -> None:
    model, fresh = fitted(world(3000, 2)), world(20_000, 3)
    covered = inside(model, fresh)
    for band in (fresh.signals.distance < 0.05, fresh.signals.distance > 0.25):
        assert covered[band].mean() == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (2.5, 1.5), (6.0, 2.5)])
def test_covers_each_band_of_temperature_by_itself(shift: float, scale: float) -> None:
    """Hot measurements scatter more: they have an interval of their own."""
    parts = [world(2000, 4, 0.0), world(2000, 5, 2.5, scale=1.5), world(2000, 6, 6.0, scale=2.5)]
    fresh = world(20_000, 7, shift, scale=scale)
    assert inside(fitted(join(*parts)), fresh).mean() == pytest.approx(0.9, abs=0.02)


def test_no_answer_is_surer_away_from_25_even_where_less_scatter_was_seen() -> None:
    parts = [world(2000, 4, 0.0), world(2000, 5, 2.5, scale=0.6), world(2000, 6, 6.0, scale=0.3)]
    model = fitted(join(*parts))
    width = np.ones(5)
    low, high = model.offsets(width, np.full(5, -5.0), np.array([0.0, 1.0, 2.5, 6.0, 9.0]))
    assert (np.diff(high) > 0.0).all()
    assert (np.diff(low) < 0.0).all()


def test_a_poor_conductor_that_is_heated_has_an_interval_of_its_own() -> None:
    """Insulators go wrong by decades when hot; a good conductor's limits do not pay for it."""

    def poor(rows: int, seed: int) -> Held:
        held = world(rows, seed, 6.0, bias=-2.0, scale=2.0)
        return replace(held, level=np.full(rows, -9.0))

    model = fitted(join(world(2000, 22), world(1000, 23, 6.0), poor(500, 24)))
    for fresh in (world(20_000, 25, 6.0), poor(20_000, 26)):
        assert inside(model, fresh).mean() == pytest.approx(0.9, abs=0.03)
    width, hot = np.full(5, 0.5), np.full(5, 6.0)
    low, _ = model.offsets(width, np.array([-9.0, -7.5, -7.0, -6.5, -5.0]), hot)
    assert (np.diff(low) > 0.0).all()


def test_a_band_of_too_few_rows_takes_the_interval_of_all() -> None:
    alone, with_few = fitted(world(2000, 8)), fitted(join(world(2000, 8), world(5, 9, 6.0)))
    assert with_few.high_quantiles[2] == pytest.approx(alone.high_quantiles[0], rel=0.05)


def test_a_bound_that_is_kept_is_no_error_and_one_that_is_broken_is() -> None:
    held = replace(
        world(4, 10),
        log10_sigma=np.array([-4.0, -7.0, -4.0, -7.0]),
        is_bound=np.array([True, True, False, False]),
    )
    np.testing.assert_allclose(held.residual, [0.0, -2.0, 1.0, -2.0])


def test_nothing_below_1e_10_is_told_apart() -> None:
    held = replace(
        world(3, 11), log10_sigma=np.array([-14.0, -12.0, -9.0]), predicted=np.full(3, -11.0)
    )
    np.testing.assert_allclose(held.residual, [0.0, 0.0, 1.0])


# ---- width


def test_wider_far_from_what_was_measured() -> None:
    model = fitted(world(2000, 12))
    constant = np.full(2, 0.5)
    near, far = model.width(
        Signals(np.array([0.0, 0.3]), constant, constant, constant), ["garnet", "garnet"]
    )
    assert far > 2 * near


def test_never_surer_than_what_was_tested() -> None:
    """A material of the training set looks perfectly known to every signal, and is not."""
    held = world(2000, 13)
    model = fitted(held)
    nothing = np.zeros(1)
    [width] = model.width(Signals(nothing, nothing, nothing, nothing), ["garnet"])
    assert width >= np.quantile(model.width(held.signals, held.families.tolist()), 0.02)


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_no_sign_of_doubt_makes_an_answer_surer(seed: int) -> None:
    """Of signals that say nothing, chance would give some a coefficient below 0."""
    generator = np.random.default_rng(seed)
    held = world(80, seed)
    signals = Signals(*(generator.uniform(0.0, 1.0, (4, 80))))
    model = fitted(replace(held, signals=signals))
    assert min(model.width_coefficients[1:]) >= 0.0
    more = Signals(*(getattr(signals, name) + 0.1 for name in Signals.__slots__))
    names = held.families.tolist()
    assert (model.width(more, names) >= model.width(signals, names)).all()


def test_a_family_that_errs_more_has_a_wider_interval_near_its_measurements_alone() -> None:
    tame, wild = world(500, 14, scale=0.5), world(500, 15, scale=2.0)
    wild = replace(wild, families=np.full(500, "hydride", dtype=object))
    model = fitted(join(tame, wild))
    assert model.families["hydride"] > 0.3 > -0.3 > model.families["garnet"]
    constant = np.full(6, 0.5)
    distance = np.array([0.01, 0.01, 0.01, 0.2, 0.2, 0.2])
    width = model.width(
        Signals(distance, constant, constant, constant), ["hydride", "unheard of", "garnet"] * 2
    )
    assert width[0] > width[1] > width[2]
    assert width[3] == width[4] == width[5], "far from all measurements a family says nothing"


def test_a_family_of_few_papers_says_little_of_its_own_width() -> None:
    def widened(papers: np.ndarray) -> float:
        wild = replace(world(60, 16, scale=3.0), families=np.full(60, "hydride", dtype=object))
        held = replace(join(world(600, 17), wild), papers=np.r_[np.arange(600), papers])
        return fitted(held).families["hydride"]

    assert 0.0 < widened(np.full(60, 1000)) < 0.3 * widened(1000 + np.arange(60))


def test_a_family_s_width_is_that_of_rows_whose_papers_were_held_out() -> None:
    wild = replace(world(300, 18, scale=3.0), families=np.full(300, "hydride", dtype=object))
    held = join(world(300, 19), wild)
    assert "hydride" not in fitted(held, np.arange(600) < 300).families


def test_the_interval_grows_beyond_what_was_tested_hot_and_cold() -> None:
    model = fitted(join(world(1000, 20), world(1000, 21, 6.0)))
    width = np.full(3, 0.5)
    low, high = model.offsets(width, np.full(3, -5.0), np.array([6.0, 8.0, 10.0]))
    assert (np.diff(high) > 0).all()
    assert (np.diff(low) < 0).all()
    low, high = model.offsets(width, np.full(3, -5.0), np.array([0.0, -3.0, -6.0]))
    assert (np.diff(high) > 0).all()
    assert (np.diff(low) < 0).all()


# ---- quantiles


def test_quantile_by_hand() -> None:
    # ceil((9 + 1) * 0.9) = 9th smallest of 9; of 19, ceil(20 * 0.9) = 18th
    assert conformal_quantile(np.arange(1.0, 10.0), np.ones(9), 0.9) == 9.0
    assert conformal_quantile(np.arange(1.0, 20.0), np.ones(19), 0.9) == 18.0


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.floats(-3.0, 8.0))
def test_limits_hold_the_prediction_however_biased_the_residuals(
    seed: int, bias: float, shift: float
) -> None:
    held = world(60, seed, shift, bias)
    if abs(shift) >= 1.2:  # there is always something near 25 °C
        held = join(held, world(60, seed + 1))
    low, high = limits(fitted(held), held)
    assert (low <= 0).all()
    assert (high >= 0).all()
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()


def test_dictionary_round_trip() -> None:
    model = fitted(world(100, 22))
    assert IntervalModel.from_dict(json.loads(json.dumps(asdict(model)))) == model


# ---- the probability to reach a threshold


def judged(rows: int, seed: int) -> tuple[Held, np.ndarray]:
    """Scores whose errors are logistic, by a width that differs; and that width."""
    generator = np.random.default_rng(seed)
    score, width = generator.uniform(-9.0, -2.0, rows), generator.uniform(0.2, 1.5, rows)
    held = world(rows, seed)
    error = 0.5 * np.sqrt(width) * generator.logistic(size=rows)
    return replace(held, predicted=score, log10_sigma=score + error), width


def test_probabilities_are_how_often_it_came_true_at_every_threshold() -> None:
    model = ThresholdModel.fit(*judged(3000, 23))
    fresh, width = judged(20_000, 24)
    for threshold in (-7.0, -5.0, -4.0, -3.0):
        told = model.predict(fresh.predicted, width, threshold)
        reached = fresh.log10_sigma >= threshold
        for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
            bin_ = (told >= low) & (told <= high)
            assert reached[bin_].mean() == pytest.approx(told[bin_].mean(), abs=0.05)


def test_a_bound_says_nothing_of_the_thresholds_below_it() -> None:
    """Bounds of 1e-5 S/cm: whether those materials reach 1e-7 S/cm is not known."""
    held, width = judged(2000, 25)
    bounds, of_bounds = judged(2000, 26)
    loose = replace(bounds, log10_sigma=np.full(2000, -1.0), is_bound=np.ones(2000, dtype=bool))
    without = ThresholdModel.fit(held, width)
    with_bounds = ThresholdModel.fit(join(held, loose), np.concatenate([width, of_bounds]))
    assert with_bounds.slopes == pytest.approx(without.slopes, abs=1e-6)
    assert with_bounds.intercepts == pytest.approx(without.intercepts, abs=1e-6)
    tight = replace(loose, log10_sigma=np.full(2000, -9.0))
    lower = ThresholdModel.fit(join(held, tight), np.concatenate([width, of_bounds]))
    assert lower.predict(np.array([-5.0]), np.ones(1), -5.0) < without.predict(
        np.array([-5.0]), np.ones(1), -5.0
    )


@given(
    st.floats(-12.0, 1.0), st.floats(0.05, 5.0), st.floats(-12.0, 1.0), st.floats(-12.0, 1.0),
    st.lists(st.tuples(st.floats(-5.0, 5.0), st.floats(0.0, 10.0)), min_size=3, max_size=3),
)  # fmt: skip
def test_no_threshold_contradicts_another(
    score: float, width: float, one: float, other: float, fitted: list[tuple[float, float]]
) -> None:
    intercepts, slopes = zip(*fitted, strict=True)
    model = ThresholdModel((-7.0, -4.0, -3.0), intercepts, slopes)
    low, high = sorted((one, other))
    of_low, of_high = (
        model.predict(np.array([score]), np.array([width]), each)[0] for each in (low, high)
    )
    assert 0.0 <= of_high <= of_low <= 1.0


def test_where_scores_mislead_every_answer_is_the_same() -> None:
    held, width = judged(1000, 27)
    model = ThresholdModel.fit(replace(held, predicted=-10.0 - held.predicted), width)
    assert set(model.slopes) == {0.0}


def test_a_threshold_model_is_read_back() -> None:
    model = ThresholdModel.fit(*judged(200, 28))
    assert ThresholdModel.from_dict(json.loads(json.dumps(asdict(model)))) == model
