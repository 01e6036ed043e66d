"""What was refused: counted as answers pass, said at the end, turned into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sseml.cli.exits import ANSWERED, REFUSED, CommandError
from sseml.render import visible

_SHOWN = 5
"""Refusals spelled out on standard error; the rest is counted."""

Item = TypeVar("Item")


class Tally:
    """Count answers and refusals as they pass; stop at the first refusal if `strict`."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._answers = 0
        self._refusals = 0
        self._shown: list[str] = []

    def passing(
        self, answers: Iterable[Item], refusal: Callable[[Item], str | None]
    ) -> Iterator[Item]:
        """Pass answers on.

        Parameters
        ----------
        answers
            Whatever passes by.
        refusal
            Why an answer is none; None for one that is.

        Raises
        ------
        CommandError
            At the first refusal, if `strict`.
        """
        for answer in answers:
            self._answers += 1
            if message := refusal(answer):
                if self._strict:
                    raise CommandError(f"{message}\nnothing was written (--strict)", REFUSED)
                self._refusals += 1
                if len(self._shown) < _SHOWN:
                    self._shown.append(message)
            yield answer

    def report(self) -> int:
        """Sum up on standard error what was refused, and return the exit code."""
        if not self._answers:
            sys.stderr.write("sseml: the input holds no formula\n")
        if not self._refusals:
            return ANSWERED
        for message in self._shown:
            sys.stderr.write(f"sseml: {visible(message)}\n")
        more = self._refusals - len(self._shown)
        others = f" ({more} more not shown here)" if more else ""
        sys.stderr.write(f"sseml: {self._refusals} of {self._answers} rows refused{others}\n")
        return REFUSED
