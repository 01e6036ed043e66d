"""`sseml predict`: formulas or structures in, one answer a row out, in the input's order."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sseml.cli.command import Commands, Tally, needing, on_one_thread
from sseml.cli.engines import (
    add_engines,
    answering,
    processes,
    require_engine,
    said_of_workers,
)
from sseml.cli.output import (
    TEXT_ENDINGS,
    format_of,
    name_late,
    output_file,
    results,
    table_width,
)
from sseml.cli.questions import add_questions, count_of, questions
from sseml.cli.ranking import add_sorting, asked_scores, in_order, orders, require_ranking
from sseml.cli.report import Drawing, add_report, require_report
from sseml.cli.streams import say, standard_output, watched
from sseml.records import Answer, Query, Refusal
from sseml.render import FORMATS, TABLE_WIDTH, Format, visible, write
from sseml.units import ROOM_TEMPERATURE_C

if TYPE_CHECKING:
    from sseml.model.bundle import Bundle
    from sseml.model.explaining import Explainer
    from sseml.model.offsets import Offsets
    from sseml.render.batches import BatchFormat

_EXAMPLES = """\
examples:
  sseml predict Li6PS5Cl LLZO "75Li2S-25P2S5"
  sseml predict "La2/3-xLi3xTiO3, x=0.02:0.16:0.02"    a sweep: one answer for every x
  sseml predict -T 60 Li3YCl6                          at 60 °C instead of 25 °C
  sseml predict "Li3YCl6 temperature=298K form=glass"  qualifiers of one row
  sseml predict -i candidates.txt -o predictions.csv   the ending names the format
  sseml predict -i table.csv --column composition      a column of a CSV, JSON lines or Parquet file
  sseml predict model.cif relaxed/CONTCAR cifs/        crystal structures; extra `structure`
  sseml predict --explain Li6PS5Cl                     family, domain, neighbours with their DOI
  sseml predict -i candidates.txt --report out.html    a page to filter, sort and print
  sseml predict -i candidates.txt --plot ranking.png   σ with its interval, windows beside
  sseml predict --measured lab.csv -i candidates.txt   answers shifted by what you measured
  cat list.txt | sseml predict -i - --format jsonl | head

Results go to standard output or to the file, everything else to standard error. A row that cannot
be answered keeps its place, with the reason; the exit code is then 1. A file is written whole or
not at all.
"""

_ENDINGS = {**TEXT_ENDINGS, ".parquet": "parquet"}


def add_commands(commands: Commands) -> None:
    """Add `predict`."""
    parser = commands.add_parser(
        "predict",
        help="conductivity, interval and evidence for every formula of a list",
        description="Predict the ionic conductivity of solid Li electrolytes from their formulas "
        "or their crystal structures.",
        examples=_EXAMPLES,
    )
    add_questions(parser)
    add_answers(parser)
    add_sorting(parser)
    parser.set_defaults(run=run)


def add_answers(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how rows are answered, and where the answers go."""
    parser.add_argument(
        "-T",
        "--temperature",
        default=f"{ROOM_TEMPERATURE_C:g}",
        metavar="T",
        help="in °C, or as 298K, for rows that name none (default: %(default)s)",
    )
    parser.add_argument(
        "--threshold",
        type=conductivity_S_cm,
        default=1e-4,
        metavar="SIGMA",
        help="σ in S/cm that p_superionic is the probability of (default: 1e-4)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=output_file,
        metavar="FILE",
        help="file to write, or an address such as s3://bucket/answers.parquet (extra `cloud`)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="default: by the ending of -o, else a table"
    )
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle to use")
    parser.add_argument(
        "--no-window",
        dest="window",
        action="store_false",
        help="leave out the electrochemical window: a long list takes a third of the time",
    )
    add_engines(parser)
    parser.add_argument(
        "--measured",
        type=Path,
        metavar="FILE",
        help="a few measurements of your own, as for `sseml data add`: shifts the answers about "
        "their families, and more those about the very materials. Needs the extra `train`",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="say why, for every row: the "
        "measurements that make up the answer with their weights, and what moves it",
    )
    parser.add_argument(
        "--strict", action="store_true", help="stop at the first refused row and write nothing"
    )
    add_report(parser)


def answerer(
    arguments: argparse.Namespace,
) -> partial[Iterator[Answer]]:
    """What answers rows as the options say; bundles and phases are read once."""
    on_one_thread()
    from sseml.model.loading import Bundles, load_bundle  # noqa: PLC0415 - help needs no arrays
    from sseml.prediction import (  # noqa: PLC0415
        FILE_BATCH,
        default_phases,
        predict_queries,
    )

    bundles = Bundles([load_bundle(arguments.bundle)] if arguments.bundle else [])
    offsets = (
        _offsets(arguments.measured, bundles.of_compositions()) if arguments.measured else None
    )
    return partial(
        predict_queries,
        bundles=bundles,
        phases=cache(default_phases) if arguments.window else None,
        explain=arguments.explain,
        explainer=_explainer() if arguments.explain else None,
        offsets=offsets,
        threshold_S_cm=arguments.threshold,
        batch_rows=FILE_BATCH if arguments.output else None,
    )


