"""The held-out table says, row by row, what the benchmarks sum up."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sseml.curation.schema import without_lists
from sseml.evaluate import Report, evaluate, out_of_fold
from sseml.evaluate.metrics import clipped_absolute_error, coverage
from sseml.records import RefusedInputError

COLUMNS = [
    "measurement_id", "formula", "family", "doi", "source", "group", "log10_sigma",
    "predicted_log10_sigma", "low_log10_sigma", "high_log10_sigma", "p_superionic",
    "nearest_distance",
]  # fmt: skip


@pytest.fixture(scope="module")
def report(small_table: pd.DataFrame, small_settings: Any) -> Report:
    return evaluate(["papers", "clusters"], small_table, settings=small_settings)


@pytest.fixture(scope="module")
def table(small_table: pd.DataFrame, small_settings: Any) -> pd.DataFrame:
    return out_of_fold(small_table, "paper", folds=4, settings=small_settings)


def test_it_has_the_promised_columns_one_row_a_measurement_in_order(
    table: pd.DataFrame, small_table: pd.DataFrame
) -> None:
    assert list(table.columns) == COLUMNS
    assert table["measurement_id"].is_unique
    asked = small_table["measurement_id"]
    assert list(table["measurement_id"]) == list(asked[asked.isin(table["measurement_id"])])
    assert len(table) > 100
    known = table.merge(without_lists(small_table), on="measurement_id", suffixes=("", "_there"))
    for name in ("formula", "family", "doi", "source"):
        assert known[name].equals(known[f"{name}_there"])


def test_its_values_are_possible(table: pd.DataFrame) -> None:
    assert (table["low_log10_sigma"] <= table["predicted_log10_sigma"]).all()
    assert (table["predicted_log10_sigma"] <= table["high_log10_sigma"]).all()
    assert table["p_superionic"].between(0.0, 1.0).all()
    assert table["nearest_distance"].between(0.0, 1.0).all()
    assert (table["log10_sigma"] >= -10.0).all()


def test_papers_and_clusters_are_what_the_groups_say(
    small_table: pd.DataFrame, small_settings: Any, table: pd.DataFrame
) -> None:
    known = table.dropna(subset="doi")
    assert (known.groupby("doi")["group"].nunique() == 1).all()
    by_cluster = out_of_fold(small_table, "cluster", folds=4, settings=small_settings)
    assert (by_cluster.groupby("formula")["group"].nunique() == 1).all()
    assert (by_cluster["nearest_distance"] >= 0.12 - 1e-9).all()
    assert table["nearest_distance"].median() < by_cluster["nearest_distance"].median()


@pytest.mark.parametrize("benchmark", ["papers", "clusters"])
def test_the_table_of_a_benchmark_gives_its_figures(report: Report, benchmark: str) -> None:
    figures, answered = report.figures[benchmark], report.out_of_fold[benchmark]
    truth, predicted = (
        answered[name].to_numpy(float) for name in ("log10_sigma", "predicted_log10_sigma")
    )
    low, high = (answered[f"{name}_log10_sigma"].to_numpy(float) for name in ("low", "high"))
    by_row = " by row" if benchmark == "clusters" else ""
    assert figures["rows"] == len(answered)
    assert clipped_absolute_error(truth, predicted).mean() == pytest.approx(
        figures[f"MAE10c{by_row}"]
    )
    assert coverage(truth, low, high) == pytest.approx(figures[f"coverage{by_row}"])
    assert np.median(high - low) == pytest.approx(figures["median width"])


def test_asked_for_alone_it_is_the_table_of_the_benchmark(
    report: Report, small_table: pd.DataFrame, small_settings: Any
) -> None:
    alone = out_of_fold(small_table, "cluster", settings=small_settings)
    pd.testing.assert_frame_equal(alone, report.out_of_fold["clusters"])


def test_another_seed_deals_otherwise_and_the_same_seed_alike(
    small_table: pd.DataFrame, small_settings: Any, table: pd.DataFrame
) -> None:
    same = out_of_fold(small_table, "paper", folds=4, seed=0, settings=small_settings)
    other = out_of_fold(small_table, "paper", folds=4, seed=1, settings=small_settings)
    pd.testing.assert_frame_equal(same, table)
    assert not np.allclose(other["predicted_log10_sigma"], table["predicted_log10_sigma"])
    assert other["measurement_id"].equals(table["measurement_id"])


def test_every_family_of_ten_rows_has_figures(report: Report) -> None:
    for benchmark, families in report.by_family.items():
        answered = report.out_of_fold[benchmark]
        sizes = answered["family"].value_counts()
        assert set(families) == set(sizes[sizes >= 10].index)
        for family, figures in families.items():
            own = answered[answered["family"] == family]
            assert figures["rows"] == len(own)
            off = own["predicted_log10_sigma"] - own["log10_sigma"]
            assert figures["bias"] == pytest.approx(off.mean())
            inside = (own["low_log10_sigma"] <= own["log10_sigma"]) & (
                own["log10_sigma"] <= own["high_log10_sigma"]
            )
            assert figures["coverage"] == pytest.approx(inside.mean())
            assert figures["MAE10c"] >= 0.0
    assert report.by_family.keys() == {"papers", "clusters"}


def test_the_report_comes_back_from_json_without_its_tables(report: Report) -> None:
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    back = Report.from_dict(document)
    assert back.by_family == report.by_family
    assert back.figures == report.figures
    assert back.out_of_fold == {}
    del document["by_family"]  # what an older version printed
    assert Report.from_dict(document).by_family == {}


def test_what_cannot_be_held_out_is_refused(small_table: pd.DataFrame, small_settings: Any) -> None:
    with pytest.raises(RefusedInputError, match="choose among paper, cluster"):
        out_of_fold(small_table, "family", settings=small_settings)
    with pytest.raises(RefusedInputError, match="take at least 2"):
        out_of_fold(small_table, folds=1, settings=small_settings)
    own = small_table.head(20).assign(doi="10.1000/one").astype({"doi": "string"})
    with pytest.raises(RefusedInputError, match="takes at least 5 of them"):
        out_of_fold(own, "paper", folds=5, settings=small_settings)
