"""Standard output is for the results; messages, progress and all else go to standard error."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Literal, Protocol, TextIO, TypeVar

from sseml.cli.command import Ended

BETWEEN_S = 0.2
"""Seconds between two drawings of the progress."""

_SILENT_S = 2.0
"""A shorter job shows no progress."""

_BAR = 24
_OUT, _ERR = 1, 2

_results: ContextVar[TextIO | None] = ContextVar("results", default=None)


class _OfRow(Protocol):
    @property
    def row(self) -> int: ...


Item = TypeVar("Item", bound=_OfRow)


def say(line: str) -> None:
    """Write a message for the user."""
    sys.stderr.write(line + "\n")


def say_on_the_way(line: str) -> None:
    """Write how far a long job has come, if standard error is a terminal."""
    if sys.stderr.isatty():
        say(line)


def redraw(text: str = "") -> None:
    """Write over the line of progress that was drawn last."""
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


def watched(
    answers: Iterable[Item], total: int | None = None, size: Callable[[Item], int] = lambda _: 1
) -> Iterator[Item]:
    """Pass answers on, with a progress bar on a terminal if they take longer than two seconds.

    `total` is the number of rows of the input, where known; `size` says how many answers one of
    `answers` holds.
    """
    if not sys.stderr.isatty():
        yield from answers
        return
    start = time.monotonic()
    due = start + _SILENT_S
    drawn = False
    try:
        count = 0
        for answer in answers:
            count += size(answer)
            now = time.monotonic()
            if now >= due:
                redraw(_bar(answer.row, total, count, now - start))
                due, drawn = now + BETWEEN_S, True
            yield answer
    finally:
        if drawn:
            redraw()


def _bar(row: int, total: int | None, count: int, elapsed_s: float) -> str:
    speed = f"{count:,} answers, {count / elapsed_s:,.0f}/s"
    if not total:
        return speed
    share = min(1.0, row / total)
    filled = round(share * _BAR)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {share:4.0%}  {speed}"


def standard_output() -> TextIO:
    """Where results go if no file is named; never what `print` and native code write to."""
    return _results.get() or sys.stdout


def prepare_streams() -> None:
    """Open streams that the shell closed (`>&-`), and write UTF-8 in every locale.

    Results then fail as on a full disk; σ and ° are in the messages.
    """
    for name, mode in (("stdin", "r"), ("stdout", "r"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stand_in = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - kept open
            setattr(sys, name, stand_in)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def kept_for_results(*, give_back: bool) -> Iterator[None]:
    """Keep standard output for the results, as a private copy of its file descriptor.

    Meanwhile descriptor 1 and `sys.stdout` lead to standard error. Where `sys.stdout` was replaced
    (a notebook, a test), results go to its replacement. `give_back` restores everything at the end,
    for a caller that goes on; a process that ends does not: native code writes its buffers last.
    """
    printed = sys.stdout
    printed.flush()
    copy = _private_copy(printed)
    before = _copy_of_descriptor() if give_back else None
    with suppress(OSError):
        os.dup2(_ERR, _OUT)
    sys.stdout = sys.stderr
    token = _results.set(copy or printed)
    try:
        yield
    except (BrokenPipeError, Ended):  # nobody may read any more
        if copy is not None:
            let_go(copy)
        raise
    finally:
        if copy is not None:
            with suppress(OSError):
                copy.close()
        if give_back:
            _results.reset(token)
            sys.stdout = printed
            _restore(before)


def let_go(stream: TextIO) -> None:
    """Redirect a stream that nobody reads to nowhere, so that closing it cannot fail or wait."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _private_copy(stream: TextIO) -> TextIO | None:
    """Open a copy of descriptor 1 as text, if that is where the stream writes."""
    try:
        if stream.fileno() != _OUT:
            return None
        # "r" of a stand-in for a closed stream stays "r": writing says that it cannot
        mode: Literal["r", "w"] = "r" if stream.mode == "r" else "w"
        return open(  # noqa: PTH123 - a descriptor, not a path
            os.dup(_OUT), mode, encoding="utf-8", errors="backslashreplace", newline=""
        )
    except (OSError, ValueError):
        return None


def _copy_of_descriptor() -> int | None:
    try:
        return os.dup(_OUT)
    except OSError:  # the shell closed it
        return None


def _restore(before: int | None) -> None:
    """Write what native code has buffered, and lead descriptor 1 back to `before`."""
    import ctypes  # noqa: PLC0415 - start-up

    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).fflush(None)
    if before is None:
        with suppress(OSError):
            os.close(_OUT)
        return
    os.dup2(before, _OUT)
    os.close(before)
