"""A lab's own measurements join a curated table, by the rules that published ones went through."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.interpret import interpret, is_composite, lacks_amounts, read_dois
from sseml.curation.lab import FILE_GROUP, LabRow, read_lab
from sseml.curation.papers import OWN, SERIES_END
from sseml.curation.plausible import mend_kelvin
from sseml.curation.report import Conflict, Duplicate, OwnReport
from sseml.curation.rows import Draft, Dropped, RawMeasurement
from sseml.curation.series import derive_activation_energies, flag_inconsistent_series
from sseml.curation.table import load_measurements, to_table
from sseml.parse.formula import parse_formula
from sseml.records import Refusal
from sseml.released import released_evidence

_WHY = {
    "impossible_conductivity": "{detail} S/cm is above 10 S/cm, which no solid reaches",
    "no_lithium": "{detail} holds no lithium",
    "no_amounts": "{detail} names components without their amounts",
}
_INSTEAD = {
    "impossible_conductivity": "mind the sign of the exponent, and the unit in the heading",
    "no_lithium": "this release learns from lithium conductors only",
    "no_amounts": "write them: 75Li2S-25P2S5",
}
_DIGEST_DIGITS = 8

Content = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OwnResult:
    """What became of a lab's file.

    Attributes
    ----------
    table
        The base with the accepted rows behind it, in the order of the file.
    added
        The accepted rows alone.
    report
        What was refused, found twice or in conflict.
    """

    table: pd.DataFrame
    added: pd.DataFrame
    report: OwnReport

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Rows that are not in the table, each with its reason and what to write instead."""
        return self.report.refused

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Rows whose measurement the table already held."""
        return self.report.duplicates

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Rows that another report contradicts by over a decade; both stay."""
        return self.report.conflicts


