"""Lithium migration pathways: the energy landscape seen along three axes, and the easiest pathway.

Each map shows, at every point of a projected cell, the lowest energy met along the line of sight:
a channel that runs anywhere through the depth of the cell is seen.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from sseml.arrays import FloatArray
from sseml.physics.passage import Passage
from sseml.physics.pathways import Pathways
from sseml.render.pathways import WHAT_IT_IS, barrier_text, direction
from sseml.report.figures import style
from sseml.report.figures.labels import Note, Notes, formula_text, words

_WIDTH = 8.5
_LEFT, _BETWEEN, _TOP, _UNDER = 0.62, 0.55, 0.66, 0.5
"""Around the maps, in inches: ticks and labels, title."""

_HIGHEST_MAP = 3.4
_BEYOND = 0.1
"""Part of the next cell that is shown on each side."""

_PROFILE_HEIGHT, _PROFILE_UNDER, _KEY_WIDTH = 1.75, 0.62, 2.35
_KEY_GAP = 0.45

_STYLES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (1, 1.5)))

_VIEWS = ((0, 1, 2), (1, 0, 2), (2, 0, 1))
"""Axis looked along, axis to the right, axis upwards."""

_NAMES = "abc"
_LEAST_TOP_EV, _MOST_TOP_EV = 0.6, 3.0
_ABOVE_BARRIER = 1.5
"""The colours end at this many times the highest barrier."""

_NEAR_SITE_A = 0.6
_LETTER_POINTS = 8.0
"""From a corner of the cell to the letter of its edge."""

_FRAMEWORK = (
    style.ORANGE, style.GREEN, style.PURPLE, style.WINE, style.SKY, style.GREY, style.BLUE,
)  # fmt: skip
_MOST_KINDS = 7
_LI_A, _ION_A = 0.5, 0.35
"""Diameters of points, Å, as long as they are not larger than these areas:"""
_LI_AREA, _ION_AREA = 90.0, 20.0

_MARK_AREA, _SHARED_AREA = 26.0, 7.0
_MOST_TIMES = 13
_SAME_EV = 0.01
"""Barriers this close share a line."""


class _View(NamedTuple):
    """One look along an axis; `basis` holds the other lattice vectors, projected, as rows, Å."""

    along: int
    right: int
    up: int
    basis: FloatArray

    @property
    def corners(self) -> FloatArray:
        """Corners of the part that is drawn, shape (4, 2), Å."""
        ends = (-_BEYOND, 1.0 + _BEYOND)
        return np.array(list(product(ends, ends))) @ self.basis

    @property
    def extent(self) -> FloatArray:
        """Width and height, Å."""
        size: FloatArray = np.ptp(self.corners, axis=0)
        return size

    def place(self, positions: FloatArray) -> FloatArray:
        """Project fractional coordinates, shape (n, 3) to (n, 2), Å."""
        placed: FloatArray = positions[:, [self.right, self.up]] @ self.basis
        return placed


class _Level(NamedTuple):
    """A barrier or several equal ones, and the line it is drawn with."""

    energy_eV: float
    name: str
    style: Any


def lithium_network(found: Pathways) -> Figure:
    """Draw three maps of the energy landscape with sites and the easiest pathway, and its profile.

    Parameters
    ----------
    found
        What `sseml.physics.pathways.lithium_pathways` returns.
    """
    found = replace(found, energy_eV=found.energy_as_given())
    views = [_view(np.asarray(found.crystal.lattice_A), *axes) for axes in _VIEWS]
    room = _WIDTH - _LEFT - 2 * _BETWEEN - style.MARGIN_INCH
    inch_A = min(
        room / sum(view.extent[0] for view in views),
        _HIGHEST_MAP / max(view.extent[1] for view in views),
    )
    map_height = inch_A * max(view.extent[1] for view in views)
    with style.drawing():
        notes = Notes(_notes(found), _WIDTH)
        lower = notes.height + _PROFILE_UNDER
        upper = lower + _PROFILE_HEIGHT + _UNDER + 0.35
        figure = Figure(figsize=(_WIDTH, upper + map_height + _TOP))
        scale = ScalarMappable(Normalize(0.0, _top_energy(found)), _colours())
        spare = (room - inch_A * sum(view.extent[0] for view in views)) / 2
        left = _LEFT
        for view in views:
            width, height = inch_A * view.extent
            axes = style.axes_at(figure, left, upper + map_height - height, width, height)
            _draw_map(axes, found, view, inch_A)
            left += width + _BETWEEN + spare
        _draw_profile(figure, found, lower)
        _draw_key(figure, found, lower, scale)
        style.write_title(figure, _title(found))
        notes.write(figure)
        return figure


def _title(found: Pathways) -> str:
    """The formula, and the name of the file."""
    name = PurePath(found.crystal.source).name.replace("$", r"\$")
    return f"Li⁺ in {formula_text(found.crystal.formula, 50)}" + (f" ({name})" if name else "")


def _view(lattice_A: FloatArray, along: int, right: int, up: int) -> _View:
    sight = lattice_A[along] / np.linalg.norm(lattice_A[along])
    flat = lattice_A - np.outer(lattice_A @ sight, sight)
    x = flat[right] / np.linalg.norm(flat[right])
    y = flat[up] - (flat[up] @ x) * x
    y /= np.linalg.norm(y)
    return _View(along, right, up, flat[[right, up]] @ np.column_stack([x, y]))


def _top_energy(found: Pathways) -> float:
    highest = max((level.energy_eV for level in _levels(found)), default=1.0)
    return float(np.clip(_ABOVE_BARRIER * highest, _LEAST_TOP_EV, _MOST_TOP_EV))


def _colours() -> Colormap:
    """Dark where the energy of Li⁺ is low, white where it is too high."""
    return LinearSegmentedColormap.from_list(
        "landscape", ["#08306B", "#2171B5", "#6BAED6", "#C6DBEF", "#FFFFFF"]
    )


def _draw_map(axes: Axes, found: Pathways, view: _View, inch_A: float) -> None:
    lowest = found.energy_eV.min(axis=view.along)
    shown = [np.arange(-round(_BEYOND * n), round((1 + _BEYOND) * n) + 1) for n in lowest.shape]
    energy = lowest[np.ix_(*(index % n for index, n in zip(shown, lowest.shape, strict=True)))]
    parts = [index / n for index, n in zip(shown, lowest.shape, strict=True)]
    points = np.stack(np.meshgrid(*parts, indexing="ij"), axis=-1) @ view.basis
    x, y = points[..., 0], points[..., 1]
    axes.pcolormesh(
        x, y, energy, cmap=_colours(), vmin=0.0, vmax=_top_energy(found), shading="gouraud",
        rasterized=True,
    )  # fmt: skip
    for level in _levels(found):
        axes.contour(
            x, y, energy, levels=[level.energy_eV], colors=[style.INK], linewidths=0.6,
            linestyles=[level.style],
        )  # fmt: skip
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) @ view.basis
    axes.plot(*corner.T, color=style.INK, lw=0.9)
    _draw_sites(axes, found, view, inch_A)
    _draw_way(axes, found, view)
    _name_edges(axes, view)
    (x_low, y_low), (x_high, y_high) = view.corners.min(axis=0), view.corners.max(axis=0)
    axes.set(xlim=(x_low, x_high), ylim=(y_low, y_high), aspect="equal")
    axes.set_title(f"seen along {_NAMES[view.along]}", fontsize=9.5, fontweight="normal")
    axes.set_xlabel("Å", labelpad=2)
    axes.set_ylabel("Å", labelpad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _levels(found: Pathways) -> list[_Level]:
    """Where contours stand: at each barrier that differs from the one before."""
    levels: list[_Level] = []
    for count, barrier in enumerate(found.barriers, 1):
        if barrier is None:
            break
        if levels and barrier.threshold_eV - levels[-1].energy_eV < _SAME_EV:
            levels[-1] = levels[-1]._replace(name=f"{levels[-1].name}, {count}D")
        else:
            levels.append(_Level(barrier.threshold_eV, f"{count}D", _STYLES[len(levels)]))
    return levels


def _draw_sites(axes: Axes, found: Pathways, view: _View, inch_A: float) -> None:
    """Li over framework cations over anions, and over it what shares its sites.

    Points shrink with the map.
    """
    for symbols, colour in reversed(_kinds(found)):
        places, _ = _sites(found, symbols[0])
        x, y = view.place(places).T
        size = _area(_ION_A, inch_A, _ION_AREA)
        axes.scatter(x, y, s=size, c=colour, ec="white", lw=0.4, zorder=3)
    places, shares = _sites(found, "Li")
    x, y = view.place(places).T
    size = _area(_LI_A, inch_A, _LI_AREA)
    axes.scatter(x, y, s=size * shares, c="white", ec=style.INK, lw=0.7, zorder=4)
    for symbols, colour in _kinds(found):
        places, _ = _sites(found, symbols[0], beside_li=True)
        x, y = view.place(places).T
        axes.scatter(x, y, s=_SHARED_AREA, c=colour, lw=0.0, zorder=5)


def _area(diameter_A: float, inch_A: float, most: float) -> float:
    """Area of a point in square points."""
    return min(most, (72.0 * diameter_A * inch_A) ** 2)


def _kinds(found: Pathways) -> list[tuple[list[str], str]]:
    """Elements of the framework, cations first, each with its colour; one for all of one site."""
    symbols = sorted(
        (symbol for symbol in found.charges if symbol != "Li"),
        key=lambda symbol: -found.charges[symbol],
    )
    alike: dict[tuple[int, ...], list[str]] = {}
    for symbol in symbols:
        held = enumerate(found.crystal.occupancies)
        alike.setdefault(tuple(n for n, site in held if site.get(symbol)), []).append(symbol)
    return list(zip([*alike.values()][:_MOST_KINDS], _FRAMEWORK, strict=False))


def _sites(
    found: Pathways, symbol: str, *, beside_li: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Where an element sits in the part of the crystal that is drawn, and its occupancy there."""
    sites = found.crystal.occupancies
    shares = np.array(
        [site.get(symbol, 0.0) if "Li" in site or not beside_li else 0.0 for site in sites]
    )
    inside = np.asarray(found.crystal.positions)[shares > 0.0] % 1.0
    images = np.array(list(product((-1, 0, 1), repeat=3)))
    places = (inside[:, None, :] + images).reshape(-1, 3)
    near = ((places > -_BEYOND) & (places < 1.0 + _BEYOND)).all(axis=1)
    return places[near], np.repeat(shares[shares > 0.0], len(images))[near]


