"""Pictures of polymers: curves of conductivity, and held-out answers."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import sseml
from sseml.curation.polymers.table import load_polymers
from sseml.records import RefusedInputError
from sseml.released import POLYMER_BUNDLE, released_evidence
from sseml.report import (
    conductivity_curves,
    measured_points,
    polymer_calibration,
    polymer_parity,
    save,
    save_polymers,
)
from sseml.report.files import PEO_LITFSI

PEO = "PEO + LiTFSI, EO:Li=20"


def held_out(rows: int = 400) -> pd.DataFrame:
    """Answers with errors of 0.6 decades and intervals of ±1 decade."""
    draw = np.random.default_rng(0)
    truth = draw.uniform(-9.0, -3.0, rows)
    predicted = truth + draw.normal(0.0, 0.6, rows)
    return pd.DataFrame(
        {
            "polymer": [f"*C{'C' * (number % 60)}O*" for number in range(rows)],
            "family": [("polyether", "polyester")[number % 60 % 2] for number in range(rows)],
            "temperature_C": draw.uniform(-10.0, 100.0, rows),
            "log10_sigma": truth,
            "predicted_log10_sigma": predicted,
            "low_log10_sigma": predicted - 1.0,
            "high_log10_sigma": predicted + 1.0,
            "nearest_distance": draw.uniform(0.0, 1.0, rows),
        }
    )


def words(figure: Figure) -> str:
    """Everything that is written on a figure."""
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible()]
    return "\n".join(text.get_text() for text in found)


def test_a_curve_is_what_is_answered_at_each_temperature() -> None:
    figure = conductivity_curves([PEO], temperatures_C=[60.0, 20.0, 100.0])
    [axes] = figure.axes
    [drawn] = [line for line in axes.lines if line.get_linewidth() > 1.5]
    answers = sseml.predict([f"{PEO} @ {at} °C" for at in (20, 60, 100)], window=False)
    np.testing.assert_array_equal(drawn.get_xdata(), [20.0, 60.0, 100.0])
    np.testing.assert_allclose(
        np.asarray(drawn.get_ydata()), [answer.sigma_S_cm for answer in answers]
    )
    limits = [np.asarray(line.get_ydata()) for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(limits[0], [answer.sigma_low_S_cm for answer in answers])
    np.testing.assert_allclose(limits[1], [answer.sigma_high_S_cm for answer in answers])


def test_measured_points_are_drawn_and_counted() -> None:
    recipes = [PEO, "Li6PS5Cl", "PEO + LiTFSI, EO:Li=15 + 10 wt% LLZTO"]
    figure = conductivity_curves(recipes, {PEO: [(60.0, 4e-4), (60.0, 1.0)]}, about="three")
    shown = words(figure)
    assert "Predicted conductivity along temperature: three" in shown
    assert "1 of 2 measured inside" in shown
    assert all(recipe in shown for recipe in recipes)
    assert "temperature (°C)" in shown
    assert "measured" in shown.splitlines()
    assert len(figure.axes) == 3
    assert "measured" not in words(conductivity_curves([PEO])).splitlines()


def test_measured_points_are_those_of_the_same_recipe() -> None:
    table = load_polymers(released_evidence(POLYMER_BUNDLE))
    points = measured_points([PEO, "PEO + LiClO4, EO:Li=20"], table)
    assert len(points[PEO]) > 20
    assert not set(points[PEO]) & set(points["PEO + LiClO4, EO:Li=20"])
    assert all(-100.0 < at < 200.0 and 0.0 < sigma < 0.1 for at, sigma in points[PEO])
    own = table[table["formula"].str.startswith("PEO + LiTFSI, EO:Li=19.99")]
    long_chains = own[~(own["molar_mass_g_mol"] < 3500.0)]
    assert set(zip(long_chains["temperature_C"], long_chains["sigma_S_cm"], strict=True)) <= set(
        points[PEO]
    )
    [gel] = measured_points([f"{PEO} + 40 wt% EC"], table).values()
    assert not set(gel) & set(points[PEO])


@pytest.mark.parametrize(
    ("recipes", "temperatures_C", "told"),
    [
        ([], [0.0, 20.0], "no curve to draw"),
        ([PEO], [20.0, 20.0], "no curve to draw"),
        (["PEO + LiXYZ, EO:Li=3"], [20.0, 60.0], "LiXYZ"),
        (["Li3-xY1-xZrxCl6, x=0.2:0.8:0.2"], [20.0, 60.0], "several materials"),
    ],
)
def test_what_has_no_curve_is_refused(
    recipes: list[str], temperatures_C: list[float], told: str
) -> None:
    with pytest.raises(RefusedInputError, match=told):
        conductivity_curves(recipes, temperatures_C=temperatures_C)


def test_parity_says_how_far_off_by_row_and_by_polymer() -> None:
    table = held_out()
    error = (table["predicted_log10_sigma"] - table["log10_sigma"]).abs()
    shown = words(polymer_parity(table, "made up"))
    assert "Polymers: measured against predicted: made up" in shown
    assert "400 measurements, 60 polymers" in shown
    assert f"mean error {error.mean():.2f} decades" in shown
    assert f"each polymer once {error.groupby(table['polymer']).mean().mean():.2f}" in shown
    assert "polyether (30 polymers)" in shown


def test_calibration_has_a_line_for_each_band_domain_and_family() -> None:
    table = held_out()
    figure = polymer_calibration(table)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [
        "all", "below 20 °C", "20 to 40 °C", "40 to 60 °C", "above 60 °C", "domain: inside",
        "domain: edge", "domain: outside", "polyester", "polyether",
    ]  # fmt: skip
    inside = table["log10_sigma"].between(table["low_log10_sigma"], table["high_log10_sigma"])
    [axes] = figure.axes
    first = axes.containers[0].lines[0].get_xdata()[0]
    assert first == pytest.approx(inside.groupby(table["polymer"]).mean().mean())


@pytest.mark.parametrize("draw", [polymer_parity, polymer_calibration])
@pytest.mark.filterwarnings("error")
def test_small_tables_are_drawn_and_odd_ones_refused(draw: object, tmp_path: Path) -> None:
    table = held_out()
    assert callable(draw)
    assert save(draw(table.head(1)), tmp_path / "one.png").stat().st_size > 5_000
    first, second = (save(draw(table), tmp_path / f"{name}.svg") for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(RefusedInputError, match="nothing to draw"):
        draw(table.head(0))
    with pytest.raises(RefusedInputError, match=r"lacks the column\(s\) family"):
        draw(table.drop(columns="family"))


def test_every_picture_of_the_benchmark_goes_into_one_folder(tmp_path: Path) -> None:
    written = save_polymers(held_out(), tmp_path / "new" / "polymer")
    assert [path.name for path in written] == ["parity.png", "calibration.png", "curves.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    assert [recipe[-2:].strip("=") for recipe in PEO_LITFSI] == ["8", "12", "20", "30"]
