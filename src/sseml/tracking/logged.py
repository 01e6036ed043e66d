"""A bundle as MLflow keeps it: logged in a run with its facts, and found again in the store."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any

import mlflow
import mlflow.pyfunc
import pandas as pd
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from yaml import YAMLError  # type: ignore[import-untyped]

from sseml.model.bundle import EVIDENCE
from sseml.model.folder import CARD, CHECKSUMS, MANIFEST, bundle_digest
from sseml.model.mlmodel import INPUT_EXAMPLE, LOADER, MLMODEL, REQUIREMENTS
from sseml.records import BundleError

DIGEST_TAG = "sseml.bundle_digest"
DATA_TAG = "sseml.training_data_sha256"
NAME_TAG = "sseml.bundle"
CODE_TAG = "sseml.code_version"

_DIGEST_LENGTH = 36
"""MLflow keeps no longer digest of a data set; the whole SHA-256 is in its source."""

_VERSIONS = ("numpy", "pyarrow", "pandas", "scikit-learn", "xgboost", "xgboost-cpu", "mlflow")
_ILLEGAL = re.compile(r"[^\w\-./: ]", re.ASCII)


def parameters(choices: Mapping[str, Any]) -> dict[str, str]:
    """Nested choices as MLflow's flat parameters, and the versions they were made with.

    Parameters
    ----------
    choices
        Such as ``recipe`` and ``settings`` of a manifest.
    """
    return _flat(choices) | {"version.python": platform.python_version()} | _versions()


def metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Figures of `sseml.evaluate.Report.to_dict` under names that MLflow takes; no missing ones.

    ``papers/MAE10c``; ``families/garnet/MAE10c`` of the family left out as a whole;
    ``papers/by family/garnet/MAE10c`` of its rows when papers are held out.
    """
    found: dict[str, float | None] = {}
    for benchmark, figures in report.get("benchmarks", {}).items():
        for figure, value in figures.items():
            found[_metric_name(benchmark, figure)] = value
    for benchmark, families in report.get("by_family", {}).items():
        for family, figures in families.items():
            for figure, value in figures.items():
                found[_legal(f"{benchmark}/by family/{family}/{figure}")] = value
    return {
        name: float(value) for name, value in found.items() if value is not None and isfinite(value)
    }


def dataset(table: pd.DataFrame, sha256: str, origin: str) -> PandasDataset:
    """Curated measurements as an input of a run.

    Parameters
    ----------
    table
        The measurements.
    sha256
        Of the table as Parquet, as a bundle's manifest names it.
    origin
        Where it came from, for people.
    """
    return PandasDataset(
        table,
        source=CodeDatasetSource({"sha256": sha256, "origin": origin}),
        name="curated measurements",
        digest=sha256[:_DIGEST_LENGTH],
    )


def log_bundle(folder: Path, table_as_dataset: PandasDataset | None = None) -> str:
    """Log a bundle as a model of the active run, with its card, figures and digest.

    The logged copy holds the bundle's files byte for byte, below MLflow's own.

    Parameters
    ----------
    folder
        The bundle.
    table_as_dataset
        What it was trained on, if the figures are to be tied to it.

    Returns
    -------
    str
        MLflow's id of the logged model.

    Raises
    ------
    BundleError
        If a file is damaged or missing, or its MLmodel would run code that is not sseml's.
    """
    digest = bundle_digest(folder)
    if not (folder / MLMODEL).is_file():
        raise BundleError(f"{folder}: an earlier sseml made it, without {MLMODEL}; train it again")
    _require_plain(folder)
    manifest = read_manifest(folder)
    tags = {
        DIGEST_TAG: digest,
        DATA_TAG: str(manifest.get("training_data_sha256", "")),
        NAME_TAG: folder.name,
        CODE_TAG: str(manifest.get("code_version", "")),
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


def bundle_inside(model_folder: Path) -> Path:
    """The bundle's folder inside what MLflow stored; the folder itself if it is a bundle.

    Raises
    ------
    BundleError
        If there is none, or loading it through MLflow would run code that is not sseml's.
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


def _require_plain(bundle: Path) -> None:
    """Refuse a bundle that MLflow, given its folder, would load otherwise than sseml does."""
    if not (bundle / MLMODEL).exists():  # then MLflow does not load it at all
        return
    elsewhere = _flavor(bundle).get("data")
    if elsewhere is not None:
        raise BundleError(f"{bundle}: {MLMODEL} would load {elsewhere!r} in place of the bundle")


def _flavor(folder: Path) -> dict[str, Any]:
    """What a folder's MLmodel says of loading it; it must be by sseml's code and no other."""
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


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `bundle.json` says; its checksum is not verified here."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def evidence(folder: Path) -> pd.DataFrame:
    """The measurements that a bundle carries."""
    return pd.read_parquet(folder / EVIDENCE)


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


def _versions() -> dict[str, str]:
    found = {}
    for name in ("sseml", *_VERSIONS):
        try:
            found[f"version.{name}"] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _metric_name(benchmark: str, figure: str) -> str:
    family, separator, rest = figure.rpartition(" ")
    if benchmark == "families" and separator and family != "MAE10c":
        return _legal(f"{benchmark}/{family}/{rest}")
    return _legal(f"{benchmark}/{figure}")


def _legal(name: str) -> str:
    return _ILLEGAL.sub("", name)
