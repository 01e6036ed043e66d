"""A given activation energy moves the line of an answer, as far as held-out rows say."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.model.calibration import Held, Signals
from sseml.model.ensemble import Estimate
from sseml.model.given_energy import GIVEN_SHARE, EnergyGain

ONE = np.ones(3)
ESTIMATE = Estimate(
    level=np.array([-6.0, -4.0, -5.0]),
    energy_eV=np.array([0.5, 0.3, 0.45]),
    by_system=np.zeros(3),
    signals=Signals(ONE, ONE, ONE, ONE),
)


def held(residual: np.ndarray, shift: np.ndarray) -> Held:
    one = np.ones(len(residual))
    return Held(
        log10_sigma=-5.0 + residual,
        predicted=-5.0 * one,
        level=-5.0 * one,
        is_bound=np.zeros(len(residual), dtype=bool),
        shift=shift,
        signals=Signals(one, one, one, one),
        families=np.full(len(residual), "garnet", dtype=object),
        papers=np.arange(len(residual)),
        weights=one,
    )


def test_the_gain_is_learned_from_residuals_at_any_temperature() -> None:
    off = np.random.default_rng(0).normal(0.0, 0.1, 2000)
    shift = np.tile([0.0, 3.0], 1000)
    gain = EnergyGain.fit(held((shift - 8.0) * off, shift), off)
    assert gain.decades_per_eV == pytest.approx(-8.0, abs=0.1)


def test_nothing_is_learned_where_no_energy_is_stated_or_it_says_nothing() -> None:
    residual = np.random.default_rng(1).normal(0.0, 1.0, 50)
    none = EnergyGain.fit(held(residual, np.zeros(50)), np.full(50, np.nan))
    assert none.decades_per_eV == 0.0
    wrong_way = EnergyGain.fit(held(np.full(50, 0.8), np.zeros(50)), np.full(50, 0.1))
    assert wrong_way.decades_per_eV == 0.0


def test_an_answer_goes_part_of_the_way_and_others_stay_to_the_bit() -> None:
    gain, given = EnergyGain(-8.0), np.array([0.3, np.nan, 0.45])
    followed = gain.followed(ESTIMATE, given)
    assert followed.energy_eV[0] == pytest.approx(0.5 - GIVEN_SHARE * 0.2)
    assert followed.level[0] == pytest.approx(-6.0 + 8.0 * GIVEN_SHARE * 0.2)
    assert gain.decades(ESTIMATE, given)[0] == pytest.approx(8.0 * GIVEN_SHARE * 0.2)
    for place in (1, 2):  # not given, and given as predicted
        assert followed.level[place] == ESTIMATE.level[place]
        assert followed.energy_eV[place] == ESTIMATE.energy_eV[place]
