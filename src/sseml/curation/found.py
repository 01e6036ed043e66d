"""What was found of rows whose source names no paper or structure: filled in, never written over.

A finding stands in ``papers_of_rows.csv`` beside our own tables, with formula and conductivity as
its source prints them: it holds for that row alone, and for no other that a later version of the
source has at its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sseml.curation.readers import table_rows
from sseml.curation.rows import PAPER_FOUND, STRUCTURE_FOUND, RawMeasurement, SourceFormatError
from sseml.parse.space_groups import space_group_number
from sseml.records import FORMS, RefusedQualifierError

TABLE_FILE: Final = "papers_of_rows.csv"
COLUMNS: Final = (
    "source", "source_id", "formula", "conductivity", "field", "value", "strength", "evidence",
    "url", "licence",
)  # fmt: skip
FLAG_OF_FIELD: Mapping[str, str] = MappingProxyType(
    {
        "doi": PAPER_FOUND,
        "year": PAPER_FOUND,
        "space_group": STRUCTURE_FOUND,
        "form": STRUCTURE_FOUND,
    }
)
"""What can be found of a row → the flag that says so."""

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_YEAR = re.compile(r"(?:19|20)\d\d")

STRENGTHS: Final = ("value", "title", "system", "series")
"""How a paper was tied to its row, the surest first; the card of the table explains each."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact of one row; `value` of a space group is its number.

    `formula` and `conductivity` are the row's, as its source prints them.
    """

    source: str
    source_id: str
    formula: str
    conductivity: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class RefusedFinding:
    """A finding that was not used, and why: ``row_is_gone``, ``row_has_changed``, ``not_needed``.

    ``not_needed``: the source itself states this of the row.
    """

    finding: Finding
    reason: str


def read_findings(folder: Path) -> list[Finding]:
    """Read ``papers_of_rows.csv`` of the folder of our own tables; empty where there is none.

    Raises
    ------
    SourceFormatError
        If the file lacks a column, or a row names an unknown field, form, space group or strength,
        or a field of a row that another row gives already.
    """
    file = folder / TABLE_FILE
    if not file.is_file():
        return []
    seen: set[tuple[str, str, str]] = set()
    findings = []
    for line, row in enumerate(table_rows(file, COLUMNS), start=2):
        key = row["source"], row["source_id"], row["field"]
        fault = _fault(row) or ("it is there twice" if key in seen else "")
        if fault:
            raise SourceFormatError(f"{TABLE_FILE}, line {line} ({':'.join(key)}): {fault}")
        seen.add(key)
        value = row["value"]
        if row["field"] == "space_group":
            value = str(space_group_number(value))
        findings.append(Finding(*key[:2], row["formula"], row["conductivity"], key[2], value))
    return findings


def with_findings(
    raws: Sequence[RawMeasurement], findings: Sequence[Finding]
) -> tuple[list[RawMeasurement], list[RefusedFinding]]:
    """Rows with what was found of them, flagged, and the findings that do not hold for them.

    Findings of a source of which no row was read are left aside.
    """
    present = {raw.source for raw in raws}
    known = {(raw.source, raw.source_id) for raw in raws}
    of_row: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    refused = []
    for finding in findings:
        row = finding.source, finding.source_id
        if row in known:
            of_row[row].append(finding)
        elif finding.source in present:
            refused.append(RefusedFinding(finding, "row_is_gone"))
    filled = []
    for raw in raws:
        found, rejected = _filled(raw, of_row.get((raw.source, raw.source_id), ()))
        filled.append(found)
        refused += rejected
    return filled, refused


def _filled(
    raw: RawMeasurement, findings: Collection[Finding]
) -> tuple[RawMeasurement, list[RefusedFinding]]:
    facts: dict[str, str] = {}
    refused = []
    for finding in findings:
        if (finding.formula, finding.conductivity) != (raw.formula, raw.conductivity):
            refused.append(RefusedFinding(finding, "row_has_changed"))
        elif getattr(raw, finding.field):
            refused.append(RefusedFinding(finding, "not_needed"))
        else:
            facts[finding.field] = finding.value
    if not facts:
        return raw, refused
    flags = sorted({*raw.flags, *(FLAG_OF_FIELD[field] for field in facts)})
    return replace(raw, flags=tuple(flags), **facts), refused  # type: ignore[arg-type]


def _fault(row: Mapping[str, str]) -> str:
    """What is wrong with a row of the table; empty where nothing is."""
    field, value = row["field"], row["value"]
    if field not in FLAG_OF_FIELD:
        return f"{field!r} is none of {', '.join(FLAG_OF_FIELD)}"
    if row["strength"] not in STRENGTHS:
        return f"strength {row['strength']!r} is none of {', '.join(STRENGTHS)}"
    return _FAULT_OF_VALUE[field](value)


def _fault_of_space_group(value: str) -> str:
    try:
        space_group_number(value)
    except RefusedQualifierError as error:
        return error.reason
    return ""


_FAULT_OF_VALUE: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "doi": lambda value: "" if _DOI.fullmatch(value) else f"{value!r} is no DOI",
        "year": lambda value: "" if _YEAR.fullmatch(value) else f"{value!r} is no year",
        "form": lambda value: "" if value in FORMS else f"form {value!r} is none of {FORMS}",
        "space_group": _fault_of_space_group,
    }
)
