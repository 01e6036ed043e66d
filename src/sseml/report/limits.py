"""Beside the block of a window: the phases at equilibrium and the measured limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes

from sseml.physics.published_windows import PublishedWindow
from sseml.physics.voltage import Plateau
from sseml.physics.window import Window
from sseml.report.style import GREY, INK, phases_text, spread, width_inch

OPEN_V = 0.45
"""Length of the stem at a limit whose other limit is not known."""

_Dashes = str | tuple[float, tuple[float, float]]

_WITHIN = "within"
_LINE_WIDTH = 1.2
_DOTTED = (0, (1, 1.5))
_DASHED = (0, (3, 1.5))


def only_measured(published: Iterable[PublishedWindow]) -> list[PublishedWindow]:
    """Those that nobody calculated."""
    return [one for one in published if not one.is_calculated]


def limits_of(one: PublishedWindow) -> list[float]:
    """The limits that are known, in V."""
    return [limit for limit in (one.V_red, one.V_ox) if limit is not None]


def in_words(one: PublishedWindow) -> list[str]:
    """Limits, method and source, as words for a note."""
    method = f"method {one.method}" if one.method.startswith("not ") else one.method
    read_in = f"read in {one.read_in}" if one.read_in else ""
    sources = (f"doi {one.doi}",) if one.doi else (one.reference, read_in)
    parts = (f"{_which(one)}{_range(one)} V", method, *filter(None, sources))
    return " · ".join(parts).split()


def _which(one: PublishedWindow) -> str:
    """What the limits are."""
    if one.relation == _WITHIN:
        return "no reaction seen "
    about = "about " if one.relation == "~" else ""
    if None not in (one.V_red, one.V_ox):
        return about
    return f"{'oxidation' if one.V_red is None else 'reduction'} {about}"


def _range(one: PublishedWindow) -> str:
    """The limits, with as many digits as their source gives."""
    limits = "–".join(f"{limit:g}" for limit in limits_of(one))
    if one.relation != _WITHIN:
        return limits
    if None not in (one.V_red, one.V_ox):
        return f"at {limits}"
    return f"{'up' if one.V_red is None else 'down'} to {limits}"


def draw(
    axes: Axes, place: float, one: PublishedWindow, half_width: float, *, upright: bool
) -> None:
    """Draw one window as an outline, or as a stroke and a stem where only one limit is known.

    Parameters
    ----------
    axes
        Their y axis are volts if `upright`, their x axis if not.
    place, half_width
        On the other axis.
    one
        Dashed if its limits may lie further out.
    """
    low, high = place - half_width, place + half_width
    style: _Dashes = _DASHED if one.relation == _WITHIN else "-"
    if one.V_red is not None and one.V_ox is not None:
        across = [low, low, high, high, low]
        _line(axes, across, [one.V_red, one.V_ox, one.V_ox, one.V_red, one.V_red], style, upright)
        return
    limit = limits_of(one)[0]
    inwards = OPEN_V if one.V_ox is None else -OPEN_V
    _line(axes, [low, high], [limit, limit], style, upright)
    _line(axes, [place, place], [limit, limit + inwards], _DOTTED, upright)


def _line(
    axes: Axes, across: list[float], volts: list[float], style: _Dashes, upright: bool
) -> None:
    x, y = (across, volts) if upright else (volts, across)
    axes.plot(x, y, color=INK, lw=_LINE_WIDTH, ls=style, solid_joinstyle="miter", zorder=3)


LINE_INCH = 0.172
"""From one line of phases to the next."""

TINTS = {
    "reduced": ("#D3E6F3", "#9CC5E1"),
    "window": ("#8FD4BC", "#8FD4BC"),
    "oxidised": ("#FBE0CA", "#F2B88B"),
    "": ("#E9EDF1", "#CFD6DD"),
}
"""What becomes of the material in a region → colours of neighbouring blocks in turn: paler tints of
the style's blue, green and vermillion."""

