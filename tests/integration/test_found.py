"""Papers found for rows of other tables: each sound, true to its row, counted in the card."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

from sseml.curation.found import TABLE_FILE, read_findings
from sseml.curation.numbers import read_conductivity
from sseml.curation.sources import SOURCES
from sseml.curation.table import load_measurements
from sseml.released import released_evidence

FOLDER = Path(__file__).parents[2] / "data" / "literature"
CARD = (FOLDER / "papers_of_rows.md").read_text(encoding="utf-8")
FEWEST_ROWS_OF_A_SERIES = 3


def rows() -> list[dict[str, str]]:
    with (FOLDER / TABLE_FILE).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_row_is_sound_and_says_where_it_was_found() -> None:
    assert len(read_findings(FOLDER)) == len(rows())
    for row in rows():
        assert SOURCES[row["source"]].read is not None, row
        assert row["source"] != "literature", "our own table is mended itself"
        assert row["evidence"], row
        assert re.fullmatch(r"https?://\S+", row["url"]), row
        assert row["licence"] == "facts", row


def test_a_finding_is_of_the_row_that_the_released_table_holds() -> None:
    table = load_measurements(released_evidence())
    held = {(row["source"], row["source_id"]): row for row in table.to_dict("records")}
    met = 0
    for finding in read_findings(FOLDER):
        row = held.get((finding.source, finding.source_id))
        if row is None:
            continue
        met += 1
        quantity = read_conductivity(finding.conductivity)
        assert quantity is not None, finding
        assert row["formula_reported"] == finding.formula, finding
        assert abs(row["sigma_S_cm"] / quantity.value - 1.0) < 1e-9, finding
    assert met >= 0.9 * len(rows())


def test_a_reference_of_the_compilation_is_one_paper() -> None:
    """One reference number, one DOI; a paper that only a series speaks for has rows enough."""
    dois: dict[str, set[str]] = defaultdict(set)
    strengths: dict[str, set[str]] = defaultdict(set)
    count: Counter[str] = Counter()
    for row in rows():
        number = re.match(r"reference (\d+) of the SI", row["evidence"])
        if number and row["field"] == "doi":
            dois[number[1]].add(row["value"])
            strengths[number[1]].add(row["strength"])
            count[number[1]] += 1
    assert {number: found for number, found in dois.items() if len(found) > 1} == {}
    for number, found in strengths.items():
        if found == {"series"}:
            assert count[number] >= FEWEST_ROWS_OF_A_SERIES, number


def test_the_card_counts_what_the_table_holds() -> None:
    count = Counter((row["field"], row["strength"]) for row in rows())
    for (field, strength), number in count.items():
        assert f"| {field} | `{strength}` | {number} |" in CARD, (field, strength, number)
    papers = len({row["value"].lower() for row in rows() if row["field"] == "doi"})
    assert f"{len(rows())} findings, {papers} papers" in CARD
