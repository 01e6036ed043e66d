"""Voltage profile of a material: the ions it holds, the phases it becomes, and its window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from sseml.parse.formula import parse_formula
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.voltage import Plateau
from sseml.physics.window import Window
from sseml.records import RefusedInputError
from sseml.report.figures import style
from sseml.report.figures.labels import (
    LARGE,
    Note,
    Notes,
    formula_text,
    phases_text,
    spread,
    terms,
    to_read,
    width_inch,
)
from sseml.report.figures.window_comparison import (
    CALCULATED,
    draw_published,
    in_words,
    limits_of,
    only_measured,
)

_WIDTH = 8.5
_LEFT, _TOP, _BOTTOM = 0.62, 0.6, 0.62
"""In inches around the curve, with room for the title, ticks and labels."""

_HEIGHT, _NARROWEST = 3.7, 3.0
"""Of the curve at least, in inches."""

_BESIDE = 0.05
"""Between the curve and what stands beside it, in inches."""

_MEASURED, _HEAD, _MOST_MEASURED = 0.26, 0.42, 6
"""Of the measured windows: inches for each and for their head, and how many are drawn."""

_HIGHEST_V = 5.5
"""How far the axis reaches at least, so that pictures of several materials compare."""

_LOWEST_V = -0.16
_ROOM_V = 0.24
"""A window that is wider holds its own label."""

_LONGEST_TITLE = 52
_BAND = "#DDF2EA"
_DOTTED = (0, (1, 2))

_LINE_INCH = 0.172
"""From one line of phases to the next."""

_TINTS = {
    "reduced": ("#D3E6F3", "#9CC5E1"),
    "window": (CALCULATED, CALCULATED),
    "oxidised": ("#FBE0CA", "#F2B88B"),
    "": ("#E9EDF1", "#CFD6DD"),
}
"""What becomes of the material in a region → colours of neighbouring blocks in turn: paler tints of
the style's blue, green and vermillion."""

_PHASES_HEAD = "phases at equilibrium"
_HEAD_UP = 0.07
"""How far the head stands above the axes, in inches."""

_SIZE = 8.5
_STRIP, _LEADERS = 0.16, 0.4
"""Widths in inches of the blocks, and of the lines from them to the text."""


