"""Who answers a long list: this process, several of this machine, or the workers of a cluster."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sseml.classes import replace
from sseml.cli.command import CommandError, needing, number_type, on_one_thread
from sseml.cli.streams import say

if TYPE_CHECKING:
    from sseml.parallel import Answering


def add_engines(parser: argparse.ArgumentParser) -> None:
    """Add `--jobs`, `--engine` and `--dask-address`."""
    parser.add_argument(
        "--jobs",
        type=number_type(
            lambda number: number >= 0 and number == int(number),
            "{text!r} is no number of processes: write 1 or more, or 0 for one a core",
        ),
        default=1,
        metavar="N",
        help="processes that answer a list whose answers are ranked, or go to a CSV or Parquet "
        "file; 0: one a core (default: 1)",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="dask: the workers of a Dask cluster answer, for the same files as --jobs. Needs the "
        "extra `scale`",
    )
    parser.add_argument(
        "--dask-address",
        metavar="ADDRESS|FILE",
        help="of the scheduler, such as tcp://10.0.0.1:8786, or its --scheduler-file",
    )


def require_engine(
    arguments: argparse.Namespace, *, as_columns: bool, is_judged: bool = False
) -> None:
    """Refuse what cannot be distributed, before any work.

    Answers are written `as_columns` as they come, or this process ranks and draws them
    (`is_judged`).
    """
    if arguments.engine == "dask" and not arguments.dask_address:
        raise CommandError(
            "--engine dask needs the scheduler of a running cluster: --dask-address "
            "tcp://HOST:8786, or its --scheduler-file"
        )
    if arguments.engine != "dask" and arguments.dask_address:
        raise CommandError("--dask-address is for --engine dask")
    if arguments.engine == "dask" and arguments.jobs != 1:
        raise CommandError("--jobs is for this machine, and with --engine dask the cluster answers")
    if arguments.engine == "dask" and not as_columns:
        raise CommandError(
            "--engine dask is for CSV and Parquet files as they come: name one with -o FILE.csv or "
            "FILE.parquet, without --explain, --measured, a ranking, a report and a picture"
        )
    if arguments.jobs != 1 and not (as_columns or is_judged):
        raise CommandError(
            "--jobs is for a ranking, a report or a picture, and for a file as it comes: name one "
            "with -o FILE.csv or FILE.parquet. One process is for --explain and --measured"
        )
    if arguments.engine == "dask":
        with needing("scale"):
            import distributed  # noqa: F401, PLC0415 - said before any work


@contextmanager
def answering(arguments: argparse.Namespace) -> Iterator[Answering]:
    """What answers lists as the options say."""
    on_one_thread()
    from sseml import parallel  # noqa: PLC0415 - help needs no arrays

    settings = parallel.Settings(arguments.bundle, arguments.window, arguments.threshold)
    with said_of_workers(), ExitStack() as stack:
        if arguments.engine == "dask":
            from sseml.engine import dask  # noqa: PLC0415 - only where asked for

            if arguments.bundle:  # workers have working folders of their own
                settings = replace(settings, bundle=arguments.bundle.absolute())
            opened = dask.answering(settings, arguments.dask_address, say)
        else:
            opened = parallel.answering(settings, processes(arguments))
        yield stack.enter_context(opened)


@contextmanager
def said_of_workers() -> Iterator[None]:
    """Tell the user why processes do not answer."""
    from sseml.processes import WorkersError  # noqa: PLC0415 - start-up

    try:
        yield
    except WorkersError as error:
        raise CommandError(str(error)) from error


def processes(arguments: argparse.Namespace) -> int:
    """How many processes answer; 0 stands for one a core."""
    return int(arguments.jobs) or os.cpu_count() or 1
