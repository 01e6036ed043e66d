"""Calibrated intervals and probabilities: conformal widths, and the chance to reach a threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import dataclass

SUPERIONIC_LOG10_SIGMA = -4.0
"""log10 of 1e-4 S/cm, the conductivity asked of a separator."""

CLIP_LOG10_SIGMA = -10.0
"""Errors are counted as if nothing were below 1e-10 S/cm: there no measurement is reliable."""

_SUREST_TESTED = 0.1
"""Quantile of the held-out signals that counts as the surest prediction."""

_NEAR = 0.05
_FAR = 0.4
"""Distances between which the logarithm of the width follows that of the distance."""

_BANDS = (-1.2, 1.2, 5.0, np.inf)
_CENTRES = (0.0, 2.5, 6.0)
"""Decades of σT per eV from 25 °C to the temperature: between 5 and 45 °C, to 150 °C, beyond."""

_FEWEST_IN_BAND = 20

_POOR_TO_GOOD = (-8.0, -6.0)
"""log10 of the S/cm at 25 °C over which a poor conductor becomes a good one: on heating the answers
about poor ones, of which little is known at 25 °C, go wrong by more."""
ENERGY_ERROR_EV = 0.08
"""Of an activation energy whose paper was held out: what the way from 25 °C adds to an error."""

_BEYOND_COLD_EV = 0.3
_BEYOND_HOT_EV = 0.15
"""Error of an activation energy that the interval grows by where little was measured."""

_FAMILY_SHRINKAGE = 8.0
"""Number of papers of "no other width" added to those of a family."""

_FAMILY_FADES = (0.03, 0.12)
"""Distances to the nearest measurement over which a family's own width fades out."""

_THRESHOLDS = (-7.0, -6.0, -5.0, -4.0, -3.0)
"""log10 of S/cm; beyond them too few rows lie on the other side."""

_NEWTON_STEPS = 100
_PENALTY = 1.0
"""Of intercept and slope: about that of one row that says the opposite."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of predictions before they are compared with the truth; each shape (n_rows,).

    `distance` is that to the nearest training row (0 to 1). In the unit of the target are `spread`,
    the standard deviation over the averaged trees, `kernel_deviation`, that of the Gaussian
    process, and `disagreement`, the absolute difference of the trees' and the process's answers.
    """

    distance: FloatArray
    spread: FloatArray
    kernel_deviation: FloatArray
    disagreement: FloatArray

    def take(self, picked: BoolArray) -> Signals:
        """The signals of the rows selected by a mask."""
        return Signals(*(getattr(self, name)[picked] for name in Signals.__slots__))

    @staticmethod
    def join(parts: Sequence[Signals]) -> Signals:
        """Concatenate."""
        joined = (
            np.concatenate([getattr(part, name) for part in parts]) for name in Signals.__slots__
        )
        return Signals(*joined)

    def design(self, resolution: float) -> FloatArray:
        """Columns of the log-width model, shape (n_rows, 5); see `IntervalModel.resolution`."""
        return np.column_stack(
            [
                np.ones_like(self.distance),
                np.log(np.minimum(self.distance, _FAR) + _NEAR),
                np.log(self.spread + resolution),
                np.log(self.kernel_deviation + resolution),
                np.log(self.disagreement + resolution),
            ]
        )


@dataclass(frozen=True, slots=True)
class Held:
    """Held-out rows with the truth about them, one entry a row.

    `log10_sigma` and `predicted` are log10 of σ in S/cm at the temperature of the measurement,
    `level` is the prediction at 25 °C, `shift` the decades of σT per eV from there to it;
    `is_bound` rows are no higher than they say. `weights` sum to their number.
    """

    log10_sigma: FloatArray
    predicted: FloatArray
    level: FloatArray
    is_bound: BoolArray
    shift: FloatArray
    signals: Signals
    families: NDArray[np.object_]
    papers: IntArray
    weights: FloatArray

    @property
    def residual(self) -> FloatArray:
        """Truth minus prediction, nothing below 1e-10 S/cm; 0 where a bound is kept, shape (n,)."""
        truth, predicted = (
            np.maximum(each, CLIP_LOG10_SIGMA) for each in (self.log10_sigma, self.predicted)
        )
        off = truth - predicted
        residual: FloatArray = np.where(self.is_bound, np.minimum(off, 0.0), off)
        return residual

    def take(self, picked: BoolArray) -> Held:
        """The rows selected by a mask, with weights that sum to their number."""
        own = {name: getattr(self, name)[picked] for name in self.__slots__ if name != "signals"}
        own["weights"] = own["weights"] / own["weights"].mean()
        return Held(**own, signals=self.signals.take(picked))


