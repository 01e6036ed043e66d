"""Nothing near a held-out row is trained on: checked from raw DOIs and formulas, on its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import sseml.evaluate.answers as answers
import sseml.evaluate.benchmarks as benchmarks
import sseml.model.fitting as fitting
from sseml.evaluate import evaluate
from sseml.kinds import COMPOSITION
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.fitting import BY_CLUSTER, BY_PAPER, HoldoutScheme
from sseml.parse.formula import parse_formula

SAME_MATERIAL = 1e-3


class Facts(NamedTuple):
    """What decides about leaking, straight from the table: one entry a row.

    `dois` holds the other names of a paper too: the number that our literature table gives it, and
    the citation of a seed.
    """

    dois: list[set[str]]
    fractions: np.ndarray
    elements: list[frozenset[str]]


def facts_of(table: pd.DataFrame, rows: np.ndarray) -> Facts:
    picked = table.iloc[rows]
    amounts = [parse_formula(formula).amounts for formula in picked["formula"]]
    symbols = sorted({symbol for own in amounts for symbol in own})
    fractions = np.array([[own.get(symbol, 0.0) for symbol in symbols] for own in amounts])
    fractions /= fractions.sum(axis=1, keepdims=True)
    dois = [{doi.strip().lower() for doi in row.doi} for row in picked.itertuples()]
    for names, row in zip(dois, picked.itertuples(), strict=True):
        if not names and row.source == "literature":
            names.add(row.source_id.partition("#")[0])
        elif not names and row.source == "seeds" and isinstance(row.reference, str):
            names.add(row.reference)
    return Facts(dois, fractions, [frozenset(own) for own in amounts])


def leaks(
    facts: Facts, trained: np.ndarray, asked: np.ndarray, distance: float, *, same_elements: bool
) -> list[tuple[int, int, str]]:
    """Pairs (trained, asked) that are too near, and why; row by row, with nothing of sseml's."""
    found = []
    trained_dois: dict[str, int] = {doi: row for row in trained for doi in facts.dois[row]}
    for row in asked:
        found += [
            (trained_dois[doi], row, "paper") for doi in facts.dois[row] if doi in trained_dois
        ]
        away = np.abs(facts.fractions[trained] - facts.fractions[row]).sum(axis=1) / 2
        # a hair inside the distance, as rounding may put a pair on either side of it
        for near in trained[away < distance - 1e-9]:
            if not same_elements or facts.elements[near] == facts.elements[row]:
                found.append((int(near), int(row), "composition"))
    return found


def spellings(facts: Facts, trained: np.ndarray, asked: np.ndarray) -> list[tuple[int, int]]:
    """Pairs that are one composition in two spellings, by their amounts to the third decimal."""
    found = []
    for row in asked:
        away = np.abs(facts.fractions[trained] - facts.fractions[row]).sum(axis=1) / 2
        found += [
            (int(near), int(row))
            for near in trained[away < SAME_MATERIAL]
            if facts.elements[near] == facts.elements[row]
        ]
    return found


@pytest.fixture(scope="module")
def data(measurements: pd.DataFrame) -> TrainingSet:
    """Every row, at any temperature."""
    return training_set(measurements, Recipe())


@pytest.fixture(scope="module")
def facts(data: TrainingSet, measurements: pd.DataFrame) -> Facts:
    return facts_of(measurements, data.rows)


@pytest.fixture(scope="module")
def hot(data: TrainingSet, measurements: pd.DataFrame) -> np.ndarray:
    away = measurements["temperature_C"].to_numpy()[data.rows]
    rows: np.ndarray = away > 100.0
    assert rows.sum() > 200
    return rows


def purge_distance(holdout_scheme: HoldoutScheme) -> float:
    return getattr(COMPOSITION.distance.radii, str(holdout_scheme.purged))


@pytest.mark.parametrize("fold_count", [4, 10])
@pytest.mark.parametrize(
    "holdout_scheme", [BY_PAPER, BY_CLUSTER], ids=lambda holdout_scheme: holdout_scheme.name
)
def test_no_fold_leaks_and_every_row_is_held_out_once(
    data: TrainingSet, facts: Facts, holdout_scheme: HoldoutScheme, fold_count: int
) -> None:
    held_out_count = np.zeros(len(data), dtype=int)
    for trained, held_out in holdout_scheme.folds(data, fold_count, seed=0):
        held_out_count += held_out
        assert not (trained & held_out).any()
        assert trained.sum() > len(data) / 4, "purging left next to nothing to learn from"
        assert not leaks(
            facts,
            np.flatnonzero(trained),
            np.flatnonzero(held_out),
            purge_distance(holdout_scheme),
            same_elements=holdout_scheme.same_parts,
        )
        assert not spellings(facts, np.flatnonzero(trained), np.flatnonzero(held_out))
    assert (held_out_count == 1).all()


def test_the_distances_are_those_that_were_promised() -> None:
    assert (purge_distance(BY_PAPER), BY_PAPER.same_parts) == (0.02, True)
    assert (purge_distance(BY_CLUSTER), BY_CLUSTER.same_parts) == (0.12, False)


@pytest.mark.parametrize("way", ["paper", "composition"])
def test_no_hot_row_of_what_is_held_out_is_learned_from(
    data: TrainingSet, facts: Facts, hot: np.ndarray, way: str
) -> None:
    """A material held out at 25 °C is not given away by its measurements at 300 °C."""
    removed = 0
    for trained, held_out in BY_PAPER.folds(data, 10, seed=0):
        asked = np.flatnonzero(held_out & data.at_25)
        given_away = {
            near
            for near, _, why in leaks(facts, np.flatnonzero(hot), asked, 0.02, same_elements=True)
            if why == way
        }
        removed += len(given_away)
        assert not trained[sorted(given_away)].any()
    assert removed > 50, "the check would find nothing even if nothing were removed"