def conductivity_S_cm(text: str) -> float:  # noqa: N802 - its unit
    """Read a conductivity between 1e-15 and 10 S/cm."""
    from sseml.model.answer import THRESHOLD_RANGE_S_CM  # noqa: PLC0415 - help needs no arrays

    low, high = THRESHOLD_RANGE_S_CM
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no conductivity in S/cm: write one between {low:g} and {high:g}, "
            "such as 1e-3"
        )
    return value


def run(arguments: argparse.Namespace) -> int:
    """Predict, write, and count what was refused."""
    format_ = answer_format(arguments)
    require_ranking(arguments)
    require_report(arguments)
    items = questions(arguments, arguments.temperature)
    return answer(items, arguments, format_, total=count_of(arguments))


def answer_format(arguments: argparse.Namespace) -> Format:
    """The format of the answers; an output that names none is refused."""
    return cast(Format, format_of(arguments.output, arguments.format, _ENDINGS, "table"))


def answer(
    items: Iterable[Query | Refusal],
    arguments: argparse.Namespace,
    format_: Format,
    *,
    total: int | None,
    has_own_columns: bool = True,
) -> int:
    """Predict, write, and count what was refused; the exit code.

    `total` is the number of rows, where known. Without columns of their own (`has_own_columns`) a
    CSV is written as the answers come.
    """
    require_engine(
        arguments, as_columns=as_columns(arguments, format_), is_judged=_is_judged(arguments)
    )
    if as_columns(arguments, format_):
        how: BatchFormat = "parquet" if format_ == "parquet" else "csv"
        return _answer_as_columns(items, arguments, how, total=total)
    tally = Tally(strict=arguments.strict)
    drawing = Drawing(arguments)
    answers_to = answerer(arguments)
    answers = drawing.answered(tally.passing(_judged(drawing.asked(items), answers_to, arguments)))
    if arguments.output or not standard_output().isatty():
        answers = watched(answers, total=total)
    answers = drawing.shown(in_order(answers, arguments))
    with results(arguments.output, binary=format_ == "parquet", hold=arguments.strict) as stream:
        late = write(
            answers,
            stream,
            format_,
            explain=arguments.explain,
            width=table_width(arguments.output, TABLE_WIDTH),
            whole=arguments.output is not None and has_own_columns,
        )
    name_late(late)
    drawing.write(answers_to.keywords["bundles"], answers_to.keywords["offsets"])
    return tally.report()


def _judged(
    items: Iterable[Query | Refusal],
    answers_to: partial[Iterator[Answer]],
    arguments: argparse.Namespace,
) -> Iterator[Answer]:
    """Answers with the scores that are asked for, by one process or several."""
    names, jobs = asked_scores(arguments), processes(arguments)
    if not names and jobs == 1:
        yield from answers_to(items)
        return
    from sseml.screen.judged import Judging, judged  # noqa: PLC0415 - help needs no arrays
    from sseml.screen.scores import Electrodes  # noqa: PLC0415

    electrodes = Electrodes(arguments.anode, arguments.cathode)
    judging = Judging(arguments.bundle, arguments.window, arguments.threshold, names, electrodes)
    with said_of_workers():
        yield from judged(items, judging, answers_to, jobs)


def _is_judged(arguments: argparse.Namespace) -> bool:
    """Whether answers are ranked or drawn, which several processes can answer for."""
    is_plain = not (arguments.explain or arguments.measured)
    return is_plain and bool(orders(arguments) or arguments.report or arguments.plot)


def as_columns(arguments: argparse.Namespace, format_: Format) -> bool:
    """Whether a file is written from columns: as the answers come, and with nothing beside them."""
    beside = arguments.explain or arguments.measured or arguments.report or arguments.plot
    is_plain = not beside and not orders(arguments)
    return arguments.output is not None and is_plain and format_ in ("csv", "parquet")


def _answer_as_columns(
    items: Iterable[Query | Refusal],
    arguments: argparse.Namespace,
    format_: BatchFormat,
    *,
    total: int | None,
) -> int:
    on_one_thread()
    from sseml.render.batches import write_batches  # noqa: PLC0415 - help needs no arrays

    tally = Tally(strict=arguments.strict)
    with (
        results(arguments.output, binary=format_ == "parquet", hold=arguments.strict) as stream,
        answering(arguments) as answers_to,
    ):
        passed = watched(tally.passing_batches(answers_to(items)), total, size=len)
        write_batches((batch.columns for batch in passed), stream, format_)
    return tally.report()


def _explainer() -> Explainer:
    from sseml.model.explaining import Explainer  # noqa: PLC0415 - only where asked for

    return Explainer()


def _offsets(file: Path, bundle: Bundle) -> Offsets:
    with needing("train"):
        from sseml.model.own_offsets import read_offsets  # noqa: PLC0415
    own = read_offsets(file, bundle)
    for line in own.said:
        say(f"sseml: {visible(line)}")
    return own.offsets
