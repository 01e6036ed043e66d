"""Intervals and probabilities of σ(T): a width from signals, and quantiles that vary with T."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.model.polymer.signals import CurveSignals
from sseml.model.polymer.weighting import each_alike
from sseml.records import RefusedInputError

LEVEL = 0.9
"""Coverage of an interval."""

BANDS_C = (20.0, 40.0, 60.0)
"""Temperatures between the bands that quantiles are learned in."""
CENTRES_C = (5.0, 30.0, 50.0, 80.0)
"""Where the quantiles of each band hold; between them they are interpolated."""

PROBABILITIES = np.concatenate(
    [[0.005, 0.01, 0.02], np.linspace(0.03, 0.97, 48), [0.98, 0.99, 0.995]]
)
_RESOLUTION = 0.1
"""Errors in decades below it count as one, so that a lucky hit does not decide."""
_NARROWEST, _WIDEST = 0.2, 2.5
_RIDGE = 1.0
_GROUP_POWER = 0.8
"""With 1, a polymer of 3,000 rows counts as one of three, and its own coverage suffers."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of the truth around answers.

    `width` (n,) is a typical error in decades; `quantiles` (n, n_probabilities) are those of
    (truth − answer) / width at `PROBABILITIES`.
    """

    width: FloatArray
    quantiles: FloatArray

    def limits(self, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limit of the 90 % interval, which holds the answer; each (n,)."""
        tail = (1.0 - LEVEL) / 2.0
        low, high = self.at(np.full(len(mean), tail)), self.at(np.full(len(mean), 1.0 - tail))
        return mean + np.minimum(low, 0.0), mean + np.maximum(high, 0.0)

    def at(self, probability: FloatArray) -> FloatArray:
        """Decades from the answer to the quantile of a probability each, shape (n,)."""
        scaled = [
            np.interp(wanted, PROBABILITIES, own)
            for wanted, own in zip(probability, self.quantiles, strict=True)
        ]
        offset: FloatArray = np.array(scaled) * self.width
        return offset

    def below(self, decades: FloatArray) -> FloatArray:
        """Probability that the truth lies below the answer plus so many decades, shape (n,)."""
        scaled = decades / self.width
        probability = [
            _tailed(wanted, own) for wanted, own in zip(scaled, self.quantiles, strict=True)
        ]
        return np.array(probability)


def _tailed(scaled: float, quantiles: FloatArray) -> float:
    """Probability below a scaled error; exponential tails beyond the outermost quantiles."""
    least = float(PROBABILITIES[0])
    first, last = float(quantiles[0]), float(quantiles[-1])
    if scaled < first:
        return least * float(np.exp(3.0 * (scaled - first)))
    if scaled > last:
        return 1.0 - least * float(np.exp(3.0 * (last - scaled)))
    return float(np.interp(scaled, quantiles, PROBABILITIES))


@dataclass(frozen=True, slots=True)
class CurveIntervals:
    """A fitted width, and quantiles of the scaled errors by band of temperature.

    `coefficients` (10,) belong to `CurveSignals.design`; `quantiles` is
    (n_bands, n_probabilities).
    """

    coefficients: FloatArray
    quantiles: FloatArray

    @classmethod
    def fit(
        cls,
        signals: CurveSignals,
        residual: FloatArray,
        temperature_C: FloatArray,
        group: IntArray,
    ) -> CurveIntervals:
        """Learn from held-out answers; `residual` is truth minus answer, all shape (n,).

        Each `group` (polymer, or formulation) counts nearly alike in every band of temperature.
        Split conformal prediction with normalised scores, doi 10.1080/01621459.2017.1307116.
        """
        band = np.digitize(temperature_C, BANDS_C)
        weights = each_alike(group * len(CENTRES_C) + band, _GROUP_POWER)
        design = signals.design()
        target = np.log(np.abs(residual) + _RESOLUTION)
        penalty = np.diag(np.full(design.shape[1], _RIDGE))
        gram = (design * weights[:, None]).T @ design + penalty
        coefficients = np.asarray(
            np.linalg.solve(gram, (design * weights[:, None]).T @ target), dtype=np.float64
        )
        score = residual / _width(design, coefficients)
        quantiles = np.array(
            [
                weighted_quantiles(score[band == number], weights[band == number])
                for number in range(len(CENTRES_C))
            ]
        )
        return cls(coefficients, quantiles)

    def spread(self, signals: CurveSignals, temperature_C: FloatArray) -> Spread:
        """The distribution around answers at temperatures, shape (n,)."""
        return Spread(
            width=_width(signals.design(), self.coefficients),
            quantiles=np.column_stack(
                [np.interp(temperature_C, CENTRES_C, column) for column in self.quantiles.T]
            ),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {"coefficients": self.coefficients, "quantiles": self.quantiles}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> CurveIntervals:
        """Rebuild from `to_arrays`."""
        return cls(arrays["coefficients"], arrays["quantiles"])


def _width(design: FloatArray, coefficients: FloatArray) -> FloatArray:
    width: FloatArray = np.exp((design * coefficients).sum(axis=1)).clip(_NARROWEST, _WIDEST)
    return width


def weighted_quantiles(score: FloatArray, weights: FloatArray) -> FloatArray:
    """Quantiles at `PROBABILITIES`, with the finite-sample correction of conformal prediction."""
    if not len(score):
        raise RefusedInputError(
            "a band of temperature holds no held-out measurement",
            f"add measurements of several polymers below {BANDS_C[0]:g}, above {BANDS_C[-1]:g} °C, "
            "and between",
        )
    order = np.argsort(score)
    cumulative = np.cumsum(weights[order])
    centred = (cumulative - 0.5 * weights[order]) / (cumulative[-1] + weights.mean())
    centred += 0.5 * weights.mean() / (cumulative[-1] + weights.mean())
    quantiles: FloatArray = np.interp(PROBABILITIES, centred, score[order])
    return quantiles
