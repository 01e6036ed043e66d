"""How every figure looks: colours, fonts, and where axes and titles stand."""

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
    """Write a head at height `top` and lines at `places`, ending at `x`, in widths of the axes."""
    for place, text in zip((top, *places), texts, strict=True):
        axes.text(
            x, place, text, transform=axes.get_yaxis_transform(), ha="right", va="center",
            fontsize=8.5, color=GREY if place == top else INK,
        )  # fmt: skip


MARGIN_INCH = 0.16
"""Around the figure."""

_TITLE_SIZE = 10.5


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes that fill a rectangle, given in inches, without their labels."""
    wide, high = (float(size) for size in figure.get_size_inches())
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def write_at(
    figure: Figure, corner: tuple[float, float], text: str, size: float, colour: str = INK
) -> None:
    """Write a line whose upper left corner is given in inches; an empty one is left out."""
    wide, high = (float(inches) for inches in figure.get_size_inches())
    if text:
        figure.text(corner[0] / wide, corner[1] / high, text, va="top", fontsize=size, color=colour)


def write_title(figure: Figure, title: str) -> None:
    """Write the title into the upper left corner."""
    wide, high = (float(inches) for inches in figure.get_size_inches())
    figure.text(
        MARGIN_INCH / wide, 1.0 - MARGIN_INCH / high, title, va="top", fontsize=_TITLE_SIZE,
        fontweight="bold",
    )  # fmt: skip
