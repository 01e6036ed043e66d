"""What all commands share: exit codes, help by example, argument types, counts of refusals."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Any, TypeVar

from sseml.records import Refusal
from sseml.render import visible

if TYPE_CHECKING:
    from sseml.parallel import DrawnBatch

ANSWERED = 0
REFUSED = 1
UNUSABLE = 2
CRASHED = 70
INTERRUPTED = 130
PIPE_CLOSED = 141
"""Exit codes, as `sseml --help` explains them."""


class CommandError(Exception):
    """A command cannot go on; the message tells the user what is wrong and what to do."""

    def __init__(self, message: str, code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.code = code


class Ended(BaseException):
    """The process was told to end by the signal `number`; clean-up runs on the way out."""

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


def on_one_thread() -> None:
    """Keep NumPy to one thread; only before it is first imported.

    A pool of threads takes 50 ms to start, more than a short list takes to answer.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


Commands = Any
"""What `add_subparsers` returns; argparse has no public name for its type."""


_SHOWING = argparse.RawDescriptionHelpFormatter
_WIDTH = 80
"""Of what nobody sees: argparse formats every argument when it is added, and looks for the width of
the terminal each time (3 ms)."""


class ExampleParser(argparse.ArgumentParser):
    """An argument parser with a block of examples that is printed as written."""

    def __init__(self, *, examples: str = "", **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", partial(_SHOWING, width=_WIDTH))
        super().__init__(epilog=examples, **settings)

    def format_help(self) -> str:
        """The help, as wide as the terminal."""
        import textwrap  # noqa: PLC0415 - start-up: 1 ms, only for the help

        self.formatter_class = _SHOWING
        self.description = textwrap.fill(self.description or "", 90)
        return super().format_help()

    def format_usage(self) -> str:
        """The usage, as wide as the terminal."""
        self.formatter_class = _SHOWING
        return super().format_usage()


def number_type(
    fits: Callable[[float], bool], complaint: str, unit: str = ""
) -> Callable[[str], float]:
    """An argument type: a number that `fits`, with or without its unit; else `complaint`.

    ``{text}`` in the complaint is what the user wrote.
    """

    def number(text: str) -> float:
        try:
            value = float(text.removesuffix(unit))
        except ValueError:
            value = nan
        if not fits(value):
            raise argparse.ArgumentTypeError(complaint.format(text=text))
        return value

    return number


_SHOWN = 5
"""Refusals written on standard error; the rest is counted."""

Item = TypeVar("Item")


def refusal_of(answer: object) -> str | None:
    """Message of a refusal; None for an answer."""
    return answer.message if isinstance(answer, Refusal) else None


class Tally:
    """Count answers and refusals as they pass; stop at the first refusal if `strict`."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._answers = 0
        self._refusals = 0
        self._shown: list[str] = []

    def passing(
        self, answers: Iterable[Item], refusal: Callable[[Item], str | None] = refusal_of
    ) -> Iterator[Item]:
        """Pass answers on; `refusal` gives the message of a refusal, and None for an answer."""
        for answer in answers:
            self._answers += 1
            if message := refusal(answer):
                if self._strict:
                    raise CommandError(f"{message}\nnothing was written (--strict)", REFUSED)
                self._refusals += 1
                if len(self._shown) < _SHOWN:
                    self._shown.append(message)
            yield answer

    def passing_batches(self, batches: Iterable[DrawnBatch]) -> Iterator[DrawnBatch]:
        """Pass batches on, as `passing` does their answers."""
        for batch in batches:
            answered = len(batch) - len(batch.refusals)
            self._answers += answered
            for _ in self.passing(batch.in_order()):
                pass
            yield batch

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
