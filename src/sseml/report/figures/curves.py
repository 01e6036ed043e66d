"""σ(T): predicted conductivity along temperature with its 90 % interval, and measured points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from sseml.arrays import FloatArray
from sseml.model.answer import Model
from sseml.physics.transitions import Transition
from sseml.prediction import predict_queries
from sseml.records import (
    Composition,
    MeasuredValue,
    Prediction,
    Query,
    Refusal,
    RefusedInputError,
)
from sseml.report.figures import style
from sseml.report.measured import bundles_of, queries_of
from sseml.report.temperatures import passed_transitions, with_sides
from sseml.units import ZERO_CELSIUS_K

TEMPERATURES_C: tuple[float, ...] = tuple(range(-20, 121, 5))
"""Where curves of polymers are answered, in °C."""

INORGANIC_TEMPERATURES_C: tuple[float, ...] = tuple(range(-50, 801, 10))
"""Where curves of inorganic solids are answered, in °C."""

Points = Sequence[tuple[float, float] | MeasuredValue]
"""Measured values: temperature in °C and conductivity in S/cm, or with their relation."""

_COLUMNS, _PANEL_WIDTH, _PANEL_HEIGHT = 2, 4.0, 2.9
_LONGEST_TITLE = 44
_DASHES, _DOTS = (0, (4, 2)), (0, (1, 1.5))
_TICKS_C = (25, 100, -50, 300, 800, 500, 200, 0, 50, 150, 400, 600, 75, -25, 1000, -100)
"""Temperatures to be written above axes of 1000/T, those first that are most wanted."""
_APART = 0.09
"""Least distance of two of them, in widths of the axes."""

_LOOKS: dict[str, dict[str, Any]] = {
    "measured": {"marker": "o", "ms": 3.6, "mfc": "white"},
    "<": {"marker": "v", "ms": 4.4, "mfc": "white"},
    ">": {"marker": "^", "ms": 4.4, "mfc": "white"},
    "branch": {"marker": "D", "ms": 4.2, "mfc": style.ORANGE},
}
_MARK: dict[str, Any] = {"ls": "none", "mec": style.INK, "mew": 0.8, "zorder": 4}
_LABELS = {
    "measured": "measured",
    "<": "measured to be lower",
    ">": "measured to be higher",
    "branch": "measured beyond it (listed)",
}


class _Curve(NamedTuple):
    text: str
    temperature_C: FloatArray
    mean_S_cm: FloatArray
    low_S_cm: FloatArray
    high_S_cm: FloatArray
    passed: tuple[Transition, ...]

    @property
    def transitions(self) -> list[str]:
        """Each passed transition as the title names it."""
        return [
            f"{one.temperature_C:g} °C: {one.low_form or 'low'} → {one.high_form or 'high'}"
            for one in self.passed
        ]

    def inside(self, point: MeasuredValue) -> bool:
        """Whether a value lies inside the interval at its temperature."""
        low, high = (
            np.interp(point.temperature_C, self.temperature_C, np.log10(limit))
            for limit in (self.low_S_cm, self.high_S_cm)
        )
        return bool(low <= np.log10(point.sigma_S_cm) <= high)

    def reaches(self, point: MeasuredValue) -> bool:
        """Whether the curve is answered at the temperature of a value."""
        return bool(self.temperature_C[0] <= point.temperature_C <= self.temperature_C[-1])


def conductivity_curves(
    recipes: Sequence[str],
    measured: Mapping[str, Points] | None = None,
    *,
    temperatures_C: Sequence[float] | None = None,
    bundle: Model | Path | str | None = None,
    about: str = "",
) -> Figure:
    """Draw the predicted conductivity of materials along temperature, a panel each.

    Inorganic solids are drawn against 1000/T with °C above; with a polymer among them, all against
    °C. Known phase transitions that a curve passes are marked, and the measured point that a
    branch beyond one rests on.

    Parameters
    ----------
    recipes
        What `sseml.predict` takes, without a temperature: ``PEO + LiTFSI, EO:Li=18``, a formula, or
        ``Li7La3Zr2O12 space_group=Ia-3d``.
    measured
        Recipe → measured values, drawn as points: pairs of temperature in °C and conductivity in
        S/cm, or `MeasuredValue`, of which bounds are drawn as triangles. `measured_points` finds
        those of a curated table of polymers, `evidence_points` those of a bundle.
    temperatures_C
        Where the curve is answered, in °C, two at least; None for −50 to 800 °C, with a polymer
        −20 to 120 °C.
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
    given = None if temperatures_C is None else sorted({float(each) for each in temperatures_C})
    if not recipes or (given is not None and len(given) < 2):
        raise RefusedInputError(
            "there is no curve to draw", "name a recipe and two temperatures at least"
        )
    queries = queries_of(f"{recipe} temperature=25" for recipe in recipes)
    inorganic = all(isinstance(query.material, Composition) for query in queries)
    at = given or [*map(float, INORGANIC_TEMPERATURES_C if inorganic else TEMPERATURES_C)]
    curves = _curves(recipes, queries, at, bundle)
    points = {recipe: [*map(_value, own)] for recipe, own in (measured or {}).items()}
    rows = ceil(len(curves) / _COLUMNS)
    columns = min(_COLUMNS, len(curves))
    with style.drawing():
        figure = style.new_figure(0.4 + _PANEL_WIDTH * columns, 1.0 + _PANEL_HEIGHT * rows)
        panels = figure.subplots(
            rows, columns, sharex=True, sharey=not inorganic, squeeze=False
        ).ravel()
        for panel, curve in zip(panels, curves, strict=False):
            _draw(panel, curve, points.get(curve.text, []), inverse=inorganic)
        for unused in panels[len(curves) :]:
            unused.remove()
        for panel in panels[max(0, len(curves) - columns) : len(curves)]:
            panel.set_xlabel("1000/T (1/K)" if inorganic else "temperature (°C)")
            panel.tick_params(labelbottom=True)
        figure.supylabel("σ (S/cm)", fontsize=10.0)
        title = style.titled("Predicted conductivity along temperature", about)
        figure.suptitle(title, x=0.01, ha="left", weight="bold", fontsize=10.5)
        shown = [point for curve in curves for point in points.get(curve.text, [])]
        handles = _legend(shown, [one for curve in curves for one in curve.passed])
        figure.legend(handles=handles, ncols=columns + 1, loc="outside lower center")
        return style.settled(figure)


