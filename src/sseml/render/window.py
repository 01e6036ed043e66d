"""A window as a flat record, and as a block of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sseml.curation.windows import PublishedWindow
from sseml.model.stability import in_words
from sseml.physics.reactions import written
from sseml.physics.window import Window
from sseml.records import Query, Refusal
from sseml.render.record import plain
from sseml.render.table import visible

WINDOW_COLUMNS = (
    "input", "status", "error", "formula", "ion", "V_red", "V_ox", "e_above_hull_eV_atom",
    "reduction", "oxidation", "decomposition", "window_of", "ion_change", "corrections",
    "V_red_uncorrected", "V_ox_uncorrected", "window_note", "measured_V_red", "measured_V_ox",
    "measured_relation", "measured_method", "measured_doi", "phases",
)  # fmt: skip
_VOLT_DIGITS = 4
_AMOUNT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class AnsweredWindow:
    """What was asked and what came of it.

    Attributes
    ----------
    query
        The row.
    window
        With the corrections asked for.
    corrections
        Elements whose correction was asked for.
    uncorrected
        The window as the table stands; None where no correction was asked for.
    measured
        Windows measured of this very material.
    phases
        Name of the phase table.
    """

    query: Query
    window: Window
    corrections: tuple[str, ...]
    uncorrected: Window | None
    measured: tuple[PublishedWindow, ...]
    phases: str

    @property
    def row(self) -> int:
        """Number of the row in the input, from 1."""
        return self.query.row


def window_record(answer: AnsweredWindow | Refusal) -> dict[str, Any]:
    """Flatten one answer under `WINDOW_COLUMNS`; the first measured window stands beside it."""
    record: dict[str, Any] = dict.fromkeys(WINDOW_COLUMNS)
    if isinstance(answer, Refusal):
        return record | {
            "input": plain(answer.input), "status": "error", "error": plain(answer.message),
        }  # fmt: skip
    window, as_it_stands = answer.window, answer.uncorrected
    record |= {
        "input": plain(answer.query.input),
        "status": "ok",
        "formula": answer.query.material.formula,
        "ion": window.ion,
        "V_red": _volts(window.V_red),
        "V_ox": _volts(window.V_ox),
        "e_above_hull_eV_atom": _volts(window.e_above_hull_eV_atom),
        "reduction": str(window.reduction) if window.reduction else None,
        "oxidation": str(window.oxidation) if window.oxidation else None,
        "decomposition": written(window.decomposition) if window.decomposition else None,
        "window_of": window.formula or None,
        "ion_change": round(window.ion_change, _VOLT_DIGITS),
        "corrections": " ".join(answer.corrections) or None,
        "V_red_uncorrected": _volts(as_it_stands.V_red) if as_it_stands else None,
        "V_ox_uncorrected": _volts(as_it_stands.V_ox) if as_it_stands else None,
        "window_note": "; ".join(window.notes),
        "phases": answer.phases,
    }
    if answer.measured:
        first = answer.measured[0]
        record |= {
            "measured_V_red": first.V_red,
            "measured_V_ox": first.V_ox,
            "measured_relation": first.relation,
            "measured_method": first.method,
            "measured_doi": plain(first.doi) or None,
        }
    return record


def window_block(answer: AnsweredWindow | Refusal) -> Iterator[str]:
    """Lines that say what the window is, why, and what was measured."""
    if isinstance(answer, Refusal):
        yield visible(answer.input)
        yield f"  {'refused':<12}{visible(answer.message)}"
        return
    formula = answer.query.material.formula
    named = "" if formula == answer.query.input else f" ({formula})"
    yield visible(answer.query.input) + named
    for label, text in _items(answer):
        yield f"  {label:<12}{visible(text)}"


def _items(answer: AnsweredWindow) -> Iterator[tuple[str, str]]:
    window = answer.window
    if window.V_red is not None and window.V_ox is not None:
        metal = f"V vs {window.ion}/{window.ion}+"
        yield "window", f"{window.V_red:.2f} to {window.V_ox:.2f} {metal}, calculated"
        yield from _correction(answer, metal)
        yield "reduction", str(window.reduction) if window.reduction else "none: stable to 0 V"
        yield "oxidation", str(window.oxidation)
        yield "stable here", written(window.decomposition or {})
    for note in window.notes:
        yield "note", note
    for each in answer.measured:
        yield "measured", in_words(each)


def _correction(answer: AnsweredWindow, metal: str) -> Iterator[tuple[str, str]]:
    before = answer.uncorrected
    if before and before.V_red is not None and before.V_ox is not None:
        changed = ", ".join(answer.corrections)
        yield (
            "corrected",
            f"for {changed}; {before.V_red:.2f} to {before.V_ox:.2f} {metal} as the table stands",
        )


def _volts(value: float | None) -> float | None:
    return None if value is None else round(value, _VOLT_DIGITS)


def nested_window_record(answer: AnsweredWindow | Refusal) -> dict[str, Any]:
    """Like `window_record`, with error, reactions and measured windows as objects."""
    record = window_record(answer)
    if isinstance(answer, Refusal):
        return record | {"error": {"code": answer.code, "message": record["error"]}}
    window = answer.window
    measured = [name for name in record if name.startswith("measured_")]
    nested = {name: value for name, value in record.items() if name not in measured}
    for name, reaction in (("reduction", window.reduction), ("oxidation", window.oxidation)):
        nested[name] = reaction and {
            "reactants": _amounts(reaction.reactants), "products": _amounts(reaction.products),
        }  # fmt: skip
    nested["decomposition"] = _amounts(window.decomposition) if window.decomposition else None
    nested["corrections"] = list(answer.corrections)
    nested["window_note"] = list(window.notes)
    nested["measured"] = _measured(answer.measured)
    return nested


def _amounts(side: Mapping[str, float]) -> dict[str, float]:
    return {formula: float(f"{amount:.{_AMOUNT_DIGITS}g}") for formula, amount in side.items()}


def _measured(windows: Sequence[PublishedWindow]) -> list[dict[str, Any]]:
    return [
        {
            "V_red": each.V_red,
            "V_ox": each.V_ox,
            "relation": each.relation,
            "method": each.method,
            "doi": plain(each.doi) or None,
            "reference": plain(each.reference),
        }
        for each in windows
    ]
