"""Kelvin among degrees Celsius: which reported temperatures can only have been kelvin."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from sseml.curation.draft import Draft, total_variation
from sseml.parse.qualifiers import MAY_BE_KELVIN
from sseml.physics.transport import arrhenius_fit
from sseml.units import celsius_to_kelvin, kelvin_to_celsius

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
