"""How the framework holds together: its polyhedra, what they share, what binds the anions."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.features.crystal.coordination import HOPPE, REACH_A, added, bond_weights, weighted
from sseml.features.crystal.neighbours import BoolArray, IntArray, Pairs
from sseml.features.crystal.sites import AverageStructure
from sseml.features.elements import elements
from sseml.features.symmetry import U_PER_A3_IN_G_CM3

DEFINITION = "definition"
PAULING = "doi 10.1021/ja01379a006"
A3_PER_NM3 = 1000.0
BOND = 0.3
"""Weight from which an anion belongs to a cation's polyhedron."""

FEATURES = (
    Feature("volume_per_anion", "Å³", "cell volume per anion", DEFINITION),
    Feature("li_density", "1/nm³", "number of Li per volume", DEFINITION),
    Feature("framework_density", "g/cm³", "mass of everything but Li over the volume", DEFINITION),
    Feature(
        "framework_coordination",
        "1",
        "mean effective coordination number of the framework cations",
        HOPPE,
    ),
    Feature(
        "framework_bond_length", "Å", "mean distance of framework cations from their anions", HOPPE
    ),
    Feature(
        "framework_cations_per_anion",
        "1",
        "mean number of framework cations that an anion is bonded to",
        DEFINITION,
    ),
    Feature(
        "unbonded_anion_share", "1", "anions that are bonded to no framework cation", DEFINITION
    ),
    Feature(
        "framework_connections",
        "1",
        "polyhedra that share an anion with a framework polyhedron, mean",
        DEFINITION,
    ),
    Feature("corner_share", "1", "those that share one anion; 0 where none is shared", DEFINITION),
    Feature("edge_share", "1", "those that share two", DEFINITION),
    Feature("face_share", "1", "those that share three or more", DEFINITION),
    Feature(
        "anion_bond_strength",
        "e",
        "mean sum of Pauling's bond strengths that reach an anion from the framework",
        PAULING,
    ),
    Feature("anion_bond_strength_spread", "e", "its standard deviation over the anions", PAULING),
)


def describe(structure: AverageStructure) -> Mapping[str, float]:
    """Values of `FEATURES` by name, where they apply."""
    anions, volume = float(structure.anion.sum()), structure.volume_A3
    lithium = float(structure.lithium.sum())
    lithium_mass = lithium * float(elements().mass[elements().number["Li"]])
    other_mass = float(structure.mass.sum()) - lithium_mass
    values = {
        "li_density": lithium * A3_PER_NM3 / volume,
        "framework_density": other_mass * U_PER_A3_IN_G_CM3 / volume,
    }
    if not structure.is_anion.any():
        return values
    values["volume_per_anion"] = volume / anions
    pairs = structure.pairs(structure.is_framework, structure.is_anion, REACH_A)
    if not len(pairs.centre):
        return values
    bonds = bond_weights(pairs, structure.anion[pairs.other], len(structure.positions))
    return {
        **values,
        **_bonds(structure, pairs, bonds),
        **_connections(structure, pairs.take(bonds >= BOND)),
    }


def _bonds(structure: AverageStructure, pairs: Pairs, bonds: FloatArray) -> dict[str, float]:
    count = len(structure.positions)
    coordination = added(pairs.centre, bonds, count)
    whole = np.where(coordination > 0.0, coordination, np.nan)
    length = added(pairs.centre, bonds * pairs.distance, count) / whole
    strength = structure.framework_charge[pairs.centre] * bonds / whole[pairs.centre]
    received = added(pairs.other, strength, count) / np.where(
        structure.is_anion, structure.anion, 1
    )
    cations = structure.framework * structure.is_framework
    anions = structure.anion * structure.is_anion
    typical = weighted(received, anions)
    return {
        "framework_coordination": weighted(whole, cations),
        "framework_bond_length": weighted(length, cations),
        "anion_bond_strength": typical,
        "anion_bond_strength_spread": math.sqrt(weighted((received - typical) ** 2, anions)),
    }


def _connections(structure: AverageStructure, bonded: Pairs) -> dict[str, float]:
    """What the polyhedra share; a connection counts by the occupancies of its two cations."""
    count = len(structure.positions)
    cations, anions = structure.framework, structure.anion * structure.is_anion
    binding = added(bonded.other, cations[bonded.centre], count)
    one, other, image = _sharing(bonded)
    keys = np.column_stack([one, other, image])
    connected, shared = np.unique(keys, axis=0, return_counts=True)
    weight = cations[connected[:, 0]] * cations[connected[:, 1]]
    whole = float(weight.sum())

    def share(mask: BoolArray) -> float:
        return float(weight[mask].sum()) / whole if whole else 0.0

    return {
        "framework_cations_per_anion": weighted(binding, anions),
        "unbonded_anion_share": weighted((binding == 0.0).astype(np.float64), anions),
        "framework_connections": whole / float(cations[structure.is_framework].sum()),
        "corner_share": share(shared == 1),
        "edge_share": share(shared == 2),
        "face_share": share(shared >= 3),
    }


def _sharing(bonded: Pairs) -> tuple[IntArray, IntArray, IntArray]:
    """All ordered pairs of cations, with the cell of the second, that one anion is bonded to."""
    order = np.argsort(bonded.other, kind="stable")
    anion = bonded.other[order]
    start = np.searchsorted(anion, anion, side="left")
    size = np.searchsorted(anion, anion, side="right") - start
    first = np.repeat(np.arange(len(anion)), size)
    run = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    second = np.repeat(start, size) + run
    one, other = bonded.centre[order][first], bonded.centre[order][second]
    image = bonded.image[order][first] - bonded.image[order][second]
    different = (one != other) | image.any(axis=1)
    return one[different], other[different], image[different]
