"""Our table of measurements read in papers: each row sound, sourced, and true to its card."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.interpret import interpret
from sseml.curation.papers import merge_papers
from sseml.curation.readers import read_literature
from sseml.curation.rows import Draft, RawMeasurement, total_variation
from sseml.curation.table import load_measurements
from sseml.parse.charge import charge_imbalance
from sseml.parse.material import parse_material
from sseml.records import FORMS, Composition
from sseml.released import released_evidence

FOLDER = Path(__file__).parents[2] / "data" / "literature"
CARD = (FOLDER / "measurements.md").read_text(encoding="utf-8")
COLUMNS = [
    "literature_id", "paper", "formula", "formula_as_written", "sigma_S_cm", "relation",
    "temperature_C", "temperature_note", "conductivity_kind", "form", "activation_energy_eV",
    "space_group", "family", "year", "doi", "reference", "url", "place", "read_in", "checked",
    "usable_for_training", "reason", "conflict", "note", "licence",
]  # fmt: skip
CHOICES = {
    "relation": {"", "=", "<", ">", "~"},
    "temperature_note": {"stated", "room temperature", "inferred", "not stated"},
    "conductivity_kind": {"", "total", "bulk"},
    "form": {"", *FORMS},
    "read_in": {"paper", "thesis", "data set", "review", "citing paper", "transcription"},
    "checked": {"", "yes"},
    "usable_for_training": {"yes", "no"},
    "licence": {"facts"},
}
DOI = re.compile(r"10\.\d{4,9}/\S+")
MACHINE_WORDS = re.compile(
    r"/work\b|/home\b|/tmp\b|\bhelpers?\b|\bagents?\b|\bcollectors?\b|\bmirror(ed)?\b|read_file",
    re.IGNORECASE,
)
LONGEST_NOTE = 250
CHARGE_TOLERANCE = 0.02
AS_MERGED_TODAY = 10
"""Which of two tables keeps a measurement shifts a little when the released table is made anew."""

SAME_CONDUCTIVITY = math.log10(1.02)

Row = dict[str, str]


@cache
def rows() -> list[Row]:
    with (FOLDER / "measurements.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def usable() -> list[Row]:
    return [row for row in rows() if row["usable_for_training"] == "yes"]


@cache
def materials() -> dict[str, Composition]:
    return {formula: parse_material(formula) for formula in {row["formula"] for row in rows()}}


@cache
def published() -> list[Draft]:
    """What the released measurements hold of other sources."""
    table = load_measurements(released_evidence())
    known = table[~table["source"].isin(["literature", "own"])]
    raws = [
        RawMeasurement(
            source=row["source"],
            source_id=row["source_id"],
            formula=row["formula"],
            conductivity=f"{row['relation'].strip('=')}{row['sigma_S_cm']!r}",
            temperature_C=repr(row["temperature_C"]),
            activation_energy_eV=str(row["activation_energy_eV"]),
            space_group=str(row["space_group_number"]),
            licence=row["licence"],
            doi="|".join(row["doi"]),
            flags=row["flags"],
        )
        for row in known.to_dict("records")
    ]
    drafts = [interpret(raw) for raw in raws]
    assert all(isinstance(draft, Draft) for draft in drafts)
    return [draft for draft in drafts if isinstance(draft, Draft)]


@cache
def merged() -> tuple[list[Draft], int]:
    """Our usable rows that stand in the table, conflicts flagged, and how many others hold too."""
    ours = [row for row in map(interpret, read_literature(FOLDER)) if isinstance(row, Draft)]
    assert len(ours) == len(usable())
    kept, gone = merge_duplicates([*published(), *ours])
    for draft in kept:
        draft.flags.discard("conflict")
    flag_conflicts([draft for draft in kept if "extrapolated" not in draft.flags])
    own = [draft for draft in kept if draft.raw.source == "literature"]
    held = {each.into for each in gone if each.raw.source != "literature"}
    return own, sum(each.raw.source == "literature" for each in gone) + len(
        held & {draft.label for draft in own}
    )


def lacked() -> list[Draft]:
    """Our usable rows that no other source holds."""
    return [draft for draft in merged()[0] if not draft.also_in]


def test_the_columns_and_their_words_are_those_of_the_card() -> None:
    table = rows()
    assert list(table[0]) == COLUMNS
    for column, choices in CHOICES.items():
        assert {row[column] for row in table} <= choices, column
    for name in [*COLUMNS, *{row["reason"] for row in table} - {""}]:
        assert f"`{name}`" in CARD, name


def test_rows_and_papers_have_identities() -> None:
    ids = [row["literature_id"] for row in rows()]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"L\d{4}", name) for name in ids)
    assert all(re.fullmatch(r"P\d{3,4}", row["paper"]) for row in rows())


def test_a_row_is_usable_or_says_why_not() -> None:
    for row in rows():
        assert (row["usable_for_training"] == "yes") == (row["reason"] == ""), row


def test_every_row_says_where_it_was_read() -> None:
    for row in rows():
        assert not row["doi"] or DOI.fullmatch(row["doi"]), row
        assert not row["url"] or re.fullmatch(r"https?://\S+", row["url"]), row
        assert row["doi"] or row["reference"] or row["url"], row
        assert row["place"], row
        assert row["formula_as_written"], row


def test_one_paper_has_one_doi_and_one_year() -> None:
    """No two papers' values are merged under one name, and no paper goes by two."""
    dois: dict[str, set[str]] = defaultdict(set)
    papers: dict[str, set[str]] = defaultdict(set)
    years: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        dois[row["paper"]].add(row["doi"].lower())
        if row["doi"]:
            papers[row["doi"].lower()].add(row["paper"])
            years[row["doi"].lower()].add(row["year"])
    assert {paper: names for paper, names in dois.items() if len(names) > 1} == {}
    assert {doi: names for doi, names in papers.items() if len(names) > 1} == {}
    assert {doi: found for doi, found in years.items() if len(found) > 1} == {}


