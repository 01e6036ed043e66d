"""Read the command line, run one command, and turn the outcome into an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from types import FrameType, MappingProxyType

from sseml._version import __version__
from sseml.cli.command import (
    CRASHED,
    INTERRUPTED,
    PIPE_CLOSED,
    UNUSABLE,
    CommandError,
    Ended,
    ExampleParser,
)
from sseml.cli.streams import kept_for_results, let_go, prepare_streams, standard_output
from sseml.records import BundleError, RefusedInputError

_AGAIN_S = 0.05

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "predict": "predict",
        "screen": "screen",
        "window": "window",
        "compat": "compat",
        "explain": "explain",
        "evaluate": "evaluate",
        "train": "evaluate",
        "run": "run",
        "data": "data",
        "models": "models",
        "serve": "serve",
        "names": "lists",
        "families": "lists",
    }
)
"""Command → the module beside this one that adds it; only that of the asked one is imported."""

_EXAMPLES = """\
examples:
  sseml predict Li6PS5Cl Li7La3Zr2O12      conductivity, interval and evidence on the terminal
  sseml predict -i candidates.txt -o predictions.csv
                                           one formula a line in, one record a row out
  sseml predict --explain "75Li2S-25P2S5"  why: family, domain, measured neighbours with DOI
  sseml screen --space "Li3{Y,Er,In,Sc}{Cl,Br}6" -o halides.csv
                                           every candidate of a design space
  sseml window Li6PS5Cl --plot window.png  electrochemical limits and decomposition products
  sseml explain LLZO.cif -o LLZO.png       lithium migration pathways of a crystal structure
  sseml names                              the names that stand for a formula (LLZO, LGPS, …)

exit codes:
  0  every row was answered
  1  some rows were refused; all the others were written
  2  the usage is wrong, or an input file or a bundle cannot be read
 70  a fault of sseml itself, with a traceback to report
130  stopped from the keyboard; 143 by SIGTERM; 141 nobody reads the results any more
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command inside a process that goes on (a test, a notebook); returns the exit code.

    `argv` holds the arguments after the name of the program; those of the process if None.
    """
    return _ended(argv, give_back=True)


def program() -> int:
    """Run the command of this process; standard output is kept for the results to its end."""
    return _ended(None, give_back=False)


def _ended(argv: Sequence[str] | None, *, give_back: bool) -> int:
    """Run a command and turn every outcome, a crash too, into an exit code."""
    try:
        prepare_streams()
        with heeding_signals():
            arguments = _parsed(argv)
            if isinstance(arguments, int):
                return arguments
            with kept_for_results(give_back=give_back):
                return _answered(arguments)
    except BrokenPipeError:
        return PIPE_CLOSED
    except KeyboardInterrupt:
        _forget_interrupt()
        _complain("stopped")
        return INTERRUPTED
    except Ended as ended:
        _complain("ended")
        return ended.code
    except (Exception, SystemExit):  # noqa: BLE001 - reported with its traceback
        return _crashed()


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace | int:
    """Read the arguments; an exit code where argparse has already written its message."""
    try:
        try:
            words = tuple(sys.argv[1:] if argv is None else argv)
            parser = build_parser(words[0] if words else None)
            return parser.parse_args(argv, argparse.Namespace(written=words))
        except SystemExit as stop:
            sys.stdout.flush()
            return stop.code if isinstance(stop.code, int) else UNUSABLE
    except BrokenPipeError:
        let_go(sys.stdout)
        raise


def _answered(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
        standard_output().flush()
    except CommandError as error:
        _complain(str(error))
        return error.code
    except (BundleError, RefusedInputError) as error:
        _complain(str(error))
        return UNUSABLE
    except BrokenPipeError:
        raise
    except OSError as error:
        _complain(f"{error.filename or 'output'}: {error.strerror or error}")
        return UNUSABLE
    return code


def build_parser(asked: str | None = None) -> argparse.ArgumentParser:
    """Build the parser of the command `asked`, or of all where it names none of them."""
    parser = ExampleParser(
        prog="sseml",
        description="Which solid electrolytes to make next: ionic conductivity from a formula "
        "list, with calibrated intervals and the measurements behind every number.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"sseml {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    own = COMMANDS.get(asked or "")
    modules = [own] if own else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(f"sseml.cli.{module}").add_commands(commands)
    return parser


def _complain(message: str) -> None:
    sys.stderr.write(f"sseml: {message}\n")


def _forget_interrupt() -> None:
    """Let the exit code stand where the keyboard broke into an `exec` of source.

    `dataclass` and `namedtuple` make their methods so. CPython notes such an interrupt as one that
    nobody handles, and ends `python -m` by the signal instead; the next `exec` clears the note.
    """
    exec("")


def _crashed() -> int:
    """Write that this is a fault of sseml, with what is needed to correct it."""
    with suppress(OSError, ValueError, MemoryError):
        import traceback  # noqa: PLC0415 - start-up: 2 ms, only for a crash

        traceback.print_exc(file=sys.stderr)
        _complain(
            f"this is a fault of sseml {__version__}, not of what you asked (exit code {CRASHED}): "
            "please report it to its developers, with the lines above, the command and its input"
        )
    return CRASHED


@contextmanager
def heeding_signals() -> Iterator[None]:
    """Raise `Ended` on SIGTERM and SIGHUP, unless they are handled otherwise (`nohup`).

    Python swallows what is raised in a callback of its own, such as that of a lock that an import
    gives up: the signal then comes again, a moment later.
    """
    if threading.current_thread() is not threading.main_thread():  # only it handles signals
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _frame: FrameType | None) -> None:
        for each in ours:
            signal.signal(each, signal.SIG_IGN)  # once is enough: cleaning up takes no time
        raise Ended(number)

    def swallowed(unraisable: sys.UnraisableHookArgs) -> None:
        if not isinstance(unraisable.exc_value, Ended):
            reported(unraisable)
            return
        number = unraisable.exc_value.code - 128
        for each in ours:
            signal.signal(each, end)
        again = threading.Timer(_AGAIN_S, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()

    reported, sys.unraisablehook = sys.unraisablehook, swallowed
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        sys.unraisablehook = reported
        for number in ours:
            if signal.getsignal(number) in (end, signal.SIG_IGN):
                signal.signal(number, signal.SIG_DFL)
