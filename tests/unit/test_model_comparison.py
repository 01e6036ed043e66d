"""The paired comparison: hand-calculated differences, and what must hold for any errors."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sseml.curation.schema import has_flag
from sseml.curation.table import load_measurements
from sseml.evaluate import model_comparison
from sseml.evaluate.difference import ALL, CHAMPIONS_OWN, FEWEST_GROUPS, paired_difference
from sseml.evaluate.model_comparison import Contender, compare
from sseml.model.bundle import EVIDENCE
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.ensemble import KernelShare
from sseml.model.folder import MANIFEST, write_checksums
from sseml.model.regressors import EnsembleSettings
from sseml.records import BundleError, RefusedInputError
from sseml.released import DEFAULT_BUNDLE, released_folder

QUICK = EnsembleSettings(boosting_rounds=2, averaged_trees=2, threads=1)
RELEASED = released_folder() / DEFAULT_BUNDLE

errors = hnp.arrays(float, 36, elements=st.floats(0.0, 8.0, width=32))
groups = hnp.arrays(np.int64, 36, elements=st.integers(0, 14)).filter(
    lambda drawn: len(np.unique(drawn)) >= FEWEST_GROUPS
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    released = load_measurements(RELEASED / EVIDENCE)
    return released.sample(160, random_state=3).sort_index().reset_index(drop=True)


def contender(table: pd.DataFrame, name: str = "any", seed: int = 0) -> Contender:
    return Contender(name, table, Recipe(), replace(QUICK, seed=seed))


# ---- arithmetic


def test_mean_errors_and_their_difference_are_those_of_a_hand_calculation() -> None:
    champion, candidate = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.2])
    result = paired_difference(champion, candidate, np.array([0, 0, 1]))
    assert (result.rows, result.groups) == (3, 2)
    assert result.champion_MAE10c == pytest.approx(2.0)
    assert result.candidate_MAE10c == pytest.approx(1.9)
    assert result.difference == pytest.approx(-0.1)
    assert np.isnan([result.low, result.high, result.upper, result.p_worse]).all()


def test_the_interval_is_that_of_the_normal_law_for_many_alike_groups() -> None:
    rng = np.random.default_rng(5)
    excess = rng.normal(0.1, 1.0, size=2000)
    result = paired_difference(np.full(2000, 9.0), 9.0 + excess, np.arange(2000), margin=0.1)
    standard_error = excess.std() / np.sqrt(2000)
    assert result.low == pytest.approx(excess.mean() - 1.96 * standard_error, abs=0.005)
    assert result.high == pytest.approx(excess.mean() + 1.96 * standard_error, abs=0.005)
    assert result.upper == pytest.approx(excess.mean() + 1.645 * standard_error, abs=0.005)
    assert 0.05 < result.p_worse < 0.95


def test_ten_copies_of_a_paper_are_no_more_evidence_than_one() -> None:
    """Resampling rows would shrink the interval by √10; resampling groups leaves it."""
    rng = np.random.default_rng(6)
    champion, candidate, paper = rng.uniform(0, 2, 40), rng.uniform(0, 2, 40), np.arange(40)
    once = paired_difference(champion, candidate, paper)
    copied = paired_difference(*(np.repeat(each, 10) for each in (champion, candidate, paper)))
    for name in ("difference", "low", "high", "upper", "p_worse"):
        assert getattr(copied, name) == pytest.approx(getattr(once, name), abs=1e-12)
    as_rows = paired_difference(np.repeat(champion, 10), np.repeat(candidate, 10), np.arange(400))
    assert as_rows.high - as_rows.low < 0.5 * (copied.high - copied.low)


@given(errors, errors, groups)
@settings(max_examples=30)
def test_exchanging_the_two_turns_the_sign(
    champion: np.ndarray, candidate: np.ndarray, group: np.ndarray
) -> None:
    one = paired_difference(champion, candidate, group, resamples=200)
    other = paired_difference(candidate, champion, group, resamples=200)
    assert other.difference == pytest.approx(-one.difference, abs=1e-12)
    assert other.low == pytest.approx(-one.high, abs=1e-12)
    assert other.high == pytest.approx(-one.low, abs=1e-12)
    assert one.low <= one.high
    assert one.upper <= one.high


@given(errors, errors, groups, st.floats(0.1, 10.0))
@settings(max_examples=30)
def test_errors_in_another_unit_give_the_same_answer_in_that_unit(
    champion: np.ndarray, candidate: np.ndarray, group: np.ndarray, factor: float
) -> None:
    one = paired_difference(champion, candidate, group, resamples=200)
    scaled = paired_difference(factor * champion, factor * candidate, group, resamples=200)
    for name in ("champion_MAE10c", "candidate_MAE10c", "difference", "low", "high", "upper"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(one, name), abs=1e-9)


@given(errors, groups, st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_equal_errors_differ_by_exactly_nothing_in_whatever_order(
    error: np.ndarray, group: np.ndarray, random: object
) -> None:
    same = paired_difference(error, error, group, resamples=100)
    assert (same.difference, same.low, same.high, same.upper, same.p_worse) == (0, 0, 0, 0, 0)


# ---- the comparison


def test_a_contender_against_itself_differs_by_exactly_nothing_and_passes(
    table: pd.DataFrame,
) -> None:
    shuffled = table.sample(frac=1.0, random_state=1).reset_index(drop=True)
    result = compare(contender(table), contender(shuffled), folds=3)
    assert result.not_worse
    for part in result.parts.values():
        assert (part.difference, part.low, part.upper, part.p_worse) == (0, 0, 0, 0)
        assert part.champion_coverage == part.candidate_coverage
    assert "rows only the champion knows" not in result.parts


def test_rows_are_counted_by_who_knows_them_and_each_measurement_once(table: pd.DataFrame) -> None:
    champion, candidate = contender(table.iloc[:130]), contender(table.iloc[30:])
    parts = compare(champion, candidate, folds=3).parts
    rows = {name: part.rows for name, part in parts.items()}
    assert rows[ALL] == sum(
        rows[f"rows {who}"]
        for who in ("both know", "only the champion knows", "only the candidate knows")
    )
    assert rows[CHAMPIONS_OWN] == rows["rows both know"] + rows["rows only the champion knows"]
    assert min(rows.values()) > 0


def test_the_comparison_is_deterministic_and_turns_its_sign_when_exchanged(
    table: pd.DataFrame,
) -> None:
    one, other = contender(table, "one"), contender(table.iloc[:120], "other", seed=4)
    forth, again, back = (
        compare(*pair, folds=3) for pair in ((one, other), (one, other), (other, one))
    )
    assert forth.to_dict() == again.to_dict()
    assert back.parts[ALL].difference == pytest.approx(-forth.parts[ALL].difference)
    assert back.parts[ALL].low == pytest.approx(-forth.parts[ALL].high)


def test_nobody_learns_from_what_equals_or_nears_a_held_out_row_of_the_other(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate's copy of every row has another id, no DOI and a slightly other formula."""
    twin = table.assign(
        measurement_id=[f"{number:012x}" for number in range(len(table))],
        source_id=[f"twin:{number}" for number in range(len(table))],
        doi=pd.Series([None] * len(table), dtype="string"),
    )
    learned: list[TrainingSet] = []
    asked: list[np.ndarray] = []
    fit_ensemble = model_comparison.fit_ensemble
    predict_out_of_fold = model_comparison.predict_out_of_fold

    def watched_fit(how: EnsembleSettings, data: TrainingSet) -> object:
        learned.append(data)
        return fit_ensemble(how, data)

    def watched_predict(
        ensemble: object, data: TrainingSet, trained: np.ndarray, held_out: np.ndarray
    ) -> object:
        asked.append(data.positions[held_out])
        return predict_out_of_fold(ensemble, data, trained, held_out)  # type: ignore[arg-type]

    monkeypatch.setattr(model_comparison, "fit_ensemble", watched_fit)
    monkeypatch.setattr(model_comparison, "predict_out_of_fold", watched_predict)
    compare(contender(table), contender(twin), folds=3)
    assert len(learned) == len(asked) == 6
    for trained, held_out in zip(learned, asked, strict=True):
        distance = np.abs(trained.positions[:, None] - held_out[None]).sum(axis=2) / 2.0
        same_elements = ((trained.positions[:, None] > 0) == (held_out[None] > 0)).all(axis=2)
        assert not (same_elements & (distance < 0.02)).any()


