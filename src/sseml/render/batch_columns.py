"""Whole batches of answers as columns: what records would hold, without making the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from sseml.arrays import FloatArray
from sseml.columns import COLUMNS, NESTED, ROW_COLUMNS, Column
from sseml.model.answered import AnsweredBatch, AnsweredGroup
from sseml.model.evidence import Measured
from sseml.model.nearest import NearestMaterials
from sseml.records import DOMAINS, Neighbour
from sseml.render.record import MADE_OF, OUTPUT_COLUMNS, Record, kept_columns, plain

Values = list[Any] | FloatArray
"""Of one column: texts and whole numbers, None where missing; or numbers, NaN where missing."""

_TEN_TO_THE = 10.0 ** np.arange(23)
"""The powers of ten that a float holds exactly."""

_LARGEST_EXPONENT = 300.0
_NEAR_TIE = 1e-5
_LARGEST_SCALED = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The output columns of so many rows, and what their input brought besides, if anything."""

    count: int
    values: Mapping[str, Values]
    kept: Sequence[Record] | None


class ColumnsOfBatches:
    """Draws batch after batch; what was found out about the evidence is kept between them."""

    def __init__(self) -> None:
        self._nearest: dict[str, NearestMaterials] = {}

    def columns(self, batch: AnsweredBatch) -> Columns:
        """The columns of one batch, those of `columns.COLUMNS` in their order."""
        values = {column.name: _missing(column, len(batch)) for column in COLUMNS}
        values["input"] = [plain(item.input) for item in batch.items]
        values["status"] = ["ok"] * len(batch)
        for group in batch.groups:
            for name, own in self._of_group(group).items():
                _put(values, name, group.places, own)
        for place, refusal in batch.refusals.items():
            for column in ROW_COLUMNS:
                values[column.name][place] = plain(column.value(refusal))
        return Columns(len(batch), values, _kept(batch))

    def _of_group(self, group: AnsweredGroup) -> Mapping[str, Values]:
        answer, queries = group.answer, group.queries
        at_C = [query.temperature_C for query in queries]
        space_groups = [
            kind.space_group(query.material)
            for kind, query in zip(group.kinds, queries, strict=True)
        ]
        nearest = self._nearest_of(group).first(answer.distance, at_C, space_groups)
        sigma, conductor = answer.sigma, answer.if_conductor
        numbers = {
            "temperature_C": np.array(at_C, dtype=np.float64),
            "log10_sigma": sigma.log10,
            "sigma_S_cm": _power_of_ten(sigma.log10),
            "sigma_low_S_cm": _power_of_ten(sigma.log10_low),
            "sigma_high_S_cm": _power_of_ten(sigma.log10_high),
            "p_superionic": answer.p_superionic,
            "p_conductor": answer.p_conductor,
            "sigma_if_conductor_S_cm": _power_of_ten(conductor.log10),
            "sigma_if_conductor_low_S_cm": _power_of_ten(conductor.log10_low),
            "sigma_if_conductor_high_S_cm": _power_of_ten(conductor.log10_high),
            "activation_energy_eV": answer.activation_energy_eV,
        }
        texts = {
            "kind": [kind.name for kind in group.kinds],
            "formula": [plain(query.material.formula) for query in queries],
            "family": [match.family for match in group.families],
            "domain": _domains(group),
            "model": [plain(group.bundle.name)] * len(queries),
        }
        return {
            **{name: rounded(own, _COLUMN[name]) for name, own in numbers.items()},
            **texts,
            **_windows(group),
            **_of_measured(_measured(group, at_C, space_groups), len(queries)),
            **_of_nearest(nearest),
        }

    def _nearest_of(self, group: AnsweredGroup) -> NearestMaterials:
        name = group.bundle.name
        if name not in self._nearest:
            self._nearest[name] = NearestMaterials(group.bundle.evidence)
        return self._nearest[name]


_COLUMN: Mapping[str, Column] = {column.name: column for column in COLUMNS}


def _missing(column: Column, count: int) -> Values:
    return np.full(count, np.nan) if column.holds is float else [None] * count


def _put(values: dict[str, Values], name: str, places: Sequence[int], own: Values) -> None:
    if len(places) == len(values[name]):
        values[name] = own
    elif isinstance(own, np.ndarray):
        values[name][np.array(places)] = own
    else:
        for place, value in zip(places, own, strict=True):
            values[name][place] = value


def _kept(batch: AnsweredBatch) -> list[Record] | None:
    """Columns of the input by row; None where no row has any."""
    if not any(item.columns for item in batch.items):
        return None
    taken = (*OUTPUT_COLUMNS, NESTED, MADE_OF)
    return [kept_columns(item.columns, taken) for item in batch.items]


def _power_of_ten(exponent: FloatArray) -> FloatArray:
    """As `predicted.power_of_ten`: the power of each by itself, whose last digit no other moves."""
    return np.array([10.0**each for each in np.minimum(exponent, _LARGEST_EXPONENT).tolist()])


