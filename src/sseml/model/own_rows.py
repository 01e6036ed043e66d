"""A person's own measurements of the very material asked about: evidence, and a pull on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import dataclass, replace
from sseml.features.contract import Distance
from sseml.model.crystal_system import UNKNOWN, systems_of
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, Estimate
from sseml.model.evidence import SAME_TEMPERATURE_K, Evidence, Measured
from sseml.model.heating import REFERENCE_K, bounded_energy, shift_from_25
from sseml.physics.transport import arrhenius_log10_sigma
from sseml.records import MeasuredValue, Neighbour
from sseml.units import celsius_to_kelvin

OWN_SHRINKAGE = 0.5
"""Number of measurements of "no move" added to one's own of a material, and as many again,
times `LEARNED_SHRINKAGE`, for each paper about it that the model has learned from. Measured in
docs/decisions/0021-own-data.md."""

LEARNED_SHRINKAGE = 1.5

REPEAT_SCATTER = 0.7
"""Typical width, in decades, of an answer that is as good as repeats of one material by other
papers: only what an interval is wider than that narrows with one's own measurements."""

ENERGY_NOISE_VARIANCE = 0.0025
"""Of a stated activation energy about the slope of its own sample, in eV²."""

_JITTER = 1e-6


def own_shrinkage(papers: int) -> float:
    """Number of measurements of "no move", where the model knows so many papers on a material."""
    return OWN_SHRINKAGE + LEARNED_SHRINKAGE * papers


def narrower(width: FloatArray, samples: IntArray, shrinkage: FloatArray) -> FloatArray:
    """Factor on widths, typical errors in decades, once samples moved the answer; each shape (n,).

    The variance beyond that of repeats falls as that of a mean with `shrinkage` prior measurements.
    """
    scatter = REPEAT_SCATTER**2
    beyond = np.maximum(width**2 - scatter, 0.0)
    left = shrinkage / (samples + shrinkage)
    factor: FloatArray = np.sqrt((scatter + beyond * left) / (scatter + beyond))
    return factor


@dataclass(frozen=True, slots=True)
class LinePrior:
    """How the line of one material differs from its prediction: covariance of level and energy.

    In units of the variance of the level; `energy_variance` is in eV² for 1 decade².
    """

    energy_variance: float
    correlation: float

    @classmethod
    def of(cls, process: Mapping[str, Any]) -> LinePrior:
        """That of the settings of a process, as the manifest of a bundle holds them."""
        return cls(float(process["energy_variance"]), float(process["correlation"]))

    @property
    def covariance(self) -> FloatArray:
        """Of level and energy, shape (2, 2)."""
        both = self.correlation * sqrt(self.energy_variance)
        return np.array([[1.0, both], [both, self.energy_variance]])


@dataclass(frozen=True, slots=True)
class OwnSeries:
    """One's own measurements of one material, one entry a row.

    `level` is log10(σT / 298.15 K) of σ in S/cm, `shift` the decades of σT per eV from 25 °C to the
    temperature, `relations` say which are bounds. Rows at different temperatures are of one sample,
    rows at one temperature of several.
    """

    level: FloatArray
    shift: FloatArray
    relations: Sequence[str]
    activation_energy_eV: FloatArray
    temperature_K: FloatArray

    @classmethod
    def of(
        cls,
        log10_sigma: FloatArray,
        temperature_K: FloatArray,
        relations: Sequence[str],
        activation_energy_eV: FloatArray,
    ) -> OwnSeries:
        """From log10 of σ in S/cm at temperatures; energies are NaN where none is stated."""
        level = arrhenius_log10_sigma(log10_sigma, 0.0, temperature_K, REFERENCE_K)
        return cls(
            level,
            shift_from_25(temperature_K),
            relations,
            activation_energy_eV,
            temperature_K,
        )

    def move(
        self, level: float, energy_eV: float, shrinkage: float, prior: LinePrior
    ) -> tuple[float, float, int]:
        """Decades and eV by which a line moves towards the measurements, and how many count.

        *k* samples measured at 25 °C move the level by k / (k + `shrinkage`) of their mean
        residual; at other temperatures, and where a sample says its activation energy, level and
        energy share what a measurement says by their prior covariance (a Gaussian process on one
        material, doi 10.7551/mitpress/3206.001.0001, Eq. 2.25). The scatter of samples is
        `shrinkage` times the prior. A bound counts only as far as the line contradicts it.
        """
        off = self.level - (level + energy_eV * self.shift)
        counts = np.array(
            [not ((r == "<" and o >= 0.0) or (r == ">" and o <= 0.0)) for r, o in
             zip(self.relations, off, strict=True)], dtype=np.bool_,
        )  # fmt: skip
        if not counts.any():
            return 0.0, 0.0, 0
        stated = counts & ~np.isnan(self.activation_energy_eV)
        of_level = np.column_stack([np.ones(counts.sum()), self.shift[counts]])
        of_energy = np.tile([0.0, 1.0], (int(stated.sum()), 1))
        design = np.vstack([of_level, of_energy])
        residual = np.concatenate([off[counts], self.activation_energy_eV[stated] - energy_eV])
        sample = np.full(len(off), -1)
        sample[counts] = _samples(
            self.level[counts], self.temperature_K[counts], self.activation_energy_eV[counts]
        )
        samples = np.concatenate([sample[counts], sample[stated]])
        noise = np.repeat([_JITTER, ENERGY_NOISE_VARIANCE], [len(of_level), len(of_energy)])
        to_line = design @ prior.covariance
        alike = to_line @ design.T
        same = samples[:, None] == samples[None, :]
        weight = np.linalg.solve(alike * (1.0 + shrinkage * same) + np.diag(noise), residual)
        decades, eV = weight @ to_line
        return float(decades), float(eV), len(np.unique(sample[counts]))


