"""The tidy table of measurements: its columns, their types, and what every row must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd
import pandera.pandas as pa

from sseml.curation.papers import LITERATURE, OWN
from sseml.records import CONDUCTIVITY_KINDS, FORMS

SOURCES = ("obelix", "liverpool", "laskowski", "seeds", LITERATURE, OWN)

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "activation_energy_from_series": "Eₐ is the slope of this paper's own temperature series",
        "charge_imbalance": "no oxidation states of its elements balance the formula within 2 %",
        "cell_content_mismatch": "stated cell content contradicts formula and formula units",
        "composite": "two phases side by side, written as one composition",
        "conflict": "another report of this composition differs by more than a decade",
        "corrected_formula": "the printed formula is a known misprint; `formula` is what it means",
        "corrected_value": "the printed conductivity had lost the minus sign of its exponent",
        "extrapolated": "the value was extrapolated by a compiler from higher temperatures",
        "inconsistent_series": "conductivity falls on heating, or rises faster than 1.4 eV allows",
        "kelvin_as_celsius": "the printed °C can only have been kelvin; `temperature_C` is mended",
        "improbable_prefactor": "σ and Eₐ ask for a prefactor σ₀ that no ionic conductor has",
        "lattice_dropped": "the reported cell is impossible (volume per atom); lattice left out",
        "read_twice": "the same place was read under another formula too, with this very value",
        "revised": "another table gives another value for this measurement; this one is the later",
    }
)
"""Flag → what it says about a row."""

_FRACTION = pa.Check.in_range(0.0, 1.0)
_ANGLE = pa.Check.in_range(20.0, 160.0)
_LENGTH = pa.Check.in_range(1.0, 200.0)


def _text(*checks: pa.Check, nullable: bool = False, unique: bool = False) -> pa.Column:
    return pa.Column("string", list(checks), nullable=nullable, unique=unique)


def _number(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(float, list(checks), nullable=nullable)


def _known_flags(flags: pd.Series) -> pd.Series:
    words = flags.str.split(";")
    return words.map(lambda w: w == [""] or (w == sorted(set(w)) and set(w) <= FLAGS.keys()))


MEASUREMENTS = pa.DataFrameSchema(
    {
        "measurement_id": _text(pa.Check.str_matches(r"^[0-9a-f]{12}$"), unique=True),
        "formula_reported": _text(pa.Check.str_length(min_value=1)),
        "formula": _text(pa.Check.str_contains("Li")),
        "sigma_S_cm": _number(pa.Check.in_range(0.0, 10.0, include_min=False)),
        "relation": _text(pa.Check.isin(["=", "<", ">", "~"])),
        "temperature_C": _number(pa.Check.in_range(-273.15, 1500.0)),
        "conductivity_kind": _text(pa.Check.isin(CONDUCTIVITY_KINDS), nullable=True),
        "activation_energy_eV": _number(pa.Check.in_range(0.0, 3.0), nullable=True),
        "space_group_number": pa.Column("Int16", pa.Check.in_range(1, 230), nullable=True),
        "a_A": _number(_LENGTH, nullable=True),
        "b_A": _number(_LENGTH, nullable=True),
        "c_A": _number(_LENGTH, nullable=True),
        "alpha_deg": _number(_ANGLE, nullable=True),
        "beta_deg": _number(_ANGLE, nullable=True),
        "gamma_deg": _number(_ANGLE, nullable=True),
        "volume_per_atom_A3": _number(pa.Check.in_range(4.0, 37.0), nullable=True),
        "form": _text(pa.Check.isin(FORMS), nullable=True),
        "family": _text(),
        "family_confidence": _number(_FRACTION),
        "doi": _text(pa.Check.str_matches(r"^10\.\d{4,9}/\S+$"), nullable=True),
        "reference": _text(pa.Check.str_length(min_value=1), nullable=True),
        "year": pa.Column("Int16", pa.Check.in_range(1900, 2100), nullable=True),
        "source": _text(pa.Check.isin(SOURCES)),
        "source_id": _text(),
        "licence": _text(pa.Check.str_length(min_value=1)),
        "official_split": _text(pa.Check.isin(["train", "test"]), nullable=True),
        "also_in": _text(),
        "flags": _text(pa.Check(_known_flags, name="known flags, sorted")),
    },
    ordered=True,
    strict=True,
    unique=["source", "source_id"],
)
"""Every column in order; see docs/data.md for what each means."""

COLUMNS: tuple[str, ...] = tuple(MEASUREMENTS.columns)