def rounded(values: FloatArray, column: Column) -> FloatArray:
    """As `Column.value` rounds each: to significant digits, or to decimals; NaN where not finite.

    A whole number below 2**53 over an exact power of ten is the number that its decimal digits
    read to; what that does not reach, or lies near a tie, is written and read one by one.
    """
    if column.digits is None and column.decimals is None:
        return np.where(np.isfinite(values), values, np.nan)
    out = np.full(len(values), np.nan)
    usable = np.isfinite(values)
    own = values[usable]
    if column.digits is None:
        places = np.full(len(own), column.decimals)
    else:
        size = np.abs(own)
        exponent = np.floor(np.log10(np.where(size > 0.0, size, 1.0))).astype(np.int64)
        places = column.digits - 1 - exponent
    in_reach = (places >= 0) & (places < len(_TEN_TO_THE)) & (np.abs(own) < _LARGEST_SCALED)
    power = _TEN_TO_THE[np.clip(places, 0, len(_TEN_TO_THE) - 1)]
    scaled = np.where(in_reach, own, 0.0) * power
    whole = np.rint(scaled)
    sure = in_reach & (np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) > _NEAR_TIE)
    if column.digits is not None:
        # a power of ten may be on either side of its logarithm
        sure &= (np.abs(whole) >= 10.0 ** (column.digits - 1)) & (
            np.abs(whole) < 10.0**column.digits
        )
        sure |= own == 0.0
    found = whole / power
    for place in np.flatnonzero(~sure).tolist():
        found[place] = _rounded_alone(float(own[place]), column)
    out[usable] = found
    return out


def _rounded_alone(value: float, column: Column) -> float:
    if column.digits is None:
        return round(value, column.decimals or 0)
    return float(f"{value:.{column.digits}g}")


def _domains(group: AnsweredGroup) -> list[str]:
    """As `evidence.domain` and the doubts of each row say, by the worse of both."""
    answer, radii = group.answer, group.bundle.kind.distance.radii
    distance = answer.nearest_distance
    found = np.where(distance <= radii.inside, 0, np.where(distance <= radii.edge, 1, 2))
    found[~np.asarray(answer.parts_known, dtype=bool)] = 2
    doubts = answer.doubts or repeat(None)
    rows = zip(group.kinds, group.queries, found.tolist(), doubts, strict=False)
    domains = []
    for kind, query, own, doubt in rows:
        at_best = kind.doubt(query.material).at_best
        worst = max(own, DOMAINS.index(at_best))
        if doubt is not None:
            worst = max(worst, DOMAINS.index(doubt.at_best))
        domains.append(DOMAINS[worst])
    return domains


def _windows(group: AnsweredGroup) -> Mapping[str, Values]:
    if not any(group.stabilities):
        return {}
    names = ("V_red", "V_ox", "e_above_hull_eV_atom")
    windows = [each.window if each else None for each in group.stabilities]
    numbers = {
        name: np.array([getattr(window, name, None) for window in windows], dtype=np.float64)
        for name in names
    }
    notes = [plain(each.note) if each else None for each in group.stabilities]
    return {
        **{name: rounded(own, _COLUMN[name]) for name, own in numbers.items()},
        "window_note": notes,
    }


def _measured(
    group: AnsweredGroup, at_C: Sequence[float], space_groups: Sequence[int | None]
) -> dict[int, Measured]:
    """All measurements of the very material, by the place of its question in the group."""
    evidence = group.bundle.evidence
    is_near = group.answer.nearest_distance < evidence.distance.radii.same
    asked = np.flatnonzero(is_near).tolist()
    found = {
        index: evidence.measured(group.answer.distance[index], at_C[index], space_groups[index])
        for index in asked
    }
    return {index: known for index, known in found.items() if known}


def _of_measured(known: Mapping[int, Measured], count: int) -> Mapping[str, Values]:
    if not known:
        return {}
    asked = [known.get(index) for index in range(count)]
    chosen = [own.chosen if own else None for own in asked]
    return {
        "measured_sigma_S_cm": _numbers(one.sigma_S_cm if one else None for one in chosen),
        "measured_doi": [plain(one.doi) if one else None for one in chosen],
        "measured_reference": [plain(one.reference) if one else None for one in chosen],
        "measured_count": [len(own.values) if own else None for own in asked],
        "measured_papers": [own.papers if own else None for own in asked],
        "measured_low_S_cm": _numbers(own.values[0].sigma_S_cm if own else None for own in asked),
        "measured_high_S_cm": _numbers(own.values[-1].sigma_S_cm if own else None for own in asked),
    }


def _of_nearest(nearest: Sequence[Neighbour | None]) -> Mapping[str, Values]:
    return {
        "nearest_formula": [plain(near.formula) if near else None for near in nearest],
        "nearest_distance": _numbers(near.distance if near else None for near in nearest),
        "nearest_sigma_S_cm": _numbers(near.sigma_S_cm if near else None for near in nearest),
        "nearest_doi": [plain(near.doi) if near else None for near in nearest],
        "nearest_reference": [plain(near.reference) if near else None for near in nearest],
    }


def _numbers(values: Iterable[float | None]) -> FloatArray:
    return np.array([*values], dtype=np.float64)
