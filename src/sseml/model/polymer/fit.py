"""Fitting the model of dry electrolytes: curves in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import xgboost
from sklearn.ensemble import ExtraTreesRegressor

from sseml.arrays import FloatArray
from sseml.forest import Forest, forest_from_sklearn, forest_from_xgboost
from sseml.model.polymer.curves import CurveSet, learnable
from sseml.model.polymer.ensemble import CurveEnsemble, Looks
from sseml.model.polymer.process import CurveProcess, ProcessSettings, inverse_temperature


@dataclass(frozen=True, slots=True)
class CurveSettings:
    """Everything that is chosen before fitting."""

    process: ProcessSettings = field(default_factory=ProcessSettings)
    boosting_rounds: int = 300
    learning_rate: float = 0.05
    boosting_depth: int = 6
    boosting_leaf_weight: float = 6.0
    averaged_trees: int = 60
    averaged_leaf_size: int = 3
    averaged_feature_share: float = 0.3
    seed: int = 0
    threads: int = 1


CURVES = CurveSettings()


def fit_curves(data: CurveSet, settings: CurveSettings = CURVES) -> CurveEnsemble:
    """Fit to the rows of a set whose temperature is learned from.

    The process and the averaged trees see the knots of each curve, the boosted trees every row.
    """
    data = data.take(learnable(data))
    knots = data.take(data.knots)
    looks = Looks.fit(data.names, data.blocks, data.X)
    process = CurveProcess.fit(
        settings.process,
        looks.inputs(knots.X),
        inverse_temperature(knots.temperature_C),
        knots.log10_sigma,
        curve=knots.curve,
        mean_weights=knots.weights(),
        noise_weights=knots.noise_weights(),
    )
    return CurveEnsemble(
        looks=looks,
        process=process,
        boosted=_boosted(settings, looks.for_boosted(data.X, data.temperature_C), data),
        averaged=_averaged(settings, looks.for_averaged(knots.X, knots.temperature_C), knots),
    )


def _boosted(settings: CurveSettings, seen: FloatArray, data: CurveSet) -> Forest:
    parameters = {
        "objective": "reg:squarederror",
        "eta": settings.learning_rate,
        "max_depth": settings.boosting_depth,
        "min_child_weight": settings.boosting_leaf_weight,
        "subsample": 0.8,
        "colsample_bytree": 0.35,
        "lambda": 5.0,
        "tree_method": "hist",
        "max_bin": 64,
        "monotone_constraints": str((*(0,) * (seen.shape[1] - 1), -1)),  # σ rises with T
        "nthread": settings.threads,
        "seed": settings.seed,
    }
    matrix = xgboost.DMatrix(seen.astype(np.float32), label=data.log10_sigma, weight=data.weights())
    return forest_from_xgboost(xgboost.train(parameters, matrix, settings.boosting_rounds))


def _averaged(settings: CurveSettings, seen: FloatArray, knots: CurveSet) -> Forest:
    trees = ExtraTreesRegressor(
        n_estimators=settings.averaged_trees,
        min_samples_leaf=settings.averaged_leaf_size,
        max_features=settings.averaged_feature_share,
        n_jobs=settings.threads,
        random_state=settings.seed,
    )
    trees.fit(seen, knots.log10_sigma, sample_weight=knots.weights())
    return forest_from_sklearn(trees)
