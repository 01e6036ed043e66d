"""The held-out table says, row by row, what the benchmarks sum up."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from sseml.curation.schema import without_lists
from sseml.evaluate import Report, out_of_fold
from sseml.model.dataset import Recipe, training_set
from sseml.records import RefusedInputError

COLUMNS = [
    "measurement_id", "formula", "family", "doi", "source", "group", "log10_sigma",
    "predicted_log10_sigma", "low_log10_sigma", "high_log10_sigma", "p_superionic",
    "nearest_distance",
]  # fmt: skip


@pytest.fixture(scope="module")
def report(evaluated: Any) -> Report:
    return evaluated.report


class Told(NamedTuple):
    """What a table of held-out answers says of each row, worked out anew."""

    truth: pd.Series
    error: pd.Series
    off: pd.Series
    inside: pd.Series


def numbers(answered: pd.DataFrame) -> Told:
    """Nothing counts below 1e-10 S/cm, on either side."""
    names = ("log10_sigma", "predicted_log10_sigma", "low_log10_sigma", "high_log10_sigma")
    truth, predicted, low, high = (answered[name].clip(lower=-10.0) for name in names)
    off = predicted - truth
    return Told(truth, off.abs(), off, (low <= truth) & (truth <= high))


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


def test_it_is_of_the_rows_that_say_what_sigma_at_25_is(
    evaluated: Any, varied_table: pd.DataFrame
) -> None:
    """Hot rows are learned from, and are no part of the tables."""
    answered, data = evaluated.report.out_of_fold["papers"], training_set(varied_table, Recipe())
    said = varied_table["measurement_id"].to_numpy()[data.rows[data.at_25]]
    assert list(answered["measurement_id"]) == list(said)
    np.testing.assert_array_equal(answered["log10_sigma"], data.target[data.at_25])
    away = varied_table.set_index("measurement_id")["temperature_C"].sub(25.0).abs() > 50.0
    assert away.sum() > away[said].sum() + 20


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
    told = numbers(answered)
    superionic = answered["log10_sigma"] >= -4.0
    by_row = " by row" if benchmark == "clusters" else ""
    expected = {
        f"MAE10c{by_row}": told.error.mean(),
        f"MAE10c constant{by_row}": (told.truth - told.truth.median()).abs().mean(),
        f"coverage{by_row}": told.inside.mean(),
        f"AUC{by_row}": roc_auc_score(superionic, answered["p_superionic"]),
        "median width": (answered["high_log10_sigma"] - answered["low_log10_sigma"]).median(),
    }
    assert figures["rows"] == len(answered)
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value), name


def test_each_cluster_counts_once(report: Report) -> None:
    figures, answered = report.figures["clusters"], report.out_of_fold["clusters"]
    told, clusters = numbers(answered), answered["group"]
    weight = 1.0 / clusters.map(clusters.value_counts())
    superionic = answered["log10_sigma"] >= -4.0
    auc = roc_auc_score(superionic, answered["p_superionic"], sample_weight=weight)
    assert figures["clusters"] == clusters.nunique()
    assert figures["MAE10c"] == pytest.approx(told.error.groupby(clusters).mean().mean())
    assert figures["coverage"] == pytest.approx(told.inside.groupby(clusters).mean().mean())
    assert figures["AUC"] == pytest.approx(auc)


def test_papers_are_taken_apart(report: Report, varied_table: pd.DataFrame) -> None:
    """Rows with a DOI, of OBELiX, each paper once, and how many large families are calibrated."""
    figures, answered = report.figures["papers"], report.out_of_fold["papers"]
    told = numbers(answered)
    expected = {
        "MAE10c rows with a DOI": told.error[answered["doi"].notna()].mean(),
        "MAE10c OBELiX rows": told.error[answered["source"] == "obelix"].mean(),
        "coverage each paper once": told.inside.groupby(answered["group"]).mean().mean(),
    }
    assert answered["doi"].isna().any()
    sizes = answered["family"].value_counts()
    shares = told.inside.groupby(answered["family"]).mean()[sizes.index[sizes >= 20]]
    assert len(shares) >= 2
    expected["families calibrated share"] = shares.between(0.85, 0.95).mean()
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value), name
    assert figures["MAE10c lowest folding"] <= figures["MAE10c highest folding"]


def test_asked_for_alone_it_is_the_table_of_the_benchmark(
    report: Report, varied_table: pd.DataFrame, small_settings: Any
) -> None:
    alone = out_of_fold(varied_table, "cluster", settings=small_settings)
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
    for benchmark in ("papers", "clusters"):
        answered = report.out_of_fold[benchmark]
        told, families = numbers(answered), report.by_family[benchmark]
        sizes = answered["family"].value_counts()
        assert set(families) == set(sizes[sizes >= 10].index)
        for family, figures in families.items():
            own = answered["family"] == family
            inside, groups = told.inside[own].mean(), answered["group"][own].nunique()
            assert figures["rows"] == own.sum()
            assert figures["MAE10c"] == pytest.approx(told.error[own].mean())
            assert figures["bias"] == pytest.approx(told.off[own].mean())
            assert figures["coverage"] == pytest.approx(inside)
            assert 0.0 <= figures["coverage low"] <= inside <= figures["coverage high"] <= 1.0
            if inside in (0.0, 1.0):  # as many groups as successes, or none
                trials = binomtest(int(inside) * groups, groups).proportion_ci(method="wilson")
                assert figures["coverage low"] == pytest.approx(trials.low, abs=1e-6)
                assert figures["coverage high"] == pytest.approx(trials.high, abs=1e-6)
    assert report.by_family.keys() == {"papers", "clusters", "time", "time if it conducts"}


def test_the_report_comes_back_from_json_without_its_tables(report: Report) -> None:
    document = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    back = Report.from_dict(document)
    assert back.by_family == report.by_family
    assert back.figures.keys() == report.figures.keys()
    for benchmark, figures in report.figures.items():
        assert back.figures[benchmark] == pytest.approx(figures, abs=0.0, rel=0.0, nan_ok=True)
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
