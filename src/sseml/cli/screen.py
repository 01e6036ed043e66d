"""`sseml screen`: the candidates of design spaces, counted and then answered as a stream."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sseml.cli.command import ANSWERED, CommandError, Commands
from sseml.cli.parts import add_parts, answer_parts, checksum, require_parts
from sseml.cli.predict import add_answers, answer, answer_format
from sseml.cli.questions import add_questions, count_of, questions
from sseml.cli.ranking import add_ranking, require_ranking
from sseml.cli.report import require_report
from sseml.cli.streams import say, standard_output
from sseml.records import Query, Refusal
from sseml.render import Format, visible

if TYPE_CHECKING:
    from sseml.parse.qualifiers import Qualifiers
    from sseml.screen.space import Count, LeftOut, Space

_EXAMPLES = """\
examples:
  sseml screen --space "Li1+xAlxTi2-x(PO4)3, x=0:0.6:0.02" -o latp.csv       a sweep
  sseml screen --space "Li3{Y,Er,In,Sc}{Cl,Br}6" -o halides.csv              choices in braces
  sseml screen --space "LLZO dope Zr: Ta,Nb,W,Te 0:0.6:0.1" -o llzo.parquet  doping
  sseml screen --space "LLZO dope Zr: Ta 0:0.6:0.1; dope La: Ca,Sr 0:0.3:0.1; Li<=7.2"
  sseml screen --space "elements Li,P,S,Cl atoms<=12" --count                neutral formulas
  sseml screen -i candidates.csv --top 3 --diverse                            a list
  sseml screen --space "PEO + {LiTFSI,LiFSI}, EO:Li=[8:24:4]" -T 60          recipes on a grid

Every candidate becomes a row, as with `sseml predict -i`, and none is held in memory. The count is
said before it starts. Which compositions come once: docs/screen.md.
"""


def add_commands(commands: Commands) -> None:
    """Add `screen`."""
    parser = commands.add_parser(
        "screen",
        help="conductivity, interval and evidence for every candidate of a design space",
        description="Predict the ionic conductivity of every candidate of a design space or a "
        "list, and rank them.",
        examples=_EXAMPLES,
    )
    add_questions(parser)
    parser.add_argument(
        "--space",
        action="append",
        metavar="SPACE",
        help="formula with x and its values, choices in braces, doping, elements, or recipe on a "
        "grid; may be repeated",
    )
    parser.add_argument(
        "--count", action="store_true", help="write the number of candidates, and stop"
    )
    parser.add_argument(
        "--limit",
        type=_whole_number,
        metavar="N",
        help="refuse more candidates than this (default: 1,000,000,000)",
    )
    add_answers(parser)
    add_ranking(parser)
    add_parts(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the file -o, if there is one"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check what is asked; then go through the list or the spaces."""
    format_ = None if arguments.shard else answer_format(arguments)
    require_ranking(arguments)
    require_report(arguments)
    if arguments.shard:
        require_parts(arguments)
    elif arguments.output and arguments.output.is_file() and not arguments.overwrite:
        raise CommandError(f"{arguments.output} is there already: --overwrite replaces it")
    if arguments.space:
        return _screen_spaces(arguments, format_)
    if not arguments.formula and not arguments.input:
        raise CommandError("say what to screen: --space SPACE, or -i FILE")
    if arguments.count or arguments.limit:
        raise CommandError("--count and --limit are for a --space")
    return _screen_list(arguments, format_)


def _screen_list(arguments: argparse.Namespace, format_: Format | None) -> int:
    items = questions(arguments, arguments.temperature)
    if format_ is not None:
        return answer(items, arguments, format_, total=count_of(arguments))
    if arguments.input == "-":
        raise CommandError("standard input is gone after a kill: --shard needs a file with -i")
    asked = {
        "list": checksum(Path(arguments.input)) if arguments.input else arguments.formula,
        "temperature": arguments.temperature,
    }
    return answer_parts(items, arguments, asked, total=count_of(arguments))


def _screen_spaces(arguments: argparse.Namespace, format_: Format | None) -> int:
    """Read and count the spaces; then predict, write, and count what was refused."""
    from sseml.parse.qualifiers import Qualifiers, read_asked_temperature  # noqa: PLC0415
    from sseml.screen.reading import read_space  # noqa: PLC0415 - help needs no arrays
    from sseml.screen.space import (  # noqa: PLC0415
        MAX_CANDIDATES,
        LeftOut,
        require_limit,
        together,
    )

    if arguments.formula or arguments.input:
        raise CommandError("screen either a --space or a list")
    defaults = Qualifiers(temperature_C=read_asked_temperature(arguments.temperature))
    spaces = [read_space(text) for text in arguments.space]
    total = together(spaces)
    if arguments.count:
        _say_counts(spaces, total)
        standard_output().write(f"{total.number}\n")
        return ANSWERED
    require_limit(spaces, arguments.limit or MAX_CANDIDATES)
    _say_counts(spaces, total)
    left_out = LeftOut()
    items = candidates(spaces, defaults, left_out)
    if format_ is None:
        asked = {"spaces": arguments.space, "temperature_C": defaults.temperature_C}
        code = answer_parts(items, arguments, asked, total=total.number)
    else:
        code = answer(items, arguments, format_, total=total.number, has_own_columns=False)
    for reason, number in sorted(left_out.items()):
        say(f"sseml: {number:,} left out: {reason}")
    return code


def candidates(
    spaces: Sequence[Space], defaults: Qualifiers, left_out: LeftOut
) -> Iterator[Query | Refusal]:
    """The candidates of all spaces, one after another, numbered from 1."""
    row = 0
    for space in spaces:
        for item in space.queries(defaults, first_row=row + 1, left_out=left_out):
            yield item
            row = item.row


def _say_counts(spaces: Sequence[Space], total: Count) -> None:
    for space in spaces:
        say(f"sseml: {visible(space.text)}: {space.count} {_candidates(space.count)}")
        for note in space.notes:
            say(f"sseml: {visible(note)}")
    if len(spaces) > 1:
        say(f"sseml: together {total} candidates")


def _candidates(count: Count) -> str:
    return "candidate" if count.number == 1 else "candidates"


def _whole_number(text: str) -> int:
    plain = text.replace(",", "").replace("_", "")
    try:
        value = float(plain)
    except ValueError:
        value = 0.0
    if not (value >= 1 and value.is_integer()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of candidates; write 2000000")
    return int(value)
