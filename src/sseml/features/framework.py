"""Descriptors of the framework cations: size, charge, field strength, electrons and mixing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.anions import entropy, spread
from sseml.features.contract import Feature
from sseml.features.speciation import (
    Descriptor,
    Speciation,
    describe,
    members,
    ratio,
    shares,
)
from sseml.physics.elements import elements
from sseml.physics.slots import row_sum

DEFINITION = "definition"
SHANNON = "doi 10.1107/S0567739476001551"
DIETZEL = "A. Dietzel, Z. Elektrochem. 48 (1942) 9"
ELEMENT_DATA = "doi 10.1016/j.commatsci.2012.10.028"

CHARGES = "ISBN 978-0-7506-3365-9"
ALL = "mean min max std"

PerSlot = Callable[[Speciation], FloatArray]


def _field_strength(s: Speciation) -> FloatArray:
    """Field strength z / (r_cation + r_anion)², finite where Shannon's radius is near 0."""
    distance = s.cation_radius + s.mean_anion_radius[:, None]
    return np.divide(s.charge, distance**2, out=np.zeros_like(distance), where=distance > 0)


def _mean(s: Speciation, values: FloatArray) -> FloatArray:
    return row_sum(s.cation_weight * values)


def _least(s: Speciation, values: FloatArray) -> FloatArray:
    least = np.where(s.cation_weight > 0, values, np.inf).min(axis=1)
    return np.where(np.isfinite(least), least, 0.0)


def _most(s: Speciation, values: FloatArray) -> FloatArray:
    most = np.where(s.cation_weight > 0, values, -np.inf).max(axis=1)
    return np.where(np.isfinite(most), most, 0.0)


REDUCIBLE = "Ti Ge Sn Sb Bi Pb Fe Mn V Co Ni Cu Ag Cr Mo W Nb In Zn Cd As Te"

STATISTICS = (
    ("mean", _mean),
    ("min", _least),
    ("max", _most),
    ("std", lambda s, values: spread(s.cation_weight, values)),
)


def _statistics(feature: Feature, values: PerSlot, which: str = ALL) -> list[Descriptor]:
    """The named statistics of one property over the framework cations."""

    def bind(statistic: Callable[[Speciation, FloatArray], FloatArray]) -> PerSlot:
        return lambda s: statistic(s, values(s))

    return [
        describe(
            f"framework_{feature.name}_{label}",
            feature.unit,
            f"{label} of the framework cations' {feature.description} (Li's where there are none)",
            feature.source,
            bind(statistic),
        )
        for label, statistic in STATISTICS
        if label in which.split()
    ]


def d_electrons(s: Speciation) -> FloatArray:
    """Electrons left in the d shell of transition metals (groups 4–12), else −1. Shape (n, k)."""
    group, period = s.of(elements().group), s.of(elements().period)
    transition = (group >= 3) & (group <= 12) & (period >= 4)
    return np.where(transition, np.clip(group - s.charge, 0.0, 10.0), -1.0)


def _d0(s: Speciation) -> FloatArray:
    group = s.of(elements().group)
    count = d_electrons(s)
    early = (group >= 4) & (group <= 6) & (count >= 0)
    return row_sum(s.framework * early * np.clip(1.0 - count, 0.0, 1.0))


def _p_block(s: Speciation) -> FloatArray:
    """1 for heavy p-block cations (Ga and below), whose d shell is full. Shape (n, k)."""
    heavy = (s.of(elements().group) >= 13) & (s.of(elements().period) >= 4)
    return heavy.astype(np.float64)


def _lone_pairs(s: Speciation) -> FloatArray:
    """Share of each heavy p-block cation that keeps its s² pair. Shape (n, k)."""
    return _p_block(s) * np.clip((s.of(elements().group) - 10 - s.charge) / 2.0, 0.0, 1.0)


def _d10(s: Speciation) -> FloatArray:
    full = np.clip(d_electrons(s) - 9.0, 0.0, 1.0) + _p_block(s) - _lone_pairs(s)
    return row_sum(s.framework * full)


def _open_shell(s: Speciation) -> FloatArray:
    """Framework cations with a partly filled d shell. Shape (n,)."""
    count = d_electrons(s)
    part = np.clip(np.minimum(count, 10.0 - count), 0.0, 1.0)
    return row_sum(s.framework * part)


def _reducible(s: Speciation) -> FloatArray:
    """Framework cations that lithium metal reduces. Shape (n,)."""
    return row_sum(s.framework * members(REDUCIBLE)[s.number])


def aliovalence(amounts: FloatArray, charge: FloatArray) -> FloatArray:
    """Mean distance of the charges on a sublattice from its most common species' charge. (n,)."""
    usual = np.take_along_axis(charge, amounts.argmax(axis=1)[:, None], axis=1)
    return ratio(row_sum(amounts * np.abs(charge - usual)), row_sum(amounts))


def mismatch(amounts: FloatArray, radius: FloatArray) -> FloatArray:
    """Size mismatch of a sublattice, sqrt(Σ c (1 − r/r̄)²). Shape (n,)."""
    mean = row_sum(shares(amounts) * radius)
    return ratio(spread(amounts, radius), mean)


def _roles(s: Speciation) -> tuple[FloatArray, FloatArray, FloatArray]:
    return s.tetrahedral, s.octahedral, s.large


