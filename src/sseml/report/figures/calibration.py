"""Calibration: whether the probabilities and the intervals keep what they promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator, PercentFormatter
from numpy.typing import NDArray

from sseml.arrays import BoolArray, IntArray
from sseml.evaluate.metrics import share_limits
from sseml.evaluate.order import large_families
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.records import DOMAINS
from sseml.report.figures import style
from sseml.report.figures.out_of_fold import GROUPS, Answered, read

_LEVEL = 0.9
_NEAR_LEVEL = (0.85, 0.95)
"""A family whose coverage is between these counts as calibrated (`families calibrated share`)."""
_PROBABILITY_BINS = 10
_WIDTH_PARTS = 4


class Share(NamedTuple):
    """Share of true entries with its 95 % limits, and of how many rows."""

    share: float
    low: float
    high: float
    rows: int


class _Line(NamedTuple):
    """One line of a picture of shares, and what is counted beside it."""

    place: float
    label: str
    share: Share
    counts: tuple[str, ...]


def calibration(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw how often σ ≥ 1e-4 S/cm came true, and how often the 90 % interval held.

    The bars of both are 95 % binomial limits, as if rows were independent; rows of one paper are
    not, so the true limits are wider.

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
        figure = style.new_figure(10.4, 5.6)
        axes = figure.subplot_mosaic(
            [["told", "held"], ["rows", "held"]], width_ratios=(1.0, 0.9), height_ratios=(4.2, 1.0)
        )
        axes["told"].sharex(axes["rows"])
        _draw_reliability(axes["told"], axes["rows"], answered)
        _draw_coverage(axes["held"], answered)
        figure.suptitle(style.titled("Calibration", about), x=0.01, ha="left", weight="bold")
        return style.settled(figure)


def calibration_by_family(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw how often the 90 % interval held in each family, that of the lowest share first.

    Each row counts once. The bars are 95 % limits as if each held-out group (paper or cluster) were
    one trial; of twenty families that keep their promise, one misses it so by chance.

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
    answered = read(held_out, also=("group",))
    large = large_families(answered.families)
    lines = _family_lines(answered, held_out["group"].to_numpy(dtype=object), large)
    with style.drawing():
        figure = style.new_figure(8.4, 1.8 + 0.28 * len(lines))
        axes = figure.subplots()
        axes.axvspan(*_NEAR_LEVEL, color=style.SHADE, lw=0)
        _draw_lines(axes, lines, {"rows": 1.07, "groups": 1.16})
        axes.set(xlim=(min(0.6, axes.get_xlim()[0]), 1.005), ylim=(lines[-1].place + 0.8, -0.6))
        axes.set_title(style.titled("Coverage of the 90 % interval by family", about), pad=20.0)
        near = Patch(facecolor=style.SHADE, label="85 to 95 %")
        figure.legend(handles=[*_legend(lines), near], ncols=4, loc="outside lower center")
        return style.settled(figure)


def binomial(came_true: BoolArray) -> Share:
    """Share of true entries with its 95 % limits after Wilson (doi 10.2307/2276774)."""
    share, rows = float(came_true.mean()), len(came_true)
    return _of_trials(share, rows, rows)


def _of_trials(share: float, trials: int, rows: int) -> Share:
    low, high = share_limits(share, trials)
    return Share(share, low, high, rows)


def _draw_reliability(above: Axes, below: Axes, answered: Answered) -> None:
    probability = answered.p_superionic
    came_true = answered.truth >= SUPERIONIC_LOG10_SIGMA
    edges = np.linspace(0.0, 1.0, _PROBABILITY_BINS + 1)
    bin_of = np.minimum((probability * _PROBABILITY_BINS).astype(int), _PROBABILITY_BINS - 1)
    used = np.unique(bin_of)
    shares = [binomial(came_true[bin_of == number]) for number in used]
    predicted = [float(probability[bin_of == number].mean()) for number in used]
    above.plot([0, 1], [0, 1], color=style.GREY, lw=1.0)
    for x, y, text in ((0.17, 0.93, "too cautious"), (0.83, 0.05, "too hopeful")):
        above.text(x, y, text, color=style.GREY, fontsize=9.0, ha="center", style="italic")
    _draw_shares(above, predicted, shares, style.BLUE, upright=True)
    above.plot(predicted, [share.share for share in shares], color=style.BLUE, lw=1.0, alpha=0.6)
    above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="measured σ ≥ 1e-4 S/cm")
    above.tick_params(labelbottom=False)
    above.set_title("Probability that σ ≥ 1e-4 S/cm", weight="normal")
    counts = np.bincount(bin_of, minlength=_PROBABILITY_BINS)
    below.bar(edges[:-1], counts, width=0.1, align="edge", color=style.BLUE, alpha=0.45, ec="white")
    below.set(xlabel="predicted probability", ylabel="rows")
    for axes in (above, below):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    above.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def _draw_coverage(axes: Axes, answered: Answered) -> None:
    lines = []
    place = 0.0
    for block in _blocks(answered):
        for label, rows in block:
            if not len(rows):
                continue
            share = binomial(answered.covered[rows])
            lines.append(_Line(place, label, share, (f"{share.rows}",)))
            place += 1.0
        place += 0.6
    _draw_lines(axes, lines, {"rows": 1.09})
    axes.set(xlim=(min(0.6, axes.get_xlim()[0]), 1.005), ylim=(place - 0.9, -0.8))
    axes.set_title("Coverage of the 90 % interval", weight="normal")
    axes.legend(
        handles=_legend(lines), ncols=3, loc="upper left", bbox_to_anchor=(0.0, -0.13),
        borderaxespad=0.0, handletextpad=0.1, columnspacing=1.2,
    )  # fmt: skip


def _draw_lines(axes: Axes, lines: Sequence[_Line], columns: Mapping[str, float]) -> None:
    """Draw shares below one another; `columns` are the places of their counts, by head."""
    axes.axvline(_LEVEL, color=style.GREY, lw=1.0)
    places = [line.place for line in lines]
    for line in lines:
        _draw_shares(axes, [line.place], [line.share], _verdict(line.share), upright=False)
    for number, (head, x) in enumerate(columns.items()):
        counts = [line.counts[number] for line in lines]
        style.column(axes, x, places, [head, *counts], top=-0.9)
    axes.set_yticks(places, [line.label for line in lines])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    axes.xaxis.set_major_locator(MultipleLocator(0.1))
    axes.set_xlabel("measurements inside their 90 % interval")


def _legend(lines: Sequence[_Line]) -> list[Artist]:
    drawn = {_verdict(line.share) for line in lines}
    return [
        Line2D([], [], ls="none", marker=marker, ms=5.5, color=colour, label=label)
        for colour, (marker, label) in _VERDICTS.items()
        if colour in drawn
    ]


_VERDICTS = {
    style.BLUE: ("o", "agrees with 90 %"),
    style.VERMILLION: ("v", "too narrow"),
    style.SKY: ("^", "too wide"),
}


def _verdict(share: Share) -> str:
    """Colour that says whether the level is within the limits, above them or below."""
    if share.high < _LEVEL:
        return style.VERMILLION
    return style.SKY if share.low > _LEVEL else style.BLUE


def _draw_shares(
    axes: Axes, at: Sequence[float], shares: Sequence[Share], colour: str, *, upright: bool
) -> None:
    value = np.array([share.share for share in shares])
    error = np.abs(np.array([[share.low, share.high] for share in shares]).T - value)
    x, y = (at, value) if upright else (value, at)
    axes.errorbar(
        x, y, fmt=_VERDICTS[colour][0], ms=5.5, color=colour, elinewidth=1.3, zorder=4,
        clip_on=False, yerr=error if upright else None, xerr=None if upright else error,
    )  # fmt: skip


def _blocks(answered: Answered) -> Iterator[list[tuple[str, NDArray[np.int64]]]]:
    """Rows whose coverage is drawn on one line with its label, block by block."""
    rows = np.arange(len(answered))
    yield [("all", rows)]
    yield [(f"domain: {name}", rows[answered.domains == name]) for name in DOMAINS]
    width = answered.high - answered.low
    parts = np.array_split(np.argsort(width, kind="stable"), min(_WIDTH_PARTS, len(rows)))
    yield [
        (f"width {width[part].min():.1f}–{width[part].max():.1f} decades", part) for part in parts
    ]
    yield [(group, rows[answered.groups == group]) for group in GROUPS]


def _family_lines(
    answered: Answered, groups: NDArray[np.object_], large: Mapping[str, IntArray]
) -> list[_Line]:
    def line(place: float, label: str, rows: IntArray) -> _Line:
        count = len(set(groups[rows].tolist()))
        share = _of_trials(float(answered.covered[rows].mean()), count, len(rows))
        return _Line(place, label, share, (f"{share.rows}", f"{count}"))

    every = np.arange(len(answered))
    lines = [line(0.0, "all", every)]
    by_coverage = sorted(large.items(), key=lambda own: answered.covered[own[1]].mean())
    lines += [line(1.6 + place, *own) for place, own in enumerate(by_coverage)]
    rest = every[~np.isin(answered.families, list(large))]
    if len(rest):
        count = len(set(answered.families[rest].tolist()))
        lines.append(line(lines[-1].place + 1.6, f"{count} smaller families", rest))
    return lines
