"""The tidy table of measurements: its columns, their types, and what every row must satisfy."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import pandas as pd
import pandera.pandas as pa

from sseml.arrays import BoolArray
from sseml.curation.sources import SOURCES
from sseml.records import CONDUCTIVITY_KINDS, FORMS

LISTS: Mapping[str, str] = MappingProxyType({"doi": "|", "also_in": ";", "flags": ";"})
"""Column whose cells are tuples of texts, never missing → sign that joins them in a CSV file."""

_FLAGS = "flags.csv"
_FRACTION = pa.Check.in_range(0.0, 1.0)
_ANGLE = pa.Check.in_range(20.0, 160.0)
_LENGTH = pa.Check.in_range(1.0, 200.0)
_DOI = re.compile(r"10\.\d{4,9}/[^\s|]+")


@cache
def flag_meanings() -> Mapping[str, str]:
    """Flag → what it says about a row."""
    text = files("sseml.curation").joinpath(_FLAGS).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["flag"]: row["meaning"] for row in rows})


def with_lists(table: pd.DataFrame) -> pd.DataFrame:
    """The table with tuples in the columns of `LISTS`.

    Their cells may be lists, nothing, or texts joined as in CSV files and in the Parquet files of
    earlier releases.
    """
    listed = {
        name: pd.Series(
            [_listed(cell, sign) for cell in table[name]], index=table.index, dtype=object
        )
        for name, sign in LISTS.items()
        if name in table.columns
    }
    return table.assign(**listed)


def without_lists(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the columns of `LISTS` joined to text, missing where there is none."""
    joined = {
        name: table[name].map(sign.join).replace("", pd.NA).astype("string")
        for name, sign in LISTS.items()
        if name in table.columns
    }
    return table.assign(**joined)


def has_flag(table: pd.DataFrame, *flags: str) -> BoolArray:
    """Whether each row carries one of `flags`, shape (n,)."""
    wanted = set(flags)
    carried = with_lists(table[["flags"]])["flags"]
    return np.array([not wanted.isdisjoint(own) for own in carried], dtype=bool)


def _listed(cell: object, sign: str) -> tuple[str, ...]:
    if isinstance(cell, str):
        return tuple(part for part in cell.split(sign) if part)
    return tuple(cell) if isinstance(cell, Iterable) else ()


def _text(*checks: pa.Check, nullable: bool = False, unique: bool = False) -> pa.Column:
    return pa.Column("string", list(checks), nullable=nullable, unique=unique)


def _number(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return pa.Column(float, list(checks), nullable=nullable)


def _list(name: str, is_sound: Callable[[tuple[str, ...]], bool]) -> pa.Column:
    def check(cells: pd.Series) -> pd.Series:
        return cells.map(lambda cell: isinstance(cell, tuple) and is_sound(cell))

    return pa.Column(object, pa.Check(check, name=name))


def _are_known_flags(flags: tuple[str, ...]) -> bool:
    return list(flags) == sorted(set(flags)) and flag_meanings().keys() >= set(flags)


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
        "doi": _list("DOIs", lambda dois: all(map(_DOI.fullmatch, dois))),
        "reference": _text(pa.Check.str_length(min_value=1), nullable=True),
        "year": pa.Column("Int16", pa.Check.in_range(1900, 2100), nullable=True),
        "source": _text(pa.Check.isin(list(SOURCES))),
        "source_id": _text(),
        "licence": _text(pa.Check.str_length(min_value=1)),
        "official_split": _text(pa.Check.isin(["train", "test"]), nullable=True),
        "also_in": _list("rows of sources", all),
        "flags": _list("known flags, sorted", _are_known_flags),
    },
    ordered=True,
    strict=True,
    unique=["source", "source_id"],
)
"""Every column in order; see docs/data.md for what each means."""

COLUMNS: tuple[str, ...] = tuple(MEASUREMENTS.columns)
