"""The estimators while they are being fitted: settings and training data in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xgboost
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import Ridge

from sseml.arrays import BoolArray, FloatArray
from sseml.forest import Forest, forest_from_sklearn, forest_from_xgboost
from sseml.model.arrhenius import Observations
from sseml.model.arrhenius_fit import ArrheniusProcess
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.ensemble import Ensemble, Output, Standardiser, Trees
from sseml.model.heating import log10_sigma_at
from sseml.model.known_structure import KnownStructures
from sseml.model.settings import DEFAULT_SETTINGS, LEAF_PENALTY, EnsembleSettings, drawn_rows
from sseml.records import RefusedInputError

__all__ = ["DEFAULT_SETTINGS", "EnsembleSettings", "Fitted", "drawn_rows", "fit_ensemble"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """An ensemble, and the observations that its lines were fitted to."""

    ensemble: Ensemble
    observations: Observations


def fit_ensemble(settings: EnsembleSettings, data: TrainingSet) -> Fitted:
    """Fit both outputs to a set, the second to the conductors in it; refused if there are none."""
    says, conducts = data.at_25, data.conducts
    if not (says & conducts).any():
        raise RefusedInputError(
            f"none of the {len(data)} measurements to learn from is above 1e-7 S/cm at 25 °C",
            "add measurements, such as those the released bundle carries",
        )
    standardiser = Standardiser.fit(data.X)
    filled = standardiser.fill(data.X)
    standardised = standardiser.standardise(filled)
    process = ArrheniusProcess(settings.process, data, standardised)
    fitted = process.fit()
    lines, polymorph = process.fit_part(fitted.observations, conducts)

    def trees(rows: BoolArray) -> Trees:
        weights = data.weights[rows] * data.trust[rows]
        return _fit_trees(settings, filled[rows], standardised[rows], data.target[rows], weights)

    none = KnownStructures.none()
    ensemble = Ensemble(
        standardiser=standardiser,
        inputs=fitted.inputs,
        plain=Output(trees(says), fitted.lines, fitted.polymorph, settings.share, none),
        if_conductor=Output(trees(says & conducts), lines, polymorph, settings.share, none),
        conductors=conducts,
    )
    return Fitted(_with_known_structures(ensemble, data), fitted.observations)


def _with_known_structures(ensemble: Ensemble, data: TrainingSet) -> Ensemble:
    """The same, that knows how far measurements of known structures lie from its answers."""
    rows = np.flatnonzero((data.systems != UNKNOWN) & ~data.is_bound)
    answers = ensemble.predict(data.X[rows], data.distance[rows], data.systems[rows])
    outputs = []
    for output, answer, chosen in zip(
        (ensemble.plain, ensemble.if_conductor),
        answers,
        (np.ones(len(rows), dtype=np.bool_), data.conducts[rows]),
        strict=True,
    ):
        residual = data.log10_sigma[rows] - log10_sigma_at(answer, data.temperature_K[rows])
        own = rows[chosen]
        known = KnownStructures(
            rows=own,
            systems=data.systems[own],
            papers=data.papers[own],
            residual=residual[chosen],
            same=data.kind.distance.radii.same,
        )
        outputs.append(replace(output, known=known))
    return replace(ensemble, plain=outputs[0], if_conductor=outputs[1])


def _fit_trees(
    settings: EnsembleSettings,
    filled: FloatArray,
    standardised: FloatArray,
    target: FloatArray,
    weights: FloatArray,
) -> Trees:
    weights = weights / weights.mean()
    ridge = Ridge(alpha=settings.ridge_penalty).fit(standardised, target, sample_weight=weights)
    residual = target - ridge.predict(standardised)
    return Trees(
        linear=np.concatenate([[ridge.intercept_], ridge.coef_]),
        boosted=_fit_boosted(settings, filled, residual, weights),
        averaged=_fit_averaged(settings, filled, residual, weights),
    )


def _fit_boosted(
    settings: EnsembleSettings, X: FloatArray, target: FloatArray, weights: FloatArray
) -> Forest:
    parameters = {
        "objective": "reg:squarederror",
        "eta": settings.learning_rate,
        "max_depth": settings.boosting_depth,
        "min_child_weight": settings.boosting_leaf_weight,
        "colsample_bytree": 0.5,
        "lambda": LEAF_PENALTY,
        "tree_method": "hist",
        "nthread": settings.threads,
        "seed": settings.seed,
    }
    data = xgboost.DMatrix(X.astype(np.float32), label=target, weight=weights)
    booster = xgboost.Booster(parameters, [data])
    for round_, drawn in enumerate(drawn_rows(settings, len(target))):
        data.set_weight(weights * drawn)
        booster.update(data, round_)
    return forest_from_xgboost(booster)


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
