"""The numbers in a CIF, as their text says them."""

from __future__ import annotations

import math
import re

from sseml.parse.structure.lines import quoted
from sseml.records import RefusedInputError

UNKNOWN = ("?", ".", "")

_LONGEST = 60
_NUMBER = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?)(?:/([1-9]\d{0,8}))?(?:\(\d+\))?"
)
_WHOLE = re.compile(r"(\d{1,6})(?:\.0*)?")


def number(written: str, name: str) -> float:
    """Read a number, perhaps with its uncertainty (``0.1234(5)``) or as a fraction (``1/3``).

    Parameters
    ----------
    written
        As it stands in the file.
    name
        What it is the number of, for the message.

    Raises
    ------
    RefusedInputError
        If it is none, or beyond what a computer holds.
    """
    found = _NUMBER.fullmatch(written) if len(written) <= _LONGEST else None
    value = float(found[1]) / float(found[2] or 1) if found else math.nan
    if not math.isfinite(value):
        what = f"is {quoted(written)}, not a number" if written else "is missing"
        raise RefusedInputError(f"{name} {what}", "correct it in the file, or export it again")
    return value


def whole(written: str) -> int | None:
    """Read a number of things; None if the text is none."""
    found = _WHOLE.fullmatch(written) if len(written) <= _LONGEST else None
    return int(found[1]) if found else None
