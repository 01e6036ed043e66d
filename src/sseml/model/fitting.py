"""A training set becomes a calibrated model: fit, predict the held-out, conformalise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.calibration import IntervalModel, ProbabilityModel, Signals, fit_probability
from sseml.model.crystal_system import PolymorphCorrection, PolymorphSettings
from sseml.model.dataset import CENSOR_LOG10_SIGMA, TrainingSet
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, Ensemble, Estimate, TwoOutputs
from sseml.model.regressors import EnsembleSettings, fit_ensemble, fit_part
from sseml.model.split import grouped_folds, purge
from sseml.records import RefusedInputError

Progress = Callable[[str], None]

CALIBRATION_FOLDS = 4
FEWEST_CONDUCTOR_PAPERS = 10
"""Of fewer, the second output and its interval would rest on a handful of rows."""


def silent(_: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class HoldoutScheme:
    """A scheme of holding out: which groups stay together, and how near a training row may be.

    Groups of `name` (``paper`` or ``cluster``) are never split. `purged` names the one of the
    kind's `Radii` that keeps training rows away from held-out ones; None lets them be as near as
    they are. With `same_parts` only rows of the same parts (elements) count as near.
    """

    name: str
    purged: Literal["near", "cluster"] | None
    same_parts: bool

    def groups(self, data: TrainingSet) -> IntArray:
        """Group of each row."""
        return data.papers if self.name == "paper" else data.clusters

    def training_mask(self, data: TrainingSet, held_out: BoolArray) -> BoolArray:
        """Rows that may be trained on when `out_of_fold` is predicted."""
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

    def folds(
        self, data: TrainingSet, fold_count: int, seed: int
    ) -> Iterator[tuple[BoolArray, BoolArray]]:
        """Masks (trained, held out), a pair for each fold; each row is held out once.

        A `RefusedInputError` says if there are fewer groups than folds.
        """
        groups = self.groups(data)
        group_count = len(np.unique(groups))
        if group_count < fold_count:
            raise RefusedInputError(
                f"holding out {self.name}s takes at least {fold_count} of them, "
                f"and the {len(data)} usable measurements are of {group_count}",
                "add measurements, such as those the released bundle carries",
            )
        fold_of_row = grouped_folds(groups, fold_count, seed)
        for fold in range(fold_count):
            held_out = fold_of_row == fold
            yield self.training_mask(data, held_out), held_out


BY_PAPER = HoldoutScheme("paper", "near", same_parts=True)
BY_CLUSTER = HoldoutScheme("cluster", "cluster", same_parts=False)


@dataclass(frozen=True, slots=True)
class OutOfFold(Estimate):
    """Predictions of rows that the model behind them had not seen, nor anything near them.

    `rows` are positions in the training set that was cross-fitted, shape (n_rows,).
    """

    rows: IntArray

    @staticmethod
    def join(parts: Sequence[OutOfFold]) -> OutOfFold:
        """Concatenate."""
        return OutOfFold(
            mean=np.concatenate([part.mean for part in parts]),
            signals=Signals.join([part.signals for part in parts]),
            rows=np.concatenate([part.rows for part in parts]),
        )

    def take(self, picked: BoolArray) -> OutOfFold:
        """The predictions selected by a mask."""
        return OutOfFold(self.mean[picked], self.signals.take(picked), self.rows[picked])


@dataclass(frozen=True, slots=True)
class Calibration:
    """The interval of an output, and its probability of reaching 1e-4 S/cm."""

    interval: IntervalModel
    superionic: ProbabilityModel


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted ensemble with its calibration."""

    ensemble: Ensemble
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class CalibratedOutputs:
    """Both outputs of a conductivity model, fitted to every row, with their calibrations.

    `conductor` is the probability that a material is a conductor, from the unconditional output;
    `polymorph` is what a known crystal system adds to both outputs.
    """

    outputs: TwoOutputs
    unconditional: Calibration
    if_conductor: Calibration
    conductor: ProbabilityModel
    polymorph: PolymorphCorrection


def fit(data: TrainingSet, settings: EnsembleSettings) -> Ensemble:
    """Fit on every row of the set."""
    return fit_ensemble(settings, data.X, data.distance, data.target, data.weights)


def conducting(data: TrainingSet) -> BoolArray:
    """Which rows are above 1e-7 S/cm at 25 °C."""
    above: BoolArray = data.target > CONDUCTOR_LOG10_SIGMA
    return above


def fit_outputs(data: TrainingSet, settings: EnsembleSettings) -> TwoOutputs:
    """Fit both outputs, the second on the rows above 1e-7 S/cm; refused if there are none."""
    conductors = conducting(data)
    if not conductors.any():
        raise RefusedInputError(
            f"none of the {len(data)} measurements to learn from is above 1e-7 S/cm at 25 °C",
            "add measurements, such as those the released bundle carries",
        )
    ensemble = fit(data, settings)
    if_conductor = fit_part(
        settings,
        ensemble,
        data.X,
        data.distance,
        picked=conductors,
        target=data.target,
        weights=data.weights,
    )
    return TwoOutputs(ensemble, if_conductor, conductors)


def predict_out_of_fold(
    ensemble: Ensemble, data: TrainingSet, trained: BoolArray, asked: BoolArray
) -> OutOfFold:
    """Predict the `asked` rows of a set with an ensemble that was fitted on its `trained` rows."""
    estimate = ensemble.predict(data.X[asked], data.distance[asked][:, trained])
    return OutOfFold(estimate.mean, estimate.signals, np.flatnonzero(asked))


