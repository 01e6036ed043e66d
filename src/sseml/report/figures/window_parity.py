"""Window parity: published calculated limits against those calculated here."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sseml.records import RefusedInputError
from sseml.report.figures import style
from sseml.report.figures.labels import LARGE, SMALL, Note, Notes, formula_text, spread

if TYPE_CHECKING:
    from sseml.evaluate.windows import ComparedWindow

_WIDTH = 8.5
_SIDE, _FIRST, _SECOND = 3.3, 0.72, 4.98
"""In inches: the sides of both panels, and where each begins."""

_TOP, _BOTTOM = 0.72, 0.68
_LOOKS = (
    (style.BLUE, "o", "○"),
    (style.VERMILLION, "^", "△"),
    (style.GREEN, "D", "◇"),
    (style.ORANGE, "s", "□"),
    (style.PURPLE, "v", "▽"),
    (style.GREY, "P", "✚"),
)
"""Of the sets in turn: colour, mark on the panels, and the same mark as a letter."""

_BAND_V = 0.1
"""Half width of the band around equality; differences beyond it are worth a name."""

_MOST_NAMED = 4
"""Differences that are named at most in each panel."""

_LETTER_INCH, _AWAY_INCH = 0.14, 0.11
"""Height of a letter, and how far it stands from its point."""

_ROOM_V = 0.25
_LONGEST_NAME = 40
_NAMES = (r"V$_{\mathregular{red}}$", r"V$_{\mathregular{ox}}$")
_LIMITS = ("reduction limit", "oxidation limit")


class _Point(NamedTuple):
    """One limit of one material, in V."""

    formula: str
    group: str
    published: float
    calculated: float

    @property
    def difference(self) -> float:
        """Calculated minus published."""
        return self.calculated - self.published


def window_parity(rows: Sequence[ComparedWindow]) -> Figure:
    """Draw published against calculated limits, a panel for each, coloured by data set.

    Parameters
    ----------
    rows
        What `sseml.evaluate.windows.compared` returns; a limit that is missing on either side is
        left out.

    Raises
    ------
    RefusedInputError
        If no row has a published and a calculated limit.
    """
    panels = (_points(rows, "V_red"), _points(rows, "V_ox"))
    groups = list(dict.fromkeys(_group(row) for row in rows))
    if not any(panels):
        raise RefusedInputError(
            "there is no limit that is both published and calculated",
            "give what sseml.evaluate.windows.compared returns",
        )
    far = [_farthest(points) for points in panels]
    with style.drawing():
        notes = Notes([*_set_notes(groups, panels), *_far_notes(far)], _WIDTH)
        bottom = notes.height + _BOTTOM
        figure = Figure(figsize=(_WIDTH, bottom + _SIDE + _TOP))
        letters = iter(ascii_lowercase)
        for left, name, limit, points, named in zip(
            (_FIRST, _SECOND), _NAMES, _LIMITS, panels, far, strict=True
        ):
            axes = style.axes_at(figure, left, bottom, _SIDE, _SIDE)
            _draw_points(axes, points, groups)
            _draw_letters(axes, named, [next(letters) for _ in named])
            axes.set(xlabel=f"published {name} (V)", ylabel=f"calculated {name} (V)")
            axes.set_title(limit, fontweight="normal")
        style.write_title(figure, "Windows: published against calculated")
        notes.write(figure)
        return figure


def _group(row: ComparedWindow) -> str:
    return f"{row.benchmark}: {row.settings}"


def _points(rows: Sequence[ComparedWindow], limit: str) -> list[_Point]:
    """Those of one limit that are known on both sides."""
    found = []
    for row in rows:
        published, calculated = getattr(row, f"published_{limit}"), getattr(row, limit)
        if published is not None and calculated is not None:
            found.append(_Point(row.formula, _group(row), published, calculated))
    return found


def _farthest(points: Sequence[_Point]) -> list[_Point]:
    """The largest differences that are large enough to be named."""
    large = [point for point in points if abs(point.difference) > _BAND_V]
    return sorted(large, key=lambda point: -abs(point.difference))[:_MOST_NAMED]


def _draw_points(axes: Axes, points: Sequence[_Point], groups: Sequence[str]) -> None:
    shown = [value for point in points for value in (point.published, point.calculated)]
    low, high = min(shown, default=0.0) - _ROOM_V, max(shown, default=1.0) + _ROOM_V
    ends = [low, high]
    axes.fill_between(ends, [end - _BAND_V for end in ends], [end + _BAND_V for end in ends],
                      color=style.SHADE, lw=0)  # fmt: skip
    axes.plot(ends, ends, color=style.GREY, lw=1.0)
    for place, group in enumerate(groups):
        colour, marker, _ = _LOOKS[place % len(_LOOKS)]
        own = [point for point in points if point.group == group]
        axes.scatter(
            [point.published for point in own], [point.calculated for point in own], s=34.0,
            facecolors="none", edgecolors=colour, marker=marker, linewidths=1.3, zorder=3,
        )  # fmt: skip
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))


def _draw_letters(axes: Axes, points: Sequence[_Point], letters: Sequence[str]) -> None:
    """Beside their points, away from the line of equality and from each other."""
    low, high = axes.get_ylim()
    inch = (high - low) / _SIDE
    named = sorted(zip(points, letters, strict=True), key=lambda pair: pair[0].calculated)
    for sign in (-1.0, 1.0):
        own = [(point, letter) for point, letter in named if point.difference * sign > 0.0]
        wanted = [point.calculated + sign * _AWAY_INCH * inch / 2.0 for point, _ in own]
        heights = spread(wanted, _LETTER_INCH * inch, low, high)
        for (point, letter), height in zip(own, heights, strict=True):
            axes.text(
                point.published - sign * _AWAY_INCH * inch, height, letter, ha="center",
                va="center", fontsize=LARGE, color=style.INK,
            )  # fmt: skip


def _set_notes(groups: Sequence[str], panels: Sequence[Sequence[_Point]]) -> list[Note]:
    """What each mark means, and how far its points are off on average."""
    notes = []
    for place, group in enumerate(groups):
        colour, _, mark = _LOOKS[place % len(_LOOKS)]
        means = []
        for name, points in zip(_NAMES, panels, strict=True):
            off = [abs(point.difference) for point in points if point.group == group]
            if off:
                means.append(f"{name} {sum(off) / len(off):.3f} V ({len(off)})")
        text = f"mean absolute difference {', '.join(means)}" if means else "no number"
        notes.append(Note(group, text.split(), LARGE, mark, colour))
    return notes


def _far_notes(far: Sequence[Sequence[_Point]]) -> list[Note]:
    """The materials behind the letters."""
    letters = iter(ascii_lowercase)
    return [
        Note(
            next(letters),
            [
                f"{formula_text(point.formula, _LONGEST_NAME)} ({point.group.split(':')[0]}):",
                *f"{name} {point.published:.2f} V published,".split(),
                *f"{point.calculated:.2f} V calculated".split(),
            ],
            SMALL,
        )
        for name, points in zip(_NAMES, far, strict=True)
        for point in points
    ]
