"""Train with a record: parameters, data, figures, plots and the bundle in one run of MLflow."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from sseml.evaluate import Report, evaluate, measurements_at
from sseml.model.dataset import Recipe
from sseml.model.fitting import Progress, silent
from sseml.model.folder import bundle_digest
from sseml.model.regressors import CONDUCTIVITY, ENERGY, BlendSettings
from sseml.model.train import measurements_parquet, train
from sseml.tracking.logged import dataset, log_bundle, parameters
from sseml.tracking.store import (
    EXPERIMENT,
    connected,
    experiment_id,
    tracking_uri,
    without_secrets,
)

FAILURE_TAG = "sseml.failure"
_LONGEST_FAILURE = 1000


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A training and its record.

    Attributes
    ----------
    run_id
        MLflow's.
    model_id
        MLflow's id of the logged bundle.
    folder
        The bundle.
    digest
        Of the bundle.
    uri
        The tracking store.
    """

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
    settings: tuple[BlendSettings, BlendSettings] = (CONDUCTIVITY, ENERGY),
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
        MLflow's experiment, made if it is not there.
    uri
        See `sseml.tracking.store.tracking_uri`.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    StoreError
        If the store cannot be reached; nothing is trained then.

    Notes
    -----
    Whatever else goes wrong marks the run as failed, says why in the tag ``sseml.failure``, and is
    raised.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder")
    measurements = measurements_at(table)
    choices = {
        "recipe": asdict(recipe or Recipe()),
        "conductivity": asdict(settings[0]),
        "energy": asdict(settings[1]),
        "seed": settings[0].seed,
        "measurements": len(measurements),
    }
    with connected(uri) as client:
        where = experiment_id(client, experiment, uri)
        with mlflow.start_run(experiment_id=where, run_name=folder.name) as run:
            run_id = str(run.info.run_id)
            try:
                mlflow.log_params(parameters(choices))
                digest = hashlib.sha256(measurements_parquet(measurements)).hexdigest()
                data = dataset(measurements, digest, _origin(table))
                mlflow.log_input(data, context="training")
                if report is None and benchmarks is not None:
                    report = evaluate(
                        benchmarks, measurements, progress, recipe=recipe, settings=settings
                    )
                if isinstance(report, Report):
                    log_plots(report, progress)
                train(
                    measurements,
                    folder,
                    progress,
                    recipe=recipe,
                    settings=settings,
                    metrics=report.to_dict() if isinstance(report, Report) else report,
                )
                model_id = log_bundle(folder, data)
            except BaseException as error:
                _record_failure(client, run_id, error, tracking_uri(uri))
                raise
    return TrackedRun(run_id, model_id, folder, bundle_digest(folder), tracking_uri(uri))


def log_plots(report: Report, progress: Progress = silent) -> None:
    """Draw what the held-out answers of a report show, into the active run.

    Parity, calibration, error by family and error by distance of each benchmark, as PNG. Without
    matplotlib nothing is drawn, and `progress` is told so.
    """
    if not report.held_out:
        return
    if find_spec("matplotlib") is None:
        progress("no plots: they need sseml[report]")
        return
    from sseml.report import save_held_out  # noqa: PLC0415 - matplotlib is an extra of its own

    with tempfile.TemporaryDirectory() as scratch:
        for benchmark, held_out in report.held_out.items():
            folder = Path(scratch) / benchmark
            save_held_out(held_out, folder, f"{benchmark} held out")
            mlflow.log_artifacts(str(folder), f"plots/{benchmark}")


def _record_failure(client: MlflowClient, run_id: str, error: BaseException, uri: str) -> None:
    """Say why in the run; if the store itself is what failed, the error must still come through."""
    text = without_secrets(str(error) or type(error).__name__, uri)
    with suppress(MlflowException):
        client.set_tag(run_id, FAILURE_TAG, text[:_LONGEST_FAILURE])


def _origin(table: Path | pd.DataFrame | None) -> str:
    if table is None:
        return "the evidence of the released bundle"
    return "a table in memory" if isinstance(table, pd.DataFrame) else str(table)
