"""The time split learns from nothing recent, and refuses a table that says no years."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

import sseml.evaluate.time_split as module
from sseml.cli.app import main
from sseml.evaluate import Report, evaluate
from sseml.evaluate.answers import BothAnswers, Subject, answer_both
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.time_split import NoYearsError, split_by_year, time_split
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set
from sseml.model.fitting import fit_calibrated_outputs, fit_outputs, silent
from sseml.model.split import paper_names
from sseml.parse.formula import parse_formula
from sseml.records import RefusedInputError


def dated(table: pd.DataFrame) -> pd.DataFrame:
    """Invented years, one for each paper; a tenth of the papers says none."""
    papers = pd.Series(paper_names(table), index=table.index).fillna(table["formula"])
    drawn = [zlib.crc32(paper.encode()) for paper in papers]
    years = [None if draw % 10 == 0 else 2012 + draw % 13 for draw in drawn]
    return table.assign(year=pd.Series(years, index=table.index, dtype="Int16"))


@pytest.fixture(scope="module")
def table(measurements: pd.DataFrame) -> pd.DataFrame:
    """500 rows with invented years; some of no year are of a source that goes on."""
    drawn = dated(measurements.sample(500, random_state=1).sort_index().reset_index(drop=True))
    going_on = drawn["year"].isna() & (np.arange(len(drawn)) % 2 == 0)
    return drawn.assign(source=drawn["source"].mask(going_on, "own"))


@pytest.fixture(scope="module")
def report(table: pd.DataFrame, small_settings: Any) -> Report:
    return evaluate(["time"], table, settings=small_settings)


@pytest.fixture(scope="module")
def fitted_anew(
    table: pd.DataFrame, small_settings: Any
) -> tuple[TrainingSet, np.ndarray, np.ndarray, BothAnswers]:
    """The same answers, for other arithmetic to judge."""
    data = conductivity_set(table, Recipe())
    trained, tested = split_by_year(table, data)
    model = fit_calibrated_outputs(data.take(trained), small_settings[0])
    return data, trained, tested, answer_both(model, data, trained, tested)


def test_nothing_recent_and_nothing_near_it_is_learned_from(table: pd.DataFrame) -> None:
    """Checked row by row from the raw years, DOIs and formulas."""
    data = conductivity_set(table, Recipe())
    trained, tested = split_by_year(table, data)
    assert min(trained.sum(), tested.sum()) > 40
    rows = table.iloc[data.rows].reset_index(drop=True)
    year = rows["year"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    assert (tested == (year >= 2020)).all()
    undated = rows[trained & np.isnan(year)]
    assert len(undated)
    assert set(undated["source"]) <= {"obelix", "liverpool", "laskowski", "seeds"}

    amounts = [parse_formula(formula).amounts for formula in rows["formula"]]
    dois = [{doi.lower() for doi in own} for own in rows["doi"]]
    removed_as_near = 0
    for learned in np.flatnonzero(~tested & ~(year >= 2020)):
        near = any(
            dois[learned] & dois[asked] or _same_within(amounts[learned], amounts[asked], 0.02)
            for asked in np.flatnonzero(tested)
        )
        removed_as_near += near
        assert not (near and trained[learned]), rows["formula"][learned]
    assert removed_as_near, "the check would find nothing even if nothing were removed"


def _same_within(one: dict[str, float], other: dict[str, float], distance: float) -> bool:
    if one.keys() != other.keys():
        return False
    totals = sum(one.values()), sum(other.values())
    away = sum(abs(one[symbol] / totals[0] - other[symbol] / totals[1]) for symbol in one) / 2
    return away < distance - 1e-9


def test_fits_and_calibrations_see_training_rows_alone(
    table: pd.DataFrame, small_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[TrainingSet] = []

    def recording(data: TrainingSet, *arguments: Any) -> Any:
        seen.append(data)
        return fit_calibrated_outputs(data, *arguments)

    monkeypatch.setattr(module, "fit_calibrated_outputs", recording)
    time_split(Subject(table, Recipe(), conductivity=small_settings[0]), silent)
    assert len(seen) == 1
    assert not (table["year"].iloc[seen[0].rows] >= 2020).any()


def test_the_second_output_knows_of_conductors_alone(
    table: pd.DataFrame, small_settings: Any
) -> None:
    """How poor the others are is nothing to it."""
    data = conductivity_set(table, Recipe()).take(np.arange(150))
    poor = data.target <= -7.0
    assert 5 < poor.sum() < 100
    changed = data.with_target(np.where(poor, -9.9, data.target))
    asked = data.X[:40], data.distance[:40]
    one, other = (fit_outputs(each, small_settings[0]).predict(*asked) for each in (data, changed))
    np.testing.assert_array_equal(one[1].mean, other[1].mean)
    np.testing.assert_array_equal(one[1].signals.distance, other[1].signals.distance)
    assert not np.allclose(one[0].mean, other[0].mean)
    assert (one[1].mean >= -7.0).all()


def test_a_handful_of_conductors_makes_no_second_output(
    table: pd.DataFrame, small_settings: Any
) -> None:
    data = conductivity_set(table, Recipe())
    conductors = np.flatnonzero(data.target > -7.0)
    few = conductors[np.isin(data.papers[conductors], np.unique(data.papers[conductors])[:4])]
    mixed = data.take(np.sort(np.concatenate([few, np.flatnonzero(data.target <= -7.0)])))
    with pytest.raises(RefusedInputError, match=r"above 1e-7 S/cm at 25 °C are of 4 papers"):
        fit_calibrated_outputs(mixed, small_settings[0])


def test_the_second_output_is_judged_on_conductors(report: Report, fitted_anew: Any) -> None:
    data, trained, tested, both = fitted_anew
    figures = report.figures["time"]
    conducts = data.target[tested] > -7.0
    truth, told = data.target[tested][conducts], both.if_conductor
    inside = (told.low[conducts] <= truth) & (truth <= told.high[conducts])
    learned = data.target[trained & (data.target > -7.0)]
    expected = {
        "rows": conducts.sum(),
        "MAE10c": np.abs(truth - told.mean[conducts]).mean(),
        "MAE10c training median": np.abs(truth - np.median(learned)).mean(),
        "coverage": inside.mean(),
    }
    for name, value in expected.items():
        assert figures[f"{name} if it conducts"] == pytest.approx(value, abs=1e-6), name
    assert (told.low >= -7.0).all()
    auc = roc_auc_score(conducts, both.p_conductor)
    assert figures["AUC of conducting"] == pytest.approx(auc, abs=1e-6)


def test_errors_and_their_rivals(report: Report, fitted_anew: Any) -> None:
    data, trained, tested, both = fitted_anew
    answers = both.unconditional
    figures = report.figures["time"]
    truth = data.target[tested]
    neighbour = _of_nearest(data, trained, tested)
    expected = {
        "rows": tested.sum(),
        "papers": len(np.unique(data.papers[tested])),
        "MAE10c": np.abs(truth - np.maximum(answers.mean, -10)).mean(),
        "bias": (answers.mean - truth).mean(),
        "MAE10c constant": np.abs(truth - np.median(truth)).mean(),
        "MAE10c training median": np.abs(truth - np.median(data.target[trained])).mean(),
        "MAE10c nearest neighbour": np.abs(truth - neighbour).mean(),
        "coverage": ((answers.low <= truth) & (truth <= answers.high)).mean(),
        "median width": np.median(answers.high - answers.low),
        "AUC": roc_auc_score(truth >= -4.0, answers.probability),
    }
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, abs=1e-6), name


def _of_nearest(data: TrainingSet, trained: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Mean of what was measured on the materials that are nearest, all that are equally near."""
    found = []
    for own in data.positions[tested]:
        away = np.abs(data.positions[trained] - own).sum(axis=1).round(8)
        found.append(data.target[trained][away == away.min()].mean())
    return np.array(found)


