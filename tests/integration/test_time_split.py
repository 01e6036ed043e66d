"""The time split learns from nothing recent, and refuses a table that says no years."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import brier_score_loss, roc_auc_score

import sseml.evaluate.time_split as module
from sseml.cli.app import main
from sseml.evaluate import Report, evaluate
from sseml.evaluate.answers import Answers, Subject, answer
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.time_split import NoYearsError, split_by_year, time_split
from sseml.model.arrhenius import ProcessSettings
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.fitting import fit_calibrated
from sseml.model.regressors import fit_ensemble
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


Anew = tuple[TrainingSet, np.ndarray, np.ndarray, Answers]


@pytest.fixture(scope="module")
def fitted_anew(table: pd.DataFrame, small_settings: Any) -> Anew:
    """The same answers, for other arithmetic to judge."""
    data = training_set(table, Recipe())
    trained, tested = split_by_year(table, data)
    model = fit_calibrated(data.take(trained), small_settings)
    return data, trained, tested, answer(model, data, trained, tested)


def test_nothing_recent_and_nothing_near_it_is_learned_from(table: pd.DataFrame) -> None:
    """Checked row by row from the raw years, DOIs and formulas, at every temperature."""
    data = training_set(table, Recipe())
    trained, tested = split_by_year(table, data)
    assert min(trained.sum(), tested.sum()) > 40
    rows = table.iloc[data.rows].reset_index(drop=True)
    year = rows["year"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    recent, hot = year >= 2020, rows["temperature_C"].to_numpy() > 100.0
    assert (tested == (recent & data.at_25)).all()
    assert (recent & ~tested & hot).any()
    assert not (trained & recent).any()
    assert (trained & hot).any()
    undated = rows[trained & np.isnan(year)]
    assert len(undated)
    assert set(undated["source"]) <= {"obelix", "liverpool", "laskowski", "seeds"}

    amounts = [parse_formula(formula).amounts for formula in rows["formula"]]
    dois = [{doi.lower() for doi in own} for own in rows["doi"]]
    removed_as_near = 0
    for learned in np.flatnonzero(~recent):
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
        return fit_calibrated(data, *arguments)

    monkeypatch.setattr(module, "fit_calibrated", recording)
    time_split(Subject(table, Recipe(), settings=small_settings))
    assert len(seen) == 1
    assert not (table["year"].iloc[seen[0].rows] >= 2020).any()


def _two_poor_worlds(table: pd.DataFrame) -> tuple[TrainingSet, TrainingSet]:
    """A set, and the same one with other values of all that is no conductor."""
    data = training_set(table, Recipe()).take(np.arange(160))
    data = data.take(~data.is_bound)
    poor = ~data.conducts
    assert 5 < poor.sum() < 100
    changed = replace(
        data,
        target=np.where(poor & data.at_25, -9.9, data.target),
        log10_sigma=np.where(poor, data.log10_sigma - 3.0, data.log10_sigma),
    )
    assert (changed.conducts == data.conducts).all()
    return data, changed


def test_the_second_output_knows_of_conductors_alone(
    table: pd.DataFrame, small_settings: Any
) -> None:
    """How poor the others are is nothing to it, where no measurement is doubted."""
    nothing_doubted = ProcessSettings(robust_degrees=1e12)
    settings = replace(small_settings, process=nothing_doubted)
    worlds = _two_poor_worlds(table)
    asked = worlds[0].X[:40], worlds[0].distance[:40], np.full(40, UNKNOWN)
    one, other = (fit_ensemble(settings, data).ensemble.predict(*asked) for data in worlds)
    np.testing.assert_allclose(one[1].level, other[1].level, atol=1e-8)
    np.testing.assert_allclose(one[1].energy_eV, other[1].energy_eV, atol=1e-8)
    np.testing.assert_array_equal(one[1].signals.distance, other[1].signals.distance)
    assert np.abs(one[0].level - other[0].level).max() > 0.5
    assert (one[1].level >= -7.0).all()


def test_poor_conductors_only_say_which_measurement_to_doubt(
    table: pd.DataFrame, small_settings: Any
) -> None:
    """The weight of a measurement is found among all rows, and hardly moves the second output."""
    worlds = _two_poor_worlds(table)
    asked = worlds[0].X[:40], worlds[0].distance[:40], np.full(40, UNKNOWN)
    one, other = (fit_ensemble(small_settings, data).ensemble.predict(*asked) for data in worlds)
    moved = [np.abs(one[place].level - other[place].level).mean() for place in (0, 1)]
    assert moved[1] < 0.1 * moved[0]


def test_a_handful_of_conductors_makes_no_second_output(
    table: pd.DataFrame, small_settings: Any
) -> None:
    data = training_set(table, Recipe())
    conductors = np.flatnonzero(data.conducts)
    few = conductors[np.isin(data.papers[conductors], np.unique(data.papers[conductors])[:4])]
    mixed = data.take(np.sort(np.concatenate([few, np.flatnonzero(~data.conducts)])))
    with pytest.raises(RefusedInputError, match=r"above 1e-7 S/cm at 25 °C are of 4 papers"):
        fit_calibrated(mixed, small_settings)


def _inside(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Below 1e-10 S/cm, where `truth` is clipped, nothing is told apart."""
    inside: np.ndarray = (low <= truth) & ((truth <= high) | ((truth == -10.0) & (high < -10.0)))
    return inside


