"""What a material is held against: electrodes, any other material, water and carbon dioxide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.physics.electrodes import Electrode, find_electrodes, standard_electrodes
from sseml.physics.interface import Mixing, interface_reactions
from sseml.physics.moisture import moisture_reaction
from sseml.physics.oxidation import excess_anion_charge
from sseml.physics.phases import PhaseTable
from sseml.records import Composition

_GASES: Mapping[frozenset[str], str] = MappingProxyType(
    {
        frozenset(("H2O",)): "water",
        frozenset(("CO2",)): "CO2",
        frozenset(("H2O", "CO2")): "water+CO2",
    }
)
_GAS_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "water": ("H2O",),
        "h2o": ("H2O",),
        "moisture": ("H2O",),
        "co2": ("CO2",),
        "carbon dioxide": ("CO2",),
        "air": ("H2O", "CO2"),
        "humid air": ("H2O", "CO2"),
        "moist air": ("H2O", "CO2"),
    }
)
_STANDARD_GASES = ("water", "water+CO2")
_CARBON_DIOXIDE = "co2"
_COBALT = "Co2"


@dataclass(frozen=True, slots=True)
class Partner:
    """What a material is held against.

    Attributes
    ----------
    label
        Such as ``NMC811 charged`` or ``water``.
    formula
        What it is taken as.
    material
        None for gases.
    gases
        Of `sseml.physics.moisture.GASES`; empty for a material.
    """

    label: str
    formula: str
    material: Composition | None = None
    gases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compatibility:
    """A material against one partner.

    Attributes
    ----------
    partner
        What it was held against.
    worst
        The most exothermic reaction; None where the two coexist.
    notes
        What one has to know to read the number.
    """

    partner: Partner
    worst: Mixing | None
    notes: tuple[str, ...]


def standard_partners(amounts: Mapping[str, float]) -> tuple[Partner, ...]:
    """Metal and cathodes of the ion of a material, water, and water with CO2."""
    electrodes = (_of_electrode(electrode) for electrode in standard_electrodes(amounts))
    return (*electrodes, *(_of_gases(name) for name in _STANDARD_GASES))


def find_partners(text: str) -> tuple[Partner, ...]:
    """Read an electrode (both of its states), ``water``, ``CO2``, ``air``, or any formula.

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
    plain = text.replace(" + ", "+").strip()
    name = _GAS_ALIASES.get(plain.casefold(), plain)
    if name in _GASES:
        return (_of_gases(name),)
    material = parse_material(text)
    return (Partner(text, material.formula, material),)


def compatibility(
    table: PhaseTable, material: Composition, partner: Partner, *, corrections: Sequence[str] = ()
) -> Compatibility:
    """Hold a material against a partner.

    Parameters
    ----------
    table
        The phases that can form.
    material, partner
        The two; see `sseml.physics.interface` and `sseml.physics.moisture` for what is calculated.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.
    RefusedInputError
        If the reaction is one that is not calculated.
    """
    if partner.material is None:
        worst = moisture_reaction(table, material, partner.gases, corrections=corrections)
    else:
        other = partner.material
        worst = interface_reactions(table, material, other, corrections=corrections).worst
    return Compatibility(partner, worst, tuple(_notes(partner, worst)))


def _notes(partner: Partner, worst: Mixing | None) -> Iterator[str]:
    if partner.gases:
        yield "an indicator: crystals at 0 K, no humidity, no entropy of gases"
    else:
        yield "0 K, both taken as on the hull; no kinetics, no passivation"
    products = {name: parse_formula(name).amounts for name in _products(worst)}
    bonded = [name for name, amounts in products.items() if has_bonded_sulfur(amounts)]
    if bonded:
        listed = ", ".join(bonded)
        yield f"too stable in the table (S-S bonds): {listed}; compare with --corrections S"
    oxidised = [name for name, amounts in products.items() if has_oxidised_anion(amounts)]
    if oxidised := [name for name in oxidised if name not in bonded]:
        yield f"too stable in the table (oxidised S, N or halogen): {', '.join(oxidised)}"


def _products(worst: Mixing | None) -> Mapping[str, float]:
    return worst.reaction.products if worst else {}


def _of_electrode(electrode: Electrode) -> Partner:
    material = replace(parse_material(electrode.formula), formula=electrode.formula)
    return Partner(electrode.label, electrode.formula, material)


def _of_gases(name: str) -> Partner:
    return Partner(name, " + ".join(_GASES[name]), gases=_GASES[name])
