"""Family offsets: how far a few measurements of a family lie from what a model predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass, replace
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA, Estimate

if TYPE_CHECKING:
    from sseml.model.own_rows import OwnRows

SHRINKAGE = 2.0
CONDUCTOR_SHRINKAGE = 4.0
"""Number of measurements of "no offset" added to one's own in each output: about the variance of a
measurement inside its family, over the variance between families. The second output errs less by
family, so it takes more. Measured in docs/decisions/0012-family-offset.md."""

RETRAIN_FROM = 6
"""From as many compositions of a family on, a model that has learned from them orders it better."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What moves answers, each shape (n,): decades to add to each output at 25 °C, and more.

    `energy_eV` are activation energies that were given, NaN where none was; `own` holds
    measurements of the very materials.
    """

    unconditional: FloatArray
    if_conductor: FloatArray
    energy_eV: FloatArray | None = None
    own: OwnRows | None = None

    @classmethod
    def none(cls, count: int) -> Shift:
        """One that moves none of so many answers."""
        return cls(np.zeros(count), np.zeros(count))

    def take(self, rows: IntArray) -> Shift:
        """That of the answers at some places."""
        energy = None if self.energy_eV is None else self.energy_eV[rows]
        return replace(
            self,
            unconditional=self.unconditional[rows],
            if_conductor=self.if_conductor[rows],
            energy_eV=energy,
        )

    def applied(self, plain: Estimate, if_conductor: Estimate) -> tuple[Estimate, Estimate]:
        """Both outputs, shifted; a conductor stays one."""
        conductor = np.maximum(if_conductor.level + self.if_conductor, CONDUCTOR_LOG10_SIGMA)
        return plain.shifted(self.unconditional), replace(if_conductor, level=conductor)


@dataclass(frozen=True, slots=True)
class FamilyOffset:
    """The offsets of one family in decades, and what they were calculated from.

    `compositions` were measured, `conductors` of them are above 1e-7 S/cm; from `learned`
    measurements of the family the model has learned already.
    """

    unconditional: float
    if_conductor: float
    compositions: int
    conductors: int
    learned: int


@dataclass(frozen=True, slots=True)
class Residuals:
    """Measured minus predicted log10 σ at 25 °C for each output, one entry a measurement.

    Measurements of one composition share its number in `compositions`. `if_conductor` is NaN where
    the material is not known to be above 1e-7 S/cm.
    """

    families: Sequence[str]
    compositions: IntArray
    unconditional: FloatArray
    if_conductor: FloatArray

    @classmethod
    def between(
        cls,
        log10_sigma: FloatArray,
        relations: Sequence[str],
        unconditional: FloatArray,
        if_conductor: FloatArray,
        *,
        families: Sequence[str],
        compositions: IntArray,
    ) -> Residuals:
        """Compare measured log10 of σ at 25 °C with both outputs, each of S/cm and shape (n,).

        A bound (relation ``<`` or ``>``) counts only as far as the prediction contradicts it.
        """
        relation = np.array(relations, dtype=object)
        conducts = (log10_sigma > CONDUCTOR_LOG10_SIGMA) & (relation != "<")
        return cls(
            families,
            compositions,
            _residual(log10_sigma, relation, unconditional),
            np.where(conducts, _residual(log10_sigma, relation, if_conductor), np.nan),
        )


@dataclass(frozen=True, slots=True)
class Offsets:
    """The offsets of each family that was measured in a file, which the notes name."""

    file: str
    of_family: Mapping[str, FamilyOffset]
    rows: OwnRows | None = None
    """The measurements themselves, where they are of materials of this model."""

    def shift(self, families: Sequence[str]) -> Shift:
        """By how much answers about materials of these families are shifted."""
        found = [self.of_family.get(family) for family in families]
        return Shift(
            np.array([offset.unconditional if offset else 0.0 for offset in found]),
            np.array([offset.if_conductor if offset else 0.0 for offset in found]),
            own=self.rows,
        )

    def note(self, family: str) -> str | None:
        """How an answer about a material of this family was shifted; None if it was not."""
        offset = self.of_family.get(family)
        if offset is None:
            return None
        plural = "" if offset.compositions == 1 else "s"
        second = f"{offset.if_conductor:+.2f} if it is a conductor"
        if not offset.conductors:
            second = "not shifted if it is a conductor"
        return (
            f"shifted by {offset.unconditional:+.2f} decades, {second}: an offset of the family "
            f"{family}, from {offset.compositions} composition{plural} measured in {self.file} "
            f"({offset.conductors} above 1e-7 S/cm) beside {offset.learned} measurements that the "
            "model has learned from"
        )


def family_offsets(
    residuals: Residuals, learned: Mapping[str, int], learned_conductors: Mapping[str, int]
) -> dict[str, FamilyOffset]:
    """The offsets of each family that was measured, whatever the order of the measurements.

    `learned` and `learned_conductors` hold family → number of its measurements that each output has
    learned from. These are in the model already: each is one more measurement of "no offset".
    """
    family_of_row = np.array(residuals.families, dtype=object)
    found = {}
    for family in sorted(set(residuals.families)):
        rows = family_of_row == family
        compositions = residuals.compositions[rows]
        unconditional, count = shrunken_mean(
            residuals.unconditional[rows], compositions, SHRINKAGE + learned.get(family, 0)
        )
        if_conductor, conductors = shrunken_mean(
            residuals.if_conductor[rows],
            compositions,
            CONDUCTOR_SHRINKAGE + learned_conductors.get(family, 0),
        )
        found[family] = FamilyOffset(
            unconditional, if_conductor, count, conductors, learned.get(family, 0)
        )
    return found


def shrunken_mean(
    residual: FloatArray, compositions: IntArray, shrinkage: float
) -> tuple[float, int]:
    """Sum of the compositions' mean residuals over (their number + `shrinkage`), and that number.

    `residual` is in decades, shape (n,), NaN where there is none; `shrinkage` is above 0.
    """
    known = np.isfinite(residual)
    residual, compositions = residual[known], compositions[known]
    means = []
    for composition in np.unique(compositions):
        own = residual[compositions == composition]
        means.append(fsum(own) / len(own))
    return fsum(means) / (len(means) + shrinkage), len(means)


def _residual(
    measured: FloatArray, relation: NDArray[np.object_], predicted: FloatArray
) -> FloatArray:
    residual = measured - predicted
    residual = np.where(relation == "<", np.minimum(residual, 0.0), residual)
    return np.where(relation == ">", np.maximum(residual, 0.0), residual)
