"""Rewrite the table of output columns in `docs/predict.md` from `sseml.columns.COLUMNS`.

Run as `python tools/document_columns.py`; with `--check` nothing is written and the exit code is
1 where the page is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from document_features import rewrite

from sseml.columns import COLUMNS, Column

PAGE = Path(__file__).parents[1] / "docs" / "predict.md"
MARKS = "<!-- columns: written by tools/document_columns.py -->", "<!-- end of columns -->"


def row(column: Column) -> str:
    """One line of the table."""
    return f"| `{column.name}` | {column.unit} | {column.meaning} |"


def listed() -> str:
    """The table of all columns."""
    return "\n".join(["| column | unit | meaning |", "|---|---|---|", *map(row, COLUMNS)])


if __name__ == "__main__":
    sys.exit(rewrite(PAGE, MARKS, listed(), __doc__))
