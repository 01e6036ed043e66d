"""A window as a flat record, and as a block of text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sseml.model.stability import in_words
from sseml.physics.published_windows import PublishedWindow
from sseml.physics.reactions import written
from sseml.physics.window import Window
from sseml.records import Query, Refusal
from sseml.render.record import kept_columns, plain
from sseml.render.table import visible

WINDOW_COLUMNS = (
    "input", "status", "error", "formula", "ion", "V_red", "V_ox", "e_above_hull_eV_atom",
    "reduction", "oxidation", "decomposition", "window_of", "ion_change", "corrections",
    "V_red_uncorrected", "V_ox_uncorrected", "window_note", "measured_V_red", "measured_V_ox",
    "measured_relation", "measured_method", "measured_doi", "measured_reference",
    "measured_count", "phases",
)  # fmt: skip
_MEASURED = tuple(name for name in WINDOW_COLUMNS if name.startswith("measured_"))
_RELATIONS = {"=": "equal", "~": "about", "within": "within"}
"""Words, as a spreadsheet takes a lone ``=`` for a formula."""

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
    """Flatten one answer under `WINDOW_COLUMNS`, then the other columns of the input.

    Of several measured windows that one stands beside it that tells most: one with limits found
    before one of an experiment that saw no reaction, then one with carbon, then one with both
    limits.
    """
    record: dict[str, Any] = dict.fromkeys(WINDOW_COLUMNS)
    if isinstance(answer, Refusal):
        record |= {
            "input": plain(answer.input), "status": "error", "error": plain(answer.message),
        }  # fmt: skip
        return record | _kept(answer.columns)
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
        "ion_change": float(f"{window.ion_change:.{_VOLT_DIGITS}g}"),
        "corrections": " ".join(answer.corrections) or None,
        "V_red_uncorrected": _volts(as_it_stands.V_red) if as_it_stands else None,
        "V_ox_uncorrected": _volts(as_it_stands.V_ox) if as_it_stands else None,
        "window_note": "; ".join(window.notes),
        "measured_count": len(answer.measured),
        "phases": answer.phases,
    }
    if answer.measured:
        shown = _measured_record(min(answer.measured, key=_tells_less))
        record |= {f"measured_{name}": value for name, value in shown.items()}
    return record | _kept(answer.query.columns)


def _kept(columns: Mapping[str, object]) -> dict[str, Any]:
    return kept_columns(columns, taken=(*WINDOW_COLUMNS, "measured"))


def _tells_less(one: PublishedWindow) -> tuple[bool, bool, bool]:
    return one.relation == "within", "carbon" not in one.method, None in (one.V_red, one.V_ox)


def _measured_record(one: PublishedWindow) -> dict[str, Any]:
    return {
        "V_red": one.V_red,
        "V_ox": one.V_ox,
        "relation": _RELATIONS[one.relation],
        "method": one.method,
        "doi": plain(one.doi) or None,
        "reference": plain(one.reference or one.read_in) or None,
    }


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
    nested: dict[str, Any] = {}
    for name, value in window_record(answer).items():
        if name == _MEASURED[0]:
            measured = () if isinstance(answer, Refusal) else answer.measured
            nested["measured"] = [_measured_record(one) for one in measured]
        elif name not in _MEASURED:
            nested[name] = value
    if isinstance(answer, Refusal):
        return nested | {"error": {"code": answer.code, "message": nested["error"]}}
    window = answer.window
    for name, reaction in (("reduction", window.reduction), ("oxidation", window.oxidation)):
        nested[name] = reaction and {
            "reactants": _amounts(reaction.reactants), "products": _amounts(reaction.products),
        }  # fmt: skip
    nested["decomposition"] = _amounts(window.decomposition) if window.decomposition else None
    nested["corrections"] = list(answer.corrections)
    nested["window_note"] = list(window.notes)
    return nested


def _amounts(side: Mapping[str, float]) -> dict[str, float]:
    return {formula: float(f"{amount:.{_AMOUNT_DIGITS}g}") for formula, amount in side.items()}
