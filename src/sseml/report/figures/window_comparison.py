"""Windows of several materials, with those that were measured beneath."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from sseml.physics.published_windows import PublishedWindow
from sseml.physics.window import Window
from sseml.records import RefusedInputError
from sseml.report.figures import style
from sseml.report.figures.labels import SMALL, Note, Notes, formula_text, width_inch, words

_WIDTH = 8.5
_TOP, _BOTTOM = 0.52, 0.62
"""In inches above and below the bars, with room for title and key, ticks and label."""

_ROW, _MEASURED_ROW = 0.32, 0.17
"""Heights in inches of a calculated window, and of a measured one beneath it."""

_BAR, _OUTLINE = 0.17, 0.1
"""Heights in inches of what is drawn in them."""

_NAME_SIZE, _NUMBER_SIZE = 9.0, 8.5
_LONGEST_NAME = 34
_GAP = 0.1
"""Between a name and the axes, in inches."""

_NUMBER_V = 0.55
"""Room for a number left of 0 V and right of the highest limit."""

_AWAY = 6.0
"""From a limit to its number, in points."""

_HIGHEST_V = 5.0

CALCULATED = "#8FD4BC"
"""Colour of a calculated window: a paler tint of the style's green."""

_OPEN_V = 0.45
"""Length of the stem at a limit whose other limit is not known."""

_Dashes = str | tuple[float, tuple[float, float]]

_WITHIN = "within"
_LINE_WIDTH = 1.2
_DOTTED = (0, (1, 1.5))
_DASHED = (0, (3, 1.5))


class _Row(NamedTuple):
    """One material, and where it stands in inches below the upper edge of the axes."""

    name: str
    window: Window
    measured: Sequence[PublishedWindow]
    middle: float

    @property
    def measured_middles(self) -> list[float]:
        """Where the measured windows stand."""
        first = self.middle + _ROW / 2.0 + _MEASURED_ROW / 2.0 - 0.04
        return [first + place * _MEASURED_ROW for place in range(len(self.measured))]


def windows_compared(
    formulas: Sequence[str],
    windows: Sequence[Window],
    measured: Sequence[Sequence[PublishedWindow]] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """Draw the windows of several materials as bars from reduction to oxidation.

    Parameters
    ----------
    formulas
        The materials, in the order in which they are to stand.
    windows
        The calculated window of each.
    measured
        Published windows of each, or nothing at all; those that were calculated are left out.
    notes
        What one has to know besides those of the windows, such as corrections; each begins a line.

    Raises
    ------
    RefusedInputError
        If there is no formula.
    ValueError
        If there is not one window, or not one list of measured ones, for each formula.
    """
    if not formulas:
        raise RefusedInputError("there is no window to draw", "give at least one formula")
    rows, height = _rows(formulas, windows, measured or [()] * len(formulas))
    with style.drawing():
        lines = Notes(_notes(rows, notes), _WIDTH)
        bottom = lines.height + _BOTTOM
        figure = Figure(figsize=(_WIDTH, bottom + height + _TOP))
        left = style.MARGIN_INCH + _GAP + max(width_inch(row.name, _NAME_SIZE) for row in rows)
        axes = style.axes_at(figure, left, bottom, _WIDTH - style.MARGIN_INCH - left, height)
        _label(axes, rows, height)
        number = 0
        for row in rows:
            _draw_window(axes, row)
            for middle, one in zip(row.measured_middles, row.measured, strict=True):
                number += 1
                _draw_measured(axes, middle, one, number)
        style.write_title(figure, "Electrochemical windows")
        lines.write(figure)
        return figure


def _rows(
    formulas: Sequence[str],
    windows: Sequence[Window],
    measured: Sequence[Sequence[PublishedWindow]],
) -> tuple[list[_Row], float]:
    """One row a material, and the height of all in inches."""
    rows, down = [], 0.0
    for formula, window, published in zip(formulas, windows, measured, strict=True):
        own = only_measured(published)
        name = formula_text(formula, _LONGEST_NAME)
        rows.append(_Row(name, window, own, down + _ROW / 2.0))
        down += _ROW + _MEASURED_ROW * len(own)
    return rows, down


def _label(axes: Axes, rows: Sequence[_Row], height: float) -> None:
    limits = [limit for row in rows for one in row.measured for limit in limits_of(one)]
    limits += [row.window.V_ox for row in rows if row.window.V_ox is not None]
    axes.set(xlim=(-_NUMBER_V, max(_HIGHEST_V, *limits) + _NUMBER_V), ylim=(height, 0.0))
    axes.xaxis.set_major_locator(MultipleLocator(1.0))
    axes.xaxis.set_minor_locator(MultipleLocator(0.5))
    axes.grid(axis="x", color=style.SHADE, lw=0.8)
    ions = {row.window.ion for row in rows}
    metal = "/".join((*ions, f"{min(ions)}⁺")) if len(ions) == 1 else "the metal of the ion"
    axes.set_xlabel(f"potential against {metal} (V)")
    axes.set_yticks([row.middle for row in rows], [row.name for row in rows], fontsize=_NAME_SIZE)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for row in rows[1:]:
        axes.axhline(row.middle - _ROW / 2.0, color=style.SHADE, lw=0.8)
    if handles := _legend(rows):
        axes.legend(handles=handles, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))


