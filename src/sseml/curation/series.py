"""What several temperatures of one paper and composition tell: activation energy, or nonsense."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from sseml.curation.plausible import series_slope
from sseml.curation.rows import Draft

SMALLEST_SPAN_K = 30.0
SMALLEST_R2 = 0.98
TEMPERATURES_NEEDED = 3
CREDIBLE_ACTIVATION_ENERGY_EV = (0.05, 1.4)

FALL_DECADES = 0.5
FALL_SPAN_K = 20.0


def derive_activation_energies(drafts: Sequence[Draft]) -> int:
    """Give rows without an activation energy the slope of their own paper's series; count them.

    A series is one DOI and composition at three or more temperatures spanning at least 30 K, with
    R² above 0.98 of ln(σT) against 1/T and a slope of 0.05 to 1.4 eV. Extrapolated rows have no
    say. Flag: ``activation_energy_from_series``.
    """
    derived = 0
    for series in _series(drafts):
        temperatures = [draft.temperature_C for draft in series]
        if len(set(temperatures)) < TEMPERATURES_NEEDED:
            continue
        if max(temperatures) - min(temperatures) < SMALLEST_SPAN_K:
            continue
        energy, r2 = series_slope(temperatures, [draft.sigma_S_cm for draft in series])
        low, high = CREDIBLE_ACTIVATION_ENERGY_EV
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
    flagged: dict[int, Draft] = {}
    for series in _series(drafts):
        if _falls_on_heating(series) or _rises_impossibly(series):
            flagged |= {id(draft): draft for draft in series}
    for draft in flagged.values():
        draft.flags.add("inconsistent_series")
    return len(flagged)


def _series(drafts: Sequence[Draft]) -> list[list[Draft]]:
    groups: dict[tuple[tuple[str, ...], str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.papers and draft.relation in "=~" and "extrapolated" not in draft.flags:
            groups[draft.papers, draft.composition.formula].append(draft)
    return [group for group in groups.values() if len(group) > 1]


def _falls_on_heating(series: Sequence[Draft]) -> bool:
    return any(
        hot.temperature_C - cold.temperature_C >= FALL_SPAN_K
        and math.log10(hot.sigma_S_cm / cold.sigma_S_cm) < -FALL_DECADES
        for hot in series
        for cold in series
    )


def _rises_impossibly(series: Sequence[Draft]) -> bool:
    temperatures = [draft.temperature_C for draft in series]
    if len(set(temperatures)) < TEMPERATURES_NEEDED:
        return False
    if max(temperatures) - min(temperatures) < SMALLEST_SPAN_K:
        return False
    energy, _ = series_slope(temperatures, [draft.sigma_S_cm for draft in series])
    return energy > CREDIBLE_ACTIVATION_ENERGY_EV[1]
