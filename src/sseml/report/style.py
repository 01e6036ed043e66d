"""How every picture looks: fonts, lines, and colours that the colour-blind tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, WINE, GREY = "#56B4E9", "#CC79A7", "#882255", "#8A8A8A"
"""Okabe and Ito's palette (jfly.uni-koeln.de/color), with a wine red of Paul Tol's for its yellow,
which is too pale on white."""

INK = "#222222"

SHADE = "#E9EDF1"
"""Behind the data: bands and bars that carry no colour of their own."""

_STYLE: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.0,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 8.5,
    "legend.title_fontsize": 9.5,
    "legend.frameon": False,
    "figure.dpi": 100.0,
    "savefig.dpi": 160.0,
    "svg.hashsalt": "sseml",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw or save in this style whatever the settings outside, and leave those as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def new_figure(width_inch: float, height_inch: float) -> Figure:
    """Make an empty figure that finds room for its labels."""
    return Figure(figsize=(width_inch, height_inch), layout="constrained")


def settled(figure: Figure) -> Figure:
    """Find the room for the labels now, once: found again at each save, it would drift."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def titled(title: str, about: str) -> str:
    """Title of a picture, with what it is about if that was said."""
    return f"{title}: {about}" if about else title


def percent(share: float) -> str:
    """Write a share of 1 as people do; what is not quite none or all is not called so."""
    if 0.0 < share < 0.005:
        return "< 1 %"
    if 0.995 < share < 1.0:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def column(axes: Axes, x: float, places: Sequence[float], texts: Sequence[str], top: float) -> None:
    """Write a column of text in the right margin, the first line as its head.

    Parameters
    ----------
    x
        Where it ends, in widths of the axes.
    places
        Where the lines after the head stand, on the y axis.
    texts
        Head and lines.
    top
        Where the head stands, on the y axis.
    """
    for place, text in zip((top, *places), texts, strict=True):
        axes.text(
            x,
            place,
            text,
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=8.5,
            color=GREY if place == top else INK,
        )
