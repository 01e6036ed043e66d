"""Formulas and lines of text as pictures write them: subscripts, fitted in, clear of each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

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
    """Write a formula, or a text with formulas, with the amounts set low.

    Parameters
    ----------
    formula
        Such as ``Li1.3Al0.3Ti1.7(PO4)3``; amounts are rounded to four digits.
    longest
        Characters at most; what is longer ends in an ellipsis.
    """
    plain = formula.replace("$", r"\$")
    rounded = _AMOUNT.sub(lambda found: f"{float(found[0]):.4g}", plain)
    if longest is not None and len(rounded) > longest:
        rounded = _LAST.sub("", rounded[: longest - 1]) + "…"
    return _AMOUNT.sub(r"$_{\\mathregular{\g<0>}}$", rounded)


def width_inch(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line, in which amounts may be set low, at a font size in points."""
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
    """Phases beside each other on one line, as many as there is room for.

    Parameters
    ----------
    formulas
        The phases in the order in which they are to stand.
    width
        Room in inches.
    size, weight
        Of the font, in points.
    first
        Those of them to keep when not all can be written; the others are counted.
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
    """Words set in lines.

    Parameters
    ----------
    words
        What is not to be broken, such as an amount with its formula.
    width
        Room in inches; a longer word is broken, after a sign of punctuation if there is one.
    size
        Font size in points.
    """
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
    """Places near the wanted ones that keep a distance.

    Parameters
    ----------
    wanted
        Where the labels would best stand, in ascending order.
    apart
        Distance between neighbours.
    low, high
        Between which all stand, if they find room there.

    Returns
    -------
    list of float
        In the same order; the sum of the squared shifts is as small as can be.
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