def test_each_paper_counts_once(report: Report, fitted_anew: Any) -> None:
    data, _, tested, both = fitted_anew
    answers = both.unconditional
    figures = report.figures["time"]
    truth, papers = data.target[tested], pd.Series(data.papers[tested])
    weight = 1.0 / papers.map(papers.value_counts()).to_numpy()
    assert (weight < 1.0).any()
    error = np.abs(truth - np.maximum(answers.mean, -10))
    best = min(np.average(np.abs(truth - level), weights=weight) for level in truth)
    auc = roc_auc_score(truth >= -4.0, answers.probability, sample_weight=weight)
    expected = {
        "MAE10c": np.average(error, weights=weight),
        "bias": np.average(answers.mean - truth, weights=weight),
        "MAE10c constant": best,
        "AUC": auc,
    }
    for name, value in expected.items():
        assert figures[f"{name} each paper once"] == pytest.approx(value, abs=1e-6), name


def test_families_are_ranked_and_won(report: Report, fitted_anew: Any) -> None:
    data, trained, tested, both = fitted_anew
    answers = both.unconditional
    truth, families = data.target[tested], pd.Series(data.families[tested])
    large = [name for name, count in families.value_counts().items() if count >= 10]
    assert len(large) >= 3
    assert report.by_family["time"].keys() == set(large)
    orders, won = [], 0
    nearest = _of_nearest(data, trained, tested)
    for name in large:
        here = (families == name).to_numpy()
        own = report.by_family["time"][name]
        orders.append(spearmanr(truth[here], answers.mean[here]).statistic)
        error, constant, neighbour = (
            np.abs(truth - other)[here].mean()
            for other in (answers.mean, np.median(truth), nearest)
        )
        won += error < min(constant, neighbour)
        assert own["Spearman"] == pytest.approx(orders[-1], abs=1e-9)
        assert own["MAE10c"] == pytest.approx(error, abs=1e-9)
    figures = report.figures["time"]
    assert figures["Spearman in families"] == pytest.approx(np.mean(orders), abs=1e-9)
    assert (figures["families"], figures["families won"]) == (len(large), won)


