"""One upstream row: in its own words, and what it means after the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sseml.curation.numbers import Relation
from sseml.records import Composition, ConductivityKind, Form

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


@dataclass(slots=True)
class Draft:
    """One measurement while the rules work on it.

    Attributes
    ----------
    raw
        The upstream row it comes from.
    sigma_S_cm, relation
        Conductivity in S/cm; with relation ``<`` or ``>`` the bound.
    temperature_C
        Temperature in °C.
    lattice
        a, b, c in Å and the angles in degrees; None where not known or not credible.
    dois
        Normalised DOIs; empty where none is known.
    reference
        What else says where it is from; None where nothing does.
    year
        Of the paper; None where not known.
    also_in
        Other upstream rows that report this very measurement, as ``source:source_id``.
    """

    raw: RawMeasurement
    composition: Composition
    sigma_S_cm: float
    relation: Relation
    temperature_C: float
    activation_energy_eV: float | None = None
    space_group_number: int | None = None
    lattice: tuple[float, ...] | None = None
    volume_per_atom_A3: float | None = None
    dois: tuple[str, ...] = ()
    reference: str | None = None
    year: int | None = None
    flags: set[str] = field(default_factory=set)
    also_in: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Source and row, such as ``laskowski:123``."""
        return f"{self.raw.source}:{self.raw.source_id}"

    @property
    def papers(self) -> tuple[str, ...]:
        """What it was reported in: its DOIs, or the series it belongs to; empty if not known."""
        return self.dois or ((self.raw.series,) if self.raw.series else ())

    @property
    def fractions(self) -> dict[str, float]:
        """Element fractions of the composition."""
        return self.composition.fractions()


@dataclass(frozen=True, slots=True)
class Dropped:
    """An upstream row that does not enter the table, with the rule that kept it out."""

    raw: RawMeasurement
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """An upstream row that reports a measurement the table already has."""

    raw: RawMeasurement
    rule: str
    into: str


def total_variation(first: dict[str, float], second: dict[str, float]) -> float:
    """Half the summed absolute difference of element fractions: 0 = same, 1 = disjoint."""
    elements: Iterable[str] = first.keys() | second.keys()
    return 0.5 * sum(abs(first.get(e, 0.0) - second.get(e, 0.0)) for e in elements)
