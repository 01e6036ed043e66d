"""Standard output belongs to the results: whatever else is printed goes to standard error."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Literal, TextIO

from sseml.cli.command import Ended

_OUT, _ERR = 1, 2

_results: ContextVar[TextIO | None] = ContextVar("results", default=None)


def standard_output() -> TextIO:
    """Where results go if no file is named; never what `print` and native code write to."""
    return _results.get() or sys.stdout


def standard_output_of_bytes() -> IO[bytes] | None:
    """The same for bytes; None where standard output was replaced by one that takes text alone."""
    out = standard_output()
    out.flush()
    return getattr(out, "buffer", None)


def terminal_width(narrowest: int) -> int:
    """Columns of the terminal that shows the results, but no fewer than `narrowest`."""
    out = standard_output()
    if not out.isatty():
        return narrowest
    try:
        shown = os.get_terminal_size(out.fileno()).columns
    except (OSError, ValueError):  # a notebook
        shown = shutil.get_terminal_size().columns
    return max(narrowest, shown)


def in_order() -> None:
    """Stand in for streams that the shell closed (`>&-`), and write UTF-8 whatever the locale says.

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
    """Hand standard output to the results alone, as a private copy of its file descriptor.

    Meanwhile descriptor 1 and `sys.stdout` lead to standard error. Where `sys.stdout` was replaced
    (a notebook, a test), results go to what stands in for it.

    Parameters
    ----------
    give_back
        Put everything back at the end, for a caller that goes on. A process that ends keeps it:
        what native code has in its buffers is written at the very end.
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
    """Forget what nobody reads any more, so that closing the stream cannot complain or wait."""
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
    _flush_native()
    if before is None:
        with suppress(OSError):
            os.close(_OUT)
        return
    os.dup2(before, _OUT)
    os.close(before)


def _flush_native() -> None:
    """Write out what C code has printed and the C library still holds back."""
    import ctypes  # noqa: PLC0415 - start-up

    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).fflush(None)
