"""The columns of repeat units and anions: names, units, meanings, and how units of a chain mix."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, cast

from sseml.classes import dataclass
from sseml.physics.elements import packaged_rows

Mixing = Literal["mass", "atom", "unit"]
"""By what units of a copolymer or blend are averaged: mass, heavy atoms, or moles of units."""

ROUNDED_TO = 6
"""Significant digits of descriptors, shipped or calculated."""

_FOLDER = "features/polymer"


@dataclass(frozen=True, slots=True)
class Group:
    """A chemical group: SMARTS whose first atom is counted, and whether also per heavy atom."""

    name: str
    smarts: str
    per_atom: bool
    description: str


@dataclass(frozen=True, slots=True)
class Column:
    """A descriptor of a repeat unit or an anion."""

    name: str
    mixing: Mixing
    unit: str
    description: str


@cache
def groups() -> tuple[Group, ...]:
    """The groups that are counted, in the order of their table."""
    return tuple(
        Group(name, smarts, per_atom == "1", description)
        for name, smarts, per_atom, description in packaged_rows(f"{_FOLDER}/groups.csv")
    )


@cache
def surface_bins() -> Mapping[str, tuple[float, ...]]:
    """Edges of the bins of surface area: by charge in e, Crippen log P and refractivity."""
    return {
        "charge": (-0.30, -0.25, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15, 0.20, 0.25),
        "logP": (-0.40, -0.20, 0.0, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60),
        "refractivity": (1.29, 1.82, 2.24, 2.45, 2.75, 3.05, 3.63, 3.80, 4.00),
    }


@cache
def unit_columns() -> tuple[Column, ...]:
    """The descriptors of a repeat unit, in the order of the shipped table."""
    single = [
        Column(name, cast("Mixing", mixing), unit, description)
        for name, mixing, unit, description in packaged_rows(f"{_FOLDER}/unit_descriptors.csv")
    ]
    counted = []
    for group in groups():
        counted.append(Column(f"{group.name}_per_kg", "mass", "mol/kg", group.description))
        if group.per_atom:
            text = f"{group.description} per heavy atom"
            counted.append(Column(f"{group.name}_per_atom", "atom", "1", text))
    surface = [
        Column(f"surface_{which}_{number}", "atom", "Å2", _bin(which, edges, number))
        for which, edges in surface_bins().items()
        for number in range(len(edges) + 1)
    ]
    return (*single, *counted, *surface)


def _bin(which: str, edges: tuple[float, ...], number: int) -> str:
    low = f"from {edges[number - 1]:g}" if number else ""
    high = f"below {edges[number]:g}" if number < len(edges) else ""
    limits = " and ".join(part for part in (low, high) if part)
    return f"Labute's surface of atoms with a {which} {limits} per heavy atom"


@cache
def anion_columns() -> tuple[Column, ...]:
    """The descriptors of an anion, in the order of the shipped table; mixed by moles of salt."""
    rows = packaged_rows(f"{_FOLDER}/anion_descriptors.csv")
    return tuple(Column(name, "unit", unit, description) for name, unit, description in rows)
