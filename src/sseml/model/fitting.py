"""A training set becomes a calibrated model: fit, predict the held-out, conformalise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.calibration import IntervalModel, ProbabilityModel, Signals, fit_probability
from sseml.model.crystal_system import PolymorphCorrection, PolymorphSettings
from sseml.model.dataset import CENSOR_LOG10_SIGMA, TrainingSet
from sseml.model.ensemble import (
    CONDUCTOR_LOG10_SIGMA,
    Blend,
    Told,
    TwoOutputs,
    predict_with_signals,
)
from sseml.model.regressors import BlendSettings, fit_blend, fit_part
from sseml.model.split import grouped_folds, purge
from sseml.records import RefusedInputError

Progress = Callable[[str], None]

CALIBRATION_FOLDS = 4
FEWEST_CONDUCTOR_PAPERS = 10
"""Of fewer, the second output and its interval would rest on a handful of rows."""


def silent(_: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Regime:
    """A way of holding out: which groups stay together, and how near a training row may be.

    Attributes
    ----------
    name
        ``paper`` or ``cluster``: the groups that are never split.
    purged
        Which of the kind's `Radii` keeps training rows away from held-out ones: ``near`` or
        ``cluster``; None to let them be as near as they are.
    same_parts
        Whether only rows of the same parts (elements) count as near.
    """

    name: str
    purged: Literal["near", "cluster"] | None
    same_parts: bool

    def groups(self, data: TrainingSet) -> IntArray:
        """Group of each row."""
        return data.papers if self.name == "paper" else data.clusters

    def training_mask(self, data: TrainingSet, held_out: BoolArray) -> BoolArray:
        """Rows that may be trained on when `held_out` is predicted."""
        keep = ~held_out
        keep[keep] = purge(
            data.positions[keep],
            data.positions[held_out],
            list(data.dois[keep]),
            list(data.dois[held_out]),
            distance=data.kind.distance,
            threshold=getattr(data.kind.distance.radii, self.purged) if self.purged else 0.0,
            same_parts=self.same_parts,
        )
        return keep


BY_PAPER = Regime("paper", "near", same_parts=True)
BY_CLUSTER = Regime("cluster", "cluster", same_parts=False)


@dataclass(frozen=True, slots=True)
class HeldOut(Told):
    """Predictions of rows that the model behind them had not seen, nor anything near them.

    `rows` are positions in the training set that was cross-fitted, shape (n_rows,).
    """

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

    def take(self, picked: BoolArray) -> HeldOut:
        """The predictions selected by a mask."""
        signals = {
            field.name: getattr(self.signals, field.name)[picked] for field in fields(Signals)
        }
        return HeldOut(self.mean[picked], Signals(**signals), self.rows[picked])


@dataclass(frozen=True, slots=True)
class Calibration:
    """The interval of an output, and its probability of reaching 1e-4 S/cm."""

    interval: IntervalModel
    superionic: ProbabilityModel


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted blend with its calibration."""

    blend: Blend
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class CalibratedOutputs:
    """Both outputs of a conductivity model with their calibrations.

    Attributes
    ----------
    outputs
        Fitted to every row.
    plain, if_conductor
        Calibrations of the outputs.
    conductor
        The probability that a material is a conductor, from the plain output.
    polymorph
        What a known crystal system adds to both outputs.
    """

    outputs: TwoOutputs
    plain: Calibration
    if_conductor: Calibration
    conductor: ProbabilityModel
    polymorph: PolymorphCorrection


def fit(data: TrainingSet, settings: BlendSettings) -> Blend:
    """Fit on every row of the set."""
    return fit_blend(settings, data.X, data.distance, data.target, data.weights)


def conducting(data: TrainingSet) -> BoolArray:
    """Which rows are above 1e-7 S/cm at 25 °C."""
    above: BoolArray = data.target > CONDUCTOR_LOG10_SIGMA
    return above


def fit_outputs(data: TrainingSet, settings: BlendSettings) -> TwoOutputs:
    """Fit both outputs, the second on the rows above 1e-7 S/cm.

    Raises
    ------
    RefusedInputError
        If no row is above 1e-7 S/cm.
    """
    conductors = conducting(data)
    if not conductors.any():
        raise RefusedInputError(
            f"none of the {len(data)} measurements to learn from is above 1e-7 S/cm at 25 °C",
            "add measurements, such as those the released bundle carries",
        )
    blend = fit(data, settings)
    if_conductor = fit_part(
        settings,
        blend,
        data.X,
        data.distance,
        picked=conductors,
        target=data.target,
        weights=data.weights,
    )
    return TwoOutputs(blend, if_conductor, conductors)


def predict_held_out(
    blend: Blend, data: TrainingSet, trained: BoolArray, asked: BoolArray
) -> HeldOut:
    """Predict the `asked` rows of a set with a blend that was fitted on its `trained` rows."""
    told = predict_with_signals(blend, data.X[asked], data.distance[asked][:, trained])
    return _held_out(told, asked)


