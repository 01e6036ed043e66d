"""Error of the predictions against the distance to the training data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sseml.arrays import FloatArray
from sseml.kinds import COMPOSITION
from sseml.report.figures import style
from sseml.report.figures.out_of_fold import Answered, read

_STEPS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0 + 1e-9)
"""Distances between which rows are summed up; the borders of the domains are among them."""

_FEWEST_ROWS = 8

_RADII = COMPOSITION.distance.radii


def error_by_distance(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw the error of each answer against its distance to the nearest training row.

    Parameters
    ----------
    held_out
        What `sseml.evaluate.out_of_fold` returns.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    answered = read(held_out)
    with style.drawing():
        figure = style.new_figure(8.4, 5.2)
        axes = figure.subplots()
        _draw(axes, answered)
        _label(axes, answered)
        axes.set_title(style.titled("Error against the distance to the training data", about))
        figure.legend(ncols=4, loc="outside lower center", columnspacing=1.4)
        return style.settled(figure)


def _draw(axes: Axes, answered: Answered) -> None:
    half_width = (answered.high - answered.low) / 2.0
    axes.scatter(
        answered.distance, answered.error, s=12.0, c=style.BLUE, alpha=0.28, lw=0.0,
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
    axes.plot(middle, median, "o-", color=style.INK, lw=2.0, ms=5.0, label="median")
    axes.plot(middle, most, "s-", color=style.VERMILLION, lw=1.6, ms=4.5, label="90 % stay below")
    axes.plot(
        middle, half, color=style.VERMILLION, lw=1.3, ls=(0, (4, 2)), label="half the 90 % interval"
    )


def _label(axes: Axes, answered: Answered) -> None:
    right = max(0.2, float(answered.distance.max()) * 1.05)
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set_xticks(
        [t for t in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0) if t <= right]
    )
    axes.set_xlim(0.0, right)
    top = float(answered.error.max()) * 1.22 + 0.1
    axes.set_ylim(0.0, top)
    for border in (_RADII.inside, _RADII.edge):
        axes.axvline(border, color=style.GREY, lw=1.0, ls=(0, (1, 2)))
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
            xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=8.5,
        )  # fmt: skip
    axes.set_xlabel(
        "distance to the nearest training row (half the summed difference of fractions)"
    )
    axes.set_ylabel("absolute error of log10 σ (decades)")


def _root(values: FloatArray) -> FloatArray:
    """Square root that leaves what is left of the axis at zero."""
    root: FloatArray = np.sqrt(np.maximum(values, 0.0))
    return root
