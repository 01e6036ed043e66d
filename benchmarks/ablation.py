"""What each part of the model is worth, on rows outside the official test split only.

Prints, for each variant, the error grouped by DOI and with composition clusters held out, by the
splits and purges of `sseml evaluate`, on five folds, of the rows that say what σ is at 25 °C. Takes
about half an hour on two cores.
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
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import ROOM_RANGE_C, Recipe, TrainingSet, training_set
from sseml.model.ensemble import Ensemble, KernelShare
from sseml.model.fitting import BY_CLUSTER, BY_PAPER, predict_out_of_fold
from sseml.model.regressors import DEFAULT_SETTINGS, EnsembleSettings, fit_ensemble

FOLDS = 5
Answer = Callable[[Ensemble, TrainingSet, np.ndarray, np.ndarray], np.ndarray]


def ensemble(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """The whole model."""
    return predict_out_of_fold(model, data, trained, asked).plain.level


def linear(model: Ensemble, data: TrainingSet, _: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The ridge mean alone."""
    trees, filled = model.plain.trees, model.standardiser.fill(data.X[asked])
    return trees.linear[0] + model.standardiser.standardise(filled) @ trees.linear[1:]


def boosted(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Ridge mean and boosted trees."""
    filled = model.standardiser.fill(data.X[asked])
    return linear(model, data, trained, asked) + model.plain.trees.boosted.predict(filled)


def averaged(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Ridge mean and extremely randomised trees."""
    filled = model.standardiser.fill(data.X[asked])
    return linear(model, data, trained, asked) + model.plain.trees.averaged.predict(filled)


def process(
    model: Ensemble, data: TrainingSet, trained: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """The Gaussian process alone."""
    unknown = np.full(np.count_nonzero(asked), UNKNOWN)
    view = model.view(data.X[asked], data.distance[asked][:, trained], unknown)
    return model.plain.lines.predict(view.cross)[0]


PARTS: dict[str, Answer] = {
    "ensemble": ensemble,
    "ridge": linear,
    "ridge + boosted": boosted,
    "ridge + extra-trees": averaged,
    "gaussian process": process,
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


def _everywhere(share: float) -> KernelShare:
    return KernelShare(at_near=share, at_far=share)


PROCESS = DEFAULT_SETTINGS.process
SETTINGS = {
    "no ridge mean": replace(DEFAULT_SETTINGS, ridge_penalty=1e9),
    "another folding (seed 1)": replace(DEFAULT_SETTINGS, seed=1),
    "another folding (seed 2)": replace(DEFAULT_SETTINGS, seed=2),
    "no composition kernel": replace(
        DEFAULT_SETTINGS,
        process=replace(PROCESS, kernel=replace(PROCESS.kernel, distance_variance=1e-6)),
    ),
    "all measurements count alike": replace(
        DEFAULT_SETTINGS, process=replace(PROCESS, robust_degrees=1e12)
    ),
    "level and energy not correlated": replace(
        DEFAULT_SETTINGS, process=replace(PROCESS, correlation=0.0)
    ),
    "share of the process 0.5": replace(
        DEFAULT_SETTINGS, share=KernelShare(at_near=0.5, at_far=0.5)
    ),
    "share of the process 0.8": replace(
        DEFAULT_SETTINGS, share=KernelShare(at_near=0.8, at_far=0.8)
    ),
}
TABLES = {
    "rows near 25 °C alone": lambda table: table[table["temperature_C"].between(*ROOM_RANGE_C)],
    "no stated energies": lambda table: table.assign(activation_energy_eV=np.nan),
}


def measure(
    table: pd.DataFrame, recipe: Recipe, settings: EnsembleSettings, parts: dict[str, Answer]
) -> dict[str, dict[str, float]]:
    """Cross-validate one way of making the model; figures of each part of it."""
    data = training_set(table, recipe)
    judged, target = data.at_25, data.target[data.at_25]
    figures: dict[str, dict[str, float]] = {name: {} for name in parts}
    for holdout_scheme in (BY_PAPER, BY_CLUSTER):
        answers = {name: np.empty(len(data)) for name in parts}
        for trained, held_out in holdout_scheme.folds(data, FOLDS, settings.seed):
            model = fit_ensemble(settings, data.take(trained)).ensemble
            for name, answer in parts.items():
                answers[name][held_out] = answer(model, data, trained, held_out)
        for name, predicted in answers.items():
            error = clipped_absolute_error(target, predicted[judged])
            if holdout_scheme is BY_PAPER:
                figures[name]["papers MAE10c"] = float(error.mean())
            else:
                figures[name]["clusters MAE10c"] = group_mean(error, data.clusters[judged])
                figures[name]["clusters AUC"] = auc(
                    target >= SUPERIONIC_LOG10_SIGMA, predicted[judged], data.clusters[judged]
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
    released = measure(table, Recipe(), DEFAULT_SETTINGS, PARTS)
    figures |= {f"released: {name}": own for name, own in released.items()}
    variants = (
        [
            (f"features: {name}", Recipe(feature_sets=sets), DEFAULT_SETTINGS)
            for name, sets in SETS.items()
        ]
        + [(name, recipe, DEFAULT_SETTINGS) for name, recipe in RECIPES.items()]
        + [(name, Recipe(), settings) for name, settings in SETTINGS.items()]
    )
    for name, recipe, settings in variants:
        sys.stderr.write(f"{name}\n")
        figures[name] = measure(table, recipe, settings, {"ensemble": ensemble})["ensemble"]
    for name, changed in TABLES.items():
        sys.stderr.write(f"{name}\n")
        own = changed(table).reset_index(drop=True)
        figures[name] = measure(own, Recipe(), DEFAULT_SETTINGS, {"ensemble": ensemble})["ensemble"]
    if arguments.json:
        print(json.dumps(figures, indent=1))
        return 0
    print("| variant | papers MAE10c | clusters MAE10c | clusters AUC |\n|---|---|---|---|")
    for name, own in figures.items():
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in own.values()) + " |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
