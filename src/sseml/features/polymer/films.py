"""Which kind of film a recipe makes, and its parts in shares of the whole."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal

from sseml.features.polymer.recipe import added_shares, amounts_of
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
    """The same film without its solids."""
    kept = {
        field.name: getattr(material, field.name)
        for field in fields(Polymer)
        if field.name != "formula"
    }
    return Polymer(formula=material.formula, **kept)


def filler_percent(material: Polymer) -> float | None:
    """Percent of the total mass that is filler; None where it was not stated."""
    _, share = added_shares(material)
    return None if share != share else 100.0 * share  # noqa: PLR0124 - NaN where not stated


def liquid_and_salt_shares(material: Polymer) -> tuple[float, float]:
    """Liquid and salt in the mass of polymer, salt and liquid together."""
    liquid, filler = added_shares(material)
    of_film = liquid / (1.0 - filler) if filler else liquid
    return of_film, amounts_of(material).salt_weight_share * (1.0 - of_film)
