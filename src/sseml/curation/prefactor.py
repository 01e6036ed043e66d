"""Conductivity and activation energy that no one conductor can have together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sseml.curation.draft import Draft
from sseml.units import BOLTZMANN_EV_K, celsius_to_kelvin

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
