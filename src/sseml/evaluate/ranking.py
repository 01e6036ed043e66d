"""What to measure next: a replay of how much each choice lowers the error on the other papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.answers import Outcome, Subject
from sseml.evaluate.difference import FEWEST_GROUPS, paired_difference
from sseml.evaluate.metrics import Figures, clipped_absolute_error
from sseml.evaluate.time_split import FIRST_TESTED_YEAR, PUBLIC_SOURCES, NoYearsError
from sseml.model.dataset import TrainingSet
from sseml.model.ensemble import Standardiser
from sseml.model.fitting import BY_PAPER
from sseml.model.kernel import KernelSettings, exact_inputs, kernel

PERIODS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"2015-19": (2015.0, float(FIRST_TESTED_YEAR)), "2020 on": (float(FIRST_TESTED_YEAR), inf)}
)
"""Years of the papers that are chosen from; the first is to choose a score by, the other to judge.
"""

PICKED = (10, 20, 50)
"""So many materials are measured, one after another."""

_DEALS = 40
"""Ways of dealing the papers into those that are chosen from and those that are judged."""

_NEARER = 1e-9


@dataclass(frozen=True, slots=True)
class Candidates:
    """A Gaussian process before the candidates are measured: those of a period, n of them.

    `mean` (n,) and `covariance` (n, n) are of log10 σ at 25 °C, `noise` (n,) is the variance of a
    measurement, `distance` (n, n) that of the kind, `nearest` (n,) that to what is measured.
    """

    mean: FloatArray
    covariance: FloatArray
    noise: FloatArray
    distance: FloatArray
    nearest: FloatArray

    def measured(self, row: int, log10_sigma: float) -> Candidates:
        """The same after one measurement: exact, Eq. 2.25 of doi 10.7551/mitpress/3206.001.0001."""
        gain = self.covariance[row] / (self.covariance[row, row] + self.noise[row])
        return replace(
            self,
            mean=self.mean + gain * (log10_sigma - self.mean[row]),
            covariance=self.covariance - np.outer(gain, self.covariance[row]),
            nearest=np.minimum(self.nearest, self.distance[row]),
        )


def teaching(candidates: Candidates) -> FloatArray:
    """By how much measuring each lowers the variance summed over all candidates, in decades².

    Σⱼ cov(i, j)² / (var(i) + noise(i)), active learning of doi 10.1613/jair.295. Shape (n,).
    """
    covariance = candidates.covariance
    lowered: FloatArray = (covariance**2).sum(axis=1) / (covariance.diagonal() + candidates.noise)
    return lowered


def least_known(candidates: Candidates) -> FloatArray:
    """Variance of each candidate, in decades², shape (n,)."""
    return candidates.covariance.diagonal()


def farthest(candidates: Candidates) -> FloatArray:
    """Distance to what is measured, shape (n,)."""
    return candidates.nearest


def most_covering(candidates: Candidates) -> FloatArray:
    """By how much measuring each lowers the distances of all to what is measured, shape (n,)."""
    nearest, distance = candidates.nearest, candidates.distance
    lowered: FloatArray = np.clip(nearest[None, :] - distance, 0.0, None).sum(axis=1)
    return lowered


CHOICES: Mapping[str, Callable[[Candidates], FloatArray]] = MappingProxyType(
    {
        "teaching": teaching,
        "variance": least_known,
        "distance": farthest,
        "covering": most_covering,
    }
)
_RANDOM = "random"


def ranking(subject: Subject) -> Outcome:
    """Replay of measuring candidates one by one, by several scores, on the papers of a period.

    A Gaussian process knows the earlier papers. Half of the papers of the period, dealt at random
    again and again, may be measured; the error is that on the other half, whose compositions are
    known to the scores and whose values are not. ``MAE10c`` is by row, each row the mean over the
    deals it is judged in; ``gain of teaching over …`` is by how much the error of another choice is
    larger, with 95 % limits from resampled papers. Without years, or with too few papers, it raises
    `NoYearsError`.
    """
    figures: Figures = {}
    for period, years in PERIODS.items():
        known, listed = _split(subject, years)
        subject.progress(f"ranking {period}: {known.sum()} rows known, {listed.sum()} candidates")
        own = replay(subject.data, known, listed, subject.settings.process.kernel)
        figures |= {f"{name}, {period}": value for name, value in own.items()}
    return Outcome(figures)


def replay(
    data: TrainingSet, known: BoolArray, listed: BoolArray, settings: KernelSettings
) -> Figures:
    """Errors on the judged papers after so many measurements, by each choice.

    `known` and `listed` are masks of rows that say σ at 25 °C.
    """
    start = candidates_of(data, known, listed, settings)
    truth, papers = data.target[listed], data.papers[listed]
    total = {name: np.zeros((len(PICKED) + 1, len(truth))) for name in (*CHOICES, _RANDOM)}
    times = np.zeros(len(truth))
    draw = np.random.default_rng(0)
    names, paper = np.unique(papers, return_inverse=True)
    for _ in range(_DEALS):
        may_be_measured = (draw.permutation(len(names)) % 2 == 0)[paper]
        judged = ~may_be_measured
        times += judged
        for name in total:
            errors = _errors(start, truth, may_be_measured, CHOICES.get(name), draw)
            total[name] += judged * errors
    judged_once = times > 0
    error = {name: (sums / np.maximum(times, 1.0))[:, judged_once] for name, sums in total.items()}
    figures: Figures = {
        "candidates": float(len(truth)),
        "papers": float(len(names)),
        "MAE10c before": float(error[_RANDOM][0].mean()),
    }
    for place, count in enumerate(PICKED, 1):
        for name, own in error.items():
            figures[f"MAE10c {name} {count}"] = float(own[place].mean())
        for name in (*CHOICES, _RANDOM):
            if name == "teaching":
                continue
            gain = paired_difference(
                error["teaching"][place], error[name][place], papers[judged_once]
            )
            base = f"gain of teaching over {name} {count}"
            figures |= {base: gain.difference, f"{base} low": gain.low, f"{base} high": gain.high}
    return figures


def candidates_of(
    data: TrainingSet, known: BoolArray, listed: BoolArray, settings: KernelSettings
) -> Candidates:
    """The process of σ at 25 °C that has learned the `known` rows, at the `listed` ones."""
    rows, asked = np.flatnonzero(known), np.flatnonzero(listed)
    standardiser = Standardiser.fit(data.X[rows])
    inputs = exact_inputs(standardiser.standardise(standardiser.fill(data.X)))
    noise = settings.noise_variance * data.weights[rows].mean() / data.weights

    def alike(one: IntArray, other: IntArray) -> FloatArray:
        return kernel(settings, (inputs[one], inputs[other]), data.distance[np.ix_(one, other)])

    mean = float(np.average(data.target[rows], weights=data.weights[rows]))
    cross = alike(asked, rows)
    solved = np.linalg.solve(alike(rows, rows) + np.diag(noise[rows]), cross.T)
    return Candidates(
        mean=mean + (data.target[rows] - mean) @ solved,
        covariance=alike(asked, asked) - cross @ solved,
        noise=noise[asked],
        distance=data.distance[np.ix_(asked, asked)],
        nearest=data.distance[np.ix_(asked, rows)].min(axis=1),
    )


def _errors(
    start: Candidates,
    truth: FloatArray,
    may_be_measured: BoolArray,
    choice: Callable[[Candidates], FloatArray] | None,
    draw: np.random.Generator,
) -> FloatArray:
    """Absolute errors before and after each of `PICKED`, shape (1 + 3, n); no choice is random."""
    now, open_ = start, may_be_measured.copy()
    errors = [clipped_absolute_error(truth, now.mean)]
    for count in range(1, max(PICKED) + 1):
        if open_.any():
            score = draw.random(len(truth)) if choice is None else choice(now)
            best = score[open_].max()
            tied = np.flatnonzero(open_ & (score >= best - _NEARER))
            row = int(draw.choice(tied))
            open_[row] = False
            now = now.measured(row, float(truth[row]))
        if count in PICKED:
            errors.append(clipped_absolute_error(truth, now.mean))
    return np.stack(errors)


def _split(subject: Subject, years: tuple[float, float]) -> tuple[BoolArray, BoolArray]:
    """Masks of what is known before a period, and of its rows, both of σ at 25 °C."""
    table, data = subject.table, subject.data
    if "year" not in table.columns or table["year"].isna().all():
        raise NoYearsError(
            "the table says no years",
            "leave the benchmark ranking out, or curate the table again: `sseml data curate`",
        )
    picked = table.iloc[data.rows]
    year = picked["year"].to_numpy(dtype=float, na_value=np.nan)
    listed: BoolArray = (year >= years[0]) & (year < years[1]) & data.at_25
    public = picked["source"].isin(PUBLIC_SOURCES).to_numpy(dtype=bool)
    # a row of no year may be of the first period, and is known only before the second
    older = (year < years[0]) | (np.isnan(year) & public & (years[0] >= FIRST_TESTED_YEAR))
    known = BY_PAPER.training_mask(data, listed) & older & data.at_25
    papers = len(np.unique(data.papers[listed]))
    if papers < FEWEST_GROUPS or not known.any():
        raise NoYearsError(
            f"{papers} papers from {years[0]:.0f} on are chosen from, after {int(known.sum())} "
            f"known rows; the replay takes {FEWEST_GROUPS} papers and one row",
            "leave the benchmark ranking out, or add measurements",
        )
    return known, listed