def predict_outputs_out_of_fold(
    outputs: TwoOutputs, data: TrainingSet, trained: BoolArray, asked: BoolArray
) -> tuple[OutOfFold, OutOfFold]:
    """Both outputs about the `asked` rows of a set, fitted on its `trained` rows."""
    unconditional, if_conductor = outputs.predict(data.X[asked], data.distance[asked][:, trained])
    rows = np.flatnonzero(asked)
    return (
        OutOfFold(unconditional.mean, unconditional.signals, rows),
        OutOfFold(if_conductor.mean, if_conductor.signals, rows),
    )


def cross_fit(
    data: TrainingSet, holdout_scheme: HoldoutScheme, settings: EnsembleSettings, fold_count: int
) -> OutOfFold:
    """Predict every row of the set by models that have not seen its group nor anything near it."""
    return OutOfFold.join(
        [
            predict_out_of_fold(fit(data.take(trained), settings), data, trained, held_out)
            for trained, held_out in holdout_scheme.folds(data, fold_count, settings.seed)
        ]
    )


def fit_calibrated(
    data: TrainingSet, settings: EnsembleSettings, progress: Progress = silent
) -> Calibrated:
    """Fit, and calibrate on groups that neither the fit of their fold nor anything near has seen.

    Half of the calibration weight lies on rows held out by paper (the question is near what was
    measured), half on rows held out by composition cluster (the question is new chemistry).
    """
    parts = []
    for holdout_scheme in (BY_PAPER, BY_CLUSTER):
        progress(f"calibrating on rows held out by {holdout_scheme.name}")
        parts.append(cross_fit(data, holdout_scheme, settings, CALIBRATION_FOLDS))
    calibration, _ = _calibrate(data, OutOfFold.join(parts), _weights(data, *parts), settings)
    progress("fitting on every row")
    return Calibrated(fit(data, settings), calibration)


def fit_calibrated_outputs(
    data: TrainingSet, settings: EnsembleSettings, progress: Progress = silent
) -> CalibratedOutputs:
    """Fit both outputs and calibrate them as `fit_calibrated` does, the second on conductors.

    A `RefusedInputError` says if there are too few measurements, or too few of conductors.
    """
    _require_conductors(data)
    plain_parts, conductor_parts = [], []
    for holdout_scheme in (BY_PAPER, BY_CLUSTER):
        progress(f"calibrating on rows held out by {holdout_scheme.name}")
        folds = []
        for trained, held_out in holdout_scheme.folds(data, CALIBRATION_FOLDS, settings.seed):
            outputs = fit_outputs(data.take(trained), settings)
            folds.append(predict_outputs_out_of_fold(outputs, data, trained, held_out))
        plain_folds, conductor_folds = zip(*folds, strict=True)
        plain_parts.append(OutOfFold.join(plain_folds))
        conductor_parts.append(OutOfFold.join(conductor_folds))
    unconditional, if_conductor = OutOfFold.join(plain_parts), OutOfFold.join(conductor_parts)
    weight = _weights(data, *plain_parts)
    plain_calibration, width = _calibrate(data, unconditional, weight, settings)
    truth = data.target[unconditional.rows]
    conducts = truth > CONDUCTOR_LOG10_SIGMA
    conductor_calibration, _ = _calibrate(
        data, if_conductor.take(conducts), weight[conducts], settings
    )
    progress("fitting on every row")
    return CalibratedOutputs(
        outputs=fit_outputs(data, settings),
        unconditional=plain_calibration,
        if_conductor=conductor_calibration,
        conductor=fit_probability(unconditional.mean, width, truth, weight, CONDUCTOR_LOG10_SIGMA),
        polymorph=_fit_polymorph(data, plain_parts[0]),
    )


def _require_conductors(data: TrainingSet) -> None:
    papers = len(np.unique(data.papers[conducting(data)]))
    if papers < FEWEST_CONDUCTOR_PAPERS:
        raise RefusedInputError(
            f"of the {len(data)} usable measurements those above 1e-7 S/cm at 25 °C are of {papers}"
            f" papers, and it takes {FEWEST_CONDUCTOR_PAPERS} to say how good a conductor is",
            "add measurements, such as those the released bundle carries",
        )


def _fit_polymorph(data: TrainingSet, by_paper: OutOfFold) -> PolymorphCorrection:
    """Learn from the errors of the predictions held out by paper."""
    expected = np.empty(len(data))
    expected[by_paper.rows] = np.maximum(by_paper.mean, CENSOR_LOG10_SIGMA)
    return PolymorphCorrection.fit(
        PolymorphSettings(), data.systems, data.distance, data.target - expected, data.weights
    )


def _calibrate(
    data: TrainingSet, held_out: OutOfFold, weight: FloatArray, settings: EnsembleSettings
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


def _weights(data: TrainingSet, by_paper: OutOfFold, by_cluster: OutOfFold) -> FloatArray:
    """Weights of rows held out by paper, then by cluster; both sum to the same, with mean 1.

    By paper each row counts alike; by cluster each cluster does, as a question about new chemistry
    is as likely to fall into a small cluster as into a large one.
    """
    each_row = np.full(len(data), 1.0 / len(data))
    size = np.bincount(data.clusters)[data.clusters]
    each_cluster = 1.0 / (size * len(np.unique(data.clusters)))
    weight = np.concatenate([each_row[by_paper.rows], each_cluster[by_cluster.rows]])
    scaled: FloatArray = weight * (len(weight) / weight.sum())
    return scaled
