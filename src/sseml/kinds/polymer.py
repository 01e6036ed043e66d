"""Polymer electrolytes, and composites, which the same bundle answers."""

from __future__ import annotations

from sseml.classes import replace
from sseml.families.polymer import recognise_recipe
from sseml.features.polymer.distance import RecipeDistance
from sseml.features.polymer.films import film_of
from sseml.features.polymer.recipe import POLYMER_SETS
from sseml.features.polymer.shipped import repeat_unit, salt
from sseml.kinds.contract import Kind
from sseml.records import Composite, Polymer, RefusedInputError, UnsupportedMaterialError

_SHEETS = (
    "a sheet of an inorganic electrolyte with a little polymer conducts as its particles touch,"
    " which no recipe says; reported at 25 to 30 °C from 7e-5 S/cm (Li3InCl6 with SEBS,"
    " 10.1021/acsapm.4c00473) to 8.4e-3 S/cm (Li5.4PS4.4Cl1.6 with 0.2 wt% PTFE,"
    " 10.1021/acs.nanolett.1c01344)"
)


def _read(text: str) -> Polymer:
    from sseml.parse.recipe import parse_recipe  # noqa: PLC0415 - start-up of a formula: 8 ms

    return parse_recipe(text)


def _refusal(material: Polymer) -> RefusedInputError | None:
    """Why a recipe is not answered: a sheet of particles, or parts that cannot be described."""
    if film_of(material) == "sheet":
        return UnsupportedMaterialError(
            f"{material.formula}: {_SHEETS}",
            "ask for the inorganic electrolyte alone; its sheets mostly conduct less",
        )
    try:
        for part in material.polymers:
            for unit in part.units:
                repeat_unit(unit.psmiles)
        for each in material.salts:
            salt(each.name)
    except RefusedInputError as error:
        return error
    return None


POLYMER = Kind(
    name="polymer",
    material=Polymer,
    read=_read,
    featurizers=POLYMER_SETS,
    default_sets=("polymer", "salt", "composition", "glass"),
    distance=RecipeDistance(),
    recognise=recognise_recipe,
    refusal=_refusal,
)

COMPOSITE = replace(POLYMER, name="composite", material=Composite, answered_by="polymer")
