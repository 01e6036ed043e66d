"""A bundle trained anew by its recipe on its evidence, and how far the predictions are apart."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from sseml.evaluate.model_comparison import Contender
from sseml.evaluate.polymer_comparison import PolymerContender
from sseml.model.answer import Model
from sseml.model.dataset import measured_materials, training_set
from sseml.model.fitting import Progress, silent
from sseml.model.loading import load_bundle
from sseml.model.polymer.bundle import PolymerBundle
from sseml.model.polymer.train import train_polymers
from sseml.model.train import train

TEMPERATURES_C = (25.0, 100.0)
"""The second temperature also tests the activation energy and the interval of its band."""

MEAN_DECADES, LARGEST_DECADES = 0.02, 1.0
"""Other versions of the learners change predictions by less; the first is the gate's margin."""

MEAN_PROBABILITY = 0.02

_MOST_RECIPES = 400
"""Recipes of polymers that are asked about; there are thousands."""


@dataclass(frozen=True, slots=True)
class Remade:
    """Largest differences between a bundle's predictions and those of the bundle trained anew.

    Of `rows` measured materials at `TEMPERATURES_C`: in decades, of σ and the limits of its 90 %
    interval; and of the probabilities.
    """

    rows: int
    mean_decades: float
    largest_decades: float
    mean_probability: float

    @property
    def is_the_same(self) -> bool:
        """Whether the bundle predicts as its manifest says it must."""
        return (
            self.mean_decades <= MEAN_DECADES
            and self.largest_decades <= LARGEST_DECADES
            and self.mean_probability <= MEAN_PROBABILITY
        )

    def to_text(self) -> str:
        """One line."""
        return (
            f"trained anew, its conductivities and intervals are {self.mean_decades:.2g} decades "
            f"apart on average (at most {MEAN_DECADES:g}) and {self.largest_decades:.2g} at most "
            f"({LARGEST_DECADES:g}), its probabilities {self.mean_probability:.2g} "
            f"({MEAN_PROBABILITY:g})"
        )


def remake(folder: Path, progress: Progress = silent) -> Remade:
    """Train a bundle anew by its recipe on its evidence and compare the predictions.

    Takes 30 seconds, and some minutes for a bundle of polymers. Figures of a recipe, from held-out
    papers or in a comparison, are those of a bundle only if the bundle was made by that recipe
    from that evidence.

    Parameters
    ----------
    folder
        The bundle.
    progress
        Called with what is being done.

    Raises
    ------
    BundleError
        If the folder is no bundle, is damaged, or does not say how it was made.
    """
    bundle = load_bundle(folder)
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch) / folder.name
        if isinstance(bundle, PolymerBundle):
            anew, materials = _polymers_anew(bundle, folder, into, progress)
        else:
            anew, materials = _compositions_anew(folder, into, progress)
    decades, probabilities = [], []
    for temperature_C in TEMPERATURES_C:
        asked = np.full(len(materials), temperature_C)
        stored, remade = bundle.predict(materials, asked), anew.predict(materials, asked)
        for of_stored, of_remade in (
            (stored.sigma, remade.sigma),
            (stored.if_conductor, remade.if_conductor),
        ):
            decades += [
                np.abs(getattr(of_stored, limit) - getattr(of_remade, limit))
                for limit in ("log10", "log10_low", "log10_high")
            ]
        probabilities += [
            np.abs(stored.p_superionic - remade.p_superionic),
            np.abs(stored.p_conductor - remade.p_conductor),
        ]
    return Remade(
        rows=len(materials),
        mean_decades=max(float(each.mean()) for each in decades),
        largest_decades=max(float(each.max()) for each in decades),
        mean_probability=max(float(each.mean()) for each in probabilities),
    )


def _compositions_anew(folder: Path, into: Path, progress: Progress) -> tuple[Model, Sequence[Any]]:
    """The bundle made again, and the materials it learns from."""
    made = Contender.of_bundle(folder)
    anew = train(made.table, into, progress, recipe=made.recipe, settings=made.settings)
    rows = training_set(made.table, made.recipe).rows
    return anew, measured_materials(made.table.iloc[rows])


def _polymers_anew(
    bundle: PolymerBundle, folder: Path, into: Path, progress: Progress
) -> tuple[Model, Sequence[Any]]:
    """The bundle made again, and recipes of its evidence, of every kind of film."""
    made = PolymerContender.of_bundle(folder)
    anew = train_polymers(
        made.table, into, progress, settings=made.settings, reported=bundle.reported
    )
    recipes = [
        material
        for material in bundle.kind.read_all(made.table["formula"].unique())
        if bundle.kind.refusal(material) is None
    ]
    return anew, recipes[:: ceil(len(recipes) / _MOST_RECIPES)]
