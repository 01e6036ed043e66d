"""A row as it stands in the input, before its formula is read; or why it cannot be one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sseml.classes import dataclass
from sseml.parse.headings import (
    close_heading,
    condition_of,
    conditions_of,
    folded_heading,
    formula_column,
)
from sseml.parse.sources import is_damaged, without_damage
from sseml.patterns import late
from sseml.records import Refusal, RefusedInputError

_DEEPEST = 32
"""Levels of lists and objects in a cell: what is deeper is no data of a table."""

_SHOWN = 80
_LISTED = 20
_DECIMAL_COMMA = late(r"(?<=\d),(?=\d)(?!\d{2,3}\s?(?:°\s?C|℃|C|degC|K|kelvin)\s*$)", re.IGNORECASE)
"""Between two digits, but not before a temperature at the end: ``Li3PS4,298K``."""
_DECIMAL_POINT = late(r"\d\.\d")


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the input: its number, the formula text and the other columns."""

    row: int
    text: str
    columns: Mapping[str, object]
    decimal_comma: bool = False
    """Whether numbers are written with a decimal comma, as beside semicolons."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns are asked for."""

    column: str | None = None
    """That of the formula, as the person named it; None to find it by its heading."""
    instead: tuple[str, ...] = ()
    """Columns that may stand beside a formula or instead of it."""
    ignored: frozenset[str] = frozenset()
    """Columns that say nothing, whatever they are called."""
    sheet: str | None = None
    """Of a workbook; None for the first."""


def find_column(names: Sequence[str], wanted: Wanted, source_name: str) -> int:
    """Return the place of the formula, after a look at what the other columns may be.

    Headings without a formula, with several, or with a column that needs an answer first, such as
    one that may be the temperature, are refused.
    """
    _refuse_twice(names, wanted, source_name)
    _require_columns(names, wanted.ignored, source_name)
    try:
        found = _found(names, wanted)
        if found is not None:
            conditions_of([name for name in names if name and name != found], wanted.ignored)
            return names.index(found)
    except RefusedInputError as error:
        raise RefusedInputError(f"{source_name}: {error.reason}", error.suggestion) from None
    sought = wanted.column or "formula"
    listed = ", ".join(map(shown, names[:_LISTED])) + (" …" if len(names) > _LISTED else "")
    hint = "name the column that holds the formula with --column, or add the heading 'formula'"
    if close := close_heading(sought, names):
        hint = f"perhaps you mean --column {close!r}"
    raise RefusedInputError(
        f"{source_name} has no column {sought!r}; it has: {listed or 'none'}", hint
    )


def is_heading(names: Sequence[str], wanted: Wanted) -> bool:
    """Tell whether the cells of a row are a heading: one of them names the formula."""
    if wanted.column is not None:
        return folded_heading(wanted.column) in map(folded_heading, names)
    try:
        return formula_column(names, wanted.instead) is not None
    except RefusedInputError:  # several may be meant
        return True


def _found(names: Sequence[str], wanted: Wanted) -> str | None:
    if wanted.column is None:
        return formula_column(
            [name for name in names if name not in wanted.ignored], wanted.instead
        )
    if wanted.column in names:
        return wanted.column
    folded = folded_heading(wanted.column)
    return next((name for name in names if folded_heading(name) == folded), None)


def _require_columns(names: Sequence[str], ignored: frozenset[str], source_name: str) -> None:
    for name in ignored.difference(names):
        close = close_heading(name, names)
        hint = f"did you mean {close!r}?" if close else "write it as it stands in the heading"
        raise RefusedInputError(f"{source_name} has no column {name!r} to ignore", hint)


