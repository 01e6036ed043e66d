"""Curated measurements become training sets: which rows, at which temperature, with what weight."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.papers import OWN
from sseml.features.composition import element_fractions, fraction_distance, material_groups
from sseml.features.table import feature_table
from sseml.model.crystal_system import systems_of
from sseml.model.split import (
    composition_clusters,
    near_duplicate_groups,
    paper_groups,
    paper_names,
)
from sseml.parse.formula import parse_formula
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.records import Composition, RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

CENSOR_LOG10_SIGMA = -10.0
"""Training labels are clipped here: below it most entries are bounds (``<1e-10``), not values."""

ROOM_RANGE_C = (15.0, 40.0)
EXTRAPOLATION_LIMIT_C = 250.0
TYPICAL_ACTIVATION_ENERGY_EV = 0.45
"""Carries a conductivity over the few kelvin to 25 °C where the paper gives no energy."""

_EXTRAPOLATED_WEIGHT = 0.5
_NO_ENERGY = "composite|improbable_prefactor"
"""Flags of rows that no activation energy is learned from."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows ready to be fitted; every array has one entry a row.

    Attributes
    ----------
    X
        Features, missing as NaN, shape (n, n_features).
    fractions
        Element fractions, shape (n, n_elements).
    target
        What is learned, in its own unit.
    weights
        Positive.
    dois
        What must not be split, as `sseml.model.split.paper_names` gives it: DOIs joined by
        ``|`` (and the series of a lab's own row), or None.
    papers, clusters
        Group numbers: rows that share a paper, rows of near-identical composition.
    families
        Family of each material.
    distance
        Composition distance between all pairs, shape (n, n).
    systems
        Crystal system of each row, 0 to 6, or `sseml.model.crystal_system.UNKNOWN`.
    rows
        Position in the measurement table that each came from.
    """

    X: FloatArray
    fractions: FloatArray
    target: FloatArray
    weights: FloatArray
    dois: NDArray[np.object_]
    papers: IntArray
    clusters: IntArray
    families: NDArray[np.object_]
    distance: FloatArray
    systems: IntArray
    rows: IntArray

    def __len__(self) -> int:
        return len(self.target)

    def take(self, index: IntArray | BoolArray) -> TrainingSet:
        """The rows selected by a mask or an index array, as a new set."""
        one_per_row = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name != "distance"
        }
        return TrainingSet(**one_per_row, distance=self.distance[index][:, index])

    def with_target(self, target: FloatArray) -> TrainingSet:
        """The same rows with another target."""
        return replace(self, target=target)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which rows are learned from, and how much each counts.

    Attributes
    ----------
    feature_sets
        Sets of `sseml.features.table`.
    outside_weight
        Weight of a measurement of others that OBELiX does not hold; OBELiX's and one's own are 1.
    duplicate_power
        Rows of one near-identical composition share a weight of n^(1 - power).
    """

    feature_sets: tuple[str, ...] = ("chemistry", "prototype", "fractions")
    outside_weight: float = 0.6
    duplicate_power: float = 0.5


def compositions(table: pd.DataFrame) -> list[Composition]:
    """The material of each row of a measurement table."""
    parsed = {formula: parse_formula(formula) for formula in table["formula"].unique()}
    return [parsed[formula] for formula in table["formula"]]


def space_groups(table: pd.DataFrame) -> list[int | None]:
    """Space group number of each row; None where it is not known."""
    return [None if pd.isna(number) else int(number) for number in table["space_group_number"]]


def measured_materials(table: pd.DataFrame) -> list[Composition]:
    """The material of each row, with the space group it was measured in where that is known."""
    return [
        replace(material, space_group_number=number)
        for material, number in zip(compositions(table), space_groups(table), strict=True)
    ]


def conductivity_set(table: pd.DataFrame, recipe: Recipe) -> TrainingSet:
    """Rows that say what σ is at 25 °C; the target is log10 of S/cm, clipped at −10.

    Near room temperature (15 to 40 °C) the value is carried to 25 °C along the row's own activation
    energy; a material measured only elsewhere enters once, from its measurement nearest 25 °C (up
    to 250 °C), at half weight.
    """
    temperature = table["temperature_C"].to_numpy(dtype=float)
    at_room = (temperature >= ROOM_RANGE_C[0]) & (temperature <= ROOM_RANGE_C[1])
    usable = ~table["flags"].str.contains("composite").to_numpy(dtype=bool)
    materials = material_groups(element_fractions(compositions(table)))
    series = _series(table, materials)

    away = np.abs(temperature - ROOM_TEMPERATURE_C)
    nearest_of_series = pd.Series(away).groupby(series).transform("min").to_numpy()
    chosen = usable & at_room & (away == nearest_of_series)

    elsewhere = usable & ~np.isin(materials, materials[usable & at_room])
    elsewhere &= temperature <= EXTRAPOLATION_LIMIT_C
    first = pd.Series(away[elsewhere], index=np.flatnonzero(elsewhere))
    nearest = first.groupby(materials[elsewhere]).idxmin().to_numpy()
    chosen[nearest] = True

    rows = np.flatnonzero(chosen)
    picked = table.iloc[rows]
    energy = picked["activation_energy_eV"].fillna(TYPICAL_ACTIVATION_ENERGY_EV).to_numpy(float)
    log10_sigma = arrhenius_log10_sigma(
        np.log10(picked["sigma_S_cm"].to_numpy(dtype=float)),
        energy,
        temperature[rows] + celsius_to_kelvin(0.0),
        celsius_to_kelvin(ROOM_TEMPERATURE_C),
    )
    target = np.maximum(log10_sigma, CENSOR_LOG10_SIGMA)
    trust = np.where(at_room[rows], 1.0, _EXTRAPOLATED_WEIGHT)
    return _training_set(picked, rows, target, trust, recipe)


def energy_set(table: pd.DataFrame, recipe: Recipe) -> TrainingSet:
    """Rows that say what the activation energy is, one per paper and composition; target in eV.

    An energy that does not belong to its conductivity (``improbable_prefactor``) is left out: in
    cross-validation by paper the others are then met better. Its conductivity is learned from.
    """
    usable = table["activation_energy_eV"].between(0.05, 1.6).to_numpy(dtype=bool, copy=True)
    usable &= ~table["flags"].str.contains(_NO_ENERGY).to_numpy(dtype=bool)
    series = _series(table, material_groups(element_fractions(compositions(table))))
    rows = _first_where(series, usable)
    picked = table.iloc[rows]
    return _training_set(
        picked,
        rows,
        picked["activation_energy_eV"].to_numpy(dtype=float),
        np.ones(len(rows)),
        recipe,
    )


def _series(table: pd.DataFrame, materials: IntArray) -> NDArray[np.object_]:
    """What was measured of one material in one paper; a row of no paper is alone."""
    papers = pd.Series(paper_names(table), index=table.index).fillna(table["source_id"])
    return np.char.add(materials.astype(str), ("|" + papers).to_numpy(dtype=str)).astype(object)


def _first_where(keys: NDArray[np.object_], usable: BoolArray) -> IntArray:
    """Position of the first usable row of each key, in order."""
    positions = np.flatnonzero(usable)
    _, first = np.unique(np.asarray(keys)[positions].astype(str), return_index=True)
    return positions[np.sort(first)]


def _training_set(
    picked: pd.DataFrame,
    rows: IntArray,
    target: FloatArray,
    trust: FloatArray,
    recipe: Recipe,
) -> TrainingSet:
    if not len(rows):
        raise RefusedInputError(
            "the table holds no usable measurement of what is to be learned",
            "the conductivity needs rows up to 250 °C, the activation energy rows that state it",
        )
    materials = compositions(picked)
    fractions = element_fractions(materials)
    duplicates = near_duplicate_groups(fractions)
    papers = paper_names(picked)
    inside = picked["source"].isin(("obelix", OWN)).to_numpy(dtype=bool)
    weights = trust * np.where(inside, 1.0, recipe.outside_weight)
    weights /= np.bincount(duplicates)[duplicates] ** recipe.duplicate_power
    return TrainingSet(
        X=feature_table(materials, sets=recipe.feature_sets).values,
        fractions=fractions,
        target=target,
        weights=weights / weights.mean(),
        dois=papers,
        papers=paper_groups(list(papers), list(duplicates)),
        clusters=composition_clusters(fractions),
        families=picked["family"].to_numpy(dtype=object),
        distance=fraction_distance(fractions, fractions),
        systems=systems_of(space_groups(picked)),
        rows=rows,
    )
