"""Overview of a list: σ with its interval in the order of the list, and the windows beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sseml.records import Answer, Prediction
from sseml.report.electrodes import electrodes
from sseml.report.figures import style
from sseml.report.figures.ranking import best, draw_ranked, ranked_legend, ranked_title
from sseml.report.figures.window_comparison import CALCULATED
from sseml.units import SUPERIONIC_S_CM

_BESIDE = ("Li metal", "LFP", "NMC811")
"""Electrodes whose potentials are marked."""

_BAR = 0.44
_HIGHEST_V = 5.0


def overview(
    predictions: Iterable[Answer],
    top: int = 40,
    *,
    threshold_S_cm: float = SUPERIONIC_S_CM,
    order: str = "",
) -> Figure:
    """Draw the best candidates, those of highest σ unless ordered, with their windows, if any.

    Parameters
    ----------
    predictions
        What `sseml.predict` returns; refused rows are left out.
    top
        How many to draw.
    threshold_S_cm
        That of ``p_superionic``, in S/cm, which a line marks.
    order
        What the predictions were ordered by, to keep their order; empty to order them by σ.

    Raises
    ------
    RefusedInputError
        If there is no prediction among them, or `top` is below 1.
    """
    chosen, known = best(predictions, top, order)
    windowed = any(answer.V_ox is not None for answer in chosen)
    with style.drawing():
        figure = style.new_figure(11.5 if windowed else 8.0, 1.5 + 0.29 * len(chosen))
        panels = figure.subplots(
            1, 1 + windowed, squeeze=False, width_ratios=(1.5, 1.0) if windowed else None
        )[0]
        draw_ranked(panels[0], chosen, threshold_S_cm)
        panels[0].set_title(ranked_title(chosen, known, order))
        if windowed:
            _draw_windows(panels[1], chosen)
        figure.legend(handles=ranked_legend(chosen), ncols=5, loc="outside lower center")
        return style.settled(figure)


def _draw_windows(axes: Axes, chosen: Sequence[Prediction]) -> None:
    """A bar for each window, in the rows of the ranking."""
    highest = _HIGHEST_V
    for place, answer in enumerate(chosen):
        if answer.V_red is None or answer.V_ox is None:
            axes.text(0.06, place, "no window", va="center", fontsize=8.0, color=style.GREY)
            continue
        axes.barh(
            place, answer.V_ox - answer.V_red, _BAR, answer.V_red, color=CALCULATED,
            edgecolor=style.INK, linewidth=0.6,
        )  # fmt: skip
        highest = max(highest, answer.V_ox)
    for electrode in electrodes():
        if electrode.name in _BESIDE:
            at = electrode.potential_V
            axes.axvline(at, color=style.GREY, lw=1.0, ls=(0, (1, 2)), zorder=0)
            axes.text(
                at, -1.0, electrode.name, ha="left" if at == 0.0 else "center", va="center",
                fontsize=8.5, color=style.GREY,
            )  # fmt: skip
    axes.set(
        ylim=(len(chosen) - 0.4, -0.6), xlim=(-0.15, highest + 0.15),
        xlabel="calculated window (V against Li/Li$^+$)",
    )  # fmt: skip
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
