"""Which column headings of a request are known, unknown, or nearly a qualifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from sseml.parse.qualifiers import heading_key
from sseml.parse.rows import FORMULA_COLUMNS, folded_heading
from sseml.serving.problems import RequestError

_MOST = 256

_NEARLY = 0.85
_LONGEST_COMPARED = 40
_GUARDED = {
    "temperature": "temperature",
    "temperature_c": "temperature",
    "temperature_k": "temperature_K",
    "space_group": "space_group",
    "spacegroup": "space_group",
    "space_group_number": "space_group",
    "form": "form",
    "kind": "kind",
    "conductivity_kind": "kind",
    "volume_per_atom": "volume_per_atom_A3",
    "volume_per_atom_a3": "volume_per_atom_A3",
}
"""Spellings that a slip may come close to, and the heading to write instead."""


def formula_column(headings: Iterable[str]) -> str | None:
    """Return the heading of the column that holds the formulas; None where there is none."""
    by_fold: dict[str, str] = {}
    for heading in headings:
        by_fold.setdefault(folded_heading(heading), heading)
    return next((by_fold[name] for name in FORMULA_COLUMNS if name in by_fold), None)


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
        ``misspelt_column``, where a heading is nearly a qualifier: passed over in silence, the
        answer would be one for 25 °C.
    """
    unknown = []
    for heading in headings:
        if heading_key(heading) is not None:
            continue
        if meant := _nearly(heading):
            raise RequestError(
                "misspelt_column",
                f"a column heading is nearly {meant!r}: write {meant!r}, or give the column "
                "another name if it means something else",
            )
        unknown.append(heading)
    return tuple(unknown)


def _nearly(heading: str) -> str | None:
    """Return the qualifier that a heading comes close to."""
    if len(heading) > _LONGEST_COMPARED:
        return None
    folded = re.sub(r"[\s_#()\[\]°/,-]+", "_", heading.casefold()).strip("_")
    matcher = SequenceMatcher(b=folded, autojunk=False)
    for known, meant in _GUARDED.items():
        matcher.set_seq1(known)
        if matcher.quick_ratio() >= _NEARLY and matcher.ratio() >= _NEARLY:
            return meant
    return None
