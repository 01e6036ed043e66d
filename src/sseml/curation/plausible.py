"""Whether reported values can be true: unit cell, temperature, conductivity and energy."""

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
    "H": 18.0,
    "B": 18.0,
    "C": 18.0,
    "N": 18.0,
    "O": 18.0,
    "F": 18.0,
    "P": 24.0,
    "S": 25.0,
    "Cl": 27.0,
    "Se": 28.0,
    "Te": 32.0,
    "Br": 32.0,
    "I": 37.0,
}
"""Highest credible cell volume per atom (Å³) of a solid all of whose anions are this element.

Set above every consistent cell of the OBELiX table (oxides ≤ 16, sulfides ≤ 23, LiAlCl4 24.6,
LiGaBr4 29.0, Li3ErI6 33.3); for mixed anions the amounts weigh the limits.
"""


def cell_volume(lattice: Sequence[float]) -> float | None:
    """Volume in Å³ of a cell a, b, c (Å) and alpha, beta, gamma (degrees); None if it is none."""
    a, b, c, *angles = lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    squared = 1.0 - x * x - y * y - z * z + 2.0 * x * y * z
    if min(a, b, c) <= 0.0 or squared <= 0.0:
        return None
    return a * b * c * math.sqrt(squared)


def highest_volume_per_atom(amounts: Mapping[str, float]) -> float:
    """Highest credible volume per atom (Å³): the limits of the anions, weighed by their amounts.

    Boron, carbon, hydrogen and phosphorus are read as anions only where no other anion is there.
    """
    anions = {s: n for s, n in amounts.items() if s in HIGHEST_VOLUME_PER_ATOM_A3}
    proper = {s: n for s, n in anions.items() if s not in {"H", "B", "C", "P"}} or anions
    if not proper:
        return max(HIGHEST_VOLUME_PER_ATOM_A3.values())
    total = sum(proper.values())
    return sum(HIGHEST_VOLUME_PER_ATOM_A3[s] * n for s, n in proper.items()) / total


def is_possible(volume_per_atom_A3: float, amounts: Mapping[str, float]) -> bool:
    """Tell whether a volume per atom (Å³) is credible for a solid of these amounts."""
    return LOWEST_VOLUME_PER_ATOM_A3 <= volume_per_atom_A3 <= highest_volume_per_atom(amounts)


PROBABLE_PREFACTOR = (2.5, 8.5)
"""log10 of σ₀ in S·K/cm, of σT = σ₀ exp(−Eₐ/kT): beyond these, σ or Eₐ is of something else."""


def log10_prefactor(sigma_S_cm: float, energy_eV: float, temperature_C: float) -> float:
    """log10 of σ₀ in S·K/cm that a conductivity and an activation energy ask for together."""
    kelvin = celsius_to_kelvin(temperature_C)
    return math.log10(sigma_S_cm * kelvin) + energy_eV / (BOLTZMANN_EV_K * kelvin * math.log(10.0))


def flag_improbable_prefactors(drafts: Sequence[Draft]) -> int:
    """Flag ``improbable_prefactor`` where σ and Eₐ do not belong together; count the rows.

    A bound, of which only the limit is known, is not judged.
    """
    low, high = PROBABLE_PREFACTOR
    flagged = 0
    for draft in drafts:
        if draft.activation_energy_eV is None or draft.relation not in "=~":
            continue
        found = log10_prefactor(draft.sigma_S_cm, draft.activation_energy_eV, draft.temperature_C)
        if not low <= found <= high:
            draft.flags.add("improbable_prefactor")
            flagged += 1
    return flagged


SERIES_FROM = MAY_BE_KELVIN[0]
"""A series all of whose temperatures are at least this may be a series around room temperature."""

HIGHEST_ACTIVATION_ENERGY_EV = 1.4
KELVIN_ACTIVATION_ENERGY_EV = (0.1, 1.0)

ROOM_IN_KELVIN = (285.0, 310.0)
NEIGHBOUR_DISTANCE = 0.03
NEIGHBOURS_NEEDED = 3
SAME_CONDUCTIVITY_DECADES = 0.5


def mend_kelvin(drafts: Sequence[Draft], known: Sequence[Draft]) -> int:
    """Turn temperatures that must be kelvin into °C, flag them ``kelvin_as_celsius``; count them.

    Two rules, for `drafts` of datasets that state a temperature per row, against all that is
    `known`:

    1. A series of one paper and composition, all at 250 "°C" or more, whose Arrhenius slope read in
       °C asks for more than 1.4 eV while the same slope read in kelvin gives 0.1 to 1.0 eV.
    2. A single row at 285-310 "°C" that conducts no better (within 0.5 decades) than the median of
       at least three neighbours (composition distance below 0.03) measured at 15-40 °C: 270 K of
       heating would have raised it by more than a decade.
    """
    mended = 0
    for series in _series(drafts):
        if min(d.temperature_C for d in series) >= SERIES_FROM and _only_kelvin_fits(series):
            mended += sum(_to_celsius(draft) for draft in series)
    room = [d for d in known if 15.0 <= d.temperature_C <= 40.0 and d.relation == "="]
    for draft in drafts:
        low, high = ROOM_IN_KELVIN
        if low <= draft.temperature_C <= high and _conducts_as_at_room(draft, room):
            mended += _to_celsius(draft)
    return mended


def series_slope(
    temperatures_C: Sequence[float], sigmas_S_cm: Sequence[float]
) -> tuple[float, float]:
    """Activation energy of a series, and how straight it is.

    Parameters
    ----------
    temperatures_C
        At least two different temperatures in °C.
    sigmas_S_cm
        Conductivities in S/cm.

    Returns
    -------
    tuple
        Activation energy in eV and the coefficient of determination R² of ln(σT) against 1/T.
    """
    kelvin = np.array([celsius_to_kelvin(t) for t in temperatures_C])
    energy, _, r_squared = arrhenius_fit(kelvin, np.log10(np.asarray(sigmas_S_cm)))
    return energy, r_squared


def _series(drafts: Sequence[Draft]) -> list[list[Draft]]:
    groups: dict[tuple[object, ...], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.papers and draft.relation == "=":
            groups[draft.raw.source, draft.papers, draft.composition.formula].append(draft)
    return [g for g in groups.values() if len({d.temperature_C for d in g}) >= 3]


def _only_kelvin_fits(series: Sequence[Draft]) -> bool:
    sigmas = [draft.sigma_S_cm for draft in series]
    as_celsius, _ = series_slope([d.temperature_C for d in series], sigmas)
    as_kelvin, _ = series_slope([kelvin_to_celsius(d.temperature_C) for d in series], sigmas)
    low, high = KELVIN_ACTIVATION_ENERGY_EV
    return as_celsius > HIGHEST_ACTIVATION_ENERGY_EV and low <= as_kelvin <= high


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
