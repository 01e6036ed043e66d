"""Run the benchmarks that were asked for, and show their figures with floor and aim."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from math import isnan, nan
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from sseml.curation.polymers.table import load_polymers
from sseml.curation.table import NotMeasurementsError, load_measurements, measurements_at
from sseml.evaluate.answers import Outcome, Subject, figures_by_family
from sseml.evaluate.benchmarks import BENCHMARKS
from sseml.evaluate.known import NoStructuresError
from sseml.evaluate.metrics import Figures
from sseml.evaluate.polymer import POLYMER_BENCHMARK, evaluate_polymers
from sseml.evaluate.time_split import IF_IT_CONDUCTS, NoYearsError
from sseml.evaluate.windows import ComparedWindow
from sseml.evaluate.windows import lines as window_lines
from sseml.kinds import COMPOSITION, POLYMER, Kind
from sseml.model.dataset import Recipe
from sseml.model.fitting import Progress, silent
from sseml.model.polymer.fit import CURVES, CurveSettings
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings
from sseml.records import RefusedInputError
from sseml.released import POLYMER_BUNDLE, released_evidence

_COUNTED = 10.0
"""Whole numbers from here on are counts, and shown without decimals."""


class Goal(NamedTuple):
    """What a figure has to reach, what it should reach, and what it measures, as text."""

    floor: str
    aim: str
    meaning: str


@cache
def goals() -> Mapping[tuple[str, str], Goal]:
    """Benchmark and name of a figure → its goal, for the figures that a report shows, in order."""
    text = files("sseml.evaluate").joinpath("goals.csv").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            (row["benchmark"], row["figure"]): Goal(row["floor"], row["aim"], row["meaning"])
            for row in csv.DictReader(text.splitlines())
        }
    )


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of every benchmark that was run.

    Attributes
    ----------
    figures
        Benchmark → name of a figure → figure.
    rows
        Measurements in the table.
    by_family
        For ``papers`` and ``clusters``: benchmark → family of ten rows or more → ``rows``,
        ``MAE10c``, ``bias``, ``coverage``, each row counting once. For ``time`` and ``time if it
        conducts`` also the ``Spearman`` inside the family and the errors of the best constant and
        of the nearest neighbour.
    out_of_fold
        For ``papers`` and ``clusters``: the answers behind the figures, one row a measurement, as
        `sseml.evaluate.out_of_fold` gives them; for ``polymer`` those about polymers held out. Not
        part of `to_dict`.
    compared
        For ``windows``: published and calculated windows, row by row.
    left_out
        Benchmark, or part of one → why it was not run though it was asked for. Not part of
        `to_dict`.
    """

    figures: dict[str, Figures]
    rows: int
    by_family: dict[str, dict[str, Figures]] = field(default_factory=dict)
    out_of_fold: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)
    compared: tuple[ComparedWindow, ...] = field(default=(), repr=False)
    left_out: dict[str, str] = field(default_factory=dict, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; a figure that cannot be had is None."""
        rows = [row.to_dict() for row in self.compared]
        return {
            "measurements": self.rows,
            "benchmarks": {name: _without_nan(own) for name, own in self.figures.items()},
            "by_family": {
                name: {family: _without_nan(own) for family, own in families.items()}
                for name, families in self.by_family.items()
            },
        } | ({"windows": rows} if rows else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Rebuild from `to_dict`, also of a version that knew less; without `out_of_fold`."""
        return cls(
            figures={name: _with_nan(own) for name, own in data["benchmarks"].items()},
            rows=data["measurements"],
            by_family={
                name: {family: _with_nan(own) for family, own in families.items()}
                for name, families in data.get("by_family", {}).items()
            },
            compared=tuple(ComparedWindow.from_dict(row) for row in data.get("windows", ())),
        )

    def to_text(self) -> str:
        """As Markdown tables; where ``windows`` is alone, with every window compared."""
        lines = ["| benchmark | figure | measured | floor | aim |", "|---|---|---|---|---|"]
        for (benchmark, figure), goal in goals().items():
            if benchmark in self.figures:
                value = self.figures[benchmark].get(figure, nan)
                shown = _shown(value, 0 if value.is_integer() and value >= _COUNTED else 3)
                lines.append(
                    f"| {benchmark} | {figure}: {goal.meaning} | {shown} "
                    f"| {goal.floor} | {goal.aim} |"
                )
        if "families" in self.figures:
            lines += ["", *_family_lines(self.figures["families"])]
        for output in ("time", f"time{IF_IT_CONDUCTS}"):
            if self.by_family.get(output):
                lines += ["", *_tested_family_lines(output, self.by_family[output])]
        if self.figures.keys() == {"windows"}:
            lines += ["", *window_lines(self.compared, self.figures["windows"])]
        return "\n".join(lines) + "\n"


def _without_nan(figures: Figures) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in figures.items()}


def _with_nan(figures: Mapping[str, float | None]) -> Figures:
    return {name: nan if value is None else value for name, value in figures.items()}


def _family_lines(figures: Figures) -> list[str]:
    names = [key.removesuffix(" rows") for key in figures if key.endswith(" rows")]
    return [
        "| family left out | rows | MAE10c | bias |",
        "|---|---|---|---|",
        *(
            f"| {name} | {figures[f'{name} rows']:.0f} | {figures[f'{name} MAE10c']:.2f} "
            f"| {figures[f'{name} bias']:+.2f} |"
            for name in names
        ),
    ]


