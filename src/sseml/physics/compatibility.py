"""What a material reacts to beside electrodes, any other material, water and carbon dioxide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from unicodedata import normalize

from sseml.parse.material import parse_material
from sseml.physics.elements import packaged_rows
from sseml.physics.interface import (
    Mixing,
    OpenReaction,
    interface_reactions,
    open_interface,
    open_reaction,
)
from sseml.physics.moisture import moisture_reaction
from sseml.physics.oxidation import positive_hydrogen
from sseml.physics.phases import POSITIVE_HYDROGEN, PhaseTable, cautions
from sseml.physics.window import IONS
from sseml.records import Composition

_GASES: Mapping[str, tuple[str, ...]] = {
    "water": ("H2O",),
    "CO2": ("CO2",),
    "water+CO2": ("H2O", "CO2"),
}
_GAS_NAMES: Mapping[str, tuple[str, ...]] = {
    "water": ("H2O",),
    "h2o": ("H2O",),
    "moisture": ("H2O",),
    "co2": ("CO2",),
    "air": ("H2O", "CO2"),
    "humid air": ("H2O", "CO2"),
}
_STANDARD_GASES = ("water", "water+CO2")
_COBALT = "Co2"
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Electrode:
    """One state of an electrode, a row of ``electrodes.csv``.

    `aliases` are joined by ``;``. `ion` is what it takes up and gives off; `state` is ``metal``,
    ``charged`` or ``discharged``; `formula` is what it is taken as; `doi` is of a paper that
    describes it, empty where none is needed.
    """

    name: str
    aliases: str
    ion: str
    state: str
    formula: str
    doi: str
    licence: str
    note: str

    @property
    def label(self) -> str:
        """Name and state, such as ``LCO charged`` or ``Li metal``."""
        return f"{self.name} {self.state}"


@cache
def electrodes() -> tuple[Electrode, ...]:
    """All listed electrodes, in the order of the list."""
    return tuple(Electrode(*row) for row in packaged_rows("physics/electrodes.csv"))


def find_electrodes(text: str) -> tuple[Electrode, ...]:
    """Both states of a named electrode, one of them for a label such as ``LCO charged``, or none.

    Names and aliases hold in any case, alone and with the state; a formula is no name.
    """
    asked = " ".join(text.split()).casefold()
    return tuple(electrode for electrode in electrodes() if asked in _spellings(electrode))


def _spellings(electrode: Electrode) -> set[str]:
    """Every name, alone and with the state, without capitals."""
    names = {electrode.name.casefold(), *electrode.aliases.casefold().split(";")} - {""}
    return names | {f"{name} {electrode.state}" for name in names}


def standard_electrodes(amounts: Mapping[str, float]) -> tuple[Electrode, ...]:
    """Metal and cathodes of the first of Li, Na and K that a material holds; of Li without any."""
    ion = next((ion for ion in IONS if ion in amounts), IONS[0])
    return tuple(electrode for electrode in electrodes() if electrode.ion == ion)


@dataclass(frozen=True, slots=True)
class Partner:
    """What a material is in contact with.

    `label` is such as ``NMC811 charged`` or ``water``, `formula` what it is taken as. A material,
    or `gases` of `sseml.physics.moisture.GASES`; `ion` is what an electrode takes up and gives off.
    """

    label: str
    formula: str
    material: Composition | None = None
    gases: tuple[str, ...] = ()
    ion: str | None = None

    @property
    def is_metal(self) -> bool:
        """Whether it is the metal of an ion."""
        return self.material is not None and [*self.material.amounts] in [[ion] for ion in IONS]


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What a material and one partner react to.

    `worst` is the most exothermic reaction, None where the two coexist; `notes` are what one has to
    know to read it. `opened` exchanges the ion with a reservoir at `open_at_V`: at 0 V for metals,
    as asked for other solids, else None. It is None also where nothing reacts.
    """

    partner: Partner
    worst: Mixing | None
    notes: tuple[str, ...]
    open_at_V: float | None = None
    opened: OpenReaction | None = None


def standard_partners(amounts: Mapping[str, float]) -> tuple[Partner, ...]:
    """Metal and cathodes of the ion of a material, water, and water with CO2."""
    electrodes = (_of_electrode(electrode) for electrode in standard_electrodes(amounts))
    return (*electrodes, *(_of_gases(name) for name in _STANDARD_GASES))


