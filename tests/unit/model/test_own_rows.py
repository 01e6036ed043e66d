"""The pull of one's own measurements of a material: by hand, and what must hold for any of them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.model.own_rows import LinePrior, OwnSeries, narrower, own_shrinkage
from sseml.units import celsius_to_kelvin

PRIOR = LinePrior(energy_variance=0.0037, correlation=-0.7)
NAN = float("nan")
Row = tuple[float, float, str, float]
ROWS = st.lists(
    st.tuples(
        st.floats(-12.0, 0.0),
        st.sampled_from([-30.0, 25.0, 27.0, 60.0, 200.0]),
        st.sampled_from(["=", "<", ">", "~"]),
        st.one_of(st.just(NAN), st.floats(0.1, 1.2)),
    ),
    min_size=1,
    max_size=6,
)


def series(*rows: Row) -> OwnSeries:
    log10_sigma, temperature_C, relations, energies = zip(*rows, strict=True)
    return OwnSeries.of(
        np.array(log10_sigma),
        np.array(temperature_C) + celsius_to_kelvin(0.0),
        relations,
        np.array(energies),
    )


@pytest.mark.parametrize(
    ("rows", "decades"),
    [
        ([(-4.0, 25.0, "=", NAN)], 2.0 / 1.5),  # one of 1 + 0.5
        ([(-4.0, 25.0, "=", NAN), (-5.0, 25.0, "=", NAN)], 2 / 2.5 * 1.5),
        ([(-8.0, 25.0, "~", NAN)] * 4, -2.0 * 4 / 4.5),
    ],
)
def test_the_level_moves_by_k_over_k_plus_the_shrinkage_of_the_mean_residual(
    rows: list[Row], decades: float
) -> None:
    moved, energy_eV, samples = series(*rows).move(-6.0, 0.45, 0.5, PRIOR)
    assert moved == pytest.approx(decades, abs=1e-4)
    assert samples == len(rows)
    assert energy_eV == pytest.approx(-0.7 * 0.0037**0.5 * decades, abs=1e-5)


def test_a_series_over_temperature_is_one_sample_and_gives_its_slope() -> None:
    line = [(-6.0 + 0.3 * 5.0397 * (1000 / 298.15 - 1000 / (t + 273.15)) + np.log10(
        298.15 / (t + 273.15)), t, "=", NAN) for t in (25.0, 60.0, 100.0)]  # fmt: skip
    decades, energy_eV, samples = series(*line).move(-6.0, 0.45, 0.5, PRIOR)
    assert samples == 1
    assert abs(decades) < 0.1
    assert energy_eV == pytest.approx(-0.15 / 1.5, abs=0.01)  # 1 of 1 + 0.5


def test_a_stated_energy_carries_a_hot_measurement_to_25() -> None:
    """At 100 °C it lies on the line, but its barrier is lower: at 25 °C it conducts better."""
    on_line = -6.0 + 0.6 * 3.4 + np.log10(298.15 / 373.15)
    bare, _, _ = series((on_line, 100.0, "=", NAN)).move(-6.0, 0.6, 0.5, PRIOR)
    told, energy_eV, _ = series((on_line, 100.0, "=", 0.3)).move(-6.0, 0.6, 0.5, PRIOR)
    assert abs(bare) < 0.01
    assert told > 0.3
    assert -0.3 < energy_eV < 0.0


@pytest.mark.parametrize(
    ("relation", "measured", "moves"),
    [("<", -5.0, False), ("<", -7.0, True), (">", -7.0, False), (">", -5.0, True)],
)
def test_a_bound_counts_only_where_the_answer_contradicts_it(
    relation: str, measured: float, moves: bool
) -> None:
    decades, _, samples = series((measured, 25.0, relation, NAN)).move(-6.0, 0.45, 0.5, PRIOR)
    assert (samples == 1) is moves
    assert (decades != 0.0) is moves


@given(ROWS, st.floats(-12.0, 0.0), st.floats(0.1, 1.2))
def test_the_order_of_rows_does_not_matter_and_no_move_overshoots(
    rows: list[Row], level: float, energy_eV: float
) -> None:
    moved = series(*rows).move(level, energy_eV, 0.5, PRIOR)
    shuffled = random.Random(0).sample(rows, len(rows))
    assert series(*shuffled).move(level, energy_eV, 0.5, PRIOR) == pytest.approx(moved, abs=1e-7)
    if all(row[1] == 25.0 and np.isnan(row[3]) for row in rows):
        values = [row[0] for row in rows]
        assert min(*values, level) - 1e-9 <= level + moved[0] <= max(*values, level) + 1e-9


@given(st.floats(0.05, 5.0), st.integers(0, 9), st.integers(0, 9))
def test_intervals_narrow_only_beyond_the_scatter_of_repeats(
    width: float, samples: int, papers: int
) -> None:
    def factor(count: int) -> float:
        one = np.array([own_shrinkage(papers)])
        return float(narrower(np.array([width]), np.array([count]), one)[0])

    assert factor(0) == pytest.approx(1.0)
    assert factor(samples + 1) <= factor(samples) <= 1.0
    assert factor(samples) * width >= min(width, 0.6) - 1e-9
    assert own_shrinkage(papers + 1) > own_shrinkage(papers)
