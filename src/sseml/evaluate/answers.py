"""Answers about measurements that the model behind them has not seen, as arrays and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.schema import without_lists
from sseml.evaluate.metrics import (
    Figures,
    clipped_absolute_error,
    clipped_error,
    share_limits,
)
from sseml.evaluate.order import SMALLEST_FAMILY
from sseml.evaluate.windows import ComparedWindow
from sseml.kinds import COMPOSITION, Kind
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, TREES_FLOOR, Ensemble
from sseml.model.fitting import (
    BY_CLUSTER,
    BY_PAPER,
    Calibrated,
    HoldoutScheme,
    Progress,
    fit_calibrated,
    predict_out_of_fold,
    silent,
)
from sseml.model.heating import (
    REFERENCE_K,
    bounded_energy,
    conductivity_at,
    conductivity_score,
)
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings
from sseml.records import RefusedInputError

OUTER_FOLDS = 10
FOLDS_ALONE = 5
HOLDOUT_SCHEMES = {holdout_scheme.name: holdout_scheme for holdout_scheme in (BY_PAPER, BY_CLUSTER)}


BY_PAPER_ALONE = HoldoutScheme("paper", None, same_parts=True)
"""The composition itself may be learned from, in another paper: a question about what is known."""


@dataclass(frozen=True)
class Subject:
    """What is evaluated: a curated table, and how the model is made from it.

    What several benchmarks look at is answered once.
    """

    table: pd.DataFrame
    recipe: Recipe
    kind: Kind = COMPOSITION
    settings: EnsembleSettings = DEFAULT_SETTINGS
    progress: Progress = silent

    @cached_property
    def data(self) -> TrainingSet:
        """Every row that can be learned from."""
        return training_set(self.table, self.recipe, self.kind)

    @cached_property
    def by_paper(self) -> Views:
        """Every row by models that saw neither its paper nor the same material."""
        return cross_answer(self.data, BY_PAPER, self.settings, progress=self.progress)

    @cached_property
    def by_cluster(self) -> Views:
        """Every row by models that saw nothing of its cluster of compositions."""
        return cross_answer(self.data, BY_CLUSTER, self.settings, progress=self.progress)

    @cached_property
    def by_paper_alone(self) -> Views:
        """Every row by models that did not see its paper, but may know the material."""
        return cross_answer(
            self.data, BY_PAPER_ALONE, self.settings, folds=FOLDS_ALONE, progress=self.progress
        )


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
class _Rows:
    """Arrays of one entry a tested row."""

    def take(self, picked: BoolArray | IntArray) -> Self:
        """The rows selected by a mask or by positions."""
        return type(self)(
            **{
                each.name: own.take(picked) if isinstance(own, _Rows) else own[picked]
                for each in fields(self)
                for own in (getattr(self, each.name),)
            }
        )

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Concatenate."""
        joined = {}
        for each in fields(cls):
            own = [getattr(part, each.name) for part in parts]
            first = own[0]
            joined[each.name] = (
                type(first).join(own) if isinstance(first, _Rows) else np.concatenate(own)
            )
        return cls(**joined)


