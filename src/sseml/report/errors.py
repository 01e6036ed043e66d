"""Error by distance to the training data and by family."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.evaluate.answers import SMALLEST_FAMILY
from sseml.kinds import COMPOSITION
from sseml.report.answered import Answered, read
from sseml.report.style import (
    BLUE,
    GREY,
    INK,
    SHADE,
    SKY,
    VERMILLION,
    column,
    drawing,
    new_figure,
    settled,
    titled,
)

_STEPS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0 + 1e-9)
"""Distances between which rows are summed up; the borders of the domains are among them."""

_FEWEST_ROWS = 8

_RADII = COMPOSITION.distance.radii


def error_by_distance(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw the error of each answer against its distance to the nearest training row.

    Parameters
    ----------
    held_out
        What `sseml.evaluate.held_out` returns.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    answered = read(held_out)
    with drawing():
        figure = new_figure(8.4, 5.2)
        axes = figure.subplots()
        _draw_distances(axes, answered)
        _label_bin(axes, answered)
        axes.set_title(titled("Error against the distance to the training data", about))
        figure.legend(ncols=4, loc="outside lower center", columnspacing=1.4)
        return settled(figure)


def _draw_distances(axes: Axes, answered: Answered) -> None:
    half_width = (answered.high - answered.low) / 2.0
    axes.scatter(
        answered.distance, answered.error, s=12.0, c=BLUE, alpha=0.28, lw=0.0,
        label="a measurement",
    )  # fmt: skip
    step_of = np.digitize(answered.distance, _STEPS)
    bins = [np.flatnonzero(step_of == step) for step in np.unique(step_of)]
    bins = [rows for rows in bins if len(rows) >= _FEWEST_ROWS]
    middle = [float(np.median(answered.distance[rows])) for rows in bins]
    median, most, half = (
        [float(np.quantile(values[rows], quantile)) for rows in bins]
        for values, quantile in ((answered.error, 0.5), (answered.error, 0.9), (half_width, 0.5))
    )
    axes.plot(middle, median, "o-", color=INK, lw=2.0, ms=5.0, label="median")
    axes.plot(middle, most, "s-", color=VERMILLION, lw=1.6, ms=4.5, label="90 % stay below")
    axes.plot(
        middle, half, color=VERMILLION, lw=1.3, ls=(0, (4, 2)), label="half the 90 % interval"
    )


def _label_bin(axes: Axes, answered: Answered) -> None:
    right = max(0.2, float(answered.distance.max()) * 1.05)
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set_xticks(
        [t for t in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0) if t <= right]
    )
    axes.set_xlim(0.0, right)
    top = float(answered.error.max()) * 1.22 + 0.1
    axes.set_ylim(0.0, top)
    for border in (_RADII.inside, _RADII.edge):
        axes.axvline(border, color=GREY, lw=1.0, ls=(0, (1, 2)))
    spans = {
        "inside": (0.0, _RADII.inside),
        "edge": (_RADII.inside, _RADII.edge),
        "outside": (_RADII.edge, right),
    }
    for name, (start, end) in spans.items():
        own = answered.domains == name
        mean = f"mean error {answered.error[own].mean():.2f}" if own.any() else ""
        axes.annotate(
            f"{name}\n{int(own.sum())} rows\n{mean}",
            (((start**0.5 + end**0.5) / 2) ** 2, 0.985),
            xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=9.0,
        )  # fmt: skip
    axes.set_xlabel(
        "distance to the nearest training row (half the summed difference of fractions)"
    )
    axes.set_ylabel("absolute error of log10 σ (decades)")


def _root(values: FloatArray) -> FloatArray:
    """Square root that leaves what is left of the axis at zero."""
    root: FloatArray = np.sqrt(np.maximum(values, 0.0))
    return root


_REPEATABILITY_DECADES = (0.45, 0.6)
"""By how much repeated measurements in the literature differ; see docs/figures.md."""


class Row(NamedTuple):
    """One line of the picture: errors of a family in decades, and of its other rows' median."""

    name: str
    error: FloatArray
    bias: float
    error_of_median: float


