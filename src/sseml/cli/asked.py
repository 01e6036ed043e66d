"""A prediction that carries its question through whatever orders the answers."""

from __future__ import annotations

from sseml.classes import dataclass, fields
from sseml.records import Prediction, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrediction(Prediction):
    """A prediction and what it answers."""

    query: Query


def with_question(prediction: Prediction, query: Query) -> AskedPrediction:
    """The same prediction with its question."""
    own = {each.name: getattr(prediction, each.name) for each in fields(prediction)}
    return AskedPrediction(**own, query=query)