@dataclass(frozen=True, slots=True)
class Limits(_Rows):
    """log10 of σ in S/cm and its 90 % interval, each (n,)."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray

    def holds(self, truth: FloatArray) -> BoolArray:
        """Whether a truth is inside, limits included; nothing counts below 1e-10 S/cm."""
        truth = np.maximum(truth, TREES_FLOOR)
        inside: BoolArray = (self.low <= truth) & (truth <= np.maximum(self.high, TREES_FLOOR))
        return inside


@dataclass(frozen=True, slots=True)
class Parts(_Rows):
    """What parts of the model say of log10 σ at 25 °C, each (n,)."""

    process: FloatArray
    trees: FloatArray
    boosted: FloatArray
    averaged: FloatArray


@dataclass(frozen=True, slots=True)
class Answers(_Rows):
    """Held-out answers, one entry a tested row; each shape (n,).

    `at_25` and `if_conductor` are both outputs at 25 °C, `measured_at` is the plain one at the
    temperature of the measurement; `score` is what materials are ordered by, `p_superionic` and
    `p_conductor` are probabilities, `p_1e_3` that σ reaches 1e-3 S/cm, all at 25 °C. `nearest` is
    the distance to the nearest training row; `rows` are positions in the training set.
    """

    at_25: Limits
    if_conductor: Limits
    measured_at: Limits
    energy_eV: FloatArray
    score: FloatArray
    p_superionic: FloatArray
    p_conductor: FloatArray
    p_1e_3: FloatArray
    parts: Parts
    nearest: FloatArray
    rows: IntArray


@dataclass(frozen=True, slots=True)
class Views:
    """The same rows by the composition alone, and with the crystal system where it is known."""

    by_composition: Answers
    with_system: Answers


def out_of_fold(
    table: pd.DataFrame,
    holdout_scheme: str = BY_PAPER.name,
    *,
    folds: int = OUTER_FOLDS,
    seed: int | None = None,
    recipe: Recipe | None = None,
    settings: EnsembleSettings = DEFAULT_SETTINGS,
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
    data = training_set(table, recipe or Recipe(), kind)
    views = cross_answer(
        data, HOLDOUT_SCHEMES[holdout_scheme], settings, folds=folds, seed=seed, progress=progress
    )
    return tabulate(table, data, HOLDOUT_SCHEMES[holdout_scheme], views.by_composition)


def cross_answer(
    data: TrainingSet,
    holdout_scheme: HoldoutScheme,
    settings: EnsembleSettings,
    *,
    folds: int = OUTER_FOLDS,
    seed: int | None = None,
    progress: Progress = silent,
) -> Views:
    """Hold out group after group; intervals are calibrated on the training part of each fold."""
    views = []
    deal = settings.seed if seed is None else seed
    for number, (trained, asked) in enumerate(holdout_scheme.folds(data, folds, deal), start=1):
        progress(f"by {holdout_scheme.name}: fold {number} of {folds}, {int(trained.sum())} rows")
        model = fit_calibrated(data.take(trained), settings)
        views.append(both_views(model, data, trained, asked))
    return Views(
        Answers.join([view.by_composition for view in views]),
        Answers.join([view.with_system for view in views]),
    )


def both_views(model: Calibrated, data: TrainingSet, trained: BoolArray, asked: BoolArray) -> Views:
    """The `asked` rows of a set by a model fitted on its `trained` rows, in both views."""
    return Views(
        answer(model, data, trained, asked), answer(model, data, trained, asked, by_system=True)
    )


def answer(
    model: Calibrated,
    data: TrainingSet,
    trained: BoolArray,
    asked: BoolArray,
    *,
    by_system: bool = False,
) -> Answers:
    """Answer the `asked` rows of a set with a model that was fitted on its `trained` rows.

    With `by_system` the crystal system of a row, where it is known, is part of the question.
    """
    found = predict_out_of_fold(model.ensemble, data, trained, asked, by_system=by_system)
    calibration = model.calibration
    families = data.families[asked].tolist()
    at_25 = np.full(len(families), REFERENCE_K)
    temperature_K = data.temperature_K[asked]

    def limits(which: str, temperature_K: FloatArray, floor: float = -np.inf) -> Limits:
        estimate, interval = getattr(found, which), getattr(calibration, which)
        own = conductivity_at(estimate, interval, temperature_K, families, floor)
        return Limits(own.log10, own.log10_low, own.log10_high)

    width = calibration.plain.width(found.plain.signals, families)
    score = conductivity_score(found.plain, found.if_conductor, at_25)
    return Answers(
        at_25=limits("plain", at_25),
        if_conductor=limits("if_conductor", at_25, CONDUCTOR_LOG10_SIGMA),
        measured_at=limits("plain", temperature_K),
        energy_eV=bounded_energy(found.plain),
        score=score,
        p_superionic=calibration.threshold.predict(score, width, SUPERIONIC_LOG10_SIGMA),
        p_conductor=calibration.threshold.predict(score, width, CONDUCTOR_LOG10_SIGMA),
        p_1e_3=calibration.threshold.predict(score, width, -3.0),
        parts=_parts(model.ensemble, data, trained, asked),
        nearest=found.plain.signals.distance,
        rows=found.rows,
    )


def _parts(ensemble: Ensemble, data: TrainingSet, trained: BoolArray, asked: BoolArray) -> Parts:
    unknown = np.full(int(asked.sum()), UNKNOWN)
    view = ensemble.view(data.X[asked], data.distance[asked][:, trained], unknown)
    trees = ensemble.plain.trees
    linear = trees.linear[0] + view.standardised @ trees.linear[1:]
    return Parts(
        process=ensemble.plain.lines.predict(view.cross)[0],
        trees=trees.predict(view)[0],
        boosted=linear + trees.boosted.predict(view.filled),
        averaged=linear + trees.averaged.predict(view.filled),
    )


def tabulate(
    table: pd.DataFrame, data: TrainingSet, holdout_scheme: HoldoutScheme, answers: Answers
) -> pd.DataFrame:
    """Answers with what was measured, as a table; see `out_of_fold` for the columns."""
    answers = answers.take(np.argsort(answers.rows))
    answers = answers.take(data.at_25[answers.rows])
    rows = answers.rows
    picked = table.iloc[data.rows[rows]]
    named = without_lists(picked[["measurement_id", "formula", "family", "doi", "source"]])
    return named.reset_index(drop=True).assign(
        group=holdout_scheme.groups(data)[rows],
        log10_sigma=data.target[rows],
        predicted_log10_sigma=answers.at_25.mean,
        low_log10_sigma=answers.at_25.low,
        high_log10_sigma=answers.at_25.high,
        p_superionic=answers.p_superionic,
        nearest_distance=answers.nearest,
    )


def figures_by_family(answered: pd.DataFrame) -> dict[str, Figures]:
    """Rows, ``MAE10c``, ``bias`` and ``coverage`` of each family with ten rows or more.

    Takes what `out_of_fold` returns. ``coverage low`` and ``coverage high`` are 95 % limits of the
    coverage, as if each group of held-out rows counted as one.
    """
    figures: dict[str, Figures] = {}
    for family, own in answered.groupby("family"):
        if len(own) < SMALLEST_FAMILY:
            continue
        truth, predicted, low, high = (
            own[f"{which}log10_sigma"].to_numpy(dtype=float)
            for which in ("", "predicted_", "low_", "high_")
        )
        inside = float(Limits(predicted, low, high).holds(truth).mean())
        lower, upper = share_limits(inside, own["group"].nunique())
        figures[str(family)] = {
            "rows": float(len(own)),
            "MAE10c": float(clipped_absolute_error(truth, predicted).mean()),
            "bias": float(clipped_error(truth, predicted).mean()),
            "coverage": inside,
            "coverage low": lower,
            "coverage high": upper,
        }
    return figures
