"""A signal that ends the process lets it clean up first: no half-written file stays behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sseml.cli.exits import Ended

_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def heeding_signals() -> Iterator[None]:
    """Raise `Ended` on SIGTERM and SIGHUP, where nobody has decided otherwise (`nohup`)."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main one's
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _frame: FrameType | None) -> None:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)  # once is enough: cleaning up takes no time
        raise Ended(number)

    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) in (end, signal.SIG_IGN):
                signal.signal(number, signal.SIG_DFL)
