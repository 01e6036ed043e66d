"""Compatibilities as flat and nested records, and as lines of a table for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sseml.physics.compatibility import Compatibility, Partner
from sseml.physics.interface import Mixing, OpenReaction
from sseml.physics.reactions import Reaction, written
from sseml.records import Query, Refusal, RefusedInputError
from sseml.render.record import kept_columns
from sseml.render.table import pad, text_width, visible

COMPAT_COLUMNS = (
    "input", "status", "error", "formula", "against", "against_formula", "energy_eV_atom",
    "energy_eV_formula", "atomic_share", "products", "reaction", "open_at_V", "open_energy_eV_atom",
    "open_energy_eV_formula", "open_atomic_share", "open_ions_per_formula", "open_products",
    "open_reaction", "note", "corrections", "phases",
)  # fmt: skip
_ENERGY_DIGITS = 4
_AMOUNT_DIGITS = 6
_AMOUNT = re.compile(r"(\d) (?=[A-Z(])")
_SHOWN_EV = 0.0005
_LONGEST_LABEL, _LONGEST_NAME = 24, 40
"""Letters of what was typed, and of the formula that is shown for a part of a sweep."""


@dataclass(frozen=True, slots=True)
class AnsweredPair:
    """A material against one partner, or why there is no number.

    Attributes
    ----------
    query
        The row.
    partner
        What the material is held against.
    found
        What came of it.
    corrections
        Elements whose correction was asked for.
    phases
        Name of the phase table.
    """

    query: Query
    partner: Partner
    found: Compatibility | RefusedInputError
    corrections: tuple[str, ...]
    phases: str

    @property
    def row(self) -> int:
        """Number of the row in the input, from 1."""
        return self.query.row


def compat_error(answer: AnsweredPair | Refusal) -> str | None:
    """Why there is no number; None where there is one."""
    if isinstance(answer, Refusal):
        return answer.message
    if isinstance(answer.found, RefusedInputError):
        query = answer.query
        return f"row {query.row}: {query.input!r} with {answer.partner.label}: {answer.found}"
    return None


def compat_record(answer: AnsweredPair | Refusal) -> dict[str, Any]:
    """One flat row, then the other columns of the input.

    What is not known is None, and the energy of what coexists is 0.
    """
    columns = answer.columns if isinstance(answer, Refusal) else answer.query.columns
    return _own_record(answer) | kept_columns(columns, taken=COMPAT_COLUMNS)


def _own_record(answer: AnsweredPair | Refusal) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys(COMPAT_COLUMNS)
    error = compat_error(answer)
    record |= {"status": "error" if error else "ok", "error": error}
    if isinstance(answer, Refusal):
        return record | {"input": answer.input}
    record |= {
        "input": answer.query.input,
        "formula": answer.query.material.formula,
        "against": answer.partner.label,
        "against_formula": answer.partner.formula,
        "corrections": " ".join(answer.corrections) or None,
        "phases": answer.phases,
    }
    if isinstance(answer.found, RefusedInputError):
        return record
    record |= {
        "energy_eV_atom": 0.0,
        "energy_eV_formula": 0.0,
        "note": "; ".join(answer.found.notes),
    }
    if worst := answer.found.worst:
        record |= {
            "energy_eV_atom": round(worst.energy_eV_atom, _ENERGY_DIGITS),
            "energy_eV_formula": round(worst.energy_eV, _ENERGY_DIGITS),
            "atomic_share": round(worst.share, _ENERGY_DIGITS),
            "products": written(worst.reaction.products),
            "reaction": str(worst.reaction),
        }
    return record | _open_record(answer.found)


def _open_record(found: Compatibility) -> dict[str, Any]:
    if found.open_at_V is None:
        return {}
    record = {"open_at_V": found.open_at_V, "open_energy_eV_atom": 0.0}
    if (opened := found.opened) is None:
        return record | {"open_energy_eV_formula": 0.0}
    return record | {
        "open_energy_eV_atom": round(opened.energy_eV_atom, _ENERGY_DIGITS),
        "open_energy_eV_formula": round(opened.energy_eV, _ENERGY_DIGITS),
        "open_atomic_share": round(opened.share, _ENERGY_DIGITS),
        "open_ions_per_formula": _readable(opened.ions),
        "open_products": written(opened.reaction.products),
        "open_reaction": str(opened.reaction),
    }


def _readable(amount: float) -> float:
    return float(f"{amount:.{_AMOUNT_DIGITS}g}")


def nested_compat_record(answer: AnsweredPair | Refusal) -> dict[str, Any]:
    """Like `compat_record`, with products and corrections as objects."""
    record = compat_record(answer)
    if isinstance(answer, Refusal) or isinstance(answer.found, RefusedInputError):
        return record
    worst, opened = answer.found.worst, answer.found.opened
    return record | {
        "products": _products(worst.reaction if worst else None),
        "open_products": _products(opened.reaction if opened else None),
        "corrections": list(answer.corrections),
        "note": list(answer.found.notes),
    }


def _products(reaction: Reaction | None) -> dict[str, float]:
    amounts = reaction.products if reaction else {}
    return {name: _readable(amount) for name, amount in amounts.items()}


def compat_table(answers: Sequence[AnsweredPair | Refusal], width: int) -> Iterator[str]:
    """Aligned columns; a reaction that is too long goes on below itself."""
    formulas: defaultdict[int, set[str]] = defaultdict(set)
    for answer in answers:
        if isinstance(answer, AnsweredPair):
            formulas[answer.row].add(answer.query.material.formula)
    cells = [_cells(answer, is_sweep=len(formulas[answer.row]) > 1) for answer in answers]
    titles = ("input", "against", "eV/atom")
    longest = (_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_LABEL)
    lengths = [
        min(most, max(map(text_width, column)))
        for most, column in zip(
            longest, zip(titles, *(cell[:3] for cell in cells), strict=True), strict=True
        )
    ]
    indent = sum(lengths) + 2 * len(lengths)
    yield "  ".join((*map(pad, titles, lengths), "reaction at the worst mixing ratio"))
    for cell in cells:
        first = "  ".join(map(pad, cell[:3], lengths))
        for number, line in enumerate(_wrapped(cell[3:], max(40, width - indent))):
            yield f"{' ' * indent}{line}" if number else f"{first}  {line}"


def _wrapped(paragraphs: Iterable[str], width: int) -> Iterator[str]:
    """Break lines, but not between an amount and its formula."""
    for paragraph in paragraphs:
        kept_together = _AMOUNT.sub("\\1\N{NO-BREAK SPACE}", paragraph)
        for line in textwrap.wrap(kept_together, width, break_on_hyphens=False):
            yield line.replace("\N{NO-BREAK SPACE}", " ")


def _cells(answer: AnsweredPair | Refusal, *, is_sweep: bool) -> tuple[str, ...]:
    """Input, partner, energy, then the reaction and what is special about it.

    Of a sweep the formula is shown, as all of its rows have one input.
    """
    if isinstance(answer, Refusal):
        parts = (answer.reason, answer.suggestion)
        return _cut(answer.input), "", "", visible(f"refused: {'; '.join(filter(None, parts))}")
    query = answer.query
    has_values = "=" in query.input and text_width(query.input) > _LONGEST_LABEL
    name = query.material.formula if is_sweep or has_values else _cut(query.input)
    named = name, visible(answer.partner.label)
    if isinstance(answer.found, RefusedInputError):
        return *named, "", visible(f"refused: {answer.found}")
    worst = answer.found.worst
    first = str(worst.reaction) if worst else "none"
    return *named, shown_energy(worst), first, *_opened(answer.found), *answer.found.notes[1:]


def _opened(found: Compatibility) -> Iterator[str]:
    """The reaction with the reservoir of the ion, in words."""
    if found.open_at_V is None:
        return
    opened = found.opened
    if found.partner.is_metal:
        if opened:
            energy = shown_energy(opened)
            yield f"with {opened.ion} in excess: {energy} eV/atom, {opened.reaction}"
    elif opened:
        energy = shown_energy(opened)
        yield f"at {found.open_at_V:g} V contact adds: {energy} eV/atom, {opened.reaction}"
    else:
        yield f"at {found.open_at_V:g} V contact adds nothing"


def _cut(text: str) -> str:
    return pad(visible(text), min(_LONGEST_LABEL, text_width(visible(text))))


def shown_energy(worst: Mixing | OpenReaction | None) -> str:
    """An energy in eV/atom, wide enough for a column of them."""
    if worst is None:
        return " 0"
    energy = worst.energy_eV_atom
    return f"{energy:.3f}" if energy <= -_SHOWN_EV else f"{energy:.1g}"
