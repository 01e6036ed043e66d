"""Answers about curves that the model behind them has not seen, for calibration and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.features.contract import Distance
from sseml.model.fitting import Progress, silent
from sseml.model.polymer.curves import CurveSet, learnable
from sseml.model.polymer.fit import CURVES, CurveSettings, fit_curves
from sseml.model.polymer.intervals import CurveIntervals, Spread
from sseml.model.polymer.signals import CurveSignals, signals_of
from sseml.model.split import grouped_folds

CALIBRATION_FOLDS = 8


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Answers about rows of a set, each by a model that has not seen its group.

    `rows` are positions in the set; `residual` is the measured log10 σ minus the answer; `group`
    is what was held out together.
    """

    rows: IntArray
    signals: CurveSignals
    residual: FloatArray
    temperature_C: FloatArray
    group: IntArray

    @staticmethod
    def join(parts: Iterable[HeldOut]) -> HeldOut:
        """Concatenate; groups of one part are none of another."""
        listed, first = [], 0
        for part in parts:
            listed.append(replace(part, group=part.group + first))
            first += int(part.group.max(initial=-1)) + 1
        return _joined(listed)

    def take(self, picked: BoolArray | IntArray) -> HeldOut:
        """The answers selected by a mask or by positions."""
        return HeldOut(
            rows=self.rows[picked],
            signals=_each(self.signals, picked),
            residual=self.residual[picked],
            temperature_C=self.temperature_C[picked],
            group=self.group[picked],
        )


def answer_rows(
    data: CurveSet,
    trained: BoolArray,
    asked: BoolArray,
    group: IntArray,
    *,
    distance: Distance,
    settings: CurveSettings = CURVES,
) -> HeldOut:
    """Fit on the `trained` rows of a set and answer the `asked` ones; masks are (n,)."""
    train, test = data.take(trained), data.take(asked)
    ensemble = fit_curves(train, settings)
    _, first, number = np.unique(test.formulation, return_index=True, return_inverse=True)
    known = np.unique(train.formulation, return_index=True)[1]
    nearest = distance.between(test.positions[first], train.positions[known]).min(axis=1)
    curves = ensemble.curves(test.X[first])
    number = number.reshape(-1)
    signals = signals_of(curves.take(number), ensemble, test.X, test.temperature_C, nearest[number])
    return HeldOut(
        rows=np.flatnonzero(asked),
        signals=signals,
        residual=test.log10_sigma - signals.mean,
        temperature_C=test.temperature_C,
        group=group[asked],
    )


def by_folds(
    data: CurveSet,
    group: IntArray,
    fold: IntArray,
    *,
    distance: Distance,
    settings: CurveSettings = CURVES,
    progress: Progress = silent,
) -> HeldOut:
    """Answer the rows of each fold by a model of the others; `fold` is (n,), below 0 for none."""
    parts = []
    numbers = np.unique(fold[fold >= 0])
    for place, number in enumerate(numbers, start=1):
        progress(f"fold {place} of {len(numbers)}")
        asked = fold == number
        parts.append(answer_rows(data, ~asked, asked, group, distance=distance, settings=settings))
    return _joined(parts)


def calibrate(
    data: CurveSet,
    *,
    distance: Distance,
    settings: CurveSettings = CURVES,
    progress: Progress = silent,
) -> tuple[CurveIntervals, HeldOut]:
    """Learn intervals from rows held out by polymer and rows held out by paper.

    The two halves count alike: a question is as likely about a new polymer as about a known one
    that somebody makes anew. Rows held out by formulation would have neighbours of their own paper.
    """
    parts = []
    for name, group in (("polymer", data.polymer), ("paper", data.paper)):
        fold = grouped_folds(group, CALIBRATION_FOLDS, settings.seed)

        def say(step: str, name: str = name) -> None:
            progress(f"calibrating on rows held out by {name}: {step}")

        held_out = by_folds(data, group, fold, distance=distance, settings=settings, progress=say)
        parts.append(held_out.take(learnable(data)[held_out.rows]))
    both = HeldOut.join(parts)
    return intervals_from(both), both


def intervals_from(held_out: HeldOut) -> CurveIntervals:
    """Learn intervals from held-out answers."""
    return CurveIntervals.fit(
        held_out.signals, held_out.residual, held_out.temperature_C, held_out.group
    )


def cross_spread(held_out: HeldOut, fold_count: int = 10, seed: int = 0) -> Spread:
    """The spread of each answer, learned from the answers about other groups alone."""
    fold = grouped_folds(held_out.group, fold_count, seed)
    width = np.empty(len(fold))
    quantiles: FloatArray | None = None
    for number in range(fold_count):
        asked = fold == number
        intervals = intervals_from(held_out.take(~asked))
        own = intervals.spread(_each(held_out.signals, asked), held_out.temperature_C[asked])
        if quantiles is None:
            quantiles = np.empty((len(fold), own.quantiles.shape[1]))
        width[asked], quantiles[asked] = own.width, own.quantiles
    assert quantiles is not None
    return Spread(width, quantiles)


def _each(signals: CurveSignals, picked: BoolArray | IntArray) -> CurveSignals:
    return CurveSignals(*(getattr(signals, each.name)[picked] for each in fields(CurveSignals)))


def _joined(parts: list[HeldOut]) -> HeldOut:
    def together(name: str) -> FloatArray:
        joined: FloatArray = np.concatenate([getattr(part, name) for part in parts])
        return joined

    signals = CurveSignals(
        *(
            np.concatenate([getattr(part.signals, each.name) for part in parts])
            for each in fields(CurveSignals)
        )
    )
    return HeldOut(
        rows=together("rows").astype(np.int64),
        signals=signals,
        residual=together("residual"),
        temperature_C=together("temperature_C"),
        group=together("group").astype(np.int64),
    )
