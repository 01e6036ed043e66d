"""`sseml window`: electrochemical limits, reaction products and hull energy, row by row."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sseml.cli.command import REFUSED, CommandError, Commands, Tally, number_type
from sseml.cli.output import (
    TEXT_ENDINGS,
    add_output,
    format_of,
    require_picture,
    results,
    write_csv,
    write_jsonl,
)
from sseml.cli.questions import add_questions, answered, count_of, questions
from sseml.cli.streams import watched
from sseml.columns import WINDOW_COLUMNS
from sseml.records import Composition, Query, Refusal, RefusedInputError
from sseml.render import visible

if TYPE_CHECKING:
    from sseml.model.phases import PhaseBundle
    from sseml.physics.window import Window
    from sseml.render.window import AnsweredWindow

_EXAMPLES = """\
examples:
  sseml window Li6PS5Cl LLZO                   limits, products, energy above the hull
  sseml window Li6PS5Cl --plot profile.png     the voltage profile with its phases
  sseml window Li6PS5Cl LLZO LYC --plot w.png  the windows of several side by side
  sseml window Li6PS5Cl --corrections S        without the source's sulfide correction
  sseml window Na3PS4 --ion Na                 against sodium
  sseml window -i candidates.txt -o windows.csv

Calculated windows are thermodynamic; measured ones are mostly wider, often by 0.5 V and more, and
stand beside them where they are known. Nothing is blended. What it all means: docs/window.md.
"""
_MOST_REASONS = 5
"""Rows that are named in the message that there is nothing to draw."""

_CORRECTED = ("S", "Br", "I")
_percent = number_type(
    lambda value: 0.0 <= value < 100.0, "{text} is no percentage from 0 to below 100", unit="%"
)


def add_commands(commands: Commands) -> None:
    """Add `window`."""
    parser = commands.add_parser(
        "window",
        help="electrochemical window, decomposition products and energy above the hull",
        description="Calculate between which potentials a material is stable, and what becomes of "
        "it outside, from a table of computed phases.",
        examples=_EXAMPLES,
    )
    add_questions(parser)
    add_phases(parser)
    parser.add_argument("--ion", choices=("Li", "Na", "K"), default="Li", help="default: Li")
    parser.add_argument(
        "--tolerance",
        type=_percent,
        default=5.0,
        metavar="PERCENT",
        help="how far the amount of the ion may be off in the formula of a real material "
        "(default: %(default)g)",
    )
    parser.add_argument(
        "--trace",
        type=_percent,
        default=1.0,
        metavar="PERCENT",
        help="a plateau that exchanges less of the ion than this sets no limit "
        "(default: %(default)g)",
    )
    add_output(parser, "text, which `table` means too", "draw it")
    parser.set_defaults(run=run)


def add_phases(parser: argparse.ArgumentParser) -> None:
    """Add the phase table and the corrections of its energies."""
    parser.add_argument(
        "--phases", type=Path, metavar="FOLDER", help="phase table (default: the released one)"
    )
    parser.add_argument(
        "--corrections",
        type=_corrections,
        default=(),
        metavar="S,Br,I",
        help="change the energies of sulfides, bromides, iodides (see the card of the table)",
    )


def load_bundle(arguments: argparse.Namespace) -> PhaseBundle:
    """Load the phase bundle that `add_phases` names."""
    from sseml.model.phases import PhaseBundle  # noqa: PLC0415 - help needs no arrays
    from sseml.prediction import default_phases  # noqa: PLC0415

    return PhaseBundle.load(arguments.phases) if arguments.phases else default_phases()


def run(arguments: argparse.Namespace) -> int:
    """Calculate, write, draw, and count what was refused."""
    require_picture(arguments.plot)
    items = questions(arguments)
    format_ = format_of(arguments.output, arguments.format, TEXT_ENDINGS, "text")
    bundle = load_bundle(arguments)
    tally = Tally()
    windows = answered(
        items, lambda query, composition: [_answer(query, composition, bundle, arguments)]
    )
    answers = list(watched(tally.passing(windows), total=count_of(arguments)))
    if arguments.plot:
        _draw(answers, bundle, arguments)
    with results(arguments.output) as stream:
        _write(answers, stream, format_)
    return tally.report()


def _answer(
    query: Query, composition: Composition, bundle: PhaseBundle, arguments: argparse.Namespace
) -> AnsweredWindow:
    from sseml.physics.window import electrochemical_window  # noqa: PLC0415
    from sseml.render.window import AnsweredWindow  # noqa: PLC0415

    def window(corrections: Sequence[str]) -> Window:
        return electrochemical_window(
            bundle.table,
            query.material.formula,
            composition.amounts,
            ion=arguments.ion,
            tolerance=arguments.tolerance / 100.0,
            trace=arguments.trace / 100.0,
            corrections=corrections,
        )

    return AnsweredWindow(
        query=query,
        window=window(arguments.corrections),
        corrections=arguments.corrections,
        uncorrected=window(()) if arguments.corrections else None,
        measured=bundle.published.measured_windows(composition.amounts, arguments.ion),
        phases=bundle.table.name,
    )


def _write(answers: Sequence[AnsweredWindow | Refusal], stream: IO[str], format_: str) -> None:
    from sseml.render.window import (  # noqa: PLC0415
        nested_window_record,
        window_block,
        window_record,
    )

    match format_:
        case "csv":
            names = [column.name for column in WINDOW_COLUMNS]
            write_csv(map(window_record, answers), names, stream, whole=True)
        case "jsonl":
            write_jsonl(map(nested_window_record, answers), stream)
        case _:
            for answer in answers:
                stream.writelines(f"{line}\n" for line in window_block(answer))


def _draw(
    answers: Sequence[AnsweredWindow | Refusal], bundle: PhaseBundle, arguments: argparse.Namespace
) -> None:
    from sseml.kinds import composition_of  # noqa: PLC0415
    from sseml.physics.voltage import voltage_profile  # noqa: PLC0415
    from sseml.report import save, windows_compared  # noqa: PLC0415
    from sseml.report import voltage_profile as drawn_profile  # noqa: PLC0415

    drawable = [each for each in answers if not isinstance(each, Refusal)]
    if all(each.window.V_red is None for each in drawable):
        reasons = "\n".join(visible(_reason(each)) for each in answers[:_MOST_REASONS])
        raise CommandError(f"no row has a window: nothing was drawn\n{reasons}".strip(), REFUSED)
    names = [_as_typed(each.query) for each in drawable]
    notes = _corrected(drawable, names)
    if len(drawable) > 1:
        windows = [each.window for each in drawable]
        figure = windows_compared(names, windows, [each.measured for each in drawable], notes=notes)
    else:
        [only] = drawable
        plateaus = voltage_profile(
            bundle.table,
            composition_of(only.query.material).amounts,
            ion=arguments.ion,
            corrections=arguments.corrections,
        )
        figure = drawn_profile(names[0], plateaus, only.window, only.measured, notes=notes)
    save(figure, arguments.plot)


def _reason(answer: AnsweredWindow | Refusal) -> str:
    """Why there is no window."""
    if isinstance(answer, Refusal):
        return answer.message
    return f"row {answer.row}: {answer.query.input!r}: {'; '.join(answer.window.notes)}"


def _corrected(answers: Sequence[AnsweredWindow], names: Sequence[str]) -> tuple[str, ...]:
    """A note on the corrections and the limits without them; none without corrections."""
    corrections = ", ".join(answers[0].corrections)
    if not corrections:
        return ()
    limits = []
    for name, each in zip(names, answers, strict=True):
        if each.uncorrected and each.uncorrected.V_red is not None:
            text = f"{each.uncorrected.V_red:.2f} to {each.uncorrected.V_ox:.2f} V"
            limits.append(text if len(answers) == 1 else f"{name} {text}")
    return (f"corrected for {corrections}; as the table stands: {', '.join(limits)}",)


def _as_typed(query: Query) -> str:
    """The formula as the user wrote it; the formula of a name, a mixture or a sweep."""
    from sseml.kinds import composition_of  # noqa: PLC0415
    from sseml.parse.formula import parse_formula  # noqa: PLC0415

    try:
        read = parse_formula(query.input)
    except RefusedInputError:
        return query.material.formula
    same = read.amounts == composition_of(query.material).amounts
    return query.input.strip() if same else query.material.formula


def _corrections(text: str) -> tuple[str, ...]:
    asked = [part.strip() for part in text.split(",") if part.strip()]
    if unknown := [part for part in asked if part not in _CORRECTED]:
        raise argparse.ArgumentTypeError(
            f"there is no correction for {', '.join(unknown)}; there are: {', '.join(_CORRECTED)}"
        )
    return tuple(symbol for symbol in _CORRECTED if symbol in asked)
