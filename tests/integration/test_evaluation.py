"""Every benchmark runs on a small table, and its report can be read by people and programs."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sseml.evaluate import Report, evaluate
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.run import goals
from sseml.records import RefusedInputError


@pytest.fixture(scope="module")
def report(evaluated: Any) -> Report:
    return evaluated.report


def test_all_benchmarks_run_where_none_is_named(report: Report, varied_table: pd.DataFrame) -> None:
    assert list(report.figures) == list(BENCHMARKS)
    assert report.left_out == {}
    assert report.rows == len(varied_table) > 200


def test_the_report_is_json_without_nan(report: Report, varied_table: pd.DataFrame) -> None:
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert document["measurements"] == report.rows
    assert document["benchmarks"].keys() == BENCHMARKS.keys()
    tested = (varied_table["official_split"] == "test").sum()
    assert document["benchmarks"]["official"]["test rows"] == tested > 40
    assert document["benchmarks"]["temperatures"]["coverage poor below 15 °C"] is None


def test_the_text_shows_every_figure_that_has_a_goal(report: Report) -> None:
    """None is missing, misnamed or not a number where the table has what it is about."""
    lines = report.to_text().splitlines()
    for (benchmark, figure), goal in goals().items():
        if benchmark not in BENCHMARKS:
            continue  # tests/integration/test_polymer_evaluation.py
        value = report.figures[benchmark][figure]
        digits = 0 if value >= 10 and value == int(value) else 3
        [line] = [line for line in lines if line.startswith(f"| {benchmark} | {figure}: ")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[2:] == [f"{value:.{digits}f}", goal.floor, goal.aim]


def test_every_goal_is_met_or_missed_by_a_figure_of_its_kind() -> None:
    """A floor or an aim of errors and widths is an upper limit, one of shares mostly a lower."""
    for (benchmark, figure), goal in goals().items():
        assert goal.meaning, (benchmark, figure)
        if "MAE" in figure or "width" in figure:
            limits = [text for text in (goal.floor, goal.aim) if text]
            assert all(text[0] in "≤<" for text in limits), (benchmark, figure)


def test_the_text_has_a_line_for_every_family_left_out(report: Report) -> None:
    names = [key.removesuffix(" rows") for key in report.figures["families"] if " rows" in key]
    assert names
    for name in names:
        assert f"\n| {name} | " in report.to_text()


def test_figures_are_of_the_right_kind(report: Report) -> None:
    for benchmark, figures in report.figures.items():
        for name, value in figures.items():
            if name.startswith("coverage poor"):
                band = name.removeprefix("coverage poor ")
                assert math.isnan(value) == (figures[f"rows poor {band}"] == 0.0), name
                continue
            assert math.isfinite(value), (benchmark, name)
            if "coverage" in name or "AUC" in name or "share" in name or "order" in name:
                assert 0.0 <= value <= 1.0, (benchmark, name)
            if "MAE" in name or "width" in name:
                assert value > 0.0, (benchmark, name)


def test_one_benchmark_alone_says_what_all_together_say(
    report: Report, varied_table: pd.DataFrame, small_settings: Any
) -> None:
    alone = evaluate(["official"], varied_table, settings=small_settings)
    assert list(alone.figures) == ["official"]
    assert alone.figures["official"] == report.figures["official"]
    assert "energies" not in alone.to_text()


def test_parts_are_of_the_same_rows_as_the_whole(evaluated: Any) -> None:
    report, subject = evaluated
    figures = report.figures["parts"]
    assert figures["MAE10c whole, papers"] == report.figures["papers"]["MAE10c"]
    assert figures["MAE10c whole, clusters"] == report.figures["clusters"]["MAE10c"]
    answers = subject.by_paper.by_composition
    parts = answers.parts
    np.testing.assert_allclose(parts.trees, (parts.boosted + parts.averaged) / 2.0, atol=1e-9)
    beside = parts.trees - np.maximum(parts.process, -10.0)
    share = subject.settings.share.of(answers.nearest)
    whole = parts.process + (1.0 - share) * beside
    np.testing.assert_allclose(answers.at_25.mean, np.minimum(whole, 1.0), atol=1e-9)
    judged = subject.data.at_25[answers.rows]
    truth = subject.data.target[answers.rows][judged]
    for name, said in (
        ("Gaussian process", parts.process), ("trees", parts.trees),
        ("boosted trees", parts.boosted), ("averaged trees", parts.averaged),
    ):  # fmt: skip
        error = np.abs(np.maximum(said[judged], -10.0) - truth).mean()
        assert figures[f"MAE10c {name}, papers"] == pytest.approx(error), name


def test_the_paper_label_of_bounds_is_far_below_the_clip(
    report: Report, varied_table: pd.DataFrame
) -> None:
    """MAE15 sets every `<` to 1e-15 and is the harder figure wherever the test holds bounds."""
    tested = varied_table[varied_table["official_split"] == "test"]
    assert (tested["relation"] == "<").any()
    assert report.figures["official"]["MAE15"] > report.figures["official"]["MAE10c"]


@pytest.mark.parametrize(
    ("written", "meant"), [("offical", "official"), ("cluster", "clusters"), ("family", "families")]
)
def test_an_unknown_benchmark_names_the_closest(written: str, meant: str) -> None:
    with pytest.raises(RefusedInputError, match=f"did you mean '{meant}'"):
        evaluate([written])


def test_an_unknown_benchmark_like_none_names_all() -> None:
    with pytest.raises(RefusedInputError, match="official, papers, clusters, families, energies"):
        evaluate(["xyz"])


def test_a_table_without_the_official_split_says_so(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    own = small_table.assign(official_split=pd.Series(pd.NA, small_table.index, dtype="string"))
    with pytest.raises(RefusedInputError, match="leave the benchmark official out"):
        evaluate(["official"], own, settings=small_settings)


def test_an_official_test_of_nothing_near_25_says_so(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    tested = small_table["official_split"] == "test"
    heated = small_table.assign(temperature_C=small_table["temperature_C"].mask(tested, 600.0))
    with pytest.raises(RefusedInputError, match="no row of the official test split says"):
        evaluate(["official"], heated, settings=small_settings)


def test_too_few_papers_for_the_folds_are_counted(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    own = small_table.head(20).assign(doi="10.1000/one").astype({"doi": "string"})
    with pytest.raises(RefusedInputError, match=r"at least 10 of them, .* are of 1"):
        evaluate(["papers"], own, settings=small_settings)


def test_a_figure_that_cannot_be_had_is_a_dash_and_null(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    """No superionic, no DOI, no OBELiX among them: all the rest stands."""
    poor = small_table[small_table["sigma_S_cm"].between(1e-9, 1e-5)].reset_index(drop=True)
    poor = poor.assign(source="literature", source_id=[f"{row}#1" for row in poor.index])
    poor = poor.assign(doi=[()] * len(poor))
    report = evaluate(["papers"], poor, settings=small_settings)
    figures = report.to_dict()["benchmarks"]["papers"]
    for name in ("AUC", "MAE10c rows with a DOI", "MAE10c OBELiX rows", "series order"):
        assert figures[name] is None, name
        assert f"| papers | {name}: {goals()['papers', name].meaning} | – |" in report.to_text()
    assert figures["MAE10c rows with a DOI, grouped only"] is None
    assert math.isfinite(report.figures["papers"]["MAE10c"])


def test_a_nan_is_shown_as_a_dash() -> None:
    figures = {figure: 0.5 for benchmark, figure in goals() if benchmark == "clusters"}
    report = Report({"clusters": figures | {"AUC": float("nan")}}, rows=1)
    assert "| clusters | AUC: the same, σ ≥ 1e-4 S/cm, each cluster once | – |" in report.to_text()
    assert "nan" not in report.to_text().lower()


def test_no_family_is_large_enough(small_table: pd.DataFrame, small_settings: Any) -> None:
    small = small_table.iloc[np.arange(0, 150, 15)].reset_index(drop=True)
    report = evaluate(["families"], small, settings=small_settings)
    assert report.to_dict()["benchmarks"]["families"] == {"MAE10c pooled": None}
