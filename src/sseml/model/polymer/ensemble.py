"""The fitted model of dry electrolytes: a Gaussian process and two kinds of trees, averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.forest import Forest
from sseml.model.ensemble import arrays_below, named
from sseml.model.polymer.process import REACH, CurveProcess, Inputs, inverse_temperature

SHARES = (0.4, 0.35, 0.25)
"""Of the process, of boosted trees, of averaged trees."""

GRID_C = np.arange(-60.0, 161.0, 10.0)
"""Temperatures at which a curve is calculated; between them log10 σ is a line in 1/T."""

_WLF_K = 51.6
"""Of the equation of Williams, Landel and Ferry, doi 10.1021/ja01619a008."""
_LOWEST_ABOVE_TG_K = -20.0

_AMOUNTS = (
    ("log10_lithium", 1.0),
    ("salt_weight_share", 3.0),
    ("log10_molar_mass", 0.5),
    ("single_ion", 2.0),
)
"""Amounts that the process compares, and the scale of each."""
_TYPICAL_LOG10_MOLAR_MASS = 4.5
"""Stands for a molar mass that is not stated; another input says that it is not."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Fills missing values, centres, scales and clips; each shape (n_features,)."""

    fill: FloatArray
    centre: FloatArray
    spread: FloatArray

    @classmethod
    def fit(cls, distinct: FloatArray) -> Scale:
        """Learn from the distinct rows of some columns; missing counts as the median."""
        has_value = ~np.isnan(distinct).all(axis=0)
        fill = np.zeros(distinct.shape[1])
        fill[has_value] = np.nanmedian(distinct[:, has_value], axis=0)
        filled = np.where(np.isnan(distinct), fill, distinct)
        spread = filled.std(axis=0)
        return cls(fill, filled.mean(axis=0), np.where(spread > 1e-9, spread, np.inf))

    def standardise(self, X: FloatArray) -> FloatArray:
        """Scaled rows, divided by the square root of their number of columns."""
        filled = np.where(np.isnan(X), self.fill, X)
        scaled = np.clip((filled - self.centre) / self.spread, -REACH, REACH)
        rows: FloatArray = scaled / np.sqrt(X.shape[1])
        return rows


@dataclass(frozen=True, slots=True)
class Looks:
    """How the parts of an ensemble look at features: scales of the blocks, medians for the trees.

    `names` are those of the features, `blocks` the columns of each set.
    """

    names: tuple[str, ...]
    blocks: Mapping[str, slice]
    polymer: Scale
    salt: Scale
    median: FloatArray

    @classmethod
    def fit(cls, names: tuple[str, ...], blocks: Mapping[str, slice], X: FloatArray) -> Looks:
        """Learn from training features, shape (n, n_features), each polymer and salt once."""
        median = np.zeros(X.shape[1])
        has_value = ~np.isnan(X).all(axis=0)
        median[has_value] = np.nanmedian(X[:, has_value], axis=0)
        return cls(
            names=names,
            blocks=blocks,
            polymer=Scale.fit(np.unique(X[:, blocks["polymer"]].round(6), axis=0)),
            salt=Scale.fit(np.unique(X[:, blocks["salt"]].round(6), axis=0)),
            median=median,
        )

    def column(self, X: FloatArray, name: str) -> FloatArray:
        """A feature by its name, shape (n,)."""
        values: FloatArray = X[:, self.names.index(name)]
        return values

    def inputs(self, X: FloatArray) -> Inputs:
        """What the process sees of rows of features."""
        columns = []
        for name, scale in _AMOUNTS:
            values = self.column(X, name)
            if name == "log10_molar_mass":
                columns.append(np.isnan(values).astype(float))
                values = np.where(np.isnan(values), _TYPICAL_LOG10_MOLAR_MASS, values)
            columns.append(values * scale)
        unknown_mass = columns.pop(2)
        return Inputs.of(
            polymers=self.polymer.standardise(X[:, self.blocks["polymer"]]),
            salts=self.salt.standardise(X[:, self.blocks["salt"]]),
            amounts=np.column_stack([*columns, unknown_mass]),
        )

    def for_boosted(self, X: FloatArray, temperature_C: FloatArray) -> FloatArray:
        """What boosted trees see: features without NaN, then 1000 K / T − 3 as the last column."""
        filled = np.where(np.isnan(X), self.median, X).round(7)
        return np.column_stack([filled, inverse_temperature(temperature_C)])

    def for_averaged(self, X: FloatArray, temperature_C: FloatArray) -> FloatArray:
        """The same, T − Tg in K, and the free-volume fraction (T − Tg) / (51.6 K + T − Tg)."""
        seen = self.for_boosted(X, temperature_C)
        above = temperature_C - self.column(seen, "Tg_C")
        held = np.maximum(above, _LOWEST_ABOVE_TG_K)
        return np.column_stack([seen, above, held / (_WLF_K + held)])


