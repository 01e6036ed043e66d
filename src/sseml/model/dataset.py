"""Curated measurements become training sets: which rows, at which temperature, with what weight."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.schema import has_flag
from sseml.curation.sources import source_record
from sseml.kinds import COMPOSITION, Kind
from sseml.model.crystal_system import UNKNOWN, systems_of
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA
from sseml.model.heating import REFERENCE_K
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
"""Trees and figures of merit take a lower σ at 25 °C for this: it is a bound, or extrapolated."""

ROOM_RANGE_C = (15.0, 40.0)
EXTRAPOLATION_LIMIT_C = 250.0
TYPICAL_ACTIVATION_ENERGY_EV = 0.45
"""Carries a conductivity to 25 °C where the paper gives no energy."""

ENERGY_RANGE_EV = (0.05, 1.6)
"""A stated activation energy beyond is a misprint, or of another process."""

_CARRIED_WEIGHT = 0.5
_NO_ENERGY = ("composite", "improbable_prefactor")
"""Flags of rows that no activation energy is learned from."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Measurements of one kind of material at any temperature; every array has one entry a row."""

    X: FloatArray
    """Features, missing as NaN, shape (n, n_features)."""
    positions: FloatArray
    """What the distance of the kind compares, shape (n, k)."""
    log10_sigma: FloatArray
    """Measured log10 of σ in S/cm at `temperature_K`; the bound where `is_bound`."""
    temperature_K: FloatArray
    is_bound: BoolArray
    """Rows that say only that σ is lower."""
    activation_energy_eV: FloatArray
    """Of σT, where it is learned from; else NaN."""
    target: FloatArray
    """log10 of σ in S/cm at 25 °C, no lower than −10; NaN for rows that do not say it."""
    trust: FloatArray
    """How far a row counts for σ at 25 °C: 1 near it, less if carried there, 0 if not at all."""
    weights: FloatArray
    """How much a measurement counts: by its source, and how often the material was measured."""
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
        return len(self.log10_sigma)

    @property
    def at_25(self) -> BoolArray:
        """Rows that say what σ is at 25 °C."""
        says: BoolArray = self.trust > 0.0
        return says

    @property
    def carried_log10_sigma(self) -> FloatArray:
        """log10 of σ in S/cm at 25 °C, along the energy that is learned from or a typical one."""
        unknown = np.isnan(self.activation_energy_eV)
        energy = np.where(unknown, TYPICAL_ACTIVATION_ENERGY_EV, self.activation_energy_eV)
        return arrhenius_log10_sigma(self.log10_sigma, energy, self.temperature_K, REFERENCE_K)

    @property
    def conducts(self) -> BoolArray:
        """Rows whose σ, carried to 25 °C, is above 1e-7 S/cm: those of conductors."""
        at_25 = np.where(self.at_25, self.target, self.carried_log10_sigma)
        above: BoolArray = at_25 > CONDUCTOR_LOG10_SIGMA
        return above

    def take(self, index: IntArray | BoolArray) -> TrainingSet:
        """The rows selected by a mask or an index array, as a new set."""
        one_per_row = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name not in ("distance", "kind")
        }
        distance = self.distance[index][:, index]
        return TrainingSet(**one_per_row, distance=distance, kind=self.kind)


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


