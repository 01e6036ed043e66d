"""From upstream rows to the tidy table: the rules in their order, each row accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.interpret import interpret
from sseml.curation.papers import share_years, unite_papers
from sseml.curation.plausible import flag_improbable_prefactors, mend_kelvin
from sseml.curation.readers import OUR_TABLES, READERS
from sseml.curation.report import CurationReport, DroppedRow, SourceCount
from sseml.curation.rows import Draft, Dropped, Merged, RawMeasurement
from sseml.curation.series import derive_activation_energies, flag_inconsistent_series
from sseml.curation.table import to_table, write_table

STATES_TEMPERATURE = frozenset({"liverpool"})
"""Sources that state a temperature row by row, where kelvin may have slipped in."""


class NoSourceError(FileNotFoundError):
    """The data folder holds none of the known sources."""


@dataclass(frozen=True, slots=True)
class CurationResult:
    """The tidy table (see `sseml.curation.schema`) and the report of how it came about."""

    table: pd.DataFrame
    report: CurationReport


def curate(
    data_dir: str | Path,
    out_dir: str | Path | None = None,
    *,
    literature: str | Path | None = None,
) -> CurationResult:
    """Read every source found under `data_dir` and make the tidy table of measurements.

    Parameters
    ----------
    data_dir
        Folder with one sub-folder per source, as `sseml.curation.sources.pull` lays it out:
        ``obelix``, ``liverpool``, ``laskowski``. Any of them may be absent.
    out_dir
        Where to write ``measurements.parquet``, ``measurements.csv`` and ``curation.json``;
        nothing is written without it.
    literature
        Folder of our own tables of facts, ``seeds.csv`` and ``measurements.csv`` (either may be
        absent); ``literature`` under `data_dir` without it.

    Raises
    ------
    NoSourceError
        If no source is there.
    SourceFormatError
        If a source's file lacks a column its reader needs.
    """
    root = Path(data_dir)
    ours = root / "literature" if literature is None else Path(literature)
    raws = [raw for name, folder in _present(root, ours) for raw in READERS[name](folder)]
    if not raws:
        raise NoSourceError(
            f"no dataset under {root}: expected sub-folders obelix, liverpool, laskowski;"
            " `sseml data pull` fetches them"
        )
    result = curate_rows(raws)
    if out_dir is not None:
        write_table(result.table, result.report, Path(out_dir))
    return result


def _present(root: Path, ours: Path) -> list[tuple[str, Path]]:
    """Name and folder of each source that is there, in order of trust."""
    folders = {name: ours if name in OUR_TABLES else root / name for name in READERS}
    return [
        (name, folder)
        for name, folder in folders.items()
        if (folder / OUR_TABLES.get(name, "")).exists()
    ]


def curate_rows(raws: Sequence[RawMeasurement]) -> CurationResult:
    """Make the tidy table of rows already read, in order of trust (earlier wins)."""
    raws = share_years(unite_papers(raws))
    interpreted = [interpret(raw) for raw in raws]
    drafts = [row for row in interpreted if isinstance(row, Draft)]
    dropped = [row for row in interpreted if isinstance(row, Dropped)]
    mend_kelvin([draft for draft in drafts if draft.raw.source in STATES_TEMPERATURE], drafts)
    noticed = [(draft.raw.source, flag) for draft in drafts for flag in draft.flags]
    kept, merged = merge_duplicates(drafts)
    measured, computed = _without_extrapolated(kept)
    flag_inconsistent_series(measured)
    derive_activation_energies(measured)
    flag_improbable_prefactors(measured)
    flag_conflicts(measured)
    report = _report(raws, measured, merged, [*dropped, *computed])
    for source, flag in noticed:
        report.sources[source].noticed[flag] += 1
    return CurationResult(to_table(measured), report)


def _without_extrapolated(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Dropped]]:
    """Set rows apart that a compiler extrapolated; those of the official split stay, flagged."""
    measured, computed = [], []
    for draft in drafts:
        if "extrapolated" in draft.flags and draft.raw.official_split is None:
            computed.append(Dropped(draft.raw, "extrapolated", draft.raw.conductivity))
        else:
            measured.append(draft)
    return measured, computed


def _report(
    raws: Iterable[RawMeasurement],
    kept: Iterable[Draft],
    merged: Iterable[Merged],
    dropped: Sequence[Dropped],
) -> CurationReport:
    sources: dict[str, SourceCount] = {}
    for raw in raws:
        sources.setdefault(raw.source, SourceCount()).read += 1
    flags: dict[str, Counter[str]] = {}
    for draft in kept:
        sources[draft.raw.source].kept += 1
        for flag in draft.flags:
            flags.setdefault(flag, Counter())[draft.raw.source] += 1
    for row in merged:
        sources[row.raw.source].merged[row.rule] += 1
    for lost in dropped:
        sources[lost.raw.source].dropped[lost.reason] += 1
    rows = tuple(
        DroppedRow(d.raw.source, d.raw.source_id, d.raw.formula, d.reason, d.detail)
        for d in dropped
    )
    in_order: Mapping[str, Mapping[str, int]] = {
        flag: {name: count[name] for name in sources if count[name]}
        for flag, count in flags.items()
    }
    return CurationReport(sources, in_order, rows)
