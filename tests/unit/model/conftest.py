"""Sets of measurements made by a known law, to see what is learned from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sseml.kinds import COMPOSITION
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet

ROOM_K = 298.15


def made_set(
    X: np.ndarray, log10_sigma: np.ndarray, place: np.ndarray | None = None, **other: Any
) -> TrainingSet:
    """Measurements at 25 °C, each of its own paper, unless `other` fields say otherwise.

    The materials are mixtures of two ends: `place` is the share of the first.
    """
    count = len(X)
    place = np.zeros(count) if place is None else place
    temperature_K = np.asarray(other.get("temperature_K", np.full(count, ROOM_K)))
    fields: dict[str, Any] = {
        "X": X,
        "positions": np.column_stack([place, 1.0 - place]),
        "log10_sigma": log10_sigma,
        "temperature_K": temperature_K,
        "is_bound": np.zeros(count, dtype=bool),
        "activation_energy_eV": np.full(count, np.nan),
        "target": np.where(temperature_K == ROOM_K, np.maximum(log10_sigma, -10.0), np.nan),
        "trust": np.where(temperature_K == ROOM_K, 1.0, 0.0),
        "weights": np.ones(count),
        "dois": np.array([f"10.1000/{number}" for number in range(count)], dtype=object),
        "papers": np.arange(count),
        "clusters": np.arange(count),
        "families": np.full(count, "line", dtype=object),
        "distance": np.abs(place[:, None] - place[None, :]),
        "systems": np.full(count, UNKNOWN),
        "rows": np.arange(count),
        "kind": COMPOSITION,
    }
    return TrainingSet(**fields | other)


@pytest.fixture(scope="session")
def a_set() -> Callable[..., TrainingSet]:
    """See `made_set`."""
    return made_set
