"""Is one model worse than another? Both are judged on the same rows, held out from both."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

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
from sseml.model.calibration import Held, IntervalModel
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.fitting import BY_PAPER, OutOfFold, Progress, predict_out_of_fold, silent
from sseml.model.folder import MANIFEST, verify_checksums
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings, fit_ensemble
from sseml.model.split import grouped_folds
from sseml.records import BundleError, RefusedInputError

FOLDS = 5

_OWN = (
    "log10_sigma", "temperature_K", "is_bound", "activation_energy_eV", "target", "trust",
    "weights", "systems",
)  # fmt: skip
"""What a contender's own table says of a row, though the other may hold the row too."""


@dataclass(frozen=True, slots=True)
class Contender:
    """What a model is trained on, and how."""

    name: str
    table: pd.DataFrame
    recipe: Recipe
    settings: EnsembleSettings = DEFAULT_SETTINGS
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
                settings=EnsembleSettings.from_dict(manifest["settings"]),
                kind=kind_named(manifest["kind"], KINDS),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"{folder}: {MANIFEST} does not say how this version of sseml would make the "
                f"bundle again ({error}); train it again"
            ) from error


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

    The judged rows are those that say σ at 25 °C to either; a measurement that both have is judged
    once. Rows are grouped by paper over both tables. In each fold a contender is fitted on its own
    rows of all temperatures, without the held-out groups and without whatever is near a held-out
    row or shares a DOI with one, whoever brought it.

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
    pool = _Pool.of(champion, candidate)
    judged = pool.judged
    papers = pool.champion.data.papers
    group_count = len(np.unique(papers[judged]))
    if group_count < folds:
        raise RefusedInputError(
            f"{folds} folds take at least {folds} papers, and the {np.count_nonzero(judged)} rows "
            f"to be judged are of {group_count}",
            "give the contenders more measurements",
        )
    fold_of_row = _folds(papers, judged, folds, seed)
    sides = [
        _judge(pooled, pool, fold_of_row, progress) for pooled in (pool.champion, pool.candidate)
    ]
    parts = differences(sides, papers[judged], resamples=resamples, seed=seed, margin=margin)
    return Comparison(champion.name, candidate.name, parts, margin, folds, seed, resamples)


def _folds(papers: IntArray, judged: BoolArray, folds: int, seed: int) -> IntArray:
    """Fold of each row, that of its paper; -1 for papers without a judged row."""
    names, first = np.unique(papers[judged], return_index=True)
    fold_of_paper = np.full(papers.max() + 1, -1)
    fold_of_paper[names] = grouped_folds(papers[judged], folds, seed)[first]
    return fold_of_paper[papers]


@dataclass(frozen=True, slots=True)
class _Pooled:
    """All rows as a contender sees them: what it learns from (`own`), and all others to be asked.

    Where `own` is not set, only what was not measured is meant: features, positions, papers.
    """

    contender: Contender
    data: TrainingSet
    own: BoolArray

    @property
    def says(self) -> BoolArray:
        """Rows from which the contender learns σ at 25 °C."""
        return self.own & self.data.at_25


@dataclass(frozen=True, slots=True)
class _Pool:
    """The rows that either contender learns from, ordered by `measurement_id`."""

    champion: _Pooled
    candidate: _Pooled

    @classmethod
    def of(cls, champion: Contender, candidate: Contender) -> _Pool:
        owned = []
        for contender in (champion, candidate):
            # in one order: a sum in another order differs in its last digit, which trees can see
            measurements = contender.table.sort_values("measurement_id", ignore_index=True)
            data = training_set(measurements, contender.recipe, contender.kind)
            owned.append((contender, measurements.iloc[data.rows], data))
        table = (
            pd.concat([picked for _, picked, _ in owned])
            .drop_duplicates("measurement_id", keep="first")
            .sort_values("measurement_id", ignore_index=True)
        )
        return cls(*(_pooled(table, *each) for each in owned))

    @property
    def judged(self) -> BoolArray:
        """Rows that say σ at 25 °C to either."""
        return self.champion.says | self.candidate.says

    @property
    def truth(self) -> FloatArray:
        """log10 of σ in S/cm at 25 °C of the judged rows."""
        champion, candidate = self.champion, self.candidate
        target = np.where(champion.says, champion.data.target, candidate.data.target)
        truth: FloatArray = target[self.judged]
        return truth


def _pooled(
    table: pd.DataFrame, contender: Contender, picked: pd.DataFrame, data: TrainingSet
) -> _Pooled:
    """All rows, with what the contender's own table says of those that it holds."""
    pooled = training_set(table, contender.recipe, contender.kind)
    ids = table["measurement_id"].to_numpy(dtype=str)
    position = np.searchsorted(ids, picked["measurement_id"].to_numpy(dtype=str))
    own = np.zeros(len(pooled), dtype=np.bool_)
    own[position] = True
    said = {}
    for name in _OWN:
        said[name] = getattr(pooled, name).copy()
        said[name][position] = getattr(data, name)
    return _Pooled(contender, replace(pooled, **said), own)


def _judge(pooled: _Pooled, pool: _Pool, fold_of_row: IntArray, progress: Progress) -> Side:
    contender, data, judged = pooled.contender, pooled.data, pool.judged
    parts = []
    for fold in np.unique(fold_of_row[judged]):
        held_out = fold_of_row == fold
        trained = pooled.own & BY_PAPER.training_mask(data, held_out)
        progress(f"{contender.name}: fold {fold + 1}, {int(trained.sum())} rows")
        if not trained.any():
            raise RefusedInputError(
                f"{contender.name} has nothing left to learn from when fold {fold + 1} is held out",
                "give it measurements of more papers",
            )
        ensemble = fit_ensemble(contender.settings, data.take(trained)).ensemble
        parts.append(predict_out_of_fold(ensemble, data, trained, held_out & judged))
    answers = OutOfFold.join(parts)
    held = _held(answers, pooled, pool)
    place = np.argsort(answers.rows)
    error = clipped_absolute_error(held.log10_sigma, held.predicted)[place]
    inside = _inside(
        held, pooled.says[answers.rows], fold_of_row[answers.rows], contender.settings.resolution
    )[place]
    return Side(error, inside, pooled.says[judged])


def _held(answers: OutOfFold, pooled: _Pooled, pool: _Pool) -> Held:
    """The answers with the truth at 25 °C about them."""
    data, rows = pooled.data, answers.rows
    truth = np.full(len(data), np.nan)
    truth[pool.judged] = pool.truth
    return Held(
        log10_sigma=truth[rows],
        predicted=answers.plain.level,
        level=answers.plain.level,
        is_bound=data.is_bound[rows],
        shift=np.zeros(len(rows)),
        signals=answers.plain.signals,
        families=data.families[rows],
        papers=data.papers[rows],
        weights=np.ones(len(rows)),
    )


def _inside(held: Held, own: BoolArray, fold: IntArray, resolution: float) -> BoolArray:
    """Whether the truth is inside the interval calibrated on the errors of the other folds."""
    residual = held.residual
    inside = np.zeros(len(residual), dtype=np.bool_)
    for number in np.unique(fold):
        here, others = fold == number, (fold != number) & own
        calibrating, asked = held.take(others), held.take(here)
        by_paper = np.ones(np.count_nonzero(others), dtype=np.bool_)
        interval = IntervalModel.fit(calibrating, by_paper, resolution=resolution)
        width = interval.width(asked.signals, asked.families.tolist())
        low, high = interval.offsets(width, asked.level, asked.shift)
        inside[here] = (low <= residual[here]) & (residual[here] <= high)
    return inside
