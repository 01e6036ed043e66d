"""A training set becomes a calibrated model: fit, predict the held-out, conformalise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sseml.curation.split import (
    CLUSTER_DISTANCE,
    NEAR_DUPLICATE_DISTANCE,
    grouped_folds,
    purge,
)
from sseml.model.blend import Blend
from sseml.model.bundle import predict_with_signals
from sseml.model.dataset import TrainingSet
from sseml.model.intervals import IntervalModel, Signals
from sseml.model.probability import ProbabilityModel, fit_probability
from sseml.model.regressors import BlendSettings, fit_blend
from sseml.records import RefusedInputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Progress = Callable[[str], None]

CALIBRATION_FOLDS = 4


def silent(_: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Regime:
    """A way of holding out: which groups stay together, and how near a training row may be.

    Attributes
    ----------
    name
        ``paper`` or ``cluster``: the groups that are never split.
    purge_distance
        Training rows nearer than this to a held-out row are removed.
    same_elements
        Whether only rows of the same elements count as near.
    """

    name: str
    purge_distance: float
    same_elements: bool

    def groups(self, data: TrainingSet) -> IntArray:
        """Group of each row."""
        return data.papers if self.name == "paper" else data.clusters

    def training_mask(self, data: TrainingSet, held_out: BoolArray) -> BoolArray:
        """Rows that may be trained on when `held_out` is predicted."""
        keep = ~held_out
        keep[keep] = purge(
            data.fractions[keep],
            data.fractions[held_out],
            list(data.dois[keep]),
            list(data.dois[held_out]),
            threshold=self.purge_distance,
            same_elements=self.same_elements,
        )
        return keep


BY_PAPER = Regime("paper", NEAR_DUPLICATE_DISTANCE, same_elements=True)
BY_CLUSTER = Regime("cluster", CLUSTER_DISTANCE, same_elements=False)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions of rows that the model behind them had not seen, nor anything near them.

    `mean` has shape (n,); `rows` are positions in the training set that was cross-fitted.
    """

    mean: FloatArray
    signals: Signals
    rows: IntArray

    @staticmethod
    def join(parts: Sequence[HeldOut]) -> HeldOut:
        """Concatenate."""
        signals = {
            field.name: np.concatenate([getattr(part.signals, field.name) for part in parts])
            for field in fields(Signals)
        }
        return HeldOut(
            mean=np.concatenate([part.mean for part in parts]),
            signals=Signals(**signals),
            rows=np.concatenate([part.rows for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted blend with its interval and its probability of reaching 1e-4 S/cm."""

    blend: Blend
    interval: IntervalModel
    probability: ProbabilityModel


def fit(data: TrainingSet, settings: BlendSettings) -> Blend:
    """Fit on every row of the set."""
    return fit_blend(settings, data.X, data.distance, data.target, data.weights)


def predict_held_out(
    blend: Blend, data: TrainingSet, trained: BoolArray, asked: BoolArray
) -> HeldOut:
    """Predict the `asked` rows of a set with a blend that was fitted on its `trained` rows."""
    mean, signals = predict_with_signals(blend, data.X[asked], data.distance[asked][:, trained])
    return HeldOut(mean, signals, np.flatnonzero(asked))


def held_out_masks(
    data: TrainingSet, regime: Regime, fold_count: int, seed: int
) -> Iterator[BoolArray]:
    """Masks of the held-out rows, one a fold; each row is held out once.

    Raises
    ------
    RefusedInputError
        If there are fewer groups than folds.
    """
    groups = regime.groups(data)
    group_count = len(np.unique(groups))
    if group_count < fold_count:
        raise RefusedInputError(
            f"holding out {regime.name}s takes at least {fold_count} of them, "
            f"and the {len(data)} usable measurements are of {group_count}",
            "add measurements, such as those the released bundle carries",
        )
    fold_of_row = grouped_folds(groups, fold_count, seed)
    for fold in range(fold_count):
        yield fold_of_row == fold


def cross_fit(
    data: TrainingSet, regime: Regime, settings: BlendSettings, fold_count: int
) -> HeldOut:
    """Predict every row of the set by models that have not seen its group nor anything near it."""
    parts = []
    for held_out in held_out_masks(data, regime, fold_count, settings.seed):
        trained = regime.training_mask(data, held_out)
        blend = fit(data.take(trained), settings)
        parts.append(predict_held_out(blend, data, trained, held_out))
    return HeldOut.join(parts)


def fit_calibrated(
    data: TrainingSet,
    settings: BlendSettings,
    progress: Progress = silent,
) -> Calibrated:
    """Fit, and calibrate on groups that neither the fit of their fold nor anything near has seen.

    Half of the calibration weight lies on rows held out by paper (the question is near what was
    measured), half on rows held out by composition cluster (the question is new chemistry).
    """
    parts, weights = [], []
    for regime in (BY_PAPER, BY_CLUSTER):
        progress(f"calibrating on rows held out by {regime.name}")
        part = cross_fit(data, regime, settings, CALIBRATION_FOLDS)
        parts.append(part)
        weights.append(calibration_weights(data, regime)[part.rows])
    held_out = HeldOut.join(parts)
    weight = np.concatenate(weights)
    weight *= len(weight) / weight.sum()
    truth = data.target[held_out.rows]
    interval = IntervalModel.fit(
        held_out.signals, truth - held_out.mean, weight, resolution=settings.resolution
    )
    progress("fitting on every row")
    return Calibrated(
        blend=fit(data, settings),
        interval=interval,
        probability=fit_probability(held_out.mean, interval.width(held_out.signals), truth, weight),
    )


def calibration_weights(data: TrainingSet, regime: Regime) -> FloatArray:
    """Weights of held-out rows, summing to 1.

    By paper each row counts alike; by cluster each cluster does, as a question about new chemistry
    is as likely to fall into a small cluster as into a large one.
    """
    if regime.name == "paper":
        return np.full(len(data), 1.0 / len(data))
    size = np.bincount(data.clusters)[data.clusters]
    weights: FloatArray = 1.0 / (size * len(np.unique(data.clusters)))
    return weights