def _draw_way(axes: Axes, found: Pathways, view: _View) -> None:
    """The easiest pathway, and its images, as far as they are in the figure."""
    if found.passage is None:
        return
    way = view.place(_whole_way(found.passage))
    drawn = Polygon(view.corners[[0, 1, 3, 2]], transform=axes.transData)
    for shift in product(range(-3, 4), repeat=2):
        x, y = (way + np.array(shift) @ view.basis).T
        [line] = axes.plot(x, y, color=style.VERMILLION, lw=1.5, zorder=3.5)
        line.set_clip_path(drawn)


def _whole_way(passage: Passage) -> FloatArray:
    """The pathway, repeated until it has crossed a whole number of cells."""
    step = np.array(passage.translation)
    times = next((n for n in range(1, _MOST_TIMES) if np.allclose(n * step, np.rint(n * step))), 1)
    return np.vstack([passage.positions + n * step for n in range(times)])


def _name_edges(axes: Axes, view: _View) -> None:
    """Write at the ends of the cell which lattice vectors are seen."""
    beside = ((0.0, -_LETTER_POINTS), (-_LETTER_POINTS, 0.0))
    for axis, end, away in zip((view.right, view.up), view.basis, beside, strict=True):
        text = axes.annotate(
            _NAMES[axis], tuple(end), away, textcoords="offset points", ha="center", va="center",
            fontsize=9, fontweight="bold", zorder=6,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=3.0, foreground="white")])


