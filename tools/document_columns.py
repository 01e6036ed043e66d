"""Rewrite the table of output columns in `docs/predict.md` from `sseml.columns.COLUMNS`.

Run as `python tools/document_columns.py`; with `--check` nothing is written and the exit code is
1 where the page is out of date.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sseml.columns import COLUMNS, Column

PAGE = Path(__file__).parents[1] / "docs" / "predict.md"
START, END = "<!-- columns: written by tools/document_columns.py -->", "<!-- end of columns -->"


def row(column: Column) -> str:
    """One line of the table."""
    return f"| `{column.name}` | {column.unit} | {column.meaning} |"


def page_with_columns(page: str) -> str:
    """The page with its table brought up to date."""
    before, rest = page.split(START)
    after = rest.split(END)[1]
    table = "\n".join(["| column | unit | meaning |", "|---|---|---|", *map(row, COLUMNS)])
    return f"{before}{START}\n\n{table}\n\n{END}{after}"


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    renewed = page_with_columns(page)
    if not arguments.check:
        PAGE.write_text(renewed, encoding="utf-8")
    return int(arguments.check and page != renewed)


if __name__ == "__main__":
    sys.exit(main())
