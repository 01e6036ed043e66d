"""What all commands share: exit codes, help by example, missing extras, counts of refusals."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sseml.render import visible

ANSWERED = 0
"""Every row was answered."""

REFUSED = 1
"""Some rows were refused; all others were written."""

UNUSABLE = 2
"""The usage is wrong, or an input file or a bundle cannot be read."""

CRASHED = 70
"""A fault of sseml itself: nothing that was asked makes it end so."""

INTERRUPTED = 130
"""Stopped from the keyboard."""

PIPE_CLOSED = 141
"""Whoever read the results stopped reading."""


class CommandError(Exception):
    """A command cannot go on; the message is for the person who typed it.

    Parameters
    ----------
    message
        What is wrong and what to do about it.
    code
        Exit code.
    """

    def __init__(self, message: str, code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.code = code


class Ended(BaseException):
    """The process was told to end by a signal; what it holds open is cleaned up on the way out.

    Parameters
    ----------
    number
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Turn a missing third-party module into the command that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "sseml":
            raise
        raise CommandError(
            f"this command needs {error.name!r}: pip install 'sseml[{extra}]'"
        ) from error


Commands = Any
"""What `add_subparsers` returns; argparse gives its type no public name."""


class ExampleParser(argparse.ArgumentParser):
    """An argument parser with a block of examples that is printed as written.

    Parameters
    ----------
    examples
        Text after the list of options.
    **settings
        Those of `argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: str = "", **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        if isinstance(description := settings.get("description"), str):
            settings["description"] = textwrap.fill(description, 90)
        super().__init__(epilog=examples, **settings)


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
