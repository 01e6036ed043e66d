"""What each part of the model is worth, on rows outside the official test split only.

Prints, for each variant, the error grouped by DOI and with composition clusters held out, by the
splits and purges of `sseml evaluate`, on five folds. Takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sseml.evaluate import measurements_at
from sseml.evaluate.metrics import auc, clipped_absolute_error, group_mean
from sseml.model.calibration import SUPERIONIC_LOG10_SIGMA
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set
from sseml.model.ensemble import Ensemble
from sseml.model.fitting import BY_CLUSTER, BY_PAPER, fit
from sseml.model.regressors import CONDUCTIVITY, EnsembleSettings

FOLDS = 5
Answer = Callable[[Ensemble, TrainingSet, np.ndarray, np.ndarray], np.ndarray]


def ensemble(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """The whole model."""
    return model.predict(data.X[asked], data.distance[asked][:, trained]).mean


def linear(model: Ensemble, data: TrainingSet, _: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The ridge mean alone."""
    filled = model.standardiser.fill(data.X[asked])
    return model.mix.linear[0] + model.standardiser.standardise(filled) @ model.mix.linear[1:]


def boosted(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Ridge mean and boosted trees."""
    filled = model.standardiser.fill(data.X[asked])
    return linear(model, data, trained, asked) + model.mix.boosted.predict(filled)


def averaged(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Ridge mean and extremely randomised trees."""
    filled = model.standardiser.fill(data.X[asked])
    return linear(model, data, trained, asked) + model.mix.averaged.predict(filled)


def kernel(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """The Gaussian process alone."""
    view = model.view(data.X[asked], data.distance[asked][:, trained])
    return model.mix.expectation.predict(view.cross)


PARTS: dict[str, Answer] = {
    "ensemble": ensemble,
    "ridge": linear,
    "ridge + boosted": boosted,
    "ridge + extra-trees": averaged,
    "gaussian process": kernel,
}
SETS = {
    "chemistry": ("chemistry",),
    "prototype": ("prototype",),
    "fractions": ("fractions",),
    "magpie": ("magpie",),
    "parents": ("parents",),
    "chemistry + prototype": ("chemistry", "prototype"),
    "chemistry + fractions": ("chemistry", "fractions"),
    "chemistry + prototype + fractions": ("chemistry", "prototype", "fractions"),
    "released + magpie": ("chemistry", "prototype", "fractions", "parents", "magpie"),
}
RECIPES = {
    "outside data at weight 1": Recipe(outside_weight=1.0),
    "outside data at weight 0.3": Recipe(outside_weight=0.3),
    "near-duplicates not weighted": Recipe(duplicate_power=0.0),
    "near-duplicates share one weight": Recipe(duplicate_power=1.0),
}
SETTINGS = {
    "no ridge mean": replace(CONDUCTIVITY, ridge_penalty=1e9),
    "another folding (seed 1)": replace(CONDUCTIVITY, seed=1),
    "another folding (seed 2)": replace(CONDUCTIVITY, seed=2),
    "no composition kernel": replace(
        CONDUCTIVITY, kernel=replace(CONDUCTIVITY.kernel, distance_variance=1e-6)
    ),
    "share of the kernel 0.5": replace(CONDUCTIVITY, kernel_share=0.5),
    "share of the kernel 0.8": replace(CONDUCTIVITY, kernel_share=0.8),
}


def measure(
    table: pd.DataFrame, recipe: Recipe, settings: EnsembleSettings, parts: dict[str, Answer]
) -> dict[str, dict[str, float]]:
    """Cross-validate one way of making the model; figures of each part of it."""
    data = conductivity_set(table, recipe)
    figures: dict[str, dict[str, float]] = {name: {} for name in parts}
    for holdout_scheme in (BY_PAPER, BY_CLUSTER):
        answers = {name: np.empty(len(data)) for name in parts}
        for trained, held_out in holdout_scheme.folds(data, FOLDS, settings.seed):
            model = fit(data.take(trained), settings)
            for name, answer in parts.items():
                answers[name][held_out] = answer(model, data, trained, held_out)
        for name, predicted in answers.items():
            error = clipped_absolute_error(data.target, predicted)
            if holdout_scheme is BY_PAPER:
                figures[name]["papers MAE10c"] = float(error.mean())
            else:
                figures[name]["clusters MAE10c"] = group_mean(error, data.clusters)
                figures[name]["clusters AUC"] = auc(
                    data.target >= SUPERIONIC_LOG10_SIGMA, predicted, data.clusters
                )
    return figures


def main() -> int:
    """Measure every variant and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", type=Path, help="curated table (default: the evidence)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    table = measurements_at(arguments.input)
    table = table[table["official_split"].fillna("") != "test"].reset_index(drop=True)

    figures = {}
    released = measure(table, Recipe(), CONDUCTIVITY, PARTS)
    figures |= {f"released: {name}": own for name, own in released.items()}
    variants = (
        [
            (f"features: {name}", Recipe(feature_sets=sets), CONDUCTIVITY)
            for name, sets in SETS.items()
        ]
        + [(name, recipe, CONDUCTIVITY) for name, recipe in RECIPES.items()]
        + [(name, Recipe(), settings) for name, settings in SETTINGS.items()]
    )
    for name, recipe, settings in variants:
        sys.stderr.write(f"{name}\n")
        figures[name] = measure(table, recipe, settings, {"ensemble": ensemble})["ensemble"]
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return 0
    print("| variant | papers MAE10c | clusters MAE10c | clusters AUC |\n|---|---|---|---|")
    for name, own in figures.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in own.values()) + " |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
