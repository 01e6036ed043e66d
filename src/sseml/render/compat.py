"""Compatibilities as flat and nested records, and as a table for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sseml.classes import dataclass
from sseml.columns import COMPAT_COLUMNS
from sseml.physics.compatibility import Compatibility, Partner
from sseml.physics.formulas import written
from sseml.physics.interface import Mixing, OpenReaction
from sseml.records import Refusal, RefusedInputError
from sseml.render.record import (
    AnsweredQuery,
    Record,
    amounts_record,
    flat_record,
    kept_columns,
)
from sseml.render.table import pad, text_width, visible

_AMOUNT = re.compile(r"(\d) (?=[A-Z(])")
_SHOWN_EV = 0.0005
_LONGEST_LABEL, _LONGEST_NAME = 24, 40
"""Letters of what was typed, and of the formula that is shown for a part of a sweep."""


@dataclass(frozen=True, slots=True)
class AnsweredPair(AnsweredQuery):
    """A material against one partner, or why there is no number; `phases` names the table."""

    partner: Partner
    found: Compatibility | RefusedInputError
    corrections: tuple[str, ...]
    phases: str

    @property
    def answered(self) -> Compatibility | None:
        """What came of it; None where it was refused."""
        return None if isinstance(self.found, RefusedInputError) else self.found

    @property
    def message(self) -> str | None:
        """Why there is no number; None where there is one."""
        if self.answered:
            return None
        return f"row {self.row}: {self.input!r} with {self.partner.label}: {self.found}"

    @property
    def products(self) -> str | None:
        """What the two react to at the worst mixing ratio."""
        worst = self.answered and self.answered.worst
        return written(worst.reaction.products) if worst else None

    @property
    def open_products(self) -> str | None:
        """What they react to with the reservoir of the ion."""
        opened = self.answered and self.answered.opened
        return written(opened.reaction.products) if opened else None


def compat_record(answer: AnsweredPair | Refusal) -> Record:
    """One row under `COMPAT_COLUMNS`, then the other columns of the input."""
    record = flat_record(COMPAT_COLUMNS, answer)
    return record | kept_columns(answer.columns, taken=record)


def nested_compat_record(answer: AnsweredPair | Refusal) -> Record:
    """Like `compat_record`, with products as objects, corrections and notes as lists."""
    record = compat_record(answer)
    if isinstance(answer, Refusal) or answer.answered is None:
        return record
    worst, opened = answer.answered.worst, answer.answered.opened
    return record | {
        "products": amounts_record(worst.reaction.products) if worst else {},
        "open_products": amounts_record(opened.reaction.products) if opened else {},
        "corrections": list(answer.corrections),
        "note": list(answer.answered.notes),
    }


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
    if (found := answer.answered) is None:
        return *named, "", visible(f"refused: {answer.found}")
    first = str(found.worst.reaction) if found.worst else "none"
    return *named, shown_energy(found.worst), first, *_opened(found), *found.notes[1:]


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
