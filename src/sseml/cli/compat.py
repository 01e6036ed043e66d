"""`sseml compat`: what a material and an electrode, or moist air, react to."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sseml.cli.exits import REFUSED, CommandError
from sseml.cli.extras import needing
from sseml.cli.help import Commands
from sseml.cli.output import (
    TEXT_ENDINGS,
    TEXT_FORMATS,
    format_of,
    results,
    table_width,
    write_csv,
    write_jsonl,
)
from sseml.cli.progress import watched
from sseml.cli.questions import add_questions, count_of, questions
from sseml.cli.tally import Tally
from sseml.cli.window import add_phases, load_bundle
from sseml.records import Composition, Query, Refusal, RefusedInputError
from sseml.render import pad, text_width, visible
from sseml.render.record import kept_columns

if TYPE_CHECKING:
    from sseml.physics.compatibility import Compatibility, Partner
    from sseml.physics.interface import Mixing
    from sseml.physics.phases import PhaseTable

_EXAMPLES = """\
examples:
  sseml compat Li6PS5Cl                       against Li metal, LCO, NMC811, LFP, LNMO, S and air
  sseml compat Li6PS5Cl LLZO --with NMC811    both states of one cathode
  sseml compat LLZO --with "NMC811 charged" --with Li --with water
  sseml compat Li3YCl6 --with LiMn2O4         any formula: your own cathode, or a coating
  sseml compat Li6PS5Cl --corrections S       without the source's sulfide correction
  sseml compat Li6PS5Cl --plot mixing.png     the energies along the mixing ratio
  sseml compat -i candidates.txt --with LFP -o compat.csv

One row a pair: the reaction that gives the most energy of all mixing ratios. 0 means that the two
coexist. Every number is of thermodynamics at 0 K; docs/compat.md says how to read it.
"""
_COLUMNS = (
    "input", "status", "error", "formula", "against", "against_formula", "energy_eV_atom",
    "energy_eV_formula", "atomic_share", "products", "reaction", "note", "corrections", "phases",
)  # fmt: skip
_ENERGY_DIGITS = 4
_AMOUNT_DIGITS = 6
_AMOUNT = re.compile(r"(\d) (?=[A-Z])")
_SHOWN_EV = 0.0005
_NARROWEST = 100
_LONGEST_LABEL, _LONGEST_NAME = 24, 40
"""Letters of what was typed, and of the formula that is shown for a part of a sweep."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """A material against one partner, or why there is no number."""

    query: Query
    partner: Partner
    found: Compatibility | RefusedInputError
    corrections: tuple[str, ...]
    phases: str

    @property
    def row(self) -> int:
        """Number of the row in the input, from 1."""
        return self.query.row


_Answer = _Answered | Refusal


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
    add_phases(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="file to write")
    parser.add_argument(
        "--format",
        choices=TEXT_FORMATS,
        help="default: by the ending of -o, else a table, which `text` means too",
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the reaction energies of one material along the mixing ratio: PNG, SVG or PDF "
        "(extra `report`)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Calculate, write, and count what was refused."""
    if arguments.plot:
        with needing("report"):
            from sseml.report.files import require_picture  # noqa: PLC0415
        require_picture(arguments.plot)
    format_ = format_of(arguments.output, arguments.format, TEXT_ENDINGS, "table")
    items = questions(arguments)
    partners = _partners(arguments.partners)
    table = load_bundle(arguments).table
    if arguments.plot:
        items = list(items)
        _require_one(items)
    tally = Tally()
    passing = tally.passing(_answers(items, partners, table, arguments), _error)
    answers: Iterable[_Answer] = watched(passing, total=count_of(arguments))
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


def _draw(answers: Sequence[_Answer], table: PhaseTable, arguments: argparse.Namespace) -> None:
    from sseml.physics.interface import interface_reactions  # noqa: PLC0415
    from sseml.report import mixing_energies, save  # noqa: PLC0415

    materials = [each.query.material for each in answers if isinstance(each, _Answered)]
    drawn = {
        each.partner.label: each.found
        for each in answers
        if isinstance(each, _Answered)
        and not isinstance(each.found, RefusedInputError)
        and each.partner.material
    }
    if not drawn:
        raise CommandError(
            "nothing to draw: gases have no mixing ratio, and the table lacks elements of the "
            "others; name an electrode with --with"
        )
    interfaces = {
        label: interface_reactions(
            table, materials[0], found.partner.material, corrections=arguments.corrections
        )
        for label, found in drawn.items()
        if found.partner.material
    }
    notes = _cautions(drawn)
    if arguments.corrections:
        uncorrected = _uncorrected(table, materials[0], drawn)
        notes.insert(0, f"corrected for {', '.join(arguments.corrections)}; {uncorrected}")
    save(mixing_energies(interfaces, notes), arguments.plot)


