"""What more measurements bring: error before and after by family, and year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sseml.evaluate.before_after import AFTER, BEFORE, SIDES
from sseml.evaluate.gains import Gain, Gains
from sseml.records import RefusedInputError
from sseml.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    SHADE,
    VERMILLION,
    column,
    drawing,
    new_figure,
    settled,
    titled,
)

_ERROR, _CONSTANT = "MAE10c", "MAE10c constant"
_COLOURS = {BEFORE: VERMILLION, AFTER: BLUE}
_DASHES = (0, (4, 2))
_REPEATABILITY_DECADES = (0.45, 0.6)
"""By how much repeated measurements in the literature differ; see docs/evaluate.md."""


def error_before_after(families: Mapping[str, Gains], about: str = "") -> Figure:
    """Draw the error of each family before and after, and the 95 % interval of the difference.

    Parameters
    ----------
    families
        What `sseml.evaluate.gains.by_family` returns.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If there is no family.
    """
    if not families:
        raise RefusedInputError(
            "no family has ten held-out rows, so there is nothing to draw",
            "take a table with more measurements",
        )
    shown = sorted(families.items(), key=lambda item: item[1][_ERROR].difference)
    with drawing():
        figure = new_figure(9.2, 1.9 + 0.28 * len(shown))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1.0))
        _draw_errors(left, [own for _, own in shown])
        _draw_differences(right, [own[_ERROR] for _, own in shown])
        left.set_yticks(np.arange(len(shown)), [name for name, _ in shown])
        left.set_ylim(len(shown) - 0.4, -0.6)
        counts = {
            "rows": [f"{own.rows}" for _, own in shown],
            "papers": [f"{own.papers}" for _, own in shown],
        }
        for x, (name, cells) in zip((1.13, 1.30), counts.items(), strict=True):
            column(right, x, range(len(shown)), [name, *cells], top=-1.0)
        figure.suptitle(titled("Error before and after", about), x=0.01, ha="left", weight="bold")
        figure.legend(
            handles=_family_legend([own[_ERROR] for _, own in shown]),
            ncols=4,
            loc="outside lower center",
        )
        return settled(figure)


def error_by_year_learned(years: Mapping[str, Mapping[int, Mapping[str, Gains]]]) -> Figure:
    """Draw how the error on the same recent rows falls with the years that are learned from.

    Parameters
    ----------
    years
        Output → last year learned from → way to count → figures, as
        `sseml.evaluate.gain_report.GainReport.years` holds them.
    """
    outputs = list(years)
    views = list(next(iter(years[outputs[0]].values())))
    with drawing():
        figure = new_figure(3.3 * len(views) + 0.6, 2.9 * len(outputs) + 1.0)
        grid = figure.subplots(len(outputs), len(views), sharex=True, sharey=True, squeeze=False)
        for row, output in enumerate(outputs):
            for place, view in enumerate(views):
                axes = grid[row, place]
                curve = {year: own[view] for year, own in years[output].items()}
                _draw_curve(axes, curve)
                first = next(iter(curve.values()))
                count = f"{first.rows} rows, {first.papers} papers"
                axes.set_title(f"{view}\n{count}", weight="normal", fontsize=9.5)
            grid[row, 0].set_ylabel(f"{output}\nmean error (decades)")
        for axes in grid[-1]:
            axes.set_xlabel("last year learned from")
        figure.suptitle(
            "Coverage is the lever: papers of 2023 and later, learned from earlier ones",
            x=0.01, ha="left", weight="bold",
        )  # fmt: skip
        figure.legend(handles=_curve_legend(), ncols=2, loc="outside lower center")
        return settled(figure)


def _draw_errors(axes: Axes, families: Sequence[Gains]) -> None:
    places = np.arange(len(families))
    errors = {side: [getattr(own[_ERROR], side) for own in families] for side in SIDES}
    axes.axvline(1.0, color=GREY, lw=0.8, ls=(0, (1, 2)))
    for place, before, after in zip(places, errors[BEFORE], errors[AFTER], strict=True):
        axes.plot([before, after], [place, place], color="#C4CCD4", lw=2.6, zorder=1)
    axes.plot([own[_CONSTANT].after for own in families], places, "|", ms=11.0, mew=1.4, color=GREY)
    axes.plot(errors[BEFORE], places, "o", ms=6.0, mfc="white", mec=VERMILLION, mew=1.4)
    axes.plot(errors[AFTER], places, "o", ms=6.0, color=BLUE)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("mean absolute error of log10 σ (decades)")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_differences(axes: Axes, errors: Sequence[Gain]) -> None:
    axes.axvline(0.0, color=INK, lw=0.8)
    for place, error in enumerate(errors):
        known = isfinite(error.low)
        if known:
            axes.plot([error.low, error.high], [place, place], color=_verdict(error), lw=1.6)
        face = _verdict(error) if known else "white"
        axes.plot(error.difference, place, "o", ms=5.5, color=_verdict(error), mfc=face)
    reach = 1.08 * max(
        abs(end)
        for error in errors
        for end in (error.low, error.high, error.difference)
        if isfinite(end)
    )
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("after minus before (95 %)")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


_VERDICTS = {
    GREEN: "better (95 % sure)", GREY: "may be luck", VERMILLION: "worse (95 % sure)",
}  # fmt: skip


def _verdict(error: Gain) -> str:
    """Colour that says whether the difference is sure."""
    if error.high < 0.0:
        return GREEN
    return VERMILLION if error.low > 0.0 else GREY


def _family_legend(errors: Sequence[Gain]) -> list[Artist]:
    """Keys of what is drawn."""
    sure = {_verdict(error) for error in errors if isfinite(error.low)}
    handles: list[Artist] = [
        Line2D([], [], ls="none", marker="o", ms=6.0, mfc="white", mec=VERMILLION, mew=1.4,
               label="before"),
        Line2D([], [], ls="none", marker="o", ms=6.0, color=BLUE, label="after"),
        Line2D([], [], ls="none", marker="|", ms=10.0, mew=1.4, color=GREY,
               label="best constant for all rows"),
    ]  # fmt: skip
    handles += [
        Line2D([], [], marker="o", ms=5.5, color=colour, label=label)
        for colour, label in _VERDICTS.items()
        if colour in sure
    ]
    if not all(isfinite(error.low) for error in errors):
        handles.append(
            Line2D([], [], ls="none", marker="o", ms=5.5, color=GREY, mfc="white",
                   label="under ten papers: how sure is not known")
        )  # fmt: skip
    return handles


def _draw_curve(axes: Axes, curve: Mapping[int, Gains]) -> None:
    years = list(curve)
    errors = [own[_ERROR] for own in curve.values()]
    constant = next(iter(curve.values()))[_CONSTANT].after
    axes.axhspan(*_REPEATABILITY_DECADES, color=SHADE, lw=0)
    axes.axhline(constant, color=GREY, lw=1.2, ls=_DASHES)
    for side in SIDES:
        values = [getattr(error, side) for error in errors]
        face = "white" if side == BEFORE else _COLOURS[side]
        axes.plot(years, values, "-o", color=_COLOURS[side], mfc=face, ms=5.0, lw=1.5)
    axes.set_xticks(years, [str(year) for year in years], rotation=45, ha="right")
    axes.grid(axis="y", color="#E3E7EB", lw=0.7)


def _curve_legend() -> list[Artist]:
    return [
        Line2D([], [], color=VERMILLION, marker="o", mfc="white", ms=5.0,
               label="before: public sources alone"),
        Line2D([], [], color=BLUE, marker="o", ms=5.0, label="after: with the literature table"),
        Line2D([], [], color=GREY, lw=1.2, ls=_DASHES, label="best constant"),
        Patch(color=SHADE, label="repeated measurements differ by this"),
    ]  # fmt: skip
