"""Ranking: the candidates of highest predicted conductivity with their intervals."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from sseml.records import Answer, Domain, Prediction, RefusedInputError
from sseml.report.figures import style
from sseml.report.figures.labels import low_amounts, rounded_amounts
from sseml.units import SUPERIONIC_S_CM

_LOOKS: dict[Domain, tuple[str, str, str]] = {
    "inside": (style.BLUE, "o", "inside what was measured"),
    "edge": (style.ORANGE, "s", "at its edge"),
    "outside": (style.VERMILLION, "^", "outside"),
}
_LONGEST_NAME = 44
_LOWEST_S_CM = 1e-14
"""Limits below this are drawn here: no instrument can measure them."""


def ranking(predictions: Iterable[Answer], top: int = 25) -> Figure:
    """Draw the candidates of highest predicted conductivity with their 90 % intervals.

    Parameters
    ----------
    predictions
        What `sseml.predict` returns; refused rows are left out.
    top
        How many to draw.

    Raises
    ------
    RefusedInputError
        If there is no prediction among them, or `top` is below 1.
    """
    chosen, known = best(predictions, top)
    with style.drawing():
        figure = style.new_figure(8.0, 1.5 + 0.29 * len(chosen))
        axes = figure.subplots()
        draw_ranked(axes, chosen)
        axes.set_title(ranked_title(chosen, known))
        figure.legend(handles=ranked_legend(chosen), ncols=5, loc="outside lower center")
        return style.settled(figure)


def best(predictions: Iterable[Answer], top: int, order: str = "") -> tuple[list[Prediction], int]:
    """The first predictions, by conductivity or in the `order` they have, and how many there are.

    Raises
    ------
    RefusedInputError
        If there is no prediction among them, or `top` is below 1.
    """
    if top < 1:
        raise RefusedInputError(f"the top {top} of a ranking is nothing", "draw at least 1")
    known = [answer for answer in predictions if isinstance(answer, Prediction)]
    if not known:
        raise RefusedInputError(
            "there is no prediction to rank", "predict at least one formula that is not refused"
        )
    if not order:
        known.sort(key=lambda answer: -answer.log10_sigma)
    return known[:top], len(known)


def draw_ranked(
    axes: Axes, chosen: list[Prediction], threshold_S_cm: float = SUPERIONIC_S_CM
) -> None:
    """Draw σ with its interval, a row each, and the threshold with the probability to reach it."""
    axes.axvline(threshold_S_cm, color=style.GREY, lw=1.0, ls=(0, (1, 2)))
    for place, answer in enumerate(chosen):
        colour, marker, _ = _LOOKS[answer.domain]
        sigma = max(answer.sigma_S_cm, _LOWEST_S_CM)
        low, high = max(answer.sigma_low_S_cm, _LOWEST_S_CM), max(answer.sigma_high_S_cm, sigma)
        axes.plot([low, high], [place, place], color=colour, lw=2.2, alpha=0.45)
        axes.plot(sigma, place, marker=marker, ms=6.5, color=colour)
        if answer.measured_sigma_S_cm is not None:
            axes.plot(
                max(answer.measured_sigma_S_cm, _LOWEST_S_CM), place, "D", ms=5.0, mfc="white",
                mec=style.INK,
            )  # fmt: skip
    _label(axes, chosen, threshold_S_cm)


def _label(axes: Axes, chosen: list[Prediction], threshold_S_cm: float) -> None:
    several = len({answer.temperature_C for answer in chosen}) > 1
    axes.set_yticks(range(len(chosen)), [_name(answer, several) for answer in chosen])
    axes.tick_params(axis="y", length=0)
    axes.set(xscale="log", ylim=(len(chosen) - 0.4, -0.6), xlabel="σ (S/cm)")
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.spines["left"].set_visible(False)
    shares = [style.percent(answer.p_superionic) for answer in chosen]
    style.column(
        axes, 1.1, range(len(chosen)), [f"σ ≥ {_power(threshold_S_cm)}", *shares], top=-1.0
    )


def _power(sigma_S_cm: float) -> str:
    """A conductivity as short as can be: 1e-4."""
    digits, exponent = f"{sigma_S_cm:e}".split("e")
    return f"{float(digits):g}e{int(exponent)}"


def ranked_title(chosen: list[Prediction], known: int, order: str = "") -> str:
    """What is drawn, of how many, and in which order."""
    temperatures = {answer.temperature_C for answer in chosen}
    at = f" at {temperatures.pop():g} °C" if len(temperatures) == 1 else ""
    if order:
        first = f"the first {len(chosen)} of {known} " if len(chosen) < known else ""
        return f"Predicted conductivity{at}\n{first}by {order}"
    which = f"the {len(chosen)} best of {known}" if len(chosen) < known else "the best first"
    return f"Predicted conductivity{at}: {which}"


def _name(answer: Prediction, with_temperature: bool) -> str:
    """The formula with its amounts set low, and the temperature where they differ."""
    formula = rounded_amounts(answer.formula)
    if len(formula) > _LONGEST_NAME:
        formula = formula[: _LONGEST_NAME - 1] + "…"
    shown = low_amounts(formula)
    return f"{shown}, {answer.temperature_C:g} °C" if with_temperature else shown


def ranked_legend(chosen: list[Prediction]) -> list[Artist]:
    """What the marks mean, of those that are drawn."""
    used = {answer.domain for answer in chosen}
    handles: list[Artist] = [
        Line2D([], [], color=colour, marker=marker, ms=6.5, lw=2.2, label=meaning)
        for domain, (colour, marker, meaning) in _LOOKS.items()
        if domain in used
    ]
    if any(answer.measured_sigma_S_cm is not None for answer in chosen):
        handles.append(
            Line2D(
                [], [], ls="none", marker="D", ms=5.0, mfc="white", mec=style.INK, label="measured"
            )
        )
    return handles
