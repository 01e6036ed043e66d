"""Read the command line, run one command, and turn whatever happens into an exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sseml._version import __version__
from sseml.cli import compat, data, evaluate, explain, lists, models, predict, serve, train, window
from sseml.cli.exits import INTERRUPTED, PIPE_CLOSED, UNUSABLE, CommandError
from sseml.cli.help import ExampleParser
from sseml.records import BundleError, RefusedInputError

_EXAMPLES = """\
examples:
  sseml predict Li6PS5Cl Li7La3Zr2O12      conductivity, interval and evidence on the terminal
  sseml predict -i candidates.txt -o predictions.csv
                                           one formula a line in, one record a row out
  sseml predict --explain "75Li2S-25P2S5"  why: family, domain, measured neighbours with DOI
  sseml window Li6PS5Cl --plot window.png  electrochemical limits and decomposition products
  sseml explain LLZO.cif -o LLZO.png       the ways of Li+ through a crystal, with their barriers
  sseml names                              the names that stand for a formula (LLZO, LGPS, …)

exit codes:
  0  every row was answered
  1  some rows were refused; all the others were written
  2  the usage is wrong, or an input file or a bundle cannot be read
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        Arguments after the name of the program; those of the process if None.

    Returns
    -------
    int
        The exit code; this function never calls `sys.exit`.
    """
    _replace_closed_streams()
    _speak_utf8()
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        _complain("stopped")
        return INTERRUPTED
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse has already said why
        return stop.code if isinstance(stop.code, int) else UNUSABLE
    try:
        code: int = arguments.run(arguments)
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


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line."""
    parser = ExampleParser(
        prog="sseml",
        description="Which solid electrolytes to make next: ionic conductivity from a formula "
        "list, with calibrated intervals and the measurements behind every number.",
        examples=_EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"sseml {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in (predict, window, compat, explain, evaluate, train, data, models, serve, lists):
        group.add_commands(commands)
    return parser


def _complain(message: str) -> None:
    sys.stderr.write(f"sseml: {message}\n")


def _replace_closed_streams() -> None:
    """Stand in for streams the shell closed (`>&-`): results then fail as on a full disk."""
    for name, mode in (("stdin", "r"), ("stdout", "r"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stand_in = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - kept open
            setattr(sys, name, stand_in)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says: results are data, and σ and ° are in the messages."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _let_go_of_stdout() -> None:
    """Keep the interpreter from complaining, at exit, that it cannot flush to a closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
