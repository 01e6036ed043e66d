"""Parity of the time split: both outputs beside each other, by family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from sseml.evaluate.metrics import CLIP_LOG10_SIGMA, clipped_absolute_error
from sseml.report.answered import Answered, read
from sseml.report.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SHADE,
    SKY,
    VERMILLION,
    WINE,
    drawing,
    new_figure,
    percent,
    settled,
)

_LOOKS = (
    (BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (SKY, "D"),
    (VERMILLION, "v"), (PURPLE, "P"), (WINE, "X"), ("#332288", "p"),
)  # fmt: skip
"""Of the families of most rows, in their order."""

_OTHERS = "other families"


def parity_of_outputs(answered: Mapping[str, pd.DataFrame], about: str) -> Figure:
    """Draw measured against predicted, a panel for each output, coloured by family.

    Parameters
    ----------
    answered
        Output → its answers, in the columns of `sseml.evaluate.held_out`.
    about
        What was asked, for the title.

    Raises
    ------
    RefusedInputError
        If a table is empty or lacks a column.
    """
    panels = {output: read(rows) for output, rows in answered.items()}
    looks = _looks(next(iter(panels.values())))
    low, high = _limits(list(panels.values()))
    with drawing():
        figure = new_figure(1.9 + 4.3 * len(panels), 5.0)
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (output, own) in zip(grid, panels.items(), strict=True):
            _draw(axes, own, looks, (low, high))
            axes.set_title(f"{output}\n{_summary(own)}", weight="normal", fontsize=9.5)
        grid[0].set_ylabel("measured σ at 25 °C (S/cm)")
        figure.suptitle(f"Measured against predicted: {about}", x=0.01, ha="left", weight="bold")
        figure.legend(
            handles=_legend(list(panels.values()), looks), loc="outside right upper",
            labelspacing=0.6,
        )  # fmt: skip
        return settled(figure)


def _looks(answered: Answered) -> dict[str, tuple[str, str]]:
    """Colour and mark of the families of most rows; the others share grey points."""
    names, counts = np.unique(answered.families, return_counts=True)
    largest = names[np.argsort(-counts, kind="stable")][: len(_LOOKS)]
    return dict(zip([str(name) for name in largest], _LOOKS, strict=False)) | {_OTHERS: (GREY, ".")}


def _limits(panels: list[Answered]) -> tuple[float, float]:
    shown = np.concatenate([np.concatenate([own.truth, _shown(own)]) for own in panels])
    return float(shown.min()) - 0.5, float(shown.max()) + 0.5


def _shown(answered: Answered) -> np.ndarray:
    return np.maximum(answered.predicted, CLIP_LOG10_SIGMA)


def _draw(
    axes: Axes,
    answered: Answered,
    looks: Mapping[str, tuple[str, str]],
    limits: tuple[float, float],
) -> None:
    ends = np.array(limits)
    axes.fill_between(10.0**ends, 10.0 ** (ends - 1), 10.0 ** (ends + 1), color=SHADE, lw=0)
    axes.plot(10.0**ends, 10.0**ends, color=GREY, lw=1.0)
    x, y = 10.0 ** _shown(answered), 10.0**answered.truth
    kinds = np.array([name if name in looks else _OTHERS for name in answered.families])
    for name in (_OTHERS, *(family for family in looks if family != _OTHERS)):
        colour, marker = looks[name]
        for covered in (True, False):
            own = (kinds == name) & (answered.covered == covered)
            axes.scatter(
                x[own], y[own], s=22.0, c=colour, marker=marker, alpha=0.75, zorder=3,
                edgecolors="white" if covered else "black", linewidths=0.3 if covered else 0.9,
            )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=10.0**ends, ylim=10.0**ends)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=20))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel("predicted σ at 25 °C (S/cm)")


def _summary(answered: Answered) -> str:
    error = clipped_absolute_error(answered.truth, answered.predicted)
    bias = float((answered.predicted - answered.truth).mean())
    return (
        f"{len(answered)} rows, mean error {error.mean():.2f}, bias {bias:+.2f},\n"
        f"{percent(float(answered.covered.mean()))} in their interval"
    ).replace("-", "−")


def _legend(panels: list[Answered], looks: Mapping[str, tuple[str, str]]) -> list[Artist]:
    """Keys of what is drawn; families and their rows are those of the first panel."""
    answered = panels[0]
    counts = {name: int((answered.families == name).sum()) for name in looks}
    counts[_OTHERS] = len(answered) - sum(counts.values())
    handles: list[Artist] = [
        Line2D([], [], ls="none", marker=marker, ms=6.0, mfc=colour, mec="none",
               label=f"{name} ({counts[name]})")
        for name, (colour, marker) in looks.items()
        if counts[name]
    ]  # fmt: skip
    if not all(own.covered.all() for own in panels):
        handles.append(
            Line2D([], [], ls="none", marker="o", ms=6.0, mfc="white", mec="black",
                   label="outside its 90 % interval")
        )  # fmt: skip
    return [*handles, Patch(color=SHADE, label="within one decade")]