def test_facts_only() -> None:
    for row in rows():
        text = " ".join(row[name] for name in COLUMNS if name != "url")
        assert not MACHINE_WORDS.search(text), row
        assert not row["url"] or row["url"].startswith(("https://", "http://")), row
        assert len(row["note"]) <= LONGEST_NOTE, row


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("sigma_S_cm", 1e-18, 1.0),
        ("temperature_C", -150.0, 1000.0),
        ("activation_energy_eV", 0.05, 1.5),
        ("year", 1970.0, 2026.0),
    ],
)
def test_numbers_are_in_range(column: str, low: float, high: float) -> None:
    for row in rows():
        if row[column]:
            assert low <= float(row[column]) <= high, row


def test_what_may_be_trained_on_is_a_measured_lithium_conductivity_at_a_temperature() -> None:
    for row in usable():
        assert float(row["sigma_S_cm"]) >= 1e-13, row
        assert row["temperature_C"], row
        assert row["temperature_note"] != "not stated", row
        assert row["read_in"] != "transcription", row
    drafts = [row for row in map(interpret, read_literature(FOLDER)) if isinstance(row, Draft)]
    assert len(drafts) == len(usable())


def test_every_formula_is_read_holds_lithium_and_is_neutral_or_says_that_it_is_not() -> None:
    for row in rows():
        amounts = materials()[row["formula"]].amounts
        assert "Li" in amounts, row
        if charge_imbalance(amounts) > CHARGE_TOLERANCE:
            assert "not charge balanced" in row["note"], row


def test_no_measurement_is_there_twice() -> None:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in usable():
        elements = "".join(sorted(materials()[row["formula"]].amounts))
        groups[row["paper"], elements, row["conductivity_kind"]].append(row)
    for group in groups.values():
        for number, first in enumerate(group):
            for second in group[number + 1 :]:
                same = (
                    abs(float(first["temperature_C"]) - float(second["temperature_C"])) <= 3.0
                    and _decades(first, second) <= SAME_CONDUCTIVITY
                    and total_variation(_fractions(first), _fractions(second)) <= 2e-3
                )
                assert not same, (first, second)


def test_conflicts_with_other_reports_are_explained() -> None:
    own, _ = merged()
    explained = {row["literature_id"] for row in rows() if row["conflict"]}
    flagged = {draft.raw.source_id.rpartition("#")[2] for draft in own if "conflict" in draft.flags}
    assert flagged - explained == set()
    assert explained - flagged == set(), "an explanation that explains nothing"


