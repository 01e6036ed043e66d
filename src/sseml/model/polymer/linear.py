"""A ridge regression with the quantiles of its held-out errors, for kinds of film with few rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.model.polymer.intervals import PROBABILITIES, Spread, weighted_quantiles
from sseml.model.polymer.weighting import each_alike


@dataclass(frozen=True, slots=True)
class LinearAnswer:
    """log10 of σ in S/cm, or decades to add to another answer, as a weighted sum of inputs.

    `coefficients` (k,) belong to the inputs, the first of which is 1; `quantiles`
    (n_probabilities,) are those of truth minus answer, held out by group.
    """

    coefficients: FloatArray
    quantiles: FloatArray

    @classmethod
    def fit(
        cls, inputs: FloatArray, target: FloatArray, group: IntArray, penalty: float
    ) -> LinearAnswer:
        """Fit to inputs (n, k) and target (n,); every `group` counts alike.

        The quantiles are of errors on groups left out one at a time.
        """
        residual = target - leave_one_out(inputs, target, group, penalty)
        weights = each_alike(group)
        return cls(
            coefficients=ridge(inputs, target, weights, penalty),
            quantiles=weighted_quantiles(residual, weights),
        )

    def predict(self, inputs: FloatArray) -> FloatArray:
        """Answers, shape (n,)."""
        answer: FloatArray = (inputs * self.coefficients).sum(axis=1)
        return answer

    def spread(self, count: int) -> Spread:
        """The distribution of the truth around `count` answers."""
        return Spread(np.ones(count), np.tile(self.quantiles, (count, 1)))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {"coefficients": self.coefficients, "quantiles": self.quantiles}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LinearAnswer:
        """Rebuild from `to_arrays`."""
        if arrays["quantiles"].shape != PROBABILITIES.shape:
            raise ValueError(f"{arrays['quantiles'].shape[0]} quantiles, not {len(PROBABILITIES)}")
        return cls(arrays["coefficients"], arrays["quantiles"])


def leave_one_out(
    inputs: FloatArray, target: FloatArray, group: IntArray, penalty: float
) -> FloatArray:
    """Answers about each group by a fit to all others, shape (n,)."""
    answers = np.empty(len(target))
    for number in np.unique(group):
        asked = group == number
        weights = each_alike(group[~asked])
        answers[asked] = inputs[asked] @ ridge(inputs[~asked], target[~asked], weights, penalty)
    return answers


def ridge(
    inputs: FloatArray, target: FloatArray, weights: FloatArray, penalty: float
) -> FloatArray:
    """Coefficients (k,) of inputs (n, k); the first input, which is 1, is not penalised."""
    shrink = np.full(inputs.shape[1], penalty)
    shrink[0] = 0.0
    weighted = inputs * weights[:, None]
    return np.asarray(
        np.linalg.solve(weighted.T @ inputs + np.diag(shrink), weighted.T @ target), dtype=float
    )
