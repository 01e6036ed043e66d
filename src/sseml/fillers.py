"""Context of a composite: what its filler conducts alone, and what a mere mixture would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sseml.features.polymer.films import filler_share, loading_is_stated
from sseml.model.answer import Model
from sseml.physics.effective_medium import filler_densities, hashin_shtrikman_S_cm, volume_share
from sseml.records import Composite, Filler

FILM_DENSITY_G_CM3 = 1.2
"""Assumed for the film without filler; polymers and salts lie near it."""


@dataclass(frozen=True, slots=True)
class FilledFilm:
    """A composite at a temperature; `film_S_cm` is σ of the film without filler there, in S/cm."""

    material: Composite
    temperature_C: float
    film_S_cm: float


def notes_on_fillers(films: Sequence[FilledFilm], compositions: Model) -> list[tuple[str, ...]]:
    """Notes on the conducting filler of each film, from the model of compositions, asked once."""
    notes: list[tuple[str, ...]] = [()] * len(films)
    told = [place for place, film in enumerate(films) if _only_filler(film.material) is not None]
    if not told:
        return notes
    fillers = [films[place].material.fillers[0] for place in told]
    at = np.array([films[place].temperature_C for place in told])
    sigma = compositions.predict([filler.composition for filler in fillers], at).sigma
    for row, place in enumerate(told):
        limits = (sigma.log10[row], sigma.log10_low[row], sigma.log10_high[row])
        alone_S_cm = tuple(10.0 ** float(exponent) for exponent in limits)
        notes[place] = tuple(_notes(films[place], fillers[row], alone_S_cm, compositions.name))
    return notes


def _notes(
    film: FilledFilm, filler: Filler, alone_S_cm: tuple[float, ...], model: str
) -> Iterator[str]:
    material, film_S_cm = film.material, film.film_S_cm
    alone, low, high = alone_S_cm
    yield (
        f"{filler.name} alone: {alone:.2g} S/cm at {film.temperature_C:g} °C, {low:.2g} to"
        f" {high:.2g} (90 %, {model})"
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


def _only_filler(material: Composite) -> Filler | None:
    """The filler of a film that holds no other, where it is inorganic and holds lithium."""
    if len(material.fillers) != 1:
        return None
    (filler,) = material.fillers
    holds_lithium = filler.composition is not None and "Li" in filler.composition.amounts
    return filler if holds_lithium else None