def _refuse_twice(names: Sequence[str], wanted: Wanted, source_name: str) -> None:
    """Refuse headings that stand twice, if it matters which is meant."""
    counted = Counter(folded_heading(name) for name in names if name not in wanted.ignored)
    for name, count in counted.items():
        if not name or count == 1:
            continue
        same = [each for each in names if folded_heading(each) == name]
        said = ["formula" if _found([each], wanted) else condition_of(each) for each in same]
        meanings = [meaning for meaning in said if meaning is not None]
        if len(set(meanings)) < len(meanings):
            raise RefusedInputError(
                f"{source_name} has the heading {shown(name)!r} more than once",
                "rename or remove all but one: it is not clear which is meant",
            )


def distinct(names: Sequence[str]) -> list[str]:
    """Give every column a name of its own: ``note``, ``note (2)``, ``column 3``."""
    found: dict[str, None] = {}
    counts: Counter[str] = Counter()
    for place, written in enumerate(names, start=1):
        name = written or f"column {place}"
        counts[name] += 1
        while name in found:
            name = f"{written} ({counts[written]})"
            counts[written] += name in found
        found[name] = None
    return [*found]


def row_of_record(
    number: int, value: object, column: str, written: str, instead: Sequence[str] = ()
) -> RawRow | Refusal:
    """Make a row of one record of a table, or of one JSON value: an object, or a formula itself.

    `column` holds the formula, and one of the columns `instead` may say something where it is
    missing. `written` is the row as it stood in the input, for a message.
    """
    if isinstance(value, str):
        return checked(number, value.strip(), {})
    if not isinstance(value, dict):
        return unreadable(
            number, shown(written), "the line is not a JSON object", 'write {"formula": "Li3PS4"}'
        )
    nested = [name for name, content in value.items() if isinstance(content, list | dict)]
    if deep := [name for name in nested if is_nested_deeper(value[name], _DEEPEST)]:
        kept = {name: content for name, content in value.items() if name not in (*deep, column)}
        reason = f"the column {shown(deep[0])!r} is nested more than {_DEEPEST} levels deep"
        return unreadable(number, shown(written), reason, "leave it out", kept)
    formula = value.get(column)
    columns = {name: content for name, content in value.items() if name != column}
    if formula is None and any(
        content and folded_heading(name) in instead for name, content in columns.items()
    ):
        return checked(number, "", columns)
    if not isinstance(formula, str):
        held = f"holds {shown(repr(formula))}, not a formula" if column in value else "is missing"
        reason = f"the column {column!r} {held}"
        return unreadable(number, shown(written), reason, "write the formula as text", columns)
    return checked(number, formula.strip(), columns)


def is_nested_deeper(cell: object, levels: int) -> bool:
    """Whether lists and objects in a cell are nested more than so many levels deep."""
    level = [cell]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def checked(
    number: int, text: str, columns: Mapping[str, object], *, decimal_comma: bool = False
) -> RawRow | Refusal:
    """Refuse the row if some of it could not be decoded."""
    if any(isinstance(value, str) and is_damaged(value) for value in (text, *columns.values())):
        reason = "the row holds bytes that are not text in the file's encoding"
        return unreadable(number, text, reason, "save the file as UTF-8", columns)
    return RawRow(number, text, columns, decimal_comma)


def unreadable(
    number: int,
    text: str,
    reason: str,
    suggestion: str,
    columns: Mapping[str, object] | None = None,
) -> Refusal:
    """Refuse a row that is none."""
    kept = {
        without_damage(name): without_damage(value) if isinstance(value, str) else value
        for name, value in (columns or {}).items()
    }
    return Refusal(number, without_damage(text), reason, suggestion, kept, "unreadable_row")


def shown(text: str) -> str:
    """The beginning of a text, for a message."""
    short = without_damage(text[: _SHOWN + 1])
    return short if len(short) <= _SHOWN else f"{short[: _SHOWN - 1]}…"


def with_points(text: str) -> str:
    """Read decimal commas as points: ``60,5 °C``; a text that has a point keeps its commas."""
    return text if _DECIMAL_POINT.search(text) else _DECIMAL_COMMA.sub(".", text)
