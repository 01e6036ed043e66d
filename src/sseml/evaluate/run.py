"""Run the benchmarks that were asked for, and show their figures beside floor and aim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd

from sseml.curation.released import released_evidence
from sseml.curation.table import load_measurements
from sseml.evaluate.answers import Figures, figures_by_family
from sseml.evaluate.benchmarks import BENCHMARKS, Subject
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
        ``MAE10c``, ``bias``, ``coverage``, each row counting once.
    held_out
        For ``papers`` and ``clusters``: the answers behind the figures, one row a measurement, as
        `sseml.evaluate.held_out` gives them. Not part of `to_dict`.
    """

    figures: dict[str, Figures]
    rows: int
    by_family: dict[str, dict[str, Figures]] = field(default_factory=dict)
    held_out: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; a figure that cannot be had is None."""
        return {
            "measurements": self.rows,
            "benchmarks": {name: _without_nan(own) for name, own in self.figures.items()},
            "by_family": {
                name: {family: _without_nan(own) for family, own in families.items()}
                for name, families in self.by_family.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Rebuild from `to_dict`, also of a version that knew no families; without `held_out`."""
        return cls(
            figures={name: _with_nan(own) for name, own in data["benchmarks"].items()},
            rows=data["measurements"],
            by_family={
                name: {family: _with_nan(own) for family, own in families.items()}
                for name, families in data.get("by_family", {}).items()
            },
        )

    def to_text(self) -> str:
        """As Markdown tables."""
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


def evaluate(
    what: Sequence[str] = (),
    table: Path | pd.DataFrame | None = None,
    progress: Progress = silent,
    *,
    recipe: Recipe | None = None,
    settings: tuple[BlendSettings, BlendSettings] = (CONDUCTIVITY, ENERGY),
) -> Report:
    """Run benchmarks.

    Parameters
    ----------
    what
        Names among `BENCHMARKS`; empty for all.
    table
        Curated measurements, as a table or its path; None for the released bundle's evidence.
    progress
        Told what is being done.
    recipe, settings
        As `sseml.train.train` takes them.

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
    subject = Subject(measurements, recipe or Recipe(), *settings)
    outcomes = {name: BENCHMARKS[name](subject, progress) for name in what or BENCHMARKS}
    answered = {
        name: outcome.held_out for name, outcome in outcomes.items() if outcome.held_out is not None
    }
    return Report(
        figures={name: outcome.figures for name, outcome in outcomes.items()},
        rows=len(measurements),
        by_family={name: figures_by_family(own) for name, own in answered.items()},
        held_out=answered,
    )


def measurements_at(table: Path | pd.DataFrame | None) -> pd.DataFrame:
    """The curated measurements: as given, from a path, or from the released bundle's evidence."""
    if isinstance(table, pd.DataFrame):
        return table
    if table is not None:
        return load_measurements(table)
    return load_measurements(released_evidence())
