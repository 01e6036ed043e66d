"""How our own tables of polymers and composites are read; nothing is judged."""

from __future__ import annotations

from pathlib import Path

from sseml.curation.polymers.rows import RawRecipe
from sseml.curation.readers import table_rows, unusable_reason
from sseml.curation.rows import SERIES_END

_COLUMNS = (
    "composite_id", "paper", "recipe", "recipe_as_written", "sigma_S_cm", "relation",
    "temperature_C", "sigma_without_filler_S_cm", "filler_size_nm", "year", "doi", "reference",
    "url", "usable_for_training", "reason", "licence",
)  # fmt: skip


def read_composites(folder: Path) -> list[RawRecipe]:
    """Read our own table of films with fillers, ``composites.csv``."""
    return _read(folder / "composites.csv", "composites")


def read_polymers(folder: Path) -> list[RawRecipe]:
    """Read our own table of polymer films, ``polymers.csv``."""
    return _read(folder / "polymers.csv", "polymers")


def _read(file: Path, source: str) -> list[RawRecipe]:
    """The rows of a table; the `source_id` names the paper too: ``A001#A0123``."""
    return [
        RawRecipe(
            source=source,
            source_id=f"{row['paper']}{SERIES_END}{row['composite_id']}",
            formula=row["recipe"],
            conductivity=f"{row['relation'].strip('=')}{row['sigma_S_cm']}",
            temperature_C=row["temperature_C"],
            run=f"{row['paper']}: {row['recipe']}",
            doi=row["doi"],
            series=row["paper"],
            reference=row["reference"] or ("" if row["doi"] else row["url"]),
            year=row["year"],
            licence=row["licence"],
            unusable=unusable_reason(row),
            sigma_without_filler_S_cm=row["sigma_without_filler_S_cm"],
            filler_size_nm=row["filler_size_nm"],
        )
        for row in table_rows(file, _COLUMNS)
    ]