_HEAD = "phases at equilibrium"
_HEAD_UP = 0.07
"""How far the head stands above the axes, in inches."""

_SIZE = 8.5
_STRIP, _LEADERS = 0.16, 0.4
"""Widths in inches of the blocks, and of the lines from them to the text."""


@dataclass(frozen=True, slots=True)
class Region:
    """Potentials between two plateaus, at which one set of phases is stable.

    Attributes
    ----------
    low, high
        Its ends in V.
    side
        Key of `TINTS`.
    text
        The phases as they are written.
    weight
        Of the letters: the window's own phases stand out.
    """

    low: float
    high: float
    side: str
    text: str
    weight: str


def regions_of(
    plateaus: Sequence[Plateau], window: Window, highest_V: float, width: float
) -> list[Region]:
    """Regions from the metal's plateau up to the highest potential.

    Parameters
    ----------
    plateaus
        As `sseml.physics.voltage.voltage_profile` returns them.
    window
        What counts as reduced and oxidised.
    highest_V
        Where the last region ends.
    width
        Room for blocks, lines and text, in inches.
    """
    levels = [highest_V, *(step.potential_V for step in plateaus)]
    held = [step.phases_low for step in plateaus]
    regions = []
    for place, (high, low) in enumerate(pairwise(levels)):
        side = _side((low + high) / 2.0, window)
        nearer = place + 1 if side == "oxidised" else place - 1
        known = held[nearer] if 0 <= nearer < len(held) else held[place]
        new = frozenset(held[place]) - frozenset(known)
        room = width - _STRIP - _LEADERS
        weight = "bold" if side == "window" else "normal"
        text = phases_text(tuple(held[place]), room, _SIZE, weight, first=new)
        regions.append(Region(low, high, side, text, weight))
    return regions[::-1]


def _side(potential: float, window: Window) -> str:
    """What becomes of the material at a potential, as a key of `TINTS`."""
    if window.V_red is None or window.V_ox is None:
        return ""
    if potential < window.V_red:
        return "reduced"
    return "window" if potential < window.V_ox else "oxidised"


def regions_width_inch(regions: Sequence[Region]) -> float:
    """Room that blocks, lines and text take."""
    widths = [width_inch(region.text, _SIZE, region.weight) for region in regions]
    return _STRIP + _LEADERS + max(*widths, width_inch(_HEAD, _SIZE))


def draw_regions(
    axes: Axes, regions: Sequence[Region], width: float, height: float, lowest_V: float
) -> None:
    """Draw the blocks along the y axis and write their phases beside them.

    Parameters
    ----------
    axes
        Empty ones; their y axis becomes V.
    regions
        In ascending order.
    width, height
        Of the axes, in inches.
    lowest_V
        Where the y axis begins; it ends where the last region does.
    """
    highest = regions[-1].high
    axes.set(xlim=(0.0, width), ylim=(lowest_V, highest))
    axes.set_axis_off()
    line = LINE_INCH * (highest - lowest_V) / height
    middles = [(region.low + region.high) / 2.0 for region in regions]
    rows = spread(middles, line, lowest_V + line / 2.0, highest - line / 2.0)
    text_at = _STRIP + _LEADERS
    bends = [_STRIP + 0.02, _STRIP + 0.07, text_at - 0.09, text_at - 0.04]
    for place, (region, middle, row) in enumerate(zip(regions, middles, rows, strict=True)):
        axes.bar(
            0.0, region.high - region.low, _STRIP, region.low, align="edge", ec="white", lw=0.4,
            fc=TINTS[region.side][place % 2],
        )  # fmt: skip
        axes.plot(bends, [middle, middle, row, row], color=GREY, lw=0.6)
        axes.text(
            text_at, row, region.text, va="center", fontsize=_SIZE, fontweight=region.weight,
            color=INK,
        )  # fmt: skip
    axes.text(
        text_at, 1.0 + _HEAD_UP / height, _HEAD, transform=axes.get_xaxis_transform(),
        fontsize=_SIZE, color=GREY,
    )  # fmt: skip
