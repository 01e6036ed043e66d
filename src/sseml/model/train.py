"""Curated measurements become a bundle: fit, calibrate, describe in a card, save."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sseml._version import __version__
from sseml.curation.table import measurements_at, write_parquet
from sseml.kinds import COMPOSITION, Kind
from sseml.model.bundle import Bundle
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import Recipe, training_set
from sseml.model.evidence_file import read_evidence
from sseml.model.fitting import Progress, fit_calibrated, silent
from sseml.model.folder import CARD
from sseml.model.learned import Learned
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings


def train(
    table: Path | pd.DataFrame | None,
    folder: Path,
    progress: Progress = silent,
    *,
    kind: Kind = COMPOSITION,
    recipe: Recipe | None = None,
    settings: EnsembleSettings = DEFAULT_SETTINGS,
    metrics: Mapping[str, Any] | None = None,
) -> Bundle:
    """Train a bundle and save it.

    Parameters
    ----------
    table
        Curated measurements, as a table or its path; None for the released bundle's evidence.
    folder
        Where the bundle goes; must not exist. Its last part is the bundle's name.
    progress
        Is called with the name of each step.
    kind
        Of the materials in the table.
    recipe
        Which rows and features; None for those of the released bundle.
    settings
        What is chosen before fitting.
    metrics
        What `sseml.evaluate.Report.to_dict` says of this recipe, for manifest and card.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder")
    recipe = recipe or Recipe()
    recipe = replace(recipe, feature_sets=recipe.sets(kind))
    sets = recipe.sets(kind)
    measurements = measurements_at(table)
    parquet = measurements_parquet(measurements)

    data = training_set(measurements, recipe, kind)
    model = fit_calibrated(data, settings, progress)

    manifest = {
        "name": folder.name,
        "kind": kind.name,
        "target": "log10 of ionic conductivity in S/cm at 25 °C, of any material and on the "
        "condition that it is above 1e-7 S/cm; activation energy in eV",
        "feature_sets": list(sets),
        "features": [
            {"name": feature.name, "unit": feature.unit} for feature in kind.feature_list(sets)
        ],
        "recipe": asdict(recipe),
        "settings": asdict(settings),
        "training_rows": {
            "conductivity": len(data),
            "at_25": int(data.at_25.sum()),
            "if_conductor": int(data.conducts.sum()),
            "polymorph": int((data.systems != UNKNOWN).sum()),
            "energy": int((~np.isnan(data.activation_energy_eV)).sum()),
        },
        "training_data_sha256": hashlib.sha256(parquet).hexdigest(),
        "temperature_range_C": _temperature_range_C(measurements),
        "code_version": __version__,
        "metrics": dict(metrics or {}),
    }
    bundle = Bundle(
        kind=kind,
        manifest=manifest,
        ensemble=model.ensemble,
        training_rows=data.rows,
        observations=model.fitted.observations,
        learned=Learned(data.activation_energy_eV, data.target, data.weights * data.trust),
        interval=model.calibration.plain,
        if_conductor_interval=model.calibration.if_conductor,
        threshold=model.calibration.threshold,
        energy_gain=model.calibration.energy_gain,
        evidence=read_evidence(BytesIO(parquet), kind),
    )
    bundle.save(folder, parquet, _card_text(manifest, measurements))
    return bundle


def measurements_parquet(measurements: pd.DataFrame) -> bytes:
    """Measurements as the Parquet that goes into the bundle, and whose digest it names."""
    buffer = BytesIO()
    write_parquet(measurements, buffer)
    return buffer.getvalue()


def _temperature_range_C(measurements: pd.DataFrame) -> list[float]:  # noqa: N802 - its unit
    """The central 98 % of the measured temperatures."""
    low, high = np.quantile(measurements["temperature_C"], [0.01, 0.99])
    return [float(np.floor(low)), float(np.ceil(high))]


def _card_text(manifest: Mapping[str, Any], measurements: pd.DataFrame) -> str:
    """The model card: what a bundle is, what it was made from, how good it is, where it fails."""
    template = files("sseml.model").joinpath(CARD).read_text(encoding="utf-8")
    rows = manifest["training_rows"]
    return template.format(
        name=manifest["name"],
        kind=manifest["kind"],
        code_version=manifest["code_version"],
        conductivity_rows=rows["conductivity"],
        conductor_rows=rows["if_conductor"],
        polymorph_rows=rows["polymorph"],
        energy_rows=rows["energy"],
        digest=manifest["training_data_sha256"],
        feature_sets=", ".join(manifest["feature_sets"]),
        n_features=len(manifest["features"]),
        **manifest["settings"]["share"],
        rows_at_25=rows["at_25"],
        sources=source_table(measurements),
        figures=card_figures(manifest["metrics"]),
    )


def source_table(measurements: pd.DataFrame) -> str:
    """Sources, licences and numbers of rows as a Markdown table."""
    counted = measurements.value_counts(["source", "licence"], sort=False).reset_index()
    rows = [f"| {row.source} | {row.licence} | {row.count} |" for row in counted.itertuples()]
    return "\n".join(["| source | licence | rows |", "|---|---|---|", *rows])


def card_figures(metrics: Mapping[str, Any]) -> str:
    """Measured figures as a Markdown table."""
    benchmarks = metrics.get("benchmarks", {})
    if not benchmarks:
        return "None were measured for this bundle: run `sseml evaluate`."
    lines = ["| benchmark | figure | value |", "|---|---|---|"]
    for benchmark, figures in benchmarks.items():
        for name, value in figures.items():
            shown = "–" if value is None else f"{value:.3f}"
            lines.append(f"| {benchmark} | {name} | {shown} |")
    return "\n".join(lines)
