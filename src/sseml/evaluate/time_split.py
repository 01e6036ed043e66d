"""The time split: learn from papers up to 2019, predict those of 2020 and later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.answers import Limits, Outcome, Subject, answer
from sseml.evaluate.difference import FEWEST_GROUPS
from sseml.evaluate.metrics import (
    Figures,
    auc,
    clipped_absolute_error,
    clipped_error,
    group_mean,
    group_weights,
    mean_or_nan,
    of_nearest,
)
from sseml.evaluate.order import (
    ceiling,
    family_spearman,
    large_families,
    series_order,
    weighted_spearman,
)
from sseml.evaluate.screening import screening
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.model.dataset import TrainingSet
from sseml.model.fitting import BY_PAPER, fit_calibrated
from sseml.records import RefusedInputError

FIRST_TESTED_YEAR = 2020

PUBLIC_SOURCES = ("obelix", "liverpool", "laskowski", "seeds")
"""These end around 2020, so a row of theirs that says no year counts as older than the test."""

PLAIN, IF_IT_CONDUCTS = "", " if it conducts"
EACH_PAPER_ONCE = " each paper once"


class NoYearsError(RefusedInputError):
    """A table cannot be split by time: too few of its rows say when they were published."""


def time_split(subject: Subject) -> Outcome:
    """Learn from papers up to 2019, predict those of 2020 and later.

    The unconditional output is learned from every row and judged on every tested row; that "if it
    conducts" is learned from rows above 1e-7 S/cm and judged on tested rows above it: its figures
    end in `IF_IT_CONDUCTS`. Where each paper counts once, the name of a figure is followed by
    `EACH_PAPER_ONCE`. Training rows that share a paper or a near-identical material with a tested
    row are removed. Intervals and probabilities are calibrated on training rows alone. Without
    years, or with fewer than ten papers to test on, it raises `NoYearsError`.
    """
    table = subject.table
    if "year" not in table.columns or table["year"].isna().all():
        raise NoYearsError(
            "the table says no years",
            "leave the benchmark time out, or curate the table again: `sseml data curate`",
        )
    data = subject.data
    trained, tested = split_by_year(table, data)
    counts = f"{int(trained.sum())} training rows, {int(tested.sum())} test rows"
    subject.progress(f"time split: {counts}")
    model = fit_calibrated(data.take(trained), subject.settings)
    answers = answer(model, data, trained, tested)
    conducts = data.conducts[answers.rows]
    learned = trained & data.at_25
    judged = {
        PLAIN: _Judged.of(
            data,
            learned,
            answers.rows,
            answers=answers.at_25,
            score=answers.score,
            probability=answers.p_superionic,
        )
    }
    if conducts.any():
        judged[IF_IT_CONDUCTS] = _Judged.of(
            data,
            learned & data.conducts,
            answers.rows[conducts],
            answers=answers.if_conductor.take(conducts),
            score=answers.if_conductor.mean[conducts],
            probability=answers.p_superionic[conducts],
        )
    figures = _link_figures(conducts, answers.p_conductor)
    for output, own in judged.items():
        figures |= own.figures(output)
    plain = judged[PLAIN]
    figures["Spearman in families ceiling"] = ceiling(plain.truth, plain.families, plain.papers)
    figures["series order"] = series_order(plain.truth, plain.score, plain.families, plain.papers)
    probabilities = {"1e-4": answers.p_superionic, "1e-3": answers.p_1e_3}
    figures |= screening(
        plain.truth, probabilities, answers.at_25.mean, plain.neighbour, plain.papers
    )
    by_family = {f"time{output}": own.by_family() for output, own in judged.items()}
    return Outcome(figures, by_family=by_family)


def _link_figures(conducts: BoolArray, probability: FloatArray) -> Figures:
    """How well the probability of being a conductor ranks and weighs the tested rows."""
    share = conducts.mean()
    return {
        "AUC of conducting": auc(conducts, probability),
        "Brier of conducting": float(((probability - conducts) ** 2).mean()),
        "Brier of conducting constant": float(share * (1.0 - share)),
    }


def split_by_year(table: pd.DataFrame, data: TrainingSet) -> tuple[BoolArray, BoolArray]:
    """Masks (training, test) of a training set made from `table`.

    A row of unknown year is learned from only if it comes from one of `PUBLIC_SOURCES`, and is
    never tested. Raises `NoYearsError` if too few papers are tested, or no row is left to train on.
    """
    picked = table.iloc[data.rows]
    year = picked["year"].to_numpy(dtype=float, na_value=np.nan)
    tested: BoolArray = (year >= FIRST_TESTED_YEAR) & data.at_25
    papers = len(np.unique(data.papers[tested]))
    if papers < FEWEST_GROUPS:
        raise NoYearsError(
            f"{int(tested.sum())} usable rows of {papers} papers are of {FIRST_TESTED_YEAR} or "
            f"later, and the time split takes {FEWEST_GROUPS} papers",
            "leave the benchmark time out, or add measurements of recent papers",
        )
    public = picked["source"].isin(PUBLIC_SOURCES).to_numpy(dtype=bool)
    older = (year < FIRST_TESTED_YEAR) | (np.isnan(year) & public)
    trained = BY_PAPER.training_mask(data, tested) & older
    if not (trained & data.at_25).any():
        raise NoYearsError(
            f"no usable row is known to be older than {FIRST_TESTED_YEAR}",
            "leave the benchmark time out, or add measurements of earlier papers",
        )
    return trained, tested


@dataclass(frozen=True, slots=True)
class _Judged:
    """Tested rows with their answers and those of simpler rules; each shape (n,)."""

    truth: FloatArray
    answers: Limits
    score: FloatArray
    probability: FloatArray
    training_median: FloatArray
    neighbour: FloatArray
    papers: IntArray
    families: NDArray[np.str_]

    @classmethod
    def of(
        cls,
        data: TrainingSet,
        learned: BoolArray,
        asked: IntArray,
        *,
        answers: Limits,
        score: FloatArray,
        probability: FloatArray,
    ) -> _Judged:
        values = data.target[learned]
        return cls(
            truth=data.target[asked],
            answers=answers,
            score=score,
            probability=probability,
            training_median=np.full(len(asked), np.median(values)),
            neighbour=of_nearest(data.distance[asked][:, learned], values),
            papers=data.papers[asked],
            families=data.families[asked].astype(str),
        )

    def figures(self, output: str) -> Figures:
        """Figures of an output, each row counting once, and each paper."""
        each_row = np.arange(len(self.truth))
        counts = {
            f"rows{output}": float(len(self.truth)),
            f"papers{output}": float(len(np.unique(self.papers))),
            f"families{output}": float(len(large_families(self.families))),
        }
        return counts | {
            f"{name}{view}{output}": value
            for view, groups in (("", each_row), (EACH_PAPER_ONCE, self.papers))
            for name, value in self._counted_by(groups).items()
        }

    def by_family(self) -> dict[str, Figures]:
        """Figures of each family of ten tested rows or more, each row counting once."""
        each_row = np.arange(len(self.truth))
        return {
            family: {"rows": float(len(rows))} | self._of_family(rows, each_row)
            for family, rows in large_families(self.families).items()
        }

    def _counted_by(self, groups: IntArray) -> Figures:
        """Figures in which each group weighs 1."""
        own = [self._of_family(rows, groups) for rows in large_families(self.families).values()]
        won = [
            family["MAE10c"] < min(family["MAE10c constant"], family["MAE10c nearest neighbour"])
            for family in own
        ]
        superionic = self.truth >= SUPERIONIC_LOG10_SIGMA
        return self._errors(np.arange(len(self.truth)), groups) | {
            "MAE10c training median": group_mean(
                clipped_absolute_error(self.truth, self.training_median), groups
            ),
            "median width": _median(self.answers.high - self.answers.low, groups),
            "AUC": auc(superionic, self.probability, groups),
            "Spearman in families": family_spearman(self.truth, self.score, self.families, groups),
            "families won": float(sum(won)),
            "families won share": mean_or_nan(np.array(won, dtype=float)),
        }

    def _of_family(self, rows: IntArray, groups: IntArray) -> Figures:
        order = weighted_spearman(self.truth[rows], self.score[rows], groups[rows])
        return self._errors(rows, groups) | {"Spearman": order}

    def _errors(self, rows: IntArray, groups: IntArray) -> Figures:
        """Of some rows; the constant is the best one for all tested rows."""
        own, truth, mean = groups[rows], self.truth[rows], self.answers.mean[rows]
        constant = np.full(len(rows), _median(self.truth, groups))
        inside = self.answers.holds(self.truth)[rows]
        rivals = {"": mean, " constant": constant, " nearest neighbour": self.neighbour[rows]}
        return {
            f"MAE10c{name}": group_mean(clipped_absolute_error(truth, predicted), own)
            for name, predicted in rivals.items()
        } | {
            "bias": group_mean(clipped_error(truth, mean), own),
            "coverage": group_mean(inside.astype(float), own),
        }


def _median(values: FloatArray, groups: IntArray) -> float:
    """Median in which each group weighs 1; the mean of two values where either would do."""
    order = np.argsort(values)
    cumulative = np.cumsum(group_weights(groups)[order])
    half = cumulative[-1] / 2.0
    lower, upper = np.searchsorted(cumulative, [half - 1e-9, half + 1e-9])
    return float(values[order][[lower, upper]].mean())
