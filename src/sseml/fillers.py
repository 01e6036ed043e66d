"""Context of a composite: what its filler conducts alone, and what a mere mixture would."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sseml.features.polymer.films import filler_share, loading_is_stated
from sseml.model.answer import Model
from sseml.physics.effective_medium import filler_densities, hashin_shtrikman_S_cm, volume_share
from sseml.records import Composite, Filler

FILM_DENSITY_G_CM3 = 1.2
"""Assumed for the film without filler; polymers and salts lie near it."""


def notes_on_filler(
    material: Composite, temperature_C: float, film_S_cm: float, compositions: Model
) -> Iterator[str]:
    """Notes on the conducting filler of a composite, from the model of compositions.

    `film_S_cm` is σ of the film without filler at that temperature, in S/cm.
    """
    conducting = [each for each in material.fillers if _holds_lithium(each)]
    if len(conducting) != 1 or len(material.fillers) != 1:
        return
    (filler,) = conducting
    answer = compositions.predict([filler.composition], np.array([temperature_C]))
    alone, low, high = (
        10.0 ** float(values[0])
        for values in (answer.sigma.log10, answer.sigma.log10_low, answer.sigma.log10_high)
    )
    yield (
        f"{filler.name} alone: {alone:.2g} S/cm at {temperature_C:g} °C, {low:.2g} to {high:.2g}"
        f" (90 %, {compositions.name})"
    )
    density = filler_densities().get(filler.name)
    if density is None or not loading_is_stated(material):
        return
    share = volume_share(filler_share(material), density.density_g_cm3, FILM_DENSITY_G_CM3)
    least, most = hashin_shtrikman_S_cm(film_S_cm, alone, share)
    yield (
        f"a mere mixture of film and {filler.name} ({100.0 * share:.2g} % of the volume, with"
        f" {density.density_g_cm3:g} and {FILM_DENSITY_G_CM3:g} g/cm³) conducts {least:.2g} to"
        f" {most:.2g} S/cm (Hashin-Shtrikman bounds); what lies beyond is the filler's effect on"
        " the polymer"
    )


def _holds_lithium(filler: Filler) -> bool:
    return filler.composition is not None and "Li" in filler.composition.amounts
