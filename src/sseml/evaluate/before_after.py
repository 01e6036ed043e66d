"""What one source of measurements brings: models with and without it, asked the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.curation.papers import LITERATURE
from sseml.curation.split import official_split, purge
from sseml.evaluate.answers import OUTER_FOLDS, answer_both
from sseml.evaluate.metrics import of_nearest
from sseml.evaluate.time_split import FIRST_TESTED_YEAR, known_by, split_by_year
from sseml.features.distance import fraction_distance
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set
from sseml.model.evidence import domain
from sseml.model.fitting import (
    BY_PAPER,
    Progress,
    conducting,
    fit_calibrated_outputs,
    fit_outputs,
    held_out_masks,
    predict_outputs_held_out,
    silent,
)
from sseml.model.regressors import CONDUCTIVITY, BlendSettings
from sseml.records import RefusedInputError

BoolArray = NDArray[np.bool_]
Columns = dict[str, Any]

BEFORE, AFTER = SIDES = ("before", "after")
OFFICIAL, PAPERS, TIME, YEARS = SPLITS = ("official", "papers", "time", "years")
PLAIN, IF_IT_CONDUCTS = OUTPUTS = ("plain", "if it conducts")

LAST_LEARNED_YEARS = (2014, 2017, 2019, 2020, 2021, 2022)
FIRST_ASKED_YEAR = 2023

_CARRIED = ("measurement_id", "formula", "family", "doi", "source", "year")


@dataclass(frozen=True, slots=True)
class Side:
    """Measurements that a model may learn from, or that both are asked.

    Attributes
    ----------
    table
        Measurements, one a row of `data`, in the same order.
    data
        The same as a training set.
    """

    table: pd.DataFrame
    data: TrainingSet

    @classmethod
    def of(cls, table: pd.DataFrame, recipe: Recipe) -> Side:
        """The usable rows of a table of measurements."""
        data = conductivity_set(table, recipe)
        return cls(table.iloc[data.rows].reset_index(drop=True), data)

    def __len__(self) -> int:
        return len(self.data)

    @property
    def years(self) -> NDArray[np.float64]:
        """Year of each row's paper, NaN where it is not known."""
        return self.table["year"].to_numpy(dtype=float, na_value=np.nan)

    def take(self, mask: BoolArray) -> Side:
        """The rows selected by a mask."""
        return Side(self.table[mask].reset_index(drop=True), self.data.take(mask))

    def far_from(self, asked: Side) -> Side:
        """The rows that share neither paper nor near-identical composition with an asked one."""
        return self.take(
            purge(
                self.data.fractions,
                asked.data.fractions,
                list(self.data.dois),
                list(asked.data.dois),
                threshold=BY_PAPER.purge_distance,
                same_elements=BY_PAPER.same_elements,
            )
        )

    def up_to(self, year: int) -> Side:
        """The rows that `known_by` a year."""
        return self.take(known_by(self.table, year))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both sides, and how they learn."""

    before: Side
    after: Side
    settings: BlendSettings
    progress: Progress

    def answer(
        self, mask: BoolArray, about: str, *, until: int | None = None, calibrated: bool = True
    ) -> pd.DataFrame:
        """Ask both sides the rows of `mask`, after they learned from what is far from these."""
        asked = self.after.take(mask)
        rows = asked.table[list(_CARRIED)].assign(
            paper=asked.data.papers, log10_sigma=asked.data.target
        )
        answered = dict.fromkeys(OUTPUTS, rows)
        for name, side in ((BEFORE, self.before), (AFTER, self.after)):
            learned = (side if until is None else side.up_to(until)).far_from(asked)
            self.progress(f"{about}, {name}: {len(learned)} rows learned, {len(asked)} asked")
            told = _ask(learned, asked, self.settings, calibrated=calibrated)
            answered = {
                output: own.assign(**{f"{key}_{name}": column for key, column in columns.items()})
                for (output, own), columns in zip(answered.items(), told, strict=True)
            }
        conducts = conducting(asked.data)
        answered[IF_IT_CONDUCTS] = answered[IF_IT_CONDUCTS][conducts]
        return pd.concat([own.assign(output=output) for output, own in answered.items()])


def before_after(
    table: pd.DataFrame,
    recipe: Recipe | None = None,
    settings: BlendSettings = CONDUCTIVITY,
    *,
    source: str = LITERATURE,
    folds: int = OUTER_FOLDS,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Answer held-out rows by two models: one that never sees a source, one that may learn from it.

    In every split both are asked the same rows, those of the source among them. A row that shares a
    paper or a near-identical composition with an asked one is learned from by neither.

    Parameters
    ----------
    table
        Curated measurements with the columns ``year`` and ``official_split``; their order does not
        matter.
    recipe
        How both learn; None for the default.
    settings
        What is fitted.
    source
        What "before" goes without.
    folds
        Of the split ``papers``.
    progress
        Told what is being done.

    Returns
    -------
    DataFrame
        One row a question. ``split``: ``official``, ``papers``, ``time`` or ``years``; ``until``:
        last year learned from, missing but for ``time`` and ``years``; ``output``: ``plain``, or
        ``if it conducts`` (learned from rows above 1e-7 S/cm, and asked those alone).
        ``measurement_id``, ``formula``, ``family``, ``doi``, ``source``, ``year``, ``paper`` (its
        number), ``log10_sigma`` (measured, of S/cm at 25 °C). Then, ending in ``_before`` and in
        ``_after``: ``predicted_log10_sigma``, ``low_log10_sigma``, ``high_log10_sigma`` (90 %
        interval), ``p_superionic`` (these three missing in ``years``), ``nearest_distance``,
        ``nearest_log10_sigma`` (measured on the nearest training rows), ``domain``, and ``learned``
        (number of training rows).

    Raises
    ------
    RefusedInputError
        If the table holds no row of the source, no official split, or too few recent papers.
    """
    is_source = table["source"] == source
    if not is_source.any():
        raise RefusedInputError(
            f"the table holds no row of the source {source}, so there is nothing to compare",
            "curate the table with it: `sseml data curate`",
        )
    measurements = table.sort_values("measurement_id", ignore_index=True)
    without = table[~is_source].sort_values("measurement_id", ignore_index=True)
    own_recipe = recipe or Recipe()
    pair = _Pair(
        Side.of(without, own_recipe), Side.of(measurements, own_recipe), settings, progress
    )
    _, recent = split_by_year(measurements, pair.after.data)
    parts = [
        _official(pair).assign(split=OFFICIAL),
        _papers(pair, folds).assign(split=PAPERS),
        pair.answer(recent, "time split", until=FIRST_TESTED_YEAR - 1).assign(
            split=TIME, until=FIRST_TESTED_YEAR - 1
        ),
        *(own.assign(split=YEARS) for own in _years(pair)),
    ]
    joined = pd.concat(parts, ignore_index=True)
    first = ["split", "output", "until"]
    return joined[first + [name for name in joined.columns if name not in first]]