def add_own(
    csv: str | Path,
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
        docs/data.md for the columns.
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
    if isinstance(base, pd.DataFrame):
        table = base
    else:
        table = load_measurements(released_evidence() if base is None else base)
    file = read_lab(csv, column, ignored=ignored, sheet=sheet)
    known = _drafts(table)
    flags_before = [frozenset(draft.flags) for draft in known]

    drafts, refused = _interpreted(file.rows, known)
    fresh, duplicates = _without_duplicates(drafts, known)
    own = list(fresh.values())
    flag_inconsistent_series(own)
    derive_activation_energies(own)
    conflicts = _conflicts(fresh, known)

    added = to_table(own)
    report = OwnReport(
        file=Path(csv).name,
        read=len(file.rows),
        added=tuple(zip(fresh, added["measurement_id"].tolist(), strict=True)),
        flags=tuple((row, tuple(sorted(draft.flags))) for row, draft in fresh.items()),
        refused=tuple(sorted(refused, key=lambda refusal: refusal.row)),
        duplicates=duplicates,
        conflicts=conflicts,
        notices=file.notices,
    )
    flagged = _with_flags(table, known, flags_before)
    joined = pd.concat([flagged, added], ignore_index=True) if own else flagged
    return OwnResult(joined, added, report)


def _interpreted(
    rows: Sequence[LabRow | Refusal], known: Sequence[Draft]
) -> tuple[dict[int, tuple[LabRow, Draft]], list[Refusal]]:
    refused: list[Refusal] = []
    drafts: dict[int, tuple[LabRow, Draft]] = {}
    for row in rows:
        answer = row if isinstance(row, Refusal) else _draft(row)
        if isinstance(answer, Refusal):
            refused.append(answer)
        elif isinstance(row, LabRow):
            drafts[row.row] = row, answer
    for number in _in_kelvin(drafts, known):
        row, _ = drafts.pop(number)
        refused.append(_refusal_of_kelvin(row))
    return drafts, refused


def _draft(row: LabRow) -> Draft | Refusal:
    """Interpret a row as any published one, with its formula as the lab has written it."""
    if lacks_amounts(row.text):
        dropped: Draft | Dropped = Dropped(row.raw, "no_amounts", row.text)
    else:
        dropped = interpret(row.raw)
    if isinstance(dropped, Dropped):
        reason = _WHY.get(dropped.reason, dropped.reason.replace("_", " ") + ": {detail}")
        hint = _INSTEAD.get(dropped.reason, "")
        return Refusal(row.row, row.text, reason.format(detail=dropped.detail), hint)
    draft = dropped
    if is_composite(row.text):
        draft.flags.add("composite")
    digest = hashlib.sha256("\x1f".join(map(str, _content(draft))).encode()).hexdigest()
    source_id = f"{row.raw.source_id}{SERIES_END}{digest[:_DIGEST_DIGITS]}"
    draft.raw = replace(row.raw, formula=row.text, source_id=source_id)
    return draft


def _in_kelvin(drafts: Mapping[int, tuple[LabRow, Draft]], known: Sequence[Draft]) -> list[int]:
    """Rows whose temperature can only have been kelvin: asked back, as a lab can be asked."""
    copies = {number: replace(draft, flags=set()) for number, (_, draft) in drafts.items()}
    mend_kelvin(list(copies.values()), known)
    return [number for number, draft in copies.items() if draft.flags]


def _refusal_of_kelvin(row: LabRow) -> Refusal:
    written = f"{float(row.raw.temperature_C):g}"
    return Refusal(
        row.row,
        row.text,
        f"{written} °C cannot be: by its neighbours or its own series it was {written} K",
        f"write '{written} K'; if it is °C after all, the conductivity is in another unit",
    )


def _without_duplicates(
    drafts: Mapping[int, tuple[LabRow, Draft]], known: Sequence[Draft]
) -> tuple[dict[int, Draft], tuple[Duplicate, ...]]:
    """Keep each measurement once: the lab's own compare to the digit, published ones by rule."""
    seen: dict[Content, list[Draft]] = {}
    for draft in known:
        if draft.raw.source == OWN:
            seen.setdefault(_content(draft), []).append(draft)
    published = [draft for draft in known if draft.raw.source != OWN]
    fresh: dict[int, Draft] = {}
    found: list[Duplicate] = []
    for number, (row, draft) in drafts.items():
        twins = seen.setdefault(_content(draft), [])
        label = next((twin.label for twin in twins if _may_be_one(draft, twin)), None)
        label = label or _published(draft, published)
        if label is None:
            twins.append(draft)
            fresh[number] = draft
        else:
            found.append(Duplicate(number, row.text, label))
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
    found: list[Conflict] = []
    reports = [*known, *fresh.values()]
    for number, draft in fresh.items():
        for other in reports:
            if not _same_elements(draft, other) or _same_group(draft, other):
                continue
            if flag_conflicts([draft, other]):
                found.append(
                    Conflict(
                        row=number,
                        input=draft.raw.formula,
                        sigma_S_cm=draft.sigma_S_cm,
                        other=other.label,
                        other_sigma_S_cm=other.sigma_S_cm,
                        other_doi="|".join(other.dois),
                    )
                )
    return tuple(found)


def _same_elements(first: Draft, second: Draft) -> bool:
    return first.composition.amounts.keys() == second.composition.amounts.keys()


def _same_group(first: Draft, second: Draft) -> bool:
    return first.raw.source == second.raw.source == OWN and _group(first) == _group(second)


def _group(draft: Draft) -> str:
    return draft.raw.source_id.rpartition(SERIES_END)[0].casefold()


def _copy(draft: Draft) -> Draft:
    return replace(draft, flags=set(draft.flags), also_in=list(draft.also_in))


def _content(draft: Draft) -> Content:
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
                licence=record["licence"],
            ),
            composition=parsed[record["formula"]],
            sigma_S_cm=record["sigma_S_cm"],
            relation=record["relation"],
            temperature_C=record["temperature_C"],
            activation_energy_eV=record["activation_energy_eV"],
            space_group_number=record["space_group_number"],
            dois=read_dois(record["doi"] or ""),
            flags=set(record["flags"].split(";")) - {""},
        )
        for record in records
    ]


def _with_flags(
    table: pd.DataFrame, known: Sequence[Draft], before: Sequence[frozenset[str]]
) -> pd.DataFrame:
    flags = table["flags"].to_list()
    for row, (draft, old) in enumerate(zip(known, before, strict=True)):
        if draft.flags != old:
            flags[row] = ";".join(sorted(draft.flags))
    return table.assign(flags=pd.Series(flags, index=table.index, dtype="string"))
