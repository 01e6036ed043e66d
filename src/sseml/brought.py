"""What a person brings to questions: measurements of their own, and given activation energies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from sseml.classes import replace
from sseml.model.answer import BundleAnswer, Model
from sseml.model.evidence import Evidence
from sseml.model.offsets import Offsets, Shift
from sseml.records import Prediction, Query

if TYPE_CHECKING:
    from sseml.model.own_rows import EvidenceWithOwn


def brought(
    queries: Sequence[Query], families: Sequence[str], offsets: Offsets | None
) -> Shift | None:
    """What moves the answers to questions about materials of these families; None if nothing."""
    given = [query.activation_energy_eV for query in queries]
    if all(energy is None for energy in given):
        return offsets.shift(families) if offsets else None
    shift = offsets.shift(families) if offsets else Shift.none(len(queries))
    return replace(shift, energy_eV=np.array(given, dtype=float))


def beside(
    answer: BundleAnswer, bundle: Model, materials: Sequence[Any], offsets: Offsets | None
) -> tuple[BundleAnswer, Evidence | EvidenceWithOwn]:
    """The answer with distances to one's own measurements too, and the evidence with them.

    What was moved to one's own measurements is as near to what is known as these are.
    """
    if offsets is None or offsets.rows is None or answer.by_own is None:
        return answer, bundle.evidence
    from sseml.model.own_rows import EvidenceWithOwn  # noqa: PLC0415 - only with own measurements

    own, of_kind = offsets.rows.evidence, bundle.kind.distance
    to_own = of_kind.between(of_kind.positions(materials), own.positions)
    moved = answer.by_own.counts > 0
    nearest = np.where(
        moved, np.minimum(answer.nearest_distance, to_own.min(axis=1)), answer.nearest_distance
    )
    distance = np.hstack([answer.distance, to_own])
    with_own = replace(answer, distance=distance, nearest_distance=nearest)
    return with_own, EvidenceWithOwn(bundle.evidence, own)


def said_of(
    prediction: Prediction,
    query: Query,
    answer: BundleAnswer,
    index: int,
    offsets: Offsets | None,
) -> Prediction:
    """The prediction with notes on what was brought, and its model named by what moved it."""
    notes = []
    model = prediction.model
    if offsets and (note := offsets.note(prediction.family)):
        notes.append(note)
        model += "+offset"
    if offsets and answer.by_own is not None and (count := int(answer.by_own.counts[index])):
        plural = "" if count == 1 else "s"
        notes.append(
            f"moved by {answer.by_own.decades[index]:+.2f} decades to {count} own "
            f"measurement{plural} of this material in {offsets.file}"
        )
        model += "+own"
    notes += _on_energy(query, answer, index)
    if not notes:
        return prediction
    return replace(prediction, model=model, notes=(*notes, *prediction.notes))


def _on_energy(query: Query, answer: BundleAnswer, index: int) -> Iterator[str]:
    given = query.activation_energy_eV
    if given is None or answer.by_energy is None or isnan(answer.by_energy[index]):
        return
    yield (
        f"moved by {answer.by_energy[index]:+.2f} decades at 25 °C by the given activation energy "
        f"of {given:.2f} eV, which the answer follows half of the way"
    )
