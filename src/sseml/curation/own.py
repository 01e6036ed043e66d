"""A lab's own measurements join a curated table, by the rules that published ones went through."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.interpret import interpret, is_composite, lacks_amounts
from sseml.curation.lab import FILE_GROUP, LabRecipe, LabRow, read_lab
from sseml.curation.own_report import Conflict, Duplicate, OwnReport, OwnResult, refusal_of
from sseml.curation.papers import articles_first, stated_reference
from sseml.curation.plausible import (
    correct_kelvin,
    derive_activation_energies,
    flag_inconsistent_series,
)
from sseml.curation.rows import SERIES_END, Draft, Dropped, RawMeasurement
from sseml.curation.schema import with_lists
from sseml.curation.sources import OWN
from sseml.curation.table import load_measurements, to_table
from sseml.parse.formula import parse_formula
from sseml.parse.sources import TextTable, name_of
from sseml.records import Refusal
from sseml.released import released_evidence

_REFUSALS = {
    "impossible_conductivity": (
        "{detail} S/cm is above 10 S/cm, which no solid reaches",
        "mind the sign of the exponent, and the unit in the heading",
    ),
    "no_lithium": (
        "{detail} holds no lithium",
        "this release learns from lithium conductors only",
    ),
    "no_amounts": (
        "{detail} names components without their amounts",
        "write them: 75Li2S-25P2S5",
    ),
}
"""Why a row was dropped → reason and suggestion of its refusal."""
_DIGEST_DIGITS = 8


def add_own(
    csv: str | Path | TextTable,
    base: pd.DataFrame | str | Path | None = None,
    *,
    column: str | None = None,
    ignored: Collection[str] = (),
    sheet: str | None = None,
) -> OwnResult:
    """Add a lab's own measurements to a curated table.

    Rows of one series (column ``series``, ``batch`` or ``notebook``), or without one the rows of
    one file, are held out together. A measurement that the table has already is reported and not
    added again, so that adding a file twice changes nothing. Rows of the base stay as they are, but
    for the flag ``conflict``.

    Parameters
    ----------
    csv
        CSV, TSV, JSON lines, Parquet or .xlsx with a formula and a conductivity in every row; see
        docs/data.md for the columns. Or such a table at hand as text.
    base
        A table of measurements, or its path; None for those the released bundle carries.
    column
        Which holds the formula; None for ``formula`` and what else is commonly written.
    ignored
        Columns that say nothing, whatever they are called.
    sheet
        Of a workbook; None for the first.

    Raises
    ------
    RefusedInputError
        If the file cannot be read, or does not say where the conductivity is and in which unit. A
        single row that cannot be used is among ``refused`` instead.
    """
    rows, notices = read_lab(csv, column, ignored=ignored, sheet=sheet)
    others = [_refused(row) if isinstance(row, LabRecipe) else row for row in rows]
    return add_rows(others, base, file=Path(name_of(csv)).name, notices=notices)


def _refused(recipe: LabRecipe) -> Refusal:
    return Refusal(
        recipe.row,
        recipe.text,
        f"{recipe.text} is a polymer electrolyte, not an inorganic solid",
        "write an inorganic solid here; `sseml data add` has a table for polymer electrolytes",
        code="unsupported_material",
    )


def add_rows(
    rows: Sequence[LabRow | Refusal],
    base: pd.DataFrame | str | Path | None,
    *,
    file: str,
    notices: Sequence[str] = (),
) -> OwnResult:
    """Add rows that are read already; see `add_own`. `file` names where they are from."""
    if isinstance(base, pd.DataFrame):
        table = with_lists(base)
    else:
        table = load_measurements(released_evidence() if base is None else base)
    known = _drafts(table)

    drafts, refused = _interpreted(rows, known)
    fresh, duplicates = _without_duplicates(drafts, known)
    own = list(fresh.values())
    flag_inconsistent_series(own)
    derive_activation_energies(own)
    conflicts = _conflicts(fresh, known)

    added = to_table(own)
    report = OwnReport(
        file=file,
        read=len(rows),
        added=tuple(zip(fresh, added["measurement_id"].tolist(), strict=True)),
        flags=tuple((row, tuple(sorted(draft.flags))) for row, draft in fresh.items()),
        refused=tuple(sorted(refused, key=lambda refusal: refusal.row)),
        duplicates=duplicates,
        conflicts=conflicts,
        notices=tuple(notices),
    )
    flags = [tuple(sorted(draft.flags)) for draft in known]
    flagged = table.assign(flags=pd.Series(flags, index=table.index, dtype=object))
    joined = pd.concat([flagged, added], ignore_index=True) if own else flagged
    return OwnResult(joined, added, report)


def _interpreted(
    rows: Sequence[LabRow | Refusal], known: Sequence[Draft]
) -> tuple[dict[int, Draft], list[Refusal]]:
    """Row of the file → draft, and the rows refused, those that can only be in kelvin included."""
    refused: list[Refusal] = []
    drafts: dict[int, Draft] = {}
    for row in rows:
        answer = row if isinstance(row, Refusal) else _draft(row)
        if isinstance(answer, Refusal):
            refused.append(answer)
        else:
            drafts[row.row] = answer
    copies = {number: replace(draft, flags=set()) for number, draft in drafts.items()}
    correct_kelvin(list(copies.values()), known)
    for number in [number for number, copy in copies.items() if copy.flags]:
        raw = drafts.pop(number).raw
        written = f"{float(raw.temperature_C):g}"
        reason = f"{written} °C cannot be: by its neighbours or its own series it was {written} K"
        hint = f"write '{written} K'; if it is °C after all, the conductivity is in another unit"
        refused.append(Refusal(number, raw.formula, reason, hint))
    return drafts, refused


def _draft(row: LabRow) -> Draft | Refusal:
    """Interpret a row as any published one, with its formula as the lab has written it."""
    if lacks_amounts(row.text):
        draft: Draft | Dropped = Dropped(row.raw, "no_amounts", row.text)
    else:
        draft = interpret(row.raw)
    if isinstance(draft, Dropped):
        return refusal_of(draft, row.row, row.text, _REFUSALS)
    if is_composite(row.text):
        draft.flags.add("composite")
    digest = hashlib.sha256("\x1f".join(map(str, _content(draft))).encode()).hexdigest()
    source_id = f"{row.raw.source_id}{SERIES_END}{digest[:_DIGEST_DIGITS]}"
    draft.raw = replace(row.raw, formula=row.text, source_id=source_id)
    draft.reference = stated_reference(OWN, source_id, None)
    return draft


def _without_duplicates(
    drafts: Mapping[int, Draft], known: Sequence[Draft]
) -> tuple[dict[int, Draft], tuple[Duplicate, ...]]:
    """Keep each measurement once: the lab's own compare to the digit, published ones by rule."""
    seen: dict[object, list[Draft]] = defaultdict(list)
    for draft in known:
        if draft.raw.source == OWN:
            seen[_content(draft)].append(draft)
    published = [draft for draft in known if draft.raw.source != OWN]
    fresh: dict[int, Draft] = {}
    found: list[Duplicate] = []
    for number, draft in drafts.items():
        twins = seen[_content(draft)]
        label = next((twin.label for twin in twins if _may_be_one(draft, twin)), None)
        label = label or _published(draft, published)
        if label is None:
            twins.append(draft)
            fresh[number] = draft
        else:
            found.append(Duplicate(number, draft.raw.formula, label))
    return fresh, tuple(found)


