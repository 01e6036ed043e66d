"""Why an answer is what it is, as records: the heaviest measurements and the telling features."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np

from sseml.arrays import FloatArray
from sseml.contributions import (
    Contributions,
    FeatureMove,
    WeighedMaterial,
    WeighedMeasurement,
)
from sseml.curation.papers import shown_doi
from sseml.model.answer import Model
from sseml.model.bundle import Bundle
from sseml.model.weights import BundleWeights, Weighed
from sseml.records import Material

_MEASUREMENTS = 5
_MATERIALS = 5
_FEATURES = 3
_DECIMALS = 6
"""What lies beyond depends on the machine, and on what was asked together."""


class Explainer:
    """Takes the answers of bundles apart; what that needs of a bundle is rebuilt once.

    Threads may share one. It holds the factor of the covariance of all that a bundle was fitted to:
    8 bytes times the square of their number.
    """

    def __init__(self) -> None:
        self._weights: dict[int, BundleWeights] = {}
        self._rebuilding = Lock()

    def contributions(
        self, bundle: Model, materials: Sequence[Material], families: Sequence[str]
    ) -> list[Contributions | None]:
        """What makes up the answer about each material; None where a model cannot say it.

        `families` are those that the materials are recognised as.

        Raises
        ------
        BundleError
            If the bundle is not one that this version of the code has fitted.
        """
        if not isinstance(bundle, Bundle):
            return [None] * len(materials)
        with self._rebuilding:
            if id(bundle) not in self._weights:
                self._weights[id(bundle)] = BundleWeights(bundle)
            weights = self._weights[id(bundle)]
        weighed = weights.of(materials, families)
        return [_contributions(bundle, weighed, index) for index in range(len(materials))]


def _contributions(bundle: Bundle, weighed: Weighed, index: int) -> Contributions:
    weight, decades = weighed.of_sigma[index], weighed.decades[index]
    heaviest = np.argsort(-np.abs(weight.round(_DECIMALS)), kind="stable")[:_MEASUREMENTS]
    family = weighed.families[index]
    return Contributions(
        log10_sigma_25C=_rounded(weighed.level[index]),
        constant=_rounded(weighed.constant[index]),
        measurements=tuple(
            _measurement(bundle, row, weight[row], decades[row]) for row in heaviest.tolist()
        ),
        other_count=len(weight) - len(heaviest),
        other_decades=_rounded(decades.sum() - decades[heaviest].sum()),
        materials=_materials(bundle, weight, decades),
        parts={name: _rounded(part[index]) for name, part in weighed.parts.items()},
        features=_moves(bundle, weighed, index),
        compared_with=family,
    )


def _measurement(bundle: Bundle, row: int, weight: float, decades: float) -> WeighedMeasurement:
    evidence, place = bundle.evidence, int(bundle.training_rows[row])
    return WeighedMeasurement(
        formula=evidence.formulas[place],
        sigma_S_cm=float(evidence.sigma_S_cm[place]),
        relation=evidence.relations[place],
        temperature_C=float(evidence.temperature_C[place]),
        doi=shown_doi(evidence.dois[place]),
        reference=evidence.references[place],
        weight=_rounded(weight),
        decades=_rounded(decades),
    )


def _materials(
    bundle: Bundle, weight: FloatArray, decades: FloatArray
) -> tuple[WeighedMaterial, ...]:
    written = [bundle.evidence.formulas[row] for row in bundle.training_rows]
    place = {formula: index for index, formula in enumerate(dict.fromkeys(written))}
    own = np.array([place[formula] for formula in written])
    together = np.bincount(own, weight)
    heaviest = np.argsort(-np.abs(together.round(_DECIMALS)), kind="stable")[:_MATERIALS]
    count, contributed = np.bincount(own), np.bincount(own, decades)
    formulas = list(place)
    return tuple(
        WeighedMaterial(
            formulas[index],
            int(count[index]),
            _rounded(together[index]),
            _rounded(contributed[index]),
        )
        for index in heaviest.tolist()
    )


def _moves(bundle: Bundle, weighed: Weighed, index: int) -> tuple[FeatureMove, ...]:
    moves = weighed.moves[index].round(_DECIMALS)
    telling = np.argsort(-np.abs(moves), kind="stable")[:_FEATURES]
    listed = bundle.manifest["features"]
    return tuple(
        FeatureMove(
            name=listed[place]["name"],
            unit=listed[place]["unit"],
            value=float(weighed.filled[index, place]),
            family_mean=_rounded(weighed.family_means[index, place]),
            decades=float(moves[place]),
        )
        for place in telling.tolist()
        if moves[place]
    )


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS) + 0.0
