"""`--sort`, `--rank-by`, `--top` and `--diverse`: answers with scores, in order, or the best."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sseml.cli.command import CommandError, number_type
from sseml.cli.streams import say
from sseml.records import Answer, Prediction, Refusal, RefusedInputError

if TYPE_CHECKING:
    from sseml.screen.ranking import Condition, Key

BEST_FIRST = "p_superionic"
"""What the best are chosen by where no column is named: docs/decisions/0022-ranking.md."""

_POOL = 10_000
"""Of so many of the best, `--diverse` picks those that lie apart."""

_ELECTRODES = ("anode", "cathode")

_potential = number_type(
    lambda value: -10.0 <= value <= 10.0,
    "{text!r} is no potential: write V vs Li/Li⁺, such as 4.3",
    "V",
)


def add_sorting(parser: argparse.ArgumentParser) -> None:
    """Add `--sort` and `--top`."""
    parser.add_argument(
        "--sort",
        dest="rank_by",
        type=_one_key,
        metavar="COLUMN",
        help="the best value of a column of numbers first; COLUMN:asc or COLUMN:desc say otherwise",
    )
    _add_top(parser)
    parser.set_defaults(where=(), diverse=False, anode=None, cathode=None)


def add_ranking(parser: argparse.ArgumentParser) -> None:
    """Add `--rank-by`, `--top`, `--diverse` and the electrodes."""
    parser.add_argument(
        "--rank-by",
        type=_keys,
        metavar="COLUMN[,COLUMN…]",
        help="the best first: by one column, or by Pareto fronts of several, none of which counts "
        "more than another. Besides the columns of `predict`: anode_margin_V, cathode_margin_V, "
        "water_eV_atom, cost_USD_kg, cost_USD_mol, hhi_production, n_critical_EU_2024, "
        "n_critical_US_2025",
    )
    _add_top(parser)
    parser.add_argument(
        "--where",
        action="append",
        type=_condition,
        default=[],
        metavar="CONDITION",
        help='leave out what does not meet it, such as "V_ox>=4"; may be repeated',
    )
    parser.add_argument(
        "--diverse",
        action="store_true",
        help="with --top: no two that share their chemistry",
    )
    for name, example in (("anode", "0 for lithium, 0.62 for Li-In"), ("cathode", "4.3")):
        parser.add_argument(
            f"--{name}",
            type=_potential,
            metavar="V",
            help=f"potential of the {name} vs Li/Li⁺ ({example}): adds {name}_margin_V, by which "
            "it lies inside the window",
        )


def require_ranking(arguments: argparse.Namespace) -> None:
    """Refuse, before any work, what cannot be ranked by."""
    if arguments.diverse and arguments.top is None:
        raise CommandError("--diverse picks the best that lie apart: say how many with --top")
    for column in _columns(arguments):
        for electrode in _ELECTRODES:
            if column == f"{electrode}_margin_V" and getattr(arguments, electrode) is None:
                raise CommandError(f"{column} needs the potential: --{electrode} V")
        if column in _OF_WINDOW and not arguments.window:
            raise CommandError(f"{column} needs the window; leave --no-window out")


def orders(arguments: argparse.Namespace) -> bool:
    """Whether anything is done to the answers: ordered, left out, judged by electrodes."""
    electrodes = arguments.anode is not None or arguments.cathode is not None
    return bool(arguments.rank_by or arguments.top or arguments.where) or electrodes


def in_order(answers: Iterator[Answer], arguments: argparse.Namespace) -> Iterator[Answer]:
    """The answers as they were asked for: in order, the best, the best that lie apart."""
    keys: tuple[Key, ...] = arguments.rank_by or ()
    if arguments.where:
        answers = _meeting(answers, arguments.where)
    if not keys and arguments.top is None:
        return answers
    from sseml.screen.ranking import ranked, read_key  # noqa: PLC0415

    keys = keys or (read_key(BEST_FIRST),)
    if not arguments.diverse:
        return ranked(answers, keys, arguments.top)
    return _apart(ranked(answers, keys, max(_POOL, arguments.top)), arguments.top)


_OF_WINDOW = frozenset(
    ("V_red", "V_ox", "e_above_hull_eV_atom", "anode_margin_V", "cathode_margin_V")
)


def order(arguments: argparse.Namespace) -> str:
    """What the answers are ordered by, for a reader; empty where they are not."""
    keys = arguments.rank_by or ()
    if not keys:
        return BEST_FIRST if arguments.top else ""
    said = [_said(key) for key in keys]
    return said[0] if len(said) == 1 else f"Pareto fronts of {', '.join(said[:-1])} and {said[-1]}"


def _said(key: Key) -> str:
    """A column, and which end of it comes first where that is not the better one."""
    from sseml.screen.ranking import read_key  # noqa: PLC0415

    if key == read_key(key.column, [key.column]):
        return key.column
    return f"{key.column} ({'highest' if key.descending else 'lowest'} first)"


def _columns(arguments: argparse.Namespace) -> set[str]:
    """The columns that rows are ordered or left out by."""
    return {each.column for each in (*(arguments.rank_by or ()), *arguments.where)}


def _meeting(answers: Iterator[Answer], where: Sequence[Condition]) -> Iterator[Answer]:
    left_out: Counter[str] = Counter()
    for answer in answers:
        if isinstance(answer, Refusal):
            continue
        missed = next((each for each in where if not each.is_met(answer)), None)
        if missed is None:
            yield answer
        else:
            left_out[str(missed)] += 1
    for condition, number in left_out.items():
        say(f"sseml: {number:,} left out: not {condition}")


def asked_scores(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The columns that are added to answers, of `SCORES`, as they are named or follow."""
    asked = _columns(arguments)
    asked |= {f"{name}_margin_V" for name in _ELECTRODES if getattr(arguments, name) is not None}
    if not asked:
        return ()
    from sseml.screen.scores import SCORES  # noqa: PLC0415 - help needs no arrays

    return tuple(name for name in SCORES if name in asked)


