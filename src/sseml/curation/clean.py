"""From upstream rows to the tidy table: the rules in their order, each row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.found import Finding, read_findings, with_findings
from sseml.curation.interpret import interpret
from sseml.curation.papers import merge_papers, share_years
from sseml.curation.plausible import (
    correct_kelvin,
    derive_activation_energies,
    flag_improbable_prefactors,
    flag_inconsistent_series,
)
from sseml.curation.report import CurationReport, report_of
from sseml.curation.rows import Draft, Dropped, RawMeasurement
from sseml.curation.sources import SOURCES
from sseml.curation.table import to_table, write_table


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
        Folder of our own tables of facts, ``seeds.csv``, ``measurements.csv`` and
        ``papers_of_rows.csv`` (any may be absent); ``literature`` under `data_dir` without it.

    Raises
    ------
    NoSourceError
        If no source is there.
    SourceFormatError
        If a source's file lacks a column its reader needs, or ``papers_of_rows.csv`` is unsound.
    """
    root = Path(data_dir)
    ours = root / "literature" if literature is None else Path(literature)
    raws = [raw for read, folder in _present(root, ours) for raw in read(folder)]
    if not raws:
        expected = ", ".join(n for n, source in SOURCES.items() if source.files and source.read)
        raise NoSourceError(
            f"no dataset under {root}: expected sub-folders {expected};"
            " `sseml data pull` fetches them"
        )
    result = _curated(raws, read_findings(ours))
    if out_dir is not None:
        write_table(result.table, result.report, Path(out_dir))
    return result


def _present(
    root: Path, ours: Path
) -> Iterator[tuple[Callable[[Path], list[RawMeasurement]], Path]]:
    """Reader and folder of each source that is there, in order of trust."""
    for name, source in SOURCES.items():
        folder = ours if source.literature_file else root / name
        if source.read is not None and (folder / source.literature_file).exists():
            yield source.read, folder


def _curated(raws: Sequence[RawMeasurement], findings: Sequence[Finding]) -> CurationResult:
    raws, refused = with_findings(raws, findings)
    raws = share_years(merge_papers(raws))
    interpreted = [interpret(raw) for raw in raws]
    drafts = [row for row in interpreted if isinstance(row, Draft)]
    dropped = [row for row in interpreted if isinstance(row, Dropped)]
    correct_kelvin([each for each in drafts if SOURCES[each.raw.source].may_state_kelvin], drafts)
    noticed = [(draft.raw.source, flag) for draft in drafts for flag in draft.flags]
    kept, merged = merge_duplicates(drafts)
    measured = []
    for draft in kept:
        if "extrapolated" in draft.flags and draft.raw.official_split is None:
            dropped.append(Dropped(draft.raw, "extrapolated", draft.raw.conductivity))
        else:
            measured.append(draft)
    flag_inconsistent_series(measured)
    derive_activation_energies(measured)
    flag_improbable_prefactors(measured)
    flag_conflicts(measured)
    report = report_of(raws, measured, merged, dropped, refused)
    for source, flag in noticed:
        report.sources[source].noticed[flag] += 1
    return CurationResult(to_table(measured), report)
