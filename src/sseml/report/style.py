"""How every picture looks: colours, fonts, places, formulas and labels."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

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


_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])\d+(?:\.\d+)?")
_LAST = re.compile(r"(?<=.)[A-Z(\[][a-z]?[\d.]*$")
"""The element at the end of a formula, whole or not."""

_LOW = re.compile(r"\$_\{\\mathregular\{(.*?)\}\}\$")
"""What is set low, as matplotlib reads it."""

_SIGN = re.compile(r"\$_\{\\mathregular\{.*?\}\}\$|\\\$|.", re.DOTALL)
"""A letter, or what is set low as a whole."""

_BREAKABLE = frozenset("/-._?&=;,)")
"""After these a word that is too long is broken."""

_SHRUNK, _AFTER_LOW = 0.7, 0.06
"""Size of what is set low, and the space after it, in sizes of the other letters: matplotlib takes
as long to measure a formula as to draw it."""

_POINTS_AN_INCH = 72.0
_SLACK = 1.03
"""Drawn text is up to this much wider than its outline, as its letters stand on whole pixels."""


def formula_text(formula: str, longest: int | None = None) -> str:
    """Write a formula, or a text with formulas, with the amounts set low.

    Parameters
    ----------
    formula
        Such as ``Li1.3Al0.3Ti1.7(PO4)3``; amounts are rounded to four digits.
    longest
        Characters at most; what is longer ends in an ellipsis.
    """
    plain = formula.replace("$", r"\$")
    rounded = _AMOUNT.sub(lambda found: f"{float(found[0]):.4g}", plain)
    if longest is not None and len(rounded) > longest:
        rounded = _LAST.sub("", rounded[: longest - 1]) + "…"
    return _AMOUNT.sub(r"$_{\\mathregular{\g<0>}}$", rounded)


def width_inch(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line, in which amounts may be set low, at a font size in points."""
    font = FontProperties(size=size, weight=weight)
    outlines = TextToPath()
    points = 0.0
    for place, part in enumerate(_LOW.split(text)):
        width = outlines.get_text_width_height_descent(part, font, ismath=False)[0]
        points += _SHRUNK * width + _AFTER_LOW * size if place % 2 else width
    return float(points) * _SLACK / _POINTS_AN_INCH


def phases_text(
    formulas: Sequence[str],
    width: float,
    size: float,
    weight: str = "normal",
    first: Collection[str] = (),
) -> str:
    """Phases beside each other on one line, as many as there is room for.

    Parameters
    ----------
    formulas
        The phases in the order in which they are to stand.
    width
        Room in inches.
    size, weight
        Of the font, in points.
    first
        Those of them to keep when not all can be written; the others are counted.
    """
    wanted = [name for name in formulas if name in first] or list(formulas[:1])
    wanted += [name for name in formulas if name not in wanted]
    shown = {name: formula_text(name) for name in formulas}
    widths = {name: width_inch(text, size, weight) for name, text in shown.items()}
    plus = width_inch(" + ", size, weight)
    for count in range(len(wanted), 0, -1):
        kept, rest = set(wanted[:count]), _rest(len(wanted) - count)
        long = sum(widths[name] + plus for name in kept) - plus
        if long + width_inch(rest, size, weight) <= width:
            return " + ".join(shown[name] for name in formulas if name in kept) + rest
    rest = _rest(len(wanted) - 1)
    for longest in range(len(wanted[0]) - 1, 1, -1):
        text = formula_text(wanted[0], longest) + rest
        if width_inch(text, size, weight) <= width:
            return text
    return "…"


def _rest(count: int) -> str:
    return f" + {count} more" if count else ""


def wrapped(words: Iterable[str], width: float, size: float) -> list[str]:
    """Words set in lines.

    Parameters
    ----------
    words
        What is not to be broken, such as an amount with its formula.
    width
        Room in inches; a longer word is broken, after a sign of punctuation if there is one.
    size
        Font size in points.
    """
    space = width_inch(" ", size)
    lines: list[str] = []
    used = width
    for word in chain.from_iterable(_broken(word, width, size) for word in words):
        needed = space + width_inch(word, size)
        if lines and used + needed <= width:
            lines[-1] += f" {word}"
            used += needed
        else:
            lines.append(word)
            used = needed - space
    return lines


def _broken(word: str, width: float, size: float) -> Iterator[str]:
    """Parts of a word that each find room; what is set low is not cut in two."""
    if width_inch(word, size) <= width:
        yield word
        return
    start, end, used = 0, 0, 0.0
    signs = [found[0] for found in _SIGN.finditer(word)]
    widths = [width_inch(sign, size) for sign in signs]
    for place, sign_width in enumerate(widths):
        if used + sign_width > width and place > start:
            cut = end if end > start else place
            yield "".join(signs[start:cut])
            start, used = cut, sum(widths[cut:place])
        used += sign_width
        if signs[place] in _BREAKABLE:
            end = place + 1
    yield "".join(signs[start:])


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones that keep a distance.

    Parameters
    ----------
    wanted
        Where the labels would best stand, in ascending order.
    apart
        Distance between neighbours.
    low, high
        Between which all stand, if they find room there.

    Returns
    -------
    list of float
        In the same order; the sum of the squared shifts is as small as can be.
    """
    groups: list[tuple[float, int]] = []
    for place, value in enumerate(wanted):
        mean, size = value - place * apart, 1
        while groups and groups[-1][0] >= mean:
            before, members = groups.pop()
            mean = (before * members + mean * size) / (members + size)
            size += members
        groups.append((mean, size))
    level = [mean for mean, size in groups for _ in range(size)]
    highest = max(low, high - (len(wanted) - 1) * apart)
    return [min(max(at, low), highest) + place * apart for place, at in enumerate(level)]
