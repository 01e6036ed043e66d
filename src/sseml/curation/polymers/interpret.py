"""What one raw row of a polymer electrolyte means on its own, or why it is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sseml.curation.interpret import read_dois
from sseml.curation.numbers import read_conductivity, read_float, read_quantity
from sseml.curation.papers import paper_year, stated_reference
from sseml.curation.polymers.naming import keys_of, renamed, salt_weight_percent
from sseml.curation.polymers.rows import RawRecipe, RecipeDraft
from sseml.curation.rows import Dropped
from sseml.parse.recipe import parse_recipe
from sseml.records import NoLithiumError, Polymer, RefusedInputError

MOST_SALT_WEIGHT_PERCENT = 75.0
"""Above this share of polymer and salt a film is a salt with a little polymer: flagged."""

HIGHEST_MOLAR_MASS_G_MOL = 1e7
"""No polymer that films are cast from is longer: such a number is left out."""

Reading = Polymer | RefusedInputError


class RecipeReader:
    """Reads recipes, each spelling once: curves repeat theirs row by row."""

    def __init__(self) -> None:
        self._read: dict[object, Reading] = {}
        self._keys: dict[str, tuple[str, ...]] = {}

    def material(self, raw: RawRecipe) -> Polymer:
        """The recipe of a row under listed names.

        Raises
        ------
        RefusedInputError
            If it cannot be read, or holds no lithium.
        """
        asked: object = raw.formula if raw.material is None else raw.material
        if asked not in self._read:
            self._read[asked] = self._attempt(lambda: _material(raw))
        reading = self._read[asked]
        if isinstance(reading, RefusedInputError):
            raise reading
        return reading

    def keys(self, raw: RawRecipe) -> tuple[str, ...]:
        """Key of each polymer of a recipe; of its parts as the source spells them, where it does.

        Raises
        ------
        RefusedInputError
            If it cannot be read.
        """
        material = self.material(raw)
        if material.formula not in self._keys:
            self._keys[material.formula] = keys_of(raw.material or material)
        return self._keys[material.formula]

    @staticmethod
    def _attempt(read: Callable[[], Polymer]) -> Reading:
        try:
            return read()
        except RefusedInputError as refused:
            return refused


def _material(raw: RawRecipe) -> Polymer:
    if raw.material is None:
        return parse_recipe(raw.formula)
    mass = raw.material.molar_mass_g_mol
    if mass is not None and mass > HIGHEST_MOLAR_MASS_G_MOL:
        return renamed(replace(raw.material, molar_mass_g_mol=None))
    return renamed(raw.material)


def interpret(raw: RawRecipe, reader: RecipeReader) -> RecipeDraft | Dropped:
    """Turn one upstream row into a draft measurement, or say which rule keeps it out.

    Reasons of `Dropped`: the raw row's own, ``no_conductivity``, ``impossible_conductivity``,
    ``no_temperature``, ``no_lithium``, ``unreadable_recipe``.
    """
    if raw.unusable is not None:
        return Dropped(raw, raw.unusable)
    quantity = read_conductivity(raw.conductivity)
    if quantity is None:
        known = read_quantity(raw.conductivity) is not None
        reason = "impossible_conductivity" if known else "no_conductivity"
        return Dropped(raw, reason, raw.conductivity)
    temperature_C = read_float(raw.temperature_C)
    if temperature_C is None:
        return Dropped(raw, "no_temperature", raw.temperature_C)
    try:
        material = reader.material(raw)
        keys = reader.keys(raw)
    except NoLithiumError as refused:
        return Dropped(raw, "no_lithium", refused.reason)
    except RefusedInputError as refused:
        return Dropped(raw, "unreadable_recipe", refused.reason)
    dois = read_dois(raw.doi)
    draft = RecipeDraft(
        raw=raw,
        material=material,
        keys=keys,
        sigma_S_cm=quantity.value,
        relation=quantity.relation,
        temperature_C=temperature_C,
        dois=dois,
        reference=stated_reference(raw.source, raw.source_id, raw.reference),
        year=int(raw.year) if raw.year else paper_year(dois),
        sigma_without_filler_S_cm=read_float(raw.sigma_without_filler_S_cm),
        filler_size_nm=read_float(raw.filler_size_nm),
    )
    if salt_weight_percent(material) > MOST_SALT_WEIGHT_PERCENT:
        draft.flags.add("mostly_salt")
    stated = raw.material.molar_mass_g_mol if raw.material else None
    if stated is not None and material.molar_mass_g_mol is None:
        draft.flags.add("molar_mass_dropped")
    return draft
