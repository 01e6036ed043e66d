"""The CSV tables that stand beside the modules of this package."""

from __future__ import annotations

import csv

from sseml.files import packaged


def table_rows(name: str) -> list[dict[str, str]]:
    """Rows of a table such as ``names.csv``: column → cell."""
    text = packaged(f"parse/{name}").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
