"""The nearest measured material of many questions; what was found for one serves the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sseml.arrays import BoolArray, FloatArray
from sseml.model.evidence import MANY, Evidence
from sseml.records import Neighbour

_ROUNDING = 1e-6
"""Distances are compared at six decimals: those that are alike differ by no more."""

_FOUND_BESIDE = 3
"""Materials among which `Evidence.nearest` finds all rows of the first."""


class NearestMaterials:
    """The first of `Evidence.nearest` for question after question.

    Where all rows of the nearest material are at one position, and the question is none of its
    spellings, only the asked temperature decides which row represents it: it is looked for once.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._found: dict[tuple[int, float], Neighbour] = {}

    def first(
        self,
        distance: FloatArray,
        temperature_C: Sequence[float],
        space_groups: Sequence[int | None],
    ) -> list[Neighbour | None]:
        """The nearest measured material of each question; `distance` is (n, n_measurements)."""
        asked = zip(distance, temperature_C, space_groups, strict=True)
        if len(distance) < MANY:
            return [self._alone(*question) for question in asked]
        return [self._beside_others(*question) for question in asked]

    def _alone(
        self, distance: FloatArray, temperature_C: float, space_group: int | None
    ) -> Neighbour | None:
        found = self._evidence.nearest(distance, temperature_C, space_group_number=space_group)
        return found[0] if found else None

    def _beside_others(
        self, distance: FloatArray, temperature_C: float, space_group: int | None
    ) -> Neighbour | None:
        smallest = distance.min()
        near = (distance <= smallest + _ROUNDING).nonzero()[0]
        rounded = np.round(distance[near], 6)
        apart = float(rounded.min())
        tied = near[rounded == apart]
        first = int(tied[0])
        is_one = smallest >= self._evidence.distance.radii.same and self._is_alone[first]
        if not is_one or len({self._place[row] for row in tied.tolist()}) > _FOUND_BESIDE:
            return self._alone(distance, temperature_C, space_group)
        found = self._found.get((first, temperature_C))
        if found is None:
            found = self._alone(distance, temperature_C, space_group)
            assert found is not None  # there is a row that is nearest
            self._found[first, temperature_C] = found
        return replace(found, distance=apart)

    @cached_property
    def _place(self) -> list[int]:
        """Which of the distinct positions each measurement has."""
        places: list[int] = self._evidence.distinct[1].tolist()
        return places

    @cached_property
    def _is_alone(self) -> BoolArray:
        """Measurements whose material is at no other position, by its name or as a spelling."""
        evidence = self._evidence
        positions, place = evidence.distinct
        is_alone = np.ones(len(positions), dtype=np.bool_)
        apart = evidence.distance.between(positions, positions)
        for one, other in zip(*np.nonzero(apart < evidence.distance.radii.same), strict=True):
            if one != other and evidence.distance.same(positions[one], positions[other]):
                is_alone[one] = False
        place_of: dict[str, int] = {}
        for name, own in zip(evidence.formulas, place.tolist(), strict=True):
            if place_of.setdefault(name, own) != own:
                is_alone[[own, place_of[name]]] = False
        of_rows: BoolArray = is_alone[place]
        return of_rows