def _value(point: tuple[float, float] | MeasuredValue) -> MeasuredValue:
    if isinstance(point, MeasuredValue):
        return point
    temperature_C, sigma_S_cm = point
    return MeasuredValue(sigma_S_cm, "=", temperature_C, None)


def _curves(
    recipes: Sequence[str],
    queries: Sequence[Query],
    temperatures_C: Sequence[float],
    bundle: Model | Path | str | None,
) -> list[_Curve]:
    """The answer about each recipe at every temperature."""
    passed = [passed_transitions(query.material, temperatures_C) for query in queries]
    grids = [with_sides(temperatures_C, own) for own in passed]
    asked = [
        replace(query, temperature_C=at)
        for query, grid in zip(queries, grids, strict=True)
        for at in grid
    ]
    answers = iter(predict_queries(asked, bundles_of(bundle), explain=False))
    curves = []
    for recipe, grid, own in zip(recipes, grids, passed, strict=True):
        mean, low, high = np.array([_sigma(next(answers)) for _ in grid]).T
        curves.append(_Curve(recipe, np.array(grid), mean, low, high, own))
    return curves


def _sigma(answer: Prediction | Refusal) -> tuple[float, float, float]:
    """Conductivity in S/cm with the limits of its interval."""
    if isinstance(answer, Refusal):
        raise RefusedInputError(f"no curve can be drawn: {answer.reason}", answer.suggestion)
    return answer.sigma_S_cm, answer.sigma_low_S_cm, answer.sigma_high_S_cm


