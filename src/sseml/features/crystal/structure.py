"""The featurizer of average structures; NaN where a row has none, or a value does not apply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.features.contract import Feature, FloatArray
from sseml.records import Composition, Crystal


class Structure:
    """The featurizer of the set ``structure``.

    What measures a structure is imported when it is first needed: most rows have none.
    """

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the parts of the package describe, in the order of the array."""
        from sseml.features.crystal import lithium, network, packing, polyhedra  # noqa: PLC0415

        return (
            *polyhedra.FEATURES,
            *packing.FEATURES,
            *lithium.FEATURES,
            *network.FEATURES,
        )

    def __call__(self, materials: Sequence[Composition]) -> FloatArray:
        """Values of shape (n_materials, len(features))."""
        names = [feature.name for feature in self.features]
        out = np.full((len(materials), len(names)), np.nan)
        for row, material in enumerate(materials):
            if isinstance(material, Crystal):
                values = describe(material)
                out[row] = [values.get(name, np.nan) for name in names]
        return out


def describe(crystal: Crystal) -> dict[str, float]:
    """The descriptors of one crystal by name; those that do not apply are left out."""
    from sseml.features.crystal import lithium, network, packing, polyhedra  # noqa: PLC0415
    from sseml.features.crystal.sites import AverageStructure  # noqa: PLC0415

    structure = AverageStructure(crystal)
    return {
        **polyhedra.describe(structure),
        **packing.describe(structure),
        **lithium.describe(structure),
        **network.describe(structure),
    }
