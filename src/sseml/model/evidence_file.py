"""The evidence of a bundle is read from its Parquet file, or from the cache folder."""

from __future__ import annotations

from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sseml.arrays import FloatArray
from sseml.curation.papers import listed_dois, paper_name, stated_reference
from sseml.curation.sources import require_known_sources
from sseml.kinds import Kind
from sseml.model.evidence import Evidence
from sseml.model.remembered import remembered
from sseml.patterns import late

_COLUMNS = (
    "formula", "sigma_S_cm", "relation", "temperature_C", "conductivity_kind", "doi", "source",
    "source_id", "space_group_number",
)  # fmt: skip
_REFERENCE = "reference"
_FLAGS = "flags"
_OF_RECIPES = frozenset(("polymer", _FLAGS))
"""Columns that only a table of recipes has both of."""
_LAYOUT = 1
"""Of what is remembered of a table: to be raised when other columns are read of it."""
_ASSUMED_AMOUNT = "assumed_amount"
_AMOUNT = late(r", (?:[A-Z]+:Li|m)=[\d.]+")
"""Of salt, in a recipe: it is not shown where it was assumed."""


def read_evidence(
    file: Path | BinaryIO,
    kind: Kind,
    positions: FloatArray | None = None,
    checksum: str | None = None,
) -> Evidence:
    """Read the evidence of a bundle from Parquet; positions are calculated where none are given.

    A file of a known `checksum` (SHA-256) is remembered in the cache folder. A `KeyError` names a
    missing column; bundles of earlier releases lack `reference`.
    """
    if checksum is None:
        column = _columns(file)
    else:
        column = remembered(f"evidence-{_LAYOUT}-{checksum}", lambda: _columns(file))
    require_known_sources(column["source"])
    rows = [column[name] for name in ("source", "source_id")]
    references = list(map(stated_reference, *rows, column.get(_REFERENCE, repeat(None))))
    if positions is None:
        positions = kind.distance.positions(kind.read_all(column["formula"]))
    papers = list(map(paper_name, column["doi"], *rows, references))
    formulas, assumed = column["formula"], None
    if _FLAGS in column:
        assumed = np.array([_ASSUMED_AMOUNT in (own or ()) for own in column[_FLAGS]], dtype=bool)
        formulas = [
            _AMOUNT.sub("", formula) if is_assumed else formula
            for formula, is_assumed in zip(formulas, assumed, strict=True)
        ]
    return Evidence(
        formulas=formulas,
        distance=kind.distance,
        positions=positions,
        sigma_S_cm=np.array(column["sigma_S_cm"]),
        temperature_C=np.array(column["temperature_C"]),
        relations=column["relation"],
        conductivity_kinds=column["conductivity_kind"],
        dois=["|".join(listed_dois(stored)) or None for stored in column["doi"]],
        sources=column["source"],
        space_groups=column["space_group_number"],
        references=references,
        papers=papers,
        assumed=assumed,
    )


def _columns(file: Path | BinaryIO) -> dict[str, Any]:
    """The columns that are used, as lists; a table of recipes has flags too."""
    from pyarrow import parquet  # noqa: PLC0415 - start-up: 0.1 s, only when a bundle is read

    stored = parquet.ParquetFile(file)
    for name in _COLUMNS:
        if name not in stored.schema_arrow.names:
            raise KeyError(name)
    available = stored.schema_arrow.names
    names = [name for name in (*_COLUMNS, _REFERENCE) if name in available]
    if _OF_RECIPES.issubset(available):
        names.append(_FLAGS)
    table = stored.read(columns=names)
    # not .to_numpy(), which imports pandas (0.2 s) where it is installed
    return {name: table.column(name).to_pylist() for name in names}
