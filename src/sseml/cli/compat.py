"""`sseml compat`: what a material and an electrode, or moist air, react to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING

from sseml.cli.command import REFUSED, CommandError, Commands, Tally, number_type
from sseml.cli.output import (
    TEXT_ENDINGS,
    add_output,
    format_of,
    require_picture,
    results,
    table_width,
    write_csv,
    write_jsonl,
)
from sseml.cli.questions import add_questions, answered, count_of, questions
from sseml.cli.streams import watched
from sseml.cli.window import add_phases, load_bundle
from sseml.columns import COMPAT_COLUMNS
from sseml.records import Composition, Query, Refusal, RefusedInputError
from sseml.render import visible

if TYPE_CHECKING:
    from sseml.physics.compatibility import Compatibility, Partner
    from sseml.physics.phases import PhaseTable
    from sseml.render.compat import AnsweredPair

_EXAMPLES = """\
examples:
  sseml compat Li6PS5Cl                       against Li metal, LCO, NMC811, LFP, LNMO, S and air
  sseml compat Li6PS5Cl LLZO --with NMC811    both states of one cathode
  sseml compat LLZO --with "NMC811 charged" --with Li --with water
  sseml compat Li3YCl6 --with LiMn2O4         any formula: your own cathode, or a coating
  sseml compat Li6PS5Cl --with NMC811 --voltage 4.3    at the potential of the charged cathode too
  sseml compat Li6PS5Cl --corrections S       without the source's sulfide correction
  sseml compat Li6PS5Cl --plot mixing.png     the energies along the mixing ratio
  sseml compat -i candidates.txt --with LFP -o compat.csv

One row a pair: the reaction that gives the most energy of all mixing ratios. 0 means that the two
coexist. Below it stands, of metals, the reaction with the metal in excess. Every number is of
thermodynamics at 0 K; docs/window.md says how to read it.
"""
_NARROWEST = 100
_HIGHEST_V = 10.0

_voltage = number_type(
    lambda value: 0.0 <= value <= _HIGHEST_V,
    f"{{text!r}} is no potential in V from 0 to {_HIGHEST_V:g}; write 4.3",
)


def add_commands(commands: Commands) -> None:
    """Add `compat`."""
    parser = commands.add_parser(
        "compat",
        help="reactions with lithium metal, cathodes, your own cathode, water and CO2",
        description="Calculate what a material reacts to where it touches an electrode, or moist "
        "air, from a table of computed phases.",
        examples=_EXAMPLES,
    )
    add_questions(parser)
    parser.add_argument(
        "--with",
        dest="partners",
        action="append",
        default=[],
        metavar="NAME",
        help="electrode (NMC811, `LCO charged`, Li …), formula, `water`, `CO2` or `air`; may be "
        "repeated (default: metal and cathodes of the ion, water, water+CO2)",
    )
    parser.add_argument(
        "--voltage",
        type=_voltage,
        metavar="V",
        help="let both take up and give off the ion at this potential against its metal too: of "
        "cathodes and your own formulas, as metals are at 0 V (default: no potential)",
    )
    add_phases(parser)
    add_output(
        parser,
        "a table, which `text` means too",
        "draw the reaction energies of one material along the mixing ratio",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Calculate, write, and count what was refused."""
    require_picture(arguments.plot)
    format_ = format_of(arguments.output, arguments.format, TEXT_ENDINGS, "table")
    items = questions(arguments)
    partners = _partners(arguments.partners)
    table = load_bundle(arguments).table
    if arguments.plot:
        items = list(items)
        _require_one(items)
    tally = Tally()
    pairs = answered(
        items,
        lambda query, composition: _pairs(query, composition, partners, table, arguments),
    )
    passing = tally.passing(pairs, _refusal)
    answers: Iterable[AnsweredPair | Refusal] = watched(passing, total=count_of(arguments))
    if arguments.plot:
        answers = list(answers)
        _draw(answers, table, arguments)
    with results(arguments.output) as stream:
        _write(answers, stream, format_, table_width(arguments.output, _NARROWEST))
    return tally.report()


def _require_one(items: Sequence[Query | Refusal]) -> None:
    """A picture is of one material."""
    asked = sum(isinstance(item, Query) for item in items)
    if asked == 1:
        return
    refusals = [visible(item.message) for item in items if isinstance(item, Refusal)]
    if refusals and not asked:
        raise CommandError(f"nothing to draw: {refusals[0]}", REFUSED)
    raise CommandError(f"--plot draws one material, not {asked}: give one formula")


def _refusal(answer: AnsweredPair | Refusal) -> str | None:
    return answer.message


def _draw(
    answers: Iterable[AnsweredPair | Refusal], table: PhaseTable, arguments: argparse.Namespace
) -> None:
    from sseml.kinds import composition_of  # noqa: PLC0415
    from sseml.report import compatibility_energies, save  # noqa: PLC0415

    pairs = [answer for answer in answers if not isinstance(answer, Refusal)]
    material = composition_of(pairs[0].query.material)
    found = [pair.answered for pair in pairs if pair.answered]
    save(compatibility_energies(table, material, found, arguments.corrections), arguments.plot)


def _partners(texts: Sequence[str]) -> tuple[Partner, ...]:
    from sseml.physics.compatibility import find_partners  # noqa: PLC0415 - help needs no arrays

    found: dict[str, Partner] = {}
    for text in texts:
        try:
            found |= {partner.label: partner for partner in find_partners(text)}
        except RefusedInputError as refusal:
            raise CommandError(f"--with {text!r}: {refusal}") from None
    return tuple(found.values())


def _pairs(
    query: Query,
    material: Composition,
    partners: Sequence[Partner],
    table: PhaseTable,
    arguments: argparse.Namespace,
) -> Iterator[AnsweredPair]:
    """The reactions of a material with each partner."""
    from sseml.physics.compatibility import compatibility, standard_partners  # noqa: PLC0415
    from sseml.physics.phases import UnknownElementError  # noqa: PLC0415
    from sseml.render.compat import AnsweredPair  # noqa: PLC0415

    for partner in partners or standard_partners(material.amounts):
        found: Compatibility | RefusedInputError
        try:
            found = compatibility(
                table,
                material,
                partner,
                corrections=arguments.corrections,
                potential_V=arguments.voltage,
            )
        except UnknownElementError as unknown:
            found = RefusedInputError(str(unknown))
        except RefusedInputError as refusal:
            found = refusal
        yield AnsweredPair(query, partner, found, arguments.corrections, table.name)


def _write(
    answers: Iterable[AnsweredPair | Refusal], stream: IO[str], format_: str, width: int
) -> None:
    """Write as the answers come."""
    from sseml.render.compat import (  # noqa: PLC0415
        compat_record,
        compat_table,
        nested_compat_record,
    )

    match format_:
        case "csv":
            names = [column.name for column in COMPAT_COLUMNS]
            write_csv(map(compat_record, answers), names, stream)
        case "jsonl":
            write_jsonl(map(nested_compat_record, answers), stream)
        case _:
            stream.writelines(f"{line}\n" for line in compat_table(list(answers), width))
