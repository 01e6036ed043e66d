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
def report(small_table: pd.DataFrame, small_settings: Any) -> Report:
    """Every third row is older than the time split's test; the years are invented."""
    years = pd.Series([2015, 2021, 2024] * 50, index=small_table.index, dtype="Int16")
    return evaluate([], small_table.assign(year=years), settings=small_settings)


def test_all_benchmarks_run_where_none_is_named(report: Report) -> None:
    assert list(report.figures) == list(BENCHMARKS)
    assert report.rows == 150


def test_the_report_is_json_without_nan(report: Report) -> None:
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert document["measurements"] == 150
    assert document["benchmarks"].keys() == BENCHMARKS.keys()
    assert document["benchmarks"]["official"]["test rows"] == 40.0


def test_the_text_shows_every_figure_that_has_a_goal(report: Report) -> None:
    lines = report.to_text().splitlines()
    for (benchmark, figure), goal in goals().items():
        if benchmark not in BENCHMARKS:
            continue  # tests/integration/test_polymer_evaluation.py
        value = report.figures[benchmark][figure]
        [line] = [line for line in lines if line.startswith(f"| {benchmark} | {figure}: ")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[2:] == [f"{value:.3f}", goal.floor, goal.aim]


def test_the_text_has_a_line_for_every_family_left_out(report: Report) -> None:
    names = [key.removesuffix(" rows") for key in report.figures["families"] if " rows" in key]
    assert names
    for name in names:
        assert f"\n| {name} | " in report.to_text()


def test_figures_are_of_the_right_kind(report: Report) -> None:
    for benchmark, figures in report.figures.items():
        for name, value in figures.items():
            assert math.isfinite(value), (benchmark, name)
            if "coverage" in name or "AUC" in name or "share" in name:
                assert 0.0 <= value <= 1.0, (benchmark, name)
            if "MAE" in name or "width" in name:
                assert value > 0.0, (benchmark, name)


def test_one_benchmark_alone_says_what_all_together_say(
    report: Report, small_table: pd.DataFrame, small_settings: Any
) -> None:
    alone = evaluate(["energies"], small_table, settings=small_settings)
    assert list(alone.figures) == ["energies"]
    assert alone.figures["energies"] == report.figures["energies"]
    assert "official" not in alone.to_text()


def test_the_paper_label_of_bounds_is_far_below_the_clip(
    report: Report, small_table: pd.DataFrame
) -> None:
    """MAE15 sets every `<` to 1e-15 and is the harder figure wherever the test holds bounds."""
    tested = small_table[small_table["official_split"] == "test"]
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


def test_too_few_papers_for_the_folds_are_counted(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    own = small_table.head(20).assign(doi="10.1000/one").astype({"doi": "string"})
    with pytest.raises(RefusedInputError, match=r"at least 10 of them, .* are of 1"):
        evaluate(["papers"], own, settings=small_settings)


def test_a_figure_that_cannot_be_had_is_a_dash_and_null(
    small_table: pd.DataFrame, small_settings: Any
) -> None:
    """No superionic among them: there is no ROC curve, and all the rest stands."""
    poor = small_table[small_table["sigma_S_cm"] < 1e-5].reset_index(drop=True)
    report = evaluate(["papers"], poor, settings=small_settings)
    assert report.to_dict()["benchmarks"]["papers"]["AUC"] is None
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
