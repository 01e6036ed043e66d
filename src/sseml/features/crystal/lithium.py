"""Where lithium sits: its neighbours, how its sites are filled, how many kinds there are."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.features.crystal.coordination import HOPPE, REACH_A, added, bond_weights, weighted
from sseml.features.crystal.neighbours import BoolArray, IntArray
from sseml.features.crystal.sites import AverageStructure

DEFINITION = "definition"
LITHIUM_REACH_A = 6.0
KIND_REACH_A = 4.0
SAME_KIND_A = 0.05
"""Sites are of one kind where no distance to a neighbour differs by more than this."""

FEATURES = (
    Feature("li_li_shortest", "Å", "shortest distance between lithium sites", DEFINITION),
    Feature("li_li_mean", "Å", "mean distance of Li from the nearest lithium site", DEFINITION),
    Feature(
        "li_anion_shortest", "Å", "shortest distance from a lithium site to an anion", DEFINITION
    ),
    Feature("li_anion_mean", "Å", "mean distance of Li from the anions around it", HOPPE),
    Feature("li_anion_spread", "1", "relative spread of those distances", HOPPE),
    Feature("li_coordination", "1", "mean effective coordination number of Li", HOPPE),
    Feature("li_coordination_spread", "1", "its standard deviation over Li", HOPPE),
    Feature("li_tetrahedral_share", "1", "Li at coordination 4 (1) to 6 (0), mean", HOPPE),
    Feature(
        "li_cation_nearest",
        "Å",
        "mean distance of Li from the nearest framework cation",
        DEFINITION,
    ),
    Feature(
        "li_site_kinds", "1", "kinds of lithium sites that differ in their surroundings", DEFINITION
    ),
    Feature("li_sites_per_anion", "1", "lithium sites, occupied or not, per anion", DEFINITION),
    Feature("li_occupancy", "1", "mean occupancy of the lithium sites by Li", DEFINITION),
    Feature(
        "li_vacancies_per_li", "1", "vacancies on lithium sites per Li, at most 12", DEFINITION
    ),
    Feature("li_partial_share", "1", "Li on sites that are neither full nor empty", DEFINITION),
    Feature(
        "li_site_entropy", "kB/Li", "mixing entropy of Li, vacancies and others per Li", DEFINITION
    ),
    Feature(
        "li_foreign_share", "1", "mean occupancy of the lithium sites by other ions", DEFINITION
    ),
)

MOST_VACANCIES = 12.0
PARTIAL = (0.02, 0.98)


def describe(structure: AverageStructure) -> Mapping[str, float]:
    """Values of `FEATURES` by name, where they apply; means over Li count each site's occupancy."""
    if not structure.is_lithium.any():
        return {}
    return {
        **_filling(structure),
        **_distances(structure),
        **_surroundings(structure),
        "li_site_kinds": float(len(np.unique(site_kinds(structure)))),
    }


def _filling(structure: AverageStructure) -> dict[str, float]:
    lithium = structure.lithium[structure.is_lithium]
    total = structure.total[structure.is_lithium]
    vacant = np.clip(1.0 - total, 0.0, None)
    shares = np.column_stack([structure.occupancy[structure.is_lithium], vacant])
    entropy = (shares * np.log(1.0 / np.where(shares > 0.0, shares, 1.0))).sum()
    partial = (lithium > PARTIAL[0]) & (lithium < PARTIAL[1])
    anions = structure.anion.sum()
    return {
        "li_sites_per_anion": len(lithium) / anions if anions else math.nan,
        "li_occupancy": float(lithium.mean()),
        "li_vacancies_per_li": min(float(vacant.sum() / lithium.sum()), MOST_VACANCIES),
        "li_partial_share": float(lithium[partial].sum() / lithium.sum()),
        "li_site_entropy": float(entropy / lithium.sum()),
        "li_foreign_share": float((total - lithium).mean()),
    }


def _nearest(structure: AverageStructure, others: BoolArray) -> FloatArray:
    """Distance of each site of the structure that holds Li from the nearest of the others."""
    pairs = structure.pairs(structure.is_lithium, others, LITHIUM_REACH_A)
    nearest = np.full(len(structure.positions), np.nan)
    np.fmin.at(nearest, pairs.centre, pairs.distance)
    return nearest


def _distances(structure: AverageStructure) -> dict[str, float]:
    to_lithium = _nearest(structure, structure.is_lithium)
    to_framework = _nearest(structure, structure.is_framework)
    known = to_lithium[np.isfinite(to_lithium)]
    return {
        "li_li_shortest": float(known.min()) if len(known) else math.nan,
        "li_li_mean": weighted(to_lithium, structure.lithium),
        "li_cation_nearest": weighted(to_framework, structure.lithium),
    }


def _surroundings(structure: AverageStructure) -> dict[str, float]:
    pairs = structure.pairs(structure.is_lithium, structure.is_anion, REACH_A)
    if not len(pairs.centre):
        return {}
    count = len(structure.positions)
    bonds = bond_weights(pairs, structure.anion[pairs.other], count)
    coordination = added(pairs.centre, bonds, count)
    whole = np.where(coordination > 0.0, coordination, np.nan)
    mean = added(pairs.centre, bonds * pairs.distance, count) / whole
    square = added(pairs.centre, bonds * (pairs.distance / mean[pairs.centre] - 1.0) ** 2, count)
    lithium = structure.lithium
    typical = weighted(whole, lithium)
    return {
        "li_anion_shortest": float(pairs.distance.min()),
        "li_anion_mean": weighted(mean, lithium),
        "li_anion_spread": weighted(np.sqrt(square / whole), lithium),
        "li_coordination": typical,
        "li_coordination_spread": math.sqrt(weighted((whole - typical) ** 2, lithium)),
        "li_tetrahedral_share": weighted(np.clip((6.0 - whole) / 2.0, 0.0, 1.0), lithium),
    }


def site_kinds(structure: AverageStructure) -> IntArray:
    """Kind of each lithium site: those of one kind see the same elements' roles at equal distances.

    Returns
    -------
    IntArray
        One number a lithium site; sites of one kind share it.
    """
    sites = np.flatnonzero(structure.is_lithium)
    everything = np.ones(len(structure.positions), dtype=np.bool_)
    pairs = structure.pairs(structure.is_lithium, everything, KIND_REACH_A)
    role = structure.is_anion.astype(np.int64) + 2 * structure.is_framework
    prints = np.full((len(sites), 3, _most(pairs.centre, role[pairs.other])), KIND_REACH_A)
    starts = np.searchsorted(pairs.centre, [sites, sites + 1])
    for row, (start, end) in enumerate(starts.T):
        seen = role[pairs.other[start:end]]
        for kind in range(3):
            distances = np.sort(pairs.distance[start:end][seen == kind])
            prints[row, kind, : len(distances)] = distances
    flat = prints.reshape(len(sites), -1)
    kinds = np.arange(len(sites))
    for row in range(len(sites)):
        same = (np.abs(flat - flat[row]) <= SAME_KIND_A).all(axis=1)
        kinds[np.isin(kinds, kinds[same])] = kinds[same].min()
    return kinds


def _most(centre: IntArray, role: IntArray) -> int:
    """Largest number of neighbours of one role."""
    if not len(centre):
        return 0
    return int(np.bincount(centre * 3 + role).max())