def _samples(level: FloatArray, temperature_K: FloatArray, energy_eV: FloatArray) -> IntArray:
    """The sample of each row: how many of those measured within 5 K come before it, by value."""
    near = np.abs(temperature_K[:, None] - temperature_K[None, :]) <= SAME_TEMPERATURE_K
    place = np.argsort(np.lexsort((energy_eV, temperature_K, level)))
    samples: IntArray = (near & (place[None, :] < place[:, None])).sum(axis=1)
    return samples


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a model has learned from: papers, positions and crystal systems of its rows."""

    papers: Sequence[str | None]
    positions: FloatArray
    systems: IntArray

    @classmethod
    def of(cls, evidence: Evidence, rows: IntArray) -> TrainedOn:
        """The rows of the evidence that a model was trained on."""
        return cls(
            [evidence.papers[row] for row in rows],
            evidence.positions[rows],
            systems_of([evidence.space_groups[row] for row in rows]),
        )


@dataclass(frozen=True, slots=True)
class Pull:
    """How far answers were moved to one's own measurements; each shape (n,).

    `decades` are those of σ at 25 °C; `counts` the samples that moved it, 0 where none; the width
    of the interval is multiplied by `narrower`.
    """

    decades: FloatArray
    counts: IntArray
    narrower: FloatArray


@dataclass(frozen=True, slots=True)
class OwnRows:
    """One's own measurements, new to the model.

    `evidence` holds them, with the file and its row as reference; of the same length are the
    stated activation energies (NaN where none is) and `on_line`, which masks the rows that lie on
    the line from 25 °C: no known phase transition comes before them.
    """

    evidence: Evidence
    activation_energy_eV: FloatArray
    on_line: BoolArray

    def pulled(
        self,
        plain: Estimate,
        if_conductor: Estimate,
        positions: FloatArray,
        systems: IntArray,
        *,
        width: FloatArray,
        learned: TrainedOn,
        prior: LinePrior,
    ) -> tuple[Estimate, Estimate, Pull]:
        """Move both outputs to the measurements of each material; others stay as they are.

        `positions` (n, k) and `systems` (n,) are those of the materials asked about, `width` (n,)
        the typical errors of the first output in decades. The second output follows only
        measurements above 1e-7 S/cm at 25 °C.
        """
        count = len(systems)
        decades_of_all, samples_of_all = np.zeros(count), np.zeros(count, dtype=np.int64)
        shrinkages = np.ones(count)
        moves = np.zeros((2, 2, count))
        outputs = [(each.level, bounded_energy(each)) for each in (plain, if_conductor)]
        distance, own = self.evidence.distance, self.evidence.positions
        own_systems = systems_of(self.evidence.space_groups)
        for index in range(count):
            asked = positions[index], int(systems[index])
            rows = same_material(distance, own, own_systems, *asked)
            rows = rows[self.on_line[rows]]
            if not len(rows):
                continue
            known = same_material(distance, learned.positions, learned.systems, *asked)
            papers = len({learned.papers[row] or row for row in known.tolist()})
            shrinkages[index] = own_shrinkage(papers)
            for output, (levels, energies) in enumerate(outputs):
                level, energy = float(levels[index]), float(energies[index])
                counted = rows if output == 0 else rows[self._conducts(rows, energy)]
                series = self._series(counted)
                decades, eV, samples = series.move(level, energy, float(shrinkages[index]), prior)
                moves[output, :, index] = decades, eV
                if output == 0:
                    decades_of_all[index], samples_of_all[index] = decades, samples
        pull = Pull(decades_of_all, samples_of_all, narrower(width, samples_of_all, shrinkages))
        return _moved(plain, moves[0]), _at_least_conducting(_moved(if_conductor, moves[1])), pull

    def _series(self, rows: IntArray) -> OwnSeries:
        evidence = self.evidence
        return OwnSeries.of(
            np.log10(evidence.sigma_S_cm[rows]),
            evidence.temperature_C[rows] + celsius_to_kelvin(0.0),
            [evidence.relations[row] for row in rows],
            self.activation_energy_eV[rows],
        )

    def _conducts(self, rows: IntArray, energy_eV: float) -> BoolArray:
        series = self._series(rows)
        stated = series.activation_energy_eV
        carried = series.level - np.where(np.isnan(stated), energy_eV, stated) * series.shift
        above: BoolArray = (carried > CONDUCTOR_LOG10_SIGMA) & (np.array(series.relations) != "<")
        return above


def same_material(
    distance: Distance,
    positions: FloatArray,
    systems: IntArray,
    position: FloatArray,
    system: int,
) -> IntArray:
    """Places in `positions` (n, k) of a material: the same composition, no other crystal system."""
    near = np.flatnonzero(distance.between(position[None], positions)[0] < distance.radii.same)
    parts = distance.parts(np.concatenate([position[None], positions[near]]))
    like = (parts[1:] == parts[0]).all(axis=1)
    no_other = (systems[near] == system) | (systems[near] == UNKNOWN) | (system == UNKNOWN)
    found: IntArray = near[like & no_other]
    return found


def _moved(estimate: Estimate, moves: FloatArray) -> Estimate:
    decades, eV = moves
    energy = np.where(eV == 0.0, estimate.energy_eV, bounded_energy(estimate) + eV)
    return replace(estimate, level=estimate.level + decades, energy_eV=energy)


def _at_least_conducting(estimate: Estimate) -> Estimate:
    return replace(estimate, level=np.maximum(estimate.level, CONDUCTOR_LOG10_SIGMA))


@dataclass(frozen=True, slots=True)
class EvidenceWithOwn:
    """The evidence of a bundle with one's own measurements beside it, which go first.

    Distances are those to the rows of the bundle's, then to one's own.
    """

    published: Evidence
    own: Evidence

    def measured(
        self, distance: FloatArray, temperature_C: float, space_group_number: int | None = None
    ) -> Measured | None:
        """All measurements of this very material at this temperature; one's own represent it."""
        found = [
            known
            for evidence, part in self._parts(distance)
            if (known := evidence.measured(part, temperature_C, space_group_number))
        ]
        if len(found) < 2:
            return found[0] if found else None
        own, published = found
        values = sorted((*published.values, *own.values), key=lambda value: value.sigma_S_cm)
        return Measured(own.chosen, tuple(values), published.papers + own.papers)

    def nearest(
        self,
        distance: FloatArray,
        temperature_C: float,
        count: int = 3,
        *,
        space_group_number: int | None = None,
    ) -> tuple[Neighbour, ...]:
        """The `count` nearest measured materials, as `Evidence.nearest`; one's own go first."""
        found = [
            neighbour
            for evidence, part in self._parts(distance)
            for neighbour in evidence.nearest(
                part, temperature_C, count, space_group_number=space_group_number
            )
        ]
        return tuple(sorted(found, key=lambda neighbour: neighbour.distance)[:count])

    def polymorphs(
        self, distance: FloatArray, temperature_C: float
    ) -> tuple[tuple[int, MeasuredValue], ...]:
        """Every published structure of the material, as `Evidence.polymorphs`."""
        return self.published.polymorphs(distance[: -len(self.own.formulas)], temperature_C)

    def _parts(self, distance: FloatArray) -> list[tuple[Evidence, FloatArray]]:
        count = len(self.own.formulas)
        return [(self.own, distance[-count:]), (self.published, distance[:-count])]
