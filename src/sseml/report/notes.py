"""Lines of text under a picture: equations, sources, and what one has to know to read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from matplotlib.figure import Figure

from sseml.parse.formula import parse_formula
from sseml.records import RefusedInputError
from sseml.report.style import INK, MARGIN_INCH, formula_text, width_inch, wrapped, write_at

LARGE, SMALL = 8.5, 7.5
"""Sizes of the text, in points."""

_MARK, _GAP = 0.15, 0.16
"""Widths in inches: of the column of marks, and between heads and text."""

_SPACING = 1.45
_POINTS_AN_INCH = 72.0
_LONGEST_FORMULA = 70


@dataclass(frozen=True, slots=True)
class Note:
    """One line or several.

    Attributes
    ----------
    head
        What it is about.
    words
        What is not to be broken at the end of a line.
    size
        In points.
    mark, colour
        Sign before the head, and its colour.
    """

    head: str
    words: Sequence[str]
    size: float = SMALL
    mark: str = ""
    colour: str = INK


class Notes:
    """Notes set one under the other for a figure of a width in inches."""

    def __init__(self, notes: Sequence[Note], width: float) -> None:
        self._notes = notes
        heads = max((width_inch(note.head, note.size) for note in notes), default=0.0)
        self._text_at = MARGIN_INCH + _MARK + heads + _GAP
        room = width - MARGIN_INCH - self._text_at
        self._lines = [wrapped(note.words, room, note.size) for note in notes]

    @property
    def height(self) -> float:
        """Room at the bottom of the figure in inches, with its margin."""
        return MARGIN_INCH + sum(
            len(lines) * _line_inch(note)
            for note, lines in zip(self._notes, self._lines, strict=True)
        )

    def write(self, figure: Figure) -> None:
        """Write them at the bottom of the figure."""
        up = self.height
        for note, lines in zip(self._notes, self._lines, strict=True):
            write_at(figure, (MARGIN_INCH, up), note.mark, note.size, note.colour)
            write_at(figure, (MARGIN_INCH + _MARK, up), note.head, note.size)
            for line in lines:
                write_at(figure, (self._text_at, up), line, note.size)
                up -= _line_inch(note)


def terms(equation: str) -> list[str]:
    """Parts of an equation that stay together: sign, amount and formula."""
    return [formula_text(term, _LONGEST_FORMULA) for term in re.split(r" (?=[+→] )", equation)]


def words(text: str) -> list[str]:
    """Words of a text in which there may be formulas and negative numbers."""
    signed = re.sub(r"(?<!\S)-(?=\d)", "−", text)
    return [
        formula_text(word, _LONGEST_FORMULA) if _is_formula(word) else word.replace("$", r"\$")
        for word in signed.split()
    ]


def _is_formula(word: str) -> bool:
    """Whether digits in it are amounts, other than in NMC811."""
    try:
        parse_formula(word.rstrip(",;:."))
    except RefusedInputError:
        return False
    return True


def to_read(notes: Sequence[str]) -> list[Note]:
    """What one has to know to read a picture, each in a line of its own."""
    heads = chain(("to read this",), repeat(""))
    return [Note(head, words(text)) for head, text in zip(heads, notes, strict=False)]


def _line_inch(note: Note) -> float:
    return note.size * _SPACING / _POINTS_AN_INCH
