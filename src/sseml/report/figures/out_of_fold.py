"""The held-out table as its figures need it: checked columns, errors, domains and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray
from sseml.evaluate.metrics import CLIP_LOG10_SIGMA, clipped_absolute_error
from sseml.families import families
from sseml.kinds import COMPOSITION
from sseml.model.evidence import domain
from sseml.records import RefusedInputError

_NUMBERS = (
    "log10_sigma",
    "predicted_log10_sigma",
    "low_log10_sigma",
    "high_log10_sigma",
    "p_superionic",
    "nearest_distance",
)

_OF_ITS_OWN = {name: name for name in ("garnet", "perovskite", "NASICON")} | {
    "Li-P-S": "Li-P-S, sulfide glass",
    "sulfide glass": "Li-P-S, sulfide glass",
}
_OF_A_CLASS = {
    "oxide": "other oxide, LiPON",
    "oxynitride": "other oxide, LiPON",
    "sulfide": "crystalline sulfide",
    "halide": "halide",
    "antiperovskite": "halide",
}
_OTHERS = "hydride, nitride, other"

GROUPS = (
    "garnet",
    "perovskite",
    "NASICON",
    "other oxide, LiPON",
    "crystalline sulfide",
    "Li-P-S, sulfide glass",
    "halide",
    _OTHERS,
)
"""Families put together until a legend can hold them, in the order of the legend."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Held-out answers, one entry a row; logarithms are of S/cm.

    `truth` is -10 where the measurement is lower or a bound there; `groups` are of `GROUPS`.
    """

    truth: FloatArray
    predicted: FloatArray
    low: FloatArray
    high: FloatArray
    p_superionic: FloatArray
    distance: FloatArray
    families: NDArray[np.str_]
    groups: NDArray[np.str_]
    domains: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def error(self) -> FloatArray:
        """Absolute error in decades, both sides clipped at 1e-10 S/cm."""
        return clipped_absolute_error(self.truth, self.predicted)

    @property
    def covered(self) -> BoolArray:
        """Whether the measurement is inside its 90 % interval, limits included.

        Nothing counts below 1e-10 S/cm, where the truth is clipped.
        """
        high = np.maximum(self.high, CLIP_LOG10_SIGMA)
        covered: BoolArray = (self.low <= self.truth) & (self.truth <= high)
        return covered

    @property
    def clipped(self) -> BoolArray:
        """Whether the measurement is only known to be at or below 1e-10 S/cm."""
        clipped: BoolArray = self.truth <= CLIP_LOG10_SIGMA
        return clipped


def read(held_out: pd.DataFrame, also: Sequence[str] = ()) -> Answered:
    """Take apart what `sseml.evaluate.out_of_fold` returns; what cannot be drawn is refused.

    `also` are columns that have to be there besides.
    """
    missing = [name for name in (*_NUMBERS, "family", *also) if name not in held_out.columns]
    if missing:
        raise RefusedInputError(
            f"the held-out table lacks the column(s) {', '.join(missing)}",
            "draw what sseml.evaluate.out_of_fold returns",
        )
    if not len(held_out):
        raise RefusedInputError(
            "the held-out table has no rows, so there is nothing to draw",
            "hold out at least one measurement",
        )
    numbers = held_out[list(_NUMBERS)].to_numpy(dtype=float)
    if not np.isfinite(numbers).all():
        row, column = np.argwhere(~np.isfinite(numbers))[0]
        raise RefusedInputError(
            f"row {row + 1} of the held-out table has no number in {_NUMBERS[column]}",
            "leave the row out",
        )
    truth, predicted, low, high, p_superionic, distance = numbers.T
    names = held_out["family"].astype(str).to_numpy(dtype=np.str_)
    groups = np.array([_group_of(name) for name in names])
    radii = COMPOSITION.distance.radii
    domains = np.array([domain(float(away), radii, parts_known=True) for away in distance])
    return Answered(
        truth, predicted, low, high, p_superionic, distance, families=names, groups=groups,
        domains=domains,
    )  # fmt: skip


def _group_of(family: str) -> str:
    """Group of a family, by name or by its anion class; the last one for any other."""
    if family in _OF_ITS_OWN:
        return _OF_ITS_OWN[family]
    known = families().get(family)
    return _OF_A_CLASS.get(known.electrolyte_class, _OTHERS) if known else _OTHERS
