"""Runs of MLflow: a training with its record, and a bundle logged as a model and found again."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
import pandas as pd
from mlflow import MlflowClient
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from yaml import YAMLError  # type: ignore[import-untyped]

from sseml.evaluate import Report, evaluate, measurements_at
from sseml.kinds import COMPOSITION
from sseml.model.bundle import EVIDENCE
from sseml.model.dataset import Recipe
from sseml.model.fitting import Progress, silent
from sseml.model.folder import CARD, CHECKSUMS, MANIFEST, bundle_digest, verify_checksums
from sseml.model.mlmodel import INPUT_EXAMPLE, LOADER, MLMODEL, REQUIREMENTS
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings
from sseml.model.train import measurements_parquet, train
from sseml.records import BundleError, RefusedInputError
from sseml.tracking.store import EXPERIMENT, connected, experiment_id, tracking_uri, without_secrets

DIGEST_TAG = "sseml.bundle_digest"
DATA_TAG = "sseml.training_data_sha256"
NAME_TAG = "sseml.bundle"
CODE_TAG = "sseml.code_version"
KIND_TAG = "sseml.kind"
BUNDLE_TAGS = (DIGEST_TAG, DATA_TAG, NAME_TAG, CODE_TAG, KIND_TAG)
FAILURE_TAG = "sseml.failure"

_LONGEST_FAILURE = 1000
_DIGEST_LENGTH = 36
"""MLflow stores no longer digest of a data set; the whole SHA-256 is in its source."""

_LIBRARIES = ("numpy", "pyarrow", "pandas", "scikit-learn", "xgboost", "xgboost-cpu", "mlflow")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_ILLEGAL = re.compile(r"[^\w\-./: ]", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A tracked training: MLflow's ids of the run and the model, the bundle and the store."""

    run_id: str
    model_id: str
    folder: Path
    digest: str
    uri: str


def train_tracked(
    table: Path | pd.DataFrame | None,
    folder: Path,
    progress: Progress = silent,
    *,
    recipe: Recipe | None = None,
    settings: EnsembleSettings = DEFAULT_SETTINGS,
    report: Report | Mapping[str, Any] | None = None,
    benchmarks: Sequence[str] | None = (),
    experiment: str = EXPERIMENT,
    uri: str | None = None,
) -> TrackedRun:
    """Measure, train and save a bundle as `train` does, and log all of it to MLflow.

    Parameters
    ----------
    table, folder, progress, recipe, settings
        See `sseml.model.train.train`.
    report
        What `sseml.evaluate.evaluate` measured of this table, or its `to_dict`; measured now if
        None. Plots need a report that still holds the held-out answers.
    benchmarks
        Which to measure where no report is given; empty for all, None for none.
    experiment
        MLflow's experiment, made if it does not exist.
    uri
        See `sseml.tracking.store.tracking_uri`.

    Raises
    ------
    FileExistsError
        If the folder exists already.
    StoreError
        If the store cannot be reached; nothing is trained then.

    Notes
    -----
    Any other error marks the run as failed, is noted in the tag ``sseml.failure``, and is raised.
    """
    measurements = measurements_at(table)
    recipe = recipe or Recipe()
    choices = {
        "recipe": asdict(recipe) | {"feature_sets": recipe.sets(COMPOSITION)},
        "settings": asdict(settings),
        "seed": settings.seed,
    }

    def make() -> None:
        found = report
        if found is None and benchmarks is not None:
            found = evaluate(benchmarks, measurements, progress, recipe=recipe, settings=settings)
        if isinstance(found, Report):
            _log_plots(found, progress)
            found = found.to_dict()
        train(measurements, folder, progress, recipe=recipe, settings=settings, metrics=found)

    data = Learned(measurements, _origin(table))
    return tracked(make, folder, data, choices, experiment=experiment, uri=uri)


@dataclass(frozen=True, slots=True)
class Learned:
    """Curated measurements of a run, and where they are from, for people."""

    table: pd.DataFrame
    origin: str