def test_the_second_output_is_judged_on_conductors(report: Report, fitted_anew: Anew) -> None:
    data, trained, tested, answers = fitted_anew
    figures = report.figures["time"]
    conducts = data.target[tested] > -7.0
    truth, told = data.target[tested][conducts], answers.if_conductor.take(conducts)
    learned = trained & data.at_25
    known = data.target[learned & (data.target > -7.0)]
    expected = {
        "rows": conducts.sum(),
        "MAE10c": np.abs(truth - told.mean).mean(),
        "bias": (told.mean - truth).mean(),
        "MAE10c training median": np.abs(truth - np.median(known)).mean(),
        "coverage": ((told.low <= truth) & (truth <= told.high)).mean(),
        "median width": np.median(told.high - told.low),
    }
    for name, value in expected.items():
        assert figures[f"{name} if it conducts"] == pytest.approx(value, abs=1e-6), name
    assert (answers.if_conductor.low >= -7.0).all()
    auc = roc_auc_score(conducts, answers.p_conductor)
    brier = brier_score_loss(conducts, answers.p_conductor)
    constant = brier_score_loss(conducts, np.full(len(conducts), conducts.mean()))
    assert figures["AUC of conducting"] == pytest.approx(auc, abs=1e-6)
    assert figures["Brier of conducting"] == pytest.approx(brier, abs=1e-6)
    assert figures["Brier of conducting constant"] == pytest.approx(constant, abs=1e-6)


def test_errors_and_their_rivals(report: Report, fitted_anew: Anew) -> None:
    data, trained, tested, answers = fitted_anew
    told = answers.at_25
    figures = report.figures["time"]
    truth, mean = data.target[tested], np.maximum(told.mean, -10)
    known = data.target[trained & data.at_25]
    neighbour = _of_nearest(data, trained, tested)
    expected = {
        "rows": tested.sum(),
        "papers": len(np.unique(data.papers[tested])),
        "MAE10c": np.abs(truth - mean).mean(),
        "bias": (mean - truth).mean(),
        "MAE10c constant": np.abs(truth - np.median(truth)).mean(),
        "MAE10c training median": np.abs(truth - np.median(known)).mean(),
        "MAE10c nearest neighbour": np.abs(truth - neighbour).mean(),
        "coverage": _inside(truth, told.low, told.high).mean(),
        "median width": np.median(told.high - told.low),
        "AUC": roc_auc_score(truth >= -4.0, answers.p_superionic),
    }
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, abs=1e-6), name


