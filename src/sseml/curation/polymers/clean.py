"""From upstream rows of polymer electrolytes to their tidy table, each row accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sseml.arrays import FloatArray
from sseml.curation.polymers.chemarr_full import FULL_FILE, with_papers
from sseml.curation.polymers.chemixhub import OUT_OF_SCOPE
from sseml.curation.polymers.curves import (
    celsius_of_reciprocal,
    falls_on_heating,
    is_reciprocal,
    rows_off_curve,
    split_run,
)
from sseml.curation.polymers.duplicates import flag_conflicts, merge_duplicates
from sseml.curation.polymers.interpret import RecipeReader, interpret
from sseml.curation.polymers.rows import RawRecipe, RecipeDraft
from sseml.curation.polymers.table import to_table, write_polymers
from sseml.curation.report import CurationReport, report_of
from sseml.curation.rows import Dropped
from sseml.curation.sources import SOURCES
from sseml.features.polymer.periodic import chemistry_toolkit

LOWEST_TEMPERATURE_C, HIGHEST_TEMPERATURE_C = -100.0, 200.0
"""Beyond these a polymer electrolyte is glass, or gone."""

_FULL = "chemarr_full"


@dataclass(frozen=True, slots=True)
class PolymerCuration:
    """The tidy table (see `sseml.curation.polymers.schema`) and how it came about."""

    table: pd.DataFrame
    report: CurationReport


def curate_polymers(
    data_dir: str | Path,
    out_dir: str | Path | None = None,
    *,
    literature: str | Path | None = None,
) -> PolymerCuration | None:
    """Read every source of polymer electrolytes under `data_dir` and make their tidy table.

    None where there is no such source. Repeat units need RDKit (extra ``polymer``).

    Parameters
    ----------
    data_dir
        Folder with one sub-folder per source: ``chemarr``, ``chemixhub``. Either may be absent.
        ``chemarr_full``, where it is there, says which papers their rows are from.
    out_dir
        Where to write ``polymers.parquet``, ``polymers.csv`` and ``polymers.json``; nothing is
        written without it.
    literature
        Folder of our own tables of facts, ``composites.csv`` and ``polymers.csv``; ``literature``
        under `data_dir` without it.

    Raises
    ------
    SourceFormatError
        If a source's file lacks a column its reader needs.
    RefusedInputError
        If RDKit is not installed.
    """
    root = Path(data_dir)
    ours = root / "literature" if literature is None else Path(literature)
    raws = [raw for read, folder in _present(root, ours) for raw in read(folder)]
    if not raws:
        return None
    if (root / _FULL / FULL_FILE).is_file():
        raws = with_papers(raws, root / _FULL)
    chemistry_toolkit()  # without it every row would be dropped
    result = curated(raws)
    if out_dir is not None:
        write_polymers(result.table, result.report, Path(out_dir))
    return result


def _present(root: Path, ours: Path) -> Iterator[tuple[Callable[[Path], list[RawRecipe]], Path]]:
    """Reader and folder of each source that is there, in order of trust."""
    for name, source in SOURCES.items():
        if source.literature_file:
            folder, files = ours, [source.literature_file]
        else:
            folder, files = root / name, [Path(path).name for path in source.files]
        if source.read_recipes is not None and any((folder / file).is_file() for file in files):
            yield source.read_recipes, folder


def curated(raws: Sequence[RawRecipe]) -> PolymerCuration:
    """Take raw rows, in order of trust, through all rules."""
    reader = RecipeReader()
    interpreted = [interpret(raw, reader) for raw in raws]
    drafts = [row for row in interpreted if isinstance(row, RecipeDraft)]
    dropped = [row for row in interpreted if isinstance(row, Dropped)]
    drafts, impossible = _with_curves(drafts)
    dropped += impossible
    kept, merged = merge_duplicates(drafts)
    kept, misprinted = _without_misprints(kept)
    dropped += misprinted
    flag_conflicts(kept)
    report = report_of(raws, kept, merged, dropped)
    listed = tuple(row for row in report.dropped_rows if row.reason not in OUT_OF_SCOPE)
    return PolymerCuration(to_table(kept), replace(report, dropped_rows=listed))


def _with_curves(drafts: Sequence[RecipeDraft]) -> tuple[list[RecipeDraft], list[Dropped]]:
    """Name the curve of each row, mend 1000/T, and drop temperatures that cannot be."""
    runs: dict[tuple[str, str], list[RecipeDraft]] = defaultdict(list)
    for draft in drafts:
        runs[draft.raw.source, draft.raw.run].append(draft)
    for (source, run), rows in runs.items():
        curves = split_run(*map(list, _arrays(rows)))
        for number, part in enumerate(curves, start=1):
            name = f"{source}:{run}" if len(curves) == 1 else f"{source}:{run}/{number}"
            curve = rows[part]
            for row in curve:
                row.curve = name
            if is_reciprocal(*_arrays(curve)):
                for row in curve:
                    row.temperature_C = celsius_of_reciprocal(row.temperature_C)
                    row.flags.add("reciprocal_temperature")
    possible = [draft for draft in drafts if _is_possible(draft.temperature_C)]
    dropped = [
        Dropped(draft.raw, "impossible_temperature", f"{draft.temperature_C:g}")
        for draft in drafts
        if not _is_possible(draft.temperature_C)
    ]
    return possible, dropped


def _is_possible(temperature_C: float) -> bool:
    return LOWEST_TEMPERATURE_C <= temperature_C <= HIGHEST_TEMPERATURE_C


def _without_misprints(
    drafts: Sequence[RecipeDraft],
) -> tuple[list[RecipeDraft], list[Dropped]]:
    """Drop rows over a decade off their curve, and flag curves that fall on heating."""
    by_curve: dict[str, list[RecipeDraft]] = defaultdict(list)
    for draft in drafts:
        if draft.relation in "=~":
            by_curve[draft.curve].append(draft)
    off: set[int] = set()
    for rows in by_curve.values():
        if falls_on_heating(*_arrays(rows)):
            for row in rows:
                row.flags.add("falls_on_heating")
            continue
        off.update(id(rows[place]) for place in rows_off_curve(*_arrays(rows)))
    kept = [draft for draft in drafts if id(draft) not in off]
    dropped = [
        Dropped(draft.raw, "off_its_curve", f"{draft.sigma_S_cm:.3g} at {draft.temperature_C:g}")
        for draft in drafts
        if id(draft) in off
    ]
    return kept, dropped


def _arrays(rows: Sequence[RecipeDraft]) -> tuple[FloatArray, FloatArray]:
    """Temperatures in °C and log10 of σ in S/cm, shape (n,) each."""
    return (
        np.array([row.temperature_C for row in rows]),
        np.log10([row.sigma_S_cm for row in rows]),
    )
