"""The records of a prediction: what was asked, what is answered, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from sseml.classes import dataclass, field
from sseml.contributions import Contributions
from sseml.units import ROOM_TEMPERATURE_C, SUPERIONIC_S_CM

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Form = Literal["crystal", "glass", "glass-ceramic", "film"]
ConductivityKind = Literal["total", "bulk"]
Domain = Literal["inside", "edge", "outside"]

DOMAINS: tuple[Domain, ...] = ("inside", "edge", "outside")
"""From the best to the worst."""
RefusalCode = Literal[
    "unreadable_row", "invalid_formula", "unsupported_material", "invalid_qualifier", "no_lithium"
]

FORMS: tuple[Form, ...] = ("crystal", "glass", "glass-ceramic", "film")
CONDUCTIVITY_KINDS: tuple[ConductivityKind, ...] = ("total", "bulk")


class RefusedInputError(ValueError):
    """A person wrote something that cannot be answered: the reason, and what to write instead.

    Only this error becomes a `Refusal`; any other error is a bug.

    Parameters
    ----------
    reason
        What is wrong, quoting the offending text.
    suggestion
        What to write instead; empty where there is none.
    """

    code: RefusalCode = "invalid_formula"
    """The reason as a word that a program can test."""

    def __init__(self, reason: str, suggestion: str = "") -> None:
        super().__init__(f"{reason} ({suggestion})" if suggestion else reason)
        self.reason = reason
        self.suggestion = suggestion


class NegativeAmountError(RefusedInputError):
    """With this x an amount of the formula is below zero."""


class RefusedQualifierError(RefusedInputError):
    """A condition that was written with the formula is impossible."""

    code: RefusalCode = "invalid_qualifier"


class UnsupportedMaterialError(RefusedInputError):
    """The text is understood, but names a kind of material that this release does not answer."""

    code: RefusalCode = "unsupported_material"


class NoLithiumError(RefusedInputError):
    """The material holds no lithium, and is no lithium electrolyte."""

    code: RefusalCode = "no_lithium"


class BundleError(RuntimeError):
    """A model bundle is missing, damaged or of a schema version this code does not read."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A material known by its elements and their amounts, with the crystal facts a row may carry.

    Attributes
    ----------
    formula
        Canonical text, which `sseml.parse.formula.parse_formula` reads back to the same amounts.
    amounts
        Element symbol → amount in mol per formula unit; all positive; deuterium counted as H.
    space_group_number
        International number 1–230, where known.
    volume_per_atom_A3
        Cell volume per atom in Å³, where known.
    form
        How the material was made, where known.
    """

    formula: str
    amounts: Mapping[str, float]
    space_group_number: int | None = None
    volume_per_atom_A3: float | None = None
    form: Form | None = None

    def fractions(self) -> dict[str, float]:
        """Element fractions, summing to 1."""
        total = sum(self.amounts.values())
        return {symbol: amount / total for symbol, amount in self.amounts.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Crystal(Composition):
    """A composition whose sites are known: the average structure, which may be disordered.

    Attributes
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    positions
        Fractional coordinates of the sites, shape (n_sites, 3).
    occupancies
        Of each site, element symbol → occupancy; the sum is above 0 and at most 1, and the rest is
        vacant.
    source
        The file that it was read from, as the person wrote it.
    notes
        What was noticed while it was read, for the person who handed it in.
    """

    lattice_A: NDArray[np.float64] = field(kw_only=True)
    positions: NDArray[np.float64] = field(kw_only=True)
    occupancies: tuple[Mapping[str, float], ...] = field(kw_only=True)
    source: str = field(default="", kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    def __eq__(self, other: object) -> bool:
        """Only of itself: arrays have no one truth."""
        return self is other

    def __hash__(self) -> int:
        """Of its identity."""
        return id(self)


FillerShape = Literal["particle", "wire", "sheet", "aligned", "network"]

FILLER_SHAPES: tuple[FillerShape, ...] = ("particle", "wire", "sheet", "aligned", "network")


@dataclass(frozen=True, slots=True)
class RepeatUnit:
    """One repeat unit of a polymer: its PSMILES, and its share of the units in mol."""

    psmiles: str
    mole_share: float = 1.0


@dataclass(frozen=True, slots=True)
class PolymerPart:
    """A polymer of a recipe.

    `name` is the listed name, or ``PSMILES:…`` for one of the person's own; `weight_share` is that
    of all polymers of the recipe, which sum to 1.
    """

    name: str
    units: tuple[RepeatUnit, ...]
    weight_share: float = 1.0


@dataclass(frozen=True, slots=True)
class SaltPart:
    """A lithium salt of a recipe: its listed name, and mol of salt per kg of polymer."""

    name: str
    molality_mol_kg: float


@dataclass(frozen=True, slots=True)
class LiquidPart:
    """A solvent, plasticiser, plastic crystal or ionic liquid, in percent of the total mass.

    `weight_percent` is None where it was not stated.
    """

    name: str
    weight_percent: float | None


@dataclass(frozen=True, slots=True)
class Filler:
    """A solid in a polymer: its listed name or formula, percent of the total mass, and its shape.

    `weight_percent` is None where it was not stated. `composition` is that of an inorganic filler.
    """

    name: str
    weight_percent: float | None
    shape: FillerShape = "particle"
    composition: Composition | None = None


@dataclass(frozen=True, slots=True)
class Polymer:
    """A polymer electrolyte: what is weighed in to make it.

    Attributes
    ----------
    formula
        Canonical text, which `sseml.parse.recipe.parse_recipe` reads back to the same recipe.
    polymers
        At least one, unless the material is a `Composite` of solids.
    salts
        Empty for a single-ion polymer that brings its own lithium.
    liquids
        Empty for a dry electrolyte.
    molar_mass_g_mol
        Of the polymer, where stated.
    """

    formula: str
    polymers: tuple[PolymerPart, ...]
    salts: tuple[SaltPart, ...] = ()
    liquids: tuple[LiquidPart, ...] = ()
    molar_mass_g_mol: float | None = None


@dataclass(frozen=True, slots=True)
class Composite(Polymer):
    """A polymer electrolyte with solids in it, or a sheet of a solid with a little polymer."""

    fillers: tuple[Filler, ...] = ()


class Material(Protocol):
    """What every kind of material has: a canonical text, which its kind reads back."""

    @property
    def formula(self) -> str:
        """Canonical text."""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """One parsed row: the material asked about and the conditions it is asked at.

    Attributes
    ----------
    row
        Number of the line or table row in the input, from 1.
    input
        The text as the person wrote it.
    activation_energy_eV
        Of σT, where the row gives one, measured or calculated.
    columns
        The other columns of the input row, kept for the output.
    notes
        What was read from words around the formula, and what was not used.
    """

    row: int
    input: str
    material: Material
    temperature_C: float = ROOM_TEMPERATURE_C
    conductivity_kind: ConductivityKind | None = None
    activation_energy_eV: float | None = None
    columns: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be answered, in its own place among the answers."""

    row: int
    input: str
    reason: str
    suggestion: str = ""
    columns: Mapping[str, object] = field(default_factory=dict)
    code: RefusalCode = "invalid_formula"

    @property
    def message(self) -> str:
        """The whole message: row, text, reason and suggestion."""
        fix = f"; {self.suggestion}" if self.suggestion else ""
        return f"row {self.row}: {self.input!r}: {self.reason}{fix}"


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A measurement of the very material that was asked about.

    `relation` is ``=``, ``~``, or ``<`` / ``>`` where `sigma_S_cm` is a bound. `reference` says
    where the value is from in addition to the DOI, or where there is none.
    """

    sigma_S_cm: float
    relation: str
    temperature_C: float
    doi: str | None
    reference: str | None = None

    @property
    def is_bound(self) -> bool:
        """Whether the value is a bound, not a number."""
        return self.relation in "<>"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A measured material near the one asked about.

    `distance` is half the summed absolute difference of element fractions (0 = same, 1 = disjoint).
    """

    formula: str
    distance: float
    sigma_S_cm: float
    temperature_C: float
    doi: str | None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to one `Query`; None means not known.

    `measured_…` is one measurement of this very material, how many there are, from how many papers,
    and the lowest and the highest of them; `measurements` holds all of them by conductivity.
    `sigma_if_conductor_S_cm` and its limits hold on the condition that the material is a conductor:
    above 1e-7 S/cm at 25 °C. `p_conductor` is the probability of that condition.
    """

    row: int
    input: str
    kind: str
    formula: str
    family: str
    temperature_C: float
    log10_sigma: float
    sigma_S_cm: float
    sigma_low_S_cm: float
    sigma_high_S_cm: float
    p_superionic: float
    p_conductor: float
    sigma_if_conductor_S_cm: float
    sigma_if_conductor_low_S_cm: float
    sigma_if_conductor_high_S_cm: float
    activation_energy_eV: float
    domain: Domain
    nearest: tuple[Neighbour, ...]
    model: str
    measured_sigma_S_cm: float | None = None
    measured_doi: str | None = None
    measured_reference: str | None = None
    measured_count: int | None = None
    measured_papers: int | None = None
    measured_low_S_cm: float | None = None
    measured_high_S_cm: float | None = None
    measurements: tuple[MeasuredValue, ...] = ()
    V_red: float | None = None
    V_ox: float | None = None
    window_note: str | None = None
    e_above_hull_eV_atom: float | None = None
    notes: tuple[str, ...] = ()
    columns: Mapping[str, object] = field(default_factory=dict)
    made_of: Contributions | None = None
    """Measurements, parts and features that make up the answer, where they were asked for."""
    threshold_S_cm: float = SUPERIONIC_S_CM
    """σ that `p_superionic` is the probability of."""


Answer = Prediction | Refusal
