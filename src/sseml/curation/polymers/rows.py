"""One upstream row of a polymer electrolyte: in its own words, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, field

from sseml.curation.numbers import Relation
from sseml.records import Polymer


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecipe:
    """One row of a table of polymer electrolytes: numbers still text, nothing corrected.

    Attributes
    ----------
    formula
        The recipe in the source's own words.
    material
        Its parts, where the source states them in columns of their own; `formula` is read without.
    conductivity
        In S/cm.
    run
        Names rows that stand one after the other and say they are of one sample; it keys a curve,
        as rows of one recipe elsewhere in the file may be of another paper.
    doi
        As reported, several joined by ``|``.
    series
        What was made or published together; it stands for a paper where no DOI is known.
    reference
        The paper in the source's own words.
    licence
        As the row states it; empty for that of its source.
    unusable
        A reason code where the row is known not to be a measurement to train from.
    is_assumed
        Whether an amount in the recipe is not the source's.
    sigma_without_filler_S_cm
        Of the same paper's film without filler at this temperature.
    """

    source: str
    source_id: str
    formula: str
    conductivity: str
    temperature_C: str
    run: str
    material: Polymer | None = None
    doi: str = ""
    series: str = ""
    reference: str = ""
    year: str = ""
    licence: str = ""
    unusable: str | None = None
    is_assumed: bool = False
    sigma_without_filler_S_cm: str = ""
    filler_size_nm: str = ""


@dataclass(slots=True)
class RecipeDraft:
    """One measurement while the rules work on it.

    `sigma_S_cm` is the bound where `relation` is ``<`` or ``>``; `keys` name the repeat units;
    `curve` names what was measured on one sample; `also_in` other rows of this very measurement.
    """

    raw: RawRecipe
    material: Polymer
    keys: tuple[str, ...]
    sigma_S_cm: float
    relation: Relation
    temperature_C: float
    dois: tuple[str, ...] = ()
    reference: str | None = None
    year: int | None = None
    sigma_without_filler_S_cm: float | None = None
    filler_size_nm: float | None = None
    curve: str = ""
    flags: set[str] = field(default_factory=set)
    also_in: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Source and row, such as ``chemarr:B001#12``."""
        return f"{self.raw.source}:{self.raw.source_id}"
