"""Polymer bundles in MLflow: loaded, registered, sent through the gate, and taken back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import pyfunc
from mlflow.models import Model, ModelSignature

from sseml.cli import main
from sseml.model.folder import MANIFEST, write_checksums
from sseml.model.loading import load_bundle
from sseml.model.mlmodel import RECIPES, REQUIREMENTS, signature
from sseml.model.polymer.bundle import ARRAYS
from sseml.model.polymer.fit import CurveSettings
from sseml.records import RefusedInputError
from sseml.tracking.gate import CHECKSUMS, KIND, SMOKE, check_comparison, check_kind, check_recipe
from sseml.tracking.polymer_runs import train_polymers_tracked
from sseml.tracking.registry import (
    CHALLENGER,
    CHAMPION,
    POLYMER_MODEL,
    promote,
    register,
    resolve,
    rollback,
    versions,
)
from sseml.tracking.runs import KIND_TAG
from sseml.tracking.store import connected

RECIPE = "PEO + LiTFSI, EO:Li=18"
ROWS: list[dict[str, Any]] = [
    {"formula": "Li6PS5Cl", "temperature": 60},
    {"formula": RECIPE, "temperature": 60},
    {"formula": "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO", "batch": "A-7"},
    {"formula": "PEO + LiTFSI, EO:Li=0"},
    {"formula": "LLZO"},
    {"formula": "PAN + LiClO4, m=1.2 @ 333 K"},
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('registry')}/mlflow.db"


@pytest.fixture(scope="module")
def other_seed(
    small_polymers: pd.DataFrame,
    few_trees: CurveSettings,
    tmp_path_factory: pytest.TempPathFactory,
    store: str,
) -> Any:
    """A second bundle of the same measurements, trained with tracking."""
    from dataclasses import replace  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("second") / "second"
    settings = replace(few_trees, seed=1)
    return train_polymers_tracked(small_polymers, folder, settings=settings, uri=store)


@pytest.fixture(scope="module")
def model(trained_polymers: Any) -> pyfunc.PyFuncModel:
    return pyfunc.load_model(str(trained_polymers.folder))


def asked_of(model: pyfunc.PyFuncModel, **params: Any) -> list[Any]:
    others = [{k: v for k, v in row.items() if k != "formula"} for row in ROWS]
    table = pd.DataFrame({"formula": [row["formula"] for row in ROWS], "columns": others})
    return list(json.loads(json.dumps(model.predict(table, params=params), allow_nan=False)))


def test_a_served_bundle_of_polymers_answers_formulas_too_as_the_command_line_does(
    model: pyfunc.PyFuncModel,
    trained_polymers: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = tmp_path / "rows.jsonl"
    listed.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    command = ["predict", "-i", str(listed), "--format", "jsonl", "--threshold", "1e-6"]
    assert main([*command, "--bundle", str(trained_polymers.folder)]) == 1
    expected = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    answered = asked_of(model, threshold_S_cm=1e-6)
    assert answered == expected
    assert [record["kind"] for record in answered] == [
        "composition", "polymer", "composite", None, "composition", "polymer",
    ]  # fmt: skip
    assert answered[1]["model"] == "small-polymers"
    assert answered[0]["model"] == "composition-6"


def test_the_threshold_is_a_parameter(model: pyfunc.PyFuncModel) -> None:
    low, usual, high = (
        [record["p_superionic"] for record in asked_of(model, **params) if record["error"] is None]
        for params in ({"threshold_S_cm": 1e-9}, {}, {"threshold_S_cm": 0.1})
    )
    assert all(a > b > c for a, b, c in zip(low, usual, high, strict=True))
    assert usual == [
        record["p_superionic"]
        for record in asked_of(model, threshold_S_cm=1e-4)
        if record["error"] is None
    ]
    for impossible in (0.0, -1e-4, 100.0, 1e-30):
        with pytest.raises(RefusedInputError, match="no conductivity in S/cm"):
            asked_of(model, threshold_S_cm=impossible)


def test_the_example_is_of_recipes_and_is_answered(
    model: pyfunc.PyFuncModel, trained_polymers: Any
) -> None:
    stored = Model.load(str(trained_polymers.folder))
    assert stored.signature == ModelSignature.from_dict(signature())
    example = stored.load_input_example(str(trained_polymers.folder))
    assert example["formula"].tolist() == [text for text, _ in RECIPES]
    assert {record["status"] for record in model.predict(example)} == {"ok"}
    lines = (trained_polymers.folder / REQUIREMENTS).read_text("utf-8").splitlines()
    assert lines[0].startswith("sseml[mlflow,polymer]==")


@pytest.mark.slow
def test_a_polymer_bundle_is_registered_promoted_and_taken_back(
    store: str, trained_polymers: Any, other_seed: Any
) -> None:
    first = register(trained_polymers.folder, uri=store)
    assert (first.model, first.version, first.aliases) == (POLYMER_MODEL, 1, (CHALLENGER,))
    passed = promote(name=POLYMER_MODEL, uri=store)
    assert passed.passed, passed.verdict
    second = register(other_seed.run_id, uri=store)
    assert (second.model, second.version) == (POLYMER_MODEL, 2)
    report = promote(name=POLYMER_MODEL, uri=store, margin=0.5)
    assert report.passed, report.verdict
    assert [check.name for check in report.checks] == [
        "checksums", "smoke list", "kind", "recipe", "comparison",
    ]  # fmt: skip
    assert "folds by polymer" in report.comparison_text
    assert resolve(f"models:/{POLYMER_MODEL}@{CHAMPION}", uri=store).name == "second"
    back = rollback(name=POLYMER_MODEL, uri=store)
    assert back.passed
    assert [check.name for check in back.checks] == [CHECKSUMS, SMOKE]
    told = {each.version: each.aliases for each in versions(name=POLYMER_MODEL, uri=store)}
    assert told == {1: (CHAMPION,), 2: ()}
    with connected(store) as client:
        tags = client.get_model_version(POLYMER_MODEL, "1").tags
        run = client.get_run(other_seed.run_id)
    assert tags[KIND_TAG] == "polymer"
    assert (run.data.params["seed"], run.data.params["boosting_rounds"]) == ("1", "4")
    assert run.data.params["process.noise"] == "0.03"


def test_a_bundle_never_becomes_champion_over_one_of_another_kind(
    store: str, trained: Any, trained_polymers: Any
) -> None:
    name = "mixed"
    register(trained.folder, name=name, uri=store)
    with connected(store) as client:
        client.set_registered_model_alias(name, CHAMPION, "1")
    register(trained_polymers.folder, name=name, uri=store)
    report = promote(name=name, uri=store)
    assert not report.passed
    assert report.checks[-1].name == KIND
    assert "kind polymer" in report.verdict
    assert "register it under a name of its own" in report.verdict
    told = {each.version: each.aliases for each in versions(name=name, uri=store)}
    assert told == {1: (CHAMPION,), 2: (CHALLENGER,)}
    one, other = ("first", trained.folder), ("second", trained_polymers.folder)
    assert check_kind(other, other).passed
    assert not check_kind(other, one).passed


def test_the_comparison_is_paired_on_polymers_that_neither_saw(trained_polymers: Any) -> None:
    sides = [(name, trained_polymers.folder) for name in ("champion", "candidate")]
    check, text = check_comparison(sides[0], sides[1])
    assert check.passed, check.message
    judged = check.figures["parts"]["all judged rows"]
    assert judged["difference"] == judged["low"] == judged["high"] == 0.0
    assert judged["groups"] == 12
    assert judged["champion_MAE10c"] > 0.3, "a model that has seen a polymer errs less"
    assert 0.5 < judged["champion_coverage"] <= 1.0
    assert "σ of dry electrolytes at the measured temperatures, 5 folds by polymer" in text


def test_arrays_and_intervals_of_another_making_are_found_out(
    trained_polymers: Any, tmp_path: Path
) -> None:
    assert check_recipe(trained_polymers.folder).passed
    copy = shutil.copytree(trained_polymers.folder, tmp_path / "copy")
    with np.load(copy / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    [name] = [name for name in arrays if name.endswith("intervals.coefficients")]
    arrays[name] = arrays[name] + np.eye(1, len(arrays[name]))[0].astype(arrays[name].dtype)
    np.savez(copy / ARRAYS, allow_pickle=False, **arrays)
    write_checksums(copy)
    check = check_recipe(copy)
    assert not check.passed
    assert "trained anew" in check.message


def test_training_from_the_command_line_makes_the_same_bundle_and_lists_it(
    small_polymers: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sseml.model.polymer.train as training  # noqa: PLC0415

    monkeypatch.setattr(training, "calibrate", _quick(training.calibrate))
    monkeypatch.setattr(training, "fit_curves", _quick(training.fit_curves))
    table, made = tmp_path / "polymers.parquet", tmp_path / "made" / "mine"
    small_polymers.to_parquet(table, index=False)
    assert main(["train", "--kind", "polymer", "-i", str(table), "-o", str(made)]) == 0
    bundle = load_bundle(made)
    assert (bundle.name, bundle.kind.name) == ("mine", "polymer")
    capsys.readouterr()
    for action in (["list", "--format", "csv"], ["show", "mine"], ["verify", "mine"]):
        assert main(["models", *action, "--folder", str(made.parent)]) == 0
    said = capsys.readouterr().out
    assert "mine,polymer," in said
    assert "# Model card: mine" in said
    assert "mine: consistent" in said
    assert main(["train", "--kind", "polymer", "-i", str(table), "-o", str(made)]) == 2
    assert main(["train", "--transference", "x.csv", "-o", str(tmp_path / "other")]) == 2
    assert "add --kind polymer" in capsys.readouterr().err
    options = ["--kind", "polymer", "--benchmarks", "papers", "-o", str(tmp_path / "other")]
    assert main(["train", *options]) == 2
    assert "sseml evaluate polymer --json" in capsys.readouterr().err


def _quick(function: Any) -> Any:
    """The same with few trees, as the command line has no settings."""

    def quick(data: Any, *given: Any, settings: Any = None, **named: Any) -> Any:
        few = CurveSettings(boosting_rounds=4, averaged_trees=3)
        return function(data, settings=few, **named)

    return quick


def test_a_table_of_another_kind_is_refused(
    small_table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "measurements.parquet"
    small_table.to_parquet(table, index=False)
    assert main(["train", "--kind", "polymer", "-i", str(table), "-o", str(tmp_path / "a")]) == 2
    assert "lacks the column" in capsys.readouterr().err


def test_the_manifest_says_how_it_is_made_again(trained_polymers: Any) -> None:
    manifest = json.loads((trained_polymers.folder / MANIFEST).read_text("utf-8"))
    assert manifest["settings"]["boosting_rounds"] == 4
