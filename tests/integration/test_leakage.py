"""Nothing near a held-out row is trained on: checked from raw DOIs and formulas, on its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import sseml.evaluate.benchmarks as benchmarks
from sseml.evaluate import evaluate
from sseml.kinds import COMPOSITION
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set, energy_set
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
    return [
        (int(near), int(row))
        for row in np.flatnonzero(asked)
        for near in np.flatnonzero(trained)
        if facts.elements[near] == facts.elements[row]
        and np.abs(facts.fractions[near] - facts.fractions[row]).sum() / 2 < SAME_MATERIAL
    ]


@pytest.fixture(scope="module", params=["conductivity", "energy"])
def data(request: pytest.FixtureRequest, measurements: pd.DataFrame) -> TrainingSet:
    build = conductivity_set if request.param == "conductivity" else energy_set
    return build(measurements, Recipe())


def purge_distance(holdout_scheme: HoldoutScheme) -> float:
    return getattr(COMPOSITION.distance.radii, str(holdout_scheme.purged))


@pytest.mark.parametrize("fold_count", [4, 10])
@pytest.mark.parametrize(
    "holdout_scheme", [BY_PAPER, BY_CLUSTER], ids=lambda holdout_scheme: holdout_scheme.name
)
def test_no_fold_leaks_and_every_row_is_held_out_once(
    data: TrainingSet, measurements: pd.DataFrame, holdout_scheme: HoldoutScheme, fold_count: int
) -> None:
    facts = facts_of(measurements, data.rows)
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
        assert not spellings(facts, trained, held_out)
    assert (held_out_count == 1).all()


def test_the_distances_are_those_that_were_promised() -> None:
    assert (purge_distance(BY_PAPER), BY_PAPER.same_parts) == (0.02, True)
    assert (purge_distance(BY_CLUSTER), BY_CLUSTER.same_parts) == (0.12, False)


def test_the_check_itself_finds_leaks(measurements: pd.DataFrame) -> None:
    """Without the purge it would be full of them, or it proves nothing."""
    data = conductivity_set(measurements, Recipe())
    facts = facts_of(measurements, data.rows)
    _, held_out = next(BY_CLUSTER.folds(data, 10, seed=0))
    found = leaks(
        facts, np.flatnonzero(~held_out), np.flatnonzero(held_out), 0.12, same_elements=False
    )
    assert {why for *_, why in found} == {"paper", "composition"}


def test_the_official_test_rows_never_enter_training(
    measurements: pd.DataFrame, small_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reaches the fitting is written down and compared with the 121 rows."""
    fitted: list[np.ndarray] = []

    def seen(name: str) -> None:
        original = getattr(benchmarks, name)

        def recording(data: TrainingSet, *arguments: Any) -> Any:
            fitted.append(data.rows)
            return original(data, *arguments)

        monkeypatch.setattr(benchmarks, name, recording)

    seen("fit")
    seen("fit_calibrated")
    report = evaluate(["official"], measurements, settings=small_settings)
    assert report.figures["official"]["test rows"] == 121

    test_rows = np.flatnonzero((measurements["official_split"] == "test").fillna(False))
    assert len(test_rows) == 121
    facts = facts_of(measurements, np.arange(len(measurements)))
    assert len(fitted) == 2
    for rows in fitted:
        assert len(rows) > 800
        assert not leaks(facts, rows, test_rows, 0.02, same_elements=True)
