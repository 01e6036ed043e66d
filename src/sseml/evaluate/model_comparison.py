"""Is one model worse than another? Both are judged on the same rows, held out from both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.table import load_measurements
from sseml.evaluate.difference import (
    MARGIN_DECADES,
    RESAMPLES,
    Comparison,
    Side,
    differences,
)
from sseml.evaluate.metrics import clipped_absolute_error
from sseml.kinds import COMPOSITION, KINDS, Kind, kind_named
from sseml.model.bundle import EVIDENCE
from sseml.model.calibration import IntervalModel
from sseml.model.crystal_system import systems_of
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set, space_groups
from sseml.model.fitting import BY_PAPER, OutOfFold, Progress, fit, predict_out_of_fold, silent
from sseml.model.folder import MANIFEST, verify_checksums
from sseml.model.kernel import KernelSettings
from sseml.model.regressors import CONDUCTIVITY, ENERGY, EnsembleSettings
from sseml.model.split import grouped_folds, near_duplicate_groups, paper_groups, paper_names
from sseml.records import BundleError, RefusedInputError

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Contender:
    """What a model is trained on, and how.

    `energy_settings` are those of the activation energy, which is not compared.
    """

    name: str
    table: pd.DataFrame
    recipe: Recipe
    settings: EnsembleSettings = CONDUCTIVITY
    energy_settings: EnsembleSettings = ENERGY
    kind: Kind = COMPOSITION

    @classmethod
    def of_bundle(cls, folder: Path, name: str | None = None) -> Contender:
        """How a bundle was made: its evidence, and the recipe and settings in its manifest.

        Raises
        ------
        BundleError
            If a checksum does not hold, or the manifest names a choice this code does not know.
        """
        verify_checksums(folder)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            recipe = dict(manifest["recipe"])
            recipe["feature_sets"] = tuple(recipe["feature_sets"])
            return cls(
                name=name or str(manifest["name"]),
                table=load_measurements(folder / EVIDENCE),
                recipe=Recipe(**recipe),
                settings=_settings(manifest["settings"]["conductivity"]),
                energy_settings=_settings(manifest["settings"]["energy"]),
                kind=kind_named(manifest["kind"], KINDS),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"{folder}: {MANIFEST} does not say how this version of sseml would make the "
                f"bundle again ({error}); train it again"
            ) from error


def _settings(written: Mapping[str, Any]) -> EnsembleSettings:
    return EnsembleSettings(**{**written, "kernel": KernelSettings(**written["kernel"])})


def compare(
    champion: Contender,
    candidate: Contender,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    resamples: int = RESAMPLES,
    margin: float = MARGIN_DECADES,
    progress: Progress = silent,
) -> Comparison:
    """Judge two ways to make a model on the same rows, which neither has learned from.

    The judged rows are those that either would learn the conductivity from; a measurement that both
    have is judged once. They are grouped by paper over both tables. In each fold a contender is
    fitted on its own rows, without the held-out groups and without whatever is near a held-out row
    or shares a DOI with one, whoever brought it.

    Parameters
    ----------
    champion, candidate
        The model in use, and the one that would replace it.
    folds
        Number of folds, at least 2.
    seed
        Of the dealing to folds and of the resampling.
    resamples
        Number of resamplings of the groups.
    margin
        Decades by which the candidate may be worse.
    progress
        Is called with the name of each step.

    Raises
    ------
    RefusedInputError
        If there are fewer groups than folds, or no usable rows.
    """
    judged = _Judged.of(champion, candidate)
    group_count = len(np.unique(judged.groups))
    if group_count < folds:
        raise RefusedInputError(
            f"{folds} folds take at least {folds} papers, and the {len(judged.ids)} rows to be "
            f"judged are of {group_count}",
            "give the contenders more measurements",
        )
    fold_of_row = grouped_folds(judged.groups, folds, seed)
    sides = []
    for contender, knows in ((champion, judged.champion), (candidate, judged.candidate)):
        sides.append(_judge(contender, judged, knows, fold_of_row, progress))
    parts = differences(sides, judged.groups, resamples=resamples, seed=seed, margin=margin)
    return Comparison(champion.name, candidate.name, parts, margin, folds, seed, resamples)


@dataclass(frozen=True, slots=True)
class _Known:
    """Which judged rows a contender learns from: a mask, their targets and weights."""

    mask: BoolArray
    target: FloatArray
    weights: FloatArray


@dataclass(frozen=True, slots=True)
class _Judged:
    """The rows that either contender learns from, ordered by `measurement_id`."""

    ids: NDArray[np.str_]
    table: pd.DataFrame
    positions: FloatArray
    distance: FloatArray
    dois: NDArray[np.object_]
    truth: FloatArray
    groups: IntArray
    champion: _Known
    candidate: _Known

    @classmethod
    def of(cls, champion: Contender, candidate: Contender) -> _Judged:
        owned = []
        for contender in (champion, candidate):
            # in one order: a sum in another order differs in its last digit, which trees can see
            measurements = contender.table.sort_values("measurement_id", ignore_index=True)
            data = conductivity_set(measurements, contender.recipe, contender.kind)
            owned.append((measurements.iloc[data.rows], data))
        table = (
            pd.concat([picked for picked, _ in owned])
            .drop_duplicates("measurement_id", keep="first")
            .sort_values("measurement_id")
        )
        ids = table["measurement_id"].to_numpy(dtype=str)
        known = [_known(ids, picked, data) for picked, data in owned]
        distance = champion.kind.distance
        positions = distance.positions(champion.kind.read_all(table["formula"]))
        papers = paper_names(table)
        return cls(
            ids=ids,
            table=table,
            positions=positions,
            distance=distance.between(positions, positions),
            dois=papers,
            truth=np.where(known[0].mask, known[0].target, known[1].target),
            groups=paper_groups(list(papers), list(near_duplicate_groups(positions, distance))),
            champion=known[0],
            candidate=known[1],
        )

    def as_learned_by(self, contender: Contender, knows: _Known) -> TrainingSet:
        """All judged rows with a contender's features, and with targets and weights of its own."""
        kind = contender.kind
        materials = kind.read_all(self.table["formula"])
        features = kind.features(materials, contender.recipe.sets(kind))
        return TrainingSet(
            X=features.values,
            positions=self.positions,
            target=np.where(knows.mask, knows.target, self.truth),
            weights=knows.weights,
            dois=self.dois,
            papers=self.groups,
            clusters=np.zeros(len(self.ids), dtype=np.int64),
            families=self.table["family"].to_numpy(dtype=object),
            distance=self.distance,
            systems=systems_of(space_groups(self.table)),
            rows=np.arange(len(self.ids)),
            kind=kind,
        )


