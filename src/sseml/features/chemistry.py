"""The features of the set ``chemistry``: lithium, anions, framework cations, and how they pack."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.features.ion_roles import (
    ANIONS_PER_FORMER,
    TINY,
    Descriptors,
    Function,
    Speciation,
    aliovalence,
    entropy,
    members,
    ratio,
    shares,
    spread,
)
from sseml.physics.elements import elements
from sseml.physics.slots import row_sum

OTHER_MOBILE = "Na K Ag Cu"
HALIDES = "F Cl Br I"
REDUCIBLE = "Ti Ge Sn Sb Bi Pb Fe Mn V Co Ni Cu Ag Cr Mo W Nb In Zn Cd As Te"

CLOSE_PACKED = 4.0 * math.sqrt(2.0)
"""Volume per sphere of a close packing, in units of r³."""

ATOMIC_MASS_CONSTANT = 1.66053907
"""In g/cm³ per u/Å³."""

LARGEST_VOLUME_A3 = 200.0


def _cation_total(s: Speciation) -> FloatArray:
    return s.lithium + s.framework_total


def _is_other_mobile(s: Speciation) -> BoolArray:
    """Slots of the other monovalent mobile ions (Cu as Cu⁺ only), shape (n, k)."""
    monovalent = (s.charge > 0) & (s.charge < 1.5)
    return np.logical_and(monovalent, members(OTHER_MOBILE)[s.number])


def _other_mobile(s: Speciation) -> FloatArray:
    return row_sum(s.framework * _is_other_mobile(s))


def _formers(s: Speciation) -> FloatArray:
    return row_sum(s.tetrahedral)


LITHIUM: Mapping[str, Function] = {
    "li_fraction": lambda s: s.lithium,
    "li_per_anion": lambda s: ratio(s.lithium, s.anion_total),
    "li_share_of_cations": lambda s: ratio(s.lithium, _cation_total(s)),
    "li_per_framework_cation": lambda s: ratio(s.lithium, s.framework_total),
    "li_per_framework_charge": lambda s: ratio(s.lithium, row_sum(s.framework * s.charge), 3.0),
    "li_per_tetrahedral": lambda s: ratio(s.lithium, _formers(s)),
    "li_per_octahedral": lambda s: ratio(s.lithium, row_sum(s.octahedral)),
    "cations_per_anion": lambda s: ratio(_cation_total(s), s.anion_total),
    "other_mobile_fraction": _other_mobile,
    "other_mobile_share": lambda s: ratio(_other_mobile(s), _other_mobile(s) + s.lithium),
    "mobile_entropy": lambda s: entropy(s.fraction * (s.is_lithium | _is_other_mobile(s))),
    "proton_per_anion": lambda s: ratio(s.protons, s.anion_total),
    "hydroxyl_share": lambda s: ratio(s.protons, s.content("O"), 1.0) * (s.content("O") > 0),
}


def _electronegativity(s: Speciation) -> FloatArray:
    """Pauling's, per slot, shape (n, k)."""
    return s.of(elements().electronegativity)


def _share(symbols: str) -> Function:
    return lambda s: s.anion_share(symbols)


ANIONS: Mapping[str, Function] = {
    "anion_oxygen": _share("O"),
    "anion_sulfur": _share("S"),
    "anion_selenium_tellurium": _share("Se Te"),
    "anion_fluorine": _share("F"),
    "anion_chlorine": _share("Cl"),
    "anion_bromine": _share("Br"),
    "anion_iodine": _share("I"),
    "anion_nitrogen": _share("N"),
    "anion_hydride": _share("H"),
    "anion_other": _share("C P As Sb Bi Si Ge B At"),
    "anion_halide": _share(HALIDES),
    "halide_among_halide_chalcogenide": lambda s: ratio(
        s.anion_share(HALIDES), s.anion_share(f"{HALIDES} O S Se Te")
    ),
    "anion_entropy": lambda s: entropy(s.anions),
    "anion_charge": lambda s: s.anion_mean(-s.of(elements().anion_charge)),
    "anion_radius": lambda s: s.mean_anion_radius,
    "anion_radius_spread": lambda s: spread(s.anions, s.anion_radius),
    "anion_polarizability": lambda s: s.anion_mean(s.of(elements().anion_polarizability)),
    "anion_electronegativity": lambda s: s.anion_mean(_electronegativity(s)),
    "anion_minus_framework_electronegativity": lambda s: (
        s.anion_mean(_electronegativity(s)) - row_sum(s.cation_weight * _electronegativity(s))
    ),
}


