"""The figures of `before_after`: how good each side was, the difference, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.evaluate.answers import SMALLEST_FAMILY
from sseml.evaluate.before_after import (
    AFTER,
    BEFORE,
    SIDES,
    told,
)
from sseml.evaluate.difference import FEWEST_GROUPS, paired_difference
from sseml.evaluate.metrics import auc, clipped_absolute_error, group_mean, spearman
from sseml.model.probability import SUPERIONIC_LOG10_SIGMA

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RESAMPLES_OF_ORDER = 1000
"""Of the figures that are no mean over rows, which cannot be resampled by arithmetic alone."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A figure of both sides on the same rows.

    Attributes
    ----------
    before, after
        Of each side.
    low, high
        Limits of the 95 % interval of after minus before, from resampled papers; NaN where it was
        not measured, or where there are fewer than ten papers.
    """

    before: float
    after: float
    low: float = nan
    high: float = nan

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before

    def to_dict(self) -> dict[str, float | None]:
        """As JSON-ready data; what cannot be had is None."""
        own = asdict(self) | {"difference": self.difference}
        return {name: value if isfinite(value) else None for name, value in own.items()}


@dataclass(frozen=True, slots=True)
class Gains:
    """Figures of some rows.

    Attributes
    ----------
    rows, papers
        How many were judged.
    figures
        Name of a figure → what it was on both sides: ``MAE10c``, ``bias``, ``AUC``, where it is
        calibrated ``coverage``, the errors ``MAE10c constant`` and ``MAE10c nearest neighbour`` of
        two rivals, and where each row counts once ``Spearman in families`` and ``median width``.
    """

    rows: int
    papers: int
    figures: Mapping[str, Gain]

    def __getitem__(self, name: str) -> Gain:
        return self.figures[name]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        own = {name: figure.to_dict() for name, figure in self.figures.items()}
        return {"rows": self.rows, "papers": self.papers} | own


def gains(
    rows: pd.DataFrame,
    *,
    once: bool = False,
    constant: float | None = None,
    resamples: int = RESAMPLES_OF_ORDER,
) -> Gains:
    """Figures of some rows of one split and one output.

    Parameters
    ----------
    rows
        Some of what `before_after` returns.
    once
        Whether each paper counts once; otherwise each row does.
    constant
        The constant that is a rival, log10 of S/cm; None for the best one for these rows.
    resamples
        Of the papers for ``AUC`` and ``Spearman in families``, which take a second; 0 for none.
    """
    truth = _numbers(rows, "log10_sigma")
    papers = rows["paper"].to_numpy(dtype=np.int64)
    groups = papers if once else np.arange(len(rows))
    answered = {side: told(rows, side) for side in SIDES}
    predicted = {side: _numbers(own, "predicted_log10_sigma") for side, own in answered.items()}
    level = _best_constant(truth, groups) if constant is None else constant
    rival = group_mean(clipped_absolute_error(truth, np.full(len(truth), level)), groups)

    def mean_of(values: Callable[[str], FloatArray]) -> Gain:
        return _gain_of_mean(values(BEFORE), values(AFTER), papers, once=once)

    figures = {
        "MAE10c": mean_of(lambda side: clipped_absolute_error(truth, predicted[side])),
        "bias": mean_of(lambda side: predicted[side] - truth),
        "MAE10c constant": Gain(rival, rival),
        "MAE10c nearest neighbour": mean_of(
            lambda side: clipped_absolute_error(
                truth, _numbers(answered[side], "nearest_log10_sigma")
            )
        ),
        "AUC": _gain_of_auc(rows, truth, predicted, once=once, resamples=resamples),
    }
    if not once:
        figures["Spearman in families"] = _gain_of_order(rows, truth, predicted, resamples)
    if rows["low_log10_sigma_after"].notna().all():
        limits = {
            side: (_numbers(own, "low_log10_sigma"), _numbers(own, "high_log10_sigma"))
            for side, own in answered.items()
        }
        figures["coverage"] = mean_of(
            lambda side: ((limits[side][0] <= truth) & (truth <= limits[side][1])).astype(float)
        )
        if not once:
            figures["median width"] = Gain(
                *(float(np.median(high - low)) for low, high in limits.values())
            )
    return Gains(len(rows), len(np.unique(papers)), figures)


def by_family(rows: pd.DataFrame) -> dict[str, Gains]:
    """Figures of each family of ten rows or more; the constant is the best one for all rows."""
    constant = float(rows["log10_sigma"].median())
    large = {str(name): own for name, own in rows.groupby("family") if len(own) >= SMALLEST_FAMILY}
    return {name: gains(own, constant=constant, resamples=0) for name, own in large.items()}


def families_won(families: Mapping[str, Gains]) -> tuple[int, int]:
    """In how many families each side beats the constant and the nearest neighbour."""
    return (
        sum(
            own["MAE10c"].before
            < min(own["MAE10c constant"].before, own["MAE10c nearest neighbour"].before)
            for own in families.values()
        ),
        sum(
            own["MAE10c"].after
            < min(own["MAE10c constant"].after, own["MAE10c nearest neighbour"].after)
            for own in families.values()
        ),
    )


def _numbers(rows: pd.DataFrame, column: str) -> FloatArray:
    return rows[column].to_numpy(dtype=float)


def _best_constant(truth: FloatArray, groups: IntArray) -> float:
    """The level of the smallest mean error, where each group weighs 1."""
    levels = np.unique(truth)
    errors = [group_mean(np.abs(truth - level), groups) for level in levels]
    return float(levels[int(np.argmin(errors))])


def _gain_of_mean(before: FloatArray, after: FloatArray, papers: IntArray, *, once: bool) -> Gain:
    """Mean over rows or over papers, resampled by paper."""
    if once:
        _, papers = np.unique(papers, return_inverse=True)
        size = np.bincount(papers)
        before, after = (np.bincount(papers, weights=own) / size for own in (before, after))
        papers = np.arange(len(size))
    found = paired_difference(before, after, papers)
    return Gain(found.champion_MAE10c, found.candidate_MAE10c, found.low, found.high)


def _gain_of_auc(
    rows: pd.DataFrame,
    truth: FloatArray,
    predicted: Mapping[str, FloatArray],
    *,
    once: bool,
    resamples: int,
) -> Gain:
    """Area under the ROC curve of σ ≥ 1e-4 S/cm by probability, or by value where there is none."""
    superionic = truth >= SUPERIONIC_LOG10_SIGMA
    scores = {side: _numbers(rows, f"p_superionic_{side}") for side in SIDES}
    scores = {
        side: predicted[side] if np.isnan(score).any() else score for side, score in scores.items()
    }

    def area(side: str, picked: IntArray, paper: IntArray) -> float:
        groups = paper if once else np.arange(len(picked))
        return auc(superionic[picked], scores[side][picked], groups)

    return _resampled(area, rows, resamples)


def _gain_of_order(
    rows: pd.DataFrame,
    truth: FloatArray,
    predicted: Mapping[str, FloatArray],
    resamples: int,
) -> Gain:
    """Mean over families of ten rows or more of the rank correlation inside them."""
    _, families, sizes = np.unique(
        rows["family"].to_numpy(dtype=str), return_inverse=True, return_counts=True
    )
    large = np.flatnonzero(sizes >= SMALLEST_FAMILY)

    def order(side: str, picked: IntArray, _: IntArray) -> float:
        own = [picked[families[picked] == family] for family in large]
        found = [spearman(truth[each], predicted[side][each]) for each in own if len(each) > 1]
        known = [value for value in found if isfinite(value)]
        return float(np.mean(known)) if known else nan

    return _resampled(order, rows, resamples)


def _resampled(
    statistic: Callable[[str, IntArray, IntArray], float], rows: pd.DataFrame, resamples: int
) -> Gain:
    """A figure of both sides; `statistic` takes a side, positions of rows, and their papers."""
    _, papers = np.unique(rows["paper"].to_numpy(dtype=np.int64), return_inverse=True)
    every = np.arange(len(rows))
    before, after = (statistic(side, every, papers) for side in SIDES)
    count = int(papers.max()) + 1
    if not resamples or count < FEWEST_GROUPS:
        return Gain(before, after)
    members = np.split(np.argsort(papers, kind="stable"), np.cumsum(np.bincount(papers))[:-1])
    differences = []
    for draw in np.random.default_rng(0).integers(0, count, size=(resamples, count)):
        picked = np.concatenate([members[paper] for paper in draw])
        drawn_as = np.repeat(np.arange(count), [len(members[paper]) for paper in draw])
        differences.append(statistic(AFTER, picked, drawn_as) - statistic(BEFORE, picked, drawn_as))
    if np.isnan(differences).all():
        return Gain(before, after)
    low, high = np.nanquantile(differences, [0.025, 0.975])
    return Gain(before, after, float(low), float(high))