def training_set(table: pd.DataFrame, recipe: Recipe, kind: Kind = COMPOSITION) -> TrainingSet:
    """Every usable measurement, and what it says about σ at 25 °C.

    σ at 25 °C is said by measurements near it (15 to 40 °C; of a material in one paper the nearest
    to 25 °C), carried along the row's own activation energy; of a material measured only elsewhere,
    by its measurement nearest 25 °C (up to 250 °C), which counts half. An energy that does not
    belong to its conductivity (``improbable_prefactor``) is not learned from.
    """
    rows = np.flatnonzero(~has_flag(table, "composite"))
    if not len(rows):
        raise RefusedInputError(
            "the table holds no measurement that can be learned from",
            "it takes a conductivity of a single material",
        )
    picked = table.iloc[rows]
    read = kind.read_all(picked["formula"])
    distance = kind.distance
    positions = distance.positions(read)
    duplicates = near_duplicate_groups(positions, distance)
    papers = paper_names(picked)
    fully = [source_record(name).counts_fully for name in picked["source"]]
    weights = np.where(fully, 1.0, recipe.outside_weight)
    weights /= np.bincount(duplicates)[duplicates] ** recipe.duplicate_power
    temperature_C = picked["temperature_C"].to_numpy(dtype=float)
    log10_sigma = np.log10(picked["sigma_S_cm"].to_numpy(dtype=float))
    trust = _trust(temperature_C, material_groups(positions, distance), papers, picked["source_id"])
    return TrainingSet(
        X=kind.features(read, recipe.sets(kind)).values,
        positions=positions,
        log10_sigma=log10_sigma,
        temperature_K=temperature_C + celsius_to_kelvin(0.0),
        is_bound=(picked["relation"] == "<").to_numpy(dtype=np.bool_),
        activation_energy_eV=_energy(picked),
        target=_at_25(log10_sigma, temperature_C, picked, trust),
        trust=trust,
        weights=weights / weights.mean(),
        dois=papers,
        papers=paper_groups(list(papers), list(duplicates)),
        clusters=material_clusters(positions, distance),
        families=picked["family"].to_numpy(dtype=object),
        distance=distance.between(positions, positions),
        systems=_systems(picked),
        rows=rows,
        kind=kind,
    )


def _trust(
    temperature_C: FloatArray,
    materials: IntArray,
    papers: NDArray[np.object_],
    source_ids: pd.Series,
) -> FloatArray:
    """`TrainingSet.trust`; `materials` are numbers of materials, a row of no paper is alone."""
    at_room = (temperature_C >= ROOM_RANGE_C[0]) & (temperature_C <= ROOM_RANGE_C[1])
    named = pd.Series(papers, index=source_ids.index).fillna(source_ids)
    series = np.char.add(materials.astype(str), ("|" + named).to_numpy(dtype=str))
    away = np.abs(temperature_C - ROOM_TEMPERATURE_C)
    trust = np.zeros(len(away))
    nearest_of_series = pd.Series(away).groupby(series).transform("min").to_numpy()
    trust[at_room & (away == nearest_of_series)] = 1.0
    elsewhere = ~np.isin(materials, materials[at_room]) & (temperature_C <= EXTRAPOLATION_LIMIT_C)
    first = pd.Series(away[elsewhere], index=np.flatnonzero(elsewhere))
    trust[first.groupby(materials[elsewhere]).idxmin().to_numpy(dtype=np.intp)] = _CARRIED_WEIGHT
    return trust


def _at_25(
    log10_sigma: FloatArray,
    temperature_C: FloatArray,
    picked: pd.DataFrame,
    trust: FloatArray,
) -> FloatArray:
    energy = picked["activation_energy_eV"].fillna(TYPICAL_ACTIVATION_ENERGY_EV).to_numpy(float)
    carried = arrhenius_log10_sigma(
        log10_sigma,
        energy,
        temperature_C + celsius_to_kelvin(0.0),
        REFERENCE_K,
    )
    return np.where(trust > 0.0, np.maximum(carried, CENSOR_LOG10_SIGMA), np.nan)


def _systems(picked: pd.DataFrame) -> IntArray:
    """Crystal systems; a glass has none, whatever its row says."""
    systems = systems_of(space_groups(picked))
    if "form" not in picked.columns:
        return systems
    return np.where(
        (picked["form"] == "glass").to_numpy(dtype=bool, na_value=False), UNKNOWN, systems
    )


def _energy(picked: pd.DataFrame) -> FloatArray:
    stated = picked["activation_energy_eV"].to_numpy(dtype=float, na_value=np.nan)
    usable = picked["activation_energy_eV"].between(*ENERGY_RANGE_EV).to_numpy(dtype=bool)
    return np.where(usable & ~has_flag(picked, *_NO_ENERGY), stated, np.nan)