def predict_outputs_held_out(
    outputs: TwoOutputs, data: TrainingSet, trained: BoolArray, asked: BoolArray
) -> tuple[HeldOut, HeldOut]:
    """Both outputs about the `asked` rows of a set, fitted on its `trained` rows."""
    plain, if_conductor = outputs.predict(data.X[asked], data.distance[asked][:, trained])
    return _held_out(plain, asked), _held_out(if_conductor, asked)


def _held_out(told: Told, asked: BoolArray) -> HeldOut:
    return HeldOut(told.mean, told.signals, np.flatnonzero(asked))


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


def cross_fit_outputs(
    data: TrainingSet, regime: Regime, settings: BlendSettings, fold_count: int
) -> tuple[HeldOut, HeldOut]:
    """Both outputs about every row, by models that have not seen its group nor anything near it."""
    plain, if_conductor = [], []
    for held_out in held_out_masks(data, regime, fold_count, settings.seed):
        trained = regime.training_mask(data, held_out)
        outputs = fit_outputs(data.take(trained), settings)
        told = predict_outputs_held_out(outputs, data, trained, held_out)
        plain.append(told[0])
        if_conductor.append(told[1])
    return HeldOut.join(plain), HeldOut.join(if_conductor)


def fit_calibrated(
    data: TrainingSet,
    settings: BlendSettings,
    progress: Progress = silent,
) -> Calibrated:
    """Fit, and calibrate on groups that neither the fit of their fold nor anything near has seen.

    Half of the calibration weight lies on rows held out by paper (the question is near what was
    measured), half on rows held out by composition cluster (the question is new chemistry).
    """
    parts = []
    for regime in (BY_PAPER, BY_CLUSTER):
        progress(f"calibrating on rows held out by {regime.name}")
        parts.append(cross_fit(data, regime, settings, CALIBRATION_FOLDS))
    calibration, *_ = _calibrate(data, HeldOut.join(parts), _weights(data, parts), settings)
    progress("fitting on every row")
    return Calibrated(fit(data, settings), calibration)


def fit_calibrated_outputs(
    data: TrainingSet,
    settings: BlendSettings,
    progress: Progress = silent,
) -> CalibratedOutputs:
    """Fit both outputs and calibrate them as `fit_calibrated` does, the second on conductors.

    Raises
    ------
    RefusedInputError
        If there are too few measurements, or too few of conductors.
    """
    _require_conductors(data)
    parts = []
    for regime in (BY_PAPER, BY_CLUSTER):
        progress(f"calibrating on rows held out by {regime.name}")
        parts.append(cross_fit_outputs(data, regime, settings, CALIBRATION_FOLDS))
    plain, if_conductor = (HeldOut.join(each) for each in zip(*parts, strict=True))
    weight = _weights(data, [part[0] for part in parts])
    of_all, width = _calibrate(data, plain, weight, settings)
    truth = data.target[plain.rows]
    conducts = truth > CONDUCTOR_LOG10_SIGMA
    of_conductors, _ = _calibrate(data, if_conductor.take(conducts), weight[conducts], settings)
    progress("fitting on every row")
    return CalibratedOutputs(
        outputs=fit_outputs(data, settings),
        plain=of_all,
        if_conductor=of_conductors,
        conductor=fit_probability(plain.mean, width, truth, weight, CONDUCTOR_LOG10_SIGMA),
        polymorph=_fit_polymorph(data, parts[0][0]),
    )


def _require_conductors(data: TrainingSet) -> None:
    papers = len(np.unique(data.papers[conducting(data)]))
    if papers < FEWEST_CONDUCTOR_PAPERS:
        raise RefusedInputError(
            f"of the {len(data)} usable measurements those above 1e-7 S/cm at 25 °C are of {papers}"
            f" papers, and it takes {FEWEST_CONDUCTOR_PAPERS} to say how good a conductor is",
            "add measurements, such as those the released bundle carries",
        )


def _fit_polymorph(data: TrainingSet, by_paper: HeldOut) -> PolymorphCorrection:
    """Learn from what papers held out were predicted, and turned out, to be."""
    expected = np.empty(len(data))
    expected[by_paper.rows] = np.maximum(by_paper.mean, CENSOR_LOG10_SIGMA)
    return PolymorphCorrection.fit(
        PolymorphSettings(), data.systems, data.distance, data.target - expected, data.weights
    )


def _calibrate(
    data: TrainingSet, held_out: HeldOut, weight: FloatArray, settings: BlendSettings
) -> tuple[Calibration, FloatArray]:
    """The calibration of some held-out predictions, and their typical errors."""
    share = weight * (len(weight) / weight.sum())
    truth = data.target[held_out.rows]
    interval = IntervalModel.fit(
        held_out.signals, truth - held_out.mean, share, resolution=settings.resolution
    )
    width = interval.width(held_out.signals)
    superionic = fit_probability(held_out.mean, width, truth, share)
    return Calibration(interval, superionic), width


def _weights(data: TrainingSet, parts: Sequence[HeldOut]) -> FloatArray:
    """Weights of predictions held out by paper, then by cluster; with mean 1."""
    weight = np.concatenate(
        [
            calibration_weights(data, regime)[part.rows]
            for regime, part in zip((BY_PAPER, BY_CLUSTER), parts, strict=True)
        ]
    )
    scaled: FloatArray = weight * (len(weight) / weight.sum())
    return scaled


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
