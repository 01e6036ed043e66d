"""The weight of every training row in what the linear mean and the trees on its residual say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.model.ensemble import Trees
from sseml.model.settings import LEAF_PENALTY, EnsembleSettings, drawn_rows


@dataclass(frozen=True, slots=True)
class TreeRows:
    """The n rows that trees learned from: features (n, n_features), and weights (n,)."""

    filled: FloatArray
    standardised: FloatArray
    weights: FloatArray


@dataclass(frozen=True, slots=True)
class PartWeights:
    """Weights of the rows' targets in each part, shape (m, n); trees count half each."""

    linear: FloatArray
    boosted: FloatArray
    averaged: FloatArray


class TreeWeights:
    """Weights of rows in a prediction: with its trees given, each part is linear in the targets.

    The linear mean is a ridge regression in closed form. A leaf of an averaged tree is the weighted
    mean of its rows; one of a boosted tree is the penalised mean (Eq. 5 of doi
    10.1145/2939672.2939785) of what the trees before it left over of the rows drawn for it, so that
    the weights follow from the last tree to the first.
    """

    def __init__(self, trees: Trees, rows: TreeRows, settings: EnsembleSettings) -> None:
        self._trees = trees
        self._settings = settings
        weights: FloatArray = rows.weights / rows.weights.mean()
        self._weights = weights
        self._mean: FloatArray = weights / weights.sum()
        self._centre = self._mean @ rows.standardised
        self._centred = rows.standardised - self._centre
        weighed = self._centred.T * weights
        penalty = settings.ridge_penalty * np.eye(len(weighed))
        self._slopes = np.linalg.solve(weighed @ self._centred + penalty, weighed)
        self._boosted = trees.boosted.leaves(rows.filled)
        self._averaged = trees.averaged.leaves(rows.filled)

    def of(self, filled: FloatArray, standardised: FloatArray) -> PartWeights:
        """Weights in the prediction for m materials, each by its features (m, n_features)."""
        linear: FloatArray = self._mean + (standardised - self._centre) @ self._slopes
        return PartWeights(
            linear=linear,
            boosted=self._of_target(self._of_boosted(filled)),
            averaged=self._of_target(self._of_averaged(filled)),
        )

    def _of_target(self, of_residual: FloatArray) -> FloatArray:
        """Weights on targets, from those on what the linear mean leaves over of them."""
        total = of_residual.sum(axis=1, keepdims=True)
        of_linear = total * self._mean + (of_residual @ self._centred) @ self._slopes
        of_target: FloatArray = of_residual - of_linear
        return of_target

    def _of_averaged(self, filled: FloatArray) -> FloatArray:
        asked = self._trees.averaged.leaves(filled)
        found: FloatArray = np.zeros((len(filled), len(self._weights)))
        for own, reached in zip(self._averaged.T, asked.T, strict=True):
            share = self._weights / np.bincount(own, self._weights)[own]
            found += (reached[:, None] == own) * share
        found /= asked.shape[1]
        return found

    def _of_boosted(self, filled: FloatArray) -> FloatArray:
        rate = self._settings.learning_rate
        asked = self._trees.boosted.leaves(filled)
        drawn = list(drawn_rows(self._settings, len(self._weights)))
        found: FloatArray = np.zeros((len(filled), len(self._weights)))
        for tree in reversed(range(asked.shape[1])):
            nodes, own = np.unique(self._boosted[:, tree], return_inverse=True)
            is_in = _one_hot(own, len(nodes))
            counted = self._weights * drawn[tree]
            total = counted @ is_in + LEAF_PENALTY
            reached = (asked[:, tree, None] == nodes).astype(float)
            of_leaf = (reached - found @ is_in) / total
            found += rate * of_leaf[:, own] * counted
        # the mean that boosting starts from is that of the rows of its first tree
        first = self._weights * drawn[0]
        left = 1.0 - found.sum(axis=1, keepdims=True)
        found += left * first / first.sum()
        return found


def _one_hot(own: NDArray[np.intp], count: int) -> FloatArray:
    is_in = np.zeros((len(own), count))
    is_in[np.arange(len(own)), own] = 1.0
    return is_in
