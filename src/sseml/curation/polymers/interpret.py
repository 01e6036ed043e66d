"""What one raw row of a polymer electrolyte means on its own, or why it is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sseml.curation.interpret import read_dois, read_value
from sseml.curation.numbers import read_float
from sseml.curation.papers import paper_year, stated_reference
from sseml.curation.polymers.naming import (
    has_own,
    is_assumed,
    keys_of,
    renamed,
    salt_weight_percent,
)
from sseml.curation.polymers.rows import RawRecipe, RecipeDraft
from sseml.curation.rows import Dropped
from sseml.parse.recipe import read_recipe
from sseml.records import NoLithiumError, Polymer, RefusedInputError

MOST_SALT_WEIGHT_PERCENT = 75.0
"""Above this share of polymer and salt a film is a salt with a little polymer: flagged."""

HIGHEST_MOLAR_MASS_G_MOL = 1e7
"""No polymer that films are cast from is longer: such a number is left out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a recipe was read as; `is_assumed` where an amount in it is not the source's."""

    material: Polymer
    keys: tuple[str, ...]
    is_assumed: bool = False


class RecipeReader:
    """Reads recipes, each spelling once: curves repeat theirs row by row."""

    def __init__(self) -> None:
        self._read: dict[object, Reading | RefusedInputError] = {}

    def read(self, raw: RawRecipe) -> Reading:
        """The recipe of a row under listed names.

        Raises
        ------
        RefusedInputError
            If it cannot be read, or holds no lithium.
        """
        asked: object = raw.formula if raw.material is None else raw.material
        if asked not in self._read:
            try:
                self._read[asked] = _reading(raw)
            except RefusedInputError as refused:
                self._read[asked] = refused
        reading = self._read[asked]
        if isinstance(reading, RefusedInputError):
            raise reading
        return reading


def _reading(raw: RawRecipe) -> Reading:
    if raw.material is None:
        written = read_recipe(raw.formula)
        material = renamed(written.material) if has_own(written.material) else written.material
        return Reading(material, keys_of(material), is_assumed(written.notes))
    parts = raw.material
    mass = parts.molar_mass_g_mol
    if mass is not None and mass > HIGHEST_MOLAR_MASS_G_MOL:
        parts = replace(parts, molar_mass_g_mol=None)
    # the spelling of the source: its key is known already
    return Reading(renamed(parts), keys_of(parts))


def interpret(raw: RawRecipe, reader: RecipeReader) -> RecipeDraft | Dropped:
    """Turn one upstream row into a draft measurement, or say which rule keeps it out.

    Reasons of `Dropped`: the raw row's own, ``no_conductivity``, ``impossible_conductivity``,
    ``no_temperature``, ``no_lithium``, ``unreadable_recipe``.
    """
    value = read_value(raw)
    if isinstance(value, Dropped):
        return value
    quantity, temperature_C = value
    try:
        reading = reader.read(raw)
    except NoLithiumError as refused:
        return Dropped(raw, "no_lithium", refused.reason)
    except RefusedInputError as refused:
        return Dropped(raw, "unreadable_recipe", refused.reason)
    material, dois = reading.material, read_dois(raw.doi)
    draft = RecipeDraft(
        raw=raw,
        material=material,
        keys=reading.keys,
        sigma_S_cm=quantity.value,
        relation=quantity.relation,
        temperature_C=temperature_C,
        dois=dois,
        reference=stated_reference(raw.source, raw.source_id, raw.reference),
        year=int(raw.year) if raw.year else paper_year(dois),
        sigma_without_filler_S_cm=read_float(raw.sigma_without_filler_S_cm),
        filler_size_nm=read_float(raw.filler_size_nm),
    )
    if reading.is_assumed or raw.is_assumed:
        draft.flags.add("assumed_amount")
    if salt_weight_percent(material) > MOST_SALT_WEIGHT_PERCENT:
        draft.flags.add("mostly_salt")
    stated = raw.material.molar_mass_g_mol if raw.material else None
    if stated is not None and material.molar_mass_g_mol is None:
        draft.flags.add("molar_mass_dropped")
    return draft
