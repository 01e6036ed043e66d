"""Exact hits, the nearest measured materials, and whether a question is inside what is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray
from sseml.classes import dataclass
from sseml.curation.papers import shown_doi
from sseml.curation.sources import trust_rank
from sseml.features.contract import Distance, Radii
from sseml.parse.space_groups import crystal_system
from sseml.records import Domain, MeasuredValue, Neighbour

SAME_TEMPERATURE_K = 5.0
"""A measurement this near the asked temperature counts as measured there."""

DECIMALS = 6
"""Distances are compared and named with so many decimals."""

_REACHES = (0.02, 0.1, 1.0)
"""How far beyond the nearest row the next formulas are looked for: nearly always they are near."""

MANY = 1000
"""Questions from which on it is worth to prepare what all of them need."""

_POSITIONS_AT_A_TIME = 256

_FACTOR_OF_TWO = math.log10(2.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """All measurements of the very material that was asked about.

    `chosen` represents them, `values` are all by conductivity, `papers` is the number of papers
    that are known to report them.
    """

    chosen: MeasuredValue
    values: tuple[MeasuredValue, ...]
    papers: int


@dataclass(frozen=True)
class Evidence:
    """The measurements a bundle knows, one row each; sequences and arrays of equal length.

    `distance` is that of the kind of material, and compares `positions`, shape (n, k). `relations`
    are ``=``, ``~``, or ``<`` / ``>`` where `sigma_S_cm` is a bound. `dois` join several by ``|``;
    `references` say where a row is from in addition to its DOI; `papers` name what reported it, as
    `sseml.curation.papers.paper_name` gives it.
    """

    formulas: Sequence[str]
    distance: Distance
    positions: FloatArray
    sigma_S_cm: FloatArray
    temperature_C: FloatArray
    relations: Sequence[str]
    conductivity_kinds: Sequence[str | None]
    dois: Sequence[str | None]
    sources: Sequence[str]
    space_groups: Sequence[int | None]
    references: Sequence[str | None]
    papers: Sequence[str | None]
    assumed: BoolArray | None = None
    """Rows whose material is partly assumed, and is no other's: they are evidence of near ones."""

    @cached_property
    def distinct(self) -> tuple[FloatArray, NDArray[np.intp]]:
        """Distinct positions, and which of them each measurement has."""
        distinct, place = np.unique(self.positions, axis=0, return_inverse=True)
        return distinct, place.reshape(-1)  # NumPy 2.0 gives it a second axis

    def apart(self, positions: FloatArray) -> FloatArray:
        """Distance of positions, (n, k), to every measurement, (n, n_measurements).

        Of many positions those to measurements of one position are calculated once.
        """
        if len(positions) < MANY:
            return self.distance.between(positions, self.positions)
        distinct, place = self.distinct
        apart = np.empty((len(positions), len(place)))
        for start in range(0, len(positions), _POSITIONS_AT_A_TIME):
            piece = slice(start, start + _POSITIONS_AT_A_TIME)
            between = self.distance.between(positions[piece], distinct)
            between.take(place, axis=1, out=apart[piece], mode="clip")
        return apart

    def nearest(
        self,
        distance: FloatArray,
        temperature_C: float,
        count: int = 3,
        *,
        space_group_number: int | None = None,
    ) -> tuple[Neighbour, ...]:
        """Find the `count` nearest measured materials, each at the nearest measured temperature.

        `distance` is that of the asked material to every measurement, shape (n,). Spellings of one
        material are one, under the spelling nearest the asked one. Several measurements of a
        material there are represented as in `measured`. Of the asked material itself, another
        crystal system than that of its space group is named only where no other was measured.
        """
        smallest = distance.min()
        for reach in _REACHES:
            near = np.flatnonzero(distance <= smallest + reach)
            order = near[np.argsort(np.round(distance[near], DECIMALS), kind="stable")]
            rows_of = self._first_materials(order, count, self._same(distance))
            if len(rows_of) > count:  # else more rows of the last may lie beyond
                break
        neighbours = []
        for rows in rows_of[:count]:
            nearest_row, own = rows[0], rows
            if space_group_number is not None and distance[nearest_row] < self.distance.radii.same:
                own = self._of_structure(rows, space_group_number) or rows
            chosen = self._representative(self._nearest_in_temperature(own, temperature_C))
            neighbour = Neighbour(
                formula=self.formulas[nearest_row],
                distance=float(np.round(distance[nearest_row], DECIMALS)),
                sigma_S_cm=float(self.sigma_S_cm[chosen]),
                temperature_C=float(self.temperature_C[chosen]),
                doi=shown_doi(self.dois[chosen]),
                reference=self.references[chosen],
            )
            neighbours.append(neighbour)
        return tuple(neighbours)

    def _first_materials(
        self, order: NDArray[np.intp], count: int, asked: frozenset[int]
    ) -> list[list[int]]:
        """Rows of each material in `order`, up to the first row of material number `count` + 1.

        The rows `asked` are one material, and so are those that are spellings of one another.
        """
        materials: list[list[int]] = []
        seen: dict[str | None, list[int]] = {}
        for index in order.tolist():
            name = None if index in asked else self.formulas[index]
            rows = seen.get(name) or self._other_spelling(index, materials, asked)
            if rows is None:
                rows = []
                materials.append(rows)
            rows.append(index)
            seen.setdefault(name, rows)
            if len(materials) > count:
                break
        return materials

    def _other_spelling(
        self, index: int, materials: list[list[int]], asked: frozenset[int]
    ) -> list[int] | None:
        """The material, of those found already, that a row is another spelling of."""
        if index in asked:
            return None
        own = self.positions[index]
        for rows in materials:
            first = self.positions[rows[0]]
            if rows[0] not in asked and self.distance.same(own, first):
                return rows
        return None

    def measured(
        self, distance: FloatArray, temperature_C: float, space_group_number: int | None = None
    ) -> Measured | None:
        """Find all measurements of this very material at this temperature; bounds are among them.

        Where a space group is asked about, measurements of that group are preferred to those of
        another group of its crystal system, and these to those without one; another crystal system
        is another material.

        In choosing one, numbers are preferred to bounds and total to bulk conductivity; of one
        paper only the most trusted source counts. Of what is left the middle one by
        conductivity is chosen: of those with a DOI if there are several; else of all, where one
        with a DOI within a factor of two takes its place.
        """
        rows = self._at(self._same(distance), temperature_C)
        if space_group_number is not None:
            rows = self._of_structure(rows, space_group_number)
        if not rows:
            return None
        by_value = sorted(rows, key=lambda row: self.sigma_S_cm[row])
        return Measured(
            chosen=self._value(self._representative(rows)),
            values=tuple(map(self._value, by_value)),
            papers=_paper_count([self.papers[row] for row in rows]),
        )

    def of_material(
        self, distance: FloatArray, space_group_number: int | None = None
    ) -> tuple[MeasuredValue, ...]:
        """All measurements of this very material at any temperature, in order of temperature.

        `distance` is that of the asked material to every measurement, shape (n,). Where a space
        group is asked about, those of its crystal system alone.
        """
        rows = sorted(self._same(distance), key=lambda row: self.temperature_C[row])
        if space_group_number is not None:
            system = crystal_system(space_group_number)
            numbers = [self.space_groups[row] for row in rows]
            rows = [
                row
                for row, number in zip(rows, numbers, strict=True)
                if number is not None and crystal_system(number) == system
            ]
        return tuple(map(self._value, rows))

    def polymorphs(
        self, distance: FloatArray, temperature_C: float
    ) -> tuple[tuple[int, MeasuredValue], ...]:
        """Space group number and measurement of every structure measured at this temperature.

        By number; empty unless there are two or more.
        """
        rows_of: dict[int, list[int]] = {}
        for row in self._at(self._same(distance), temperature_C):
            number = self.space_groups[row]
            if number is not None:
                rows_of.setdefault(number, []).append(row)
        if len(rows_of) < 2:
            return ()
        return tuple(
            (number, self._value(self._representative(rows)))
            for number, rows in sorted(rows_of.items())
        )

    def _same(self, distance: FloatArray) -> frozenset[int]:
        """Rows of the very material: of the parts (elements) that the nearest of them has."""
        near = distance < self.distance.radii.same
        if self.assumed is not None:
            near &= ~self.assumed
        rows = np.flatnonzero(near)
        if not len(rows):
            return frozenset()
        present = self.distance.parts(self.positions[rows])
        like_nearest = (present == present[int(np.argmin(distance[rows]))]).all(axis=1)
        return frozenset(rows[like_nearest].tolist())

    def _at(self, rows: Iterable[int], temperature_C: float) -> list[int]:
        """The rows near a temperature, in order."""
        return [
            row
            for row in sorted(rows)
            if abs(self.temperature_C[row] - temperature_C) <= SAME_TEMPERATURE_K
        ]

    def _of_structure(self, rows: list[int], space_group_number: int) -> list[int]:
        """The rows that say most clearly that they are of this structure."""
        system = crystal_system(space_group_number)
        by_rank: dict[int, list[int]] = {0: [], 1: [], 2: []}
        for row in rows:
            number = self.space_groups[row]
            if number is None:
                by_rank[2].append(row)
            elif crystal_system(number) == system:
                by_rank[int(number != space_group_number)].append(row)
        return next((own for own in by_rank.values() if own), [])

    def _value(self, index: int) -> MeasuredValue:
        return MeasuredValue(
            sigma_S_cm=float(self.sigma_S_cm[index]),
            relation=self.relations[index],
            temperature_C=float(self.temperature_C[index]),
            doi=shown_doi(self.dois[index]),
            reference=self.references[index],
        )

    def _nearest_in_temperature(self, rows: list[int], temperature_C: float) -> list[int]:
        if len(rows) == 1:
            return rows
        away = np.abs(self.temperature_C[rows] - temperature_C)
        nearest = rows[int(np.argmin(away))]
        return [
            row
            for row in rows
            if abs(self.temperature_C[row] - self.temperature_C[nearest]) <= SAME_TEMPERATURE_K
        ]

    def _representative(self, rows: list[int]) -> int:
        """Row that represents several measurements of one material at one temperature."""
        if len(rows) == 1:
            return rows[0]

        def rank(row: int) -> tuple[bool, bool]:
            return self.relations[row] in "<>", self.conductivity_kinds[row] == "bulk"

        ranks = [rank(row) for row in rows]
        best_rank = min(ranks)
        best = [row for row, own in zip(rows, ranks, strict=True) if own == best_rank]
        trust = {row: trust_rank(self.sources[row]) for row in best}
        most_trusted: dict[str | None, int] = {}
        for row in best:
            doi = self.dois[row]
            most_trusted[doi] = min(trust[row], most_trusted.get(doi, trust[row]))
        standing = sorted(
            (
                row
                for row in best
                if self.dois[row] is None or trust[row] == most_trusted[self.dois[row]]
            ),
            key=lambda row: self.sigma_S_cm[row],
        )
        with_paper = [row for row in standing if self.dois[row] is not None]
        counted = with_paper if len(with_paper) > 1 else standing
        middle = counted[(len(counted) - 1) // 2]

        def decades_off(row: int) -> float:
            return abs(math.log10(self.sigma_S_cm[row] / self.sigma_S_cm[middle]))

        stand_in = min(with_paper, key=decades_off, default=middle)
        return stand_in if decades_off(stand_in) <= _FACTOR_OF_TWO else middle


def _paper_count(names: Iterable[str | None]) -> int:
    """Number of papers that are known: names that share a part are one."""
    papers: list[set[str]] = []
    for name in filter(None, names):
        parts = set(name.lower().split("|"))
        joined = [known for known in papers if not known.isdisjoint(parts)]
        papers = [known for known in papers if known.isdisjoint(parts)]
        papers.append(parts.union(*joined))
    return len(papers)


def domain(nearest_distance: float, radii: Radii, *, parts_known: bool) -> Domain:
    """Whether a material lies inside what was measured.

    `parts_known` says whether every part (element) of it occurs in some measured material.
    """
    if not parts_known or nearest_distance > radii.edge:
        return "outside"
    return "inside" if nearest_distance <= radii.inside else "edge"
