"""Parity: what was measured against what was predicted before it was seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from sseml.arrays import FloatArray
from sseml.evaluate.metrics import CLIP_LOG10_SIGMA
from sseml.report.figures import style
from sseml.report.figures.out_of_fold import GROUPS, Answered, read

_LOOKS = dict(
    zip(
        GROUPS,
        (
            (style.BLUE, "o"),
            (style.ORANGE, "s"),
            (style.GREEN, "^"),
            (style.SKY, "D"),
            (style.VERMILLION, "o"),
            (style.PURPLE, "s"),
            (style.WINE, "^"),
            (style.GREY, "D"),
        ),
        strict=True,
    )
)
_DASHES = (0, (4, 2))
_ROWS_A_STEP = 30
"""Rows behind each step of the typical interval; fewer would draw single answers."""


def parity(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw measured against predicted conductivity, coloured by family.

    The prediction runs along x, so that the typical 90 % interval stands upright around it and the
    measurements that miss their own interval can be seen.

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
        figure = style.new_figure(8.5, 6.0)
        axes = figure.subplots()
        low, high = _limits(answered)
        _draw_bands(axes, answered, low, high)
        _draw_points(axes, answered)
        _label(axes, low, high)
        axes.set_title(style.titled("Measured against predicted", about))
        figure.legend(
            handles=_legend(answered), title=_summary(answered), alignment="left",
            loc="outside right upper", handlelength=1.6, labelspacing=0.6,
        )  # fmt: skip
        return style.settled(figure)


def _limits(answered: Answered) -> tuple[float, float]:
    """Decades that both axes span."""
    shown = np.concatenate([answered.truth, np.maximum(answered.predicted, CLIP_LOG10_SIGMA)])
    return float(shown.min()) - 0.6, float(shown.max()) + 0.6


def _draw_bands(axes: Axes, answered: Answered, low: float, high: float) -> None:
    ends = np.array([low, high])
    axes.fill_between(10.0**ends, 10.0 ** (ends - 1), 10.0 ** (ends + 1), color=style.SHADE, lw=0)
    axes.plot(10.0**ends, 10.0**ends, color=style.GREY, lw=1.0)
    middle, lower, upper = _typical_interval(answered)
    for limit in (lower, upper):
        axes.plot(10.0**middle, 10.0**limit, color=style.INK, lw=1.1, ls=_DASHES, zorder=5)


def _typical_interval(answered: Answered) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Medians of prediction and limits over rows of about the same prediction."""
    order = np.argsort(answered.predicted, kind="stable")
    steps = np.array_split(order, min(12, max(1, len(order) // _ROWS_A_STEP)))
    middle, lower, upper = (
        np.array([np.median(values[rows]) for rows in steps])
        for values in (answered.predicted, answered.low, answered.high)
    )
    return middle, lower, upper


def _draw_points(axes: Axes, answered: Answered) -> None:
    """One call a group and kind of mark, the largest group at the bottom."""
    below = answered.predicted < CLIP_LOG10_SIGMA
    x = 10.0 ** np.where(below, CLIP_LOG10_SIGMA, answered.predicted)
    y = 10.0**answered.truth
    for group in sorted(GROUPS, key=lambda name: -int((answered.groups == name).sum())):
        own = answered.groups == group
        colour, marker = _LOOKS[group]
        kinds = ((answered.clipped, "v"), (below & ~answered.clipped, "<"))
        for kind, mark in (*kinds, (~answered.clipped & ~below, marker)):
            for covered in (True, False):
                rows = own & kind & (answered.covered == covered)
                axes.scatter(
                    x[rows], y[rows], s=18.0, c=colour, marker=mark, alpha=0.75, zorder=3,
                    edgecolors="white" if covered else "black", linewidths=0.3 if covered else 0.9,
                )  # fmt: skip


def _label(axes: Axes, low: float, high: float) -> None:
    axes.set(xscale="log", yscale="log", xlim=(10.0**low, 10.0**high), ylim=(10.0**low, 10.0**high))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=20))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel("predicted σ at 25 °C (S/cm)")
    axes.set_ylabel("measured σ at 25 °C (S/cm)")


def _summary(answered: Answered) -> str:
    within = style.percent(float(np.mean(answered.error <= 1.0)))
    covered = style.percent(float(np.mean(answered.covered)))
    return (
        f"{len(answered)} measurements\n"
        f"mean error {answered.error.mean():.2f} decades\n"
        f"{within} within one decade\n"
        f"{covered} inside their 90 % interval\n"
    )


def _legend(answered: Answered) -> list[Artist]:
    sizes = {group: int((answered.groups == group).sum()) for group in GROUPS}
    handles: list[Artist] = [
        _mark(marker, f"{group} ({sizes[group]})", colour)
        for group, (colour, marker) in _LOOKS.items()
        if sizes[group]
    ]
    if not answered.covered.all():
        handles.append(_mark("o", "outside its 90 % interval", "white", edge="black"))
    handles.append(Patch(color=style.SHADE, label="within one decade"))
    if len(answered) >= 2 * _ROWS_A_STEP:
        handles.append(Line2D([], [], color=style.INK, ls=_DASHES, label="typical 90 % interval"))
    if clipped := int(answered.clipped.sum()):
        handles.append(_mark("v", f"measured ≤ 1e-10 S/cm ({clipped})", style.GREY))
    if below := int((answered.predicted < CLIP_LOG10_SIGMA).sum()):
        handles.append(_mark("<", f"predicted < 1e-10 S/cm ({below})", style.GREY))
    return handles


def _mark(marker: str, label: str, face: str, edge: str = "none") -> Line2D:
    return Line2D([], [], ls="none", marker=marker, ms=5.5, mfc=face, mec=edge, label=label)
