"""`sseml predict`: formulas in, one answer a row out, in the input's order."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sseml.cli.exits import ANSWERED, REFUSED, CommandError
from sseml.cli.help import Commands
from sseml.cli.output import require_no_folder, results
from sseml.cli.progress import watched
from sseml.cli.questions import add_questions, count_of, questions
from sseml.records import Answer, Refusal
from sseml.render import FORMATS, Format, visible, write
from sseml.units import ROOM_TEMPERATURE_C

_EXAMPLES = """\
examples:
  sseml predict Li6PS5Cl LLZO "75Li2S-25P2S5"
  sseml predict "La2/3-xLi3xTiO3, x=0.02:0.16:0.02"    a sweep: one answer for every x
  sseml predict -T 60 Li3YCl6                          at 60 °C instead of 25 °C
  sseml predict "Li3YCl6 temperature=298K form=glass"  qualifiers of one row
  sseml predict -i candidates.txt -o predictions.csv   the ending names the format
  sseml predict -i table.csv --column composition      a column of a CSV, JSON lines or Parquet file
  sseml predict --explain Li6PS5Cl                     family, domain, neighbours with their DOI
  cat list.txt | sseml predict -i - --format jsonl | head

Results go to standard output or to the file, everything else to standard error. A row that cannot
be answered keeps its place, with the reason; the exit code is then 1. A file is written whole or
not at all.
"""

_ENDINGS: dict[str, Format] = {
    ".txt": "table",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_SHOWN = 5
"""Refusals spelled out on standard error; the rest is counted."""

_NARROWEST_TABLE = 112


def add_commands(commands: Commands) -> None:
    """Add `predict`."""
    parser = commands.add_parser(
        "predict",
        help="conductivity, interval and evidence for every formula of a list",
        description="Predict the ionic conductivity of solid Li electrolytes from their formulas.",
        examples=_EXAMPLES,
    )
    add_questions(parser)
    parser.add_argument(
        "-T",
        "--temperature",
        default=f"{ROOM_TEMPERATURE_C:g}",
        metavar="T",
        help="in °C, or as 298K, for rows that name none (default: %(default)s)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="file to write")
    parser.add_argument(
        "--format", choices=FORMATS, help="default: by the ending of -o, else a table"
    )
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle to use")
    parser.add_argument(
        "--no-window",
        dest="window",
        action="store_false",
        help="leave out the electrochemical window; a long list is answered twice as fast",
    )
    parser.add_argument("--explain", action="store_true", help="say why, for every row")
    parser.add_argument(
        "--strict", action="store_true", help="stop at the first refused row and write nothing"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Predict, write, and sum up what was refused."""
    # One thread serves a short list; starting a pool costs more CPU than predicting.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from sseml.model.bundle import Bundle  # noqa: PLC0415 - help needs no arrays
    from sseml.prediction import default_bundle, default_phases, predict_queries  # noqa: PLC0415

    format_ = _format(arguments)
    items = questions(arguments, arguments.temperature)
    bundle = Bundle.load(arguments.bundle) if arguments.bundle else default_bundle()
    tally = _Tally(strict=arguments.strict)
    phases = default_phases() if arguments.window else None
    answers = tally.passing(
        predict_queries(items, bundle, phases=phases, explain=arguments.explain)
    )
    if arguments.output or not sys.stdout.isatty():
        answers = watched(answers, total=count_of(arguments))
    with results(arguments.output, binary=format_ == "parquet", hold=arguments.strict) as stream:
        write(answers, stream, format_, explain=arguments.explain, width=_table_width(arguments))
    return tally.report()


def _format(arguments: argparse.Namespace) -> Format:
    if arguments.format is not None:
        chosen: Format = arguments.format
        return chosen
    if arguments.output is None:
        return "table"
    require_no_folder(arguments.output)
    ending = arguments.output.suffix.lower()
    if ending not in _ENDINGS:
        raise CommandError(
            f"{arguments.output}: the ending {ending!r} names no format; "
            f"use one of {', '.join(_ENDINGS)} or say --format"
        )
    return _ENDINGS[ending]


def _table_width(arguments: argparse.Namespace) -> int:
    if arguments.output is not None or not sys.stdout.isatty():
        return _NARROWEST_TABLE
    return max(_NARROWEST_TABLE, shutil.get_terminal_size().columns)


class _Tally:
    """Count answers and refusals as they pass; stop at the first refusal if `strict`."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._answers = 0
        self._refusals = 0
        self._shown: list[str] = []

    def passing(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """Pass answers on."""
        for answer in answers:
            self._answers += 1
            if isinstance(answer, Refusal):
                if self._strict:
                    raise CommandError(f"{answer.message}\nnothing was written (--strict)", REFUSED)
                self._refusals += 1
                if len(self._shown) < _SHOWN:
                    self._shown.append(answer.message)
            yield answer

    def report(self) -> int:
        """Sum up on standard error what was refused, and return the exit code."""
        if not self._answers:
            sys.stderr.write("sseml: the input holds no formula\n")
        if not self._refusals:
            return ANSWERED
        for message in self._shown:
            sys.stderr.write(f"sseml: {visible(message)}\n")
        more = self._refusals - len(self._shown)
        others = f" ({more} more not shown here)" if more else ""
        sys.stderr.write(f"sseml: {self._refusals} of {self._answers} rows refused{others}\n")
        return REFUSED
