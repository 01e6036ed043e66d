"""Both tables, of inorganic solids and of polymer electrolytes: curated, and added to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sseml.curation.clean import CurationResult, NoSourceError, curate
from sseml.curation.lab import LabRecipe, read_lab
from sseml.curation.own import add_rows
from sseml.curation.own_report import OwnReport
from sseml.curation.polymers.clean import PolymerCuration, curate_polymers
from sseml.curation.polymers.own import add_recipes
from sseml.curation.polymers.table import CSV_FILE, TABLE_FILE, write_polymers
from sseml.curation.table import write_table
from sseml.records import Refusal, RefusedInputError
from sseml.released import POLYMER_BUNDLE, released_evidence, released_folder


@dataclass(frozen=True, slots=True)
class BothTables:
    """What became of every source; a table is None where the folder holds no source of it.

    `polymers_refused` says why sources of polymer electrolytes that are there were not read.
    """

    inorganic: CurationResult | None
    polymers: PolymerCuration | None
    polymers_refused: RefusedInputError | None = None

    def to_dict(self) -> dict[str, object]:
        """The report on inorganic solids, with that on polymer electrolytes under ``polymers``."""
        report = self.inorganic.report.to_dict() if self.inorganic else {}
        return report | ({"polymers": self.polymers.report.to_dict()} if self.polymers else {})

    def to_text(self) -> str:
        """The counts as lines to read, without the lists of dropped rows."""
        texts = [self.inorganic.report.to_text()] if self.inorganic else []
        if self.polymers:
            texts.append("polymer electrolytes\n" + self.polymers.report.to_text())
        return "\n\n".join(texts)


def curate_all(
    data_dir: str | Path, out_dir: str | Path, *, literature: str | Path | None = None
) -> BothTables:
    """Make both tables of what is found under `data_dir`.

    The table of polymer electrolytes needs RDKit; without it the other one is made all the same.
    See `sseml.curation.clean.curate` and `sseml.curation.polymers.clean.curate_polymers`.

    Raises
    ------
    NoSourceError
        If there is no source of either.
    SourceFormatError
        If a source's file lacks a column its reader needs.
    """
    inorganic, missing = None, None
    try:
        inorganic = curate(data_dir, out_dir, literature=literature)
    except NoSourceError as error:
        missing = error
    try:
        polymers = curate_polymers(data_dir, out_dir, literature=literature)
    except RefusedInputError as refused:
        if inorganic is None:
            raise
        return BothTables(inorganic, None, refused)
    if missing is not None and polymers is None:
        raise missing
    return BothTables(inorganic, polymers)


@dataclass(frozen=True, slots=True)
class BothReports:
    """What became of each row of a lab's file; a report is None where no row is of its kind."""

    inorganic: OwnReport | None
    polymers: OwnReport | None

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Rows that are in neither table, in the order of the file."""
        refused = [row for each in (self.inorganic, self.polymers) if each for row in each.refused]
        return tuple(sorted(refused, key=lambda row: row.row))

    def to_dict(self) -> dict[str, object]:
        """The report on inorganic solids, with that on polymer electrolytes under ``polymers``."""
        report = self.inorganic.to_dict() if self.inorganic else {}
        return report | ({"polymers": self.polymers.to_dict()} if self.polymers else {})

    def to_text(self) -> str:
        """Both as lines to read; refusals are counted."""
        texts = [self.inorganic.to_text()] if self.inorganic else []
        if self.polymers:
            texts.append("polymer electrolytes of " + self.polymers.to_text())
        return "\n".join(texts)


def add_file(
    file: Path,
    base: Path | None,
    out_dir: Path,
    *,
    column: str | None = None,
    ignored: Collection[str] = (),
    sheet: str | None = None,
) -> BothReports:
    """Add a lab's file to both tables, and write those that it has rows for into `out_dir`.

    Rows that name a polymer electrolyte go to ``polymers.parquet``, the others to
    ``measurements.parquet``; what cannot be read is reported with the others, or with the polymer
    electrolytes where the file holds nothing else. See `sseml.curation.own.add_own`.

    Parameters
    ----------
    base
        Table, or folder of tables, to add to; None for what the released bundles carry. Polymer
        electrolytes are added to ``polymers.parquet`` of the folder; where it has none, they stand
        alone.
    """
    rows, notices = read_lab(file, column, ignored=ignored, sheet=sheet)
    recipes = [row for row in rows if isinstance(row, LabRecipe)]
    others = [row for row in rows if not isinstance(row, LabRecipe)]
    refused = [row for row in others if isinstance(row, Refusal)]
    inorganic = polymers = None
    if len(refused) < len(others) or not recipes:
        solids = add_rows(others, base, file=file.name, notices=notices)
        write_table(solids.table, solids.report, out_dir)
        inorganic, refused, notices = solids.report, [], ()
    if recipes:
        known = _polymers_of(base)
        if known is None:
            alone = "there is no table of polymer electrolytes to add to: these rows stand alone"
            notices = (*notices, alone)
        films = add_recipes([*recipes, *refused], known, file=file.name, notices=notices)
        write_polymers(films.table, films.report, out_dir)
        polymers = films.report
    return BothReports(inorganic, polymers)


def _polymers_of(base: Path | None) -> Path | None:
    """The table of polymer electrolytes that is `base`, lies in it or beside it; or a released one.

    None where there is none.
    """
    if base is None:
        is_released = (released_folder() / POLYMER_BUNDLE).is_dir()
        return released_evidence(POLYMER_BUNDLE) if is_released else None
    if not base.exists() or base.name in (TABLE_FILE, CSV_FILE):
        return base
    beside = (base if base.is_dir() else base.parent) / TABLE_FILE
    return beside if beside.is_file() else None
