"""`sseml screen --shard`: the answers as files of a folder, which a killed run goes on with."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from sseml._version import __version__
from sseml.cli.command import ANSWERED, REFUSED, CommandError
from sseml.cli.predict import answerer
from sseml.cli.ranking import orders
from sseml.cli.streams import say, watched
from sseml.records import Query, Refusal, RefusedInputError
from sseml.render import FORMATS, write
from sseml.screen.parts import ROWS_A_PART, Plan, Shard, Written, read_shard, write_parts

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


def require_parts(arguments: argparse.Namespace) -> str:
    """The format of the parts; a `CommandError` says what cannot be done, before any work."""
    if arguments.output is None:
        raise CommandError("--shard writes files of a folder: name it with -o")
    if arguments.output.suffix in (*_ENDINGS.values(), ".txt", ".ndjson"):
        raise CommandError(
            f"{arguments.output} names a file, and --shard writes the files of a folder: "
            "name one with -o, and say --format"
        )
    format_: str = arguments.format or "parquet"
    if format_ not in _ENDINGS:
        raise CommandError(
            f"a {format_} is not cut into parts: say --format {' or '.join(_ENDINGS)}"
        )
    if arguments.strict:
        raise CommandError("--strict writes nothing or all, and --shard one part after another")
    if orders(arguments):
        raise CommandError("--shard keeps every answer as it comes: rank what the parts hold")
    if arguments.jobs != 1:
        raise CommandError("--shard is one process: start one for each shard, not --jobs")
    if arguments.report or arguments.plot:
        raise CommandError("--shard draws nothing: draw what the parts hold, with sseml predict -i")
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
    answers_to = answerer(arguments)

    def write_part(rows: Iterator[Query | Refusal], stream: IO[Any]) -> Written:
        count = refused = 0

        def counted() -> Iterator[Any]:
            nonlocal count, refused
            for answer in watched(answers_to(rows), total=total):
                count += 1
                refused += isinstance(answer, Refusal)
                yield answer

        write(counted(), stream, _format(format_), explain=arguments.explain)
        return Written(count, refused)

    plan = Plan(
        folder=arguments.output,
        shard=arguments.shard,
        rows_a_part=arguments.rows_a_part,
        ending=_ENDINGS[format_],
        question={**asked, **_conditions(arguments)},
    )
    summary = write_parts(plan, items, write_part, binary=format_ == "parquet")
    say(
        f"sseml: {summary.rows:,} rows in {summary.parts:,} parts ({summary.found:,} were there): "
        f"{plan.manifest}"
    )
    if summary.refused:
        say(f"sseml: {summary.refused:,} of {summary.rows:,} rows refused")
    return REFUSED if summary.refused else ANSWERED


def _format(name: str) -> Any:
    return next(each for each in FORMATS if each == name)


def _conditions(arguments: argparse.Namespace) -> dict[str, Any]:
    """What decides the answers beside the rows."""
    from sseml.model.folder import bundle_digest  # noqa: PLC0415 - help needs no arrays
    from sseml.released import (  # noqa: PLC0415
        DEFAULT_PHASES,
        RELEASED_BUNDLES,
        released_folder,
    )

    folders = [released_folder() / name for name in RELEASED_BUNDLES.values()]
    if arguments.window:
        folders.append(released_folder() / DEFAULT_PHASES)
    if arguments.bundle:
        folders.append(arguments.bundle)
    return {
        "sseml": __version__,
        "models": {folder.name: bundle_digest(folder) for folder in folders},
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
