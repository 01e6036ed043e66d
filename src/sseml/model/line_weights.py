"""The weight of every observation in the level of the Arrhenius lines: exact, from one factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.model.arrhenius import Observations, ProcessSettings
from sseml.model.crystal_system import UNKNOWN, PolymorphCorrection

_BLOCK = 256
"""Rows of a matrix that are worked on together, so that no second one of its size is held."""


@dataclass(frozen=True, slots=True)
class ObservedLines:
    """What lines were fitted to.

    `same` (n,) says which distinct input each of n rows is, `alike` is the kernel between distinct
    inputs, `shift` (n,) is what an activation energy of 1 eV adds to each row in decades, and
    `with_energy` are the n_energies rows that state one.
    """

    settings: ProcessSettings
    alike: FloatArray
    same: IntArray
    shift: FloatArray
    with_energy: IntArray
    observations: Observations
    polymorph: PolymorphCorrection
    between_known: FloatArray
    """Distance between the rows of known crystal system, in the order of `polymorph`."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What is linear in observations: `constant` (m,) and weights on them.

    `of_sigma` is on log10(σT / 298.15 K) of every row, shape (m, n); `of_energy` on the activation
    energies in eV of the rows that state one, shape (m, n_energies).
    """

    of_sigma: FloatArray
    of_energy: FloatArray
    constant: FloatArray


class LineWeights:
    """Weights of observations in what lines say of materials at 25 °C.

    A posterior mean is linear in what is observed: its weights are the covariance with the
    observations times the inverse of theirs, Eq. 2.25 of doi 10.7551/mitpress/3206.001.0001. The
    noise of each measurement, and what a bound was taken for, are part of what was fitted.
    """

    def __init__(self, observed: ObservedLines) -> None:
        self._observed = observed
        count = len(observed.same)
        energies = len(observed.with_energy)
        self._of = np.concatenate([observed.same, observed.same[observed.with_energy]])
        self._seen = (
            np.concatenate([np.ones(count), np.zeros(energies)]),
            np.concatenate([observed.shift, np.ones(energies)]),
        )
        precision: FloatArray = 1.0 / observed.observations.variance
        self._mean = precision / precision.sum()
        self._factor = self._covariance()
        _factorise(self._factor)

    def of_level(self, cross: FloatArray) -> Weights:
        """Weights in the level; `cross` is the kernel to distinct inputs, (m, n_distinct)."""
        level = (np.ones(1), np.zeros(1))
        covariance = cross[:, self._of]
        covariance *= self._observed.settings.covariance(level, self._seen)
        return self._weights(covariance, of_mean=1.0)

    def of_crystal_system(self, systems: IntArray, distance: FloatArray) -> Weights:
        """Weights in what a crystal system adds, before it is held within limits.

        Takes what `PolymorphCorrection.shift` takes.
        """
        covariance = np.zeros((len(systems), len(self._of)))
        polymorph = self._observed.polymorph
        known = np.flatnonzero(systems != UNKNOWN)
        if len(known) and len(polymorph.rows):
            cross = polymorph.cross(systems[known], distance[known])
            covariance[np.ix_(known, polymorph.rows)] = cross
        return self._weights(covariance, of_mean=0.0)

    def _weights(self, covariance: FloatArray, of_mean: float) -> Weights:
        """From the covariance with all observations; the mean of all is estimated from them."""
        count = len(self._observed.same)
        solved = _solve(self._factor, covariance.T).T
        of_sigma, of_energy = solved[:, :count], solved[:, count:]
        left = of_mean - of_sigma.sum(axis=1, keepdims=True)
        of_sigma = of_sigma + left * self._mean
        energies = of_sigma @ self._observed.shift + of_energy.sum(axis=1)
        return Weights(of_sigma, of_energy, -self._observed.settings.mean_energy_eV * energies)

    def _covariance(self) -> FloatArray:
        """Of all observations: conductivities first, then activation energies."""
        observed, size = self._observed, len(self._of)
        count, settings = len(observed.same), observed.settings
        level, energy = self._seen
        covariance = np.empty((size, size))
        for block in _blocks(size):
            alike = observed.alike[self._of[block]][:, self._of]
            alike *= settings.covariance((level[block], energy[block]), self._seen)
            covariance[block] = alike
        polymorph = observed.polymorph
        contrasts = polymorph.settings.variance * (polymorph.contrast @ polymorph.contrast.T)
        contrasts *= np.exp(-observed.between_known / polymorph.settings.length)
        covariance[np.ix_(polymorph.rows, polymorph.rows)] += contrasts
        noise = np.full(size, settings.energy_noise_variance)
        noise[:count] = observed.observations.variance
        covariance[np.diag_indices(size)] += noise
        return covariance


def _blocks(size: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, size, _BLOCK)]


def _factorise(covariance: FloatArray) -> None:
    """Put L into the lower triangle of A = L Lᵀ, in place; predicting does without SciPy."""
    for block in _blocks(len(covariance)):
        done = covariance[block.start :, : block.start]
        column = covariance[block.start :, block] - done @ covariance[block, : block.start].T
        own = np.linalg.cholesky(column[:_BLOCK])
        covariance[block, block] = own
        covariance[block.stop :, block] = np.linalg.solve(own, column[_BLOCK:].T).T


def _solve(factor: FloatArray, right: FloatArray) -> FloatArray:
    """Solve L Lᵀ X = `right` for the lower triangle L that `_factorise` left, block by block."""
    solved = np.array(right)
    blocks = _blocks(len(factor))
    for block in blocks:
        solved[block] = np.linalg.solve(factor[block, block], solved[block])
        solved[block.stop :] -= factor[block.stop :, block] @ solved[block]
    for block in reversed(blocks):
        solved[block] = np.linalg.solve(factor[block, block].T, solved[block])
        solved[: block.start] -= factor[block, : block.start].T @ solved[block]
    return solved
