"""Descriptors of repeat units and salts: from the shipped tables, else calculated with RDKit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.features.polymer.columns import anion_columns, unit_columns
from sseml.features.polymer.glass_transition import (
    glass_transitions_celsius,
    unseen_glass_transitions_celsius,
)
from sseml.files import packaged
from sseml.records import RefusedInputError

FOLDER = "features/polymer"
OWN_SALT = "SALT:"
"""What stands before the SMILES of a salt that has no listed name."""

_FACTS = 3
"""Columns of a table before its descriptors: key, whether it sets the scale, and Tg_C or name."""


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A repeat unit: its key, its descriptors, shape (n_columns,), and its glass transition.

    `Tg_C` is predicted from the descriptors; `unseen_Tg_C` by a model that was not fitted to this
    polymer, where it is listed.
    """

    key: str
    values: FloatArray
    Tg_C: float
    unseen_Tg_C: float


@dataclass(frozen=True, slots=True, eq=False)
class Salt:
    """A salt: its key, and the descriptors of its anion, shape (n_columns,)."""

    key: str
    values: FloatArray


def repeat_unit(psmiles: str) -> Unit:
    """Find or calculate the descriptors of a repeat unit.

    Raises
    ------
    RefusedInputError
        If a unit that is not listed is no repeat unit, or RDKit is not installed.
    """
    return _unit(psmiles.strip().replace("[*]", "*"))


@lru_cache(maxsize=4096)
def _unit(text: str) -> Unit:
    listed = _table("repeat_units.csv")
    key = _spellings().get(text, text)
    if key not in listed:
        return _calculated(text)
    facts, values = _fields(listed[key])
    return _with_unseen(key, values, float(facts[2]))


def _with_unseen(key: str, values: FloatArray, Tg_C: float) -> Unit:
    return Unit(key, values, Tg_C, unseen_glass_transitions_celsius().get(key, Tg_C))


def _calculated(text: str) -> Unit:
    from sseml.features.polymer.periodic import polymer_key  # noqa: PLC0415 - only for own units
    from sseml.features.polymer.repeat_unit import unit_descriptors  # noqa: PLC0415

    key = polymer_key(text)
    if key in _table("repeat_units.csv"):
        return _unit(key)
    named = unit_descriptors(key)
    values = np.array([named[column.name] for column in unit_columns()])
    return _with_unseen(key, values, round(float(glass_transitions_celsius(values[None])[0]), 1))


@lru_cache(maxsize=1024)
def salt(name: str) -> Salt:
    """Find or calculate the descriptors of a salt by its listed name or ``SALT:`` and SMILES.

    Raises
    ------
    RefusedInputError
        If the name is not listed, the SMILES is no lithium salt's, or RDKit is not installed.
    """
    listed = _table("anions.csv")
    text = name.removeprefix(OWN_SALT)
    key = _spellings().get(text, text)
    if key in listed:
        return Salt(key, _fields(listed[key])[1])
    if text == name:
        raise RefusedInputError(f"no salt {name!r} is listed", "see sseml names --kind salt")
    from sseml.features.polymer.anion import anion_descriptors, salt_key  # noqa: PLC0415

    key = salt_key(text)
    if key in listed:
        return Salt(key, _fields(listed[key])[1])
    named = anion_descriptors(key)
    return Salt(key, np.array([named[column.name] for column in anion_columns()]))


def listed_keys() -> tuple[str, ...]:
    """Keys of the repeat units that need no RDKit."""
    return tuple(_table("repeat_units.csv"))


def scale_of(table: str) -> tuple[FloatArray, FloatArray]:
    """Centre and spread, each (n_columns,), of the descriptors of ``repeat_unit`` or ``anion``.

    They are those of the polymers, or salts, of ChemArr (doi 10.1021/acscentsci.2c01123). The
    spread is infinite where all of these have one value: such a column does not count.
    """
    rows = [line.split(",") for line in _lines("scales.csv")]
    numbers = np.array([[float(row[2]), float(row[3])] for row in rows if row[0] == table])
    return numbers[:, 0], numbers[:, 1]


def _fields(line: str) -> tuple[list[str], FloatArray]:
    fields = line.split(",")
    return fields[:_FACTS], np.array([float(field) for field in fields[_FACTS:]])


@cache
def _table(name: str) -> Mapping[str, str]:
    """Lines of a table by key."""
    return {line.partition(",")[0]: line for line in _lines(name)}


@cache
def _spellings() -> Mapping[str, str]:
    """Keys by what is written: PSMILES, SMILES of a salt, or its name."""
    parted = (line.partition(",") for line in _lines("spellings.csv"))
    return {text: key for text, _, key in parted}


def _lines(name: str) -> list[str]:
    return packaged(f"{FOLDER}/{name}").read_text(encoding="utf-8").splitlines()[1:]