def told(rows: pd.DataFrame, side: str) -> pd.DataFrame:
    """What one side answered, in the columns of `sseml.evaluate.held_out`.

    Parameters
    ----------
    rows
        Some of what `before_after` returns.
    side
        ``before`` or ``after``.
    """
    other = BEFORE if side == AFTER else AFTER
    own = rows[[name for name in rows.columns if not name.endswith(f"_{other}")]]
    return own.rename(columns=lambda name: str(name).removesuffix(f"_{side}"))


def _official(pair: _Pair) -> pd.DataFrame:
    try:
        is_test = official_split(pair.after.table)[1]
    except ValueError as error:
        raise RefusedInputError(str(error), "curate the table with OBELiX") from error
    return pair.answer(is_test, "official test")


def _papers(pair: _Pair, folds: int) -> pd.DataFrame:
    masks = held_out_masks(pair.after.data, BY_PAPER, folds, pair.settings.seed)
    return pd.concat(
        pair.answer(mask, f"by paper, fold {number} of {folds}")
        for number, mask in enumerate(masks, start=1)
    )


def _years(pair: _Pair) -> Iterator[pd.DataFrame]:
    """The same recent rows, asked of models that may learn from more and more years."""
    asked = pair.after.years >= FIRST_ASKED_YEAR
    if not asked.any():
        raise RefusedInputError(
            f"no usable row is of {FIRST_ASKED_YEAR} or later",
            "add measurements of recent papers",
        )
    for last in LAST_LEARNED_YEARS:
        about = f"papers up to {last}"
        yield pair.answer(asked, about, until=last, calibrated=False).assign(until=last)


def _ask(
    learned: Side, asked: Side, settings: BlendSettings, *, calibrated: bool
) -> tuple[Columns, Columns]:
    """Columns of both outputs of a model of the learned rows; see `before_after`."""
    if not len(learned):
        raise RefusedInputError(
            "nothing is left to learn from", "take a table with measurements of more papers"
        )
    both = _beside(learned.data, asked.data)
    is_asked = np.arange(len(both)) >= len(learned)
    conducts = conducting(both) & ~is_asked
    answers = _answers(learned.data, both, is_asked, settings, calibrated=calibrated)
    surroundings = (_surroundings(both, seen, is_asked) for seen in (~is_asked, conducts))
    plain, if_it_conducts = (
        own | around for own, around in zip(answers, surroundings, strict=True)
    )
    return plain, if_it_conducts


def _beside(learned: TrainingSet, asked: TrainingSet) -> TrainingSet:
    """One set of the learned rows and, after them, the asked ones."""
    joined = {
        field.name: np.concatenate([getattr(learned, field.name), getattr(asked, field.name)])
        for field in fields(TrainingSet)
        if field.name != "distance"
    }
    fractions = joined["fractions"]
    return TrainingSet(**joined, distance=fraction_distance(fractions, fractions))


def _answers(
    learned: TrainingSet,
    both: TrainingSet,
    is_asked: BoolArray,
    settings: BlendSettings,
    *,
    calibrated: bool,
) -> list[Columns]:
    """Predictions of both outputs, with their limits and probabilities where calibrated."""
    if not calibrated:
        outputs = fit_outputs(learned, settings)
        predicted = predict_outputs_held_out(outputs, both, ~is_asked, is_asked)
        missing = dict.fromkeys(("low_log10_sigma", "high_log10_sigma", "p_superionic"), np.nan)
        return [{"predicted_log10_sigma": own.mean} | missing for own in predicted]
    answers = answer_both(fit_calibrated_outputs(learned, settings), both, ~is_asked, is_asked)
    return [
        {
            "predicted_log10_sigma": own.mean,
            "low_log10_sigma": own.low,
            "high_log10_sigma": own.high,
            "p_superionic": own.probability,
        }
        for own in (answers.plain, answers.if_conductor)
    ]


def _surroundings(both: TrainingSet, seen: BoolArray, is_asked: BoolArray) -> Columns:
    """How near the asked rows are to the learned ones, and what was measured on the nearest."""
    distance = both.distance[is_asked][:, seen]
    nearest = distance.min(axis=1)
    unknown = both.fractions[seen].max(axis=0) <= 0.0
    return {
        "nearest_distance": nearest,
        "nearest_log10_sigma": of_nearest(distance, both.target[seen]),
        "domain": [
            domain(float(away), elements_known=not fractions[unknown].any())
            for away, fractions in zip(nearest, both.fractions[is_asked], strict=True)
        ],
        "learned": int(seen.sum()),
    }
