"""Shares of good materials among the first of a ranking, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sseml.evaluate.screening import screening, share_of_first

TRUTH = np.array([-2.0, -5.0, -3.5, -2.5, -6.0, -3.0] * 4)
PAPERS = np.arange(24) // 2


def test_the_share_of_the_first_by_hand() -> None:
    good = np.array([1.0, 0.0, 1.0, 0.0])
    assert share_of_first(good, np.array([0.1, 0.9, 0.8, 0.0]), 2) == 0.5
    assert share_of_first(good, np.array([0.9, 0.1, 0.8, 0.0]), 2) == 1.0
    assert share_of_first(good, np.zeros(4), 3) == pytest.approx(2 / 3)  # ties as they stand
    assert share_of_first(good, np.zeros(4), 50) == 0.5


def test_a_perfect_ranking_gains_over_one_that_is_reversed() -> None:
    perfect = {"1e-4": TRUTH, "1e-3": TRUTH}
    found = screening(TRUTH, perfect, -TRUTH, TRUTH, PAPERS)
    assert found["share above 1e-3"] == 0.5
    assert found["share above 1e-3 top 10"] == 1.0
    assert found["share above 1e-3 top 10 by σ"] == 0.0
    assert found["gain above 1e-3 top 10 over σ low"] > 0.5
    assert found["gain above 1e-3 top 10 over nearest neighbour low"] == 0.0
    assert found["share above 1e-4 top 20"] == pytest.approx(16 / 20)


def test_of_a_handful_of_papers_no_interval_is_given() -> None:
    found = screening(TRUTH, {"1e-4": TRUTH, "1e-3": TRUTH}, TRUTH, TRUTH, PAPERS // 4)
    assert "share above 1e-3 top 10" in found
    assert not [name for name in found if name.startswith("gain")]