def _cautions(drawn: Mapping[str, Compatibility]) -> list[str]:
    """Every note once, with the partners it is about if it is not about all."""
    partners: defaultdict[str, list[str]] = defaultdict(list)
    for label, found in drawn.items():
        for note in found.notes:
            partners[note].append(label)
    return [
        note if len(labels) == len(drawn) else f"{', '.join(labels)}: {note}"
        for note, labels in partners.items()
    ]


def _uncorrected(
    table: PhaseTable, material: Composition, drawn: Mapping[str, Compatibility]
) -> str:
    """The energies without any correction, where they are others."""
    from sseml.physics.compatibility import compatibility  # noqa: PLC0415

    changed = []
    for label, found in drawn.items():
        energy = _shown(compatibility(table, material, found.partner).worst)
        if energy != _shown(found.worst):
            changed.append(f"{label} {energy.strip()}")
    if not changed:
        return "the energies are those of the table as it stands"
    others = "" if len(changed) == len(drawn) else ", the others alike"
    return f"eV/atom as the table stands: {', '.join(changed)}{others}"


def _partners(texts: Sequence[str]) -> tuple[Partner, ...]:
    from sseml.physics.compatibility import find_partners  # noqa: PLC0415 - help needs no arrays

    found: dict[str, Partner] = {}
    for text in texts:
        try:
            found |= {partner.label: partner for partner in find_partners(text)}
        except RefusedInputError as refusal:
            raise CommandError(f"--with {text!r}: {refusal}") from None
    return tuple(found.values())


def _answers(
    items: Iterable[Query | Refusal],
    partners: Sequence[Partner],
    table: PhaseTable,
    arguments: argparse.Namespace,
) -> Iterator[_Answer]:
    from sseml.physics.compatibility import compatibility, standard_partners  # noqa: PLC0415
    from sseml.physics.phases import UnknownElementError  # noqa: PLC0415

    for item in items:
        if isinstance(item, Refusal):
            yield item
            continue
        for partner in partners or standard_partners(item.material.amounts):
            found: Compatibility | RefusedInputError
            try:
                found = compatibility(
                    table, item.material, partner, corrections=arguments.corrections
                )
            except UnknownElementError as unknown:
                found = RefusedInputError(str(unknown))
            except RefusedInputError as refusal:
                found = refusal
            yield _Answered(item, partner, found, arguments.corrections, table.name)


def _error(answer: _Answer) -> str | None:
    if isinstance(answer, Refusal):
        return answer.message
    if isinstance(answer.found, RefusedInputError):
        query = answer.query
        return f"row {query.row}: {query.input!r} with {answer.partner.label}: {answer.found}"
    return None


def _record(answer: _Answer) -> dict[str, Any]:
    """One flat row, then the other columns of the input.

    What is not known is None, and the energy of what coexists is 0.
    """
    columns = answer.columns if isinstance(answer, Refusal) else answer.query.columns
    return _own_record(answer) | kept_columns(columns, taken=_COLUMNS)


def _own_record(answer: _Answer) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys(_COLUMNS)
    error = _error(answer)
    record |= {"status": "error" if error else "ok", "error": error}
    if isinstance(answer, Refusal):
        return record | {"input": answer.input}
    record |= {
        "input": answer.query.input,
        "formula": answer.query.material.formula,
        "against": answer.partner.label,
        "against_formula": answer.partner.formula,
        "corrections": " ".join(answer.corrections) or None,
        "phases": answer.phases,
    }
    if isinstance(answer.found, RefusedInputError):
        return record
    record |= {
        "energy_eV_atom": 0.0,
        "energy_eV_formula": 0.0,
        "note": "; ".join(answer.found.notes),
    }
    if worst := answer.found.worst:
        record |= {
            "energy_eV_atom": round(worst.energy_eV_atom, _ENERGY_DIGITS),
            "energy_eV_formula": round(worst.energy_eV, _ENERGY_DIGITS),
            "atomic_share": round(worst.share, _ENERGY_DIGITS),
            "products": str(worst.reaction).partition(" → ")[2],
            "reaction": str(worst.reaction),
        }
    return record


