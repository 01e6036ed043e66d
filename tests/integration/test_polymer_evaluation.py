"""`sseml evaluate polymer`: what it measures, what it refuses, and what its pictures say."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sseml.cli import main
from sseml.curation.polymers.table import load_polymers
from sseml.curation.table import write_parquet
from sseml.evaluate import Report, evaluate
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.polymer import BAND_NAMES, POLYMER_BENCHMARK
from sseml.evaluate.polymer_films import composite_figures, gel_figures
from sseml.evaluate.run import goals
from sseml.kinds import POLYMER
from sseml.model.polymer.film_rows import FilmRows, film_rows
from sseml.model.polymer.fit import CurveSettings
from sseml.records import RefusedInputError
from sseml.released import POLYMER_BUNDLE, released_evidence

QUICK = CurveSettings(boosting_rounds=5, averaged_trees=3)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return load_polymers(released_evidence(POLYMER_BUNDLE))


@pytest.fixture(scope="module")
def small(whole: pd.DataFrame) -> pd.DataFrame:
    """Up to eight rows of 40 polymers, those of 60 fillers and gels, and all of the PVDF class."""
    families = whole["family"]
    film = families.str.contains("composite|gel|sulfide") | (families == "PVDF class")
    dry = whole[~film]
    often = dry["polymer"].value_counts().index[:40]
    dry = dry[dry["polymer"].isin(often)]
    dry = (
        dry.groupby("polymer").sample(12, random_state=0, replace=True).drop_duplicates("source_id")
    )
    others = whole[film & (families != "PVDF class")].sample(70, random_state=0)
    parts = [dry, others, whole[families == "PVDF class"]]
    return pd.concat(parts).sort_index().reset_index(drop=True)


@pytest.fixture(scope="module")
def report(small: pd.DataFrame) -> Report:
    return evaluate([POLYMER_BENCHMARK], small, curves=QUICK)


def test_every_figure_with_a_goal_is_measured_and_shown(
    report: Report, small: pd.DataFrame
) -> None:
    assert report.left_out == {}
    assert report.rows == len(small)
    lines = report.to_text().splitlines()
    for (benchmark, figure), goal in goals().items():
        if benchmark == POLYMER_BENCHMARK:
            value = report.figures[POLYMER_BENCHMARK][figure]
            assert math.isfinite(value), figure
            [line] = [line for line in lines if line.startswith(f"| polymer | {figure}: ")]
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            count = value.is_integer() and value >= 10
            assert cells[2:] == [f"{value:.{0 if count else 3}f}", goal.floor, goal.aim]
            if "coverage" in figure or "share" in figure:
                assert 0.0 <= value <= 1.0, figure


def test_the_floors_are_those_that_were_set() -> None:
    floors = {figure: goal.floor for (name, figure), goal in goals().items() if name == "polymer"}
    assert {figure: floor for figure, floor in floors.items() if floor[:1] in ("≤", "≥", ".")} == {
        "ChemArr folds MAE": "≤ 0.94",
        "ChemArr folds Spearman": "≥ .69",
        "new polymer MAE": "≤ 0.90",
        "new polymer MAE per polymer": "≤ 0.71",
        "new polymer MAE per polymer at 20 to 30 °C": "≤ 0.80",
        "new formulation MAE": "≤ 0.52",
        "interval coverage per polymer": ".87–.93",
        **{f"interval coverage per polymer {band}": "≥ .85" for band in BAND_NAMES},
        "interval width": "≤ 2.8",
        "gels MAE per system": "≤ 0.50",
        "composites formulations": "≥ 150",
    }


def test_the_held_out_answers_are_those_behind_the_figures(
    report: Report, small: pd.DataFrame
) -> None:
    table = report.out_of_fold[POLYMER_BENCHMARK]
    figures = report.figures[POLYMER_BENCHMARK]
    assert set(table["measurement_id"]) <= set(small["measurement_id"])
    assert len(table) == figures["new polymer rows"]
    error = (table["predicted_log10_sigma"] - table["log10_sigma"]).abs()
    assert error.mean() == pytest.approx(figures["new polymer MAE"])
    per_polymer = error.groupby(table["polymer"]).mean().mean()
    assert per_polymer == pytest.approx(figures["new polymer MAE per polymer"])
    inside = table["log10_sigma"].between(table["low_log10_sigma"], table["high_log10_sigma"])
    assert inside.mean() == pytest.approx(figures["interval coverage by row"])


def test_the_report_survives_json(report: Report) -> None:
    again = Report.from_dict(json.loads(json.dumps(report.to_dict(), allow_nan=False)))
    assert again.to_text() == report.to_text()


def _rows(log10_sigma: list[float], group: list[int], like: FilmRows) -> FilmRows:
    count = len(group)
    return replace(
        like,
        materials=like.materials[:count],
        temperature_C=np.full(count, 25.0),
        log10_sigma=np.array(log10_sigma),
        group=np.array(group),
    )


def test_the_constants_are_medians_of_the_others_counted_by_hand(whole: pd.DataFrame) -> None:
    """Groups at -5, -4, -4, -3, -2; one of two rows counts once.

    Left out, the median of the other medians is -3.5, -3.5, -3.5, -4, -4: errors 1.5, 0.5, 0.5, 1,
    2. Composites take the lower of two middle values by weight: -4, -4, -4, -4, -4.
    """
    rows = film_rows(whole, POLYMER)
    group, truth = [0, 0, 1, 2, 3, 4], [-5.0, -5.0, -4.0, -4.0, -3.0, -2.0]
    gels = gel_figures(_rows(truth, group, rows["gel"]))
    assert gels["gels systems"] == 5.0
    assert gels["gels MAE per system constant"] == pytest.approx((1.5 + 0.5 + 0.5 + 1 + 2) / 5)
    assert gels["gels MAE by row constant"] == pytest.approx((1.5 * 2 + 0.5 + 0.5 + 1 + 2) / 6)
    own = _rows(truth, group, rows["composite"])
    composites = composite_figures(own, np.full(6, -4.5))
    assert composites["composites MAE per paper without filler"] == pytest.approx(
        (0.5 + 0.5 + 0.5 + 1.5 + 2.5) / 5
    )
    assert composites["composites papers"] == composites["composites papers below 50 °C"] == 5.0
    assert composites["composites rows"] == 6.0
    assert "composites rows from 50 °C" not in composites
    with pytest.raises(RefusedInputError, match="gels are known from 4 systems"):
        gel_figures(_rows(truth[:5], group[:5], rows["gel"]))


def test_films_that_are_known_too_little_are_left_out_and_said(small: pd.DataFrame) -> None:
    dry = small[small["liquid"].isna() & small["filler"].isna()].reset_index(drop=True)
    report = evaluate([POLYMER_BENCHMARK], dry, curves=QUICK)
    assert "gels are known from 0" in report.left_out["polymer, gels"]
    assert "polymer, composites" in report.left_out
    assert "| polymer | gels MAE per system: " in report.to_text()
    assert report.to_dict()["benchmarks"]["polymer"].keys() >= {"new polymer MAE"}


def test_too_few_polymers_are_refused(whole: pd.DataFrame) -> None:
    few = whole[whole["polymer"].isin(whole["polymer"].unique()[:6])]
    with pytest.raises(RefusedInputError, match="polymers were measured in one band"):
        evaluate([POLYMER_BENCHMARK], few, curves=QUICK)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["polymer", "papers"], "sseml evaluate polymer"),
        (["polymers"], "did you mean 'polymer'?"),
        (["papers", "-i", "polymers.parquet"], "is a table of polymer electrolytes"),
        (["polymer", "-i", "measurements.parquet"], "is a table of inorganic electrolytes"),
        (["polymer", "-i", "nowhere.parquet"], "there is no file nowhere.parquet"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(
    argv: list[str],
    told: str,
    small: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_parquet(small, tmp_path / "polymers.parquet")
    (tmp_path / "measurements.parquet").write_bytes(released_evidence().read_bytes())
    assert main(["evaluate", *argv]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err


def test_it_is_not_part_of_all() -> None:
    assert POLYMER_BENCHMARK not in BENCHMARKS


def test_figures_measured_before_are_written_between_the_marks(
    report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    figures.write_text(json.dumps(report.to_dict()), encoding="utf-8")
    page.write_text("a\n<!-- evaluate:begin -->\n<!-- evaluate:end -->\nz\n", encoding="utf-8")
    argv = ["evaluate", "polymer", "--figures", str(figures), "--write", str(page)]
    assert main(argv) == 0
    assert capsys.readouterr().out == report.to_text()
    assert report.to_text() in page.read_text(encoding="utf-8")


def test_the_command_draws_what_was_held_out(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sseml.evaluate.evaluate", lambda *_, **__: report)
    assert main(["evaluate", "polymer", "--plots", str(tmp_path / "plots")]) == 0
    place = tmp_path / "plots" / POLYMER_BENCHMARK
    assert sorted(path.name for path in place.iterdir()) == [
        "calibration.png", "curves.png", "held_out.csv", "parity.png",
    ]  # fmt: skip
    assert len(pd.read_csv(place / "held_out.csv")) == len(report.out_of_fold[POLYMER_BENCHMARK])
