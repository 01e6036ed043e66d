"""A tracked training leaves parameters, data, figures, plots and the very bundle in one run."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from sseml.cli import main
from sseml.evaluate import Report, evaluate
from sseml.families import families
from sseml.model.bundle import Bundle
from sseml.model.folder import CARD, MANIFEST, bundle_digest
from sseml.model.train import train
from sseml.records import BundleError, RefusedInputError
from sseml.tracking import runs, store
from sseml.tracking.registry import resolve
from sseml.tracking.runs import DIGEST_TAG, TrackedRun, bundle_inside, metrics, train_tracked
from sseml.tracking.store import StoreError, connected, shown, tracking_uri

PLOTS = {
    "parity.png", "calibration.png", "calibration_by_family.png", "error_by_family.png",
    "error_by_distance.png",
}  # fmt: skip


class Tracked(NamedTuple):
    """A tracked run, the figures it was given, and what MLflow tells of it."""

    made: TrackedRun
    report: Report
    run: Any
    artifacts: Path


@pytest.fixture(scope="module")
def report(small_table: pd.DataFrame, small_settings: Any) -> Report:
    return evaluate(["papers", "energies"], small_table, settings=small_settings)


@pytest.fixture(scope="module")
def tracked(
    report: Report,
    small_table: pd.DataFrame,
    small_settings: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tracked:
    folder = tmp_path_factory.mktemp("tracked")
    uri = f"sqlite:///{folder}/mlflow.db"
    made = train_tracked(
        small_table, folder / "small-1", settings=small_settings, report=report, uri=uri
    )
    with connected(uri) as client:
        run = client.get_run(made.run_id)
        artifacts = Path(client.download_artifacts(made.run_id, "", str(folder)))
    return Tracked(made, report, run, artifacts)


def test_parameters_say_what_was_chosen_and_with_which_versions(tracked: Tracked) -> None:
    told = tracked.run.data.params
    assert told["settings.boosting_rounds"] == "4"
    assert told["settings.process.kernel.noise_variance"] == "0.2"
    assert told["settings.share.at_near"] == "0.7"
    assert told["settings.resolution"] == "0.1"
    assert told["recipe.feature_sets"] == "chemistry, prototype, fractions, parents"
    assert told["seed"] == "0"
    assert {"version.sseml", "version.numpy", "version.mlflow", "version.python"} <= set(told)
    assert tracked.run.info.status == "FINISHED"


def test_every_figure_is_logged_by_split_and_by_family(tracked: Tracked) -> None:
    told, report = tracked.run.data.metrics, tracked.report
    assert told["papers/MAE10c"] == report.figures["papers"]["MAE10c"]
    assert told["energies/MAE eV"] == report.figures["energies"]["MAE eV"]
    by_family = report.by_family["papers"]
    assert by_family
    for family, figures in by_family.items():
        assert told[f"papers/by family/{family}/MAE10c"] == figures["MAE10c"]
    figures = json.loads((tracked.artifacts / "figures.json").read_text("utf-8"))
    assert figures == tracked.report.to_dict()


def test_the_names_of_all_figures_of_all_families_are_legal_and_distinct() -> None:
    from mlflow.utils.validation import _validate_metric_name  # noqa: PLC0415 - after our settings

    keys = [family.key for family in families().values()]
    report = {
        "benchmarks": {
            "papers": {"MAE10c rows with a DOI, grouped only": 1.0, "AUC": None},
            "families": {"MAE10c pooled": 2.0} | {f"{key} MAE10c": 3.0 for key in keys},
        },
        "by_family": {"papers": {key: {"MAE10c": 4.0} for key in keys}},
    }
    named = metrics(report)
    assert len(named) == 2 + 2 * len(keys)
    for name in named:
        _validate_metric_name(name)
    assert named["families/garnet/MAE10c"] == 3.0
    assert named["families/MAE10c pooled"] == 2.0
    assert named["papers/by family/Li-Zr-Nb oxide/MAE10c"] == 4.0


def test_the_table_is_an_input_with_the_digest_the_bundle_names(tracked: Tracked) -> None:
    [given] = tracked.run.inputs.dataset_inputs
    manifest = json.loads((tracked.made.folder / MANIFEST).read_text("utf-8"))
    digest = manifest["training_data_sha256"]
    assert digest.startswith(given.dataset.digest)
    assert len(given.dataset.digest) >= 32
    assert json.loads(given.dataset.source)["tags"]["sha256"] == digest
    assert json.loads(given.dataset.profile)["num_rows"] == 150
    assert [(tag.key, tag.value) for tag in given.tags] == [("mlflow.data.context", "training")]


def test_plots_and_card_are_kept(tracked: Tracked) -> None:
    drawn = {path.name for path in (tracked.artifacts / "plots" / "papers").iterdir()}
    assert drawn == PLOTS
    for name in PLOTS:
        picture = (tracked.artifacts / "plots" / "papers" / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 5_000
    assert (tracked.artifacts / CARD).read_bytes() == (tracked.made.folder / CARD).read_bytes()


def test_the_logged_model_holds_the_bundle_byte_for_byte_with_a_pinned_environment(
    tracked: Tracked, tmp_path: Path
) -> None:
    import mlflow  # noqa: PLC0415 - after our settings

    with connected(tracked.made.uri):
        address = f"models:/{tracked.made.model_id}"
        copy = Path(mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path)))
        model = mlflow.pyfunc.load_model(str(copy))
        records = model.predict(model.input_example)
    inside = bundle_inside(copy)
    original = {path.name: path.read_bytes() for path in tracked.made.folder.iterdir()}
    assert {path.name: path.read_bytes() for path in inside.iterdir()} == original
    assert bundle_digest(inside) == tracked.made.digest == tracked.run.data.tags[DIGEST_TAG]

    assert [record["status"] for record in records] == ["ok"] * 3
    assert model.metadata.signature.inputs.required_input_names() == ["formula"]
    lines = (copy / "requirements.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines)
    assert {"sseml[mlflow]", "numpy", "pyarrow", "mlflow"} <= set(pinned)
    python = ".".join(str(part) for part in sys.version_info[:3])
    assert f"python: {python}" in (copy / "python_env.yaml").read_text("utf-8")


def test_a_tracked_bundle_is_the_one_that_training_alone_makes(
    tracked: Tracked, small_table: pd.DataFrame, small_settings: Any, tmp_path: Path
) -> None:
    train(
        small_table,
        tmp_path / "small-1",
        settings=small_settings,
        metrics=tracked.report.to_dict(),
    )
    assert bundle_digest(tmp_path / "small-1") == tracked.made.digest


def test_a_training_that_fails_is_marked_failed_with_the_reason(
    small_table: pd.DataFrame, small_settings: Any, tracked: Tracked, tmp_path: Path
) -> None:
    insulators = small_table.assign(sigma_S_cm=1e-12, temperature_C=25.0)
    with pytest.raises(RefusedInputError, match="above 1e-7 S/cm at 25 °C"):
        train_tracked(
            insulators,
            tmp_path / "failing",
            settings=small_settings,
            benchmarks=None,
            experiment="failing",
            uri=tracked.made.uri,
        )
    with connected(tracked.made.uri) as client:
        where = client.get_experiment_by_name("failing").experiment_id
        [run] = client.search_runs([where])
    assert run.info.status == "FAILED"
    assert "above 1e-7 S/cm at 25 °C" in run.data.tags[runs.FAILURE_TAG]
    assert not (tmp_path / "failing").exists()


def test_a_store_that_does_not_answer_is_named_before_anything_is_trained(
    small_table: pd.DataFrame, tmp_path: Path
) -> None:
    for uri, complaint in (
        ("http://127.0.0.1:9", "no MLflow answers at http://127.0.0.1:9"),
        (f"sqlite:///{tmp_path}/nowhere/mlflow.db", "there is no folder"),
        ("./mlruns", "file store"),
    ):
        with pytest.raises(StoreError, match=complaint):
            train_tracked(small_table, tmp_path / "bundle", uri=uri)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        (
            "postgresql://lab:hunter2@db.example.org:5432/mlflow",
            "postgresql://lab:…@db.example.org:5432/mlflow",
        ),
        (
            "postgresql://lab:h@n/t?r2@db/mlflow?password=h",
            "postgresql://lab:…@db/mlflow?password=…",
        ),
        ("http://127.0.0.1:5000?token=abc&team=x", "http://127.0.0.1:5000?token=…&team=…"),
        ("http://robot:1234@[::1]:5000/", "http://robot:…@[::1]:5000/"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/of/sseml@champion", "http://127.0.0.1:5000/of/sseml@champion"),
        ("postgresql+psycopg2://lab@db/mlflow", "postgresql+psycopg2://lab@db/mlflow"),
    ],
)
def test_passwords_and_query_values_are_not_shown(uri: str, told: str) -> None:
    assert shown(uri) == told


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://robot:hunter2secret@127.0.0.1:9", "no MLflow answers at http://robot:…@127.0.0.1"),
        (
            "http://127.0.0.1:9?token=hunter2secret",
            "no MLflow answers at http://127.0.0.1:9?token=",
        ),
        ("http://robot:hunter2secret@127.0.0.1:x", "no MLflow answers at http://robot:…@127.0.0.1"),
        (
            "postgresql+psycopg2://lab:hunter2secret@127.0.0.1:x/db",
            "no MLflow answers at postgresq",
        ),
        ("postgresql://lab:hunter2secret@127.0.0.1:9/db", "pip install psycopg2-binary, and write"),
        ("elsewhere://lab:hunter2secret@127.0.0.1:9", "unsupported URI 'elsewhere://lab:…@127.0.0"),
    ],
)
def test_a_store_that_fails_never_tells_the_password(
    uri: str, told: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.URI_VARIABLE, uri)
    assert main(["models", "history"]) == 2
    said = capfd.readouterr()
    assert told in said.err
    assert "hunter2secret" not in said.out + said.err
    with pytest.raises(StoreError) as caught, connected():
        pass
    as_in_a_notebook = "".join(traceback.format_exception(caught.value))
    assert "hunter2secret" not in as_in_a_notebook


def test_what_mlflow_says_later_on_and_the_note_in_a_run_hold_no_password(
    tracked: Tracked,
    small_table: pd.DataFrame,
    tmp_path: Path,
) -> None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - after our settings

    uri = f"{tracked.made.uri}?timeout=20&cached_statements=1234"
    with (
        pytest.raises(StoreError, match=r"of http://robot:…@127\.0\.0\.1:9/x: no …"),
        connected(uri),
    ):
        raise MlflowException("of http://robot:hunter2secret@127.0.0.1:9/x: no 1234")

    def fail(_: str) -> None:
        raise RuntimeError("GET http://robot:hunter2secret@127.0.0.1:9/x?key=abc; 1234 statements")

    with pytest.raises(RuntimeError):
        train_tracked(small_table, tmp_path / "new", fail, benchmarks=None, experiment="x", uri=uri)
    with connected(uri) as client:
        [run] = client.search_runs([client.get_experiment_by_name("x").experiment_id])
    noted = run.data.tags[runs.FAILURE_TAG]
    assert noted == "GET http://robot:…@127.0.0.1:9/x?key=…; … statements"


def test_settings_of_the_surroundings_are_put_back(
    tracked: Tracked, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow  # noqa: PLC0415 - after our settings

    monkeypatch.setenv(store.URI_VARIABLE, "sqlite:///elsewhere.db")
    level = logging.getLogger("mlflow").level
    before = dict(os.environ)
    with connected(tracked.made.uri):
        assert mlflow.get_tracking_uri() == tracked.made.uri
        assert logging.getLogger("mlflow").level == logging.ERROR
    assert dict(os.environ) == before
    assert logging.getLogger("mlflow").level == level
    assert tracking_uri() == "sqlite:///elsewhere.db"
    monkeypatch.delenv(store.URI_VARIABLE)
    assert tracking_uri() == store.DEFAULT_URI


def test_nothing_of_mlflow_is_imported_where_nothing_is_tracked(tmp_path: Path) -> None:
    program = (
        "import sys; from sseml.cli import main; "
        f"code = main(['train', '-i', {str(tmp_path / 'none.parquet')!r}, '-o', 'bundle']); "
        "sys.exit(10 * ('mlflow' in sys.modules) + code)"
    )
    surroundings = {key: value for key, value in os.environ.items() if key != store.URI_VARIABLE}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=surroundings,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert "none.parquet" in ran.stderr


def test_a_model_that_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="holds no bundle"):
        bundle_inside(tmp_path)
    (tmp_path / "MLmodel").write_text(
        "flavors:\n  python_function:\n    data: ../../etc\n"
        "    loader_module: sseml.tracking.pyfunc\n",
        "utf-8",
    )
    with pytest.raises(BundleError, match="points out of the folder"):
        bundle_inside(tmp_path)
    with pytest.raises(RefusedInputError, match="no address"):
        resolve("runs:/0/model")


@pytest.mark.slow
def test_the_command_prints_the_run_and_nothing_else(
    small_table: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The default store is a SQLite file in the working folder, artifacts beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(store.URI_VARIABLE, raising=False)
    small_table.to_parquet("table.parquet", index=False)
    assert main(["train", "-i", "table.parquet", "-o", "mine", "--track", "--benchmarks"]) == 0
    said = capsys.readouterr()
    run_id = said.out.strip()
    assert len(run_id) == 32
    assert said.err == "the bundle is in mine; its run in experiment sseml is\n"
    with connected() as client:
        assert client.get_run(run_id).info.status == "FINISHED"
    assert Bundle.load(tmp_path / "mine").name == "mine"
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {"table.parquet", "mine", "mlflow.db", "mlartifacts"}
