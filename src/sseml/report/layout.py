"""Places on a figure in inches, from its lower left corner: axes, lines of text and the title."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sseml.report.style import INK

MARGIN_INCH = 0.16
"""Around the picture."""

_TITLE_SIZE = 10.5


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes that fill a rectangle, without their labels."""
    wide, high = (float(size) for size in figure.get_size_inches())
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def write_at(
    figure: Figure, corner: tuple[float, float], text: str, size: float, colour: str = INK
) -> None:
    """Write a line of which the upper left corner is given; of an empty one nothing is left."""
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
