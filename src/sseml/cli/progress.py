"""How far a long job has come, on standard error, for a person who watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import Protocol, TextIO, TypeVar

_SILENT_S = 2.0
"""A job shorter than this shows nothing."""

BETWEEN_S = 0.2
_BAR = 24


class _OfRow(Protocol):
    @property
    def row(self) -> int: ...


Item = TypeVar("Item", bound=_OfRow)


def say(line: str) -> None:
    """Write a line for the person who started the command."""
    sys.stderr.write(line + "\n")


def say_on_the_way(line: str) -> None:
    """Say how far a long job has come, if somebody watches."""
    if sys.stderr.isatty():
        say(line)


def redraw(text: str = "", stream: TextIO | None = None) -> None:
    """Write over the line that was drawn last; standard error by default."""
    stream = sys.stderr if stream is None else stream
    stream.write(f"\r\x1b[K{text}")
    stream.flush()


def watched(
    answers: Iterable[Item], total: int | None = None, stream: TextIO | None = None
) -> Iterator[Item]:
    """Pass answers on, drawing a bar when they take longer than two seconds.

    Parameters
    ----------
    answers
        Whatever passes by; its `row` says how far the input has been read.
    total
        Rows of the input, where known.
    stream
        Where to draw, if it is a terminal; standard error by default.
    """
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        yield from answers
        return
    start = time.monotonic()
    due = start + _SILENT_S
    drawn = False
    try:
        for count, answer in enumerate(answers, 1):
            now = time.monotonic()
            if now >= due:
                redraw(_bar(answer.row, total, count, now - start), stream)
                due, drawn = now + BETWEEN_S, True
            yield answer
    finally:
        if drawn:
            redraw(stream=stream)


def _bar(row: int, total: int | None, count: int, elapsed_s: float) -> str:
    speed = f"{count:,} answers, {count / elapsed_s:,.0f}/s"
    if not total:
        return speed
    share = min(1.0, row / total)
    filled = round(share * _BAR)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {share:4.0%}  {speed}"