def test_hot_rows_are_learned_from_and_the_rows_that_say_sigma_at_25_are_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = load_measurements(RELEASED / EVIDENCE)
    hot = measured[measured["temperature_C"] > 150.0].sample(80, random_state=1)
    cold = measured[measured["temperature_C"] < 40.0].sample(120, random_state=1)
    table = pd.concat([hot, cold]).reset_index(drop=True)
    learned: list[TrainingSet] = []
    fit_ensemble = model_comparison.fit_ensemble

    def watched_fit(how: EnsembleSettings, data: TrainingSet) -> object:
        learned.append(data)
        return fit_ensemble(how, data)

    monkeypatch.setattr(model_comparison, "fit_ensemble", watched_fit)
    both = (contender(table), contender(cold.reset_index(drop=True)))
    result = compare(*both, folds=3)
    of_champion, of_candidate = learned[:3], learned[3:]
    assert min((data.temperature_K > 423.0).sum() for data in of_champion) > 30
    assert max((data.temperature_K > 423.0).sum() for data in of_candidate) == 0
    says = [training_set(each.table, each.recipe) for each in both]
    ids = {
        name
        for each, data in zip(both, says, strict=True)
        for name in each.table["measurement_id"].iloc[data.rows[data.at_25]]
    }
    assert result.parts[ALL].rows == len(ids)
    assert result.parts[CHAMPIONS_OWN].rows == says[0].at_25.sum()


