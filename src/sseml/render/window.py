"""A window as a flat and a nested record, and as a block of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from sseml.classes import dataclass, replace
from sseml.columns import WINDOW_COLUMNS
from sseml.model.phases import in_words
from sseml.physics.formulas import written
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.window import Window
from sseml.records import Refusal
from sseml.render.record import (
    AnsweredQuery,
    Record,
    amounts_record,
    flat_record,
    kept_columns,
    nested_record,
)
from sseml.render.table import visible

_MEASURED = "measured"
"""In JSON the `measured_…` columns are one list of this name."""

_MEASURED_COLUMNS = {
    column.name: column for column in WINDOW_COLUMNS if column.name.startswith(f"{_MEASURED}_")
}


@dataclass(frozen=True, slots=True)
class AnsweredWindow(AnsweredQuery):
    """The window of one row.

    `uncorrected` is the window without the corrections, None where none were asked for; `measured`
    are published windows of this very material, and `phases` is the name of the table of phases.
    """

    window: Window
    corrections: tuple[str, ...]
    uncorrected: Window | None
    measured: tuple[PublishedWindow, ...]
    phases: str

    @property
    def decomposition(self) -> str | None:
        """The phases that are stable at the composition, as an equation writes them."""
        return written(self.window.decomposition) if self.window.decomposition else None

    @property
    def shown(self) -> PublishedWindow | None:
        """The measured window that tells most.

        One with limits found stands before one of an experiment that saw no reaction, then one with
        carbon, then one with both limits.
        """
        return min(self.measured, key=_tells_less, default=None)

    @property
    def measured_reference(self) -> str | None:
        """The reference of the measured window shown, or the text that it was read in."""
        return (self.shown.reference or self.shown.read_in or None) if self.shown else None

    @property
    def measured_count(self) -> int:
        """How many measured windows are known."""
        return len(self.measured)


def _tells_less(one: PublishedWindow) -> tuple[bool, bool, bool]:
    return one.relation == "within", "carbon" not in one.method, None in (one.V_red, one.V_ox)


def window_record(answer: AnsweredWindow | Refusal) -> Record:
    """One row under `WINDOW_COLUMNS`, then the other columns of the input."""
    record = flat_record(WINDOW_COLUMNS, answer)
    return record | kept_columns(answer.columns, taken=(*record, _MEASURED))


def nested_window_record(answer: AnsweredWindow | Refusal) -> Record:
    """Like `window_record`, with error, reactions and measured windows as objects."""
    measured = _measured_records(answer)
    record = window_record(answer)
    nested = nested_record(answer, record, _MEASURED, measured, in_place_of=_MEASURED_COLUMNS)
    if isinstance(answer, Refusal):
        return nested
    window = answer.window
    for name, reaction in (("reduction", window.reduction), ("oxidation", window.oxidation)):
        nested[name] = reaction and {
            "reactants": amounts_record(reaction.reactants),
            "products": amounts_record(reaction.products),
        }
    nested["decomposition"] = amounts_record(window.decomposition) if window.decomposition else None
    nested["corrections"] = list(answer.corrections)
    nested["window_note"] = list(window.notes)
    return nested


def _measured_records(answer: AnsweredWindow | Refusal) -> list[Record]:
    """Every measured window under the columns of the one that is shown in a flat record."""
    if isinstance(answer, Refusal):
        return []
    columns = [column for name, column in _MEASURED_COLUMNS.items() if name != "measured_count"]
    records = [flat_record(columns, replace(answer, measured=(one,))) for one in answer.measured]
    return [
        {name.removeprefix(f"{_MEASURED}_"): value for name, value in record.items()}
        for record in records
    ]


def window_block(answer: AnsweredWindow | Refusal) -> Iterator[str]:
    """Lines that say what the window is, why, and what was measured."""
    if isinstance(answer, Refusal):
        yield visible(answer.input)
        yield f"  {'refused':<12}{visible(answer.message)}"
        return
    formula = answer.query.material.formula
    yield visible(answer.input) + ("" if formula == answer.input else f" ({formula})")
    for label, text in _items(answer):
        yield f"  {label:<12}{visible(text)}"


def _items(answer: AnsweredWindow) -> Iterator[tuple[str, str]]:
    window, before = answer.window, answer.uncorrected
    if window.V_red is not None and window.V_ox is not None:
        metal = f"V vs {window.ion}/{window.ion}+"
        yield "window", f"{window.V_red:.2f} to {window.V_ox:.2f} {metal}, calculated"
        if before and before.V_red is not None and before.V_ox is not None:
            limits = f"{before.V_red:.2f} to {before.V_ox:.2f} {metal} as the table stands"
            yield "corrected", f"for {', '.join(answer.corrections)}; {limits}"
        yield "reduction", str(window.reduction) if window.reduction else "none: stable to 0 V"
        yield "oxidation", str(window.oxidation)
        yield "stable here", written(window.decomposition or {})
    for note in window.notes:
        yield "note", note
    for each in answer.measured:
        yield "measured", in_words(each)
