"""Curated measurements of dry polymer electrolytes become a training set of σ(T) curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.curation.rows import SERIES_END
from sseml.features.polymer.films import film_of
from sseml.kinds import Kind
from sseml.model.polymer.blocks import SETS, blocks_of
from sseml.model.polymer.weighting import each_alike
from sseml.parse.recipe import UNNAMED_SALT
from sseml.records import RefusedInputError

LEARNED_SETS = ("polymer", "salt", "composition", "glass_unseen")
"""`SETS` for learning: the glass transition is predicted by a model that never saw the polymer,
as it is of a polymer that nobody has measured."""

_BLOCKS_TOGETHER = 4

KNOTS_PER_CURVE = 4
"""A curve is nearly a line: more of its points teach nothing, and crowd out other curves."""

TEMPERATURE_RANGE_C = (-60.0, 160.0)
"""Measurements beyond are not learned from: salt and polymer decompose, or the unit is wrong."""

_POLYMER_POWER = 0.5
"""Rows of one polymer share a weight of n^(1 - power)."""
_NOISE_POWER = 0.25


@dataclass(frozen=True, slots=True)
class CurveSet:
    """Measurements of dry polymer electrolytes; every array has one entry a row.

    `X` (n, n_features) are features of the recipe without temperature, missing as NaN; `blocks`
    says which columns are of each set. `curve`, `polymer`, `formulation` and `paper` number what
    was measured together, the polymers, the recipes, and the papers. `knots` marks up to
    `KNOTS_PER_CURVE` rows of each curve. `rows` are positions in the table.
    """

    X: FloatArray
    positions: FloatArray
    temperature_C: FloatArray
    log10_sigma: FloatArray
    curve: IntArray
    polymer: IntArray
    formulation: IntArray
    paper: IntArray
    knots: BoolArray
    rows: IntArray
    names: tuple[str, ...]
    blocks: Mapping[str, slice]

    def __len__(self) -> int:
        return len(self.log10_sigma)

    def take(self, index: IntArray | BoolArray) -> CurveSet:
        """The rows selected by a mask or an index array, as a new set."""
        one_per_row = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name not in ("names", "blocks")
        }
        return CurveSet(**one_per_row, names=self.names, blocks=self.blocks)

    def column(self, name: str) -> FloatArray:
        """A feature by its name, shape (n,)."""
        values: FloatArray = self.X[:, self.names.index(name)]
        return values

    def weights(self, power: float = _POLYMER_POWER) -> FloatArray:
        """Weights of rows, with mean 1: a polymer of n rows has n^(1 - power)."""
        return each_alike(self.polymer, power)

    def noise_weights(self) -> FloatArray:
        """Weights that divide the variance of the noise."""
        return each_alike(self.polymer, _NOISE_POWER)


def is_learnable(material: Any) -> bool:
    """Whether a recipe is a dry electrolyte whose salts are named."""
    named = all(salt.name != UNNAMED_SALT for salt in material.salts)
    return named and film_of(material) == "dry"


def curve_set(table: pd.DataFrame, kind: Kind, *, keep: Sequence[bool] | None = None) -> CurveSet:
    """Rows of dry electrolytes, of the materials that `keep` marks (None for all).

    `table` has the columns ``formula``, ``sigma_S_cm``, ``relation``, ``temperature_C``,
    ``series`` (what was measured together), ``polymer`` (what is one polymer) and ``doi``.

    Raises
    ------
    RefusedInputError
        If no row can be learned from.
    """
    materials = kind.read_all(table["formula"])
    dry = np.array([is_learnable(material) for material in materials], dtype=bool)
    usable = dry & (table["relation"].to_numpy(dtype=object) == "=")
    if keep is not None:
        usable &= np.asarray(keep, dtype=bool)
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise RefusedInputError(
            "the table holds no measurement of a dry polymer electrolyte",
            "a row needs a recipe such as PEO + LiTFSI, EO:Li=18",
        )
    picked = table.iloc[rows]
    chosen = [materials[row] for row in rows]
    number_of: dict[str, int] = {}
    formulation = np.array([number_of.setdefault(text, len(number_of)) for text in picked.formula])
    first = np.unique(formulation, return_index=True)[1]
    distinct = [chosen[row] for row in first]
    temperature = picked["temperature_C"].to_numpy(dtype=float)
    curve = pd.factorize(picked["series"])[0].astype(np.int64)
    return CurveSet(
        X=kind.features(distinct, LEARNED_SETS).values[formulation],
        positions=kind.distance.positions(distinct)[formulation],
        temperature_C=temperature,
        log10_sigma=np.log10(picked["sigma_S_cm"].to_numpy(dtype=float)),
        curve=curve,
        polymer=pd.factorize(picked["polymer"])[0].astype(np.int64),
        formulation=formulation,
        paper=_papers(picked),
        knots=_knots(curve, temperature),
        rows=rows,
        names=tuple(feature.name for feature in kind.feature_list(SETS)),
        blocks=blocks_of(kind),
    )


def _papers(picked: pd.DataFrame) -> IntArray:
    """Number the papers: by DOI where it is known, else by neighbours in the source.

    The rows of a paper stand together in ChemArr, which names none: where no DOI is known,
    `_BLOCKS_TOGETHER` blocks of rows of one polymer that follow one another are one group.
    """
    names = [
        "|".join(doi) if len(doi) else _neighbourhood(source, source_id)
        for doi, source, source_id in zip(
            picked["doi"], picked["source"], picked["source_id"], strict=True
        )
    ]
    return pd.factorize(np.array(names, dtype=object))[0].astype(np.int64)


def _neighbourhood(source: str, source_id: str) -> str:
    block = source_id.partition(SERIES_END)[0]
    number = block.lstrip("B")
    return f"{source} {int(number) // _BLOCKS_TOGETHER if number.isdigit() else block}"


def learnable(data: CurveSet) -> BoolArray:
    """Rows at temperatures that are learned from."""
    low, high = TEMPERATURE_RANGE_C
    within: BoolArray = (data.temperature_C >= low) & (data.temperature_C <= high)
    return within


def _knots(curve: IntArray, temperature_C: FloatArray) -> BoolArray:
    """Up to `KNOTS_PER_CURVE` rows of each curve, evenly spread over its temperatures."""
    knots = np.zeros(len(curve), dtype=bool)
    low, high = TEMPERATURE_RANGE_C
    within = np.flatnonzero((temperature_C >= low) & (temperature_C <= high))
    order = within[np.lexsort((temperature_C[within], curve[within]))]
    starts = np.flatnonzero(np.diff(curve[order], prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        count = min(KNOTS_PER_CURVE, end - start)
        picked = np.round(np.linspace(start, end - 1, count)).astype(int)
        knots[order[picked]] = True
    return knots
