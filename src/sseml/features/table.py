"""The sets of features by name, and one table of their values for many compositions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.features.chemistry import CHEMISTRY
from sseml.features.composition import ElementFractions
from sseml.features.contract import Feature, Featurizer
from sseml.features.ion_roles import Descriptors, Speciation, speciate
from sseml.features.magpie import Magpie
from sseml.features.parents import Parents
from sseml.features.prototype import PROTOTYPE
from sseml.physics.slots import CHUNK

COMPOSITION_SETS: Mapping[str, Featurizer] = {
    "chemistry": CHEMISTRY,
    "prototype": PROTOTYPE,
    "fractions": ElementFractions(),
    "magpie": Magpie(),
    "parents": Parents(),
}
SETS: tuple[str, ...] = tuple(COMPOSITION_SETS)
DEFAULT_SETS = ("chemistry", "prototype")


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """Features and their values, all finite: shape ``(n_materials, len(features))``."""

    features: tuple[Feature, ...]
    values: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(feature.name for feature in self.features)


def feature_table(
    materials: Sequence[Any],
    sets: Sequence[str] = DEFAULT_SETS,
    featurizers: Mapping[str, Featurizer] = COMPOSITION_SETS,
) -> FeatureTable:
    """Features of materials of one kind.

    Parameters
    ----------
    materials
        n materials; not changed.
    sets
        Names among `featurizers`, in the order their columns are wanted.
    featurizers
        The sets of the kind, by name.

    Returns
    -------
    FeatureTable
        Values of shape (n, number of features), float64; those of compositions are all finite.

    Raises
    ------
    ValueError
        If a set is unknown, or none is named.
    """
    chosen = _chosen(sets, featurizers)
    features = tuple(feature for featurizer in chosen for feature in featurizer.features)
    values = np.empty((len(materials), len(features)))
    for start in range(0, len(materials), CHUNK):
        piece = materials[start : start + CHUNK]
        values[start : start + len(piece)] = np.hstack(_blocks(chosen, piece))
    return FeatureTable(features, values)


def _blocks(featurizers: Sequence[Featurizer], materials: Sequence[Any]) -> list[FloatArray]:
    """Values of each set; the roles of ions are worked out once for all sets that need them."""
    speciation: Speciation | None = None
    blocks = []
    for featurizer in featurizers:
        if isinstance(featurizer, Descriptors):
            speciation = speciation or speciate(materials)
            blocks.append(featurizer.of(speciation))
        else:
            blocks.append(featurizer(materials))
    return blocks


def _chosen(sets: Sequence[str], featurizers: Mapping[str, Featurizer]) -> list[Featurizer]:
    there = ", ".join(featurizers)
    if not sets:
        raise ValueError(f"no feature set is named (sets: {there})")
    for name in sets:
        if name not in featurizers:
            close = difflib.get_close_matches(name, featurizers, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"no feature set {name!r}{hint} (sets: {there})")
    return [featurizers[name] for name in sets]
