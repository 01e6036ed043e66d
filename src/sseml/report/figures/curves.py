"""σ(T): predicted conductivity along temperature with its 90 % interval, and measured points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil, log10
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from sseml.arrays import FloatArray
from sseml.features.polymer.distance import PER_DECADE
from sseml.kinds import POLYMER
from sseml.model.answer import Model
from sseml.prediction import predict
from sseml.records import Composite, Prediction, Refusal, RefusedInputError
from sseml.report.figures import style

if TYPE_CHECKING:
    import pandas as pd

TEMPERATURES_C: tuple[float, ...] = tuple(range(-20, 121, 5))
"""Where curves are answered, in °C."""

Points = Sequence[tuple[float, float]]
"""Measured values: temperature in °C, conductivity in S/cm."""

_LITHIUM_WITHIN = 1.07
"""Measured recipes whose lithium per kg differs by a smaller factor are drawn with a recipe."""
_SHORTEST_CHAIN_G_MOL = 3500.0
"""Measured on shorter chains, a value is one of their ends."""
_COLUMNS, _PANEL_WIDTH, _PANEL_HEIGHT = 2, 4.0, 2.9
_LONGEST_TITLE = 44
_DASHES = (0, (4, 2))


class _Curve(NamedTuple):
    recipe: str
    mean_S_cm: FloatArray
    low_S_cm: FloatArray
    high_S_cm: FloatArray


def conductivity_curves(
    recipes: Sequence[str],
    measured: Mapping[str, Points] | None = None,
    *,
    temperatures_C: Sequence[float] = TEMPERATURES_C,
    bundle: Model | Path | str | None = None,
    about: str = "",
) -> Figure:
    """Draw the predicted conductivity of recipes along temperature, a panel each.

    Parameters
    ----------
    recipes
        What `sseml.predict` takes, without a temperature: ``PEO + LiTFSI, EO:Li=18``, or a formula.
    measured
        Recipe → measured values as pairs of temperature in °C and conductivity in S/cm, drawn as
        points. `measured_points` finds those of a curated table.
    temperatures_C
        Where the curve is answered, in °C, two at least.
    bundle
        As `sseml.predict` takes it; None for the released ones.
    about
        For the title.

    Raises
    ------
    RefusedInputError
        If there is no recipe, a recipe is refused, or there are fewer than two temperatures.

    Examples
    --------
    >>> figure = conductivity_curves(
    ...     ["PEO + LiTFSI, EO:Li=18"], {"PEO + LiTFSI, EO:Li=18": [(60.0, 4e-4)]}
    ... )
    >>> len(figure.axes)
    1
    """
    at = sorted({float(each) for each in temperatures_C})
    if not recipes or len(at) < 2:
        raise RefusedInputError(
            "there is no curve to draw", "name a recipe and two temperatures at least"
        )
    curves = _curves(recipes, at, bundle)
    points = measured or {}
    rows = ceil(len(curves) / _COLUMNS)
    columns = min(_COLUMNS, len(curves))
    with style.drawing():
        figure = style.new_figure(0.4 + _PANEL_WIDTH * columns, 1.0 + _PANEL_HEIGHT * rows)
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, curve in zip(panels, curves, strict=False):
            _draw(panel, np.array(at), curve, points.get(curve.recipe, ()))
        for unused in panels[len(curves) :]:
            unused.remove()
        for panel in panels[max(0, len(curves) - columns) : len(curves)]:
            panel.set_xlabel("temperature (°C)")
            panel.tick_params(labelbottom=True)
        figure.supylabel("σ (S/cm)", fontsize=10.0)
        title = style.titled("Predicted conductivity along temperature", about)
        figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=10.5)
        figure.legend(
            handles=_legend(any(points.get(curve.recipe) for curve in curves)),
            ncols=3, loc="outside lower center",
        )  # fmt: skip
        return style.settled(figure)


def measured_points(
    recipes: Iterable[str], table: pd.DataFrame
) -> dict[str, list[tuple[float, float]]]:
    """Measured values of recipes in a curated table of polymers, for `conductivity_curves`.

    A row belongs to a recipe if it holds the same polymers, salts, liquids and fillers and its
    lithium per kg differs by less than 7 %. Molar masses are not compared; chains below
    3500 g/mol are left out.

    Parameters
    ----------
    recipes
        Recipes of polymers; another material has no points.
    table
        As `sseml.curation.polymers.table.load_polymers` reads it.

    Returns
    -------
    dict
        Recipe → temperature in °C and conductivity in S/cm of every such row.

    Raises
    ------
    RefusedInputError
        If a recipe cannot be read.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    distance = POLYMER.distance
    for recipe in recipes:
        asked = POLYMER.read(recipe)
        fillers = asked.fillers if isinstance(asked, Composite) else ()
        alike = ~(table["molar_mass_g_mol"] < _SHORTEST_CHAIN_G_MOL) & (table["relation"] == "=")
        for column, parts in (
            ("salt", asked.salts),
            ("liquid", asked.liquids),
            ("filler", fillers),
        ):
            alike &= table[column].fillna("") == "|".join(part.name for part in parts)
        rows = table[alike]
        positions, here = (
            distance.positions([replace(each, molar_mass_g_mol=None) for each in materials])
            for materials in (POLYMER.read_all(rows["formula"]), [asked])
        )
        near = distance.between(here, positions)[0] < PER_DECADE * log10(_LITHIUM_WITHIN)
        own = rows[near]
        found[recipe] = list(zip(own["temperature_C"], own["sigma_S_cm"], strict=True))
    return found


