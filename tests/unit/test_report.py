"""Pictures: what they show of a table, that they are alike each time, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sseml import Prediction, Refusal, RefusedInputError
from sseml.records import Domain
from sseml.report import (
    calibration,
    calibration_by_family,
    error_by_distance,
    error_by_family,
    parity,
    ranking,
    save,
    save_out_of_fold,
)
from sseml.report.figures.calibration import binomial
from sseml.report.figures.out_of_fold import read
from sseml.report.figures.style import SKY, VERMILLION

Draw = Callable[[pd.DataFrame], Figure]
PICTURES = [parity, calibration, calibration_by_family, error_by_family, error_by_distance]


def answered(rows: int, seed: int = 0) -> pd.DataFrame:
    """Held-out answers as `sseml.evaluate.out_of_fold` gives them, with bounds among them."""
    draw = np.random.default_rng(seed)
    truth = np.maximum(draw.normal(-5.0, 2.5, rows), -10.0)
    predicted = truth + draw.normal(0.0, 0.8, rows)
    half = draw.uniform(0.8, 2.0, rows)
    names = ["garnet", "NASICON", "Li-P-S", "Li3MX6", "borohydride", "a family of their own"]
    return pd.DataFrame(
        {
            "measurement_id": [f"{row:012x}" for row in range(rows)],
            "formula": "Li3YCl6",
            "family": draw.choice(names, rows, p=[0.3, 0.3, 0.2, 0.1, 0.05, 0.05]),
            "log10_sigma": truth,
            "predicted_log10_sigma": predicted,
            "low_log10_sigma": predicted - half,
            "high_log10_sigma": predicted + half,
            "p_superionic": 1.0 / (1.0 + np.exp(-(predicted + 4.0) * 2.0)),
            "nearest_distance": draw.exponential(0.06, rows),
            "group": draw.integers(0, 40, rows),
        }
    )


def test_a_bound_is_inside_an_interval_that_lies_below_it() -> None:
    """Nothing counts below 1e-10 S/cm, where the truth is clipped."""
    limits = {"low_log10_sigma": [-15.0, -15.0], "high_log10_sigma": [-12.0, -12.0]}
    told = read(answered(2).assign(log10_sigma=[-10.0, -9.9], **limits))
    assert told.covered.tolist() == [True, False]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return answered(300)


def words(figure: Figure) -> str:
    """Everything that is written on a figure."""
    found = [text for text in figure.findobj(mpl.text.Text) if text.get_visible()]
    return "\n".join(text.get_text() for text in found)


def prediction(
    formula: str, log10_sigma: float, domain: Domain = "inside", measured: float | None = None
) -> Prediction:
    return Prediction(
        row=1, input=formula, kind="composition", formula=formula, family="other",
        temperature_C=25.0, log10_sigma=log10_sigma, sigma_S_cm=10.0**log10_sigma,
        sigma_low_S_cm=10.0 ** (log10_sigma - 1), sigma_high_S_cm=10.0 ** (log10_sigma + 1),
        p_superionic=0.5, p_conductor=0.9, sigma_if_conductor_S_cm=1e-4,
        sigma_if_conductor_low_S_cm=1e-6, sigma_if_conductor_high_S_cm=1e-2,
        activation_energy_eV=0.3, domain=domain, nearest=(), model="none",
        measured_sigma_S_cm=measured,
    )  # fmt: skip


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_table_gives_the_same_file(
    draw: Draw, ending: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    first = save(draw(table), tmp_path / f"first{ending}")
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red", "savefig.dpi": 10}):
        second = save(draw(table), tmp_path / f"second{ending}")
    assert first.read_bytes() == second.read_bytes()
    figure = draw(table)
    save(figure, second)
    assert save(figure, second).read_bytes() == first.read_bytes()
    assert len(first.read_bytes()) > 10_000


@pytest.mark.parametrize("draw", PICTURES)
def test_drawing_leaves_the_settings_of_others_alone(
    draw: Draw, table: pd.DataFrame, tmp_path: Path
) -> None:
    before = dict(mpl.rcParams)
    save(draw(table), tmp_path / "picture.png")
    assert dict(mpl.rcParams) == before


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(lambda table: table.head(1), id="one row"),
        pytest.param(lambda table: table[table["family"] == "garnet"], id="one family"),
        pytest.param(lambda table: table.assign(family="never heard of"), id="unknown family"),
        pytest.param(lambda table: table.assign(log10_sigma=-10.0), id="bounds alone"),
        pytest.param(lambda table: table.assign(nearest_distance=0.0), id="nothing away"),
        pytest.param(lambda table: table.assign(nearest_distance=1.0), id="all disjoint"),
        pytest.param(lambda table: table.assign(p_superionic=1.0), id="all sure"),
    ],
)
def test_small_and_odd_tables_are_drawn_too(
    draw: Draw,
    part: Callable[[pd.DataFrame], pd.DataFrame],
    table: pd.DataFrame,
    tmp_path: Path,
) -> None:
    assert save(draw(part(table)), tmp_path / "picture.png").stat().st_size > 5_000


@pytest.mark.parametrize("draw", PICTURES)
def test_what_cannot_be_drawn_is_refused(draw: Draw, table: pd.DataFrame) -> None:
    with pytest.raises(RefusedInputError, match="no rows, so there is nothing to draw"):
        draw(table.head(0))
    with pytest.raises(RefusedInputError, match=r"lacks the column\(s\) low_log10_sigma"):
        draw(table.drop(columns="low_log10_sigma"))
    holed = table.assign(p_superionic=table["p_superionic"].where(table.index != 4))
    with pytest.raises(RefusedInputError, match=r"row 5 .* no number in p_superionic"):
        draw(holed)


def test_parity_says_how_many_how_far_off_and_how_many_are_bounds(table: pd.DataFrame) -> None:
    truth, predicted = table["log10_sigma"], table["predicted_log10_sigma"].clip(lower=-10.0)
    error = (truth - predicted).abs()
    inside = table["log10_sigma"].between(table["low_log10_sigma"], table["high_log10_sigma"])
    shown = words(parity(table, "papers held out"))
    assert "Measured against predicted: papers held out" in shown
    assert "300 measurements" in shown
    assert f"mean error {error.mean():.2f} decades" in shown
    assert f"{100 * inside.mean():.0f} % inside their 90 % interval" in shown
    assert f"measured ≤ 1e-10 S/cm ({(truth <= -10.0).sum()})" in shown
    assert f"garnet ({(table['family'] == 'garnet').sum()})" in shown
    assert "measured σ at 25 °C (S/cm)" in shown
    few = words(parity(table[(truth > -9.0)]))
    assert "measured ≤ 1e-10" not in few


def test_parity_draws_every_row_once(table: pd.DataFrame) -> None:
    [axes] = parity(table).axes
    drawn = np.concatenate([np.asarray(points.get_offsets()) for points in axes.collections[1:]])
    shown = sorted(zip(drawn[:, 0].round(14), drawn[:, 1].round(14), strict=True))
    x = 10.0 ** table["predicted_log10_sigma"].clip(lower=-10.0)
    y = 10.0 ** table["log10_sigma"]
    np.testing.assert_allclose(shown, sorted(zip(x.round(14), y.round(14), strict=True)))


def test_families_are_sorted_by_error_and_small_ones_share_a_line(table: pd.DataFrame) -> None:
    error = (table["log10_sigma"] - table["predicted_log10_sigma"].clip(lower=-10.0)).abs()
    sizes = table["family"].value_counts()
    large = sizes[sizes >= 10].index
    by_error = error.groupby(table["family"]).mean()[large].sort_values()
    figure = error_by_family(table[table["family"].isin(large)])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(by_error.index)
    for name, mean in by_error.items():
        assert f"{mean:.2f}" in words(figure), name

    few = pd.concat([table, table.head(3).assign(family="silicate")], ignore_index=True)
    last = error_by_family(few).axes[0].get_yticklabels()[-1].get_text()
    assert last.endswith("smaller families")


def test_distance_counts_the_rows_of_each_domain(table: pd.DataFrame) -> None:
    shown = words(error_by_distance(table))
    away = table["nearest_distance"]
    for name, rows in (
        ("inside", (away <= 0.05).sum()),
        ("edge", ((away > 0.05) & (away <= 0.10)).sum()),
        ("outside", (away > 0.10).sum()),
    ):
        assert f"{name}\n{rows} rows\nmean error" in shown


def test_binomial_limits_are_wilsons() -> None:
    """Against his score test: at each limit the normal deviate of the observed share is 1.96."""
    told = binomial(np.array([True] * 9 + [False]))
    assert told.share == pytest.approx(0.9)
    assert (told.low, told.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    for limit in (told.low, told.high):
        deviate = (told.share - limit) / np.sqrt(limit * (1.0 - limit) / told.rows)
        assert abs(deviate) == pytest.approx(1.959964, abs=1e-6)
    assert binomial(np.array([True])).high == 1.0


def test_calibration_calls_intervals_that_are_too_narrow_so(table: pd.DataFrame) -> None:
    """The same answers with other intervals: the mark of `all` changes its colour."""

    def colour_of_all(drawn: Figure) -> object:
        [axes] = [axes for axes in drawn.axes if "Coverage" in axes.get_title("left")]
        return axes.containers[0].lines[0].get_color()

    middle = table["predicted_log10_sigma"]
    narrow = table.assign(low_log10_sigma=middle - 0.05, high_log10_sigma=middle + 0.05)
    wide = table.assign(low_log10_sigma=middle - 20.0, high_log10_sigma=middle + 20.0)
    assert colour_of_all(calibration(narrow)) == VERMILLION
    assert colour_of_all(calibration(wide)) == SKY


def coverage_lines(figure: Figure) -> dict[str, tuple[float, float, float]]:
    """Share, and the ends of its bar, by the label of the line."""
    [axes] = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    found = {}
    for label, drawn in zip(labels, axes.containers, strict=True):
        [[low, high]] = [bar[:, 0] for bar in drawn.lines[2][0].get_segments()]
        found[label] = (float(drawn.lines[0].get_xdata()[0]), float(low), float(high))
    return found


def test_coverage_by_family_begins_with_the_lowest_and_counts_each_row(table: pd.DataFrame) -> None:
    drawn = coverage_lines(calibration_by_family(table))
    inside = table["log10_sigma"].between(table["low_log10_sigma"], table["high_log10_sigma"])
    large = table["family"].value_counts()
    large = large[large >= 10].index
    of_family = inside.groupby(table["family"]).mean()[large]
    assert drawn["all"][0] == pytest.approx(inside.mean())
    names = [name for name in drawn if name in large]
    assert set(names) == set(large)
    shares = [drawn[name][0] for name in names]
    assert shares == sorted(shares) == pytest.approx(list(of_family[names]))
    few = pd.concat([table, table.head(3).assign(family="silicate")], ignore_index=True)
    assert list(coverage_lines(calibration_by_family(few)))[-1].endswith("smaller families")


def test_limits_of_a_family_are_those_of_its_groups_not_of_its_rows() -> None:
    """27 of 30 inside; Wilson's limits of 0.9 with 30 trials, and with 3: doi 10.1080/…10502953."""
    table = answered(30).assign(family="garnet")
    middle, half = table["log10_sigma"], 1.0
    low = middle - half + 10.0 * (table.index < 3)
    table = table.assign(low_log10_sigma=low, high_log10_sigma=low + 2.0 * half)
    alone = coverage_lines(calibration_by_family(table.assign(group=range(30))))["garnet"]
    together = coverage_lines(calibration_by_family(table.assign(group=table.index % 3)))["garnet"]
    assert alone == pytest.approx((0.9, 0.7438, 0.9654), abs=1e-4)
    for limit in together[1:]:
        deviate = (0.9 - limit) / np.sqrt(limit * (1.0 - limit) / 3)
        assert abs(deviate) == pytest.approx(1.959964, abs=1e-5)
    shown = words(calibration_by_family(table.assign(group=table.index % 3)))
    assert {"30", "3"} <= set(shown.splitlines())


