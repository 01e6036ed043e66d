"""Curated measurements of polymers become a bundle: fit, calibrate, describe in a card, save."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sseml._version import __version__
from sseml.arrays import FloatArray, IntArray
from sseml.kinds import POLYMER, Kind
from sseml.model.evidence_file import read_evidence
from sseml.model.fitting import Progress, silent
from sseml.model.polymer.blocks import SETS
from sseml.model.polymer.bundle import PolymerBundle
from sseml.model.polymer.curves import TEMPERATURE_RANGE_C, curve_set
from sseml.model.polymer.film_rows import film_rows
from sseml.model.polymer.films import Films
from sseml.model.polymer.fit import CURVES, CurveSettings, fit_curves
from sseml.model.polymer.held_out import calibrate
from sseml.model.polymer.transference import ReportedFilm
from sseml.model.train import card_figures, measurements_parquet, source_table

_CARD = "card.md"


def train_polymers(
    table: pd.DataFrame,
    folder: Path,
    progress: Progress = silent,
    *,
    kind: Kind = POLYMER,
    settings: CurveSettings = CURVES,
    metrics: Mapping[str, Any] | None = None,
    reported: Sequence[ReportedFilm] = (),
) -> PolymerBundle:
    """Train a polymer bundle and save it.

    Parameters
    ----------
    table
        Curated measurements of polymers, as `sseml.curation.polymers.table.load_polymers` reads
        them.
    folder
        Where the bundle goes; must not exist. Its last part is the bundle's name.
    progress
        Is called with the name of each step.
    kind
        Of the materials in the table.
    settings
        What is fitted.
    metrics
        What `sseml evaluate polymer --json` says of this recipe, for manifest and card.
    reported
        Transference numbers and windows that papers measured, to be shown as evidence.

    Raises
    ------
    FileExistsError
        If the folder exists.
    RefusedInputError
        If a kind of film is known from too few papers.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; name another folder")
    parquet = measurements_parquet(table)
    progress("features of the recipes")
    data = curve_set(table, kind)
    intervals, _ = calibrate(data, distance=kind.distance, settings=settings, progress=progress)
    progress("fitting on every row")
    ensemble = fit_curves(data, settings)
    first = np.unique(data.formulation, return_index=True)[1]
    rows = film_rows(table, kind)
    films = Films(
        kind=kind,
        ensemble=ensemble,
        intervals=intervals,
        known=data.positions[first],
        gels=rows["gel"].gels(),
        reported=rows["residual solvent"].reported(),
        composites=None,
    )
    films = replace(films, composites=rows["composite"].composites(films))
    manifest = {
        "name": folder.name,
        "kind": kind.name,
        "target": "log10 of ionic conductivity in S/cm along temperature",
        "feature_sets": list(SETS),
        "features": [
            {"name": feature.name, "unit": feature.unit} for feature in kind.feature_list(SETS)
        ],
        "settings": asdict(settings),
        "training_rows": {"dry": len(data), **{film: len(own) for film, own in rows.items()}},
        "training_data_sha256": hashlib.sha256(parquet).hexdigest(),
        "temperature_range_C": list(TEMPERATURE_RANGE_C),
        "code_version": __version__,
        "metrics": dict(metrics or {}),
    }
    recipes, recipe_of_row = _recipes(table, kind)
    bundle = PolymerBundle(
        kind=kind,
        manifest=manifest,
        films=films,
        evidence=read_evidence(BytesIO(parquet), kind, recipes[recipe_of_row]),
        recipes=recipes,
        recipe_of_row=recipe_of_row,
        reported=tuple(reported),
    )
    bundle.save(folder, parquet, _card_text(manifest, table))
    return bundle


def _recipes(table: pd.DataFrame, kind: Kind) -> tuple[FloatArray, IntArray]:
    """Positions of the distinct recipes, and which of them each row is of."""
    number, distinct = pd.factorize(table["formula"])
    return kind.distance.positions(kind.read_all(distinct)), number.astype(np.int64)


def _card_text(manifest: Mapping[str, Any], table: pd.DataFrame) -> str:
    """The model card: what a bundle is, what it was made from, how good it is, where it fails."""
    template = files("sseml.model.polymer").joinpath(_CARD).read_text(encoding="utf-8")
    rows = manifest["training_rows"]
    return template.format(
        name=manifest["name"],
        code_version=manifest["code_version"],
        dry_rows=rows["dry"],
        gel_rows=rows["gel"],
        reported_rows=rows["residual solvent"],
        composite_rows=rows["composite"],
        digest=manifest["training_data_sha256"],
        n_features=len(manifest["features"]),
        sources=source_table(table),
        figures=card_figures(manifest["metrics"]),
    )
