"""A training set becomes a calibrated model: fit, predict the held-out, conformalise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.calibration import Held, IntervalModel, Signals, ThresholdModel
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.ensemble import Ensemble, Estimate
from sseml.model.given_energy import EnergyGain
from sseml.model.heating import (
    bounded_energy,
    conductivity_score,
    log10_sigma_at,
    shift_from_25,
    width_at,
)
from sseml.model.regressors import EnsembleSettings, Fitted, fit_ensemble
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
        """Rows that may be trained on when the `held_out` ones are predicted."""
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
class OutOfFold:
    """Both outputs about rows that the model behind them had not seen, nor anything near them.

    `rows` are positions in the set that was cross-fitted, shape (n_rows,).
    """

    plain: Estimate
    if_conductor: Estimate
    rows: IntArray

    @staticmethod
    def join(parts: Sequence[OutOfFold]) -> OutOfFold:
        """Concatenate."""
        return OutOfFold(
            plain=Estimate.join([part.plain for part in parts]),
            if_conductor=Estimate.join([part.if_conductor for part in parts]),
            rows=np.concatenate([part.rows for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The intervals of both outputs, the probability that σ reaches a threshold, and more.

    `energy_gain` says how an answer follows an activation energy that is given.
    """

    plain: IntervalModel
    if_conductor: IntervalModel
    threshold: ThresholdModel
    energy_gain: EnergyGain


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An ensemble fitted to every row, with the calibration of both outputs."""

    fitted: Fitted
    calibration: Calibration

    @property
    def ensemble(self) -> Ensemble:
        """The ensemble."""
        return self.fitted.ensemble


def predict_out_of_fold(
    ensemble: Ensemble,
    data: TrainingSet,
    trained: BoolArray,
    asked: BoolArray,
    *,
    by_system: bool = False,
) -> OutOfFold:
    """Predict the `asked` rows of a set with an ensemble that was fitted on its `trained` rows.

    With `by_system` the crystal system of a row, where it is known, is part of the question.
    """
    systems = data.systems[asked]
    if not by_system:
        systems = np.full_like(systems, UNKNOWN)
    plain, if_conductor = ensemble.predict(data.X[asked], data.distance[asked][:, trained], systems)
    return OutOfFold(plain, if_conductor, np.flatnonzero(asked))


def cross_fit(
    data: TrainingSet, holdout_scheme: HoldoutScheme, settings: EnsembleSettings, fold_count: int
) -> OutOfFold:
    """Predict every row of the set by models that have not seen its group nor anything near it."""
    return OutOfFold.join(
        [
            predict_out_of_fold(
                fit_ensemble(settings, data.take(trained)).ensemble, data, trained, held_out
            )
            for trained, held_out in holdout_scheme.folds(data, fold_count, settings.seed)
        ]
    )


def fit_calibrated(
    data: TrainingSet, settings: EnsembleSettings, progress: Progress = silent
) -> Calibrated:
    """Fit, and calibrate on groups that neither the fit of their fold nor anything near has seen.

    Half of the calibration weight lies on rows held out by paper (the question is near what was
    measured), half on rows held out by composition cluster (the question is new chemistry). A
    `RefusedInputError` says if there are too few measurements, or too few of conductors.
    """
    _require_conductors(data)
    progress("calibrating on rows held out by paper")
    by_paper = cross_fit(data, BY_PAPER, settings, CALIBRATION_FOLDS)
    progress("calibrating on rows held out by cluster")
    by_cluster = cross_fit(data, BY_CLUSTER, settings, CALIBRATION_FOLDS)
    calibration = _calibrate(data, by_paper, by_cluster, settings)
    progress("fitting on every row")
    return Calibrated(fit_ensemble(settings, data), calibration)


def _require_conductors(data: TrainingSet) -> None:
    papers = len(np.unique(data.papers[data.conducts]))
    if papers < FEWEST_CONDUCTOR_PAPERS:
        raise RefusedInputError(
            f"of the {len(data)} usable measurements those above 1e-7 S/cm at 25 °C are of {papers}"
            f" papers, and it takes {FEWEST_CONDUCTOR_PAPERS} to say how good a conductor is",
            "add measurements, such as those the released bundle carries",
        )


def _calibrate(
    data: TrainingSet, by_paper: OutOfFold, by_cluster: OutOfFold, settings: EnsembleSettings
) -> Calibration:
    both = OutOfFold.join([by_paper, by_cluster])
    rows = both.rows
    weights = _weights(data, by_paper, by_cluster)
    from_papers = np.arange(len(rows)) < len(by_paper.rows)
    temperature_K = data.temperature_K[rows]

    def held(predicted: FloatArray, level: FloatArray, signals: Signals) -> Held:
        return Held(
            log10_sigma=data.log10_sigma[rows],
            predicted=predicted,
            level=level,
            is_bound=data.is_bound[rows],
            shift=shift_from_25(temperature_K),
            signals=signals,
            families=data.families[rows],
            papers=data.papers[rows],
            weights=weights,
        )

    plain, conducting = (
        held(log10_sigma_at(estimate, temperature_K), estimate.level, estimate.signals)
        for estimate in (both.plain, both.if_conductor)
    )
    conducts = data.conducts[rows]
    resolution = settings.resolution
    interval = IntervalModel.fit(plain, from_papers, resolution=resolution)
    score = conductivity_score(both.plain, both.if_conductor, temperature_K)
    width = interval.width(both.plain.signals, data.families[rows].tolist())
    width = width_at(width, temperature_K)
    return Calibration(
        plain=interval,
        if_conductor=IntervalModel.fit(
            conducting.take(conducts), from_papers[conducts], resolution=resolution
        ),
        threshold=ThresholdModel.fit(held(score, both.plain.level, both.plain.signals), width),
        energy_gain=EnergyGain.fit(
            plain.take(from_papers),
            data.activation_energy_eV[by_paper.rows] - bounded_energy(by_paper.plain),
        ),
    )


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
