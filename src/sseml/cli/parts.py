"""`sseml screen --shard`: the answers as files of a folder, which a killed run goes on with."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sseml._version import __version__
from sseml.cli.command import ANSWERED, REFUSED, CommandError, on_one_thread
from sseml.cli.engines import answering, require_engine
from sseml.cli.predict import answerer, as_columns
from sseml.cli.ranking import orders
from sseml.cli.streams import say, watched
from sseml.records import Query, Refusal, RefusedInputError
from sseml.remote import Address
from sseml.render import Format, write
from sseml.screen.parts import ROWS_A_PART, Plan, Shard, Written, read_shard, write_parts

if TYPE_CHECKING:
    from sseml.render.batch_columns import Columns

_ENDINGS = {"csv": ".csv", "jsonl": ".jsonl", "parquet": ".parquet"}


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Add `--shard` and `--rows-a-part`."""
    parser.add_argument(
        "--shard",
        type=shard,
        metavar="i/n",
        help="answer every nth part of the candidates, from the ith on, into files of the folder "
        "-o; 1/1 is all of them. The same command goes on where a killed one ended",
    )
    parser.add_argument(
        "--rows-a-part",
        type=int,
        default=ROWS_A_PART,
        metavar="N",
        help="with --shard (default: %(default)s)",
    )


def shard(text: str) -> Shard:
    """Read the argument of `--shard`."""
    try:
        return read_shard(text)
    except RefusedInputError as error:
        raise argparse.ArgumentTypeError(f"{error.reason}: {error.suggestion}") from error


def require_parts(arguments: argparse.Namespace) -> Format:
    """The format of the parts; a `CommandError` says what cannot be done, before any work."""
    if arguments.output is None:
        raise CommandError("--shard writes files of a folder: name it with -o")
    if isinstance(arguments.output, Address):
        raise CommandError(f"--shard writes a folder of this machine, not {arguments.output}")
    if arguments.output.suffix in (*_ENDINGS.values(), ".txt", ".ndjson"):
        raise CommandError(
            f"{arguments.output} names a file, and --shard writes the files of a folder: "
            "name one with -o, and say --format"
        )
    format_: Format = arguments.format or "parquet"
    if format_ not in _ENDINGS:
        raise CommandError(
            f"a {format_} is not cut into parts: say --format {' or '.join(_ENDINGS)}"
        )
    if arguments.strict:
        raise CommandError("--strict writes nothing or all, and --shard one part after another")
    if orders(arguments):
        raise CommandError("--shard keeps every answer as it comes: rank what the parts hold")
    if arguments.report or arguments.plot:
        raise CommandError("--shard draws nothing: draw what the parts hold, with sseml predict -i")
    require_engine(arguments, as_columns=as_columns(arguments, format_))
    if arguments.rows_a_part < 1:
        raise CommandError(f"a part of {arguments.rows_a_part} rows: write one row or more")
    return format_


def answer_parts(
    items: Iterable[Query | Refusal],
    arguments: argparse.Namespace,
    asked: Mapping[str, Any],
    *,
    total: int | None,
) -> int:
    """Answer the parts of a shard that are not there yet; the exit code.

    `asked` is what the rows are, for the manifest: spaces, temperature.
    """
    format_ = require_parts(arguments)
    writer = _by_column if as_columns(arguments, format_) else _by_row
    plan = Plan(
        folder=arguments.output,
        shard=arguments.shard,
        rows_a_part=arguments.rows_a_part,
        ending=_ENDINGS[format_],
        question={**asked, **_conditions(arguments)},
    )
    with writer(arguments, format_, total) as write_part:
        summary = write_parts(plan, items, write_part, binary=format_ == "parquet")
    say(
        f"sseml: {summary.rows:,} rows in {summary.parts:,} parts ({summary.found:,} were there): "
        f"{plan.manifest}"
    )
    if summary.refused:
        say(f"sseml: {summary.refused:,} of {summary.rows:,} rows refused")
    return REFUSED if summary.refused else ANSWERED


Writer = Callable[[Iterator[Query | Refusal], IO[Any]], Written]
"""Answers the rows of a part, and writes them."""


@contextmanager
def _by_row(arguments: argparse.Namespace, format_: Format, total: int | None) -> Iterator[Writer]:
    answers_to = answerer(arguments)

    def write_part(rows: Iterator[Query | Refusal], stream: IO[Any]) -> Written:
        count = refused = 0

        def counted() -> Iterator[Any]:
            nonlocal count, refused
            for answer in watched(answers_to(rows), total=total):
                count += 1
                refused += isinstance(answer, Refusal)
                yield answer

        write(counted(), stream, format_, explain=arguments.explain)
        return Written(count, refused)

    yield write_part


@contextmanager
def _by_column(
    arguments: argparse.Namespace, format_: Format, total: int | None
) -> Iterator[Writer]:
    on_one_thread()
    from sseml.render.batches import write_batches  # noqa: PLC0415 - help needs no arrays

    with answering(arguments) as answers_to:

        def write_part(rows: Iterator[Query | Refusal], stream: IO[Any]) -> Written:
            count = refused = 0

            def counted() -> Iterator[Columns]:
                nonlocal count, refused
                for batch in watched(answers_to(rows), total, size=len):
                    count += len(batch)
                    refused += len(batch.refusals)
                    yield batch.columns

            write_batches(counted(), stream, "parquet" if format_ == "parquet" else "csv")
            return Written(count, refused)

        yield write_part


def _conditions(arguments: argparse.Namespace) -> dict[str, Any]:
    """What decides the answers beside the rows."""
    on_one_thread()
    from sseml.parallel import model_digests  # noqa: PLC0415 - help needs no arrays

    return {
        "sseml": __version__,
        "models": model_digests(arguments.bundle, window=arguments.window),
        "threshold_S_cm": arguments.threshold,
        "window": arguments.window,
        "explain": arguments.explain,
        "measured": checksum(arguments.measured) if arguments.measured else None,
    }


def checksum(path: Path) -> str:
    """SHA-256 of a file; a `CommandError` says why it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
