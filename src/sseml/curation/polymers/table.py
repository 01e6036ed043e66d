"""Drafts become the tidy table of polymer electrolytes; it goes to files, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from sseml.curation.papers import stated_reference
from sseml.curation.polymers.rows import RecipeDraft
from sseml.curation.polymers.schema import POLYMERS
from sseml.curation.schema import with_lists
from sseml.curation.sources import require_known_sources, source_record
from sseml.curation.table import Report, TableForm
from sseml.families.polymer import recognise_recipe
from sseml.records import Composite, Polymer
from sseml.released import POLYMER_BUNDLE, released_evidence

TABLE_FILE = "polymers.parquet"
CSV_FILE = "polymers.csv"
REPORT_FILE = "polymers.json"

_FORM = TableForm(POLYMERS, TABLE_FILE, CSV_FILE, REPORT_FILE, "a table of polymer electrolytes")


def to_table(drafts: Sequence[RecipeDraft]) -> pd.DataFrame:
    """Make the validated table of `drafts`, in their order."""
    return _FORM.of_rows([_row(draft) for draft in drafts])


def empty_table() -> pd.DataFrame:
    """A table of polymer electrolytes without rows."""
    return to_table([])


def polymers_at(table: Path | pd.DataFrame | None) -> pd.DataFrame:
    """The curated polymers: as given, from a path, or from the released bundle's evidence."""
    if isinstance(table, pd.DataFrame):
        require_known_sources(table["source"])
        return with_lists(table)
    return load_polymers(released_evidence(POLYMER_BUNDLE) if table is None else table)


def load_polymers(path: str | Path) -> pd.DataFrame:
    """Read a table of polymer electrolytes from its Parquet or CSV file, and validate it.

    Parameters
    ----------
    path
        ``polymers.parquet``, ``polymers.csv``, or the folder that holds them.

    Raises
    ------
    NotMeasurementsError
        If columns are missing, a source is not known or values are out of their bounds; the message
        names them.
    """
    return _FORM.load(path)


def write_polymers(table: pd.DataFrame, report: Report, folder: Path) -> None:
    """Write table (Parquet and CSV) and report (JSON) into `folder`, each whole or not at all."""
    _FORM.write(table, report, folder)


def _row(draft: RecipeDraft) -> dict[str, object]:
    raw, material = draft.raw, draft.material
    family = recognise_recipe(material)
    fillers = material.fillers if isinstance(material, Composite) else ()
    return {
        "measurement_id": _identity(draft),
        "formula_reported": raw.formula,
        "formula": material.formula,
        "sigma_S_cm": draft.sigma_S_cm,
        "relation": draft.relation,
        "temperature_C": draft.temperature_C,
        "conductivity_kind": None,
        "space_group_number": None,
        "series": draft.curve,
        "polymer": "|".join(draft.keys),
        "salt": _joined(salt.name for salt in material.salts),
        "molality_mol_kg": None if "assumed_amount" in draft.flags else _molality(material),
        "molar_mass_g_mol": material.molar_mass_g_mol,
        "liquid": _joined(liquid.name for liquid in material.liquids),
        "liquid_percent": _total(liquid.weight_percent for liquid in material.liquids),
        "filler": _joined(filler.name for filler in fillers),
        "filler_percent": _total(filler.weight_percent for filler in fillers),
        "filler_size_nm": draft.filler_size_nm,
        "sigma_without_filler_S_cm": draft.sigma_without_filler_S_cm,
        "family": family.family,
        "family_confidence": float(family.confidence),
        "doi": draft.dois,
        "reference": stated_reference(raw.source, raw.source_id, draft.reference),
        "year": draft.year,
        "source": raw.source,
        "source_id": raw.source_id,
        "licence": raw.licence or source_record(raw.source).licence,
        "also_in": tuple(sorted(draft.also_in)),
        "flags": tuple(sorted(draft.flags)),
    }


def _joined(names: Iterable[str]) -> str | None:
    return "|".join(names) or None


def _molality(material: Polymer) -> float | None:
    return sum(salt.molality_mol_kg for salt in material.salts) or None


def _total(percents: Iterable[float | None]) -> float | None:
    """The sum of percents of the total mass; None where there are none, or one is not stated."""
    stated = list(percents)
    known = [percent for percent in stated if percent is not None]
    return sum(known) if known and len(known) == len(stated) else None


def _identity(draft: RecipeDraft) -> str:
    content = (
        draft.raw.source, draft.raw.source_id, draft.raw.formula, draft.material.formula,
        draft.relation, f"{draft.sigma_S_cm:.12g}", f"{draft.temperature_C:.12g}",
        "|".join(draft.dois),
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(content).encode()).hexdigest()[:12]
