"""Glass transitions of homopolymers predicted from their repeat units, by trees as plain arrays.

Fitted by `tools/fit_glass_transition.py` to measured values, which are not part of the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.polymer.columns import unit_columns
from sseml.files import packaged
from sseml.forest import Forest

FOLDER = "features/polymer"
TREES, UNSEEN = "glass_transition.npz", "glass_transition_unseen.csv"


@cache
def _forest() -> Forest:
    with np.load(packaged(f"{FOLDER}/{TREES}"), allow_pickle=False) as arrays:
        return Forest.from_arrays(arrays)


def glass_transitions_celsius(descriptors: FloatArray) -> FloatArray:
    """Glass transition in °C of descriptors of shape (n, len(unit_columns())): shape (n,)."""
    if descriptors.shape[1] != len(unit_columns()):
        raise ValueError(f"{descriptors.shape[1]} descriptors, not {len(unit_columns())}")
    return _forest().predict(descriptors)


@cache
def unseen_glass_transitions_celsius() -> Mapping[str, float]:
    """Glass transitions in °C by key, of models that were not fitted to that polymer itself.

    With these it is measured what a predicted glass transition is worth for a new polymer.
    """
    lines = packaged(f"{FOLDER}/{UNSEEN}").read_text(encoding="utf-8").splitlines()
    rows = (line.split(",") for line in lines[1:])
    return {key: float(Tg_C) for key, Tg_C in rows}
