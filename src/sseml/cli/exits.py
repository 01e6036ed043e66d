"""How a command ends: the exit codes, and the error that carries one to the top."""

from __future__ import annotations

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