@dataclass(frozen=True, slots=True)
class IntervalModel:
    """A fitted width and the conformal quantiles of the scaled residuals.

    `width_coefficients` belong to the columns of `Signals.design` and give the logarithm of the
    width; none but the first is negative: no sign of doubt makes an answer surer. A column counts
    no lower than its `signal_floor`: no prediction is called surer than the surest that was tested.
    `families` holds what the logarithm is more (or less) for the rows of a family. The quantiles
    are those of (truth - prediction) / width at `_CENTRES`, the low ones ≤ 0, the high ones ≥ 0,
    a pair at each: of poor conductors and of good ones. Away from 25 °C none is smaller.
    `resolution` (decades) is added to an error before its
    logarithm, so that a lucky hit does not decide. Where little or nothing was measured, in the
    cold and beyond `largest_shift`, the interval grows.
    """

    width_coefficients: tuple[float, ...]
    signal_floor: tuple[float, ...]
    families: Mapping[str, float]
    low_quantiles: tuple[tuple[float, float], ...]
    high_quantiles: tuple[tuple[float, float], ...]
    largest_shift: float
    level: float
    resolution: float

    @classmethod
    def fit(
        cls, held: Held, by_paper: BoolArray, *, level: float = 0.9, resolution: float = 0.1
    ) -> IntervalModel:
        """Learn the width near 25 °C, then conformalise to the coverage `level` at each band.

        `by_paper` masks the rows whose papers were held out; a family's width is learned from them.
        Split conformal prediction with normalised scores, doi 10.1080/01621459.2017.1307116; the
        residuals come from cross-fitting over groups (papers, composition clusters), doi
        10.1214/20-AOS1965.
        """
        design = held.signals.design(resolution)
        room = np.abs(held.shift) < _BANDS[1]
        floor = np.quantile(design[room], _SUREST_TESTED, axis=0)
        design = np.maximum(design, floor)
        residual = held.residual
        target = np.log(np.abs(residual) + resolution)
        coefficients = _ridge(design[room], target[room], held.weights[room])
        log_width = design @ coefficients
        families = _family_widths(held, target - log_width, room & by_paper)
        log_width += _of_family(families, held.families) * _fade(held.signals.distance)
        score = residual / np.exp(log_width)
        tail = (1.0 - level) / 2.0
        poor = held.level < np.mean(_POOR_TO_GOOD)
        low, high = [], []
        for start, stop in pairwise(_BANDS):
            band = (held.shift >= start) & (held.shift < stop)
            if np.count_nonzero(band) < _FEWEST_IN_BAND:
                band = np.ones(len(score), dtype=np.bool_)
            for which in (poor, ~poor):
                own = band & which
                if start < 0.0 or np.count_nonzero(own) < _FEWEST_IN_BAND:
                    own = band
                scores, weights = score[own], held.weights[own]
                low.append(min(0.0, -conformal_quantile(-scores, weights, 1.0 - tail)))
                high.append(max(0.0, conformal_quantile(scores, weights, 1.0 - tail)))
        return cls(
            width_coefficients=tuple(float(number) for number in coefficients),
            signal_floor=tuple(float(number) for number in floor),
            families=families,
            low_quantiles=_pairs(np.minimum.accumulate(np.reshape(low, (-1, 2)), axis=0)),
            high_quantiles=_pairs(np.maximum.accumulate(np.reshape(high, (-1, 2)), axis=0)),
            largest_shift=float(np.quantile(held.shift, 0.99)),
            level=level,
            resolution=resolution,
        )

    def offsets(
        self, width: FloatArray, level: FloatArray, shift: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Decades to add to the prediction for the lower (≤ 0) and the upper (≥ 0) limit.

        `width` is as the method of that name gives it; `level` is the prediction at 25 °C in log10
        of S/cm, `shift` the decades of σT per eV from 25 °C to the temperature; each (n_rows,).
        """
        beyond = _BEYOND_COLD_EV * np.maximum(_BANDS[0] - shift, 0.0)
        beyond += _BEYOND_HOT_EV * np.maximum(shift - self.largest_shift, 0.0)
        beyond += ENERGY_ERROR_EV * np.abs(shift)
        good = np.interp(level, _POOR_TO_GOOD, [0.0, 1.0])
        low = _quantile(self.low_quantiles, good, shift) * width
        high = _quantile(self.high_quantiles, good, shift) * width
        return -np.hypot(low, beyond), np.hypot(high, beyond)

    def width(self, signals: Signals, families: Sequence[str]) -> FloatArray:
        """Typical absolute error near 25 °C in decades, shape (n_rows,); `families` are names."""
        design = np.maximum(signals.design(self.resolution), np.array(self.signal_floor))
        log_width = (design * np.array(self.width_coefficients)).sum(axis=1)
        log_width += _of_family(self.families, families) * _fade(signals.distance)
        width: FloatArray = np.exp(log_width)
        return width

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> IntervalModel:
        """Rebuild from what `dataclasses.asdict` gave."""
        own = {name: data[name] for name in cls.__slots__}
        own |= {name: tuple(own[name]) for name in ("width_coefficients", "signal_floor")}
        own |= {name: _pairs(own[name]) for name in ("low_quantiles", "high_quantiles")}
        return cls(**own)


def _pairs(numbers: Iterable[Iterable[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(of_poor), float(of_good)) for of_poor, of_good in numbers)


def _quantile(
    pairs: tuple[tuple[float, float], ...], good: FloatArray, shift: FloatArray
) -> FloatArray:
    """Between those of poor and good conductors, and between those at `_CENTRES`; (n_rows,)."""
    of_poor, of_good = (np.interp(shift, _CENTRES, each) for each in zip(*pairs, strict=True))
    quantile: FloatArray = of_poor + good * (of_good - of_poor)
    return quantile


def _ridge(
    design: FloatArray, target: FloatArray, weights: FloatArray, penalty: float = 5.0
) -> FloatArray:
    """Least squares, shrunk to a constant, with no negative coefficient but the first."""
    used = np.ones(design.shape[1], dtype=np.bool_)
    while True:
        own = design[:, used]
        centre = np.average(own, axis=0, weights=weights)
        centre[0] = 0.0
        centred = own - centre
        gram = centred.T @ (centred * weights[:, None])
        gram[np.diag_indices_from(gram)] += np.where(np.arange(len(gram)) > 0, penalty, 0.0)
        solved = np.linalg.solve(gram, centred.T @ (weights * target))
        if (solved[1:] >= 0.0).all():
            solved[0] -= solved[1:] @ centre[1:]
            coefficients = np.zeros(design.shape[1])
            coefficients[used] = solved
            return coefficients
        used[np.flatnonzero(used)[1:][solved[1:] < 0.0]] = False


def _family_widths(held: Held, log_error: FloatArray, counted: BoolArray) -> dict[str, float]:
    """Mean of `log_error` in each family less that of all, shrunk by its number of papers."""
    of_all = float(log_error[counted].mean()) if counted.any() else 0.0
    widths = {}
    for family in np.unique(held.families[counted].astype(str)):
        own = counted & (held.families == family)
        papers = len(np.unique(held.papers[own]))
        share = papers / (papers + _FAMILY_SHRINKAGE)
        widths[str(family)] = share * (float(log_error[own].mean()) - of_all)
    return widths


def _of_family(widths: Mapping[str, float], families: Sequence[str] | NDArray[Any]) -> FloatArray:
    return np.array([widths.get(family, 0.0) for family in families])


def _fade(distance: FloatArray) -> FloatArray:
    faded: FloatArray = np.interp(distance, _FAMILY_FADES, [1.0, 0.0])
    return faded


def conformal_quantile(score: FloatArray, weights: FloatArray, level: float) -> float:
    """Weighted quantile with the finite-sample correction of conformal prediction.

    The smallest score s with weight(score ≤ s) / (total weight + mean weight) ≥ `level`; with
    equal weights the ⌈(n + 1) level⌉-th smallest. Where the sample is too small, its maximum.
    """
    order = np.argsort(score)
    cumulative = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    position = int(np.searchsorted(cumulative, level - 1e-12))
    return float(score[order][min(position, len(score) - 1)])


@dataclass(frozen=True, slots=True)
class ThresholdModel:
    """Probability that σ reaches a threshold: a logit on how far a score lies above it.

    Each of `thresholds` (log10 of S/cm, rising) has an intercept and a slope; between two of them
    the logit is interpolated, and none is more likely than a lower one: what reaches 1e-3 S/cm
    reaches 1e-4 S/cm too, and no material is less likely to at a higher σ. The distance counts in
    units of the root of the width: of the width itself it would put a doubtful new material below a
    poor one that is well known.
    """

    thresholds: tuple[float, ...]
    intercepts: tuple[float, ...]
    slopes: tuple[float, ...]

    def predict(self, score: FloatArray, width: FloatArray, log10_threshold: float) -> FloatArray:
        """Probability that σ reaches 10^`log10_threshold` S/cm, shape (n_rows,).

        `score` is of log10 of S/cm, `width` the typical error at its temperature in decades;
        (n_rows,).
        """
        known = zip(self.thresholds, self.intercepts, self.slopes, strict=True)
        logits = np.stack(
            [intercept + slope * _above(score, width, each) for each, intercept, slope in known]
        )
        logits = np.minimum.accumulate(logits, axis=0)
        place = int(np.searchsorted(self.thresholds, log10_threshold))
        if place in (0, len(logits)):
            end = min(place, len(logits) - 1)
            away = self.thresholds[end] - log10_threshold
            logit = logits[end] + self.slopes[end] * away / np.sqrt(width)
        else:
            low, high = self.thresholds[place - 1], self.thresholds[place]
            part = (log10_threshold - low) / (high - low)
            logit = logits[place - 1] + part * (logits[place] - logits[place - 1])
        probability: FloatArray = 1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))
        return probability

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ThresholdModel:
        """Rebuild from what `dataclasses.asdict` gave."""
        return cls(tuple(data["thresholds"]), tuple(data["intercepts"]), tuple(data["slopes"]))

    @classmethod
    def fit(cls, held: Held, width: FloatArray) -> ThresholdModel:
        """Fit to held-out rows, by logistic regression at each threshold.

        `predicted` of `held` is the score, `width` as in `predict`. A bound says nothing of the
        thresholds below it.
        """
        intercepts, slopes = [], []
        for threshold in _THRESHOLDS:
            says = ~held.is_bound | (held.log10_sigma <= threshold)
            reaches = ~held.is_bound & (held.log10_sigma >= threshold)
            above = _above(held.predicted[says], width[says], threshold)
            design = np.column_stack([np.ones(len(above)), above])
            intercept, slope = _logistic(design, reaches[says].astype(float), held.weights[says])
            intercepts.append(float(intercept))
            slopes.append(max(0.0, float(slope)))
        return cls(_THRESHOLDS, tuple(intercepts), tuple(slopes))


def _above(score: FloatArray, width: FloatArray, log10_threshold: FloatArray | float) -> FloatArray:
    above: FloatArray = (score - log10_threshold) / np.sqrt(width)
    return above


def _logistic(design: FloatArray, label: FloatArray, weights: FloatArray) -> FloatArray:
    """Coefficients of a logistic regression, by Newton's method on the log-likelihood."""
    coefficients = np.zeros(design.shape[1])
    ridge = _PENALTY * np.eye(design.shape[1])
    for _ in range(_NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ coefficients, -30.0, 30.0)))
        gradient = design.T @ (weights * (label - probability)) - ridge @ coefficients
        curvature = design.T @ (design * (weights * probability * (1 - probability))[:, None])
        step = np.linalg.solve(curvature + ridge, gradient)
        coefficients += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-10:
            break
    return coefficients