def _may_be_one(draft: Draft, twin: Draft) -> bool:
    """Samples of two named series may well measure alike; where one is unnamed it is the same."""
    groups = {_group(draft), _group(twin)}
    return len(groups) == 1 or any(group.startswith(FILE_GROUP) for group in groups)


def _published(draft: Draft, published: Sequence[Draft]) -> str | None:
    """The published row that reports this very measurement; a row without a DOI has none."""
    if not draft.dois:
        return None
    candidates = [_copy(other) for other in published if _same_elements(draft, other)]
    _, merged = merge_duplicates([*candidates, _copy(draft)])
    return next((each.into for each in merged if each.raw is draft.raw), None)


def _conflicts(fresh: Mapping[int, Draft], known: Sequence[Draft]) -> tuple[Conflict, ...]:
    """Flag and name what contradicts a new row; samples of one series may differ as they like."""
    return tuple(
        Conflict(
            row=number,
            input=draft.raw.formula,
            sigma_S_cm=draft.sigma_S_cm,
            other=other.label,
            other_sigma_S_cm=other.sigma_S_cm,
            other_doi="|".join(other.dois),
        )
        for number, draft in fresh.items()
        for other in (*known, *fresh.values())
        if _same_elements(draft, other)
        and not _same_group(draft, other)
        and flag_conflicts([draft, other])
    )


def _same_elements(first: Draft, second: Draft) -> bool:
    return first.composition.amounts.keys() == second.composition.amounts.keys()


def _same_group(first: Draft, second: Draft) -> bool:
    return first.raw.source == second.raw.source == OWN and _group(first) == _group(second)


def _group(draft: Draft) -> str:
    return draft.raw.source_id.rpartition(SERIES_END)[0].casefold()


def _copy(draft: Draft) -> Draft:
    return replace(draft, flags=set(draft.flags), also_in=list(draft.also_in))


def _content(draft: Draft) -> tuple[object, ...]:
    """What makes two rows the same measurement: material, conductivity, temperature and paper."""
    fractions = tuple(sorted((symbol, round(x, 5)) for symbol, x in draft.fractions.items()))
    value = f"{draft.relation}{draft.sigma_S_cm:.6g}"
    return fractions, value, f"{draft.temperature_C:.2f}", draft.dois


def _drafts(table: pd.DataFrame) -> list[Draft]:
    """The rows of a table as the drafts they were, as far as comparing them goes."""
    parsed = {formula: parse_formula(formula) for formula in table["formula"].unique()}
    records: list[dict[str, Any]] = (
        table.astype(object).where(table.notna(), None).to_dict("records")  # type: ignore[assignment]
    )
    return [
        Draft(
            raw=RawMeasurement(
                source=record["source"],
                source_id=record["source_id"],
                formula=record["formula_reported"],
                conductivity="",
                temperature_C="",
            ),
            composition=parsed[record["formula"]],
            sigma_S_cm=record["sigma_S_cm"],
            relation=record["relation"],
            temperature_C=record["temperature_C"],
            activation_energy_eV=record["activation_energy_eV"],
            space_group_number=record["space_group_number"],
            dois=articles_first(record["doi"]),
            flags=set(record["flags"]),
        )
        for record in records
    ]
