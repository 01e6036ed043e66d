"""Curated measurements become a bundle: fit, calibrate, describe, save."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sseml._version import __version__
from sseml.curation.table import measurements_at, write_parquet
from sseml.kinds import COMPOSITION, Kind
from sseml.model.bundle import Bundle
from sseml.model.card import card_text
from sseml.model.dataset import (
    CENSOR_LOG10_SIGMA,
    Recipe,
    conductivity_set,
    energy_set,
    space_groups,
)
from sseml.model.evidence import Evidence
from sseml.model.fitting import Progress, fit_calibrated, fit_calibrated_outputs, silent
from sseml.model.regressors import CONDUCTIVITY, ENERGY, BlendSettings
from sseml.model.split import paper_names

ENERGY_RANGE_EV = (0.05, 1.5)


def train(
    table: Path | pd.DataFrame | None,
    folder: Path,
    progress: Progress = silent,
    *,
    kind: Kind = COMPOSITION,
    recipe: Recipe | None = None,
    settings: tuple[BlendSettings, BlendSettings] = (CONDUCTIVITY, ENERGY),
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
        Told what is being done.
    kind
        Of the materials in the table.
    recipe
        Which rows and features; None for the released way.
    settings
        For the conductivity and for the activation energy.
    metrics
        What `sseml.evaluate.Report.to_dict` says of this recipe, for manifest and card.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder")
    recipe = (recipe or Recipe()).of(kind)
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
        "temperature_range_C": _temperature_range(measurements),
        "code_version": __version__,
        "metrics": dict(metrics or {}),
    }
    bundle = Bundle(
        kind=kind,
        manifest=manifest,
        conductivity=sigma.outputs,
        energy=energy.blend,
        conductivity_rows=sigma_data.rows,
        energy_rows=energy_data.rows,
        interval=sigma.plain.interval,
        if_conductor_interval=sigma.if_conductor.interval,
        energy_interval=energy.calibration.interval,
        superionic=sigma.plain.superionic,
        conductor=sigma.conductor,
        polymorph=sigma.polymorph,
        evidence=_evidence(measurements, kind),
    )
    bundle.save(folder, parquet, card_text(manifest, measurements))
    return bundle


def measurements_parquet(measurements: pd.DataFrame) -> bytes:
    """Measurements as the Parquet that goes into the bundle, and whose digest it names."""
    buffer = BytesIO()
    write_parquet(measurements, buffer)
    return buffer.getvalue()


def _temperature_range(measurements: pd.DataFrame) -> list[float]:
    """The central 98 % of the measured temperatures, in °C."""
    low, high = np.quantile(measurements["temperature_C"], [0.01, 0.99])
    return [float(np.floor(low)), float(np.ceil(high))]


def _evidence(measurements: pd.DataFrame, kind: Kind) -> Evidence:
    def texts(column: str) -> list[str | None]:
        return [None if pd.isna(value) else str(value) for value in measurements[column]]

    return Evidence(
        formulas=[str(formula) for formula in measurements["formula"]],
        distance=kind.distance,
        positions=kind.distance.positions(kind.read_all(measurements["formula"])),
        sigma_S_cm=measurements["sigma_S_cm"].to_numpy(dtype=float),
        temperature_C=measurements["temperature_C"].to_numpy(dtype=float),
        relations=[str(relation) for relation in measurements["relation"]],
        conductivity_kinds=texts("conductivity_kind"),
        dois=["|".join(dois) or None for dois in measurements["doi"]],
        sources=[str(source) for source in measurements["source"]],
        space_groups=space_groups(measurements),
        references=texts("reference"),
        papers=list(paper_names(measurements)),
    )
