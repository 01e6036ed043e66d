"""What the page shows, as plain values: rows, curves, refusals, electrodes, settings, card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

from sseml.columns import COLUMNS, SCREEN_COLUMNS, Column
from sseml.kinds import KINDS, kind_of
from sseml.model.loading import Bundles
from sseml.model.offsets import Offsets
from sseml.records import Answer, MeasuredValue, Neighbour, Prediction, Query, Refusal
from sseml.render.contributions import contributions_record
from sseml.render.record import OUTPUT_COLUMNS, plain, to_record
from sseml.report.electrodes import electrodes
from sseml.report.page.card import card_contents
from sseml.report.page.curves import curve_contents
from sseml.screen.ranking import LOW_IS_GOOD
from sseml.screen.scores import COST, SUPPLY, Electrodes, scored
from sseml.units import SUPERIONIC_S_CM

MOST_ROWS = 10_000
"""Answers on a page, the first by rank; the page says how many are not shown."""

MOST_REFUSED = 1_000
CURVES = 24
"""Materials whose σ(T) is drawn, the first by rank."""

_LISTED = 20
"""Measurements of one material that its row lists."""

_NOT_PLOTTED = frozenset(("log10_sigma",))
"""Said by another column."""


class Asked(NamedTuple):
    """A question with its answer."""

    query: Query | Refusal
    answer: Answer


class _Shared:
    """Values that many rows repeat, each kept once and named by its place."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[Any, int] = {}

    def place(self, value: Any) -> int:
        """Where the value, a text or a tuple, is kept."""
        if value not in self._places:
            self._places[value] = len(self.values)
            self.values.append(value)
        return self._places[value]


def page_contents(
    asked: Iterable[tuple[Query | Refusal, Answer]],
    *,
    bundles: Bundles,
    offsets: Offsets | None = None,
    threshold_S_cm: float = SUPERIONIC_S_CM,
    settings: Mapping[str, str] | None = None,
    made_on: date | None = None,
    title: str = "Solid electrolytes",
    order: str = "",
    anode_V: float | None = None,
    cathode_V: float | None = None,
) -> dict[str, Any]:
    """Everything that the page shows.

    Parameters
    ----------
    asked
        Each question with its answer, such as ``zip(queries, predict_queries(queries, bundles))``.
    bundles
        The models that answered.
    offsets
        What one's own measurements did to the answers, for the curves.
    threshold_S_cm
        That of ``p_superionic``, in S/cm.
    settings
        What the answers were made with, for the reader; shown as it stands.
    made_on
        The day that the page names; None for none.
    title
        Of the page.
    order
        What the answers were ordered by, to keep their order; empty to order them by σ.
    anode_V, cathode_V
        Potentials in V against Li/Li⁺ that margins are counted from at first, beside those of the
        list; None for lithium and LFP.
    """
    pairs = [Asked(query, _with_supply(answer)) for query, answer in asked]
    answered = [each for each in pairs if isinstance(each.answer, Prediction)]
    if not order:
        answered.sort(key=lambda each: -_sigma(each.answer))
    shown = answered[:MOST_ROWS]
    refused = [each.answer for each in pairs if isinstance(each.answer, Refusal)]
    records = [to_record(each.answer) for each in shown]
    numeric, own = _numeric(records), _own_texts(records)
    texts, measured = _Shared(), _Shared()
    drawn, curves = _drawn([each.query for each in shown])
    rows = [
        {
            **_row(each.answer, texts, measured),
            "input": record["input"],
            "formula": record["formula"],
            "numbers": [_number(record.get(column["name"])) for column in numeric],
            "own": [record.get(name) for name in own],
            "curve": curve,
        }
        for each, record, curve in zip(shown, records, curves, strict=True)
        if isinstance(each.answer, Prediction)
    ]
    return {
        "title": title,
        "order": order,
        "made_on": made_on.isoformat() if made_on else "",
        "threshold_S_cm": threshold_S_cm,
        "settings": [[plain(name), plain(text)] for name, text in (settings or {}).items()],
        "columns": numeric,
        "own_columns": own,
        "rows": rows,
        "texts": texts.values,
        "measured": measured.values,
        "curves": curve_contents(drawn, bundles, offsets),
        "electrodes": [
            {"name": each.name, "side": each.side, "V": each.potential_V, "what": each.what,
             "doi": each.doi}
            for each in electrodes()
        ],
        "asked_V": {"anode": anode_V, "cathode": cathode_V},
        "refused": [_refusal(refusal) for refusal in refused[:MOST_REFUSED]],
        "left_out": {
            "rows": len(answered) - len(shown),
            "refused": max(0, len(refused) - MOST_REFUSED),
        },
        "models": [card_contents(bundles[kind]) for kind in _kinds(answered)],
    }  # fmt: skip