def _draw(axes: Axes, curve: _Curve, points: Sequence[MeasuredValue], *, inverse: bool) -> None:
    def place(temperature_C: FloatArray) -> FloatArray:
        return _inverse(temperature_C) if inverse else temperature_C

    at = place(curve.temperature_C)
    axes.fill_between(at, curve.low_S_cm, curve.high_S_cm, color=style.SKY, alpha=0.3, lw=0)
    for limit in (curve.low_S_cm, curve.high_S_cm):
        axes.plot(at, limit, color=style.BLUE, lw=0.8, ls=_DASHES)
    axes.plot(at, curve.mean_S_cm, color=style.BLUE, lw=1.8)
    for transition in curve.passed:
        [there] = place(np.array([transition.temperature_C]))
        axes.axvline(there, color=style.INK, lw=1.0, ls=_DOTS)
    branches = [each.point for each in curve.passed if each.point is not None]
    for branch in branches:
        sigma = 10.0**branch.log10_sigma
        axes.plot(place(np.array([branch.temperature_C])), sigma, **_LOOKS["branch"], **_MARK)
    for look, relations in (("measured", "=~"), ("<", "<"), (">", ">")):
        own = [point for point in points if point.relation in relations]
        if own:
            shown = np.array([(each.temperature_C, each.sigma_S_cm) for each in own])
            axes.plot(place(shown[:, 0]), shown[:, 1], **_LOOKS[look], **_MARK)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(visible=True, color=style.SHADE, lw=0.8)
    if inverse:
        _mark_temperatures(axes, curve.temperature_C)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(7))
    numbers = [point for point in points if not point.is_bound and curve.reaches(point)]
    if numbers:
        told = f"{sum(map(curve.inside, numbers))} of {len(numbers)} measured inside"
        corner, anchor = (0.95, "top") if inverse else (0.05, "bottom")
        axes.text(
            0.97, corner, told, transform=axes.transAxes, ha="right", va=anchor, fontsize=8.5,
            bbox={"fc": "white", "ec": "none", "pad": 1.0} if curve.passed else None,
        )  # fmt: skip
    axes.set_title("\n".join(map(_shown, (curve.text, *curve.transitions))), weight="normal")


def _shown(line: str) -> str:
    short = line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"
    return short.replace("$", r"\$")


def _inverse(temperature_C: FloatArray) -> FloatArray:
    """1000/T in 1/K."""
    return 1000.0 / (temperature_C + ZERO_CELSIUS_K)


def _mark_temperatures(axes: Axes, temperature_C: FloatArray) -> None:
    """Write °C above axes of 1000/T."""
    low, high = _inverse(temperature_C[[-1, 0]])
    kept: dict[int, float] = {}
    for tick in _TICKS_C:
        [place] = _inverse(np.array([float(tick)]))
        apart = _APART * (high - low)
        if low <= place <= high and all(abs(place - own) >= apart for own in kept.values()):
            kept[tick] = place
    above = axes.secondary_xaxis("top")
    labels = [f"{tick}".replace("-", "−") for tick in kept]
    above.set_xticks(
        list(kept.values()), [f"{label} °C" if label == "25" else label for label in labels]
    )
    above.spines["top"].set_visible(True)


def _legend(points: Sequence[MeasuredValue], passed: Sequence[Transition]) -> list[Line2D]:
    handles = [
        Line2D([], [], color=style.BLUE, lw=1.8, label="predicted"),
        Line2D([], [], color=style.BLUE, lw=0.8, ls=_DASHES, label="90 % interval"),
    ]
    drawn = {point.relation if point.is_bound else "measured" for point in points}
    looks = [look for look in _LOOKS if look in drawn]
    if passed:
        handles.append(Line2D([], [], color=style.INK, lw=1.0, ls=_DOTS, label="known transition"))
    if any(one.point is not None for one in passed):
        looks = ["branch", *looks]
    handles += [Line2D([], [], label=_LABELS[look], **_LOOKS[look], **_MARK) for look in looks]
    return handles
