"""The estimators while they are being fitted: settings and training data in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import xgboost
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge

from sseml.arrays import BoolArray, FloatArray
from sseml.forest import Forest, forest_from_sklearn, forest_from_xgboost
from sseml.model.ensemble import Ensemble, Mix, Standardiser
from sseml.model.kernel import GaussianProcess, KernelMean, KernelSettings


@dataclass(frozen=True, slots=True)
class EnsembleSettings:
    """Everything that is chosen before fitting; the defaults were tuned on training folds only.

    Errors smaller than `resolution`, in the unit of the target, count as one when the width of the
    interval is learned.
    """

    ridge_penalty: float = 300.0
    boosting_rounds: int = 300
    learning_rate: float = 0.04
    boosting_depth: int = 5
    boosting_leaf_weight: float = 2.0
    averaged_trees: int = 150
    averaged_leaf_size: int = 2
    averaged_feature_share: float = 0.6
    kernel: KernelSettings = field(default_factory=KernelSettings)
    kernel_share: float = 0.65
    resolution: float = 0.1
    seed: int = 0
    threads: int = 1


CONDUCTIVITY = EnsembleSettings()
"""For a target in decades of S/cm."""

ENERGY = EnsembleSettings(kernel=KernelSettings().scaled(0.01), resolution=0.01)
"""For a target in eV, which varies a tenth as much."""


def fit_ensemble(
    settings: EnsembleSettings,
    X: FloatArray,
    distance: FloatArray,
    target: FloatArray,
    weights: FloatArray,
) -> Ensemble:
    """Fit an ensemble.

    `X` are features, missing as NaN, shape (n_train, n_features); `distance` is (n_train, n_train);
    `target` and `weights` (positive) are (n_train,).
    """
    standardiser = Standardiser.fit(X)
    filled = standardiser.fill(X)
    standardised = standardiser.standardise(filled)
    kernel, expectation = GaussianProcess.fit(
        settings.kernel, standardised, distance, target, weights
    )
    mix = _fit_mix(
        settings, filled, standardised, expectation=expectation, target=target, weights=weights
    )
    return Ensemble(standardiser, kernel, mix)


def fit_part(
    settings: EnsembleSettings,
    ensemble: Ensemble,
    X: FloatArray,
    distance: FloatArray,
    *,
    picked: BoolArray,
    target: FloatArray,
    weights: FloatArray,
) -> Mix:
    """Fit a second mix to the `picked` rows (a mask) of those that an ensemble was fitted to.

    It shares the ensemble's view, and so its standardiser, its kernel inputs and what these cost.
    """
    filled = ensemble.standardiser.fill(X)
    standardised = ensemble.standardiser.standardise(filled)
    expectation = ensemble.kernel.fit_part(standardised, distance, picked, target, weights)
    return _fit_mix(
        settings,
        filled[picked],
        standardised[picked],
        expectation=expectation,
        target=target[picked],
        weights=weights[picked],
    )


def _fit_mix(
    settings: EnsembleSettings,
    filled: FloatArray,
    standardised: FloatArray,
    *,
    expectation: KernelMean,
    target: FloatArray,
    weights: FloatArray,
) -> Mix:
    ridge = Ridge(alpha=settings.ridge_penalty).fit(standardised, target, sample_weight=weights)
    residual = target - ridge.predict(standardised)
    return Mix(
        linear=np.concatenate([[ridge.intercept_], ridge.coef_]),
        boosted=_fit_boosted(settings, filled, residual, weights),
        averaged=_fit_averaged(settings, filled, residual, weights),
        expectation=expectation,
        kernel_share=settings.kernel_share,
    )


def _fit_boosted(
    settings: EnsembleSettings, X: FloatArray, target: FloatArray, weights: FloatArray
) -> Forest:
    parameters = {
        "objective": "reg:squarederror",
        "eta": settings.learning_rate,
        "max_depth": settings.boosting_depth,
        "min_child_weight": settings.boosting_leaf_weight,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "lambda": 2.0,
        "tree_method": "hist",
        "nthread": settings.threads,
        "seed": settings.seed,
    }
    data = xgboost.DMatrix(X.astype(np.float32), label=target, weight=weights)
    return forest_from_xgboost(xgboost.train(parameters, data, settings.boosting_rounds))


def _fit_averaged(
    settings: EnsembleSettings, X: FloatArray, target: FloatArray, weights: FloatArray
) -> Forest:
    trees = ExtraTreesRegressor(
        n_estimators=settings.averaged_trees,
        min_samples_leaf=settings.averaged_leaf_size,
        max_features=settings.averaged_feature_share,
        n_jobs=settings.threads,
        random_state=settings.seed,
    )
    return forest_from_sklearn(trees.fit(X, target, sample_weight=weights))
