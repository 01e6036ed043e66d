"""One answer as a flat or nested record of plain values: what every other drawing starts from."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, assert_never

from sseml.classes import dataclass
from sseml.columns import COLUMNS, NESTED, ROW_COLUMNS, Column, nested_columns
from sseml.records import Answer, Neighbour, Prediction, Query, Refusal
from sseml.render.contributions import contributions_lines, contributions_record

Record = dict[str, Any]

OUTPUT_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS)
EXPLANATION = "explanation"
MADE_OF = "made_of"

_IN_NESTED_LIST = frozenset(OUTPUT_COLUMNS) - {column.name for column in nested_columns()}

_OF_NEIGHBOUR: tuple[str, ...] = Neighbour.__slots__

_LISTED = 20
"""Measurements of one material that an explanation lists."""

_AMOUNT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    """What came of a row of `window` or `compat`."""

    query: Query

    @property
    def row(self) -> int:
        """Number of the row in the input, from 1."""
        return self.query.row

    @property
    def input(self) -> str:
        """The text as written."""
        return self.query.input

    @property
    def columns(self) -> Mapping[str, object]:
        """The other columns of the input."""
        return self.query.columns


def flat_record(columns: Sequence[Column], answer: Any) -> Record:
    """Values of `columns` for an answer of any command; of a refused row only why it is refused."""
    record: Record = dict.fromkeys(column.name for column in columns)
    for column in ROW_COLUMNS if isinstance(answer, Refusal) else columns:
        record[column.name] = plain(column.value(answer))
    return record


def to_record(answer: Answer, *, explain: bool = False) -> Record:
    """Flatten a prediction: the output columns in their order, then the columns of the input.

    A value that is not known is None; `explain` adds the text of `explanation` as a column.
    """
    record = flat_record(COLUMNS, answer)
    if explain:
        record[EXPLANATION] = plain(explanation(answer))
    return record | kept_columns(answer.columns, taken=(*record, NESTED, MADE_OF))


def to_nested_record(answer: Answer, *, explain: bool = False) -> Record:
    """Like `to_record`, with the error as code and message, and all the neighbours in one list.

    `explain` adds as ``made_of`` also what makes up the answer, where that was asked for.
    """
    neighbours = answer.nearest if isinstance(answer, Prediction) else ()
    nearest = [_neighbour_record(neighbour) for neighbour in neighbours]
    record = to_record(answer, explain=explain)
    if explain:
        record = _with_contributions(record, answer)
    return nested_record(answer, record, NESTED, nearest, in_place_of=_IN_NESTED_LIST)


def _neighbour_record(neighbour: Neighbour) -> Record:
    return {name: plain(getattr(neighbour, name)) for name in _OF_NEIGHBOUR}


def _with_contributions(record: Record, answer: Answer) -> Record:
    """The record with what makes up the answer behind its explanation; None if that is not said."""
    made_of = answer.made_of if isinstance(answer, Prediction) else None
    nested = plain(contributions_record(made_of)) if made_of else None
    place = [*record].index(EXPLANATION) + 1
    items = [*record.items()]
    return dict([*items[:place], (MADE_OF, nested), *items[place:]])


def nested_record(
    answer: Any, record: Record, name: str, items: list[Record], in_place_of: Collection[str]
) -> Record:
    """Put a list in the place of some columns of a flat record, and the error as an object."""
    nested: Record = {}
    for column, value in record.items():
        if column in in_place_of:
            nested[name] = items
        else:
            nested[column] = value
    if isinstance(answer, Refusal):
        nested["error"] = {"code": answer.code, "message": nested["error"]}
    return nested


def shortest(sigma_S_cm: float) -> str:
    """A conductivity as people write it: ``1e-4``."""
    return f"{sigma_S_cm:.0e}".replace("e-0", "e-").replace("e+00", "")


def explanation(answer: Answer) -> str:
    """Why this answer: material, interval, domain and the measured materials it leans on."""
    match answer:
        case Refusal():
            suggestion = (("instead", answer.suggestion),) if answer.suggestion else ()
            items: tuple[tuple[str, str], ...] = (("refused", answer.reason), *suggestion)
        case Prediction():
            made_of = contributions_lines(answer.made_of) if answer.made_of else ()
            items = (*_stated(answer), *_evidence(answer), *made_of, ("model", answer.model))
        case _:
            assert_never(answer)
    return "\n".join((answer.input, *(f"  {label:<11}{text}" for label, text in items)))


def _stated(answer: Prediction) -> Iterable[tuple[str, str]]:
    yield "material", f"{answer.formula} ({answer.kind})"
    yield "family", answer.family
    yield "predicted", f"{answer.sigma_S_cm:.2g} S/cm at {answer.temperature_C:g} °C"
    yield "interval", f"{answer.sigma_low_S_cm:.1g} to {answer.sigma_high_S_cm:.1g} S/cm (90 %)"
    yield (
        "superionic",
        (f"{answer.p_superionic:.0%} probability that σ ≥ {shortest(answer.threshold_S_cm)} S/cm"),
    )
    yield "conductor", f"{answer.p_conductor:.0%} probability that σ > 1e-7 S/cm at 25 °C"
    yield (
        "if it is",
        f"{answer.sigma_if_conductor_S_cm:.2g} S/cm, {answer.sigma_if_conductor_low_S_cm:.1g} to "
        f"{answer.sigma_if_conductor_high_S_cm:.1g} S/cm (90 %)",
    )
    yield "activation", f"{answer.activation_energy_eV:.2f} eV"
    if answer.V_red is not None and answer.V_ox is not None:
        yield "window", f"{answer.V_red:.2f} to {answer.V_ox:.2f} V; {answer.window_note}"
    elif answer.window_note:
        yield "window", answer.window_note


def _evidence(answer: Prediction) -> Iterable[tuple[str, str]]:
    if answer.nearest:
        why = f"the nearest measured material is {answer.nearest[0].distance:.3f} away"
    else:
        why = "there is no measured material to compare with"
    yield "domain", f"{answer.domain}: {why}"
    if answer.measured_sigma_S_cm is not None:
        value = f"{answer.measured_sigma_S_cm:.2g} S/cm"
        yield "measured", f"{value}, {_where(answer.measured_doi, answer.measured_reference)}"
    yield from _all_measured(answer)
    for near in answer.nearest:
        value = f"{near.sigma_S_cm:.2g} S/cm at {near.temperature_C:g} °C"
        yield (
            "nearest",
            f"{near.formula} ({near.distance:.3f} away): {value}, "
            f"{_where(near.doi, near.reference)}",
        )
    for note in answer.notes:
        yield "note", note


def _all_measured(answer: Prediction) -> Iterable[tuple[str, str]]:
    """How many measurements there are, and each of them up to a number, by conductivity."""
    values = answer.measurements
    if len(values) < 2:
        return
    low, high = values[0].sigma_S_cm, values[-1].sigma_S_cm
    papers = f"{answer.measured_papers} known paper{'' if answer.measured_papers == 1 else 's'}"
    yield "of", f"{len(values)} values of {papers}: {low:.2g} to {high:.2g} S/cm"
    for value in values[:_LISTED]:
        sign = value.relation if value.is_bound else ""
        yield (
            "",
            f"{sign}{value.sigma_S_cm:.2g} S/cm at {value.temperature_C:g} °C, "
            f"{_where(value.doi, value.reference)}",
        )
    if len(values) > _LISTED:
        yield "", f"and {len(values) - _LISTED} above these"


def _where(doi: str | None, reference: str | None) -> str:
    return doi or reference or "no DOI"


def plain(value: object) -> Any:
    """Reduce a value to what JSON can say: no NaN, no array scalars, no lone surrogates."""
    if value is None or isinstance(value, bool | int):
        return value
    match value:
        case float():
            return float(value) if math.isfinite(value) else None
        case str():
            return value if value.isascii() else _encodable(value)
        case Mapping():
            return {str(plain(str(key))): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    scalar = getattr(value, "item", None)
    return plain(scalar()) if callable(scalar) else plain(str(value))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def kept_columns(columns: Mapping[str, object], taken: Iterable[str]) -> Record:
    """Return the columns of the input; a name that is taken gets `input_` in front."""
    used = set(taken)
    kept: Record = {}
    for column, value in columns.items():
        name = str(plain(str(column)))
        while name in used:
            name = f"input_{name}"
        used.add(name)
        kept[name] = plain(value)
    return kept


def amounts_record(side: Mapping[str, float]) -> dict[str, float]:
    """One side of a reaction: formula → amount in mol."""
    return {formula: float(f"{amount:.{_AMOUNT_DIGITS}g}") for formula, amount in side.items()}


def cell(value: Any) -> Any:
    """One flat cell: lists and mappings as JSON, truth as true or false, None as nothing."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        case _:
            return value
