"""A measurement on its way into the table: what a raw row means, and what was noticed of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sseml.curation.numbers import Relation
from sseml.curation.raw import RawMeasurement
from sseml.records import Composition


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
