"""Is a bundle what its manifest says? Its recipe is fitted anew on its evidence, and both asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sseml.evaluate.paired import Contender
from sseml.model.bundle import Bundle, predict_with_signals
from sseml.model.dataset import compositions, conductivity_set
from sseml.model.fitting import fit
from sseml.units import ROOM_TEMPERATURE_C

TOLERANCE_DECADES = 0.05
"""Other versions of the learners move the mean answer by less than this."""


@dataclass(frozen=True, slots=True)
class Remade:
    """How far a bundle's answers are from those of its own recipe, fitted anew.

    Attributes
    ----------
    rows
        Measurements that both were asked about: all that the conductivity is learned from.
    mean_decades, largest_decades
        Absolute difference of the predicted log10 σ at 25 °C.
    """

    rows: int
    mean_decades: float
    largest_decades: float

    @property
    def is_the_same(self) -> bool:
        """Whether the bundle answers as its manifest says it must."""
        return self.mean_decades <= TOLERANCE_DECADES


def remake(folder: Path) -> Remade:
    """Fit a bundle's recipe on its evidence and compare the answers; some seconds.

    Figures of a recipe, from held-out papers or in a comparison, are those of a bundle only if the
    bundle was made by that recipe from that evidence.

    Raises
    ------
    BundleError
        If the folder is no bundle, is damaged, or does not say how it was made.
    """
    bundle, contender = Bundle.load(folder), Contender.of_bundle(folder)
    data = conductivity_set(contender.table, contender.recipe)
    anew, _ = predict_with_signals(fit(data, contender.settings), data.X, data.distance)
    materials = compositions(contender.table.iloc[data.rows])
    told = bundle.predict(materials, np.full(len(data), ROOM_TEMPERATURE_C)).log10_sigma
    apart = np.abs(told - anew)
    return Remade(len(data), float(apart.mean()), float(apart.max()))
