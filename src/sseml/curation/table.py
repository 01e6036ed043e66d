"""Drafts become the tidy table; the table goes to files whole or not at all, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol

import pandas as pd
import pyarrow as pa
from pandera.errors import SchemaErrors
from pandera.pandas import DataFrameSchema

from sseml.curation.papers import paper_year, stated_reference
from sseml.curation.rows import Draft
from sseml.curation.schema import LISTS, MEASUREMENTS, with_lists, without_lists
from sseml.curation.sources import UnknownSourceError, require_known_sources, source_record
from sseml.families import recognise
from sseml.files import whole_file
from sseml.records import RefusedInputError
from sseml.released import released_evidence

TABLE_FILE = "measurements.parquet"
CSV_FILE = "measurements.csv"
REPORT_FILE = "curation.json"

_LATTICE = ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg")


class NotMeasurementsError(RefusedInputError):
    """A file is not a table of measurements as `curate` writes it."""


class Report(Protocol):
    """What became of the rows."""

    def to_dict(self) -> dict[str, object]:
        """Plain dictionaries and lists, ready for JSON."""
        ...


@dataclass(frozen=True, slots=True)
class TableForm:
    """A kind of curated table: its schema, its files, and what messages call it."""

    schema: DataFrameSchema
    table_file: str
    csv_file: str
    report_file: str
    what: str
    may_lack: frozenset[str] = frozenset()
    """Columns that earlier releases did not write."""

    @property
    def types(self) -> dict[str, str]:
        """Column → its type in pandas."""
        return {name: str(column.dtype) for name, column in self.schema.columns.items()}

    def of_rows(self, rows: Sequence[dict[str, object]]) -> pd.DataFrame:
        """The validated table of some rows, in their order."""
        return self.schema.validate(self._typed(pd.DataFrame(rows, columns=list(self.types))))

    def load(
        self,
        path: str | Path,
        completed: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
    ) -> pd.DataFrame:
        """Read a table from its file or folder and validate it, once it is `completed`.

        Raises
        ------
        NotMeasurementsError
            If columns are missing, a source is not known or values are out of their bounds; the
            message names them.
        """
        file = Path(path)
        if file.is_dir():
            file = file / self.table_file
        if not file.is_file():
            raise NotMeasurementsError(
                f"there is no file {file}", "`sseml data curate` and `sseml data add` make one"
            )
        try:
            table = with_lists(self._read(file))
        except ValueError as error:  # a cell that is no number, or bytes that are no Parquet
            raise NotMeasurementsError(f"{file.name} is not {self.what}: {error}") from error
        missing = [name for name in self.types if name not in {*table.columns, *self.may_lack}]
        if missing:
            raise NotMeasurementsError(f"{file.name} lacks the column(s) {', '.join(missing)}")
        try:
            require_known_sources(table["source"])
        except UnknownSourceError as error:
            raise NotMeasurementsError(f"{file.name}, {error.reason}", error.suggestion) from None
        try:
            return self.schema.validate(self._typed(completed(table)), lazy=True)
        except SchemaErrors as error:
            raise NotMeasurementsError(f"{file.name} is not {self.what}: {error}") from error

    def write(self, table: pd.DataFrame, report: Report, folder: Path) -> None:
        """Write Parquet, CSV and report (JSON) into `folder`, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        flat = without_lists(table)
        with whole_file(folder / self.table_file, binary=True) as stream:
            write_parquet(table, stream)
        with whole_file(folder / self.csv_file) as stream:
            flat.to_csv(stream, index=False, lineterminator="\n")
        write_report(report, folder / self.report_file)

    def _read(self, file: Path) -> pd.DataFrame:
        if file.suffix != ".csv":
            return pd.read_parquet(file)
        empty = {name: [""] for name, column in self.schema.columns.items() if column.nullable}
        return pd.read_csv(file, dtype=self.types, keep_default_na=False, na_values=empty)

    def _typed(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.reindex(columns=list(self.types)).astype(self.types).reset_index(drop=True)


_FORM = TableForm(
    MEASUREMENTS, TABLE_FILE, CSV_FILE, REPORT_FILE, "a table of measurements",
    may_lack=frozenset(("year", "reference")),
)  # fmt: skip


def to_table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """Make the validated table of `drafts`, in their order."""
    return _FORM.of_rows([_row(draft) for draft in drafts])


def measurements_at(table: Path | pd.DataFrame | None) -> pd.DataFrame:
    """The curated measurements: as given, from a path, or from the released bundle's evidence."""
    if isinstance(table, pd.DataFrame):
        require_known_sources(table["source"])
        return with_lists(table)
    return load_measurements(released_evidence() if table is None else table)


def load_measurements(path: str | Path) -> pd.DataFrame:
    """Read a table that `curate` wrote, from its Parquet or CSV file, and validate it.

    A table of an earlier release holds texts where today's holds lists, and may lack ``year`` and
    ``reference``: it takes the years its DOIs carry, and the references its sources state.

    Parameters
    ----------
    path
        ``measurements.parquet``, ``measurements.csv``, or the folder that holds them.

    Raises
    ------
    NotMeasurementsError
        If columns are missing, a source is not known or values are out of their bounds; the message
        names them.
    """
    return _FORM.load(path, _completed)


def write_table(table: pd.DataFrame, report: Report, folder: Path) -> None:
    """Write table (Parquet and CSV) and report (JSON) into `folder`, each whole or not at all."""
    _FORM.write(table, report, folder)


def write_report(report: Report, file: Path) -> None:
    """Write what became of the rows as JSON."""
    with whole_file(file) as stream:
        stream.write(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")


def write_parquet(table: pd.DataFrame, target: Path | IO[bytes]) -> None:
    """Write measurements as Parquet, the columns of `LISTS` as lists of strings."""
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    for name in LISTS.keys() & set(table.columns):
        field = pa.field(name, pa.list_(pa.string()))
        schema = schema.set(schema.get_field_index(name), field)
    table.to_parquet(target, index=False, schema=schema)


def _completed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the columns that earlier releases did not write."""
    added: dict[str, pd.Series] = {}
    if "year" not in table.columns:
        years = [paper_year(dois) for dois in table["doi"]]
        added["year"] = pd.Series(years, index=table.index, dtype="Int16")
    if "reference" not in table.columns:
        rows = zip(table["source"], table["source_id"], strict=True)
        stated = [stated_reference(source, str(row), None) for source, row in rows]
        added["reference"] = pd.Series(stated, index=table.index, dtype="string")
    return table.assign(**added)


def _row(draft: Draft) -> dict[str, object]:
    raw = draft.raw
    family = recognise(
        replace(draft.composition, space_group_number=draft.space_group_number, form=raw.form)
    )
    lattice = draft.lattice or (None,) * len(_LATTICE)
    return {
        "measurement_id": _identity(draft),
        "formula_reported": raw.formula,
        "formula": draft.composition.formula,
        "sigma_S_cm": draft.sigma_S_cm,
        "relation": draft.relation,
        "temperature_C": draft.temperature_C,
        "conductivity_kind": raw.conductivity_kind,
        "activation_energy_eV": draft.activation_energy_eV,
        "space_group_number": draft.space_group_number,
        **dict(zip(_LATTICE, lattice, strict=True)),
        "volume_per_atom_A3": draft.volume_per_atom_A3,
        "form": raw.form,
        "family": family.family,
        "family_confidence": float(family.confidence),
        "doi": draft.dois,
        "reference": stated_reference(raw.source, raw.source_id, draft.reference),
        "year": draft.year,
        "source": raw.source,
        "source_id": raw.source_id,
        "licence": raw.licence or source_record(raw.source).licence,
        "official_split": raw.official_split,
        "also_in": tuple(sorted(draft.also_in)),
        "flags": tuple(sorted(draft.flags)),
    }


def _identity(draft: Draft) -> str:
    raw = draft.raw
    content = (
        raw.source, raw.source_id, raw.formula, draft.composition.formula, draft.relation,
        f"{draft.sigma_S_cm:.12g}", f"{draft.temperature_C:.12g}", raw.conductivity_kind or "",
        "|".join(draft.dois),
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(content).encode()).hexdigest()[:12]