def test_it_adds_what_the_public_datasets_lack() -> None:
    own, held = lacked(), merged()[1]
    papers = {draft.papers for draft in own}
    poor = [draft for draft in own if draft.sigma_S_cm < 1e-6]
    assert len(own) >= 400
    assert len(papers) >= 150
    for what, count in (
        ("rows that the public datasets lack", len(own)),
        ("rows that they hold already", held),
        ("… below 1e-6 S/cm", len(poor)),
        ("… from papers", len(papers)),
    ):
        said = re.search(rf"^\| {re.escape(what)} \| (\d+) \|$", CARD, re.MULTILINE)
        assert said is not None, what
        assert abs(int(said[1]) - count) <= AS_MERGED_TODAY, what


def test_the_card_counts_what_the_table_holds() -> None:
    table = rows()
    dois = {row["doi"].lower() for row in table if row["doi"]}
    reasons = Counter(row["reason"] for row in table if row["reason"])
    for line in (
        f"| rows | {len(table)} |",
        f"| usable for training | {len(usable())} |",
        f"| papers | {len({row['paper'] for row in table})} |",
        f"| DOIs | {len(dois)} |",
        f"| rows without a DOI | {sum(not row['doi'] for row in table)} |",
        f"| rows read a second time | {sum(row['checked'] == 'yes' for row in table)} |",
        *(f"| `{reason}` | {count} |" for reason, count in reasons.items()),
    ):
        assert line in CARD, line


def _decades(first: Row, second: Row) -> float:
    return abs(math.log10(float(first["sigma_S_cm"]) / float(second["sigma_S_cm"])))


def _fractions(row: Row) -> dict[str, float]:
    return materials()[row["formula"]].fractions()


ABOUT = re.compile(r"(?:^|; )(?:about|approximately|approx\.?|around)(?:;|$)")
TAKEN = re.compile(r"\bT (?:taken|of)\b|\bT stated for\b|\binferred\b")
FROM_THE_CAPTION = {"L0098"}


def test_an_approximate_value_has_its_sign() -> None:
    for row in rows():
        if ABOUT.search(row["note"]):
            assert row["relation"] in {"~", ""}, row


def test_an_order_of_magnitude_or_a_bound_is_not_called_a_value() -> None:
    for row in rows():
        if "order of magnitude" in row["note"] or row["reason"] == "order_of_magnitude":
            assert row["relation"] in {"~", "<", ">"}, row
        if "text: over" in row["note"]:
            assert row["relation"] == ">", row


def test_who_is_quoted_stands_in_the_reference() -> None:
    for row in rows():
        if "quoted in" in row["note"]:
            assert row["doi"] or row["reference"], row


def test_a_temperature_that_was_inferred_is_not_called_stated() -> None:
    for row in rows():
        if row["temperature_note"] == "room temperature":
            assert row["temperature_C"] == "25", row
        if TAKEN.search(row["note"]) and row["literature_id"] not in FROM_THE_CAPTION:
            assert row["temperature_note"] in {"inferred", "not stated"}, row


def test_rows_of_one_paper_have_one_number() -> None:
    """By DOI, by citation, and by the page of the paper itself."""
    read = read_literature(FOLDER)
    for before, after in zip(read, merge_papers(read), strict=True):
        assert (after.series, after.doi) == (before.series, before.doi), before


def test_no_page_is_read_twice_under_two_formulas() -> None:
    seen: dict[tuple[str, ...], Row] = {}
    for row in usable():
        energy = row["activation_energy_eV"]
        key = (row["url"], row["sigma_S_cm"], row["temperature_C"], energy)
        if row["url"] and energy:
            assert key not in seen, (seen[key], row)
            seen[key] = row


def test_every_usable_row_says_where_it_can_be_found() -> None:
    for row in usable():
        assert row["url"], row
        assert row["doi"] or row["reference"] or row["read_in"] != "citing paper", row


def test_a_year_is_that_of_the_citation() -> None:
    for row in rows():
        cited = set(re.findall(r"\b(?:19|20)\d\d\b", row["reference"]))
        if cited and row["year"] and "quoted in" not in row["reference"]:
            assert row["year"] in cited, row
