"""Calculated windows against published calculated ones, and how often a window collapses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import nan
from types import MappingProxyType
from typing import Any

import numpy as np

from sseml.evaluate.metrics import Figures
from sseml.parse.formula import parse_formula
from sseml.physics.phases import PhaseTable
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.window import ION_TOLERANCE, electrochemical_window, electrochemical_windows

_AS_IT_STANDS: tuple[str, ...] = ()
_S_TAKEN_BACK = ("S",)
_SETTINGS = {_AS_IT_STANDS: "as it stands", _S_TAKEN_BACK: "S taken back"}

STATED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2015": _S_TAKEN_BACK, "2020": _AS_IT_STANDS, "2021": _S_TAKEN_BACK}
)
"""Set of published windows → the optional corrections it is compared with.

2015: doi 10.1021/acsami.5b07517. 2020: another program's run on the Materials Project with its
corrections of 2021. 2021: the decomposition windows of doi 10.1021/jacsau.1c00228."""


@dataclass(frozen=True, slots=True)
class ComparedWindow:
    """Published and calculated window of one material: limits in V against the metal of the ion."""

    benchmark: str
    """The set it belongs to, among `STATED`."""
    formula: str
    published_V_red: float | None
    published_V_ox: float | None
    V_red: float | None
    V_ox: float | None
    corrections: tuple[str, ...]
    """Elements of `sseml.physics.phases.SHIFTS_EV` that were corrected."""
    tolerance: float
    """Share by which the amount of the ion could be changed to find a window."""
    ion_change: float
    """Share by which it was changed."""

    @property
    def differences(self) -> tuple[float | None, float | None]:
        """Calculated minus published V_red and V_ox, in V; None where one of the two is missing."""
        return (
            _difference(self.V_red, self.published_V_red),
            _difference(self.V_ox, self.published_V_ox),
        )

    @property
    def settings(self) -> str:
        """Corrections and tolerance as text."""
        corrected = ", ".join(f"{symbol} taken back" for symbol in self.corrections)
        return f"{corrected or 'as it stands'}, ±{100.0 * self.tolerance:g} %"

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data, the differences included."""
        names = ("V_red_difference", "V_ox_difference")
        return (
            asdict(self)
            | {"corrections": list(self.corrections)}
            | dict(zip(names, self.differences, strict=True))
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ComparedWindow:
        """Rebuild from `to_dict`."""
        own = {field.name: data[field.name] for field in fields(cls)}
        return cls(**own | {"corrections": tuple(own["corrections"])})


def compared(
    table: PhaseTable,
    published: Iterable[PublishedWindow],
    *,
    corrections: Sequence[str] | None = None,
    tolerance: float = ION_TOLERANCE,
) -> list[ComparedWindow]:
    """Calculate every published window that belongs to a set of the benchmark.

    Parameters
    ----------
    table
        The phases that can form.
    published
        Rows that belong to no set, such as measured ones, are passed over.
    corrections
        For all sets alike; None for those of `STATED`.
    tolerance
        See `sseml.physics.window.electrochemical_windows`.

    Returns
    -------
    list of ComparedWindow
        In the order of `published`.
    """
    return [
        _compare(
            table, row, STATED[row.benchmark] if corrections is None else corrections, tolerance
        )
        for row in published
        if row.benchmark in STATED
    ]


def _compare(
    table: PhaseTable, row: PublishedWindow, corrections: Sequence[str], tolerance: float
) -> ComparedWindow:
    window = electrochemical_window(
        table,
        row.formula,
        parse_formula(row.formula).amounts,
        ion=row.ion,
        tolerance=tolerance,
        corrections=corrections,
    )
    return ComparedWindow(
        benchmark=row.benchmark,
        formula=row.formula,
        published_V_red=row.V_red,
        published_V_ox=row.V_ox,
        V_red=window.V_red,
        V_ox=window.V_ox,
        corrections=tuple(corrections),
        tolerance=tolerance,
        ion_change=window.ion_change,
    )


def compared_both_ways(
    table: PhaseTable, published: Iterable[PublishedWindow]
) -> list[ComparedWindow]:
    """As `compared`, then every row again with the other setting of the optional S correction."""
    rows = [row for row in published if row.benchmark in STATED]
    found = compared(table, rows)
    for corrections in _SETTINGS:
        others = [row for row in rows if STATED[row.benchmark] != corrections]
        found += compared(table, others, corrections=corrections)
    return found


def agreement(rows: Sequence[ComparedWindow]) -> Figures:
    """Mean absolute differences in V by set and settings; NaN where a row has no answer."""
    figures: Figures = {}
    for benchmark, stated in STATED.items():
        for corrections, words in _SETTINGS.items():
            own = [
                row for row in rows if (row.benchmark, row.corrections) == (benchmark, corrections)
            ]
            name = benchmark if corrections == stated else f"{benchmark} {words}"
            if own:
                figures |= _errors(own, name)
    return figures


def _errors(rows: Sequence[ComparedWindow], name: str) -> Figures:
    differences = np.array([row.differences for row in rows], dtype=float)
    V_red, V_ox = np.abs(differences).mean(axis=0).tolist()
    return {f"rows {name}": float(len(rows)), f"V_red MAE {name}": V_red, f"V_ox MAE {name}": V_ox}


def collapses(table: PhaseTable, formulas: Iterable[str]) -> Figures:
    """How many formulas have a window, and the share of these windows that have collapsed."""
    asked = [(formula, parse_formula(formula).amounts) for formula in dict.fromkeys(formulas)]
    within = electrochemical_windows(table, asked)
    written = electrochemical_windows(table, asked, tolerance=0.0)
    answered = [place for place, window in enumerate(within) if window.V_red is not None]
    return {
        "formulas": float(len(asked)),
        "formulas without an answer": float(len(asked) - len(answered)),
        "collapsed share": _share([within[place].collapsed for place in answered]),
        "collapsed share as written": _share([written[place].collapsed for place in answered]),
    }


def lines(rows: Iterable[ComparedWindow], figures: Figures) -> list[str]:
    """Every row calculated as stated, as a Markdown table, and how many formulas were asked."""
    asked, unanswered = figures["formulas"], figures["formulas without an answer"]
    return [
        f"Of {asked:.0f} formulas of OBELiX {unanswered:.0f} have no answer.",
        "",
        "| set | formula | published V | calculated V | difference V | settings | Li changed |",
        "|---|---|---|---|---|---|---|",
        *(_line(row) for row in rows if row.corrections == STATED[row.benchmark]),
    ]


def _line(row: ComparedWindow) -> str:
    published = f"{_volts(row.published_V_red)} – {_volts(row.published_V_ox)}"
    calculated = f"{_volts(row.V_red)} – {_volts(row.V_ox)}"
    difference = " / ".join(map(_signed, row.differences))
    changed = f"{100.0 * row.ion_change:+.1f} %" if row.ion_change else ""
    return (
        f"| {row.benchmark} | {row.formula} | {published} | {calculated} | {difference} "
        f"| {row.settings} | {changed} |"
    )


def _volts(limit: float | None) -> str:
    return "?" if limit is None else f"{limit:.2f}"


def _signed(difference: float | None) -> str:
    return "?" if difference is None else f"{round(difference, 2) + 0.0:+.2f}"


def _difference(calculated: float | None, published: float | None) -> float | None:
    return None if calculated is None or published is None else calculated - published


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else nan
