"""σ(T) of some rows of a list: answers from −20 to 100 °C, with what was measured there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log10
from typing import Any

from sseml.model.loading import Bundles
from sseml.model.offsets import Offsets
from sseml.prediction import predict_queries
from sseml.records import Prediction, Query, Refusal
from sseml.report.measured import evidence_on
from sseml.report.temperatures import passed_transitions, with_sides

TEMPERATURES_C: tuple[float, ...] = tuple(map(float, range(-20, 101, 5)))

_DECIMALS = 3
_LOWEST_LOG10 = -300.0


def curve_contents(
    queries: Sequence[Query], bundles: Bundles, offsets: Offsets | None = None
) -> list[dict[str, Any]]:
    """Answer each query along temperature.

    Returns
    -------
    list of dict
        In order; ``T`` in °C with log10 of σ in S/cm and its limits under ``mid``, ``low`` and
        ``high``; ``measured`` holds temperature, log10 σ, relation and DOI of each measurement of
        the very material in between; ``transitions`` the temperatures of known phase transitions.
    """
    passed = [passed_transitions(query.material, TEMPERATURES_C) for query in queries]
    grids = [with_sides(TEMPERATURES_C, own) for own in passed]
    asked = [
        replace(query, temperature_C=at)
        for query, grid in zip(queries, grids, strict=True)
        for at in grid
    ]
    answers = iter(predict_queries(asked, bundles, explain=False, offsets=offsets))
    curves = []
    for query, grid, own in zip(queries, grids, passed, strict=True):
        lines = [_line(next(answers)) for _ in grid]
        curves.append(
            {
                "T": [round(at, 2) for at in grid],
                "mid": [mid for mid, _, _ in lines],
                "low": [low for _, low, _ in lines],
                "high": [high for _, _, high in lines],
                "measured": _measured(query, bundles),
                "transitions": [each.temperature_C for each in own],
            }
        )
    return curves


def _line(answer: Prediction | Refusal) -> tuple[float, float, float]:
    """log10 σ and its limits; only what was answered at another temperature is asked for."""
    if isinstance(answer, Refusal):
        raise TypeError(f"answered before, refused now: {answer.message}")
    limits = answer.sigma_low_S_cm, answer.sigma_high_S_cm
    return _log10(answer.sigma_S_cm), _log10(limits[0]), _log10(limits[1])


def _measured(query: Query, bundles: Bundles) -> list[list[Any]]:
    first, last = TEMPERATURES_C[0], TEMPERATURES_C[-1]
    return [
        [value.temperature_C, _log10(value.sigma_S_cm), value.relation, value.doi]
        for value in evidence_on(query.material, bundles)
        if first <= value.temperature_C <= last
    ]


def _log10(sigma_S_cm: float) -> float:
    return round(log10(sigma_S_cm), _DECIMALS) if sigma_S_cm > 0.0 else _LOWEST_LOG10
