"""Which column headings of a request are known, unknown, or nearly a qualifier."""

from __future__ import annotations

from collections.abc import Iterable

from sseml.parse import headings as meanings
from sseml.records import RefusedInputError
from sseml.serving.problems import RequestError

_MOST = 256


def formula_column(headings: Iterable[str]) -> str | None:
    """Return the heading of the column that holds the formulas; None where none surely does."""
    try:
        return meanings.formula_column(list(headings))
    except RefusedInputError:
        return None


def require_few(count: int) -> None:
    """Refuse more headings than a table has, before any is looked at.

    Raises
    ------
    RequestError
        ``too_many_columns``.
    """
    if count > _MOST:
        raise RequestError("too_many_columns", f"send at most {_MOST} columns")


def unknown_headings(headings: Iterable[str]) -> tuple[str, ...]:
    """Return the headings that say nothing to the model; their cells are kept all the same.

    Raises
    ------
    RequestError
        ``misspelt_column``, where a heading is nearly a condition, or may be the temperature:
        passed over in silence, the answer would be one for 25 °C.
    """
    names = list(headings)
    known = {name for name in names if meanings.condition_of(name) is not None}
    unknown = tuple(name for name in names if name not in known)
    for heading in unknown:
        if meant := meanings.nearly_condition(heading):
            raise RequestError(
                "misspelt_column",
                f"a column heading is nearly {meant!r}: write {meant!r}, or give the column "
                "another name if it means something else",
            )
    try:
        meanings.conditions_of(names)
    except RefusedInputError as error:
        raise RequestError("misspelt_column", error.suggestion.partition("; ")[0]) from None
    return unknown