def _known(ids: NDArray[np.str_], picked: pd.DataFrame, data: TrainingSet) -> _Known:
    position = np.searchsorted(ids, picked["measurement_id"].to_numpy(dtype=str))
    mask = np.zeros(len(ids), dtype=np.bool_)
    target, weights = np.zeros(len(ids)), np.ones(len(ids))
    mask[position], target[position], weights[position] = True, data.target, data.weights
    return _Known(mask, target, weights)


def _judge(
    contender: Contender, judged: _Judged, knows: _Known, fold_of_row: IntArray, progress: Progress
) -> Side:
    data = judged.as_learned_by(contender, knows)
    parts = []
    for fold in np.unique(fold_of_row):
        held_out = fold_of_row == fold
        trained = knows.mask & BY_PAPER.training_mask(data, held_out)
        progress(f"{contender.name}: fold {fold + 1}, {int(trained.sum())} rows")
        if not trained.any():
            raise RefusedInputError(
                f"{contender.name} has nothing left to learn from when fold {fold + 1} is held out",
                "give it measurements of more papers",
            )
        ensemble = fit(data.take(trained), contender.settings)
        parts.append(predict_out_of_fold(ensemble, data, trained, held_out))
    answers = OutOfFold.join(parts)
    mean = np.empty(len(data))
    mean[answers.rows] = answers.mean
    inside = np.zeros(len(data), dtype=np.bool_)
    inside[answers.rows] = _inside(answers, judged.truth, knows.mask, fold_of_row, contender)
    return Side(clipped_absolute_error(judged.truth, mean), inside, knows.mask)


def _inside(
    answers: OutOfFold, truth: FloatArray, known: BoolArray, fold_of_row: IntArray, by: Contender
) -> BoolArray:
    """Whether the truth is inside the interval calibrated on the errors of the other folds."""
    residual = truth[answers.rows] - answers.mean
    fold, own = fold_of_row[answers.rows], known[answers.rows]
    inside = np.zeros(len(residual), dtype=np.bool_)
    for number in np.unique(fold):
        here, others = fold == number, (fold != number) & own
        interval = IntervalModel.fit(
            answers.signals.take(others),
            residual[others],
            np.ones(int(others.sum())),
            resolution=by.settings.resolution,
        )
        low, high = interval.offsets(answers.signals.take(here))
        inside[here] = (low <= residual[here]) & (residual[here] <= high)
    return inside
