"""What one's own data do to answers, with papers held out: measurements and activation energies.

The value that another paper reports of the same composition stands in for a measurement of one's
own. Prints the error against the number of measurements of "no move" (the shrinkage), where the
model knows nothing of the composition and where it has learned from some papers, how often the
90 % interval holds, and the error with a given activation energy. Takes about three minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sseml.curation.table import load_measurements
from sseml.evaluate.own_data import energy_given, own_measurements, own_trials
from sseml.model.dataset import Recipe, TrainingSet, training_set
from sseml.model.fitting import (
    BY_PAPER,
    HoldoutScheme,
    OutOfFold,
    fit_calibrated,
    fit_ensemble,
    predict_out_of_fold,
)
from sseml.model.heating import shift_from_25
from sseml.model.regressors import DEFAULT_SETTINGS
from sseml.released import released_evidence

SHRINKAGES = (0.2, 0.35, 0.5, 1.0, 2.0, 4.0, 10.0, None)
KNOWN = HoldoutScheme("paper", None, same_parts=True)
"""Leaves what other papers say of a composition in the training rows."""


def trials_of(
    data: TrainingSet, scheme: HoldoutScheme, folds: int, seed: int
) -> tuple[pd.DataFrame, OutOfFold]:
    """Every trial of a scheme, and the held-out answers about the bare compositions."""
    interval = fit_calibrated(data, DEFAULT_SETTINGS).calibration.plain
    tables, bare = [], []
    for trained, held_out in scheme.folds(data, folds, seed):
        model = fit_ensemble(DEFAULT_SETTINGS, data.take(trained)).ensemble
        held = predict_out_of_fold(model, data, trained, held_out, by_system=True)
        bare.append(predict_out_of_fold(model, data, trained, held_out))
        width = interval.width(held.plain.signals, data.families[held.rows].tolist())
        trials = list(own_trials(data, trained, held))
        tables.append(
            own_measurements(
                data,
                trials,
                held.plain,
                limits=interval.offsets(width, shift_from_25(data.temperature_K[held.rows])),
                width=width,
                shrinkages=SHRINKAGES,
            )
        )
    return pd.concat(tables), OutOfFold.join(bare)


def printed(name: str, table: pd.DataFrame) -> None:
    """Print one line for each number of learned papers and kind of temperature."""
    groups = pd.cut(table["learned"], [-1, 0, 1, 2, 3, 7, np.inf], labels=GROUPS)
    for (papers, room), own in table.groupby([groups, "room"], observed=True):
        weight = own["weight"]

        def mean(column: str, own: pd.DataFrame = own, weight: pd.Series = weight) -> float:
            return float(np.average(own[column].astype(float), weights=weight))

        where = "15 to 40 °C" if room else "elsewhere"
        print(f"{name}, {papers} papers learned, {where} ({len(own)} trials)")
        print("   without", f"{mean('without'):.3f}, holds {mean('holds_without'):.3f}")
        for number in SHRINKAGES:
            label = "used" if number is None else f"{number:g}"
            print(
                f"   {label:>7}", f"{mean(f'with_{label}'):.3f}, holds {mean(f'holds_{label}'):.3f}"
            )


GROUPS = ("0", "1", "2", "3", "4 to 7", "8 and more")


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", type=Path, help="measurements; default: the released ones")
    parser.add_argument("--seeds", type=int, default=3, help="deals of the second part")
    arguments = parser.parse_args(argv)
    table = load_measurements(arguments.input or released_evidence())
    data = training_set(table, Recipe())
    unknown, bare = trials_of(data, BY_PAPER, 8, 0)
    printed("composition held out", unknown)
    known = pd.concat([trials_of(data, KNOWN, 3, seed)[0] for seed in range(arguments.seeds)])
    printed("paper held out", known)
    for error_eV in (0.0, 0.05, 0.1):
        print(f"activation energy given, {error_eV:g} eV off")
        print(energy_given(data, bare, error_eV=error_eV).round(3).to_string())


if __name__ == "__main__":
    main()
