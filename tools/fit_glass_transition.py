"""Fit the glass-transition model of `src/sseml/features/polymer` and say how good it is.

Run as `python tools/fit_glass_transition.py FILE`, a CSV with the columns `SMILES` (a PSMILES) and
`Tg` (°C), then `python tools/document_polymers.py`. The measured values are trained from and never
stored. `--measure` fits and writes nothing but prints the error of 10 folds by polymer.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
import xgboost

from sseml.arrays import FloatArray
from sseml.features.polymer.columns import unit_columns
from sseml.features.polymer.glass_transition import TREES, UNSEEN
from sseml.features.polymer.periodic import polymer_key
from sseml.features.polymer.repeat_unit import unit_descriptors
from sseml.forest import forest_from_xgboost
from sseml.records import RefusedInputError

FOLDER = Path(__file__).parents[1] / "src" / "sseml" / "features" / "polymer"
FOLDS = 10
ROUNDS = 600
SOFT_BELOW_C = 30.0
PARAMETERS = {
    "learning_rate": 0.05,
    "max_depth": 7,
    "colsample_bynode": 0.3,
    "subsample": 0.8,
    "min_child_weight": 3,
    "reg_lambda": 3,
    "max_bin": 128,
    "nthread": 1,
    "seed": 0,
}


def values_of(key: str) -> list[float]:
    """Descriptors of a key in the order of the columns."""
    named = unit_descriptors(key)
    return [named[column.name] for column in unit_columns()]


def read(path: Path) -> tuple[list[str], FloatArray, FloatArray]:
    """Keys, descriptors (n, k) and glass transitions (n,) in °C; what has not two ends is left."""
    keys, values, Tg_C, left = [], [], [], 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            try:
                key = polymer_key(row["SMILES"])
            except RefusedInputError:
                left += 1
                continue
            keys.append(key)
            values.append(values_of(key))
            Tg_C.append(float(row["Tg"]))
    print(f"{len(keys)} values of {len(set(keys))} polymers; {left} not read")  # noqa: T201
    return keys, np.array(values), np.array(Tg_C)


def fitted(X: FloatArray, Tg_C: FloatArray) -> xgboost.Booster:
    """A booster of these rows; soft polymers, as electrolytes are, count three times."""
    weights = np.where(Tg_C < SOFT_BELOW_C, 3.0, 1.0)
    rows = xgboost.DMatrix(X, label=Tg_C, weight=weights)
    return xgboost.train(PARAMETERS, rows, num_boost_round=ROUNDS)


def folds_of(keys: list[str]) -> dict[str, int]:
    """A fold for each key, at random."""
    distinct = sorted(set(keys))
    drawn = np.random.default_rng(0).permutation(len(distinct)) % FOLDS
    return dict(zip(distinct, drawn.tolist(), strict=True))


def main() -> int:
    """Measure, fit, and write the trees and the glass transitions of unseen polymers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--measure", action="store_true", help="write nothing")
    asked = parser.parse_args()
    keys, X, Tg_C = read(asked.file)
    lines = (FOLDER / "repeat_units.csv").read_text(encoding="utf-8").splitlines()[1:]
    listed = [line.partition(",")[0] for line in lines]
    fold_of = folds_of([*keys, *listed])
    fold = np.array([fold_of[key] for key in keys])
    predicted, unseen = np.empty(len(keys)), {}
    for number in range(FOLDS):
        booster = fitted(X[fold != number], Tg_C[fold != number])
        predicted[fold == number] = booster.predict(xgboost.DMatrix(X[fold == number]))
        asked_of = [key for key in listed if fold_of[key] == number]
        rows = np.array([values_of(key) for key in asked_of])
        answers = booster.predict(xgboost.DMatrix(rows))
        unseen |= dict(zip(asked_of, answers.tolist(), strict=True))
    error = np.abs(predicted - Tg_C)
    print(f"{FOLDS} folds by polymer: MAE {error.mean():.1f} K, ", end="")  # noqa: T201
    print(f"below 0 °C {error[Tg_C < 0].mean():.1f} K of {(Tg_C < 0).sum()}")  # noqa: T201
    if not asked.measure:
        arrays = forest_from_xgboost(fitted(X, Tg_C)).to_arrays()
        np.savez_compressed(FOLDER / TREES, **arrays)
        rows = [f"{key},{unseen[key]:.1f}" for key in sorted(unseen)]
        (FOLDER / UNSEEN).write_text("\n".join(["key,Tg_C", *rows]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