FRAMEWORK: tuple[Descriptor, ...] = (
    *_statistics(Feature("radius", "Å", "Shannon radius", SHANNON), lambda s: s.cation_radius),
    *_statistics(Feature("charge", "e", "charge", DEFINITION), lambda s: s.charge),
    *_statistics(Feature("field_strength", "e/Å²", "field strength", DIETZEL), _field_strength),
    *_statistics(
        Feature("electronegativity", "1", "Pauling electronegativity", ELEMENT_DATA),
        lambda s: s.of(elements().electronegativity),
    ),
    *_statistics(
        Feature("ionisation", "eV", "first ionisation energy", ELEMENT_DATA),
        lambda s: s.of(elements().ionisation),
        "mean std",
    ),
    *_statistics(
        Feature("mass", "u", "mass", ELEMENT_DATA), lambda s: s.of(elements().mass), "mean std"
    ),
    describe(
        "framework_per_anion",
        "1",
        "framework cations per anion, at most 12",
        DEFINITION,
        lambda s: ratio(s.framework_total, s.anion_total),
    ),
    describe(
        "tetrahedral_per_anion",
        "1",
        "tetrahedral formers per anion, at most 12",
        DEFINITION,
        lambda s: ratio(row_sum(s.tetrahedral), s.anion_total),
    ),
    describe(
        "octahedral_per_anion",
        "1",
        "octahedral framework cations per anion, at most 12",
        DEFINITION,
        lambda s: ratio(row_sum(s.octahedral), s.anion_total),
    ),
    describe(
        "large_per_anion",
        "1",
        "large framework cations per anion, at most 12",
        DEFINITION,
        lambda s: ratio(row_sum(s.large), s.anion_total),
    ),
    describe(
        "tetrahedral_charge",
        "e",
        "mean charge of the tetrahedral formers; 0 without any",
        DEFINITION,
        lambda s: row_sum(shares(s.tetrahedral) * s.charge),
    ),
    describe(
        "octahedral_charge",
        "e",
        "mean charge of the octahedral framework cations; 0 without any",
        DEFINITION,
        lambda s: row_sum(shares(s.octahedral) * s.charge),
    ),
    describe(
        "octahedral_electronegativity",
        "1",
        "mean electronegativity of the octahedral framework cations; 0 without any",
        ELEMENT_DATA,
        lambda s: row_sum(shares(s.octahedral) * s.of(elements().electronegativity)),
    ),
    describe(
        "d0_share",
        "1",
        "d⁰ transition-metal cations (Ti⁴⁺, Zr⁴⁺, Nb⁵⁺, W⁶⁺ …) per framework cation",
        DEFINITION,
        lambda s: ratio(_d0(s), s.framework_total),
    ),
    describe(
        "d10_share",
        "1",
        "d¹⁰ cations without lone pair (Zn²⁺, Ga³⁺, Ge⁴⁺, Sn⁴⁺ …) per framework cation",
        DEFINITION,
        lambda s: ratio(_d10(s), s.framework_total),
    ),
    describe(
        "lone_pair_share",
        "1",
        "s² lone-pair cations (Sn²⁺, Sb³⁺, Bi³⁺ …) per framework cation",
        DEFINITION,
        lambda s: ratio(row_sum(s.framework * _lone_pairs(s)), s.framework_total),
    ),
    describe(
        "open_shell_share",
        "1",
        "cations with a partly filled d shell (redox-active, electronic leakage) per framework "
        "cation",
        DEFINITION,
        lambda s: ratio(_open_shell(s), s.framework_total),
    ),
    describe(
        "reducible_share",
        "1",
        "cations that lithium metal reduces (Ti, Ge, Sn, Sb, Fe …) per framework cation",
        "doi 10.1021/acs.chemmater.5b04082",
        lambda s: ratio(_reducible(s), s.framework_total, 1.0),
    ),
    describe(
        "framework_entropy",
        "kB/site",
        "mixing entropy of all framework cations",
        DEFINITION,
        lambda s: entropy(s.framework),
    ),
    describe(
        "site_entropy",
        "kB/cation",
        "mixing entropy within tetrahedral, octahedral and large sites, per framework cation",
        DEFINITION,
        lambda s: ratio(
            sum((entropy(role) * row_sum(role) for role in _roles(s)), np.zeros(len(s.number))),
            s.framework_total,
        ),
    ),
    describe(
        "aliovalence",
        "e/cation",
        "mean distance of framework charges from the most common charge on their kind of site",
        DEFINITION,
        lambda s: ratio(
            sum(
                (aliovalence(role, s.charge) * row_sum(role) for role in _roles(s)),
                np.zeros(len(s.number)),
            ),
            s.framework_total,
        ),
    ),
    describe(
        "octahedral_size_mismatch",
        "1",
        "relative spread of the radii on octahedral sites",
        SHANNON,
        lambda s: mismatch(s.octahedral, s.radii[1]),
    ),
    describe(
        "charge_residue",
        "e/atom",
        "charge per atom that usual charges cannot balance: 0 when balanced, negative for "
        "peroxides and polysulfides",
        CHARGES,
        lambda s: s.residue,
    ),
    describe(
        "reluctant_charge_shift",
        "e/atom",
        "change from the preferred charge that balance demands of Ti, Ge, P, B … (P–P bonds, "
        "clusters, reduced titanates)",
        CHARGES,
        lambda s: s.reluctant_shift,
    ),
    describe(
        "mixed_valence",
        "e/cation",
        "distance of the framework charges from whole ones (two valences of one element: "
        "electronic leakage)",
        CHARGES,
        lambda s: ratio(
            row_sum(s.framework * np.abs(s.charge - np.round(s.charge))), s.framework_total
        ),
    ),
)
