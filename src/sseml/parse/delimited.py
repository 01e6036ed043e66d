"""Rows of CSV and its kin: separators, quotes that close within a bound, decimal commas."""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from sseml.parse.material import parse_material
from sseml.parse.raw import (
    RawRow,
    Wanted,
    checked,
    distinct,
    find_column,
    is_heading,
    shown,
    unreadable,
)
from sseml.patterns import late
from sseml.records import Refusal, RefusedInputError

_MOST_LINES = 16
_MOST_CHARACTERS = 8_192
"""Of a quoted cell that goes on over line ends: what is longer was never closed."""

_MOST_LINES_ABOVE = 19
"""In which the heading is looked for: a title or a note may stand above it."""

_ANY = Wanted()
_DELIMITERS = ",;\t|"
_STATED_DELIMITER = late(r"\ufeff?sep=(.)", re.IGNORECASE)
_LIKE_FORMULA = late(r"\(?(?:\d[\d.,]*)?[A-Z][A-Za-z]?[\w.,()\[\]·*+-]*")


class _Unclosed(str):
    """A line in which a quote is opened that nothing closes."""

    __slots__ = ()


def read_delimited(
    lines: Iterable[str], wanted: Wanted, name: str, delimiter: str | None = None
) -> Iterator[RawRow | Refusal]:
    """Read rows under a heading, from lines with their ends.

    The heading tells the delimiter where none is given. `name` is that of the file, for messages.
    """
    rest = _Lines(lines)
    stated = _skip_to_heading(rest, wanted)
    first = next(rest, "")
    mark = delimiter or stated or _delimiter_between(first, wanted)
    if mark is None:
        mark = next((each for each in _DELIMITERS if each in first), ",")
    rest.put_back(first)
    names = _heading(rest, mark, name)
    formula_at = find_column(names, wanted, name)
    names = distinct(names)

    def is_row(line: str) -> bool:
        cells = _split(line, mark)
        fits = len(cells) == len(names)
        return fits and _begins_with_formula(cells[formula_at])

    number = 0
    for record in _records(rest, mark, is_row):
        if not record.strip("\r\n"):
            continue
        number += 1
        yield _row(number, record, names, formula_at, mark)


def is_heading_line(line: str, wanted: Wanted = _ANY) -> bool:
    """Tell whether a line names several columns, one of them the formula."""
    return _delimiter_between(line, wanted) is not None


def _delimiter_between(heading: str, wanted: Wanted) -> str | None:
    """The separator of a heading: some spreadsheets write CSV with semicolons or tabs."""
    for mark in _DELIMITERS:
        if mark in heading and is_heading([*map(_bare, heading.split(mark))], wanted):
            return mark
    return None


def _bare(cell: str) -> str:
    return cell.strip(' "\r\n')


def _split(line: str, mark: str) -> list[str]:
    """The cells of a line without quotes."""
    return line.rstrip("\r\n").split(mark)


class _Lines(Iterator[str]):
    """Lines of which some may be put back to be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: deque[str] = deque()

    def __next__(self) -> str:
        return self._back.popleft() if self._back else next(self._lines)

    def put_back(self, *lines: str) -> None:
        self._back.extendleft(reversed(lines))


def _skip_to_heading(lines: _Lines, wanted: Wanted) -> str | None:
    """Pass over a title above the heading, and a line ``sep=;``, whose separator is returned."""
    stated: str | None = None
    above: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        if not above and (found := _STATED_DELIMITER.fullmatch(line.strip())):
            stated = found[1]
            continue
        above.append(line)
        if is_heading([_bare(line)], wanted) or is_heading_line(line, wanted):
            lines.put_back(line)
            return stated
        if '"' in line or len(above) > _MOST_LINES_ABOVE:
            break
    lines.put_back(*above)
    return stated


def _records(lines: _Lines, mark: str, is_row: Callable[[str], bool]) -> Iterator[str]:
    """Join the lines of a cell that was quoted; mark a line whose quote is never closed."""
    for line in lines:
        if '"' not in line or _state(line, mark) != "open":
            yield line
            continue
        record, taken = line, list[str]()
        state = "open"
        while state == "open" and len(taken) < _MOST_LINES and len(record) < _MOST_CHARACTERS:
            following = next(lines, None)
            if following is None:
                break
            taken.append(following)
            record += following
            state = _state(record, mark, strict=True)
        if state == "closed" and not any(map(is_row, taken)):
            yield record
        else:
            lines.put_back(*taken)
            yield _Unclosed(line)


def _state(text: str, mark: str, *, strict: bool = False) -> str:
    """``open`` where a quoted cell goes on; ``broken`` where a strict reader finds more behind one.

    A quote opens a cell only at its beginning.
    """
    begins = rf"(?<![^{re.escape(mark)}\r\n])"
    ends = rf"(?=[{re.escape(mark)}\r\n]|$)" if strict else ""
    for cell in re.finditer(rf'{begins}"[^"]*(?:""[^"]*)*(?P<closing>"(?P<end>{ends})?)?', text):
        if cell["closing"] is None:
            return "open"
        if cell["end"] is None:
            return "broken"
    return "closed"


def _heading(lines: _Lines, mark: str, name: str) -> list[str]:
    """Names of the columns; a quote that is never closed is left out of its name."""

    def has_formula(line: str) -> bool:
        return any(map(_begins_with_formula, _split(line, mark)))

    first = next(_records(lines, mark, has_formula), "")
    if isinstance(first, _Unclosed):
        return [cell.replace('"', "").strip() for cell in _split(first, mark)]
    try:
        cells = next(csv.reader([first], delimiter=mark), [])
    except csv.Error as error:
        raise RefusedInputError(
            f"the first line of {name} is no heading: {error}", "write the names of the columns"
        ) from None
    return [_bare(cell) for cell in cells]


def _begins_with_formula(cell: str) -> bool:
    """Tell a row of its own from a line of a note: ``Li3PS4 glass``, and not ``Dried twice``."""
    word = cell.strip(" \t\"'").partition(" ")[0]
    if any(map(str.isdigit, word)) and _LIKE_FORMULA.fullmatch(word):
        return True
    try:
        parse_material(word)
    except RefusedInputError:
        return False
    return True


def _row(
    number: int, record: str, names: Sequence[str], formula_at: int, mark: str
) -> RawRow | Refusal:
    if isinstance(record, _Unclosed):
        cells = [cell.strip().strip('"') for cell in _split(record, mark)]
        return unreadable(
            number,
            shown(cells[formula_at]) if formula_at < len(cells) else shown(record.strip()),
            "a quote is opened in this row and never closed",
            "close it, or double a quote that is part of the text",
        )
    try:
        cells = (
            next(csv.reader([record], delimiter=mark)) if '"' in record else _split(record, mark)
        )
    except csv.Error as error:
        reason = f"the row cannot be read: {error}"
        return unreadable(number, shown(record.strip()), reason, "check that quotes are closed")
    if len(cells) > len(names):
        return unreadable(
            number,
            shown(cells[formula_at]),
            f"the row has {len(cells)} cells, but the heading has {len(names)}",
            "put cells that hold the separator in quotes",
        )
    columns: dict[str, object] = dict(itertools.zip_longest(names, cells, fillvalue=""))
    text = str(columns.pop(names[formula_at])).strip()
    return checked(number, text, columns, decimal_comma=mark == ";")
