"""Materials to featurize: by formula, and the committed sample of real ones."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from sseml.features.table import feature_table
from sseml.parse.formula import parse_formula

REAL_FORMULAS = Path(__file__).parents[2] / "data" / "real_formulas.csv.gz"


@pytest.fixture(scope="session")
def real_formulas() -> list[str]:
    with gzip.open(REAL_FORMULAS, "rt", encoding="utf-8", newline="") as stream:
        return [row["formula"] for row in csv.DictReader(stream)]


@pytest.fixture(scope="session")
def value() -> Callable[[str, str], float]:
    """The value of one named feature of one formula, from the default sets."""

    def look_up(formula: str, name: str) -> float:
        table = feature_table([parse_formula(formula)])
        return float(table.values[0, table.names.index(name)])

    return look_up