def voltage_profile(
    formula: str,
    plateaus: Sequence[Plateau],
    window: Window,
    measured: Sequence[PublishedWindow] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """Draw the potential of a material against the ions it takes up and gives off.

    Beside the curve stand the phases at equilibrium in each range of potential; beneath it the
    reactions at both limits and what one has to know to read them.

    Parameters
    ----------
    formula
        The material, as `sseml.parse.parse_formula` reads it; the uptake is counted from it.
    plateaus
        What `sseml.physics.voltage.voltage_profile` returns.
    window
        What `sseml.physics.window.electrochemical_window` returns.
    measured
        Published windows of the material, drawn beside the calculated one; those that were
        calculated are left out.
    notes
        What one has to know besides those of the window, such as corrections; each begins a line.

    Raises
    ------
    RefusedInputError
        If there are no plateaus or the formula cannot be read.
    """
    if not plateaus:
        raise RefusedInputError(
            f"there is no voltage profile of {formula!r} to draw",
            "; ".join(window.notes) or "calculate it first",
        )
    held = parse_formula(formula).amounts.get(window.ion, 0.0)
    measured = only_measured(measured)
    drawn = measured[:_MOST_MEASURED]
    highest = _highest(plateaus, drawn)
    with style.drawing():
        bars_width = _MEASURED * len(drawn) + _HEAD if drawn else 0.0
        room = _WIDTH - _LEFT - _NARROWEST - bars_width - _BESIDE - style.MARGIN_INCH
        regions = _regions_of(plateaus, window, highest, room)
        lines = Notes(_notes(window, measured, notes), _WIDTH)
        height = max(_HEIGHT, _LINE_INCH * (len(regions) + 1))
        bottom = lines.height + _BOTTOM
        figure = Figure(figsize=(_WIDTH, bottom + height + _TOP))
        phases_width = _regions_width_inch(regions)
        phases_at = _WIDTH - style.MARGIN_INCH - phases_width
        bars_at = phases_at - _BESIDE - bars_width
        curve = style.axes_at(figure, _LEFT, bottom, bars_at - _LEFT, height)
        _draw_curve(curve, plateaus, window, held, highest)
        _label(curve, window, highest)
        if drawn:
            bars = style.axes_at(figure, bars_at, bottom, bars_width, height)
            _draw_measured(bars, drawn, window, highest)
        beside = style.axes_at(figure, phases_at, bottom, phases_width, height)
        _draw_regions(beside, regions, phases_width, height)
        name = formula_text(formula, _LONGEST_TITLE)
        style.write_title(figure, f"{name}: calculated voltage profile")
        lines.write(figure)
        return figure


def _highest(plateaus: Sequence[Plateau], measured: Sequence[PublishedWindow]) -> float:
    """Upper end of the axis of potential."""
    limits = [limit for one in measured for limit in limits_of(one)]
    return max(_HIGHEST_V, plateaus[0].potential_V + 0.45, *(limit + 0.3 for limit in limits))


def _draw_curve(
    axes: Axes, plateaus: Sequence[Plateau], window: Window, held: float, highest: float
) -> None:
    """The steps; the one of the bare metal runs out of the picture."""
    taken_up = plateaus[-1].ions_low - held
    given_off = max(held, 0.04 * taken_up, 0.1)
    right = max(1.08 * taken_up, 1.1 * given_off)
    uptake, potential = [plateaus[0].ions_low - held], [highest]
    for step in plateaus:
        uptake += [step.ions_low - held, min(step.ions_high - held, 2.0 * right)]
        potential += [step.potential_V, step.potential_V]
    axes.axvline(0.0, color=style.GREY, lw=0.8, ls=_DOTTED, zorder=1)
    axes.plot(uptake, potential, color=style.INK, lw=1.5, solid_joinstyle="miter", zorder=3)
    axes.set(xlim=(-1.04 * given_off, right), ylim=(_LOWEST_V, highest))
    _draw_band(axes, window)
    if window.V_red is None or window.V_ox is None:
        return
    here = held * window.ion_change
    if window.collapsed:
        axes.plot(here, window.V_ox, "o", ms=6.0, color=style.GREEN, mec="white", zorder=4)
    else:
        axes.plot(
            [here, here], [window.V_red, window.V_ox], color=style.GREEN, lw=3.5,
            solid_capstyle="butt", zorder=4,
        )  # fmt: skip


def _draw_band(axes: Axes, window: Window) -> None:
    """The window right across; a line where it has collapsed."""
    if window.V_red is None or window.V_ox is None:
        return
    if window.collapsed:
        axes.axhline(window.V_ox, color=style.GREEN, lw=0.9, zorder=0)
    else:
        axes.axhspan(window.V_red, window.V_ox, color=_BAND, lw=0, zorder=0)


def _label(axes: Axes, window: Window, highest: float) -> None:
    """Name the axes, and the window where no step of the curve can be: right of the material."""
    axes.set_xlabel(f"{window.ion} uptake per formula unit")
    axes.set_ylabel(f"potential against {window.ion}/{window.ion}⁺ (V)")
    axes.yaxis.set_major_locator(MultipleLocator(1.0))
    axes.yaxis.set_minor_locator(MultipleLocator(0.5))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    if window.V_red is None or window.V_ox is None:
        text, at, side = "no window", 0.97 * highest, "top"
    elif window.collapsed:
        text, at, side = f"collapsed at {window.V_ox:.2f} V", window.V_ox + 0.06, "bottom"
    else:
        text = f"window {window.V_red:.2f}–{window.V_ox:.2f} V"
        at, side = (window.V_red + window.V_ox) / 2.0, "center"
        if window.V_ox - window.V_red < _ROOM_V:
            at, side = window.V_ox + 0.06, "bottom"
    axes.text(
        0.98, at, text, va=side, ha="right", fontsize=9.0, color=style.INK,
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip


def _draw_measured(
    axes: Axes, measured: Sequence[PublishedWindow], window: Window, highest: float
) -> None:
    """Outlines on the band of the calculated window, numbered as in the notes."""
    free = 0.5 + _HEAD / _MEASURED / 2.0
    axes.set(xlim=(1.0 - free, len(measured) + free), ylim=(_LOWEST_V, highest))
    axes.set_axis_off()
    _draw_band(axes, window)
    axes.set_title(
        "measured", fontsize=LARGE, fontweight="normal", loc="center", color=style.GREY, pad=5.0
    )
    for place, one in enumerate(measured, start=1):
        draw_published(axes, place, one, 0.25, upright=True)
        axes.text(place, _LOWEST_V - 0.05, f"{place}", ha="center", va="top", fontsize=LARGE)


def _notes(
    window: Window, measured: Sequence[PublishedWindow], others: Sequence[str]
) -> list[Note]:
    """What is written under the picture."""
    notes = []
    if window.V_red is not None and window.V_ox is not None:
        coexists = f"none: it coexists with {window.ion} metal"
        reactions = (
            (f"reduction, {window.V_red:.2f} V", window.reduction or coexists, "reduced"),
            (f"oxidation, {window.V_ox:.2f} V", window.oxidation or "none", "oxidised"),
        )
        notes = [
            Note(head, terms(str(equation)), LARGE, "■", _TINTS[side][1])
            for head, equation, side in reactions
        ]
    for place, one in enumerate(measured[:_MOST_MEASURED], start=1):
        notes.append(Note(f"measured {place}", in_words(one)))
    if left := len(measured[_MOST_MEASURED:]):
        notes.append(Note("measured", [f"{left} more, not drawn"]))
    own = ("; ".join(window.notes),) if window.notes else ()
    return [*notes, *to_read((*others, *own))]


class _Region(NamedTuple):
    """Potentials in V between two plateaus, at which one set of phases is stable."""

    low: float
    high: float
    side: str
    text: str
    weight: str


def _regions_of(
    plateaus: Sequence[Plateau], window: Window, highest_V: float, width: float
) -> list[_Region]:
    """Regions upwards from the metal's plateau; `width` is the room for all of them in inches."""
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
        regions.append(_Region(low, high, side, text, weight))
    return regions[::-1]


def _side(potential: float, window: Window) -> str:
    """What becomes of the material at a potential, as a key of `_TINTS`."""
    if window.V_red is None or window.V_ox is None:
        return ""
    if potential < window.V_red:
        return "reduced"
    return "window" if potential < window.V_ox else "oxidised"


def _regions_width_inch(regions: Sequence[_Region]) -> float:
    """Room that blocks, lines and text take."""
    widths = [width_inch(region.text, _SIZE, region.weight) for region in regions]
    return _STRIP + _LEADERS + max(*widths, width_inch(_PHASES_HEAD, _SIZE))


def _draw_regions(axes: Axes, regions: Sequence[_Region], width: float, height: float) -> None:
    """Draw the blocks along the y axis, in V, and write their phases beside them.

    Width and height are those of the axes in inches.
    """
    highest = regions[-1].high
    axes.set(xlim=(0.0, width), ylim=(_LOWEST_V, highest))
    axes.set_axis_off()
    line = _LINE_INCH * (highest - _LOWEST_V) / height
    middles = [(region.low + region.high) / 2.0 for region in regions]
    rows = spread(middles, line, _LOWEST_V + line / 2.0, highest - line / 2.0)
    text_at = _STRIP + _LEADERS
    bends = [_STRIP + 0.02, _STRIP + 0.07, text_at - 0.09, text_at - 0.04]
    for place, (region, middle, row) in enumerate(zip(regions, middles, rows, strict=True)):
        axes.bar(
            0.0, region.high - region.low, _STRIP, region.low, align="edge", ec="white", lw=0.4,
            fc=_TINTS[region.side][place % 2],
        )  # fmt: skip
        axes.plot(bends, [middle, middle, row, row], color=style.GREY, lw=0.6)
        axes.text(
            text_at, row, region.text, va="center", fontsize=_SIZE, fontweight=region.weight,
            color=style.INK,
        )  # fmt: skip
    axes.text(
        text_at, 1.0 + _HEAD_UP / height, _PHASES_HEAD, transform=axes.get_xaxis_transform(),
        fontsize=_SIZE, color=style.GREY,
    )  # fmt: skip
