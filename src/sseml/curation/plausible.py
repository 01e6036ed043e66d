"""Whether reported values can be true: unit cell, temperature, conductivity, activation energy."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from sseml.curation.rows import Draft, total_variation
from sseml.parse.qualifiers import MAY_BE_KELVIN
from sseml.physics.transport import arrhenius_fit
from sseml.units import BOLTZMANN_EV_K, celsius_to_kelvin, kelvin_to_celsius

LOWEST_VOLUME_PER_ATOM_A3 = 4.0

HIGHEST_VOLUME_PER_ATOM_A3: Mapping[str, float] = {
    "H": 18.0, "B": 18.0, "C": 18.0, "N": 18.0, "O": 18.0, "F": 18.0, "P": 24.0, "S": 25.0,
    "Cl": 27.0, "Se": 28.0, "Te": 32.0, "Br": 32.0, "I": 37.0,
}  # fmt: skip
"""Highest credible cell volume per atom (Å³) of a solid all of whose anions are this element.

Set above every consistent cell of the OBELiX table (oxides ≤ 16, sulfides ≤ 23, LiAlCl4 24.6,
LiGaBr4 29.0, Li3ErI6 33.3); for mixed anions the amounts weigh the limits.
"""
_ANIONS_OF_LAST_RESORT = frozenset({"H", "B", "C", "P"})

PROBABLE_PREFACTOR = (2.5, 8.5)
"""log10 of σ₀ in S·K/cm, of σT = σ₀ exp(−Eₐ/kT): beyond these, σ or Eₐ is of something else."""

SERIES_FROM = MAY_BE_KELVIN[0]
"""A series all of whose temperatures are at least this may be a series around room temperature."""

KELVIN_ACTIVATION_ENERGY_EV = (0.1, 1.0)
ROOM_IN_KELVIN = (285.0, 310.0)
ROOM_IN_CELSIUS = (15.0, 40.0)
NEIGHBOUR_DISTANCE = 0.03
NEIGHBOURS_NEEDED = 3
SAME_CONDUCTIVITY_DECADES = 0.5

CREDIBLE_ACTIVATION_ENERGY_EV = (0.05, 1.4)
TEMPERATURES_NEEDED = 3
SMALLEST_SPAN_K = 30.0
SMALLEST_R2 = 0.98
FALL_DECADES = 0.5
FALL_SPAN_K = 20.0


def cell_volume(lattice: Sequence[float]) -> float | None:
    """Volume in Å³ of a cell a, b, c (Å) and alpha, beta, gamma (degrees); None if it is none."""
    a, b, c, *angles = lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    squared = 1.0 - x * x - y * y - z * z + 2.0 * x * y * z
    if min(a, b, c) <= 0.0 or squared <= 0.0:
        return None
    return a * b * c * math.sqrt(squared)


def is_possible(volume_per_atom_A3: float, amounts: Mapping[str, float]) -> bool:
    """Tell whether a volume per atom (Å³) is credible for a solid of these amounts.

    Boron, carbon, hydrogen and phosphorus count as anions only where there is no other anion.
    """
    anions = {s: n for s, n in amounts.items() if s in HIGHEST_VOLUME_PER_ATOM_A3}
    proper = {s: n for s, n in anions.items() if s not in _ANIONS_OF_LAST_RESORT} or anions
    if proper:
        total = sum(proper.values())
        highest = sum(HIGHEST_VOLUME_PER_ATOM_A3[s] * n for s, n in proper.items()) / total
    else:
        highest = max(HIGHEST_VOLUME_PER_ATOM_A3.values())
    return LOWEST_VOLUME_PER_ATOM_A3 <= volume_per_atom_A3 <= highest


def flag_improbable_prefactors(drafts: Sequence[Draft]) -> int:
    """Flag ``improbable_prefactor`` where σ and Eₐ do not belong together; count the rows.

    They ask together for σ₀ of σT = σ₀ exp(−Eₐ/kT). A bound, of which only the limit is known, is
    not judged.
    """
    low, high = PROBABLE_PREFACTOR
    flagged = 0
    for draft in drafts:
        energy_eV, kelvin = draft.activation_energy_eV, celsius_to_kelvin(draft.temperature_C)
        if energy_eV is None or draft.relation not in "=~":
            continue
        decades = energy_eV / (BOLTZMANN_EV_K * kelvin * math.log(10.0))
        if not low <= math.log10(draft.sigma_S_cm * kelvin) + decades <= high:
            draft.flags.add("improbable_prefactor")
            flagged += 1
    return flagged


def correct_kelvin(drafts: Sequence[Draft], known: Sequence[Draft]) -> int:
    """Turn temperatures that must be kelvin into °C, flag them ``kelvin_as_celsius``; count them.

    Two rules, for `drafts` of sources that state a temperature per row, against all that is
    `known`:

    1. A series of one paper and composition, all at 250 "°C" or more, whose Arrhenius slope read in
       °C asks for more than 1.4 eV while the same slope read in kelvin gives 0.1 to 1.0 eV.
    2. A single row at 285-310 "°C" that conducts no better (within 0.5 decades) than the median of
       at least three neighbours (composition distance below 0.03) measured at 15-40 °C: 270 K of
       heating would have raised it by more than a decade.
    """
    mended = 0
    values = [draft for draft in drafts if draft.relation == "="]
    for series in _series(values, by_source=True):
        if len({draft.temperature_C for draft in series}) < TEMPERATURES_NEEDED:
            continue
        if min(d.temperature_C for d in series) >= SERIES_FROM and _only_kelvin_fits(series):
            mended += sum(_to_celsius(draft) for draft in series)
    coldest, hottest = ROOM_IN_CELSIUS
    room = [d for d in known if coldest <= d.temperature_C <= hottest and d.relation == "="]
    low, high = ROOM_IN_KELVIN
    for draft in drafts:
        if low <= draft.temperature_C <= high and _conducts_as_at_room(draft, room):
            mended += _to_celsius(draft)
    return mended


def derive_activation_energies(drafts: Sequence[Draft]) -> int:
    """Give rows without an activation energy the slope of their own paper's series; count them.

    A series is one DOI and composition at three or more temperatures spanning at least 30 K, with
    R² above 0.98 of ln(σT) against 1/T and a slope of 0.05 to 1.4 eV. Extrapolated rows have no
    say. Flag: ``activation_energy_from_series``.
    """
    derived = 0
    low, high = CREDIBLE_ACTIVATION_ENERGY_EV
    for series in _measured_series(drafts):
        if not _has_a_slope(series):
            continue
        energy, r2 = _slope(series)
        if r2 <= SMALLEST_R2 or not low <= energy <= high:
            continue
        for draft in series:
            if draft.activation_energy_eV is None:
                draft.activation_energy_eV = round(energy, 4)
                draft.flags.add("activation_energy_from_series")
                derived += 1
    return derived


def flag_inconsistent_series(drafts: Sequence[Draft]) -> int:
    """Flag ``inconsistent_series`` where conductivity falls on heating, or rises impossibly fast.

    Within one DOI and composition: two rows at least 20 K apart of which the hotter conducts half a
    decade worse, or three rows over 30 K whose slope exceeds 1.4 eV. Returns the rows flagged.
    """
    flagged = 0
    highest_eV = CREDIBLE_ACTIVATION_ENERGY_EV[1]
    for series in _measured_series(drafts):
        rises_impossibly = _has_a_slope(series) and _slope(series)[0] > highest_eV
        if rises_impossibly or _falls_on_heating(series):
            flagged += len(series)
            for draft in series:
                draft.flags.add("inconsistent_series")
    return flagged


def series_slope(
    temperatures_C: Sequence[float], sigmas_S_cm: Sequence[float]
) -> tuple[float, float]:
    """Activation energy (eV) of two or more temperatures (°C), and R² of ln(σT) against 1/T."""
    kelvin = np.array([celsius_to_kelvin(t) for t in temperatures_C])
    energy, _, r_squared = arrhenius_fit(kelvin, np.log10(np.asarray(sigmas_S_cm)))
    return energy, r_squared


def _slope(series: Sequence[Draft]) -> tuple[float, float]:
    return series_slope([d.temperature_C for d in series], [d.sigma_S_cm for d in series])


def _series(drafts: Sequence[Draft], *, by_source: bool = False) -> list[list[Draft]]:
    """Rows of one paper and composition, in groups of two or more."""
    groups: dict[tuple[object, ...], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.papers:
            source = draft.raw.source if by_source else ""
            groups[source, draft.papers, draft.composition.formula].append(draft)
    return [group for group in groups.values() if len(group) > 1]


def _measured_series(drafts: Sequence[Draft]) -> list[list[Draft]]:
    return _series([d for d in drafts if d.relation in "=~" and "extrapolated" not in d.flags])


def _has_a_slope(series: Sequence[Draft]) -> bool:
    temperatures = {draft.temperature_C for draft in series}
    span_K = max(temperatures) - min(temperatures)
    return len(temperatures) >= TEMPERATURES_NEEDED and span_K >= SMALLEST_SPAN_K


def _falls_on_heating(series: Sequence[Draft]) -> bool:
    return any(
        hot.temperature_C - cold.temperature_C >= FALL_SPAN_K
        and math.log10(hot.sigma_S_cm / cold.sigma_S_cm) < -FALL_DECADES
        for hot in series
        for cold in series
    )


def _only_kelvin_fits(series: Sequence[Draft]) -> bool:
    as_celsius, _ = _slope(series)
    as_kelvin, _ = series_slope(
        [kelvin_to_celsius(draft.temperature_C) for draft in series],
        [draft.sigma_S_cm for draft in series],
    )
    low, high = KELVIN_ACTIVATION_ENERGY_EV
    return as_celsius > CREDIBLE_ACTIVATION_ENERGY_EV[1] and low <= as_kelvin <= high


def _conducts_as_at_room(draft: Draft, room: Sequence[Draft]) -> bool:
    fractions = draft.fractions
    neighbours = [
        math.log10(other.sigma_S_cm)
        for other in room
        if total_variation(fractions, other.fractions) < NEIGHBOUR_DISTANCE
    ]
    if len(neighbours) < NEIGHBOURS_NEEDED:
        return False
    gain = math.log10(draft.sigma_S_cm) - float(np.median(neighbours))
    return gain <= SAME_CONDUCTIVITY_DECADES


def _to_celsius(draft: Draft) -> bool:
    draft.temperature_C = round(kelvin_to_celsius(draft.temperature_C), 6)
    draft.flags.add("kelvin_as_celsius")
    return True