@dataclass(frozen=True, slots=True)
class Curves:
    """log10 of σ in S/cm of n recipes along `GRID_C`: the parts of the answer, each (n, n_grid)."""

    process: FloatArray
    boosted: FloatArray
    averaged: FloatArray

    @property
    def mean(self) -> FloatArray:
        """The answer: the average by `SHARES`, put in order so that σ never falls on heating.

        Sorting a curve that has to rise never takes it farther from the truth: doi
        10.1093/biomet/asp030.
        """
        process, boosted, averaged = SHARES
        mixed = process * self.process + boosted * self.boosted + averaged * self.averaged
        mean: FloatArray = np.sort(mixed, axis=1)
        return mean

    def take(self, rows: IntArray) -> Curves:
        """The curves of some recipes, or of one again and again."""
        return Curves(self.process[rows], self.boosted[rows], self.averaged[rows])


def along(curves: FloatArray, temperature_C: FloatArray) -> FloatArray:
    """Read curves (n, n_grid) at a temperature each, shape (n,): lines in 1/T between the grid.

    Beyond the grid the first or the last line goes on.
    """
    upper = np.clip(np.searchsorted(GRID_C, temperature_C, side="right"), 1, len(GRID_C) - 1)
    row = np.arange(len(curves))
    t_low, t_high = inverse_temperature(GRID_C[upper - 1]), inverse_temperature(GRID_C[upper])
    share = (inverse_temperature(temperature_C) - t_low) / (t_high - t_low)
    value: FloatArray = (1.0 - share) * curves[row, upper - 1] + share * curves[row, upper]
    return value


@dataclass(frozen=True, slots=True)
class CurveEnsemble:
    """The process and the trees, fitted."""

    looks: Looks
    process: CurveProcess
    boosted: Forest
    averaged: Forest

    def curves(self, X: FloatArray) -> Curves:
        """Curves of n recipes from their features, shape (n, n_features)."""
        shape = len(X), len(GRID_C)
        each, at = np.repeat(X, len(GRID_C), axis=0), np.tile(GRID_C, len(X))
        grid = np.broadcast_to(inverse_temperature(GRID_C), shape)
        return Curves(
            process=self.process.lines(self.looks.inputs(X)).at(grid),
            boosted=self.boosted.predict(self.looks.for_boosted(each, at)).reshape(shape),
            averaged=self.averaged.predict(self.looks.for_averaged(each, at)).reshape(shape),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        looks = {
            f"{block}.{part}": getattr(getattr(self.looks, block), part)
            for block in ("polymer", "salt")
            for part in ("fill", "centre", "spread")
        }
        return {
            **named("looks", looks),
            "looks.median": self.looks.median,
            **named("process", self.process.to_arrays()),
            **named("boosted", self.boosted.to_arrays()),
            **named("averaged", self.averaged.to_arrays()),
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        names: Sequence[str],
        blocks: Mapping[str, slice],
    ) -> CurveEnsemble:
        """Rebuild from `to_arrays`, for features of these names in these blocks."""
        looks = arrays_below(arrays, "looks")

        def scale(block: str) -> Scale:
            own = arrays_below(looks, block)
            return Scale(own["fill"], own["centre"], own["spread"])

        return cls(
            looks=Looks(tuple(names), blocks, scale("polymer"), scale("salt"), looks["median"]),
            process=CurveProcess.from_arrays(arrays_below(arrays, "process")),
            boosted=Forest.from_arrays(arrays_below(arrays, "boosted")),
            averaged=Forest.from_arrays(arrays_below(arrays, "averaged")),
        )
