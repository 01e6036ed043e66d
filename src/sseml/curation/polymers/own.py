"""A lab's own polymer electrolytes join their table, by the rules that published ones went by."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray
from sseml.curation.duplicates import CONFLICT_DECADES, CONFLICT_TEMPERATURE_K
from sseml.curation.lab import LabRecipe
from sseml.curation.own_report import Conflict, Duplicate, OwnReport, OwnResult, refusal_of
from sseml.curation.polymers.clean import HIGHEST_TEMPERATURE_C, LOWEST_TEMPERATURE_C
from sseml.curation.polymers.curves import falls_on_heating, rows_off_curve
from sseml.curation.polymers.interpret import RecipeReader, interpret
from sseml.curation.polymers.rows import RecipeDraft
from sseml.curation.polymers.table import empty_table, load_polymers, to_table
from sseml.curation.rows import SERIES_END, Dropped
from sseml.curation.schema import with_lists
from sseml.curation.sources import OWN
from sseml.records import Refusal

_REFUSALS = {
    "impossible_conductivity": (
        "{detail} S/cm is above 10 S/cm, which no solid reaches",
        "mind the sign of the exponent, and the unit in the heading",
    ),
    "no_lithium": ("{detail}", "this release learns from lithium conductors only"),
}
"""Why a row was dropped → reason and suggestion of its refusal."""
_DIGEST_DIGITS = 8


def add_recipes(
    rows: Sequence[LabRecipe | Refusal],
    base: pd.DataFrame | str | Path | None = None,
    *,
    file: str,
    notices: Sequence[str] = (),
) -> OwnResult:
    """Add rows of a lab's file that name polymer electrolytes to the table of these.

    A measurement that the table has already is reported and not added again; rows of the base stay
    as they are, but for the flag ``conflict``. A lab's row that is off its curve is flagged, not
    dropped.

    Parameters
    ----------
    rows
        As `sseml.curation.lab.read_lab` reads them.
    base
        A table of polymer electrolytes, or its path; None for an empty one.
    file
        Names where the rows are from.
    notices
        What a person should know about the columns.
    """
    if isinstance(base, pd.DataFrame):
        table = with_lists(base)
    else:
        table = empty_table() if base is None else load_polymers(base)
    drafts, refused = _interpreted(rows)
    fresh, duplicates = _without_duplicates(drafts, table)
    own = list(fresh.values())
    _flag_curves(own)
    conflicts, contradicted = _conflicts(fresh, table)
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
    flags = [
        tuple(sorted({*flags, "conflict"})) if is_contradicted else flags
        for flags, is_contradicted in zip(table["flags"], contradicted, strict=True)
    ]
    flagged = table.assign(flags=pd.Series(flags, index=table.index, dtype=object))
    tables = [each for each in (flagged, added) if len(each)]
    return OwnResult(pd.concat(tables, ignore_index=True) if tables else flagged, added, report)


def _interpreted(
    rows: Sequence[LabRecipe | Refusal],
) -> tuple[dict[int, RecipeDraft], list[Refusal]]:
    reader = RecipeReader()
    drafts: dict[int, RecipeDraft] = {}
    refused = [row for row in rows if isinstance(row, Refusal)]
    for row in rows:
        if isinstance(row, LabRecipe):
            answer = _draft(row, reader)
            if isinstance(answer, Refusal):
                refused.append(answer)
            else:
                drafts[row.row] = answer
    return drafts, refused


def _draft(row: LabRecipe, reader: RecipeReader) -> RecipeDraft | Refusal:
    draft = interpret(row.raw, reader)
    if isinstance(draft, Dropped):
        return refusal_of(draft, row.row, row.text, _REFUSALS)
    if not LOWEST_TEMPERATURE_C <= draft.temperature_C <= HIGHEST_TEMPERATURE_C:
        allowed = f"{LOWEST_TEMPERATURE_C:g} to {HIGHEST_TEMPERATURE_C:g} °C"
        return Refusal(
            row.row,
            row.text,
            f"{draft.temperature_C:g} °C is outside {allowed}, where polymers are measured",
            "mind whether it is in K or °C, or 1000/T",
        )
    digest = hashlib.sha256("\x1f".join(map(str, _content(draft))).encode()).hexdigest()
    source_id = f"{row.raw.source_id}{SERIES_END}{digest[:_DIGEST_DIGITS]}"
    draft.raw = replace(row.raw, formula=row.text, source_id=source_id)
    draft.reference = None
    draft.curve = f"{OWN}:{row.raw.run}"
    return draft


def _content(draft: RecipeDraft) -> tuple[object, ...]:
    """What makes two rows the same measurement: recipe, conductivity, temperature and paper."""
    value = f"{draft.relation}{draft.sigma_S_cm:.6g}"
    return draft.material.formula, value, f"{draft.temperature_C:.2f}", draft.dois


def _without_duplicates(
    drafts: Mapping[int, RecipeDraft], table: pd.DataFrame
) -> tuple[dict[int, RecipeDraft], tuple[Duplicate, ...]]:
    """Keep each measurement once, to the digit; a published row must name the same paper."""
    columns = ("formula", "relation", "sigma_S_cm", "temperature_C", "doi", "source", "source_id")
    seen: dict[tuple[object, ...], str] = {
        (formula, f"{relation}{sigma:.6g}", f"{temperature:.2f}", dois): f"{source}:{source_id}"
        for formula, relation, sigma, temperature, dois, source, source_id in zip(
            *(table[name] for name in columns), strict=True
        )
        if source == OWN or dois
    }
    fresh: dict[int, RecipeDraft] = {}
    found = []
    for number, draft in drafts.items():
        content = _content(draft)
        if content in seen:
            found.append(Duplicate(number, draft.raw.formula, seen[content]))
        else:
            seen[content] = draft.label
            fresh[number] = draft
    return fresh, tuple(found)


def _flag_curves(drafts: Sequence[RecipeDraft]) -> None:
    by_curve: dict[str, list[RecipeDraft]] = defaultdict(list)
    for draft in drafts:
        if draft.relation in "=~":
            by_curve[draft.curve].append(draft)
    for curve in by_curve.values():
        arrays = (
            np.array([row.temperature_C for row in curve]),
            np.log10([row.sigma_S_cm for row in curve]),
        )
        if falls_on_heating(*arrays):
            for row in curve:
                row.flags.add("falls_on_heating")
        else:
            for place in rows_off_curve(*arrays):
                curve[place].flags.add("off_its_curve")


def _conflicts(
    fresh: Mapping[int, RecipeDraft], table: pd.DataFrame
) -> tuple[tuple[Conflict, ...], BoolArray]:
    """Flag and name what contradicts a new row, and which rows of the table do.

    Samples of one series may differ as they like.
    """
    contradicted = np.zeros(len(table), dtype=np.bool_)
    formula = table["formula"].to_numpy(dtype=object)
    value = np.log10(table["sigma_S_cm"].to_numpy(dtype=float))
    temperature = table["temperature_C"].to_numpy(dtype=float)
    is_number = table["relation"].isin(["=", "~"]).to_numpy(dtype=bool)
    series = table["series"].to_numpy(dtype=object)
    conflicts = []
    for number, draft in fresh.items():
        if draft.relation not in "=~":
            continue
        apart = np.abs(value - np.log10(draft.sigma_S_cm)) > CONFLICT_DECADES
        near = np.abs(temperature - draft.temperature_C) <= CONFLICT_TEMPERATURE_K
        others = (formula == draft.material.formula) & apart & near & is_number
        others &= series != draft.curve
        contradicted |= others
        if others.any():
            draft.flags.add("conflict")
        for place in np.flatnonzero(others):
            row = table.iloc[int(place)]
            conflicts.append(
                Conflict(
                    row=number,
                    input=draft.raw.formula,
                    sigma_S_cm=draft.sigma_S_cm,
                    other=f"{row['source']}:{row['source_id']}",
                    other_sigma_S_cm=float(row["sigma_S_cm"]),
                    other_doi="|".join(row["doi"]),
                )
            )
    return tuple(conflicts), contradicted