def tracked(
    make: Callable[[], None],
    folder: Path,
    data: Learned,
    choices: Mapping[str, Any],
    *,
    experiment: str = EXPERIMENT,
    uri: str | None = None,
) -> TrackedRun:
    """Log a training to MLflow: its choices, its measurements, and the bundle that `make` saves.

    For what is raised, see `train_tracked`.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder")
    chosen = {**choices, "measurements": len(data.table)}
    with connected(uri) as client:
        where = experiment_id(client, experiment, uri)
        with mlflow.start_run(experiment_id=where, run_name=folder.name) as run:
            run_id = str(run.info.run_id)
            try:
                mlflow.log_params(_parameters(chosen))
                digest = hashlib.sha256(measurements_parquet(data.table)).hexdigest()
                given = _dataset(data.table, digest, data.origin)
                mlflow.log_input(given, context="training")
                make()
                model_id = _log_bundle(folder, given)
            except BaseException as error:
                _record_failure(client, run_id, error, tracking_uri(uri))
                raise
    return TrackedRun(run_id, model_id, folder, bundle_digest(folder), tracking_uri(uri))


def _log_plots(report: Report, progress: Progress) -> None:
    """Draw the held-out answers of each benchmark as PNG into the active run, with matplotlib."""
    if not report.out_of_fold:
        return
    if find_spec("matplotlib") is None:
        progress("no plots: they need sseml[report]")
        return
    from sseml.report import save_out_of_fold  # noqa: PLC0415 - matplotlib is an extra of its own

    with tempfile.TemporaryDirectory() as scratch:
        for benchmark, held_out in report.out_of_fold.items():
            folder = Path(scratch) / benchmark
            save_out_of_fold(held_out, folder, f"{benchmark} held out")
            mlflow.log_artifacts(str(folder), f"plots/{benchmark}")


def _record_failure(client: MlflowClient, run_id: str, error: BaseException, uri: str) -> None:
    """Note an error in the run; if the store itself failed, the error must still come through."""
    text = without_secrets(str(error) or type(error).__name__, uri)
    with suppress(MlflowException):
        client.set_tag(run_id, FAILURE_TAG, text[:_LONGEST_FAILURE])


def _origin(table: Path | pd.DataFrame | None) -> str:
    if table is None:
        return "the evidence of the released bundle"
    return "a table in memory" if isinstance(table, pd.DataFrame) else str(table)


def _parameters(choices: Mapping[str, Any]) -> dict[str, str]:
    """Nested settings as MLflow's flat parameters, and the versions of the libraries."""
    found = _flat(choices) | {"version.python": platform.python_version()}
    for name in ("sseml", *_LIBRARIES):
        with suppress(PackageNotFoundError):
            found[f"version.{name}"] = version(name)
    return found