def test_the_check_itself_finds_leaks(data: TrainingSet, facts: Facts) -> None:
    """Without the purge it would be full of them, or it proves nothing."""
    _, held_out = next(BY_CLUSTER.folds(data, 10, seed=0))
    found = leaks(
        facts, np.flatnonzero(~held_out), np.flatnonzero(held_out), 0.12, same_elements=False
    )
    assert {why for *_, why in found} == {"paper", "composition"}
    assert spellings(facts, np.arange(100), np.arange(100))


class Recorded(NamedTuple):
    """Positions in the table of all rows of each set that was fitted to, by what fitted it."""

    calibrated: list[np.ndarray]
    ensembles: list[np.ndarray]


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Writes down whatever reaches a fit from now on."""
    seen = Recorded([], [])
    fit_calibrated, fit_ensemble = fitting.fit_calibrated, fitting.fit_ensemble

    def recording_calibrated(data: TrainingSet, *arguments: Any) -> Any:
        seen.calibrated.append(data.rows)
        return fit_calibrated(data, *arguments)

    def recording_ensemble(settings: Any, data: TrainingSet) -> Any:
        seen.ensembles.append(data.rows)
        return fit_ensemble(settings, data)

    for module in (answers, benchmarks):
        monkeypatch.setattr(module, "fit_calibrated", recording_calibrated)
    for module in (benchmarks, fitting):
        monkeypatch.setattr(module, "fit_ensemble", recording_ensemble)
    return seen


@pytest.mark.parametrize(
    "scheme", [BY_PAPER, BY_CLUSTER, answers.BY_PAPER_ALONE], ids=["paper", "cluster", "alone"]
)
def test_no_answer_comes_from_a_model_that_was_fitted_to_what_is_near(
    varied_table: pd.DataFrame,
    small_settings: Any,
    fitted: Recorded,
    monkeypatch: pytest.MonkeyPatch,
    scheme: HoldoutScheme,
) -> None:
    """Every fit on the way is written down, those of the calibration too, and then who is asked."""
    asked: list[np.ndarray] = []
    counts: list[int] = []
    both_views = answers.both_views

    def recording(model: Any, data: TrainingSet, trained: Any, held_out: np.ndarray) -> Any:
        asked.append(data.rows[held_out])
        counts.append(len(fitted.ensembles))
        return both_views(model, data, trained, held_out)

    monkeypatch.setattr(answers, "both_views", recording)
    data = training_set(varied_table, Recipe())
    views = answers.cross_answer(data, scheme, small_settings, folds=3)
    for view in (views.by_composition, views.with_system):
        assert sorted(view.rows) == list(range(len(data)))
    facts = facts_of(varied_table, np.arange(len(varied_table)))
    distance = purge_distance(scheme) if scheme.purged else 0.0
    assert len(fitted.calibrated) == len(asked) == 3
    before = 0
    for calibrated, rows, count in zip(fitted.calibrated, asked, counts, strict=True):
        ensembles = fitted.ensembles[before:count]
        before = count
        assert len(ensembles) == 2 * fitting.CALIBRATION_FOLDS + 1
        for own in (calibrated, *ensembles):
            assert len(own) > 40
            assert not leaks(facts, own, rows, distance, same_elements=scheme.same_parts)
    if scheme is answers.BY_PAPER_ALONE:
        pairs = zip(fitted.calibrated, asked, strict=True)
        assert any(spellings(facts, *pair) for pair in pairs), "a material may be known"


def test_the_official_test_rows_never_enter_training(
    measurements: pd.DataFrame, small_settings: Any, fitted: Recorded
) -> None:
    """Whatever reaches the fitting is written down and compared with the 121 rows."""
    others = measurements[measurements["official_split"].isna()].sample(400, random_state=0)
    official = measurements[measurements["official_split"].notna()]
    table = pd.concat([official, others]).sort_index().reset_index(drop=True)
    report = evaluate(["official"], table, settings=small_settings)
    assert report.figures["official"]["test rows"] == 121

    test_rows = np.flatnonzero((table["official_split"] == "test").fillna(False))
    assert len(test_rows) == 121
    facts = facts_of(table, np.arange(len(table)))
    assert len(fitted.calibrated) == 1
    assert len(fitted.ensembles) == 2 * fitting.CALIBRATION_FOLDS + 2
    assert min(len(fitted.calibrated[0]), len(fitted.ensembles[-1])) > 600
    for rows in (*fitted.calibrated, *fitted.ensembles):
        assert not leaks(facts, rows, test_rows, 0.02, same_elements=True)
    removed = np.setdiff1d(np.arange(len(table)), [*fitted.calibrated[0], *test_rows])
    away = table["temperature_C"].to_numpy()
    assert (away[removed] > 50.0).any(), "no hot row was near: the check proves too little"


def test_a_family_left_out_is_answered_by_models_that_know_nothing_of_it(
    varied_table: pd.DataFrame, small_settings: Any, fitted: Recorded
) -> None:
    report = evaluate(["families"], varied_table, settings=small_settings)
    names = [name.removesuffix(" rows") for name in report.figures["families"] if " rows" in name]
    facts = facts_of(varied_table, np.arange(len(varied_table)))
    assert len(fitted.ensembles) == len(names) >= 5
    for name, rows in zip(names, fitted.ensembles, strict=True):
        of_family = np.flatnonzero(varied_table["family"] == name)
        assert len(rows) > 100
        assert not leaks(facts, rows, of_family, 0.02, same_elements=True)
        assert not np.isin(rows, of_family).any()