def _tested_family_lines(output: str, families: Mapping[str, Figures]) -> list[str]:
    return [
        f"| {output}, family | rows | MAE10c | best constant | nearest neighbour | bias "
        "| coverage | Spearman |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {own['rows']:.0f} | {own['MAE10c']:.2f} | {own['MAE10c constant']:.2f} "
            f"| {own['MAE10c nearest neighbour']:.2f} | {own['bias']:+.2f} "
            f"| {own['coverage']:.2f} | {_shown(own['Spearman'], 2)} |"
            for name, own in families.items()
        ),
    ]


def _shown(value: float, digits: int) -> str:
    return "–" if isnan(value) else f"{value:.{digits}f}"


def evaluate(
    what: Sequence[str] = (),
    table: Path | pd.DataFrame | None = None,
    progress: Progress = silent,
    *,
    kind: Kind = COMPOSITION,
    recipe: Recipe | None = None,
    settings: EnsembleSettings = DEFAULT_SETTINGS,
    curves: CurveSettings = CURVES,
) -> Report:
    """Run benchmarks.

    Parameters
    ----------
    what
        Names among `BENCHMARKS`; empty for all, but without ``time`` and ``crystals`` where the
        table has no years or no space groups: `Report.left_out` says why. Or ``polymer`` alone.
    table
        Curated measurements, as a table or its path; None for the released bundle's evidence.
        ``polymer`` takes the table of polymers.
    progress
        Is called with the name of each step.
    kind
        Of the materials in the table.
    recipe, settings
        As `sseml.model.train.train` takes them.
    curves
        As `sseml.model.polymer.train.train_polymers` takes its settings, for ``polymer``.

    Raises
    ------
    RefusedInputError
        If a benchmark is unknown, or the table lacks what it needs.
    """
    require_benchmarks(what)
    if POLYMER_BENCHMARK in what:
        return _of_polymers(table, curves, progress)
    measurements = _measurements(table)
    subject = Subject(measurements, recipe or Recipe(), kind, settings, progress)
    outcomes: dict[str, Outcome] = {}
    left_out: dict[str, str] = {}
    for name in what or BENCHMARKS:
        try:
            outcomes[name] = BENCHMARKS[name](subject)
        except (NoYearsError, NoStructuresError) as error:
            if what:
                raise
            left_out[name] = error.reason
    answered = {
        name: outcome.out_of_fold
        for name, outcome in outcomes.items()
        if outcome.out_of_fold is not None
    }
    by_family = {name: figures_by_family(own) for name, own in answered.items()}
    for outcome in outcomes.values():
        by_family |= outcome.by_family
    return Report(
        figures={name: outcome.figures for name, outcome in outcomes.items()},
        rows=len(measurements),
        by_family=by_family,
        out_of_fold=answered,
        compared=tuple(row for outcome in outcomes.values() for row in outcome.compared),
        left_out=left_out,
    )


def require_benchmarks(what: Sequence[str]) -> None:
    """Refuse names of no benchmark, and ``polymer`` beside others.

    Raises
    ------
    RefusedInputError
        With the name that is nearest.
    """
    known = (*BENCHMARKS, POLYMER_BENCHMARK)
    for name in what:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise RefusedInputError(
                f"there is no benchmark {name!r}",
                f"did you mean {close[0]!r}?" if close else f"choose among {', '.join(known)}",
            )
    if POLYMER_BENCHMARK in what and set(what) != {POLYMER_BENCHMARK}:
        raise RefusedInputError(
            f"the benchmark {POLYMER_BENCHMARK} is of another table than the others",
            f"run `sseml evaluate {POLYMER_BENCHMARK}` by itself",
        )


def _of_polymers(
    table: Path | pd.DataFrame | None, curves: CurveSettings, progress: Progress
) -> Report:
    recipes = _recipes(table)
    outcome = evaluate_polymers(recipes, POLYMER, curves, progress)
    return Report(
        figures={POLYMER_BENCHMARK: outcome.figures},
        rows=len(recipes),
        out_of_fold={POLYMER_BENCHMARK: outcome.out_of_fold},
        left_out=dict(outcome.left_out),
    )


def _measurements(table: Path | pd.DataFrame | None) -> pd.DataFrame:
    """Measurements of inorganic electrolytes; a table of polymers is refused as what it is."""
    try:
        return measurements_at(table)
    except NotMeasurementsError:
        if isinstance(table, Path) and _can_be_read(load_polymers, table):
            raise RefusedInputError(
                f"{table} is a table of polymer electrolytes",
                f"run `sseml evaluate {POLYMER_BENCHMARK}` with it",
            ) from None
        raise


def _recipes(table: Path | pd.DataFrame | None) -> pd.DataFrame:
    """Measurements of polymers; a table of inorganic electrolytes is refused as what it is."""
    if isinstance(table, pd.DataFrame):
        return table
    try:
        return load_polymers(released_evidence(POLYMER_BUNDLE) if table is None else table)
    except NotMeasurementsError:
        if table is not None and _can_be_read(load_measurements, table):
            raise RefusedInputError(
                f"{table} is a table of inorganic electrolytes",
                f"the benchmark {POLYMER_BENCHMARK} takes polymers.parquet of `sseml data curate`",
            ) from None
        raise


def _can_be_read(load: Callable[[Path], pd.DataFrame], table: Path) -> bool:
    try:
        load(table)
    except NotMeasurementsError:
        return False
    return True