def _draw_profile(figure: Figure, found: Pathways, bottom: float) -> None:
    width = _WIDTH - _LEFT - _KEY_WIDTH - _KEY_GAP - 2 * style.MARGIN_INCH
    axes = style.axes_at(figure, _LEFT, bottom, width, _PROFILE_HEIGHT)
    way = found.passage
    axes.set_ylabel("energy (eV)")
    if way is None:
        axes.text(
            0.5, 0.5, f"1D barrier: {barrier_text(found.barriers[0])}", ha="center",
            va="center", transform=axes.transAxes,
        )  # fmt: skip
        axes.set(xticks=[], yticks=[])
        return
    axes.fill_between(way.distance_A, way.energy_eV, color=style.SHADE)
    for level in _levels(found)[:1]:
        axes.axhline(level.energy_eV, color=style.INK, lw=0.8, ls=level.style)
    axes.plot(way.distance_A, way.energy_eV, color=style.VERMILLION, lw=1.5)
    at_site = _near_lithium(found)
    axes.scatter(
        way.distance_A[at_site], way.energy_eV[at_site], s=_MARK_AREA, c="white", ec=style.INK,
        lw=0.7, zorder=4, clip_on=False,
    )  # fmt: skip
    axes.set(
        xlim=(0.0, way.distance_A[-1]),
        ylim=(0.0, 1.25 * max(float(way.energy_eV.max()), 0.05)),
        xlabel="way gone (Å)",
    )
    axes.set_title(
        f"the easiest way through, along {direction(way.translation)}",
        fontsize=9.5, fontweight="normal",
    )  # fmt: skip