def error_by_family(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw the spread of the error in each family, the best at the top.

    The open mark is the error of answering each row by the median of the other rows of its family:
    a model that knew nothing but the family would end there.

    Parameters
    ----------
    held_out
        What `sseml.evaluate.held_out` returns. Families of fewer than ten rows share one line.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    answered = read(held_out)
    rows = _rows(answered)
    with drawing():
        figure = new_figure(8.4, 1.8 + 0.28 * len(rows))
        axes = figure.subplots()
        _draw_families(axes, rows)
        _label_family(axes, rows)
        axes.set_title(titled("Error by family", about), pad=20.0)
        figure.legend(handles=_legend(rows), ncols=3, loc="outside lower center")
        return settled(figure)


def _rows(answered: Answered) -> list[Row]:
    names, counts = np.unique(answered.families, return_counts=True)
    large = names[counts >= SMALLEST_FAMILY]
    rows = [_row(str(name), answered, answered.families == name) for name in large]
    rows.sort(key=lambda row: row.error.mean())
    rest = ~np.isin(answered.families, large)
    if rest.any():
        rows.append(_row(f"{len(names) - len(large)} smaller families", answered, rest, mixed=True))
    return rows


def _row(name: str, answered: Answered, own: NDArray[np.bool_], *, mixed: bool = False) -> Row:
    truth = answered.truth[own]
    return Row(
        name=name,
        error=answered.error[own],
        bias=float((answered.predicted[own] - truth).mean()),
        error_of_median=float("nan") if mixed else _error_of_median(truth),
    )


def _error_of_median(truth: FloatArray) -> float:
    """Mean error of answering each value by the median of the others."""
    medians = [np.median(np.delete(truth, row)) for row in range(len(truth))]
    return float(np.abs(truth - medians).mean())


def _draw_families(axes: Axes, rows: list[Row]) -> None:
    places = np.arange(len(rows))
    axes.axvspan(*_REPEATABILITY_DECADES, color=SHADE, lw=0)
    axes.axvline(1.0, color=GREY, lw=0.8, ls=(0, (1, 2)))
    axes.boxplot(
        [row.error for row in rows],
        positions=places,
        orientation="horizontal",
        widths=0.62,
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        medianprops={"color": BLUE, "linewidth": 1.4},
        boxprops={"facecolor": SKY, "alpha": 0.45, "linewidth": 0.0},
        whiskerprops={"color": GREY, "linewidth": 0.9},
        capprops={"linewidth": 0.0},
    )
    known = [place for place in places if not np.isnan(rows[place].error_of_median)]
    of_median = [rows[place].error_of_median for place in known]
    axes.plot(of_median, known, "D", ms=4.5, mfc="white", mec=VERMILLION)
    axes.plot([row.error.mean() for row in rows], places, "o", ms=6.0, color=INK)


def _label_family(axes: Axes, rows: list[Row]) -> None:
    axes.set_yticks(np.arange(len(rows)), [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(left=0.0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("absolute error of log10 σ (decades)")
    columns = {
        "rows": [f"{len(row.error)}" for row in rows],
        "mean": [f"{row.error.mean():.2f}" for row in rows],
        "bias": [f"{row.bias:+.2f}".replace("-", "−") for row in rows],
    }
    for x, (name, cells) in zip((1.05, 1.13, 1.21), columns.items(), strict=True):
        column(axes, x, range(len(rows)), [name, *cells], top=-1.0)


def _legend(rows: list[Row]) -> list[Artist]:
    """Keys of what is drawn: a mixture of families has no median of its own."""
    handles: list[Artist] = [
        Line2D([], [], marker="o", ms=6.0, color=INK, ls="none", label="mean error"),
        Line2D([], [], color=BLUE, lw=1.4, label="median"),
        Patch(facecolor=SKY, alpha=0.45, label="middle half (line: 5–95 %)"),
    ]
    if not all(np.isnan(row.error_of_median) for row in rows):
        handles.append(
            Line2D([], [], marker="D", ms=4.5, mfc="white", mec=VERMILLION, ls="none",
                   label="if always the median of the family")
        )  # fmt: skip
    return [*handles, Patch(facecolor=SHADE, label="repeated measurements differ by this")]
