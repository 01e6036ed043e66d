"""Text in figures: formulas with low amounts, lines below a figure, labels that keep apart.

Widths are in inches, font sizes in points.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from sseml.parse.formula import parse_formula
from sseml.records import RefusedInputError
from sseml.report.figures.style import INK, MARGIN_INCH, write_at

LARGE, SMALL = 8.5, 7.5
"""Sizes of the text of notes."""

_MARK, _GAP = 0.15, 0.16
"""Width of the column of marks, and between heads and text."""

_SPACING = 1.45
_LONGEST_FORMULA = 70

_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])\d+(?:\.\d+)?")
_LAST = re.compile(r"(?<=.)[A-Z(\[][a-z]?[\d.]*$")
"""The element at the end of a formula, whole or not."""

_LOW = re.compile(r"\$_\{\\mathregular\{(.*?)\}\}\$")
"""What is set low, as matplotlib reads it."""

_SIGN = re.compile(r"\$_\{\\mathregular\{.*?\}\}\$|\\\$|.", re.DOTALL)
"""A letter, or what is set low as a whole."""

_BREAKABLE = frozenset("/-._?&=;,)")
"""After these a word that is too long is broken."""

_SHRUNK, _AFTER_LOW = 0.7, 0.06
"""Size of what is set low, and the space after it, in sizes of the other letters: matplotlib takes
as long to measure a formula as to draw it."""

_POINTS_AN_INCH = 72.0
_SLACK = 1.03
"""Drawn text is up to this much wider than its outline, as its letters stand on whole pixels."""


def formula_text(formula: str, longest: int | None = None) -> str:
    """A formula, or a text with formulas, with rounded amounts set low.

    What has more than `longest` characters ends in an ellipsis after a whole element.
    """
    rounded = rounded_amounts(formula.replace("$", r"\$"))
    if longest is not None and len(rounded) > longest:
        rounded = _LAST.sub("", rounded[: longest - 1]) + "…"
    return low_amounts(rounded)


def rounded_amounts(formula: str) -> str:
    """A formula whose amounts have at most four digits."""
    return _AMOUNT.sub(lambda found: f"{float(found[0]):.4g}", formula)


def low_amounts(formula: str) -> str:
    """A formula whose amounts matplotlib sets low."""
    return _AMOUNT.sub(r"$_{\\mathregular{\g<0>}}$", formula)


def width_inch(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line, in which amounts may be set low."""
    font = FontProperties(size=size, weight=weight)
    outlines = TextToPath()
    points = 0.0
    for place, part in enumerate(_LOW.split(text)):
        width = outlines.get_text_width_height_descent(part, font, ismath=False)[0]
        points += _SHRUNK * width + _AFTER_LOW * size if place % 2 else width
    return float(points) * _SLACK / _POINTS_AN_INCH


def phases_text(
    formulas: Sequence[str],
    width: float,
    size: float,
    weight: str = "normal",
    first: Collection[str] = (),
) -> str:
    """Formulas on one line, as many as `width` holds; the others are counted.

    Those of `first` are kept before the others, in the order of `formulas`.
    """
    wanted = [name for name in formulas if name in first] or list(formulas[:1])
    wanted += [name for name in formulas if name not in wanted]
    shown = {name: formula_text(name) for name in formulas}
    widths = {name: width_inch(text, size, weight) for name, text in shown.items()}
    plus = width_inch(" + ", size, weight)
    for count in range(len(wanted), 0, -1):
        kept, rest = set(wanted[:count]), _rest(len(wanted) - count)
        long = sum(widths[name] + plus for name in kept) - plus
        if long + width_inch(rest, size, weight) <= width:
            return " + ".join(shown[name] for name in formulas if name in kept) + rest
    rest = _rest(len(wanted) - 1)
    for longest in range(len(wanted[0]) - 1, 1, -1):
        text = formula_text(wanted[0], longest) + rest
        if width_inch(text, size, weight) <= width:
            return text
    return "…"


def _rest(count: int) -> str:
    return f" + {count} more" if count else ""


def wrapped(words: Iterable[str], width: float, size: float) -> list[str]:
    """Words set in lines; only a word longer than a line is broken, after punctuation if it can."""
    space = width_inch(" ", size)
    lines: list[str] = []
    used = width
    for word in chain.from_iterable(_broken(word, width, size) for word in words):
        needed = space + width_inch(word, size)
        if lines and used + needed <= width:
            lines[-1] += f" {word}"
            used += needed
        else:
            lines.append(word)
            used = needed - space
    return lines


def _broken(word: str, width: float, size: float) -> Iterator[str]:
    """Parts of a word that each find room; what is set low is not cut in two."""
    if width_inch(word, size) <= width:
        yield word
        return
    start, end, used = 0, 0, 0.0
    signs = [found[0] for found in _SIGN.finditer(word)]
    widths = [width_inch(sign, size) for sign in signs]
    for place, sign_width in enumerate(widths):
        if used + sign_width > width and place > start:
            cut = end if end > start else place
            yield "".join(signs[start:cut])
            start, used = cut, sum(widths[cut:place])
        used += sign_width
        if signs[place] in _BREAKABLE:
            end = place + 1
    yield "".join(signs[start:])


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places for labels near the wanted ones, which ascend, at least `apart` from each other.

    All stand between `low` and `high` if they find room there; the sum of the squared shifts is as
    small as can be.
    """
    groups: list[tuple[float, int]] = []
    for place, value in enumerate(wanted):
        mean, size = value - place * apart, 1
        while groups and groups[-1][0] >= mean:
            before, members = groups.pop()
            mean = (before * members + mean * size) / (members + size)
            size += members
        groups.append((mean, size))
    level = [mean for mean, size in groups for _ in range(size)]
    highest = max(low, high - (len(wanted) - 1) * apart)
    return [min(max(at, low), highest) + place * apart for place, at in enumerate(level)]


class Note(NamedTuple):
    """A head and words that are not broken; a coloured mark may stand before the head."""

    head: str
    words: Sequence[str]
    size: float = SMALL
    mark: str = ""
    colour: str = INK


class Notes:
    """Notes set one under the other at the bottom of a figure of a width in inches."""

    def __init__(self, notes: Sequence[Note], width: float) -> None:
        heads = max((width_inch(note.head, note.size) for note in notes), default=0.0)
        self._text_at = MARGIN_INCH + _MARK + heads + _GAP
        room = width - MARGIN_INCH - self._text_at
        self._notes = [(note, wrapped(note.words, room, note.size)) for note in notes]

    @property
    def height(self) -> float:
        """Room at the bottom of the figure in inches, with its margin."""
        return MARGIN_INCH + sum(len(lines) * _line_inch(note) for note, lines in self._notes)

    def write(self, figure: Figure) -> None:
        """Write them."""
        up = self.height
        for note, lines in self._notes:
            write_at(figure, (MARGIN_INCH, up), note.mark, note.size, note.colour)
            write_at(figure, (MARGIN_INCH + _MARK, up), note.head, note.size)
            for line in lines:
                write_at(figure, (self._text_at, up), line, note.size)
                up -= _line_inch(note)


def _line_inch(note: Note) -> float:
    return note.size * _SPACING / _POINTS_AN_INCH


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
    """Whether its digits are amounts: not those of NMC811."""
    try:
        parse_formula(word.rstrip(",;:."))
    except RefusedInputError:
        return False
    return True


def to_read(notes: Sequence[str]) -> list[Note]:
    """What one has to know to read a figure, each in a line of its own."""
    heads = chain(("to read this",), repeat(""))
    return [Note(head, words(text)) for head, text in zip(heads, notes, strict=False)]
