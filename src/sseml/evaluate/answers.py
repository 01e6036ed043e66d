"""Answers about measurements that the model behind them has not seen, as arrays and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.schema import without_lists
from sseml.evaluate.metrics import Figures, clipped_absolute_error, coverage
from sseml.evaluate.windows import ComparedWindow
from sseml.kinds import COMPOSITION, Kind
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set, energy_set
from sseml.model.ensemble import conductor_offsets
from sseml.model.fitting import (
    BY_CLUSTER,
    BY_PAPER,
    Calibrated,
    CalibratedOutputs,
    Calibration,
    HoldoutScheme,
    OutOfFold,
    Progress,
    fit_calibrated,
    predict_out_of_fold,
    predict_outputs_out_of_fold,
    silent,
)
from sseml.model.offsets import Shift
from sseml.model.regressors import CONDUCTIVITY, ENERGY, EnsembleSettings
from sseml.records import RefusedInputError

OUTER_FOLDS = 10
HOLDOUT_SCHEMES = {holdout_scheme.name: holdout_scheme for holdout_scheme in (BY_PAPER, BY_CLUSTER)}

SMALLEST_FAMILY = 10
"""A family of fewer rows has no figures of its own: one outlier would decide them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated: a curated table, and how the model is made from it."""

    table: pd.DataFrame
    recipe: Recipe
    kind: Kind = COMPOSITION
    conductivity: EnsembleSettings = CONDUCTIVITY
    energy: EnsembleSettings = ENERGY

    def conductivity_set(self) -> TrainingSet:
        """Rows that the conductivity is learned from."""
        return conductivity_set(self.table, self.recipe, self.kind)

    def energy_set(self) -> TrainingSet:
        """Rows that the activation energy is learned from."""
        return energy_set(self.table, self.recipe, self.kind)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of a benchmark, and what they were calculated from.

    `out_of_fold` are answers as `sseml.evaluate.out_of_fold` gives them; `by_family` is name of an
    output → family → figures, where these do not come from `out_of_fold`; `compared` are published
    and calculated windows.
    """

    figures: Figures
    out_of_fold: pd.DataFrame | None = None
    by_family: Mapping[str, dict[str, Figures]] = field(default_factory=dict)
    compared: tuple[ComparedWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """Held-out answers with their limits, one entry a tested row; each shape (n,).

    `mean`, `low` and `high` are predicted log10 of σ in S/cm at 25 °C and its 90 % interval;
    `probability` is that of σ ≥ 1e-4 S/cm; `nearest` is the distance to the nearest training row;
    `rows` are positions in the training set.
    """

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    probability: FloatArray
    nearest: FloatArray
    rows: NDArray[np.int64]

    def take(self, picked: BoolArray | IntArray) -> Answers:
        """The answers selected by a mask or by positions."""
        return Answers(*(getattr(self, each.name)[picked] for each in fields(Answers)))

    @staticmethod
    def join(parts: Sequence[Answers]) -> Answers:
        """Concatenate."""
        names = (each.name for each in fields(Answers))
        return Answers(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def out_of_fold(
    table: pd.DataFrame,
    holdout_scheme: str = BY_PAPER.name,
    *,
    folds: int = OUTER_FOLDS,
    seed: int | None = None,
    recipe: Recipe | None = None,
    settings: EnsembleSettings = CONDUCTIVITY,
    progress: Progress = silent,
    kind: Kind = COMPOSITION,
) -> pd.DataFrame:
    """Answer every usable measurement by a model that has seen neither it nor anything near it.

    Parameters
    ----------
    table
        Curated measurements.
    holdout_scheme
        ``paper`` or ``cluster``: what is held out together, and how near a training row may be.
    folds
        Into how many parts the groups are dealt; each costs one calibrated fit.
    seed
        Of the deal; None for that of `settings`.
    recipe
        Which rows are learned from, and how; None for the default.
    settings
        What is fitted.
    progress
        Is called with the name of each step.
    kind
        Of the materials.

    Returns
    -------
    DataFrame
        One row a measurement that σ at 25 °C can be learned from, in the order of `table`:
        ``measurement_id``, ``formula``, ``family``, ``doi`` (missing where unknown), ``source``,
        ``group`` (number of the paper or the cluster), ``log10_sigma`` (measured, at 25 °C, no
        lower than -10), ``predicted_log10_sigma``, ``low_log10_sigma`` and ``high_log10_sigma``
        (90 % interval), ``p_superionic`` (that σ ≥ 1e-4 S/cm), and ``nearest_distance`` (to the
        nearest training row). Logarithms are of S/cm.

    Raises
    ------
    RefusedInputError
        If the holdout_scheme is unknown, or there are fewer groups than folds.
    """
    if holdout_scheme not in HOLDOUT_SCHEMES:
        raise RefusedInputError(
            f"there is no way of holding out by {holdout_scheme!r}",
            f"choose among {', '.join(HOLDOUT_SCHEMES)}",
        )
    if folds < 2:
        raise RefusedInputError(f"{folds} fold(s) hold nothing out", "take at least 2")
    data = conductivity_set(table, recipe or Recipe(), kind)
    answers = cross_answer(
        data, HOLDOUT_SCHEMES[holdout_scheme], settings, folds=folds, seed=seed, progress=progress
    )
    return tabulate(table, data, HOLDOUT_SCHEMES[holdout_scheme], answers)


def cross_answer(
    data: TrainingSet,
    holdout_scheme: HoldoutScheme,
    settings: EnsembleSettings,
    *,
    folds: int = OUTER_FOLDS,
    seed: int | None = None,
    progress: Progress = silent,
) -> Answers:
    """Hold out group after group; intervals are calibrated on the training part of each fold."""
    parts = []
    deal = settings.seed if seed is None else seed
    for number, (trained, asked) in enumerate(holdout_scheme.folds(data, folds, deal), start=1):
        progress(f"by {holdout_scheme.name}: fold {number} of {folds}, {int(trained.sum())} rows")
        parts.append(answer(fit_calibrated(data.take(trained), settings), data, trained, asked))
    return Answers.join(parts)


def answer(model: Calibrated, data: TrainingSet, trained: BoolArray, asked: BoolArray) -> Answers:
    """Answer the `asked` rows of a set with a model that was fitted on its `trained` rows."""
    estimate = predict_out_of_fold(model.ensemble, data, trained, asked)
    return _answers(
        estimate, model.calibration, model.calibration.interval.offsets(estimate.signals)
    )


@dataclass(frozen=True, slots=True)
class BothAnswers:
    """Both outputs about tested rows, and the probability that links them, shape (n,)."""

    unconditional: Answers
    if_conductor: Answers
    p_conductor: FloatArray


def answer_both(
    model: CalibratedOutputs,
    data: TrainingSet,
    trained: BoolArray,
    asked: BoolArray,
    *,
    by_system: bool = False,
) -> BothAnswers:
    """Both outputs about the `asked` rows of a set, fitted on its `trained` rows.

    With `by_system` the crystal system of a row, where it is known, is part of the answer.
    """
    unconditional, if_conductor = predict_outputs_out_of_fold(model.outputs, data, trained, asked)
    if by_system:
        added = model.polymorph.shift(data.systems[asked], data.distance[asked][:, trained])
        unconditional, if_conductor = Shift(added, added).applied(unconditional, if_conductor)
    interval = model.unconditional.interval
    offsets = conductor_offsets(if_conductor, model.if_conductor.interval)
    return BothAnswers(
        unconditional=_answers(
            unconditional, model.unconditional, interval.offsets(unconditional.signals)
        ),
        if_conductor=_answers(if_conductor, model.if_conductor, offsets),
        p_conductor=model.conductor.predict(
            unconditional.mean, interval.width(unconditional.signals)
        ),
    )


def _answers(
    estimate: OutOfFold, calibration: Calibration, offsets: tuple[FloatArray, FloatArray]
) -> Answers:
    low, high = offsets
    width = calibration.interval.width(estimate.signals)
    return Answers(
        mean=estimate.mean,
        low=estimate.mean + low,
        high=estimate.mean + high,
        probability=calibration.superionic.predict(estimate.mean, width),
        nearest=estimate.signals.distance,
        rows=estimate.rows,
    )


def tabulate(
    table: pd.DataFrame, data: TrainingSet, holdout_scheme: HoldoutScheme, answers: Answers
) -> pd.DataFrame:
    """Answers with what was measured, as a table; see `out_of_fold` for the columns."""
    answers = answers.take(np.argsort(answers.rows))
    rows = answers.rows
    picked = table.iloc[data.rows[rows]]
    named = without_lists(picked[["measurement_id", "formula", "family", "doi", "source"]])
    return named.reset_index(drop=True).assign(
        group=holdout_scheme.groups(data)[rows],
        log10_sigma=data.target[rows],
        predicted_log10_sigma=answers.mean,
        low_log10_sigma=answers.low,
        high_log10_sigma=answers.high,
        p_superionic=answers.probability,
        nearest_distance=answers.nearest,
    )


def figures_by_family(answered: pd.DataFrame) -> dict[str, Figures]:
    """Rows, ``MAE10c``, ``bias`` and ``coverage`` of each family with ten rows or more.

    Takes what `out_of_fold` returns.
    """
    figures: dict[str, Figures] = {}
    for family, own in answered.groupby("family"):
        if len(own) < SMALLEST_FAMILY:
            continue
        truth, predicted, low, high = (
            own[f"{which}log10_sigma"].to_numpy(dtype=float)
            for which in ("", "predicted_", "low_", "high_")
        )
        figures[str(family)] = {
            "rows": float(len(own)),
            "MAE10c": float(clipped_absolute_error(truth, predicted).mean()),
            "bias": float((predicted - truth).mean()),
            "coverage": coverage(truth, low, high),
        }
    return figures
