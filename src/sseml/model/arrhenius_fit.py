"""Measurements at all temperatures become Arrhenius lines: one exact, robust Gaussian process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotrf, dpotri

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.arrhenius import Lines, Observations, ProcessSettings
from sseml.model.crystal_system import UNKNOWN, PolymorphCorrection, contrast
from sseml.model.dataset import TrainingSet
from sseml.model.heating import REFERENCE_K, shift_from_25
from sseml.model.kernel import KernelInputs, distinct, exact_inputs, kernel
from sseml.physics.transport import arrhenius_log10_sigma


@dataclass(frozen=True, slots=True)
class FittedLines:
    """Lines, the inputs that they are a function of, and what a crystal system adds."""

    inputs: KernelInputs
    lines: Lines
    polymorph: PolymorphCorrection
    observations: Observations


class ArrheniusProcess:
    """A Gaussian process with two outputs, level and activation energy, on the rows of a set.

    Both share one kernel (coregionalised, doi 10.1561/2200000036). A row says what level plus
    energy times `shift` is, and where its paper states an activation energy, also that.

    Parameters
    ----------
    settings
        What is chosen before fitting.
    data
        The rows, n of them.
    standardised
        Their features, shape (n, n_features).
    """

    def __init__(
        self, settings: ProcessSettings, data: TrainingSet, standardised: FloatArray
    ) -> None:
        inputs = exact_inputs(standardised)
        self.settings = settings
        self.data = data
        self.rows, self.same = distinct(inputs, data.distance)
        self.inputs = inputs[self.rows]
        apart = data.distance[np.ix_(self.rows, self.rows)]
        self.alike = kernel(settings.kernel, (self.inputs, self.inputs), apart)
        self.shift = shift_from_25(data.temperature_K)
        self.with_energy = np.flatnonzero(~np.isnan(data.activation_energy_eV))

    def fit(self) -> FittedLines:
        """Fit to every row.

        A measurement that the other papers contradict counts less: the weight of a Student
        likelihood (doi 10.1080/01621459.1989.10478852) after one pass of predictions with its paper
        left out. A bound below that prediction is taken as a value; one above it says nothing.
        """
        data, settings = self.data, self.settings
        flat = np.zeros(len(data))
        measured = arrhenius_log10_sigma(data.log10_sigma, flat, data.temperature_K, REFERENCE_K)
        noise = settings.kernel.noise_variance
        alike = Observations(measured, noise * data.weights.mean() / data.weights)
        expected = self._left_out(alike)
        taken = np.where(data.is_bound, np.minimum(measured, expected), measured)
        off = (taken - expected) / settings.robust_scale
        trust = (settings.robust_degrees + 1.0) / (settings.robust_degrees + off**2)
        observations = Observations(taken, alike.variance * trust.mean() / trust)
        lines, polymorph = self.fit_part(observations, np.ones(len(data), dtype=np.bool_))
        precision = np.bincount(self.same, 1.0 / self._variance_of_level(observations))
        inputs = KernelInputs(
            settings=settings.kernel,
            distance=data.kind.distance,
            rows=self.rows,
            inputs=self.inputs,
            positions=data.positions[self.rows],
            variance=1.0 / precision,
        )
        return FittedLines(inputs, lines, polymorph, observations)

    def fit_part(
        self, observations: Observations, picked: BoolArray
    ) -> tuple[Lines, PolymorphCorrection]:
        """Fit to the `picked` rows (a mask), with the weights and bounds of all."""
        rows = np.flatnonzero(picked)
        with_energy = self.with_energy[picked[self.with_energy]]
        own = _Contrasts(self, rows)
        covariance = self._covariance(observations, rows, with_energy, own)
        mean, excess = self._excess(observations, rows, with_energy)
        dual = cho_solve(cho_factor(covariance, lower=True, overwrite_a=True), excess)
        of_sigma, of_energy = dual[: len(rows)], dual[len(rows) :]
        both = self.settings.both
        level, energy = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        np.add.at(level, self.same[rows], of_sigma * (1.0 + both * self.shift[rows]))
        np.add.at(level, self.same[with_energy], of_energy * both)
        variance = self.settings.energy_variance
        np.add.at(energy, self.same[rows], of_sigma * (both + variance * self.shift[rows]))
        np.add.at(energy, self.same[with_energy], of_energy * variance)
        lines = Lines(mean, self.settings.mean_energy_eV, both, level, energy)
        return lines, own.correction(of_sigma)

    def _variance_of_level(self, observations: Observations) -> FloatArray:
        """Of what each row says about the level, its activation energy not being known exactly."""
        settings = self.settings
        unexplained = settings.energy_variance * (1.0 - settings.correlation**2)
        of_energy = np.full(len(self.data), settings.kernel.largest * unexplained)
        of_energy[self.with_energy] = settings.energy_noise_variance
        variance: FloatArray = observations.variance + self.shift**2 * of_energy
        return variance

    def _excess(
        self, observations: Observations, rows: IntArray, with_energy: IntArray
    ) -> tuple[float, FloatArray]:
        """Mean level, and what is observed beyond it and the mean activation energy."""
        mean_energy = self.settings.mean_energy_eV
        level = observations.log10_sigma_T[rows] - self.shift[rows] * mean_energy
        mean = float(np.average(level, weights=1.0 / observations.variance[rows]))
        energy = self.data.activation_energy_eV[with_energy] - mean_energy
        return mean, np.concatenate([level - mean, energy])

    def _covariance(
        self,
        observations: Observations,
        rows: IntArray,
        with_energy: IntArray,
        contrasts: _Contrasts,
    ) -> FloatArray:
        """Of all observations of some rows: conductivities first, then activation energies."""
        count = len(rows)
        everything = np.concatenate([rows, with_energy])
        of = self.same[everything]
        # level and energy in each observation
        level = np.concatenate([np.ones(count), np.zeros(len(with_energy))])
        energy = np.concatenate([self.shift[rows], np.ones(len(with_energy))])
        covariance: FloatArray = self.alike[np.ix_(of, of)]
        covariance *= self.settings.covariance((level, energy), (level, energy))
        known = contrasts.known
        covariance[np.ix_(known, known)] += contrasts.kernel
        noise = np.full(len(everything), self.settings.energy_noise_variance)
        noise[:count] = observations.variance[rows]
        covariance[np.diag_indices_from(covariance)] += noise
        return covariance

    def _left_out(self, observations: Observations) -> FloatArray:
        """What the other papers let expect of each row, from one inversion, shape (n,).

        Leave-group-out from the inverse covariance, Eq. 5.12 of doi 10.7551/mitpress/3206.001.0001.
        """
        rows = np.arange(len(self.data))
        covariance = self._covariance(observations, rows, self.with_energy, _Contrasts(self, rows))
        _, excess = self._excess(observations, rows, self.with_energy)
        factor, _ = dpotrf(covariance, lower=1, overwrite_a=1)
        inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        dual = inverse @ excess
        residual = np.empty(len(rows))
        energy_of = np.full(len(rows), -1)
        energy_of[self.with_energy] = len(rows) + np.arange(len(self.with_energy))
        order = np.argsort(self.data.papers, kind="stable")
        ends = np.flatnonzero(np.diff(self.data.papers[order])) + 1
        for paper in np.split(order, ends):
            energies = energy_of[paper]
            own = np.concatenate([paper, energies[energies >= 0]])
            alone = np.linalg.solve(inverse[np.ix_(own, own)], dual[own])
            residual[paper] = alone[: len(paper)]
        expected: FloatArray = observations.log10_sigma_T - residual
        return expected


class _Contrasts:
    """The crystal systems of some rows, as the process sees them."""

    def __init__(self, process: ArrheniusProcess, rows: IntArray) -> None:
        data, self.settings = process.data, process.settings.polymorph
        self.known = np.flatnonzero(data.systems[rows] != UNKNOWN)
        self.rows = rows[self.known]
        self.systems = data.systems[self.rows]
        apart = data.distance[np.ix_(self.rows, self.rows)]
        others = ~np.eye(len(self.rows), dtype=np.bool_)
        self.contrast = contrast(self.settings, self.systems, apart, self.systems, others)
        self.kernel = self.settings.variance * (self.contrast @ self.contrast.T)
        self.kernel *= np.exp(-apart / self.settings.length)

    def correction(self, dual: FloatArray) -> PolymorphCorrection:
        """What a crystal system adds, from the weights of all rows."""
        return PolymorphCorrection(
            self.settings, self.rows, self.systems, self.contrast, dual[self.known]
        )