def test_both_outputs_are_shown_and_never_mixed(report: Report) -> None:
    figures = report.figures["time"]
    link = {name for name in figures if "of conducting" in name}
    plain = {name for name in figures.keys() - link if not name.endswith(" if it conducts")}
    assert {f"{name} if it conducts" for name in plain} == figures.keys() - plain - link
    assert len(link) == 3
    assert figures["rows if it conducts"] < figures["rows"]
    text = report.to_text()
    assert "| time, family | rows |" in text
    assert "| time if it conducts, family | rows |" in text


def test_the_report_survives_json(report: Report) -> None:
    again = Report.from_dict(json.loads(json.dumps(report.to_dict(), allow_nan=False)))
    assert again.to_text() == report.to_text()


def test_a_table_without_years_is_refused(table: pd.DataFrame, small_settings: Any) -> None:
    without = table.drop(columns="year")
    empty = table.assign(year=pd.Series(pd.NA, index=table.index, dtype="Int16"))
    for undated in (without, empty):
        with pytest.raises(NoYearsError, match="the table says no years"):
            evaluate(["time"], undated, settings=small_settings)


def test_too_few_recent_papers_are_counted(table: pd.DataFrame, small_settings: Any) -> None:
    old = table.assign(year=table["year"].clip(upper=2019))
    with pytest.raises(NoYearsError, match="0 usable rows of 0 papers are of 2020 or later"):
        evaluate(["time"], old, settings=small_settings)


def test_nothing_older_is_said(table: pd.DataFrame, small_settings: Any) -> None:
    recent = table.assign(year=table["year"].fillna(2023).clip(lower=2021))
    with pytest.raises(NoYearsError, match="older than 2020"):
        evaluate(["time"], recent, settings=small_settings)


def test_without_arguments_it_is_left_out_aloud(
    table: pd.DataFrame,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of all benchmarks only this one and a quick one are kept, as the others take minutes."""
    kept = {name: BENCHMARKS[name] for name in ("time", "windows")}
    monkeypatch.setattr("sseml.evaluate.run.BENCHMARKS", kept)
    file = tmp_path / "old.parquet"
    table.assign(year=table["year"].clip(upper=2019)).to_parquet(file, index=False)
    assert main(["evaluate", "-i", str(file)]) == 0
    shown = capsys.readouterr()
    assert "the benchmark time is left out: 0 usable rows" in shown.err
    assert "| windows | V_red MAE 2015" in shown.out
    assert "| time |" not in shown.out
    assert main(["evaluate", "time", "-i", str(file)]) == 2