def _least(s: Speciation, values: FloatArray) -> FloatArray:
    least = np.where(s.cation_weight > 0, values, np.inf).min(axis=1)
    return np.where(np.isfinite(least), least, 0.0)


def _most(s: Speciation, values: FloatArray) -> FloatArray:
    most = np.where(s.cation_weight > 0, values, -np.inf).max(axis=1)
    return np.where(np.isfinite(most), most, 0.0)


STATISTICS: Mapping[str, Callable[[Speciation, FloatArray], FloatArray]] = {
    "mean": lambda s, values: row_sum(s.cation_weight * values),
    "min": _least,
    "max": _most,
    "std": lambda s, values: spread(s.cation_weight, values),
}


def _statistics(
    name: str, values: Function, which: tuple[str, ...] = tuple(STATISTICS)
) -> dict[str, Function]:
    """Statistics of a property over the framework cations, or of lithium where there are none."""

    def bind(statistic: Callable[[Speciation, FloatArray], FloatArray]) -> Function:
        return lambda s: statistic(s, values(s))

    return {f"framework_{name}_{label}": bind(STATISTICS[label]) for label in which}


def _field_strength(s: Speciation) -> FloatArray:
    """Dietzel's z / (r_cation + r_anion)², finite where Shannon's radius is near 0. (n, k)."""
    distance = s.cation_radius + s.mean_anion_radius[:, None]
    return np.divide(s.charge, distance**2, out=np.zeros_like(distance), where=distance > 0)


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


