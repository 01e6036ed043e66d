"""Is a bundle what its manifest says? It is trained anew from its evidence, and both are asked."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sseml.evaluate.paired import Contender
from sseml.model.bundle import Bundle
from sseml.model.dataset import conductivity_set, measured_materials
from sseml.model.fitting import Progress, silent
from sseml.train import train

TEMPERATURES_C = (25.0, 100.0)
"""The second also asks the activation energy, and its share of the interval."""

MEAN_DECADES, LARGEST_DECADES = 0.02, 1.0
"""Other versions of the learners move answers by less; the first is the margin of the gate."""

MEAN_PROBABILITY = 0.02


@dataclass(frozen=True, slots=True)
class Remade:
    """How far a bundle's answers are from those of the same bundle trained anew.

    Attributes
    ----------
    rows
        Materials that both were asked about, at `TEMPERATURES_C`: all measured ones.
    mean_decades, largest_decades
        Absolute difference of log10 σ, or of a limit of its 90 % interval, whichever differs most.
    mean_probability
        Absolute difference of the probability that σ ≥ 1e-4 S/cm.
    """

    rows: int
    mean_decades: float
    largest_decades: float
    mean_probability: float

    @property
    def is_the_same(self) -> bool:
        """Whether the bundle answers as its manifest says it must."""
        return (
            self.mean_decades <= MEAN_DECADES
            and self.largest_decades <= LARGEST_DECADES
            and self.mean_probability <= MEAN_PROBABILITY
        )

    def to_text(self) -> str:
        """In a line."""
        return (
            f"trained anew, its conductivities and intervals are {self.mean_decades:.2g} decades "
            f"apart on average (at most {MEAN_DECADES:g}) and {self.largest_decades:.2g} at most "
            f"({LARGEST_DECADES:g}), its probabilities {self.mean_probability:.2g} "
            f"({MEAN_PROBABILITY:g})"
        )


def remake(folder: Path, progress: Progress = silent) -> Remade:
    """Train a bundle anew by its recipe on its evidence and compare the answers; half a minute.

    Figures of a recipe, from held-out papers or in a comparison, are those of a bundle only if the
    bundle was made by that recipe from that evidence.

    Parameters
    ----------
    folder
        The bundle.
    progress
        Told what is being done.

    Raises
    ------
    BundleError
        If the folder is no bundle, is damaged, or does not say how it was made.
    """
    bundle, made = Bundle.load(folder), Contender.of_bundle(folder)
    with tempfile.TemporaryDirectory() as scratch:
        anew = train(
            made.table,
            Path(scratch) / folder.name,
            progress,
            recipe=made.recipe,
            settings=(made.settings, made.energy_settings),
        )
    rows = conductivity_set(made.table, made.recipe).rows
    materials = measured_materials(made.table.iloc[rows])
    decades, probabilities = [], []
    for temperature_C in TEMPERATURES_C:
        asked = np.full(len(rows), temperature_C)
        told, expected = bundle.predict(materials, asked), anew.predict(materials, asked)
        decades += [
            _apart(getattr(of_told, limit), getattr(of_expected, limit))
            for of_told, of_expected in (
                (told.sigma, expected.sigma),
                (told.if_conductor, expected.if_conductor),
            )
            for limit in ("log10", "log10_low", "log10_high")
        ]
        probabilities += [
            _apart(told.p_superionic, expected.p_superionic),
            _apart(told.p_conductor, expected.p_conductor),
        ]
    return Remade(
        rows=len(rows),
        mean_decades=max(float(each.mean()) for each in decades),
        largest_decades=max(float(each.max()) for each in decades),
        mean_probability=max(float(each.mean()) for each in probabilities),
    )


def _apart(told: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(told - expected)