def _legend(rows: Sequence[_Row]) -> list[Artist]:
    """Keys of what is drawn."""
    handles: list[Artist] = []
    answered = [row.window for row in rows if row.window.V_red is not None]
    if not all(window.collapsed for window in answered):
        handles.append(Patch(fc=CALCULATED, ec=style.GREEN, label="calculated"))
    if any(window.collapsed for window in answered):
        label = "calculated, collapsed"
        handles.append(Line2D([], [], ls="", marker="D", ms=6.0, color=style.GREEN, label=label))
    if any(row.measured for row in rows):
        handles.append(Patch(fc="white", ec=style.INK, label="measured"))
    return handles


def _draw_window(axes: Axes, row: _Row) -> None:
    """A bar with its limits, a diamond where it has collapsed, or the words that there is none."""
    window = row.window
    if window.V_red is None or window.V_ox is None:
        _write(axes, 0.0, row.middle, "no window", right=True)
    elif window.collapsed:
        axes.plot(window.V_ox, row.middle, "D", ms=6.0, color=style.GREEN)
        _write(axes, window.V_ox, row.middle, f"{window.V_ox:.2f}, collapsed", right=True)
    else:
        axes.barh(
            row.middle, window.V_ox - window.V_red, _BAR, window.V_red, fc=CALCULATED,
            ec=style.GREEN, lw=0.9, zorder=2,
        )  # fmt: skip
        _write(axes, window.V_red, row.middle, f"{window.V_red:.2f}", right=False)
        _write(axes, window.V_ox, row.middle, f"{window.V_ox:.2f}", right=True)


def _draw_measured(axes: Axes, middle: float, one: PublishedWindow, number: int) -> None:
    """An outline with the number of its note."""
    draw_published(axes, middle, one, _OUTLINE / 2.0, upright=False)
    to_the_right = one.V_ox is not None
    limit = max(limits_of(one))
    _write(axes, limit, middle, f"[{number}]", right=to_the_right, size=SMALL)


def _write(
    axes: Axes, limit: float, middle: float, text: str, *, right: bool, size: float = _NUMBER_SIZE
) -> None:
    """Write beside a limit."""
    axes.annotate(
        text, (limit, middle), (_AWAY if right else -_AWAY, 0.0), textcoords="offset points",
        ha="left" if right else "right", va="center_baseline", fontsize=size,
    )  # fmt: skip


def _notes(rows: Sequence[_Row], others: Sequence[str]) -> list[Note]:
    """Sources of what was measured, what holds for all windows, and what only for some."""
    notes = [
        Note(f"[{number}]", [f"{name}:", *in_words(one)])
        for number, (name, one) in enumerate(
            ((row.name, one) for row in rows for one in row.measured), start=1
        )
    ]
    notes += [Note("note", words(text)) for text in others]
    answered = [row.window.notes for row in rows if row.window.V_red is not None]
    common = [note for note in (answered or [()])[0] if all(note in own for own in answered)]
    if common:
        notes.append(Note("note", words("; ".join(common))))
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        for note in row.window.notes:
            if note not in common:
                alike[note].append(row.name)
    for note, names in alike.items():
        listed = ", ".join(dict.fromkeys(names)).split()
        notes.append(Note("note", [*listed[:-1], f"{listed[-1]}:", *words(note)]))
    return notes


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
    parts = (f"{_limits_text(one)} V", method, *filter(None, sources))
    return " · ".join(parts).split()


def _limits_text(one: PublishedWindow) -> str:
    """What the limits are, with as many digits as their source gives."""
    limits = "–".join(f"{limit:g}" for limit in limits_of(one))
    both = None not in (one.V_red, one.V_ox)
    if one.relation == _WITHIN:
        to = "up to" if one.V_red is None else "down to"
        return f"no reaction seen {'at' if both else to} {limits}"
    about = "about " if one.relation == "~" else ""
    if both:
        return f"{about}{limits}"
    return f"{'oxidation' if one.V_red is None else 'reduction'} {about}{limits}"


def draw_published(
    axes: Axes, place: float, one: PublishedWindow, half_width: float, *, upright: bool
) -> None:
    """Draw a window as an outline, or as a stroke and a stem where only one limit is known.

    Volts are on the y axis if `upright`, else on the x axis; `place` is on the other one. It is
    dashed if its limits may lie further out.
    """
    low, high = place - half_width, place + half_width
    dashes: _Dashes = _DASHED if one.relation == _WITHIN else "-"
    if one.V_red is not None and one.V_ox is not None:
        across = [low, low, high, high, low]
        _line(axes, across, [one.V_red, one.V_ox, one.V_ox, one.V_red, one.V_red], dashes, upright)
        return
    limit = limits_of(one)[0]
    inwards = _OPEN_V if one.V_ox is None else -_OPEN_V
    _line(axes, [low, high], [limit, limit], dashes, upright)
    _line(axes, [place, place], [limit, limit + inwards], _DOTTED, upright)


def _line(
    axes: Axes, across: list[float], volts: list[float], dashes: _Dashes, upright: bool
) -> None:
    x, y = (across, volts) if upright else (volts, across)
    axes.plot(x, y, color=style.INK, lw=_LINE_WIDTH, ls=dashes, solid_joinstyle="miter", zorder=3)
