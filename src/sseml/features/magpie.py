"""Magpie statistics of element properties, for many formulas at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.features.contract import Feature
from sseml.physics.elements import magpie_table, packaged_rows
from sseml.physics.slots import CHUNK, chunks, flatten
from sseml.records import Composition

STATISTICS = ("minimum", "maximum", "range", "mean", "avg_dev", "mode")
SOURCE = "doi 10.1038/npjcompumats.2016.28"

MODE_RTOL, MODE_ATOL = 1e-5, 1e-8
"""Elements count as equally frequent within these: numpy.isclose's defaults, used by matminer."""


def _statistics(number: IntArray, fraction: FloatArray, table: FloatArray) -> FloatArray:
    """Statistics of n formulas of k elements each: shape (n, 22 × 6)."""
    n, k = number.shape
    values = [table[number[:, j]] for j in range(k)]
    low, high, mean = values[0].copy(), values[0].copy(), values[0] * fraction[:, :1]
    for j in range(1, k):
        np.minimum(low, values[j], out=low)
        np.maximum(high, values[j], out=high)
        mean += values[j] * fraction[:, j : j + 1]
    deviation = np.abs(values[0] - mean) * fraction[:, :1]
    for j in range(1, k):
        deviation += np.abs(values[j] - mean) * fraction[:, j : j + 1]
    most = fraction.max(axis=1, keepdims=True)
    frequent = np.abs(fraction - most) <= MODE_ATOL + MODE_RTOL * most
    mode = table[number[np.arange(n), fraction.argmax(axis=1)]]
    tied = np.flatnonzero(frequent.sum(axis=1) > 1)
    if tied.size:
        candidates = np.where(frequent[tied, :, None], table[number[tied]], np.inf)
        mode[tied] = candidates.min(axis=1)
    return np.stack((low, high, high - low, mean, deviation, mode), axis=2).reshape(n, -1)


def magpie_statistics(materials: Sequence[Composition]) -> FloatArray:
    """Magpie features of many formulas, equal to matminer's ``ElementProperty`` preset.

    Six statistics (minimum, maximum, range, mean, mean absolute deviation, and the property of the
    most frequent element, the smallest where several tie) of 22 properties: shape (n, 132).
    """
    table = magpie_table()
    out = np.empty((len(materials), table.shape[1] * len(STATISTICS)))
    for number, piece in enumerate(chunks(materials)):
        z, amount, lengths = flatten(piece)
        first = np.cumsum(lengths) - lengths
        for k in np.unique(lengths):
            rows = np.flatnonzero(lengths == k)
            take = first[rows, None] + np.arange(k)
            fraction = amount[take]
            fraction /= fraction.sum(axis=1, keepdims=True)
            out[number * CHUNK + rows] = _statistics(z[take], fraction, table)
    return out


class Magpie:
    """The featurizer of the set ``magpie``."""

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The 132 features, named as matminer names them."""
        return tuple(
            Feature(f"MagpieData {statistic} {name}", unit, f"{statistic} of the {text}", SOURCE)
            for name, unit, text in packaged_rows("features/magpie_properties.csv")
            for statistic in STATISTICS
        )

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Statistics of shape (n_materials, 132)."""
        return magpie_statistics(materials)
