"""Curated measurements become training sets: which rows, at which temperature, with what weight."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.schema import has_flag
from sseml.curation.sources import source_record
from sseml.kinds import COMPOSITION, Kind
from sseml.model.crystal_system import systems_of
from sseml.model.split import (
    material_clusters,
    material_groups,
    near_duplicate_groups,
    paper_groups,
    paper_names,
)
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.records import RefusedInputError
from sseml.units import ROOM_TEMPERATURE_C, celsius_to_kelvin

CENSOR_LOG10_SIGMA = -10.0
"""Training labels are clipped here: below it most entries are bounds (``<1e-10``), not values."""

ROOM_RANGE_C = (15.0, 40.0)
EXTRAPOLATION_LIMIT_C = 250.0
TYPICAL_ACTIVATION_ENERGY_EV = 0.45
"""Carries a conductivity over the few kelvin to 25 °C where the paper gives no energy."""

_EXTRAPOLATED_WEIGHT = 0.5
_NO_ENERGY = ("composite", "improbable_prefactor")
"""Flags of rows that no activation energy is learned from."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows of one kind of material, ready to be fitted; every array has one entry a row."""

    X: FloatArray
    """Features, missing as NaN, shape (n, n_features)."""
    positions: FloatArray
    """What the distance of the kind compares, shape (n, k)."""
    target: FloatArray
    """What is learned, in its own unit."""
    weights: FloatArray
    dois: NDArray[np.object_]
    """What must not be split, as `sseml.model.split.paper_names` gives it."""
    papers: IntArray
    """Group numbers: rows of one group share a paper."""
    clusters: IntArray
    """Group numbers: rows of one group are of near materials."""
    families: NDArray[np.object_]
    distance: FloatArray
    """Between all pairs, shape (n, n)."""
    systems: IntArray
    """Crystal systems, 0 to 6, or `sseml.model.crystal_system.UNKNOWN`."""
    rows: IntArray
    """Position in the table of measurements."""
    kind: Kind

    def __len__(self) -> int:
        return len(self.target)

    def take(self, index: IntArray | BoolArray) -> TrainingSet:
        """The rows selected by a mask or an index array, as a new set."""
        one_per_row = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name not in ("distance", "kind")
        }
        distance = self.distance[index][:, index]
        return TrainingSet(**one_per_row, distance=distance, kind=self.kind)

    def with_target(self, target: FloatArray) -> TrainingSet:
        """The same rows with another target."""
        return replace(self, target=target)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which features are learned from, and how much each row counts."""

    feature_sets: tuple[str, ...] | None = None
    """Sets of the kind of material; None for those that it learns from by default."""
    outside_weight: float = 0.6
    """Weight of a measurement whose source does not count fully; OBELiX's and one's own are 1."""
    duplicate_power: float = 0.5
    """Rows of one near-identical material share a weight of n^(1 - power)."""

    def sets(self, kind: Kind) -> tuple[str, ...]:
        """The feature sets to learn from: those of the kind where none are named."""
        return kind.default_sets if self.feature_sets is None else self.feature_sets


def space_groups(table: pd.DataFrame) -> list[int | None]:
    """Space group number of each row; None where it is not known."""
    return [None if pd.isna(number) else int(number) for number in table["space_group_number"]]


def measured_materials(table: pd.DataFrame, kind: Kind = COMPOSITION) -> list[Any]:
    """The material of each row, in the space group it was measured in where that is known."""
    materials = kind.read_all(table["formula"])
    return [
        kind.in_space_group(material, number)
        for material, number in zip(materials, space_groups(table), strict=True)
    ]


def conductivity_set(table: pd.DataFrame, recipe: Recipe, kind: Kind = COMPOSITION) -> TrainingSet:
    """Rows that say what σ is at 25 °C; the target is log10 of S/cm, clipped at −10.

    Near room temperature (15 to 40 °C) the value is carried to 25 °C along the row's own activation
    energy; a material measured only elsewhere enters once, from its measurement nearest 25 °C (up
    to 250 °C), at half weight.
    """
    temperature = table["temperature_C"].to_numpy(dtype=float)
    at_room = (temperature >= ROOM_RANGE_C[0]) & (temperature <= ROOM_RANGE_C[1])
    usable = ~has_flag(table, "composite")
    materials = _materials(table, kind)
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
    return _training_set(picked, rows, target, trust, recipe=recipe, kind=kind)


def energy_set(table: pd.DataFrame, recipe: Recipe, kind: Kind = COMPOSITION) -> TrainingSet:
    """Rows that say what the activation energy is, one per paper and composition; target in eV.

    An energy that does not belong to its conductivity (``improbable_prefactor``) is left out: in
    cross-validation by paper the others are then predicted better. Its conductivity is used.
    """
    usable = table["activation_energy_eV"].between(0.05, 1.6).to_numpy(dtype=bool, copy=True)
    usable &= ~has_flag(table, *_NO_ENERGY)
    series = _series(table, _materials(table, kind))
    rows = np.flatnonzero(usable)
    rows = rows[~pd.Series(series[rows]).duplicated().to_numpy()]
    picked = table.iloc[rows]
    return _training_set(
        picked,
        rows,
        picked["activation_energy_eV"].to_numpy(dtype=float),
        np.ones(len(rows)),
        recipe=recipe,
        kind=kind,
    )


def _materials(table: pd.DataFrame, kind: Kind) -> IntArray:
    """Number of the material of each row."""
    positions = kind.distance.positions(kind.read_all(table["formula"]))
    return material_groups(positions, kind.distance)


def _series(table: pd.DataFrame, materials: IntArray) -> NDArray[np.object_]:
    """What was measured of one material in one paper; a row of no paper is alone."""
    papers = pd.Series(paper_names(table), index=table.index).fillna(table["source_id"])
    return np.char.add(materials.astype(str), ("|" + papers).to_numpy(dtype=str)).astype(object)


def _training_set(
    picked: pd.DataFrame,
    rows: IntArray,
    target: FloatArray,
    trust: FloatArray,
    *,
    recipe: Recipe,
    kind: Kind,
) -> TrainingSet:
    if not len(rows):
        raise RefusedInputError(
            "the table holds no usable measurement of what is to be learned",
            "the conductivity needs rows up to 250 °C, the activation energy rows that state it",
        )
    materials = kind.read_all(picked["formula"])
    distance = kind.distance
    positions = distance.positions(materials)
    duplicates = near_duplicate_groups(positions, distance)
    papers = paper_names(picked)
    fully = [source_record(name).counts_fully for name in picked["source"]]
    weights = trust * np.where(fully, 1.0, recipe.outside_weight)
    weights /= np.bincount(duplicates)[duplicates] ** recipe.duplicate_power
    return TrainingSet(
        X=kind.features(materials, recipe.sets(kind)).values,
        positions=positions,
        target=target,
        weights=weights / weights.mean(),
        dois=papers,
        papers=paper_groups(list(papers), list(duplicates)),
        clusters=material_clusters(positions, distance),
        families=picked["family"].to_numpy(dtype=object),
        distance=distance.between(positions, positions),
        systems=systems_of(space_groups(picked)),
        rows=rows,
        kind=kind,
    )
