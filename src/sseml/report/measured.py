"""What was measured of the materials in a picture: rows of a table, or of a bundle's evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING

from sseml.features.polymer.distance import PER_DECADE
from sseml.kinds import KINDS, POLYMER, kind_of
from sseml.model.answer import Model
from sseml.model.loading import Bundles, load_bundle
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles
from sseml.records import Composite, Material, MeasuredValue, Query, Refusal, RefusedInputError

if TYPE_CHECKING:
    import pandas as pd

_LITHIUM_WITHIN = 1.07
"""Measured recipes whose lithium per kg differs by a smaller factor are drawn with a recipe."""
_SHORTEST_CHAIN_G_MOL = 3500.0
"""Measured on shorter chains, a value is one of their ends."""


def queries_of(texts: Iterable[str]) -> list[Query]:
    """Read texts that stand for one material each.

    Raises
    ------
    RefusedInputError
        If one cannot be read, or stands for several.
    """
    queries = []
    for text in texts:
        items = list(parse_inputs([text], Qualifiers(), StructureFiles(Path())))
        refused = [item for item in items if isinstance(item, Refusal)]
        if refused or len(items) != 1:
            why = refused[0].reason if refused else "a text stands for several materials"
            raise RefusedInputError(f"no curve can be drawn: {why}", "name materials one by one")
        queries += [item for item in items if isinstance(item, Query)]
    return queries


def bundles_of(bundle: Model | Path | str | None) -> Bundles:
    """A loaded bundle, that of a folder, or the released ones, by the kind of material."""
    if isinstance(bundle, Path | str):
        bundle = load_bundle(Path(bundle))
    return Bundles([] if bundle is None else [bundle])


def evidence_points(
    materials: Iterable[str], bundle: Model | Path | str | None = None
) -> dict[str, tuple[MeasuredValue, ...]]:
    """Measured values of materials in the evidence of a bundle, for `conductivity_curves`.

    Those of the very composition at any temperature; where the text names a space group, those of
    its crystal system alone. The bundle has learned from most of them.

    Parameters
    ----------
    materials
        What `sseml.predict` takes: ``Li6PS5Cl``, ``Li7La3Zr2O12 space_group=Ia-3d``.
    bundle
        As `sseml.predict` takes it; None for the released ones.

    Returns
    -------
    dict
        Text → its measured values in order of temperature, bounds among them.

    Raises
    ------
    RefusedInputError
        If a text cannot be read, or stands for several materials.
    BundleError
        If the bundle is missing or damaged.
    """
    bundles = bundles_of(bundle)
    found: dict[str, tuple[MeasuredValue, ...]] = {}
    for text in materials:
        [query] = queries_of([text])
        found[text] = evidence_on(query.material, bundles)
    return found


def evidence_on(material: Material, bundles: Mapping[str, Model]) -> tuple[MeasuredValue, ...]:
    """Measured values of a material in the bundle of its kind, at all temperatures."""
    kind = kind_of(material, {kind.material: kind for kind in KINDS})
    evidence = bundles[kind.bundle_kind].evidence
    here = kind.distance.positions([material])
    distance = kind.distance.between(here, evidence.positions)[0]
    return evidence.of_material(distance, kind.space_group(material))


def measured_points(
    recipes: Iterable[str], table: pd.DataFrame
) -> dict[str, list[tuple[float, float]]]:
    """Measured values of recipes in a curated table of polymers, for `conductivity_curves`.

    A row belongs to a recipe if it holds the same polymers, salts, liquids and fillers and its
    lithium per kg differs by less than 7 %. Molar masses are not compared; chains below
    3500 g/mol are left out.

    Parameters
    ----------
    recipes
        Recipes of polymers; another material has no points.
    table
        As `sseml.curation.polymers.table.load_polymers` reads it.

    Returns
    -------
    dict
        Recipe → temperature in °C and conductivity in S/cm of every such row.

    Raises
    ------
    RefusedInputError
        If a recipe cannot be read.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    distance = POLYMER.distance
    for recipe in recipes:
        asked = POLYMER.read(recipe)
        fillers = asked.fillers if isinstance(asked, Composite) else ()
        alike = ~(table["molar_mass_g_mol"] < _SHORTEST_CHAIN_G_MOL) & (table["relation"] == "=")
        for column, parts in (
            ("salt", asked.salts),
            ("liquid", asked.liquids),
            ("filler", fillers),
        ):
            alike &= table[column].fillna("") == "|".join(part.name for part in parts)
        rows = table[alike]
        positions, here = (
            distance.positions([replace(each, molar_mass_g_mol=None) for each in materials])
            for materials in (POLYMER.read_all(rows["formula"]), [asked])
        )
        near = distance.between(here, positions)[0] < PER_DECADE * log10(_LITHIUM_WITHIN)
        own = rows[near]
        found[recipe] = list(zip(own["temperature_C"], own["sigma_S_cm"], strict=True))
    return found
