"""How well answers order materials: by hand, against SciPy, and against simulated repeats."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from sseml.evaluate.order import ceiling, family_spearman, series_order, weighted_spearman

ONE_FAMILY = np.array(["garnet"] * 4)
ONE_PAPER = np.zeros(4, dtype=np.int64)
TRUTH = np.array([-6.0, -5.0, -4.0, -3.0])


def test_a_perfect_order_is_1_a_reversed_one_0_and_a_tie_one_half() -> None:
    for score, share in ((TRUTH * 7.0, 1.0), (-TRUTH, 0.0), (np.zeros(4), 0.5)):
        assert series_order(TRUTH, score, ONE_FAMILY, ONE_PAPER) == share
    one_pair_wrong = np.array([-5.0, -6.0, -4.0, -3.0])
    assert series_order(TRUTH, one_pair_wrong, ONE_FAMILY, ONE_PAPER) == pytest.approx(5 / 6)


def test_pairs_of_two_papers_or_families_or_too_near_are_not_judged() -> None:
    papers = np.array([1, 1, 2, 2])
    families = np.array(["garnet", "garnet", "NASICON", "NASICON"])
    right_inside = np.array([-3.0, -2.0, -6.0, -5.0])
    for own, paper in ((families, ONE_PAPER), (ONE_FAMILY, papers)):
        assert series_order(TRUTH, right_inside, own, paper) == 1.0
    close = np.array([-5.0, -4.8, -4.6, -3.0])
    wrong_where_close = np.array([-4.8, -5.0, -4.6, -3.0])
    assert series_order(close, wrong_where_close, ONE_FAMILY, ONE_PAPER) == 1.0
    assert np.isnan(series_order(TRUTH, TRUTH, ONE_FAMILY, np.arange(4)))
    assert np.isnan(series_order(np.full(4, -5.0), TRUTH, ONE_FAMILY, ONE_PAPER))


ROWS = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(-3, 3), st.sampled_from("ab"), st.integers(0, 2)),
    max_size=25,
)


@given(ROWS)
def test_series_are_judged_pair_by_pair(rows: list[tuple[int, int, str, int]]) -> None:
    won = total = 0.0
    for one, other in combinations(rows, 2):
        if one[2:] == other[2:] and abs(one[0] - other[0]) >= 2:  # in steps of 0.2 decades
            total += 1.0
            said = (one[1] > other[1]) - (one[1] < other[1])
            won += 0.5 if said == 0 else float(said == (1 if one[0] > other[0] else -1))
    truth, score = (np.array([row[place] for row in rows], dtype=float) for place in (0, 1))
    families = np.array([row[2] for row in rows], dtype=str)
    papers = np.array([row[3] for row in rows], dtype=np.int64)
    found = series_order(truth * 0.2, score, families, papers)
    assert found == pytest.approx(won / total if total else np.nan, nan_ok=True)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.integers(0, 3)), min_size=2))
def test_a_rank_correlation_of_groups_is_that_of_rows_repeated(
    rows: list[tuple[int, int, int]],
) -> None:
    """A row of a group of n counts as 1 / n; SciPy is asked with whole numbers of copies."""
    truth, score, groups = (np.array(own) for own in zip(*rows, strict=True))
    size = np.bincount(groups)[groups]
    copies = np.lcm.reduce(size) // size
    found = weighted_spearman(truth.astype(float), score.astype(float), groups)
    if np.ptp(truth) == 0 or np.ptp(score) == 0:
        assert np.isnan(found)
    else:
        repeated = (np.repeat(own, copies) for own in (truth, score))
        assert found == pytest.approx(spearmanr(*repeated).statistic, abs=1e-9)


def test_only_large_families_that_can_be_ranked_count() -> None:
    draw = np.random.default_rng(0)
    families = np.repeat(["garnet", "NASICON", "flat", "small"], [12, 15, 10, 9])
    truth, score = draw.normal(size=(2, 46))
    truth[families == "flat"] = -10.0
    score[families == "small"] = truth[families == "small"]
    expected = np.mean(
        [
            spearmanr(truth[families == name], score[families == name]).statistic
            for name in ("garnet", "NASICON")
        ]
    )
    rows = np.arange(46)
    assert family_spearman(truth, score, families, rows) == pytest.approx(expected)
    small = families == "small"
    assert np.isnan(family_spearman(truth[small], score[small], families[small], rows[small]))


def _ceiling(truth: np.ndarray, papers: np.ndarray | None = None) -> float:
    papers = np.arange(len(truth)) if papers is None else papers
    return ceiling(truth, np.full(len(truth), "garnet"), papers)


@settings(max_examples=30)
@given(st.lists(st.floats(-12.0, -1.0), min_size=10, max_size=30), st.data())
def test_no_ceiling_is_above_1(values: list[float], data: st.DataObject) -> None:
    papers = data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values)))
    found = _ceiling(np.array(values), np.array(papers))
    assert np.isnan(found) if len(set(values)) == 1 else found <= 1.0


def test_values_far_apart_have_a_ceiling_of_1_and_such_as_repeats_scatter_a_low_one() -> None:
    assert _ceiling(10.0 * np.arange(12.0)) == pytest.approx(1.0)
    draw = np.random.default_rng(3)
    spread = [_ceiling(draw.normal(-5.0, decades, 60)) for decades in (0.4, 0.8, 1.6, 3.2)]
    assert (np.diff(spread) > 0.0).all()
    assert 0.0 < spread[0] < 0.3
    assert 0.9 < spread[-1] < 1.0


def test_what_a_paper_shares_does_not_spoil_its_own_order() -> None:
    truth = np.random.default_rng(1).normal(-5.0, 0.8, 40)
    assert _ceiling(truth, np.zeros(40, dtype=np.int64)) > _ceiling(truth) + 0.05


def test_the_ceiling_is_what_a_perfect_model_reaches() -> None:
    """Simulated: noise-free values, and one measurement of each that is off by half a decade."""
    draw = np.random.default_rng(2)
    noise_free = draw.normal(-5.0, 1.0, 2000)
    measured = noise_free + draw.normal(0.0, 0.5, 2000)
    assert _ceiling(measured) == pytest.approx(spearmanr(noise_free, measured).statistic, abs=0.02)


def test_families_too_small_have_no_ceiling() -> None:
    assert np.isnan(_ceiling(np.arange(9.0)))
