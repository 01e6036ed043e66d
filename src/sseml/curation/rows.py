"""One upstream row: in its own words, and what it means after the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from sseml.classes import dataclass, field
from sseml.curation.numbers import Relation
from sseml.records import Composition, ConductivityKind, Form

SERIES_END: Final = "#"
"""Ends what was made or published together in the `source_id` of a row that is a lab's own or from
our literature table: ``LPSCl-2026-07#8f3a01c2``, ``P017#L0123``."""


PAPER_FOUND: Final = "paper_found"
STRUCTURE_FOUND: Final = "structure_found"
"""Flags of rows whose source lacks what our table of findings has: `sseml.curation.found`."""


class SourceFormatError(ValueError):
    """An upstream file is not in the format its reader knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMeasurement:
    """One row of an upstream table: numbers still text, nothing corrected, unknown empty.

    Attributes
    ----------
    conductivity
        In S/cm.
    licence
        As the row states it; empty for that of its source.
    lattice
        a, b, c in Å and alpha, beta, gamma in degrees.
    cell_content, formula_units
        Formula of the unit cell and formula units per cell, for the volume per atom.
    doi
        As reported, several joined by ``|``.
    unusable
        A reason code where the row is known not to be a measurement to train from.
    flags
        Facts about the row that the reader knows and the table should carry.
    series
        What was made or published together; it stands for a paper where no DOI is known.
    reference
        The paper in the source's own words.
    read_at, is_quoted
        Address of the text the value was read in, and whether it quotes another paper.
    links
        Pointers to the same measurement in other datasets, in the dataset's own words.
    """

    source: str
    source_id: str
    formula: str
    conductivity: str
    temperature_C: str
    licence: str = ""
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
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """One measurement while the rules work on it.

    `sigma_S_cm` is the bound where `relation` is ``<`` or ``>``; `lattice` is a, b, c in Å and the
    angles in degrees; `also_in` names other rows of this very measurement: ``source:source_id``.
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
        """Its DOIs, or the series it belongs to; empty if no paper is known."""
        return self.dois or ((self.raw.series,) if self.raw.series else ())

    @property
    def fractions(self) -> dict[str, float]:
        """Element fractions of the composition."""
        return self.composition.fractions()


class Upstream(Protocol):
    """What the rows of all kinds of upstream tables have."""

    @property
    def conductivity(self) -> str:
        """In S/cm, as text."""
        ...

    @property
    def temperature_C(self) -> str:  # noqa: N802 - its unit
        """In °C, as text."""
        ...

    @property
    def unusable(self) -> str | None:
        """A reason code where the row is known not to be a measurement to train from."""
        ...

    @property
    def source(self) -> str:
        """Name of the source."""
        ...

    @property
    def source_id(self) -> str:
        """Names the row in the source."""
        ...

    @property
    def formula(self) -> str:
        """The material in the source's own words."""
        ...


class Kept(Protocol):
    """What the drafts of all kinds of upstream rows have."""

    @property
    def raw(self) -> Upstream:
        """The upstream row."""
        ...

    @property
    def flags(self) -> set[str]:
        """What is known about the row beside its columns."""
        ...


class Dropped(NamedTuple):
    """An upstream row that does not enter the table, with the rule that kept it out."""

    raw: Upstream
    reason: str
    detail: str = ""


class Merged(NamedTuple):
    """An upstream row that reports a measurement the table already has, and the row it joined."""

    raw: Upstream
    rule: str
    into: str


def total_variation(first: dict[str, float], second: dict[str, float]) -> float:
    """Half the summed absolute difference of element fractions: 0 = same, 1 = disjoint."""
    elements = first.keys() | second.keys()
    return 0.5 * sum(abs(first.get(e, 0.0) - second.get(e, 0.0)) for e in elements)
