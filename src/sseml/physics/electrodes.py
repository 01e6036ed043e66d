"""The electrodes that an electrolyte is held against, by name."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TABLE = "electrodes.csv"


@dataclass(frozen=True, slots=True)
class Electrode:
    """One state of an electrode.

    Attributes
    ----------
    name
        As it is mostly written, such as ``NMC811``.
    aliases
        Other spellings.
    ion
        What it takes up and gives off.
    state
        ``metal``, ``charged`` or ``discharged``.
    formula
        What it is taken as.
    doi
        A paper in which it is described; None where nothing needs to be.
    licence
        Of the row.
    note
        What to know of the formula.
    """

    name: str
    aliases: tuple[str, ...]
    ion: str
    state: str
    formula: str
    doi: str | None
    licence: str
    note: str

    @property
    def label(self) -> str:
        """Name and state, such as ``LCO charged`` or ``Li metal``."""
        return f"{self.name} {self.state}"


@cache
def electrodes() -> tuple[Electrode, ...]:
    """All listed electrodes, in the order of the list."""
    text = files("sseml.physics").joinpath(_TABLE).read_text(encoding="utf-8")
    return tuple(
        Electrode(
            name=row["name"],
            aliases=tuple(alias for alias in row["aliases"].split(";") if alias),
            ion=row["ion"],
            state=row["state"],
            formula=row["formula"],
            doi=row["doi"] or None,
            licence=row["licence"],
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def find_electrodes(text: str) -> tuple[Electrode, ...]:
    """Both states of a named electrode, one of them for a label such as ``LCO charged``, or none.

    Names and aliases hold in any case, alone and with the state; a formula is no name.

    Examples
    --------
    >>> [electrode.formula for electrode in find_electrodes("lfp")]
    ['LiFePO4', 'FePO4']
    >>> [electrode.formula for electrode in find_electrodes("LFP charged")]
    ['FePO4']
    """
    asked = " ".join(text.split()).casefold()
    return tuple(electrode for electrode in electrodes() if asked in _spellings(electrode))


def _spellings(electrode: Electrode) -> set[str]:
    """Every name, alone and with the state, without capitals."""
    names = {name.casefold() for name in (electrode.name, *electrode.aliases)}
    return names | {f"{name} {electrode.state}" for name in names}


def standard_electrodes(amounts: Mapping[str, float]) -> tuple[Electrode, ...]:
    """The electrodes of the ion of a material: its metal and the cathodes.

    Parameters
    ----------
    amounts
        Element amounts; those of Li where it holds none of the ions or several.
    """
    ion = next((ion for ion in ("Li", "Na", "K") if ion in amounts), "Li")
    return tuple(electrode for electrode in electrodes() if electrode.ion == ion)
