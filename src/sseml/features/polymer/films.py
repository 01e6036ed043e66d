"""Which kind of film a recipe makes, and its parts in shares of the whole."""

from __future__ import annotations

from math import isnan
from typing import Literal

from sseml.classes import replace
from sseml.families.polymer import part_class
from sseml.features.polymer.recipe import UNSTATED_WEIGHT_SHARE, added_shares, amounts_of
from sseml.records import Composite, Polymer

Film = Literal["dry", "gel", "residual solvent", "composite", "sheet"]

_VINYLIDENE_FLUORIDE = frozenset(("[*]CC([*])(F)F", "*CC(*)(F)F", "[*]C(F)(F)C[*]", "*C(F)(F)C*"))
"""Its repeat unit, however it is written."""
_MOSTLY = 0.5

RESIDUAL_SOLVENTS = frozenset(("DMF", "DMAc", "NMP", "DMSO", "ACN"))
"""Solvents that films are cast from and keep some of."""


def film_of(material: Polymer) -> Film:
    """The kind of film, which says by which model it is answered."""
    if isinstance(material, Composite) and material.fillers:
        return "composite" if conducts_without_fillers(material) else "sheet"
    liquids = {liquid.name for liquid in material.liquids}
    if is_fluoropolymer(material) and liquids <= RESIDUAL_SOLVENTS:
        return "residual solvent"
    return "gel" if liquids else "dry"


def conducts_without_fillers(material: Polymer) -> bool:
    """Whether a film has lithium besides that of its solids."""
    return bool(material.salts) or any(
        "[Li+]" in unit.psmiles for part in material.polymers for unit in part.units
    )


def is_fluoropolymer(material: Polymer) -> bool:
    """Whether vinylidene fluoride makes up most of the polymer: PVDF and its copolymers."""
    share = sum(
        part.weight_share
        for part in material.polymers
        if sum(u.mole_share for u in part.units if u.psmiles in _VINYLIDENE_FLUORIDE) >= _MOSTLY
    )
    return share >= _MOSTLY


def without_fillers(material: Polymer) -> Polymer:
    """The same film without its solids; its liquids are in percent of what is left."""
    left = 1.0 - filler_share(material)
    liquids = tuple(
        liquid
        if liquid.weight_percent is None
        else replace(liquid, weight_percent=liquid.weight_percent / left)
        for liquid in material.liquids
    )
    return Polymer(
        material.formula, material.polymers, material.salts, liquids, material.molar_mass_g_mol
    )


def loading_is_stated(material: Polymer) -> bool:
    """Whether the amount of every filler is."""
    return not isnan(added_shares(material)[1])


def filler_share(material: Polymer) -> float:
    """Mass of fillers in the total mass, 0 to 1; where not stated, a typical share."""
    _, share = added_shares(material)
    return UNSTATED_WEIGHT_SHARE if isnan(share) else share


def liquid_and_salt_shares(material: Polymer) -> tuple[float, float]:
    """Liquid and salt in the mass of polymer, salt and liquid together."""
    of_film = added_shares(material)[0] / (1.0 - filler_share(material))
    return of_film, amounts_of(material).salt_weight_share * (1.0 - of_film)


def holds_plastic_crystal(material: Polymer) -> bool:
    """Whether a plastic crystal, such as succinonitrile, is among the liquids."""
    return any(part_class(liquid.name) == "plastic crystal" for liquid in material.liquids)
