"""A bundle loaded through MLflow, with its answers to the smoke list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd

from sseml.model.mlmodel import FORMULA_COLUMN, OTHER_COLUMNS
from sseml.records import BundleError
from sseml.tracking.smoke import smoke

NumberedRow = tuple[str, tuple[int, Mapping[str, Any]]]
"""A formula, and its row number with its other cells."""

Score = Callable[[list[NumberedRow], Mapping[str, Any]], list[str]]
"""Rows and the model's params in, records as JSON texts out."""


def trusted_model(folder: Path) -> Score:
    """Load a bundle and ask it the smoke list.

    Raises
    ------
    BundleError
        If it does not answer as it should.
    """
    model = mlflow.pyfunc.load_model(str(folder))
    if complaints := smoke(model.predict).complaints:
        raise BundleError(f"{folder} fails its smoke list: {'; '.join(complaints)}")

    def score(rows: list[NumberedRow], params: Mapping[str, Any]) -> list[str]:
        table = pd.DataFrame(rows, columns=[FORMULA_COLUMN, OTHER_COLUMNS])
        records: list[str] = model.predict(table, {**params, "as_text": True})
        return records

    return score
