"""The tidy table of polymer electrolytes: its columns, their types, what every row must satisfy.

The columns that measurements of both kinds share mean the same in both tables.
"""

from __future__ import annotations

import pandera.pandas as pa

from sseml.curation.schema import MEASUREMENTS
from sseml.curation.sources import SOURCES


def _text(*checks: pa.Check) -> pa.Column:
    return pa.Column("string", [pa.Check.str_length(min_value=1), *checks])


def _number(low: float, high: float) -> pa.Column:
    return pa.Column(float, pa.Check.in_range(low, high), nullable=True)


_OWN = {
    "temperature_C": pa.Column(float, pa.Check.in_range(-100.0, 200.0)),
    "source": _text(pa.Check.isin([name for name, each in SOURCES.items() if each.is_of_recipes])),
    "formula": _text(),  # LATP names its lithium by the name of the filler
    "series": _text(),
    "polymer": _text(),
    "salt": pa.Column("string", pa.Check.str_length(min_value=1), nullable=True),
    "molality_mol_kg": pa.Column(float, pa.Check.gt(0.0), nullable=True),
    "molar_mass_g_mol": _number(100.0, 1e7),
    "liquid": pa.Column("string", pa.Check.str_length(min_value=1), nullable=True),
    "liquid_percent": _number(0.0, 100.0),
    "filler": pa.Column("string", pa.Check.str_length(min_value=1), nullable=True),
    "filler_percent": _number(0.0, 100.0),
    "filler_size_nm": _number(0.1, 1e6),
    "sigma_without_filler_S_cm": _number(1e-16, 1.0),
}

_ORDER = (
    "measurement_id", "formula_reported", "formula", "sigma_S_cm", "relation", "temperature_C",
    "conductivity_kind", "space_group_number", "series", "polymer", "salt", "molality_mol_kg",
    "molar_mass_g_mol", "liquid", "liquid_percent", "filler", "filler_percent", "filler_size_nm",
    "sigma_without_filler_S_cm", "family", "family_confidence", "doi", "reference", "year",
    "source", "source_id", "licence", "also_in", "flags",
)  # fmt: skip

POLYMERS = pa.DataFrameSchema(
    {
        name: _OWN[name] if name in _OWN else MEASUREMENTS.columns[name].set_name(name)
        for name in _ORDER
    },
    ordered=True,
    strict=True,
    unique=["source", "source_id"],
)
"""Every column in order.

`series` names what was measured on one sample; `polymer` the key of each polymer, heaviest first,
joined by ``|``; `liquid` and `filler` their names joined by ``|``, with the sum of their percents
of the total mass, missing where one is not stated.
"""

POLYMER_COLUMNS: tuple[str, ...] = tuple(POLYMERS.columns)
