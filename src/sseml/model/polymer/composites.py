"""Films with fillers: the film without them, corrected by what papers report of such films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.features.polymer.films import (
    filler_share,
    film_of,
    loading_is_stated,
    without_fillers,
)
from sseml.features.polymer.recipe import UNSTATED_WEIGHT_SHARE
from sseml.forest import Forest, forest_from_sklearn
from sseml.kinds import Doubt
from sseml.model.ensemble import arrays_below, named
from sseml.model.polymer.intervals import Spread, weighted_quantiles
from sseml.model.polymer.linear import leave_one_out, ridge
from sseml.model.polymer.weighting import each_alike, weighted_median
from sseml.records import Composite
from sseml.units import ZERO_CELSIUS_K

PENALTY = 1.0
_TREES, _LEAF_SIZE = 100, 5
_TREE_POWER = 0.5
"""Rows of one paper share a weight of n^(1 - power) for the trees."""
_LONG_SHAPES = ("wire", "aligned", "network")
MELTING_C = 50.0
"""About where the crystals of poly(ethylene oxide) melt: below, fillers keep it amorphous."""
_MELTING_WIDTH_C = 5.0
_TYPICAL_T = 3.1
_TYPICAL_LOG10_SIGMA = -5.0


@dataclass(frozen=True, slots=True)
class Band:
    """How films with fillers are answered at temperatures from `low_C` on.

    With `by_model` the answer is a regression on the film without filler; else it is the median of
    what papers report, log10 of σ in S/cm, as nothing beat it on papers left out.
    """

    low_C: float
    by_model: bool
    median_log10_sigma: float
    quantiles: FloatArray
    papers: int


@dataclass(frozen=True, slots=True)
class CompositeModel:
    """A ridge regression and averaged trees, half each, and the bands they answer in."""

    linear: FloatArray
    trees: Forest
    bands: tuple[Band, ...]
    range_C: tuple[float, float]
    """The central 98 % of the temperatures that were learned from."""

    @classmethod
    def fit(
        cls,
        materials: Sequence[Composite],
        base: FloatArray,
        temperature_C: FloatArray,
        log10_sigma: FloatArray,
        paper: IntArray,
    ) -> CompositeModel:
        """Fit to films with fillers; `base` is log10 σ of each film without them, all (n,)."""
        inputs = composite_inputs(materials, base, temperature_C)
        held_out = held_out_composites(materials, base, temperature_C, log10_sigma, paper)
        constant = held_out_constant(temperature_C, log10_sigma, paper)
        bands = []
        for low_C, within in band_masks(temperature_C):
            weights = each_alike(paper[within])
            model_error = np.average(np.abs(held_out - log10_sigma)[within], weights=weights)
            constant_error = np.average(np.abs(constant - log10_sigma)[within], weights=weights)
            by_model = bool(model_error < constant_error)
            answers = held_out if by_model else constant
            bands.append(
                Band(
                    low_C=low_C,
                    by_model=by_model,
                    median_log10_sigma=weighted_median(log10_sigma[within], weights),
                    quantiles=weighted_quantiles((log10_sigma - answers)[within], weights),
                    papers=len(np.unique(paper[within])),
                )
            )
        linear = ridge(inputs, log10_sigma, each_alike(paper), PENALTY)
        return cls(
            linear, _trees(inputs, log10_sigma, paper), tuple(bands), _range_C(temperature_C)
        )

    def predict(
        self, materials: Sequence[Composite], base: FloatArray, temperature_C: FloatArray
    ) -> FloatArray:
        """log10 of σ in S/cm of films at temperatures, from that without filler; all (n,)."""
        inputs = composite_inputs(materials, base, temperature_C)
        by_model = 0.5 * (inputs @ self.linear + self.trees.predict(inputs))
        bands = self._bands(temperature_C)
        return np.where(
            [band.by_model for band in bands],
            by_model,
            [band.median_log10_sigma for band in bands],
        )

    def curves(
        self, materials: Sequence[Composite], base: FloatArray, temperature_C: FloatArray
    ) -> FloatArray:
        """log10 of σ in S/cm of n films along m rising temperatures, shape (n, m) like `base`.

        Put in order so that σ does not fall where one band ends and the next begins.
        """
        at_each = [
            self.predict(materials, column, np.full(len(materials), at))
            for column, at in zip(base.T, temperature_C, strict=True)
        ]
        return np.sort(np.column_stack(at_each), axis=1)

    def spread(self, base: Spread, temperature_C: FloatArray) -> Spread:
        """The distribution of the truth; no narrower than that of the film without filler."""
        own = np.array([band.quantiles for band in self._bands(temperature_C)])
        of_base = base.quantiles * base.width[:, None]
        wider = np.where(own < 0.0, np.minimum(own, of_base), np.maximum(own, of_base))
        return Spread(np.ones(len(own)), np.sort(wider, axis=1))

    def doubt(self, material: Composite, temperature_C: float, base: float) -> Doubt:
        """What speaks against the answer about one film, and what the film is without filler."""
        (band,) = self._bands(np.array([temperature_C]))
        notes = [
            f"the film without filler: {10.0**base:.2g} S/cm at {temperature_C:g} °C; the"
            " activation energy is that of this film"
        ]
        if not loading_is_stated(material):
            notes.append(
                f"the loading is not stated: {100.0 * UNSTATED_WEIGHT_SHARE:g} wt% is assumed;"
                " write + 10 wt% before it"
            )
        if band.by_model:
            notes.append(
                f"answered from it and the filler, as {band.papers} papers report such films"
            )
        else:
            notes.append(
                f"as reported for films of this kind: the median of {band.papers} papers, whatever"
                " the film, as no model beat it on papers left out"
            )
        low_C, high_C = self.range_C
        within = low_C <= temperature_C <= high_C
        if not within:
            notes.append(
                f"{temperature_C:g} °C is outside the {low_C:g} to {high_C:g} °C that most films"
                " with fillers were measured at"
            )
        return Doubt("edge" if band.by_model and within else "outside", tuple(notes))

    def _bands(self, temperature_C: FloatArray) -> list[Band]:
        lows = np.array([band.low_C for band in self.bands])
        place = np.searchsorted(lows, temperature_C, side="right") - 1
        return [self.bands[max(0, number)] for number in place]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "linear": self.linear,
            "range_C": np.array(self.range_C),
            **named("trees", self.trees.to_arrays()),
            "bands": np.array(
                [
                    [band.low_C, float(band.by_model), band.median_log10_sigma, band.papers]
                    for band in self.bands
                ]
            ),
            "band_quantiles": np.array([band.quantiles for band in self.bands]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> CompositeModel:
        """Rebuild from `to_arrays`."""
        bands = tuple(
            Band(float(low), bool(by_model), float(median), quantiles, int(papers))
            for (low, by_model, median, papers), quantiles in zip(
                arrays["bands"], arrays["band_quantiles"], strict=True
            )
        )
        low_C, high_C = (float(number) for number in arrays["range_C"])
        trees = Forest.from_arrays(arrays_below(arrays, "trees"))
        return cls(arrays["linear"], trees, bands, (low_C, high_C))


def composite_inputs(
    materials: Sequence[Composite], base: FloatArray, temperature_C: FloatArray
) -> FloatArray:
    """Inputs of the model, shape (n, 12).

    1, 1000 K / T − 3.1, how far below the melting of the polymer, log10 σ without filler, the mass
    share of filler and five times its square, the third times the fourth; and whether the loading
    is stated, the filler is drawn out or joined up, it holds lithium, the film is a gel, is dry.
    """
    at = np.asarray(temperature_C, dtype=float)
    cold = 1.0 / (1.0 + np.exp((at - MELTING_C) / _MELTING_WIDTH_C))
    share = np.array([filler_share(material) for material in materials])
    traits = [_traits(material) for material in materials]
    return np.column_stack(
        [
            np.ones(len(at)),
            1000.0 / (at + ZERO_CELSIUS_K) - _TYPICAL_T,
            cold,
            base,
            share,
            5.0 * share**2,
            cold * (base - _TYPICAL_LOG10_SIGMA),
            np.array(traits, dtype=float).reshape(len(materials), -1),
        ]
    )


def _traits(material: Composite) -> tuple[bool, ...]:
    film = film_of(without_fillers(material))
    return (
        loading_is_stated(material),
        any(filler.shape in _LONG_SHAPES for filler in material.fillers),
        any("Li" in each.composition.amounts for each in material.fillers if each.composition),
        film == "gel",
        film == "dry",
    )


def band_masks(temperature_C: FloatArray) -> list[tuple[float, BoolArray]]:
    """Lowest temperature of each band, and which rows lie in it."""
    warm = np.asarray(temperature_C, dtype=float) >= MELTING_C
    return [(-np.inf, ~warm), (MELTING_C, warm)]


def held_out_constant(
    temperature_C: FloatArray, log10_sigma: FloatArray, paper: IntArray
) -> FloatArray:
    """Median of the other papers in the band of each row, each paper counting once; (n,)."""
    constant = np.empty(len(log10_sigma))
    for _, within in band_masks(temperature_C):
        for number in np.unique(paper[within]):
            others = within & (paper != number)
            own = within & (paper == number)
            constant[own] = weighted_median(log10_sigma[others], each_alike(paper[others]))
    return constant


def held_out_composites(
    materials: Sequence[Composite],
    base: FloatArray,
    temperature_C: FloatArray,
    log10_sigma: FloatArray,
    paper: IntArray,
) -> FloatArray:
    """Answers about the films of each paper by a fit to all other papers, shape (n,)."""
    inputs = composite_inputs(materials, base, temperature_C)
    linear = leave_one_out(inputs, log10_sigma, paper, PENALTY)
    by_trees = np.empty(len(log10_sigma))
    for number in np.unique(paper):
        asked = paper == number
        trees = _trees(inputs[~asked], log10_sigma[~asked], paper[~asked])
        by_trees[asked] = trees.predict(inputs[asked])
    held_out: FloatArray = 0.5 * (linear + by_trees)
    return held_out


def _range_C(temperature_C: FloatArray) -> tuple[float, float]:  # noqa: N802 - its unit
    low, high = np.quantile(temperature_C, [0.01, 0.99])
    return float(np.floor(low)), float(np.ceil(high))


def _trees(inputs: FloatArray, log10_sigma: FloatArray, paper: IntArray) -> Forest:
    from sklearn.ensemble import ExtraTreesRegressor  # noqa: PLC0415 - only to fit

    trees = ExtraTreesRegressor(_TREES, min_samples_leaf=_LEAF_SIZE, random_state=0)
    weights = each_alike(paper, _TREE_POWER)
    return forest_from_sklearn(trees.fit(inputs, log10_sigma, sample_weight=weights))
