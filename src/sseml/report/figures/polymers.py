"""Held-out answers about polymers: measured against predicted, and how often intervals held."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MultipleLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from sseml.arrays import BoolArray
from sseml.evaluate.metrics import group_mean
from sseml.evaluate.polymer import BAND_NAMES
from sseml.kinds import POLYMER
from sseml.model.evidence import domain
from sseml.records import DOMAINS, RefusedInputError
from sseml.report.figures import style

_COLUMNS = (
    "polymer", "family", "temperature_C", "log10_sigma", "predicted_log10_sigma",
    "low_log10_sigma", "high_log10_sigma", "nearest_distance",
)  # fmt: skip
_LEVEL, _NORMAL_95 = 0.9, 1.96
_LARGEST_FAMILIES = 4
_FEWEST_POLYMERS = 5
_MARKS = (
    (style.BLUE, "o"), (style.ORANGE, "s"), (style.GREEN, "^"), (style.PURPLE, "D"),
)  # fmt: skip
_OTHERS = (style.GREY, "v")


def polymer_parity(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw measured against predicted conductivity of polymers, each polymer once and every row.

    Dots are rows; a mark is the mean of log10 σ over the rows of a polymer, by family.

    Parameters
    ----------
    held_out
        What `Report.out_of_fold` holds of the benchmark ``polymer``.
    about
        What was held out, for the title.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    table = _read(held_out)
    with style.drawing():
        figure = style.new_figure(8.5, 6.0)
        axes = figure.subplots()
        shown = table[["log10_sigma", "predicted_log10_sigma"]].to_numpy()
        low, high = float(shown.min()) - 0.4, float(shown.max()) + 0.4
        ends = np.array([low, high])
        axes.fill_between(
            10.0**ends, 10.0 ** (ends - 1), 10.0 ** (ends + 1), color=style.SHADE, lw=0
        )
        axes.plot(10.0**ends, 10.0**ends, color=style.GREY, lw=1.0)
        axes.scatter(
            10.0 ** table["predicted_log10_sigma"], 10.0 ** table["log10_sigma"], s=2.0,
            c=style.GREY, alpha=0.35, lw=0, rasterized=True,
        )  # fmt: skip
        handles = _draw_polymers(axes, table)
        limits = (10.0**low, 10.0**high)
        axes.set(xscale="log", yscale="log", xlim=limits, ylim=limits)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(base=100.0, numticks=20))
            axis.set_minor_locator(NullLocator())
        axes.set_xlabel("predicted σ (S/cm), at the temperature of the measurement")
        axes.set_ylabel("measured σ (S/cm)")
        axes.set_title(style.titled("Polymers: measured against predicted", about))
        row = Line2D([], [], ls="none", marker=".", ms=4.0, color=style.GREY, label="a measurement")
        band = Patch(color=style.SHADE, label="within one decade")
        figure.legend(
            handles=[*handles, row, band], title=_summary(table), alignment="left",
            loc="outside right upper", handlelength=1.6, labelspacing=0.6,
        )  # fmt: skip
        return style.settled(figure)


def polymer_calibration(held_out: pd.DataFrame, about: str = "") -> Figure:
    """Draw how often the 90 % interval of polymers held, by temperature, domain and family.

    A filled mark counts each polymer once, with 95 % limits; an open one counts each row once.

    Parameters
    ----------
    held_out, about
        As `polymer_parity` takes them.

    Raises
    ------
    RefusedInputError
        If the table is empty or lacks a column.
    """
    table = _read(held_out)
    blocks = [[entry for entry in block if len(entry[1])] for block in _blocks(table)]
    count = sum(map(len, blocks))
    with style.drawing():
        figure = style.new_figure(8.0, 1.8 + 0.32 * (count + 0.5 * len(blocks)))
        axes = figure.subplots()
        axes.axvline(_LEVEL, color=style.GREY, lw=1.0)
        places, labels, rows, polymers = [], [], [], []
        place, lowest = 0.0, 0.7
        for block in blocks:
            for label, own in block:
                part = table.iloc[own]
                share, low, high, number = _per_polymer(part)
                axes.errorbar(
                    [share], [place], xerr=[[share - low], [high - share]], fmt="o", ms=5.5,
                    color=style.BLUE, elinewidth=1.3, zorder=4,
                )  # fmt: skip
                by_row = float(_covered(part).mean())
                axes.plot(
                    [by_row], [place], ls="none", marker="D", ms=5.0, mfc="white", mec=style.INK,
                    zorder=5,
                )  # fmt: skip
                lowest = min(lowest, low, by_row)
                places.append(place)
                labels.append(label)
                rows.append(f"{len(part)}")
                polymers.append(f"{number}")
                place += 1.0
            place += 0.5
        style.column(axes, 1.10, places, ["polymers", *polymers], top=-1.0)
        style.column(axes, 1.20, places, ["rows", *rows], top=-1.0)
        axes.set_yticks(places, labels)
        axes.tick_params(axis="y", length=0)
        axes.set(xlim=(max(0.0, lowest - 0.02), 1.005), ylim=(place - 0.8, -0.8))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        axes.xaxis.set_major_locator(MultipleLocator(0.1))
        axes.set_xlabel("measurements inside their 90 % interval")
        axes.set_title(style.titled("Polymers: coverage of the 90 % interval", about), pad=18)
        filled = Line2D([], [], marker="o", ms=5.5, color=style.BLUE, lw=1.3)
        opened = Line2D([], [], ls="none", marker="D", ms=5.0, mfc="white", mec=style.INK)
        told = ["each polymer counts once, with 95 % limits", "each row counts once"]
        figure.legend([filled, opened], told, ncols=2, loc="outside lower center")
        return style.settled(figure)


def _read(held_out: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _COLUMNS if name not in held_out.columns]
    if missing:
        raise RefusedInputError(
            f"the held-out table lacks the column(s) {', '.join(missing)}",
            "draw what the benchmark polymer holds out",
        )
    if not len(held_out):
        raise RefusedInputError(
            "the held-out table has no rows, so there is nothing to draw",
            "hold out at least one measurement",
        )
    return held_out


def _covered(table: pd.DataFrame) -> BoolArray:
    truth = table["log10_sigma"].to_numpy()
    covered: BoolArray = (table["low_log10_sigma"].to_numpy() <= truth) & (
        truth <= table["high_log10_sigma"].to_numpy()
    )
    return covered


def _per_polymer(table: pd.DataFrame) -> tuple[float, float, float, int]:
    """Mean over polymers of their coverage, its 95 % limits, and how many there are."""
    shares = pd.Series(_covered(table)).groupby(table["polymer"].to_numpy()).mean().to_numpy()
    mean = float(shares.mean())
    error = float(shares.std(ddof=1)) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0
    half = _NORMAL_95 * error
    return mean, max(0.0, mean - half), min(1.0, mean + half), len(shares)


def _blocks(table: pd.DataFrame) -> Iterator[list[tuple[str, NDArray[np.int64]]]]:
    """Rows whose coverage stands on one line with its label, block by block."""
    rows = np.arange(len(table))
    yield [("all", rows)]
    at = table["temperature_C"].to_numpy()
    yield [(name, rows[(at >= low) & (at < high)]) for name, (low, high) in BAND_NAMES.items()]
    radii = POLYMER.distance.radii
    names = np.array(
        [domain(float(away), radii, parts_known=True) for away in table["nearest_distance"]]
    )
    yield [(f"domain: {name}", rows[names == name]) for name in DOMAINS]
    families = table["family"].to_numpy(dtype=str)
    polymers = (
        table.groupby("family")["polymer"].nunique().sort_values(ascending=False, kind="stable")
    )
    yield [
        (str(name), rows[families == name])
        for name, count in polymers.items()
        if count >= _FEWEST_POLYMERS
    ]


def _draw_polymers(axes: Axes, table: pd.DataFrame) -> list[Line2D]:
    """A mark for every polymer, the largest families in looks of their own."""
    means = table.groupby("polymer").agg(
        x=("predicted_log10_sigma", "mean"), y=("log10_sigma", "mean"), family=("family", "first")
    )
    largest = list(means["family"].value_counts().index[:_LARGEST_FAMILIES])
    means["group"] = means["family"].where(means["family"].isin(largest), "other families")
    handles = []
    looks = [*zip(largest, _MARKS, strict=False), ("other families", _OTHERS)]
    for group, (colour, marker) in looks:
        own = means[means["group"] == group]
        if not len(own):
            continue
        axes.scatter(
            10.0 ** own["x"], 10.0 ** own["y"], s=26.0, c=colour, marker=marker,
            edgecolors="white", linewidths=0.5, zorder=4,
        )  # fmt: skip
        label = f"{group} ({len(own)} polymers)"
        handles.append(
            Line2D([], [], ls="none", marker=marker, ms=6.0, mfc=colour, mec="white", label=label)
        )
    return handles


def _summary(table: pd.DataFrame) -> str:
    error = (table["predicted_log10_sigma"] - table["log10_sigma"]).abs().to_numpy()
    polymers = np.unique(table["polymer"].to_numpy(dtype=str), return_inverse=True)[1]
    covered = group_mean(_covered(table).astype(float), polymers)
    return (
        f"{len(table)} measurements, {polymers.max() + 1} polymers\n"
        f"mean error {error.mean():.2f} decades,\n"
        f"each polymer once {group_mean(error, polymers):.2f}\n"
        f"{style.percent(float(np.mean(error <= 1.0)))} within one decade\n"
        f"{style.percent(covered)} inside the 90 % interval,\n"
        "each polymer once\n"
    )
