"""Notes on an answer: where it is beyond the model, and what other structures were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sseml.model.answer import Model
from sseml.parse.space_groups import SYSTEMS, crystal_system
from sseml.records import MeasuredValue, Query


def notes_on_reach(
    query: Query, bundle: Model, measured: MeasuredValue | None, *, parts_known: bool
) -> Iterator[str]:
    """Notes where a question is beyond the model or its measurements."""
    low_C, high_C = bundle.manifest["temperature_range_C"]
    if not low_C <= query.temperature_C <= high_C:
        yield (
            f"{query.temperature_C:g} °C is outside the {low_C:g} to {high_C:g} °C that most "
            "measurements cover: extrapolated"
        )
    if not parts_known:
        yield "holds an element that no measured material holds"
    if measured is not None and measured.is_bound:
        yield "the measured value is a bound, not a number"
    if query.conductivity_kind == "bulk":
        yield "predicts what papers report, mostly total conductivity; bulk can be higher"


def notes_on_polymorphs(measured: Sequence[tuple[int, MeasuredValue]]) -> Iterator[str]:
    """Every structure that the composition was measured in, by space group number."""
    for number, value in measured:
        system, *_ = SYSTEMS[crystal_system(number)]
        bound = value.relation if value.is_bound else ""
        yield (
            f"measured as {system} (space group {number}): {bound}{value.sigma_S_cm:.2g} S/cm at "
            f"{value.temperature_C:g} °C, {value.doi or value.reference or 'no DOI'}"
        )
