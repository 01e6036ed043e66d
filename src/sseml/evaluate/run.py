"""Run the benchmarks that were asked for, and show their figures beside floor and aim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd

from sseml.curation.table import measurements_at
from sseml.evaluate.answers import Figures, figures_by_family
from sseml.evaluate.benchmarks import BENCHMARKS, Outcome, Subject
from sseml.evaluate.crystals import NoStructuresError
from sseml.evaluate.time_split import EACH_PAPER_ONCE, IF_IT_CONDUCTS, NoYearsError
from sseml.evaluate.windows import ComparedWindow
from sseml.evaluate.windows import lines as window_lines
from sseml.kinds import COMPOSITION, Kind
from sseml.model.dataset import Recipe
from sseml.model.fitting import Progress, silent
from sseml.model.regressors import CONDUCTIVITY, ENERGY, BlendSettings
from sseml.records import RefusedInputError


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach and what we aim at, as text for people."""

    floor: str
    aim: str
    meaning: str


GOALS: dict[tuple[str, str], Goal] = {
    ("official", "MAE15"): Goal("≤ 1.40", "≤ 1.25", "official OBELiX test, every `<` is 1e-15"),
    ("official", "MAE10c"): Goal("≤ 1.05", "≤ 0.85", "official test, clipped at −10"),
    ("official", "AUC"): Goal("≥ 0.86", "≥ 0.92", "official test, σ ≥ 1e-4 S/cm"),
    ("official", "near share"): Goal(
        "≤ 0.45", "≤ 0.40", "test rows with a training neighbour nearer than 0.02"
    ),
    ("papers", "MAE10c"): Goal("≤ 0.92", "≤ 0.75", "cross-validation grouped by DOI, all rows"),
    ("papers", "MAE10c constant"): Goal("", "", "always the median of all rows"),
    ("papers", "MAE10c rows with a DOI"): Goal(
        "≤ 0.92", "≤ 0.75", "the same, only rows whose DOI is known"
    ),
    ("papers", "MAE10c rows with a DOI, grouped only"): Goal(
        "", "", "the same without the purge by composition"
    ),
    ("papers", "MAE10c OBELiX rows"): Goal("", "", "the same, OBELiX's rows"),
    ("papers", "MAE10c highest folding"): Goal("", "", "the worst of three other foldings"),
    ("papers", "coverage"): Goal(".87–.93", "", "90 % intervals, grouped by paper"),
    ("papers", "median width"): Goal("≤ 4.0", "≤ 3.0", "decades, grouped by paper"),
    ("clusters", "MAE10c"): Goal("≤ 1.52", "≤ 1.2", "composition clusters out, each counts once"),
    ("clusters", "MAE10c constant"): Goal("", "", "always the median of all rows"),
    ("clusters", "MAE10c by row"): Goal("", "", "the same, each row once"),
    ("clusters", "MAE10c constant by row"): Goal("", "", "always the median, each row once"),
    ("clusters", "AUC"): Goal("≥ .80", "≥ .87", "the same, σ ≥ 1e-4 S/cm, each cluster once"),
    ("clusters", "AUC by row"): Goal("", "", "the same, each row once"),
    ("clusters", "MAE10c highest folding"): Goal("", "", "the worst of three other foldings"),
    ("clusters", "coverage"): Goal("≥ .86", "", "90 % intervals, each cluster counts once"),
    ("clusters", "coverage by row"): Goal("", "", "90 % intervals, each row counts once"),
    ("clusters", "median width"): Goal("", "", "decades, composition clusters out"),
    ("families", "MAE10c pooled"): Goal("", "≤ 1.3", "leave one family out"),
    ("energies", "MAE eV"): Goal("", "", "activation energy, grouped by DOI"),
    ("energies", "MAE eV constant"): Goal("", "", "the same, always the median"),
    ("time", "MAE10c"): Goal("≤ 1.1", "≤ 0.8", "papers up to 2019, then those of 2020 and later"),
    ("time", "MAE10c constant"): Goal("", "", "the best constant, which no model knows"),
    ("time", "MAE10c training median"): Goal("", "", "always the median of the training rows"),
    ("time", "MAE10c nearest neighbour"): Goal("", "", "the nearest training row's value"),
    ("time", "bias"): Goal("", "", "decades, predicted minus measured"),
    ("time", "AUC"): Goal("≥ .85", "≥ .92", "the same, σ ≥ 1e-4 S/cm"),
    ("time", "Spearman in families"): Goal("≥ .5", "≥ .7", "mean over families of 10 rows or more"),
    ("time", "families won share"): Goal(
        "≥ .67", "1", "families better than best constant and nearest neighbour"
    ),
    ("time", "coverage"): Goal("≥ .85", "", "90 % intervals"),
    ("time", "median width"): Goal("", "", "decades"),
    **{
        ("time", f"{name}{EACH_PAPER_ONCE}"): Goal("", "", meaning)
        for name, meaning in (
            ("MAE10c", "each paper counts once, however many rows"),
            ("MAE10c constant", "the same, the best constant"),
            ("AUC", "the same, σ ≥ 1e-4 S/cm"),
            ("coverage", "the same, 90 % intervals"),
        )
    },
    ("time", f"MAE10c{IF_IT_CONDUCTS}"): Goal("≤ 1.1", "≤ 0.8", "only rows above 1e-7 S/cm"),
    ("time", f"MAE10c constant{IF_IT_CONDUCTS}"): Goal("", "", "the same, the best constant"),
    ("time", f"MAE10c nearest neighbour{IF_IT_CONDUCTS}"): Goal("", "", "the same"),
    ("time", f"bias{IF_IT_CONDUCTS}"): Goal("", "", "the same"),
    ("time", f"Spearman in families{IF_IT_CONDUCTS}"): Goal("≥ .5", "≥ .7", "the same"),
    ("time", f"families won share{IF_IT_CONDUCTS}"): Goal("≥ .67", "1", "the same"),
    ("time", f"coverage{IF_IT_CONDUCTS}"): Goal("≥ .85", "", "the same, 90 % intervals"),
    ("time", f"median width{IF_IT_CONDUCTS}"): Goal("", "", "decades"),
    ("time", f"MAE10c{EACH_PAPER_ONCE}{IF_IT_CONDUCTS}"): Goal("", "", "each paper counts once"),
    ("time", f"MAE10c constant{EACH_PAPER_ONCE}{IF_IT_CONDUCTS}"): Goal(
        "", "", "the same, the best constant"
    ),
    ("time", "AUC of conducting"): Goal("", "", "which tested rows are above 1e-7 S/cm"),
    ("time", "Brier of conducting"): Goal("", "", "mean squared error of that probability"),
    ("time", "Brier of conducting constant"): Goal("", "", "the same, always their share"),
    ("crystals", "MAE10c"): Goal("", "", "papers held out, rows of known space group"),
    ("crystals", "MAE10c by composition"): Goal("", "", "the same by the composition alone"),
    ("crystals", "gain"): Goal("< 0", "", "with minus without the crystal system"),
    ("crystals", "gain low"): Goal("", "", "the same, from (95 %)"),
    ("crystals", "gain high"): Goal("< 0", "", "the same, to (95 %)"),
    ("crystals", "coverage"): Goal(".87–.93", "", "the same, 90 % intervals"),
    ("crystals", "MAE10c grouped only"): Goal(
        "", "", "the same, a composition may be known from another paper"
    ),
    ("crystals", "MAE10c by composition grouped only"): Goal("", "", "the same by composition"),
    ("crystals", "gain grouped only"): Goal("< 0", "", "the same, with minus without"),
    ("crystals", "gain high grouped only"): Goal("< 0", "", "the same, to (95 %)"),
    ("crystals", "gain if it conducts"): Goal("", "", "of the second output, rows above 1e-7 S/cm"),
    ("crystals", "gain high if it conducts"): Goal("", "", "the same, to (95 %)"),
    ("windows", "V_red MAE 2015"): Goal(
        "≤ 0.02", "", "V, Zhu, He, Mo 2015, 19 windows, S taken back"
    ),
    ("windows", "V_ox MAE 2015"): Goal("≤ 0.08", "", "the same, oxidation limit"),
    ("windows", "V_ox MAE 2015 as it stands"): Goal("", "", "the same, table as it stands"),
    ("windows", "V_red MAE 2020"): Goal(
        "≤ 0.02", "", "V, a run with the corrections of 2021, 12 windows"
    ),
    ("windows", "V_ox MAE 2020"): Goal("≤ 0.05", "", "the same, oxidation limit"),
    ("windows", "V_ox MAE 2020 S taken back"): Goal("", "", "the same, S taken back"),
    ("windows", "V_red MAE 2021"): Goal(
        "≤ 0.03", "", "V, Schwietert 2021, 12 windows, S taken back"
    ),
    ("windows", "V_ox MAE 2021"): Goal("≤ 0.20", "", "the same, oxidation limit"),
    ("windows", "V_ox MAE 2021 as it stands"): Goal("", "", "the same, table as it stands"),
    ("windows", "collapsed share"): Goal(
        "≤ 0.07", "", "OBELiX formulas whose window collapses, Li ±5 %"
    ),
    ("windows", "collapsed share as written"): Goal("", "", "the same, Li exactly as written"),
}


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
    held_out
        For ``papers`` and ``clusters``: the answers behind the figures, one row a measurement, as
        `sseml.evaluate.held_out` gives them. Not part of `to_dict`.
    compared
        For ``windows``: published windows and what is calculated, row by row.
    left_out
        Benchmark → why it was not run though all were asked for. Not part of `to_dict`.
    """

    figures: dict[str, Figures]
    rows: int
    by_family: dict[str, dict[str, Figures]] = field(default_factory=dict)
    held_out: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)
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
        """Rebuild from `to_dict`, also of a version that knew less; without `held_out`."""
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
        for (benchmark, figure), goal in GOALS.items():
            if benchmark in self.figures:
                value = self.figures[benchmark].get(figure, nan)
                shown = "–" if isnan(value) else f"{value:.3f}"
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
            f"| {own['coverage']:.2f} | {_written(own['Spearman'])} |"
            for name, own in families.items()
        ),
    ]


def _written(value: float) -> str:
    return "–" if isnan(value) else f"{value:.2f}"


def evaluate(
    what: Sequence[str] = (),
    table: Path | pd.DataFrame | None = None,
    progress: Progress = silent,
    *,
    kind: Kind = COMPOSITION,
    recipe: Recipe | None = None,
    settings: tuple[BlendSettings, BlendSettings] = (CONDUCTIVITY, ENERGY),
) -> Report:
    """Run benchmarks.

    Parameters
    ----------
    what
        Names among `BENCHMARKS`; empty for all, but without ``time`` and ``crystals`` where the
        table says no years or no space groups: `Report.left_out` says why.
    table
        Curated measurements, as a table or its path; None for the released bundle's evidence.
    progress
        Told what is being done.
    kind
        Of the materials in the table.
    recipe, settings
        As `sseml.model.train.train` takes them.

    Raises
    ------
    RefusedInputError
        If a benchmark is unknown, or the table has not what it needs.
    """
    for name in what:
        if name not in BENCHMARKS:
            close = get_close_matches(name, BENCHMARKS, n=1)
            raise RefusedInputError(
                f"there is no benchmark {name!r}",
                f"did you mean {close[0]!r}?" if close else f"choose among {', '.join(BENCHMARKS)}",
            )
    measurements = measurements_at(table)
    subject = Subject(measurements, recipe or Recipe(), kind, *settings)
    outcomes: dict[str, Outcome] = {}
    left_out: dict[str, str] = {}
    for name in what or BENCHMARKS:
        try:
            outcomes[name] = BENCHMARKS[name](subject, progress)
        except (NoYearsError, NoStructuresError) as error:
            if what:
                raise
            left_out[name] = error.reason
    answered = {
        name: outcome.held_out for name, outcome in outcomes.items() if outcome.held_out is not None
    }
    return Report(
        figures={name: outcome.figures for name, outcome in outcomes.items()},
        rows=len(measurements),
        by_family={name: figures_by_family(own) for name, own in answered.items()}
        | {
            output: own
            for outcome in outcomes.values()
            for output, own in outcome.by_family.items()
        },
        held_out=answered,
        compared=tuple(row for outcome in outcomes.values() for row in outcome.compared),
        left_out=left_out,
    )