def find_partners(text: str) -> tuple[Partner, ...]:
    """Read an electrode (both of its states), ``water``, ``CO2``, ``air``, or any formula.

    Names hold in any case, ``co2+water`` is that of both gases; ``Co2`` is cobalt.

    Raises
    ------
    RefusedInputError
        If it is none of these.

    Examples
    --------
    >>> [partner.label for partner in find_partners("NCM811")]
    ['NMC811 discharged', 'NMC811 charged']
    """
    if electrodes := find_electrodes(text):
        return tuple(_of_electrode(electrode) for electrode in electrodes)
    if name := _gases_named(text):
        return (_of_gases(name),)
    material = parse_material(text)
    return (Partner(text, material.formula, material),)


def compatibility(
    table: PhaseTable,
    material: Composition,
    partner: Partner,
    *,
    corrections: Sequence[str] = (),
    potential_V: float | None = None,
) -> Compatibility:
    """Calculate what a material and a partner react to.

    Parameters
    ----------
    table
        The phases that can form.
    material, partner
        The two; see `sseml.physics.interface` and `sseml.physics.moisture` for what is calculated.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.
    potential_V
        Let both exchange the ion at this potential too, where the partner is a solid but no metal.
        A metal is at 0 V, and always in excess too.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.
    RefusedInputError
        If the reaction is one that is not calculated.
    """
    if partner.material is None:
        worst = moisture_reaction(table, material, partner.gases, corrections=corrections)
        return Compatibility(partner, worst, tuple(_notes(material, partner, worst, corrections)))
    other = partner.material
    worst = interface_reactions(table, material, other, corrections=corrections).worst
    notes = tuple(_notes(material, partner, worst, corrections))
    ion = _ion_of(material, partner)
    at_V = 0.0 if partner.is_metal else potential_V
    if at_V is None or not material.amounts.keys() - {ion}:
        return Compatibility(partner, worst, notes)
    alone = open_reaction(table, material, ion=ion, potential_V=at_V, corrections=corrections)
    if partner.is_metal:
        return Compatibility(partner, worst, notes, at_V, alone)
    opened = open_interface(
        table, material, other, ion=ion, potential_V=at_V, corrections=corrections
    )
    beside = (*notes, *_notes_at(at_V, alone, opened, notes, corrections))
    return Compatibility(partner, worst, beside, at_V, opened)


def _ion_of(material: Composition, partner: Partner) -> str:
    """The ion of a metal or an electrode, else the first that the material or the partner holds."""
    amounts = partner.material.amounts if partner.material else {}
    if partner.is_metal:
        return next(iter(amounts))
    held = (ion for each in (material.amounts, amounts) for ion in IONS if ion in each)
    return partner.ion or next(held, IONS[0])


def _notes_at(
    potential_V: float,
    alone: OpenReaction | None,
    opened: OpenReaction | None,
    said: Sequence[str],
    corrections: Sequence[str],
) -> Iterator[str]:
    """What the material does at a potential by itself, and what to doubt in either reaction."""
    if alone:
        yield (
            f"at {potential_V:g} V the material by itself: {alone.energy_eV_atom:.3f} eV/atom, "
            f"{alone.reaction}"
        )
    reactions = [found.reaction for found in (alone, opened) if found]
    products = [name for reaction in reactions for name in reaction.products]
    yield from (note for note in cautions(products, corrections) if note not in said)


def _notes(
    material: Composition, partner: Partner, worst: Mixing | None, corrections: Sequence[str]
) -> Iterator[str]:
    if partner.material is None:
        yield "an indicator: crystals at 0 K, no humidity, no entropy of gases"
    else:
        yield "0 K, both taken as on the hull; no kinetics, no passivation"
        both = (material.amounts, partner.material.amounts)
        if any(positive_hydrogen(amounts) > _NOTHING for amounts in both):
            yield POSITIVE_HYDROGEN + ": what reduces it gives up to 0.5 eV more for each H"
    yield from cautions(worst.reaction.products if worst else (), corrections)


def _gases_named(text: str) -> str | None:
    """Key of `_GASES`; None if the text names anything else."""
    names = [" ".join(part.split()) for part in normalize("NFKC", text).split("+")]
    if names == [_COBALT]:
        return None
    asked: set[str] = set()
    for name in names:
        gases = _GAS_NAMES.get(name.casefold())
        if gases is None:
            return None
        asked.update(gases)
    return next(name for name, gases in _GASES.items() if asked == set(gases))


def _of_electrode(electrode: Electrode) -> Partner:
    material = replace(parse_material(electrode.formula), formula=electrode.formula)
    return Partner(electrode.label, electrode.formula, material, ion=electrode.ion)


def _of_gases(name: str) -> Partner:
    return Partner(name, " + ".join(_GASES[name]), gases=_GASES[name])
