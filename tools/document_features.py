"""Rewrite the list of features in `docs/features.md` from the features themselves.

Run as `python tools/document_features.py`; with `--check` nothing is written and the exit code is
1 where the page is out of date.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sseml.features.contract import Feature
from sseml.features.table import COMPOSITION_SETS

PAGE = Path(__file__).parents[1] / "docs" / "features.md"
MARKS = "<!-- features: written by tools/document_features.py -->", "<!-- end of features -->"
LISTED = ("chemistry", "prototype", "parents")
DEFINITION = "definition"


def row(feature: Feature, keys: dict[str, int]) -> str:
    """One line of the table; what is defined by its meaning has no key of a source."""
    key = f" [{keys[feature.source]}]" if feature.source in keys else ""
    return f"`{feature.name}` | {feature.unit} | {feature.description}{key}"


def section(name: str, keys: dict[str, int]) -> str:
    """The table of one set."""
    features = COMPOSITION_SETS[name].features
    head = f"### {name} ({len(features)})\n\nname | unit | meaning\n---|---|---"
    return "\n".join([head, *(row(feature, keys) for feature in features)])


def source_keys() -> dict[str, int]:
    """Number the sources of the listed features in the order in which they come."""
    sources = (feature.source for name in LISTED for feature in COMPOSITION_SETS[name].features)
    cited = dict.fromkeys(source for source in sources if source != DEFINITION)
    return {source: number for number, source in enumerate(cited, start=1)}


def listed() -> str:
    """The tables of all listed sets, and what their sources are."""
    keys = source_keys()
    tables = "\n\n".join(section(name, keys) for name in LISTED)
    sources = "; ".join(f"[{number}] {source}" for source, number in keys.items())
    return f"{tables}\n\n### Sources\n\n{sources}"


def rewrite(path: Path, marks: tuple[str, str], content: str, description: str) -> int:
    """Write a page with `content` between its marks, or check that it stands there."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    start, end = marks
    page = path.read_text(encoding="utf-8")
    before, rest = page.split(start)
    after = rest.split(end)[1]
    renewed = f"{before}{start}\n\n{content}\n\n{end}{after}"
    if not arguments.check:
        path.write_text(renewed, encoding="utf-8")
    return int(arguments.check and page != renewed)


if __name__ == "__main__":
    sys.exit(rewrite(PAGE, MARKS, listed(), __doc__))
