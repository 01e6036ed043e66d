"""From upstream rows to the tidy table: the rules in their order, each row accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sseml.curation.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.interpret import interpret
from sseml.curation.papers import merge_papers, share_years
from sseml.curation.plausible import (
    correct_kelvin,
    derive_activation_energies,
    flag_improbable_prefactors,
    flag_inconsistent_series,
)
from sseml.curation.rows import Draft, Dropped, Merged, RawMeasurement
from sseml.curation.sources import SOURCES
from sseml.curation.table import to_table, write_table


class NoSourceError(FileNotFoundError):
    """The data folder holds none of the known sources."""


@dataclass(slots=True)
class SourceCount:
    """What became of the rows of one source; `read` = `kept` + all `merged` + all `dropped`.

    `merged` and `dropped` are counted by rule. `noticed` counts the flags that single rows earned
    by themselves (a formula or a temperature corrected, a lattice left out), whether the row was
    kept, merged or dropped afterwards.
    """

    read: int = 0
    kept: int = 0
    merged: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)

    def by_rule(self) -> dict[str, dict[str, int]]:
        """What happened → rule → rows, the rules sorted."""
        counted = {"merged": self.merged, "dropped": self.dropped, "noticed": self.noticed}
        return {what: dict(sorted(counter.items())) for what, counter in counted.items()}


@dataclass(frozen=True, slots=True)
class CurationReport:
    """Counts of one curation run; `flags` is flag → source → rows of the table that carry it."""

    sources: Mapping[str, SourceCount]
    flags: Mapping[str, Mapping[str, int]]
    dropped_rows: tuple[Dropped, ...]

    def to_dict(self) -> dict[str, object]:
        """The report as plain dictionaries and lists, ready for JSON."""
        return {
            "sources": {
                name: {"read": count.read, "kept": count.kept, **count.by_rule()}
                for name, count in self.sources.items()
            },
            "flags": {flag: dict(by_source) for flag, by_source in sorted(self.flags.items())},
            "dropped_rows": [
                {
                    "source": raw.source,
                    "source_id": raw.source_id,
                    "formula": raw.formula,
                    "reason": reason,
                    "detail": detail,
                }
                for raw, reason, detail in self.dropped_rows
            ],
        }

    def to_text(self) -> str:
        """The counts as lines to read, without the list of dropped rows."""
        lines = []
        for name, count in self.sources.items():
            lines.append(
                f"{name}: {count.read} rows read, {count.kept} kept,"
                f" {count.merged.total()} merged, {count.dropped.total()} dropped"
            )
            for what, rules in count.by_rule().items():
                lines += [f"  {what}: {n} {rule}" for rule, n in rules.items()]
        lines.append("flags of the rows kept:")
        for flag, by_source in sorted(self.flags.items()):
            shares = ", ".join(f"{source} {n}" for source, n in by_source.items())
            lines.append(f"  {flag}: {sum(by_source.values())} ({shares})")
        return "\n".join(lines)


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
    raws = [raw for read, folder in _present(root, ours) for raw in read(folder)]
    if not raws:
        expected = ", ".join(name for name, source in SOURCES.items() if source.files)
        raise NoSourceError(
            f"no dataset under {root}: expected sub-folders {expected};"
            " `sseml data pull` fetches them"
        )
    result = _curated(raws)
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


def _curated(raws: Sequence[RawMeasurement]) -> CurationResult:
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
    report = _report(raws, measured, merged, dropped)
    for source, flag in noticed:
        report.sources[source].noticed[flag] += 1
    return CurationResult(to_table(measured), report)


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
    in_order: Mapping[str, Mapping[str, int]] = {
        flag: {name: count[name] for name in sources if count[name]}
        for flag, count in flags.items()
    }
    return CurationReport(sources, in_order, tuple(dropped))
