"""The CSV tables that stand beside the modules of this package."""

from __future__ import annotations

import csv

from sseml.files import packaged


def table_rows(name: str) -> csv.DictReader[str]:
    """Rows of a table such as ``families.csv``: column → cell."""
    text = packaged(f"families/{name}").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
