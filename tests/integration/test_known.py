"""What the crystal system adds is measured on rows that neither part of the model has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sseml.evaluate.crystals as module
from sseml.evaluate import Report, evaluate
from sseml.evaluate.answers import answer_both
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import (
    Recipe,
    TrainingSet,
    conductivity_set,
    measured_materials,
)
from sseml.model.fitting import fit_calibrated_outputs
from sseml.model.train import train


@pytest.fixture(scope="module")
def table(measurements: pd.DataFrame) -> pd.DataFrame:
    return measurements.sample(260, random_state=2).sort_index().reset_index(drop=True)


@pytest.fixture(scope="module")
def seen() -> list[tuple[TrainingSet, Any]]:
    return []


@pytest.fixture(scope="module")
def report(table: pd.DataFrame, small_settings: Any, seen: list[tuple[TrainingSet, Any]]) -> Report:
    def recording(data: TrainingSet, *arguments: Any) -> Any:
        model = fit_calibrated_outputs(data, *arguments)
        seen.append((data, model))
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "fit_calibrated_outputs", recording)
        return evaluate(["crystals"], table, settings=small_settings)


def test_only_rows_of_known_space_group_are_judged(report: Report, table: pd.DataFrame) -> None:
    rows = table.iloc[conductivity_set(table, Recipe()).rows]
    assert report.figures["crystals"]["rows"] == rows["space_group_number"].notna().sum() > 50


@pytest.mark.parametrize(
    "view", ["", " grouped only", " if it conducts", " grouped only if it conducts"]
)
def test_the_gain_is_the_difference_and_lies_in_its_interval(report: Report, view: str) -> None:
    figures = report.figures["crystals"]
    by_system, by_composition = figures[f"MAE10c{view}"], figures[f"MAE10c by composition{view}"]
    assert figures[f"gain{view}"] == pytest.approx(by_system - by_composition, abs=1e-9)
    assert figures[f"gain low{view}"] <= figures[f"gain{view}"] <= figures[f"gain high{view}"]
    assert 0.5 < figures[f"coverage{view}"] <= 1.0


def test_corrections_are_learned_from_training_rows_and_their_systems(
    report: Report, seen: list[tuple[TrainingSet, Any]], table: pd.DataFrame
) -> None:
    """Two ways of holding out, five folds each; no fold has learned from all papers."""
    assert report.figures["crystals"]["rows"]
    assert len(seen) == 2 * module.FOLDS
    papers = len(np.unique(conductivity_set(table, Recipe()).papers))
    for data, model in seen:
        known = np.flatnonzero(data.systems != UNKNOWN)
        np.testing.assert_array_equal(model.polymorph.rows, known)
        assert len(np.unique(data.papers)) < papers
    purged, kept = (sum(len(data) for data, _ in part) for part in (seen[:5], seen[5:]))
    assert purged < kept, "compositions of held-out rows are removed in the first way alone"


def test_a_table_without_space_groups_is_refused_or_left_out_aloud(
    table: pd.DataFrame, small_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = table.assign(space_group_number=pd.Series(pd.NA, index=table.index, dtype="Int16"))
    with pytest.raises(module.NoStructuresError, match="names a space group"):
        evaluate(["crystals"], silent, settings=small_settings)
    kept = {name: BENCHMARKS[name] for name in ("crystals", "windows")}
    monkeypatch.setattr("sseml.evaluate.run.BENCHMARKS", kept)
    report = evaluate([], silent, settings=small_settings)
    assert set(report.figures) == {"windows"}
    assert "space group" in report.left_out["crystals"]


def test_what_is_judged_is_what_a_bundle_answers(
    table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    """The same model asked about its own rows: by the benchmark's way and by the bundle's."""
    data = conductivity_set(table, Recipe())
    every = np.ones(len(data), dtype=bool)
    model = fit_calibrated_outputs(data, small_settings[0])
    judged = answer_both(model, data, every, every, by_system=True)
    bundle = train(table, tmp_path / "all", settings=small_settings)
    told = bundle.predict(measured_materials(table.iloc[data.rows]), np.full(len(data), 25.0))
    for answers, own in (
        (judged.unconditional, told.sigma),
        (judged.if_conductor, told.if_conductor),
    ):
        np.testing.assert_allclose(answers.mean, own.log10, atol=1e-9)
        np.testing.assert_allclose(answers.low, own.log10_low, atol=1e-9)
        np.testing.assert_allclose(answers.high, own.log10_high, atol=1e-9)
    assert (told.by_crystal_system != 0).sum() > 30
