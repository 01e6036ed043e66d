"""What a bundle of any kind answers about materials, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.kinds import Doubt, Kind
from sseml.model.evidence import Evidence
from sseml.model.heating import Conductivity
from sseml.model.offsets import Shift
from sseml.records import RefusedInputError
from sseml.units import SUPERIONIC_S_CM

if TYPE_CHECKING:
    from sseml.model.own_rows import Pull

THRESHOLD_RANGE_S_CM = (1e-15, 10.0)
"""No electrolyte conducts worse or better: a threshold beyond is in another unit, or a slip."""


def require_threshold(threshold_S_cm: float) -> None:
    """Raise a `RefusedInputError` for a threshold that no electrolyte could reach, or all do."""
    low, high = THRESHOLD_RANGE_S_CM
    if not low <= threshold_S_cm <= high:
        raise RefusedInputError(
            f"{threshold_S_cm:g} is no conductivity in S/cm",
            f"write one between {low:g} and {high:g}, such as 1e-3",
        )


@dataclass(frozen=True, slots=True)
class BundleAnswer:
    """Predictions for each material at its temperature; every array has shape (n,)."""

    sigma: Conductivity
    if_conductor: Conductivity
    """On the condition that the material is a conductor: above 1e-7 S/cm at 25 °C."""
    p_conductor: FloatArray
    p_superionic: FloatArray
    """Probability that σ reaches the threshold, 1e-4 S/cm by default, at the temperature asked."""
    activation_energy_eV: FloatArray
    by_crystal_system: FloatArray
    """Decades that the crystal system adds; 0 where it is not known."""
    nearest_distance: FloatArray
    parts_known: NDArray[np.bool_]
    """Whether each of the parts (elements) is part of some measured material."""
    distance: FloatArray
    """To every measurement of the evidence, shape (n, n_measurements)."""
    log10_without_filler: FloatArray | None = None
    """log10 of σ in S/cm of the film without its fillers; NaN for what is no composite."""
    by_energy: FloatArray | None = None
    """Decades at 25 °C that a given activation energy added; 0 where none was given."""
    by_own: Pull | None = None
    """What one's own measurements of the very materials did."""
    doubts: tuple[Doubt, ...] = ()
    """What speaks against each answer, in its order; empty for a model that says no more."""


class Model(Protocol):
    """A bundle of any form, as predicting uses it."""

    @property
    def name(self) -> str:
        """The bundle's name, which every prediction carries."""
        ...

    @property
    def kind(self) -> Kind:
        """The kind of material that it answers about."""
        ...

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What `bundle.json` says."""
        ...

    @property
    def evidence(self) -> Evidence:
        """The measurements that it knows."""
        ...

    def predict(
        self,
        materials: Sequence[Any],
        temperature_C: FloatArray,
        shift: Shift | None = None,
        threshold_S_cm: float = SUPERIONIC_S_CM,
    ) -> BundleAnswer:
        """Answer about materials, each at its temperature, shape (n,)."""
        ...
