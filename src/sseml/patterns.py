"""Regular expressions that are compiled when they are first used: a formula needs few of them."""

from __future__ import annotations

import re
from typing import Any, cast


class _Late:
    """Stands for `re.compile(pattern, flags)`; keeps each method that was asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, found)
        return found


def late(pattern: str, flags: int = 0) -> re.Pattern[str]:
    r"""A regular expression, as `re.compile` gives it, but for a mistake in it: that shows late.

    Examples
    --------
    >>> late(r"Li(\d+)").fullmatch("Li6")[1]
    '6'
    """
    return cast("re.Pattern[str]", _Late(pattern, flags))
