"""What the crystal system adds to the composition: the same rows answered with and without it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sseml.evaluate.answers import Figures, answer_both
from sseml.evaluate.difference import paired_difference
from sseml.evaluate.metrics import clipped_absolute_error, coverage
from sseml.model.dataset import Recipe, TrainingSet, conductivity_set
from sseml.model.fitting import (
    BY_PAPER,
    Progress,
    Regime,
    fit_calibrated_outputs,
    held_out_masks,
    silent,
)
from sseml.model.outputs import CONDUCTOR_LOG10_SIGMA
from sseml.model.polymorph import UNKNOWN
from sseml.model.regressors import CONDUCTIVITY, BlendSettings

FloatArray = NDArray[np.float64]

FOLDS = 5
BY_PAPER_ALONE = Regime("paper", 0.0, same_elements=True)
"""The composition itself may be learned from, in another paper: a user asks for a polymorph."""

_VIEWS = {"": BY_PAPER, " grouped only": BY_PAPER_ALONE}


def crystal_figures(
    table: pd.DataFrame,
    recipe: Recipe,
    settings: BlendSettings = CONDUCTIVITY,
    progress: Progress = silent,
) -> Figures:
    """Errors on rows whose space group is known, by the composition alone and with the system.

    Parameters
    ----------
    table
        Curated measurements.
    recipe
        Which rows are learned from, and how.
    settings
        What is fitted.
    progress
        Told what is being done.

    Returns
    -------
    dict
        Of the plain output, and ending in ``if it conducts`` of the other; ``grouped only`` where
        the composition itself may be learned from, in another paper. ``gain`` is with minus
        without, ``gain low`` and ``gain high`` its 95 % interval from resampled papers.

    Raises
    ------
    RefusedInputError
        If there are fewer papers than folds, or no conductor among a fold's training rows.
    """
    data = conductivity_set(table, recipe)
    figures: Figures = {"rows": float((data.systems != UNKNOWN).sum())}
    for view, regime in _VIEWS.items():
        progress(f"crystals{view}: {FOLDS} folds")
        answered = pd.concat(_answered(data, regime, settings), ignore_index=True)
        figures |= _figures(answered, view)
        conducts = answered[answered["truth"] > CONDUCTOR_LOG10_SIGMA]
        second = conducts.assign(
            mean=conducts["if_conductor"],
            low=conducts["if_conductor_low"],
            high=conducts["if_conductor_high"],
        )
        figures |= _figures(second, f"{view} if it conducts")
    return figures


def _answered(data: TrainingSet, regime: Regime, settings: BlendSettings) -> Iterator[pd.DataFrame]:
    """Of each fold the rows of known system, one a line."""
    for held_out in held_out_masks(data, regime, FOLDS, settings.seed):
        trained = regime.training_mask(data, held_out)
        model = fit_calibrated_outputs(data.take(trained), settings)
        asked = held_out & (data.systems != UNKNOWN)
        if not asked.any():
            continue
        told = answer_both(model, data, trained, asked)
        shift = model.polymorph.shift(data.systems[asked], data.distance[asked][:, trained])
        yield pd.DataFrame(
            {
                "truth": data.target[asked],
                "paper": data.papers[asked],
                "mean": told.plain.mean,
                "low": told.plain.low,
                "high": told.plain.high,
                "if_conductor": told.if_conductor.mean,
                "if_conductor_low": told.if_conductor.low,
                "if_conductor_high": told.if_conductor.high,
                "shift": shift,
            }
        )


def _figures(answered: pd.DataFrame, ending: str) -> Figures:
    truth, mean, shift, low, high = (
        answered[name].to_numpy(dtype=float) for name in ("truth", "mean", "shift", "low", "high")
    )
    found = paired_difference(
        clipped_absolute_error(truth, mean),
        clipped_absolute_error(truth, mean + shift),
        answered["paper"].to_numpy(dtype=np.int64),
    )
    return {
        f"MAE10c{ending}": found.candidate_MAE10c,
        f"MAE10c by composition{ending}": found.champion_MAE10c,
        f"gain{ending}": found.difference,
        f"gain low{ending}": found.low,
        f"gain high{ending}": found.high,
        f"coverage{ending}": coverage(truth, low + shift, high + shift),
    }
