"""Training repeats itself to the byte, from the evidence alone, and leaves nothing half done."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sseml import released as shipped
from sseml.curation.table import load_measurements
from sseml.evaluate import measurements_at
from sseml.model.bundle import EVIDENCE, Bundle
from sseml.model.folder import CARD, MANIFEST
from sseml.model.train import train
from sseml.prediction import predict
from sseml.records import BundleError, Prediction, RefusedInputError
from sseml.released import DEFAULT_BUNDLE


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_from_the_evidence_alone_the_same_bundle_comes_out_to_the_byte(
    trained: Any, small_settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "released_folder", lambda: trained.folder.parent)
    train(None, tmp_path / DEFAULT_BUNDLE, settings=small_settings)
    assert digests(tmp_path / DEFAULT_BUNDLE) == digests(trained.folder)


def test_another_seed_is_another_bundle_of_the_same_evidence(
    trained: Any, small_table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / DEFAULT_BUNDLE
    train(small_table, folder, settings=replace(small_settings, seed=1))
    new, old = digests(folder), digests(trained.folder)
    assert new[EVIDENCE] == old[EVIDENCE]
    assert new["forest.npz"] != old["forest.npz"]


@pytest.mark.slow
def test_the_released_evidence_is_all_that_retraining_needs(
    released: Path, small_settings: Any, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        train(None, tmp_path / name / DEFAULT_BUNDLE, settings=small_settings)
    first, second = (digests(tmp_path / name / DEFAULT_BUNDLE) for name in ("first", "second"))
    assert first == second
    again = load_measurements(tmp_path / "first" / DEFAULT_BUNDLE / EVIDENCE)
    pd.testing.assert_frame_equal(again, load_measurements(released / EVIDENCE))


def test_manifest_and_card_say_which_data(trained: Any) -> None:
    manifest = json.loads((trained.folder / MANIFEST).read_text(encoding="utf-8"))
    digest = hashlib.sha256((trained.folder / EVIDENCE).read_bytes()).hexdigest()
    assert manifest["training_data_sha256"] == digest
    assert digest in (trained.folder / CARD).read_text(encoding="utf-8")
    assert manifest["settings"]["boosting_rounds"] == 4


def test_measured_figures_reach_manifest_and_card(
    small_table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    figures = {"measurements": 150, "benchmarks": {"papers": {"MAE10c": 0.812, "AUC": None}}}
    train(small_table, tmp_path / "b", settings=small_settings, metrics=figures)
    assert Bundle.load(tmp_path / "b").manifest["metrics"] == figures
    card = (tmp_path / "b" / CARD).read_text(encoding="utf-8")
    assert "| papers | MAE10c | 0.812 |" in card
    assert "| papers | AUC | – |" in card


def test_the_card_counts_the_measurements_of_each_source(
    trained: Any, small_table: pd.DataFrame
) -> None:
    card = (trained.folder / CARD).read_text(encoding="utf-8")
    for source, count in small_table["source"].value_counts().items():
        assert f"| {source} |" in card
        assert f"| {count} |" in card


def test_a_bundle_of_ones_own_answers(trained: Any) -> None:
    [answer] = predict(["Li6PS5Cl"], bundle=trained.folder)
    assert isinstance(answer, Prediction)
    assert answer.model == DEFAULT_BUNDLE
    assert 1e-12 < answer.sigma_S_cm < 1.0


def test_an_existing_folder_is_not_touched(small_table: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="name another folder"):
        train(small_table, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_without_a_stated_activation_energy_temperatures_still_tell_it(
    small_table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    table = small_table.assign(activation_energy_eV=float("nan"))
    bundle = train(table, tmp_path / "bundle", settings=small_settings)
    assert bundle.manifest["training_rows"]["energy"] == 0
    [answer] = predict(["Li6PS5Cl"], bundle=tmp_path / "bundle")
    assert isinstance(answer, Prediction)
    assert 0.05 < answer.activation_energy_eV < 1.2


@pytest.mark.parametrize("case", ["one paper", "too hot"])
def test_too_little_to_learn_from_is_refused_with_nothing_left_behind(
    small_table: pd.DataFrame, small_settings: Any, tmp_path: Path, case: str
) -> None:
    table = small_table.copy()
    match case:
        case "one paper":
            table = table.head(20).assign(doi="10.1000/one").astype({"doi": "string"})
        case _:
            table["temperature_C"] = 900.0
    with pytest.raises(RefusedInputError):
        train(table, tmp_path / "bundle", settings=small_settings)
    assert not list(tmp_path.iterdir())


def test_damaged_evidence_is_not_learned_from(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = shutil.copytree(released, tmp_path / DEFAULT_BUNDLE)
    content = bytearray((copied / EVIDENCE).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / EVIDENCE).write_bytes(content)
    monkeypatch.setattr(shipped, "released_folder", lambda: tmp_path)
    with pytest.raises(BundleError, match=EVIDENCE):
        measurements_at(None)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedInputError, match=r"there is no file .*measurements\.parquet"):
        measurements_at(tmp_path)