def _curves(
    recipes: Sequence[str], temperatures_C: Sequence[float], bundle: Model | Path | str | None
) -> list[_Curve]:
    """The answer about each recipe at every temperature."""
    texts = [f"{recipe} temperature={at:g}" for recipe in recipes for at in temperatures_C]
    answers = list(predict(texts, bundle=bundle, window=False))
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    if refused or len(answers) != len(texts):
        why = refused[0].reason if refused else "a text stands for several materials"
        raise RefusedInputError(f"no curve can be drawn: {why}", "name recipes one by one")
    known = [answer for answer in answers if isinstance(answer, Prediction)]
    count = len(temperatures_C)
    parts = [known[start : start + count] for start in range(0, len(known), count)]
    return [
        _Curve(
            recipe,
            np.array([answer.sigma_S_cm for answer in part]),
            np.array([answer.sigma_low_S_cm for answer in part]),
            np.array([answer.sigma_high_S_cm for answer in part]),
        )
        for recipe, part in zip(recipes, parts, strict=True)
    ]


def _draw(axes: Axes, at: FloatArray, curve: _Curve, points: Points) -> None:
    axes.fill_between(at, curve.low_S_cm, curve.high_S_cm, color=style.SKY, alpha=0.3, lw=0)
    for limit in (curve.low_S_cm, curve.high_S_cm):
        axes.plot(at, limit, color=style.BLUE, lw=0.8, ls=_DASHES)
    axes.plot(at, curve.mean_S_cm, color=style.BLUE, lw=1.8)
    title = curve.recipe
    if points:
        temperature, sigma = np.array(points, dtype=float).T
        axes.plot(
            temperature, sigma, ls="none", marker="o", ms=3.6, mfc="white", mec=style.INK, mew=0.8
        )
        low, high = (np.interp(temperature, at, np.log10(limit)) for limit in curve[2:4])
        inside = (low <= np.log10(sigma)) & (np.log10(sigma) <= high)
        told = f"{int(inside.sum())} of {len(inside)} measured inside"
        axes.text(0.97, 0.05, told, transform=axes.transAxes, ha="right", fontsize=8.5)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.grid(visible=True, color=style.SHADE, lw=0.8)
    short = title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…"
    axes.set_title(short.replace("$", r"\$"), weight="normal")


def _legend(with_points: bool) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=style.BLUE, lw=1.8, label="predicted"),
        Line2D([], [], color=style.BLUE, lw=0.8, ls=_DASHES, label="90 % interval"),
    ]
    if with_points:
        dot = Line2D([], [], ls="none", marker="o", ms=3.6, mfc="white", mec=style.INK, mew=0.8)
        dot.set_label("measured")
        handles.append(dot)
    return handles