def _nested(answer: _Answer) -> dict[str, Any]:
    """Like `_record`, with products and corrections as objects."""
    record = _record(answer)
    if isinstance(answer, Refusal) or isinstance(answer.found, RefusedInputError):
        return record
    worst = answer.found.worst
    products = worst.reaction.products.items() if worst else ()
    return record | {
        "products": {name: float(f"{amount:.{_AMOUNT_DIGITS}g}") for name, amount in products},
        "corrections": list(answer.corrections),
        "note": list(answer.found.notes),
    }


def _write(answers: Iterable[_Answer], stream: IO[str], format_: str, width: int) -> None:
    """Write as the answers come."""
    match format_:
        case "csv":
            write_csv(map(_record, answers), _COLUMNS, stream)
        case "jsonl":
            write_jsonl(map(_nested, answers), stream)
        case _:
            stream.writelines(f"{line}\n" for line in _table(list(answers), width))


def _table(answers: Sequence[_Answer], width: int) -> Iterator[str]:
    """Aligned columns; a reaction that is too long goes on below itself."""
    formulas: defaultdict[int, set[str]] = defaultdict(set)
    for answer in answers:
        if isinstance(answer, _Answered):
            formulas[answer.row].add(answer.query.material.formula)
    cells = [_cells(answer, is_sweep=len(formulas[answer.row]) > 1) for answer in answers]
    titles = ("input", "against", "eV/atom")
    longest = (_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_LABEL)
    lengths = [
        min(most, max(map(text_width, column)))
        for most, column in zip(
            longest, zip(titles, *(cell[:3] for cell in cells), strict=True), strict=True
        )
    ]
    indent = sum(lengths) + 2 * len(lengths)
    yield "  ".join((*map(pad, titles, lengths), "reaction at the worst mixing ratio"))
    for cell in cells:
        first = "  ".join(map(pad, cell[:3], lengths))
        for number, line in enumerate(_wrapped(cell[3:], max(40, width - indent))):
            yield f"{' ' * indent}{line}" if number else f"{first}  {line}"


def _wrapped(paragraphs: Iterable[str], width: int) -> Iterator[str]:
    """Break lines, but not between an amount and its formula."""
    for paragraph in paragraphs:
        kept_together = _AMOUNT.sub("\\1\N{NO-BREAK SPACE}", paragraph)
        for line in textwrap.wrap(kept_together, width, break_on_hyphens=False):
            yield line.replace("\N{NO-BREAK SPACE}", " ")


def _cells(answer: _Answer, *, is_sweep: bool) -> tuple[str, ...]:
    """Input, partner, energy, then the reaction and what is special about it.

    Of a sweep the formula is shown, as all of its rows have one input.
    """
    if isinstance(answer, Refusal):
        parts = (answer.reason, answer.suggestion)
        return _cut(answer.input), "", "", visible(f"refused: {'; '.join(filter(None, parts))}")
    query = answer.query
    has_values = "=" in query.input and text_width(query.input) > _LONGEST_LABEL
    name = query.material.formula if is_sweep or has_values else _cut(query.input)
    named = name, visible(answer.partner.label)
    if isinstance(answer.found, RefusedInputError):
        return *named, "", visible(f"refused: {answer.found}")
    worst = answer.found.worst
    if worst is None:
        return *named, _shown(None), "none"
    return *named, _shown(worst), str(worst.reaction), *answer.found.notes[1:]


def _cut(text: str) -> str:
    return pad(visible(text), min(_LONGEST_LABEL, text_width(visible(text))))


def _shown(worst: Mixing | None) -> str:
    """An energy in eV/atom, wide enough for a column of them."""
    if worst is None:
        return " 0"
    energy = worst.energy_eV_atom
    return f"{energy:.3f}" if energy <= -_SHOWN_EV else f"{energy:.1g}"
