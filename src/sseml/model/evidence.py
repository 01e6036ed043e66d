"""Exact hits, the nearest measured materials, and whether a question is inside what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sseml.records import Domain, Neighbour

FloatArray = NDArray[np.float64]

SAME_COMPOSITION = 1e-3
"""Composition distance below which two formulas are one material, rounding of amounts included."""

SAME_TEMPERATURE_K = 5.0
"""A measurement this near the asked temperature counts as measured there."""

INSIDE_DISTANCE = 0.05
EDGE_DISTANCE = 0.10


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A measurement of the very material that was asked about."""

    sigma_S_cm: float
    relation: str
    temperature_C: float
    doi: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements a bundle knows, one row each; sequences and arrays of equal length.

    Attributes
    ----------
    formulas
        Canonical formulas.
    fractions
        Element fractions, shape (n_measurements, n_elements).
    sigma_S_cm, temperature_C
        Shape (n_measurements,).
    relations
        ``=``, ``~``, or ``<`` / ``>`` where `sigma_S_cm` is a bound.
    conductivity_kinds
        ``total``, ``bulk`` or None.
    dois
        DOI, several joined by ``|``, or None.
    """

    formulas: Sequence[str]
    fractions: FloatArray
    sigma_S_cm: FloatArray
    temperature_C: FloatArray
    relations: Sequence[str]
    conductivity_kinds: Sequence[str | None]
    dois: Sequence[str | None]

    def nearest(
        self, distance: FloatArray, temperature_C: float, count: int = 3
    ) -> tuple[Neighbour, ...]:
        """Find the nearest measured materials, each at its temperature nearest the asked one.

        Parameters
        ----------
        distance
            Composition distance from the asked material to every measurement, shape
            (n_measurements,).
        temperature_C
            The asked temperature.
        count
            How many different formulas to name.
        """
        order = np.lexsort((np.abs(self.temperature_C - temperature_C), np.round(distance, 6)))
        found: dict[str, Neighbour] = {}
        for index in order:
            formula = self.formulas[index]
            if formula not in found:
                found[formula] = Neighbour(
                    formula=formula,
                    distance=round(float(distance[index]), 6),
                    sigma_S_cm=float(self.sigma_S_cm[index]),
                    temperature_C=float(self.temperature_C[index]),
                    doi=self.dois[index],
                )
            if len(found) == count:
                break
        return tuple(found.values())

    def measured(self, distance: FloatArray, temperature_C: float) -> MeasuredValue | None:
        """Find the measurement of this very material at this temperature, if there is one.

        Of several the middle one by conductivity among those that rank best: numbers before bounds,
        total before bulk conductivity, with a DOI before without.
        """
        here = (distance < SAME_COMPOSITION) & (
            np.abs(self.temperature_C - temperature_C) <= SAME_TEMPERATURE_K
        )
        candidates = np.flatnonzero(here).tolist()
        if not candidates:
            return None

        def rank(index: int) -> tuple[bool, bool, bool]:
            return (
                self.relations[index] in "<>",
                self.conductivity_kinds[index] == "bulk",
                self.dois[index] is None,
            )

        best_rank = min(map(rank, candidates))
        best = sorted(
            (index for index in candidates if rank(index) == best_rank),
            key=lambda index: self.sigma_S_cm[index],
        )
        index = best[(len(best) - 1) // 2]
        return MeasuredValue(
            sigma_S_cm=float(self.sigma_S_cm[index]),
            relation=self.relations[index],
            temperature_C=float(self.temperature_C[index]),
            doi=self.dois[index],
        )

    def measured_bound(self, distance: FloatArray, temperature_C: float) -> bool:
        """Whether all that was measured of this very material here is a bound."""
        found = self.measured(distance, temperature_C)
        return found is not None and found.relation in "<>"


def domain(nearest_distance: float, *, elements_known: bool) -> Domain:
    """Say whether a question lies inside what was measured.

    Parameters
    ----------
    nearest_distance
        Composition distance to the nearest measured material.
    elements_known
        Whether every element occurs in some measured material.
    """
    if not elements_known or nearest_distance > EDGE_DISTANCE:
        return "outside"
    return "inside" if nearest_distance <= INSIDE_DISTANCE else "edge"
