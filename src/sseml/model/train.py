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
from sseml.model.dataset import CENSOR_LOG10_SIGMA, Recipe, conductivity_set, energy_set
from sseml.model.evidence import read_evidence
from sseml.model.fitting import Progress, fit_calibrated, fit_calibrated_outputs, silent
from sseml.model.folder import CARD
from sseml.model.regressors import CONDUCTIVITY, ENERGY, EnsembleSettings

ENERGY_RANGE_EV = (0.05, 1.5)


def train(
    table: Path | pd.DataFrame | None,
    folder: Path,
    progress: Progress = silent,
    *,
    kind: Kind = COMPOSITION,
    recipe: Recipe | None = None,
    settings: tuple[EnsembleSettings, EnsembleSettings] = (CONDUCTIVITY, ENERGY),
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
        For the conductivity and for the activation energy.
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

    progress("conductivity at 25 °C")
    sigma_data = conductivity_set(measurements, recipe, kind)
    sigma = fit_calibrated_outputs(sigma_data, settings[0], progress)
    progress("activation energy")
    energy_data = energy_set(measurements, recipe, kind)
    energy = fit_calibrated(energy_data, settings[1], progress)

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
        "settings": {"conductivity": asdict(settings[0]), "energy": asdict(settings[1])},
        "training_rows": {
            "conductivity": len(sigma_data),
            "if_conductor": int(sigma.outputs.conductors.sum()),
            "polymorph": len(sigma.polymorph.rows),
            "energy": len(energy_data),
        },
        "training_data_sha256": hashlib.sha256(parquet).hexdigest(),
        "censored_below_log10_sigma": CENSOR_LOG10_SIGMA,
        "activation_energy_range_eV": list(ENERGY_RANGE_EV),
        "temperature_range_C": _temperature_range_C(measurements),
        "code_version": __version__,
        "metrics": dict(metrics or {}),
    }
    bundle = Bundle(
        kind=kind,
        manifest=manifest,
        conductivity=sigma.outputs,
        energy=energy.ensemble,
        conductivity_rows=sigma_data.rows,
        energy_rows=energy_data.rows,
        interval=sigma.unconditional.interval,
        if_conductor_interval=sigma.if_conductor.interval,
        energy_interval=energy.calibration.interval,
        superionic=sigma.unconditional.superionic,
        conductor=sigma.conductor,
        polymorph=sigma.polymorph,
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
        kernel_share=manifest["settings"]["conductivity"]["kernel_share"],
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