def _near_lithium(found: Pathways) -> list[int]:
    """Points of the pathway that come closest to a Li site, where they come close."""
    way = found.passage
    if way is None:
        return []
    sites, _ = _sites(found, "Li")
    apart = way.positions[:, None, :] - sites[None, :, :]
    apart -= np.rint(apart)
    distance_A = np.linalg.norm(apart @ np.asarray(found.crystal.lattice_A), axis=2)
    nearest = {int(column.argmin()) for column in distance_A.T if column.min() < _NEAR_SITE_A}
    return sorted(nearest)


def _draw_key(figure: Figure, found: Pathways, bottom: float, scale: ScalarMappable) -> None:
    left = _WIDTH - _KEY_WIDTH - style.MARGIN_INCH
    bar = style.axes_at(figure, left, bottom, _KEY_WIDTH, 0.11)
    figure.colorbar(scale, cax=bar, orientation="horizontal", extend="max")
    bar.set_xlabel("lowest energy in sight (eV)", labelpad=2)
    for level in _levels(found):
        bar.axvline(level.energy_eV, color=style.INK, lw=0.8, ls=level.style)
    room = style.axes_at(figure, left, bottom + 0.2, _KEY_WIDTH, _PROFILE_HEIGHT - 0.2)
    room.set_axis_off()
    lines = room.legend(handles=_lines(found), loc="upper left", borderaxespad=0.0)
    room.add_artist(lines)
    room.legend(handles=_dots(found), loc="upper right", borderaxespad=0.0, handletextpad=0.1)


def _lines(found: Pathways) -> list[Line2D]:
    site = "Li (area: occupancy)"
    handles = [Line2D([], [], ls="", marker="o", mfc="white", mec=style.INK, ms=5, label=site)]
    if found.passage is not None:
        handles.append(Line2D([], [], color=style.VERMILLION, lw=1.5, label="easiest way"))
    for level in _levels(found):
        label = f"{level.name}: {level.energy_eV:.2f} eV"
        handles.append(Line2D([], [], color=style.INK, lw=0.8, ls=level.style, label=label))
    return handles


def _dots(found: Pathways) -> list[Line2D]:
    return [
        Line2D([], [], ls="", marker="o", mfc=colour, mec="none", ms=4.5, label=", ".join(symbols))
        for symbols, colour in _kinds(found)
    ]


def _notes(found: Pathways) -> list[Note]:
    barriers = ", ".join(
        f"{count}D {barrier_text(barrier)}" for count, barrier in enumerate(found.barriers, 1)
    )
    lines = [Note("barriers", words(barriers)), Note("what it is", words(WHAT_IT_IS))]
    return lines + [Note("note", words(note)) for note in found.notes]