def test_a_worse_way_to_learn_is_refused_with_the_figures(table: pd.DataFrame) -> None:
    crude = replace(
        contender(table, "crude"),
        settings=replace(
            QUICK,
            ridge_penalty=1e9,
            share=KernelShare(at_near=0.0, at_far=0.0),
            boosting_rounds=1,
        ),
    )
    result = compare(contender(table, "sound"), crude, folds=3)
    assert not result.not_worse
    difference = result.parts[ALL].difference
    assert difference > 0.1
    assert f"{difference:+.4f}" in " ".join(result.complaints)
    assert "crude against sound" in result.to_text()
    assert f"{difference:+.4f}" in result.to_text()
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["not_worse"] is False


def test_new_labels_that_please_themselves_do_not_pay_for_known_chemistry(
    table: pd.DataFrame,
) -> None:
    """Many easy new rows lower the overall error; the champion's own rows still decide."""
    rng = np.random.default_rng(0)
    known = np.flatnonzero(~has_flag(table, "composite"))
    spoiled = table.copy()
    spoiled["sigma_S_cm"] = spoiled["sigma_S_cm"].to_numpy() * 10.0 ** rng.choice(
        [-5.0, 5.0], len(table)
    )
    spoiled["sigma_S_cm"] = spoiled["sigma_S_cm"].clip(1e-18, 9.0)
    easy = table.iloc[np.repeat(known[:1], 400)].assign(
        measurement_id=[f"{number:012x}" for number in range(400)],
        doi=[f"10.1000/easy{number}" for number in range(400)],
    )
    easy["doi"] = easy["doi"].astype("string")
    candidate = contender(pd.concat([spoiled, easy], ignore_index=True), "pleased")
    result = compare(contender(table, "honest"), candidate, folds=3)
    assert any(CHAMPIONS_OWN in text for text in result.complaints)


def test_too_few_papers_are_refused_and_too_few_groups_are_no_proof(table: pd.DataFrame) -> None:
    one_paper = table.head(30).assign(doi="10.1000/one").astype({"doi": "string"})
    with pytest.raises(RefusedInputError, match="papers"):
        compare(contender(one_paper), contender(one_paper))
    papers = [f"10.1000/{number % 8}" for number in range(60)]
    few = table.head(60).assign(doi=papers).astype({"doi": "string"})
    result = compare(contender(few), contender(few), folds=3)
    assert not result.not_worse
    assert "too few" in result.complaints[0]
    assert "too few groups" in result.to_text()


# ---- bundles as contenders


def test_a_bundle_says_how_it_was_made() -> None:
    released = Contender.of_bundle(RELEASED)
    assert released.name == DEFAULT_BUNDLE
    manifest = json.loads((RELEASED / MANIFEST).read_text("utf-8"))
    assert released.recipe == Recipe(feature_sets=tuple(manifest["feature_sets"]))
    assert released.settings == EnsembleSettings()
    assert len(released.table) == len(load_measurements(RELEASED / EVIDENCE))


def test_a_damaged_bundle_and_unknown_settings_are_refused(tmp_path: Path) -> None:
    copied = shutil.copytree(RELEASED, tmp_path / "copied")
    manifest = json.loads((copied / MANIFEST).read_text("utf-8"))
    manifest["settings"]["wisdom"] = 1
    (copied / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        Contender.of_bundle(copied)
    write_checksums(copied)
    with pytest.raises(BundleError, match="wisdom"):
        Contender.of_bundle(copied)
