"""The nearest measured material of many questions; what was found for one serves the next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.evidence import DECIMALS, MANY, Evidence
from sseml.records import Neighbour

_ROUNDING = 1e-6
"""Distances are compared at six decimals: those that are alike differ by no more."""

_ROWS_AT_A_TIME = 256
"""Questions whose distances stay in the cache."""

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
        asked = list(zip(distance, temperature_C, space_groups, strict=True))
        if len(distance) < MANY:
            return [self._alone(*question) for question in asked]
        first, apart, is_one = self._of_many(distance)
        found: list[Neighbour | None] = []
        for question, row, away, is_simple in zip(asked, first, apart, is_one, strict=True):
            found.append(
                self._beside(row, away, *question) if is_simple else self._alone(*question)
            )
        return found

    def _alone(
        self, distance: FloatArray, temperature_C: float, space_group: int | None
    ) -> Neighbour | None:
        found = self._evidence.nearest(distance, temperature_C, space_group_number=space_group)
        return found[0] if found else None

    def _beside(
        self,
        row: int,
        apart: float,
        distance: FloatArray,
        temperature_C: float,
        space_group: int | None,
    ) -> Neighbour:
        """The material of a measurement, which was found for another question already, or now."""
        known = self._found.get((row, temperature_C))
        if known is None:
            known = self._alone(distance, temperature_C, space_group)
            assert known is not None  # there is a row that is nearest
            self._found[row, temperature_C] = known
        return Neighbour(
            known.formula, apart, known.sigma_S_cm, known.temperature_C, known.doi, known.reference
        )

    def _of_many(self, distance: FloatArray) -> tuple[list[int], list[float], list[bool]]:
        """First nearest row of each question, how far it is, and whether that is the whole answer.

        It is where no other material is as near, and the question is none of its spellings.
        """
        parts = [
            self._of_piece(distance[start : start + _ROWS_AT_A_TIME])
            for start in range(0, len(distance), _ROWS_AT_A_TIME)
        ]
        first, apart, is_one = (np.concatenate(each) for each in zip(*parts, strict=True))
        return first.tolist(), apart.tolist(), is_one.tolist()

    def _of_piece(self, distance: FloatArray) -> tuple[IntArray, FloatArray, BoolArray]:
        questions = np.arange(len(distance))
        smallest = distance.min(axis=1)
        question, row = (distance <= smallest[:, None] + _ROUNDING).nonzero()
        rounded = np.round(distance[question, row], DECIMALS)
        apart = np.minimum.reduceat(rounded, np.searchsorted(question, questions))
        is_tied = rounded == apart[question]
        question, row = question[is_tied], row[is_tied]
        first = row[np.searchsorted(question, questions)]
        positions = len(self._evidence.distinct[0])
        places = np.unique(question * positions + self._evidence.distinct[1][row])
        count = np.bincount(places // positions, minlength=len(distance))
        is_other = smallest >= self._evidence.distance.radii.same
        is_one: BoolArray = is_other & self._is_alone[first] & (count <= _FOUND_BESIDE)
        return first, apart, is_one

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
