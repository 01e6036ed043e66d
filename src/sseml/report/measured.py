"""Measured windows as pictures show them: outlines, never filled like what was calculated."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes

from sseml.curation.windows import PublishedWindow
from sseml.report.style import INK

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
