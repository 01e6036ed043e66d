"""Benchmarks of gels and composites: one system or paper left out, the constant beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.metrics import Figures, group_mean
from sseml.features.polymer.films import Film
from sseml.kinds import Kind
from sseml.model.polymer.composites import (
    MELTING_C,
    band_masks,
    held_out_composites,
    held_out_constant,
)
from sseml.model.polymer.curves import CurveSet
from sseml.model.polymer.film_rows import FEWEST_GROUPS, FilmRows
from sseml.model.polymer.films import Films
from sseml.model.polymer.fit import CURVES, CurveSettings, fit_curves
from sseml.model.polymer.gels import held_out_gels
from sseml.model.polymer.intervals import CurveIntervals
from sseml.model.split import paper_groups, paper_names
from sseml.records import RefusedInputError

_BAND_NAMES = (f"below {MELTING_C:g} °C", f"from {MELTING_C:g} °C")


def gel_figures(rows: FilmRows) -> Figures:
    """Figures of gels: each system of polymer and liquid answered by a fit to all others.

    The constant is the median of the medians of the other systems.

    Raises
    ------
    RefusedInputError
        If there are too few systems.
    """
    _require(rows, "gels", "systems of polymer and liquid")
    truth, system = rows.log10_sigma, rows.group
    error = np.abs(held_out_gels(rows.materials, rows.temperature_C, truth, system) - truth)
    constant = np.abs(_median_of_others(truth, system) - truth)
    return {
        "gels rows": float(len(rows)),
        "gels systems": float(len(np.unique(system))),
        "gels MAE per system": group_mean(error, system),
        "gels MAE per system constant": group_mean(constant, system),
        "gels MAE by row": float(error.mean()),
        "gels MAE by row constant": float(constant.mean()),
    }


def composite_figures(rows: FilmRows, base: FloatArray) -> Figures:
    """Figures of composites: each paper answered by a fit to all others, and by the constant.

    `base` is log10 σ of each film without its fillers, shape (n,). The constant is the median of
    the other papers in the same band of temperature.

    Raises
    ------
    RefusedInputError
        If there are too few papers.
    """
    _require(rows, "composites", "papers")
    truth, paper, at = rows.log10_sigma, rows.group, rows.temperature_C
    error = np.abs(held_out_composites(rows.materials, base, at, truth, paper) - truth)
    constant = np.abs(held_out_constant(at, truth, paper) - truth)
    bare = np.abs(base - truth)
    formulations = {
        (material.formula, number) for material, number in zip(rows.materials, paper, strict=True)
    }
    figures: Figures = {"composites formulations": float(len(formulations))}
    bands: list[tuple[str, BoolArray]] = [("", np.ones(len(rows), dtype=bool))]
    bands += [
        (f" {name}", within)
        for name, (_, within) in zip(_BAND_NAMES, band_masks(at), strict=True)
        if within.any()
    ]
    for name, within in bands:
        own = paper[within]
        figures |= {
            f"composites rows{name}": float(within.sum()),
            f"composites papers{name}": float(len(np.unique(own))),
            f"composites MAE per paper{name}": group_mean(error[within], own),
            f"composites MAE per paper constant{name}": group_mean(constant[within], own),
            f"composites MAE per paper without filler{name}": group_mean(bare[within], own),
            f"composites MAE by row{name}": float(error[within].mean()),
            f"composites MAE by row constant{name}": float(constant[within].mean()),
        }
    return figures


def bare_films(
    table: pd.DataFrame,
    data: CurveSet,
    kind: Kind,
    rows: Mapping[Film, FilmRows],
    *,
    intervals: CurveIntervals,
    settings: CurveSettings = CURVES,
) -> Films:
    """The models of films without filler, fitted without the papers that report composites.

    `data` are the dry electrolytes of `table`. A paper without a DOI cannot be told from others:
    its filler-free films may have been learned from.

    Raises
    ------
    RefusedInputError
        If gels or films of the PVDF class, which some fillers are in, are known too little.
    """
    papers = paper_groups(list(paper_names(table)), list(table["source_id"]))
    train = data.take(~np.isin(papers[data.rows], rows["composite"].group))
    first = np.unique(train.formulation, return_index=True)[1]
    return Films(
        kind=kind,
        ensemble=fit_curves(train, settings),
        intervals=intervals,
        known=train.positions[first],
        gels=rows["gel"].gels(),
        reported=rows["residual solvent"].reported(),
        composites=None,
    )


def _median_of_others(values: FloatArray, group: IntArray) -> FloatArray:
    """For each row the median of the medians of all other groups, shape (n,)."""
    numbers, place = np.unique(group, return_inverse=True)
    medians = np.array([np.median(values[group == number]) for number in numbers])
    others = [np.median(np.delete(medians, own)) for own in range(len(numbers))]
    return np.array(others)[place]


def _require(rows: FilmRows, what: str, groups: str) -> None:
    count = len(np.unique(rows.group))
    if count < FEWEST_GROUPS:
        raise RefusedInputError(
            f"{what} are known from {count} {groups}, and it takes {FEWEST_GROUPS}",
            "add measurements, such as those the released bundle carries",
        )
