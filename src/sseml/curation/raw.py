"""One upstream row in its own words, before any rule has touched it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sseml.records import ConductivityKind, Form

NO_LINKS: Mapping[str, str] = MappingProxyType({})


class SourceFormatError(ValueError):
    """An upstream file is not in the format its reader knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMeasurement:
    """One row of an upstream table: numbers still text, nothing corrected.

    Attributes
    ----------
    source, source_id
        Name of the dataset and the row's identifier in it.
    formula, conductivity, temperature_C, activation_energy_eV, space_group
        Text as reported; conductivity in S/cm, temperature in °C, activation energy in eV.
    lattice
        a, b, c in Å and alpha, beta, gamma in degrees, as text; empty where not reported.
    cell_content
        Formula of the unit cell, for the volume per atom.
    formula_units
        Formula units per cell, as text.
    doi
        As reported, several joined by ``|``; empty where not reported.
    year
        Of the paper, as text; empty where not reported.
    official_split
        ``train`` or ``test`` where the dataset fixes a split.
    unusable
        A reason code where the row is known not to be a measurement to train from.
    flags
        Facts about the row that the reader knows and the table should carry.
    series
        What was made or published together; it stands for a paper where no DOI is known.
    reference
        The paper in the source's own words; empty where it gives none.
    read_at
        Address of the text the value was read in; empty where not known.
    is_quoted
        Whether that text quotes the value from another paper.
    links
        Pointers to the same measurement in other datasets, in the dataset's own words.
    """

    source: str
    source_id: str
    formula: str
    conductivity: str
    temperature_C: str
    licence: str
    activation_energy_eV: str = ""
    conductivity_kind: ConductivityKind | None = None
    space_group: str = ""
    lattice: tuple[str, ...] = ()
    cell_content: str = ""
    formula_units: str = ""
    form: Form | None = None
    doi: str = ""
    year: str = ""
    official_split: str | None = None
    unusable: str | None = None
    flags: tuple[str, ...] = ()
    series: str = ""
    reference: str = ""
    read_at: str = ""
    is_quoted: bool = False
    links: Mapping[str, str] = field(default_factory=lambda: NO_LINKS)