def test_coverage_by_family_needs_the_groups(table: pd.DataFrame) -> None:
    with pytest.raises(RefusedInputError, match=r"lacks the column\(s\) group"):
        calibration_by_family(table.drop(columns="group"))


def test_the_ranking_has_the_best_first_and_leaves_refusals_out() -> None:
    answers = [
        prediction("LiCl", -8.0),
        Refusal(2, "nonsense", "no formula"),
        prediction("Li6PS5Cl", -3.0, measured=2e-3),
        prediction("Li0.3La0.5666666667TiO3", -4.0, "outside"),
    ]
    figure = ranking(answers)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert [label.replace("$_{\\mathregular{", "").replace("}}$", "") for label in labels] == [
        "Li6PS5Cl", "Li0.3La0.5667TiO3", "LiCl",
    ]  # fmt: skip
    shown = words(figure)
    assert "Predicted conductivity at 25 °C: the best first" in shown
    assert "the 2 best of 3" in words(ranking(answers, top=2))
    assert "measured" in shown
    assert "at its edge" not in shown
    assert len(ranking(answers, top=2).axes[0].get_yticklabels()) == 2


def test_a_ranking_survives_extremes_and_refuses_nothing_to_rank(tmp_path: Path) -> None:
    extreme = [prediction("LiF", -200.0), prediction("Li" + "Mg0.123456789" * 20 + "Cl", 5.0)]
    assert save(ranking(extreme), tmp_path / "ranking.svg").stat().st_size > 5_000
    with pytest.raises(RefusedInputError, match="no prediction to rank"):
        ranking([Refusal(1, "x", "no formula")])
    with pytest.raises(RefusedInputError, match="at least 1"):
        ranking(extreme, top=0)


def test_files_are_written_whole_or_not_at_all(table: pd.DataFrame, tmp_path: Path) -> None:
    figure = parity(table)
    with pytest.raises(RefusedInputError, match=r"\.png, \.svg, \.pdf"):
        save(figure, tmp_path / "picture.gif")
    with pytest.raises(RefusedInputError, match="there is no folder"):
        save(figure, tmp_path / "nowhere" / "picture.png")
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"older")
    figure.axes[0].set_title("$\\nocommand{$")  # matplotlib fails while drawing
    with pytest.raises(ValueError, match="nocommand"):
        save(figure, kept)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.png"]
    assert kept.read_bytes() == b"older"


def test_all_pictures_of_a_table_go_into_one_folder(table: pd.DataFrame, tmp_path: Path) -> None:
    written = save_out_of_fold(table, tmp_path / "new" / "papers", "papers held out")
    assert [path.name for path in written] == [
        "parity.png", "calibration.png", "calibration_by_family.png", "error_by_family.png",
        "error_by_distance.png",
    ]  # fmt: skip
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
