"""The CSV tables that stand beside the modules of this package."""

from __future__ import annotations

import csv
from importlib.resources import files


def table_rows(name: str) -> csv.DictReader[str]:
    """Rows of a table such as ``families.csv``: column → cell."""
    text = files("sseml.families").joinpath(name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
