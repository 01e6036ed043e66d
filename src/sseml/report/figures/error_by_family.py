"""Error of the predictions, family by family."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sseml.arrays import BoolArray, FloatArray
from sseml.evaluate.order import SMALLEST_FAMILY
from sseml.report.figures import style
from sseml.report.figures.out_of_fold import Answered, read

_REPEATABILITY_DECADES = (0.45, 0.6)
"""By how much repeated measurements in the literature differ; see docs/figures.md."""


class _Row(NamedTuple):
    """One line of the figure: errors of a family in decades, and of its other rows' median."""

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
        What `sseml.evaluate.out_of_fold` returns. Families of fewer than ten rows share one line.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    answered = read(held_out)
    rows = _rows(answered)
    with style.drawing():
        figure = style.new_figure(8.4, 1.8 + 0.28 * len(rows))
        axes = figure.subplots()
        _draw(axes, rows)
        _label(axes, rows)
        axes.set_title(style.titled("Error by family", about), pad=20.0)
        figure.legend(handles=_legend(rows), ncols=3, loc="outside lower center")
        return style.settled(figure)


def _rows(answered: Answered) -> list[_Row]:
    names, counts = np.unique(answered.families, return_counts=True)
    large = names[counts >= SMALLEST_FAMILY]
    rows = [_row(str(name), answered, answered.families == name) for name in large]
    rows.sort(key=lambda row: row.error.mean())
    rest = ~np.isin(answered.families, large)
    if rest.any():
        rows.append(_row(f"{len(names) - len(large)} smaller families", answered, rest, mixed=True))
    return rows


def _row(name: str, answered: Answered, own: BoolArray, *, mixed: bool = False) -> _Row:
    truth = answered.truth[own]
    bias = float((answered.predicted[own] - truth).mean())
    error_of_median = float("nan") if mixed else _error_of_median(truth)
    return _Row(name, answered.error[own], bias, error_of_median)


def _error_of_median(truth: FloatArray) -> float:
    """Mean error of answering each value by the median of the others."""
    medians = [np.median(np.delete(truth, row)) for row in range(len(truth))]
    return float(np.abs(truth - medians).mean())


def _draw(axes: Axes, rows: list[_Row]) -> None:
    places = np.arange(len(rows))
    axes.axvspan(*_REPEATABILITY_DECADES, color=style.SHADE, lw=0)
    axes.axvline(1.0, color=style.GREY, lw=0.8, ls=(0, (1, 2)))
    axes.boxplot(
        [row.error for row in rows], positions=places, orientation="horizontal", widths=0.62,
        whis=(5, 95), showfliers=False, patch_artist=True, manage_ticks=False,
        medianprops={"color": style.BLUE, "linewidth": 1.4},
        boxprops={"facecolor": style.SKY, "alpha": 0.45, "linewidth": 0.0},
        whiskerprops={"color": style.GREY, "linewidth": 0.9},
        capprops={"linewidth": 0.0},
    )  # fmt: skip
    known = [place for place in places if not np.isnan(rows[place].error_of_median)]
    of_median = [rows[place].error_of_median for place in known]
    axes.plot(of_median, known, "D", ms=4.5, mfc="white", mec=style.VERMILLION)
    axes.plot([row.error.mean() for row in rows], places, "o", ms=6.0, color=style.INK)


def _label(axes: Axes, rows: list[_Row]) -> None:
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
        style.column(axes, x, range(len(rows)), [name, *cells], top=-1.0)


def _legend(rows: list[_Row]) -> list[Artist]:
    """Keys of what is drawn: a mixture of families has no median of its own."""
    handles: list[Artist] = [
        Line2D([], [], marker="o", ms=6.0, color=style.INK, ls="none", label="mean error"),
        Line2D([], [], color=style.BLUE, lw=1.4, label="median"),
        Patch(facecolor=style.SKY, alpha=0.45, label="middle half (line: 5–95 %)"),
    ]
    if not all(np.isnan(row.error_of_median) for row in rows):
        handles.append(
            Line2D([], [], marker="D", ms=4.5, mfc="white", mec=style.VERMILLION, ls="none",
                   label="if always the median of the family")
        )  # fmt: skip
    return [*handles, Patch(facecolor=style.SHADE, label="repeated measurements differ by this")]