def _flat(choices: Mapping[str, Any], above: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in choices.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{above}{name}.")
        elif isinstance(value, list | tuple):
            flat[f"{above}{name}"] = ", ".join(str(item) for item in value)
        else:
            flat[f"{above}{name}"] = str(value)
    return flat


def metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Figures of `sseml.evaluate.Report.to_dict` under names that MLflow takes; no missing ones.

    ``papers/MAE10c``; ``families/garnet/MAE10c`` of the family left out as a whole;
    ``papers/by family/garnet/MAE10c`` of its rows when papers are held out.
    """
    found: dict[str, float | None] = {}
    for benchmark, figures in report.get("benchmarks", {}).items():
        for figure, value in figures.items():
            family, separator, rest = figure.rpartition(" ")
            of_family = benchmark == "families" and separator and family != "MAE10c"
            found[f"{benchmark}/{family}/{rest}" if of_family else f"{benchmark}/{figure}"] = value
    for benchmark, families in report.get("by_family", {}).items():
        for family, figures in families.items():
            for figure, value in figures.items():
                found[f"{benchmark}/by family/{family}/{figure}"] = value
    return {
        _ILLEGAL.sub("", name): float(value)
        for name, value in found.items()
        if value is not None and isfinite(value)
    }


def _dataset(table: pd.DataFrame, sha256: str, origin: str) -> PandasDataset:
    """Curated measurements as an input of a run.

    `sha256` is that of the table as Parquet, as in a bundle's manifest; `origin` is for people.
    """
    return PandasDataset(
        table,
        source=CodeDatasetSource({"sha256": sha256, "origin": origin}),
        name="curated measurements",
        digest=sha256[:_DIGEST_LENGTH],
    )


def _log_bundle(folder: Path, table_as_dataset: PandasDataset) -> str:
    """Log a bundle as a model of the active run, byte for byte; returns MLflow's id of the model.

    Its card, its digest and its figures, tied to the table of its training, are logged too. Raises
    `BundleError` if a file is damaged or missing, or if its MLmodel would run foreign code.
    """
    digest = bundle_digest(folder)
    if not (folder / MLMODEL).is_file():
        raise BundleError(f"{folder}: an earlier sseml made it, without {MLMODEL}; train it again")
    _require_plain(folder)
    manifest = _read_manifest(folder)
    tags = {
        DIGEST_TAG: digest,
        DATA_TAG: str(manifest.get("training_data_sha256", "")),
        NAME_TAG: folder.name,
        CODE_TAG: str(manifest.get("code_version", "")),
        KIND_TAG: str(manifest.get("kind", "")),
    }
    mlflow.set_tags(tags)
    for name in (CARD, CHECKSUMS):
        mlflow.log_artifact(str(folder / name))
    pinned = (folder / REQUIREMENTS).read_text(encoding="utf-8").split()
    info = mlflow.pyfunc.log_model(
        name=re.sub(r"[^\w\-. ]", "-", folder.name),
        loader_module=LOADER,
        data_path=str(folder),
        signature=Model.load(str(folder)).signature,
        input_example=pd.read_json(folder / INPUT_EXAMPLE, orient="split"),
        pip_requirements=[*pinned, f"mlflow=={mlflow.__version__}"],
        tags=tags,
    )
    model_id = str(info.model_id)
    figures = metrics(manifest.get("metrics") or {})
    if figures:
        mlflow.log_metrics(figures, model_id=model_id, dataset=table_as_dataset)
        mlflow.log_dict(manifest["metrics"], "figures.json")
    return model_id


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The content of `bundle.json`; its checksum is not verified here."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def log_untracked(folder: Path, experiment: str) -> tuple[str, str]:
    """Log a bundle that was trained without tracking; returns its model id and run id."""
    verify_checksums(folder)
    manifest = _read_manifest(folder)
    choices = {"recipe": manifest.get("recipe", {}), **manifest.get("settings", {})}
    with mlflow.start_run(experiment_id=experiment, run_name=folder.name) as run:
        mlflow.log_params(_parameters(choices))
        table = pd.read_parquet(folder / EVIDENCE)
        data = _dataset(table, str(manifest["training_data_sha256"]), str(folder))
        mlflow.log_input(data, context="training")
        return _log_bundle(folder, data), str(run.info.run_id)


def logged_by_run(client: MlflowClient, source: str) -> tuple[str, str]:
    """Model id and run id of the last model that a run logged."""
    if not _RUN_ID.fullmatch(source):
        raise RefusedInputError(
            f"{source!r} is neither a folder nor the id of a run",
            "`sseml train --track` prints the id of its run",
        )
    try:
        run = client.get_run(source)
    except MlflowException as error:
        raise RefusedInputError(f"there is no run {source}") from error
    logged = run.outputs.model_outputs if run.outputs is not None else []
    if not logged:
        raise RefusedInputError(
            f"run {source} ({run.info.status.lower()}) logged no model",
            "register the bundle's folder instead",
        )
    return str(logged[-1].model_id), source


def bundle_inside(model_folder: Path) -> Path:
    """The bundle's folder inside what MLflow stored; the folder itself if it is a bundle.

    Raises `BundleError` if there is none, or if loading it through MLflow would run foreign code.
    """
    if (model_folder / CHECKSUMS).is_file():
        _require_plain(model_folder)
        return model_folder
    within = _flavor(model_folder).get("data")
    if within is None:
        raise BundleError(f"{model_folder} holds no bundle of sseml: {CHECKSUMS} is missing")
    inside = model_folder / str(within)
    if not inside.resolve().is_relative_to(model_folder.resolve()):
        raise BundleError(f"{model_folder}: {MLMODEL} points out of the folder, to {inside}")
    _require_plain(inside)
    return inside


def kind_inside(model_folder: Path) -> str:
    """The kind of material that a bundle answers about, from what MLflow stored."""
    return str(_read_manifest(bundle_inside(model_folder))["kind"])


def _require_plain(bundle: Path) -> None:
    """Refuse a bundle that MLflow, given its folder, would load otherwise than sseml does."""
    if not (bundle / MLMODEL).exists():  # then MLflow does not load it at all
        return
    elsewhere = _flavor(bundle).get("data")
    if elsewhere is not None:
        raise BundleError(f"{bundle}: {MLMODEL} would load {elsewhere!r} in place of the bundle")


def _flavor(folder: Path) -> dict[str, Any]:
    """How a folder's MLmodel is loaded; it must be by sseml's code and no other."""
    try:
        flavor = dict(Model.load(str(folder)).flavors["python_function"])
    except (MlflowException, OSError, KeyError, TypeError, ValueError, YAMLError) as error:
        raise BundleError(
            f"{folder} holds no bundle of sseml: its {MLMODEL} says nothing of loading ({error!r})"
        ) from error
    if flavor.get("loader_module") != LOADER or flavor.get("code"):
        raise BundleError(
            f"{folder}: {MLMODEL} would run other code than sseml's: "
            f"loader {flavor.get('loader_module')!r}, code {flavor.get('code')!r}"
        )
    return flavor