def _per_framework_cation(
    s: Speciation, of_sublattice: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Mean over the tetrahedral, octahedral and large sites, weighted by their amounts. (n,)."""
    roles = (s.tetrahedral, s.octahedral, s.large)
    added = sum((of_sublattice(role) * row_sum(role) for role in roles), np.zeros(len(s.number)))
    return ratio(added, s.framework_total)


def _size_mismatch(s: Speciation) -> FloatArray:
    """Sqrt(Σ c (1 − r/r̄)²) of the octahedral sites. Shape (n,)."""
    mean = row_sum(shares(s.octahedral) * s.radii[1])
    return ratio(spread(s.octahedral, s.radii[1]), mean)


FRAMEWORK: Mapping[str, Function] = {
    **_statistics("radius", lambda s: s.cation_radius),
    **_statistics("charge", lambda s: s.charge),
    **_statistics("field_strength", _field_strength),
    **_statistics("electronegativity", _electronegativity),
    **_statistics("ionisation", lambda s: s.of(elements().ionisation), ("mean", "std")),
    **_statistics("mass", lambda s: s.of(elements().mass), ("mean", "std")),
    "framework_per_anion": lambda s: ratio(s.framework_total, s.anion_total),
    "tetrahedral_per_anion": lambda s: ratio(_formers(s), s.anion_total),
    "octahedral_per_anion": lambda s: ratio(row_sum(s.octahedral), s.anion_total),
    "large_per_anion": lambda s: ratio(row_sum(s.large), s.anion_total),
    "tetrahedral_charge": lambda s: row_sum(shares(s.tetrahedral) * s.charge),
    "octahedral_charge": lambda s: row_sum(shares(s.octahedral) * s.charge),
    "octahedral_electronegativity": lambda s: row_sum(shares(s.octahedral) * _electronegativity(s)),
    "d0_share": lambda s: ratio(_d0(s), s.framework_total),
    "d10_share": lambda s: ratio(_d10(s), s.framework_total),
    "lone_pair_share": lambda s: ratio(row_sum(s.framework * _lone_pairs(s)), s.framework_total),
    "open_shell_share": lambda s: ratio(_open_shell(s), s.framework_total),
    "reducible_share": lambda s: ratio(_reducible(s), s.framework_total, 1.0),
    "framework_entropy": lambda s: entropy(s.framework),
    "site_entropy": lambda s: _per_framework_cation(s, entropy),
    "aliovalence": lambda s: _per_framework_cation(s, lambda role: aliovalence(role, s.charge)),
    "octahedral_size_mismatch": _size_mismatch,
    "charge_residue": lambda s: s.residue,
    "reluctant_charge_shift": lambda s: s.reluctant_shift,
    "mixed_valence": lambda s: ratio(
        row_sum(s.framework * np.abs(s.charge - np.round(s.charge))), s.framework_total
    ),
}


def _free_anions(s: Speciation) -> FloatArray:
    """Anions beyond four per former, per atom of formula. Shape (n,)."""
    free = s.anion_total - ANIONS_PER_FORMER * _formers(s)
    return np.where(free > TINY, free, 0.0)


def _halides_of_free_anions(s: Speciation) -> FloatArray:
    free = _free_anions(s)
    return np.where(free > TINY, ratio(s.anion_total * s.anion_share(HALIDES), free, 1.0), 0.0)


def _condensation(s: Speciation) -> FloatArray:
    missing = np.clip(ANIONS_PER_FORMER * _formers(s) - s.anion_total, 0.0, None)
    return ratio(missing, s.anion_total)


def _ionicity(s: Speciation) -> FloatArray:
    """Pauling's ionic character of framework–anion bonds, weighted by cation charge. (n,)."""
    x = _electronegativity(s)
    difference = s.anion_mean(x)[:, None] - x
    character = 1.0 - np.exp(-(difference**2) / 4.0)
    weight = s.cation_weight * np.clip(s.charge, 0.0, None)
    return ratio(row_sum(weight * character), row_sum(weight))


def _spheres(amounts: FloatArray, radius: FloatArray) -> FloatArray:
    return 4.0 / 3.0 * np.pi * row_sum(amounts * radius**3)


def _ion_volume(s: Speciation) -> FloatArray:
    """Summed volume of all ions but lithium and protons, Å³ per atom of formula. (n,)."""
    return _spheres(s.anions, s.anion_radius) + _spheres(s.framework, s.radius)


def _packed_volume(s: Speciation) -> FloatArray:
    """Volume of close-packed anions and large cations, Å³ per atom of formula. (n,)."""
    packed: FloatArray = row_sum(s.anions * s.anion_radius**3) + row_sum(s.large * s.radius**3)
    return packed * CLOSE_PACKED


def _free_volume(s: Speciation) -> FloatArray:
    return np.clip(_packed_volume(s) - _ion_volume(s), 0.0, None)


def _mean_mass(s: Speciation) -> FloatArray:
    return row_sum(s.fraction * s.of(elements().mass))


PACKING: Mapping[str, Function] = {
    "anions_per_tetrahedral": lambda s: ratio(s.anion_total, _formers(s)),
    "free_anion_share": lambda s: ratio(_free_anions(s), s.anion_total),
    "halide_share_of_free_anions": _halides_of_free_anions,
    "condensation": _condensation,
    "bond_ionicity": _ionicity,
    "ion_volume_per_atom": _ion_volume,
    "free_volume_per_li": lambda s: ratio(_free_volume(s), s.lithium, LARGEST_VOLUME_A3),
    "estimated_density": lambda s: ratio(ATOMIC_MASS_CONSTANT * _mean_mass(s), _packed_volume(s)),
    "valence_electrons_per_atom": lambda s: row_sum(
        s.fraction * s.of(elements().valence_electrons)
    ),
    "mean_mass": _mean_mass,
    "composition_entropy": lambda s: entropy(s.fraction),
}

CHEMISTRY = Descriptors({**LITHIUM, **ANIONS, **FRAMEWORK, **PACKING})
