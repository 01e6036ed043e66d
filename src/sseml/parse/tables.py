"""The CSV tables that stand beside the modules of this package."""

from __future__ import annotations

import csv
from importlib.resources import files


def table_rows(name: str) -> list[dict[str, str]]:
    """Rows of a table such as ``names.csv``: column → cell."""
    text = files("sseml.parse").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