def _with_supply(answer: Answer) -> Answer:
    """An answer with cost and supply of its elements, where it has none yet."""
    if isinstance(answer, Refusal):
        return answer
    added = [name for name in (COST, SUPPLY) if name not in answer.columns]
    [scored_answer] = scored([answer], added, Electrodes())
    return scored_answer


def _sigma(answer: Answer) -> float:
    return answer.log10_sigma if isinstance(answer, Prediction) else float("-inf")


def _drawn(queries: Sequence[Query | Refusal]) -> tuple[list[Query], list[int | None]]:
    """Queries of different materials, the first `CURVES`, and for each query which is its own."""
    drawn: list[Query] = []
    curves: list[int | None] = []
    for query in queries:
        if not isinstance(query, Query):
            raise TypeError(f"an answer to what is no question: {query.message}")
        same = (place for place, other in enumerate(drawn) if _is_one_curve(query, other))
        place = next(same, None)
        if place is None and len(drawn) < CURVES:
            place = len(drawn)
            drawn.append(query)
        curves.append(place)
    return drawn, curves


def _is_one_curve(query: Query, other: Query) -> bool:
    """Whether two queries differ in their temperature at most."""
    energies = query.activation_energy_eV, other.activation_energy_eV
    return energies[0] == energies[1] and query.material == other.material


def _kinds(answered: Iterable[Asked]) -> list[str]:
    """Kinds of the bundles that answered, in the order in which they first did."""
    by_type = {kind.material: kind for kind in KINDS}
    materials = (each.query.material for each in answered if isinstance(each.query, Query))
    return list(dict.fromkeys(kind_of(material, by_type).bundle_kind for material in materials))


def _numeric(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Columns of numbers that some row has, those of the input last."""
    ours = [
        _column(column)
        for column in (*COLUMNS, *SCREEN_COLUMNS)
        if column.holds is not str
        and column.name not in _NOT_PLOTTED
        and any(record.get(column.name) is not None for record in records)
    ]
    others = [
        {"name": name, "unit": "", "meaning": "column of the input", "log": False, "high": False,
         "beside": True}
        for name in _kept(records)
        if _is_numeric([record.get(name) for record in records])
    ]  # fmt: skip
    return [*ours, *others]


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "unit": "" if column.unit == "1" else column.unit,
        "meaning": column.meaning,
        "log": column.unit == "S/cm",
        "high": column.name not in LOW_IS_GOOD,
        "beside": column in SCREEN_COLUMNS,
    }


def _own_texts(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns of the input that are no numbers."""
    return [
        name for name in _kept(records) if not _is_numeric([record.get(name) for record in records])
    ]


def _kept(records: Iterable[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for record in records for name in record)
    numbers = (column.name for column in SCREEN_COLUMNS if column.holds is not str)
    ours = {*OUTPUT_COLUMNS, *numbers}
    return [name for name in names if name not in ours]


def _is_numeric(values: Iterable[Any]) -> bool:
    written = [value for value in values if not _is_empty(value)]
    return bool(written) and all(_number(value) is not None for value in written)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _number(value: Any) -> float | None:
    """A finite number, or what a text says of one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _row(answer: Prediction, texts: _Shared, measured: _Shared) -> dict[str, Any]:
    """What a row says beside its columns; texts and measurements are named by their places."""
    return {
        "row": answer.row,
        "kind": answer.kind,
        "family": answer.family,
        "domain": answer.domain,
        "model": answer.model,
        "notes": [texts.place(plain(note)) for note in answer.notes],
        "window_note": texts.place(plain(answer.window_note)) if answer.window_note else None,
        "nearest": [
            [measured.place(_measurement(near.formula, near)), round(near.distance, 4)]
            for near in answer.nearest
        ],
        "same": [
            measured.place(_measurement(answer.formula, value))
            for value in answer.measurements[:_LISTED]
        ],
        "made_of": plain(contributions_record(answer.made_of)) if answer.made_of else None,
    }


def _measurement(formula: str, value: MeasuredValue | Neighbour) -> tuple[Any, ...]:
    """Formula, σ, relation, temperature, DOI and reference."""
    relation = value.relation if isinstance(value, MeasuredValue) else "="
    texts = plain(formula), plain(value.doi), plain(value.reference)
    return texts[0], value.sigma_S_cm, relation, value.temperature_C, *texts[1:]


def _refusal(refusal: Refusal) -> list[Any]:
    texts = (refusal.input, refusal.reason, refusal.suggestion)
    return [refusal.row, *map(plain, texts)]