def _apart(answers: Iterable[Answer], count: int) -> Iterator[Prediction]:
    from sseml.screen.diverse import diverse  # noqa: PLC0415

    found = 0
    for found, answer in enumerate(diverse(answers, count), 1):  # noqa: B007 - counted below
        yield answer
    if found < count:
        say(f"sseml: {found} of {count}: the others share their chemistry with one of these")


def _add_top(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--top",
        type=_count,
        metavar="N",
        help=f"only the best N; by {BEST_FIRST} where no column is named",
    )


def _keys(text: str) -> tuple[Key, ...]:
    from sseml.screen.ranking import read_key  # noqa: PLC0415 - help needs no arrays
    from sseml.screen.scores import SCORES  # noqa: PLC0415

    try:
        keys = tuple(read_key(each, SCORES) for each in text.split(","))
    except RefusedInputError as error:
        raise argparse.ArgumentTypeError(f"{error.reason}; {error.suggestion}") from error
    names = [key.column for key in keys]
    if len({*names}) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} names a column twice")
    return keys


def _condition(text: str) -> Condition:
    from sseml.screen.ranking import read_condition  # noqa: PLC0415
    from sseml.screen.scores import SCORES  # noqa: PLC0415

    try:
        return read_condition(text, SCORES)
    except RefusedInputError as error:
        raise argparse.ArgumentTypeError(f"{error.reason}; {error.suggestion}") from error


def _one_key(text: str) -> tuple[Key, ...]:
    from sseml.screen.ranking import read_key  # noqa: PLC0415

    try:
        return (read_key(text),)
    except RefusedInputError as error:
        raise argparse.ArgumentTypeError(f"{error.reason}; {error.suggestion}") from error


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows; write 1 or more")
    return value