def _of_nearest(data: TrainingSet, trained: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Mean of what was measured on the materials that are nearest, all that are equally near."""
    learned, found = trained & ~np.isnan(data.target), []
    for own in data.positions[tested]:
        away = np.abs(data.positions[learned] - own).sum(axis=1).round(8)
        found.append(data.target[learned][away == away.min()].mean())
    return np.array(found)


def test_each_paper_counts_once(report: Report, fitted_anew: Anew) -> None:
    data, _, tested, answers = fitted_anew
    told = answers.at_25
    figures = report.figures["time"]
    truth, papers = data.target[tested], pd.Series(data.papers[tested])
    mean = np.maximum(told.mean, -10)
    weight = 1.0 / papers.map(papers.value_counts()).to_numpy()
    assert (weight < 1.0).any()
    best = min(np.average(np.abs(truth - level), weights=weight) for level in truth)
    auc = roc_auc_score(truth >= -4.0, answers.p_superionic, sample_weight=weight)
    expected = {
        "MAE10c": np.average(np.abs(truth - mean), weights=weight),
        "bias": np.average(mean - truth, weights=weight),
        "MAE10c constant": best,
        "coverage": np.average(_inside(truth, told.low, told.high), weights=weight),
        "AUC": auc,
    }
    for name, value in expected.items():
        assert figures[f"{name} each paper once"] == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize("output", ["", " if it conducts"])
def test_families_are_ranked_and_won(report: Report, fitted_anew: Anew, output: str) -> None:
    data, trained, tested, answers = fitted_anew
    asked = np.flatnonzero(tested)
    if output:
        judged = data.target[asked] > -7.0
        mean = score = answers.if_conductor.mean[judged]
        learned = trained & (data.target > -7.0)
    else:
        judged = np.ones(len(asked), dtype=bool)
        mean, score, learned = np.maximum(answers.at_25.mean, -10), answers.score, trained
    truth, families = data.target[asked][judged], pd.Series(data.families[asked][judged])
    large = [name for name, count in families.value_counts().items() if count >= 10]
    assert len(large) >= 3
    assert report.by_family[f"time{output}"].keys() == set(large)
    orders, won = [], 0
    nearest = _of_nearest(data, learned, asked[judged])
    for name in large:
        here = (families == name).to_numpy()
        own = report.by_family[f"time{output}"][name]
        orders.append(spearmanr(truth[here], score[here]).statistic)
        error, constant, neighbour = (
            np.abs(truth - other)[here].mean() for other in (mean, np.median(truth), nearest)
        )
        won += error < min(constant, neighbour)
        assert own["Spearman"] == pytest.approx(orders[-1], abs=1e-9)
        assert own["MAE10c"] == pytest.approx(error, abs=1e-9)
        assert own["bias"] == pytest.approx((mean - truth)[here].mean(), abs=1e-9)
    figures = report.figures["time"]
    assert figures[f"Spearman in families{output}"] == pytest.approx(np.mean(orders), abs=1e-9)
    counts = figures[f"families{output}"], figures[f"families won{output}"]
    assert counts == (len(large), won)
    assert figures[f"families won share{output}"] == pytest.approx(won / len(large))


def test_the_order_in_series_is_judged_pair_by_pair(report: Report, fitted_anew: Anew) -> None:
    data, _, tested, answers = fitted_anew
    right = []
    pairs = combinations(zip(np.flatnonzero(tested), answers.score, strict=True), 2)
    for (one, says), (other, other_says) in pairs:
        alike = (
            data.papers[one] == data.papers[other] and data.families[one] == data.families[other]
        )
        apart = data.target[one] - data.target[other]
        if alike and abs(apart) > 0.3:
            right.append(0.5 if says == other_says else (apart > 0) == (says > other_says))
    assert len(right) > 20
    assert report.figures["time"]["series order"] == pytest.approx(np.mean(right))


def test_no_recent_conductor_leaves_the_second_output_out(
    table: pd.DataFrame, small_settings: Any
) -> None:
    data = training_set(table, Recipe())
    conducting = np.zeros(len(table), dtype=bool)
    conducting[data.rows[data.conducts]] = True
    poor = table.assign(year=table["year"].mask(conducting, 2015))
    moved = training_set(poor, Recipe())
    _, tested = split_by_year(poor, moved)
    assert not moved.conducts[tested].any()
    report = evaluate(["time"], poor, settings=small_settings)
    assert report.figures["time"]["MAE10c"] > 0.0
    assert not [name for name in report.figures["time"] if name.endswith("if it conducts")]
    assert report.by_family.keys() == {"time"}
    assert report.to_dict()["benchmarks"]["time"]["AUC of conducting"] is None
    assert "| time | MAE10c if it conducts: only rows above 1e-7 S/cm | – |" in report.to_text()


def test_both_outputs_are_shown_and_never_mixed(report: Report) -> None:
    figures = report.figures["time"]
    link = {name for name in figures if "of conducting" in name}
    link |= {"series order", "Spearman in families ceiling"}
    first = {name for name in figures if name.startswith(("share above", "gain above"))}
    assert {f"share above 1e-3 top {count}" for count in (10, 20, 50)} <= first
    assert all(-1.0 <= figures[name] <= 1.0 for name in first)
    both = figures.keys() - link - first
    plain = {name for name in both if not name.endswith(" if it conducts")}
    assert {f"{name} if it conducts" for name in plain} == both - plain
    assert len(link) == 5
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
