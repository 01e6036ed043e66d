"""Benchmarks of the polymer model: its worth for a polymer, paper or recipe it never saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.metrics import Figures, coverage, group_mean, mean_or_nan, spearman
from sseml.evaluate.polymer_films import bare_films, composite_figures, gel_figures
from sseml.kinds import Kind
from sseml.model.fitting import Progress, silent
from sseml.model.polymer.curves import CurveSet, curve_set
from sseml.model.polymer.film_rows import film_rows
from sseml.model.polymer.fit import CURVES, CurveSettings
from sseml.model.polymer.held_out import (
    HeldOut,
    answer_rows,
    by_folds,
    cross_spread,
    intervals_from,
)
from sseml.model.polymer.intervals import BANDS_C
from sseml.model.split import grouped_folds
from sseml.records import RefusedInputError

POLYMER_BENCHMARK = "polymer"
"""Its name, which the others do not stand beside: it is of another table."""

FOLDS = 10
ROOM_C = (20.0, 30.0)
BAND_NAMES = {
    "below 20 °C": (-60.0, 20.0),
    "20 to 40 °C": (20.0, 40.0),
    "40 to 60 °C": (40.0, 60.0),
    "above 60 °C": (60.0, 160.0),
}
_MOST_FREQUENT = 2
"""Polymers that ChemArr never tests: poly(ethylene oxide) and one more are 41 % of its rows."""


@dataclass(frozen=True, slots=True)
class PolymerOutcome:
    """Figures of the polymer model, and the answers about polymers that it had not seen.

    `out_of_fold` is one row a measurement of a dry electrolyte; `left_out` says which films could
    not be judged, and why.
    """

    figures: Figures
    out_of_fold: pd.DataFrame
    left_out: Mapping[str, str] = field(default_factory=dict)


def evaluate_polymers(
    table: pd.DataFrame,
    kind: Kind,
    settings: CurveSettings = CURVES,
    progress: Progress = silent,
) -> PolymerOutcome:
    """Judge dry electrolytes, gels and composites, each by a model that has not seen them.

    `table` is the curated table of polymers.

    Raises
    ------
    RefusedInputError
        If too few polymers were measured to hold any out.
    """
    bench = _Bench(table, curve_set(table, kind), kind, settings, progress)
    _require_polymers(bench.data)
    figures, held_out = _dry_figures(bench)
    rows = film_rows(table, kind)
    left_out: dict[str, str] = {}
    progress("gels and composites")
    try:
        figures |= gel_figures(rows["gel"])
    except RefusedInputError as error:
        left_out["polymer, gels"] = error.reason
    try:
        intervals = intervals_from(held_out)
        films = bare_films(table, bench.data, kind, rows, intervals=intervals, settings=settings)
        figures |= composite_figures(rows["composite"], rows["composite"].without_fillers(films))
    except RefusedInputError as error:
        left_out["polymer, composites"] = error.reason
    return PolymerOutcome(figures, _tabulate(table, bench.data, held_out), left_out)


def _require_polymers(data: CurveSet) -> None:
    """Refuse a table in which a fold, or a band of temperature, would stand empty."""
    band = np.digitize(data.temperature_C, BANDS_C)
    fewest = min(len(np.unique(data.polymer[band == number])) for number in range(len(BANDS_C) + 1))
    if fewest < FOLDS:
        raise RefusedInputError(
            f"{fewest} polymers were measured in one band of temperature, and it takes {FOLDS} to"
            " hold some out",
            "add the measurements of the released bundle, as `sseml data curate` does",
        )


def _dry_figures(bench: _Bench) -> tuple[Figures, HeldOut]:
    """Figures of each way of holding out, and the answers about new polymers."""
    data, table, deal = bench.data, bench.table, bench.settings.seed
    figures: Figures = {"rows": float(len(data)), "polymers": float(len(np.unique(data.polymer)))}
    fold = grouped_folds(data.polymer, FOLDS, deal)
    unseen = bench.held_out("new polymer", data.polymer, fold)
    figures |= _errors("new polymer", data, unseen)
    figures |= _of_intervals(data, unseen) | _constant(data, unseen)
    picked = table.iloc[data.rows]
    figures["new paper share by DOI"] = float(picked["doi"].map(bool).mean())
    for name, group, fold in (
        ("new paper", data.paper, grouped_folds(data.paper, FOLDS, deal)),
        ("new formulation", data.formulation, grouped_folds(data.formulation, FOLDS, deal)),
    ):
        held_out = bench.held_out(name, group, fold)
        figures |= _errors(name, data, held_out)
        if name == "new paper":
            figures |= _of_paper_intervals(data, held_out)
    in_own_folds = bench.in_chemarr_folds()
    if in_own_folds is not None:
        figures |= _errors("ChemArr folds", data, in_own_folds)
    return figures, unseen


def _tabulate(table: pd.DataFrame, data: CurveSet, held_out: HeldOut) -> pd.DataFrame:
    """The held-out answers, one row a measurement; logarithms are of S/cm."""
    low, high = cross_spread(held_out).limits(held_out.signals.mean)
    picked = table.iloc[data.rows[held_out.rows]]
    columns = ["measurement_id", "formula", "polymer", "family", "temperature_C"]
    return picked[columns].assign(
        log10_sigma=data.log10_sigma[held_out.rows],
        predicted_log10_sigma=held_out.signals.mean,
        low_log10_sigma=low,
        high_log10_sigma=high,
        nearest_distance=held_out.signals.nearest,
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """What is held out and answered, and how."""

    table: pd.DataFrame
    data: CurveSet
    kind: Kind
    settings: CurveSettings
    progress: Progress

    def held_out(self, name: str, group: IntArray, fold: IntArray) -> HeldOut:
        """Answers about the rows of each fold by a model of the others."""
        return by_folds(
            self.data,
            group,
            fold,
            distance=self.kind.distance,
            settings=self.settings,
            progress=lambda step: self.progress(f"{name}: {step}"),
        )

    def in_chemarr_folds(self) -> HeldOut | None:
        """Answers in ChemArr's folds; a tested polymer is in no spelling among the training rows.

        None where the table has no rows of ChemArr.
        """
        picked = self.table.iloc[self.data.rows]
        own = (picked["source"] == "chemarr").to_numpy(dtype=bool)
        if not own.any():
            return None
        fold = np.full(len(self.data), -1, dtype=np.int64)
        fold[own] = chemarr_folds(
            [text.partition(" ")[0].rstrip(",") for text in picked["formula_reported"][own]]
        )
        parts = []
        for number in range(FOLDS):
            self.progress(f"ChemArr folds: fold {number + 1} of {FOLDS}")
            asked = fold == number
            unseen = ~np.isin(self.data.polymer, np.unique(self.data.polymer[asked]))
            parts.append(
                answer_rows(
                    self.data,
                    unseen,
                    asked,
                    self.data.polymer,
                    distance=self.kind.distance,
                    settings=self.settings,
                )
            )
        return HeldOut.join(parts)


def _errors(name: str, data: CurveSet, held_out: HeldOut) -> Figures:
    error = np.abs(held_out.residual)
    truth = data.log10_sigma[held_out.rows]
    polymer = data.polymer[held_out.rows]
    room = _within(held_out.temperature_C, *ROOM_C)
    return {
        f"{name} rows": float(len(error)),
        f"{name} MAE": float(error.mean()),
        f"{name} MAE per polymer": group_mean(error, polymer),
        f"{name} median": float(np.median(error)),
        f"{name} Spearman": spearman(truth, held_out.signals.mean),
        f"{name} MAE per polymer at 20 to 30 °C": group_mean(error[room], polymer[room]),
    }


def _constant(data: CurveSet, held_out: HeldOut) -> Figures:
    """Always the median: of all rows, and of those at 20 to 30 °C."""
    truth, polymer = data.log10_sigma[held_out.rows], data.polymer[held_out.rows]
    error = np.abs(truth - np.median(truth))
    room = _within(held_out.temperature_C, *ROOM_C)
    at_room = np.abs(truth[room] - np.median(truth[room]))
    return {
        "new polymer MAE constant": float(error.mean()),
        "new polymer MAE per polymer constant": group_mean(error, polymer),
        "new polymer MAE per polymer at 20 to 30 °C constant": group_mean(at_room, polymer[room]),
    }


def _of_intervals(data: CurveSet, held_out: HeldOut) -> Figures:
    """Coverage and width of 90 % intervals that were calibrated on other polymers."""
    spread = cross_spread(held_out)
    low, high = spread.limits(held_out.signals.mean)
    truth, polymer = data.log10_sigma[held_out.rows], data.polymer[held_out.rows]
    inside = ((low <= truth) & (truth <= high)).astype(float)
    width = high - low
    _, number = np.unique(polymer, return_inverse=True)
    mean_width = np.bincount(number, weights=width) / np.bincount(number)
    figures = {
        "interval coverage by row": coverage(truth, low, high),
        "interval coverage per polymer": group_mean(inside, polymer),
        "interval width": float(np.median(mean_width)),
    }
    for name, (lowest, highest) in BAND_NAMES.items():
        band = (held_out.temperature_C >= lowest) & (held_out.temperature_C < highest)
        figures[f"interval coverage per polymer {name}"] = (
            group_mean(inside[band], polymer[band]) if band.any() else float("nan")
        )
        figures[f"interval coverage by row {name}"] = mean_or_nan(inside[band])
    return figures


def _of_paper_intervals(data: CurveSet, held_out: HeldOut) -> Figures:
    """Coverage and width of 90 % intervals that were calibrated on other papers."""
    low, high = cross_spread(held_out).limits(held_out.signals.mean)
    truth, paper = data.log10_sigma[held_out.rows], data.paper[held_out.rows]
    inside = ((low <= truth) & (truth <= high)).astype(float)
    return {
        "new paper interval coverage per paper": group_mean(inside, paper),
        "new paper interval coverage by row": float(inside.mean()),
        "new paper interval width": float(np.median(high - low)),
    }


def chemarr_folds(spelling: Sequence[str]) -> IntArray:
    """ChemArr's own ten folds, doi 10.1021/acscentsci.2c01123: every tenth spelling by frequency.

    `spelling` is that of each row. The two most frequent, and those with an anion, are never
    tested: their rows are in no fold, which is −1.
    """
    place = {text: rank for rank, (text, _) in enumerate(Counter(spelling).most_common())}
    fold = [
        -1 if place[text] < _MOST_FREQUENT or "-" in text else place[text] % FOLDS
        for text in spelling
    ]
    return np.array(fold, dtype=np.int64)


def _within(values: FloatArray, low: float, high: float) -> BoolArray:
    inside: BoolArray = (values >= low) & (values <= high)
    return inside
