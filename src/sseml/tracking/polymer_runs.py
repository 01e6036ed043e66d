"""A tracked training of a bundle of polymers: its measurements, choices, figures and bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from sseml.curation.polymers.table import polymers_at
from sseml.model.fitting import Progress, silent
from sseml.model.polymer.fit import CURVES, CurveSettings
from sseml.model.polymer.train import train_polymers
from sseml.model.polymer.transference import ReportedFilm
from sseml.tracking.runs import Learned, TrackedRun, tracked
from sseml.tracking.store import EXPERIMENT


def train_polymers_tracked(
    table: Path | pd.DataFrame | None,
    folder: Path,
    progress: Progress = silent,
    *,
    settings: CurveSettings = CURVES,
    report: Mapping[str, Any] | None = None,
    reported: Sequence[ReportedFilm] = (),
    experiment: str = EXPERIMENT,
    uri: str | None = None,
) -> TrackedRun:
    """Train and save a bundle as `train_polymers` does, and log all of it to MLflow.

    Parameters
    ----------
    table
        Curated measurements of polymers, or their path; None for the released bundle's evidence.
    folder, progress, settings, reported
        See `sseml.model.polymer.train.train_polymers`.
    report
        What ``sseml evaluate polymer --json`` says of this table.
    experiment, uri
        See `sseml.tracking.runs.train_tracked`, also for what is raised.
    """
    measurements = polymers_at(table)
    origin = "the evidence of the released bundle" if table is None else str(table)
    if isinstance(table, pd.DataFrame):
        origin = "a table in memory"

    def make() -> None:
        train_polymers(
            measurements, folder, progress, settings=settings, metrics=report, reported=reported
        )

    data = Learned(measurements, origin)
    return tracked(make, folder, data, asdict(settings), experiment=experiment, uri=uri)
