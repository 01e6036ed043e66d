"""The parts of a bundle of compositions that sum over everything, each with its compiled twin."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass, fields, replace
from sseml.compiled import kernels
from sseml.features.parents import FARTHEST, Parents, as_bits, li_phases
from sseml.forest import Forest
from sseml.model.arrhenius import Lines
from sseml.model.bundle import Bundle
from sseml.model.ensemble import Output
from sseml.model.evidence import Evidence
from sseml.model.kernel import NEAREST, KernelInputs

Part = TypeVar("Part")


def with_compiled_parts(bundle: Bundle) -> Bundle:
    """A bundle that answers as the given one does, with compiled sums."""
    ensemble, kind = bundle.ensemble, bundle.kind
    featurizers = {**kind.featurizers, "parents": Parents(_nearest_phases)}
    return replace(
        bundle,
        kind=replace(kind, featurizers=featurizers),
        evidence=_as(_Evidence, bundle.evidence),
        ensemble=replace(
            ensemble,
            inputs=_as(_Inputs, ensemble.inputs),
            plain=_output(ensemble.plain),
            if_conductor=_output(ensemble.if_conductor),
        ),
    )


def _output(output: Output) -> Output:
    trees = replace(
        output.trees,
        boosted=_forest(output.trees.boosted),
        averaged=_forest(output.trees.averaged),
    )
    return replace(output, trees=trees, lines=_as(_Lines, output.lines))


def _as(part: type[Part], plain: Any) -> Part:
    """The compiled twin of a part, with the same fields."""
    return part(**{field.name: getattr(plain, field.name) for field in fields(plain)})


def _nearest_phases(fractions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """As `sseml.features.parents.nearest_phases`."""
    phases = li_phases()
    column, fraction = _by_phase()
    same, subset = np.full((2, len(fractions)), FARTHEST)
    kernels.nearest_phases(
        fractions,
        as_bits(fractions > 0),
        phases.elements,
        phases.first,
        phases.size,
        column,
        fraction,
        same,
        subset,
    )
    return same, subset


@cache
def _by_phase() -> tuple[IntArray, FloatArray]:
    """Places of the elements of each phase, and their fractions, (n_phases, MAX_ELEMENTS)."""
    phases = li_phases()
    return np.ascontiguousarray(phases.column.T), np.ascontiguousarray(phases.fraction.T)


class _Evidence(Evidence):
    def apart(self, positions: FloatArray) -> FloatArray:
        """As `Evidence.apart`."""
        by_part, whole = self._by_part
        apart = np.empty((len(positions), len(self.positions)))
        own = np.cumsum(positions, axis=1)[:, -1]
        kernels.apart_from(positions, own, by_part, whole, self.distinct[1], apart)
        return apart

    @cached_property
    def _by_part(self) -> tuple[FloatArray, FloatArray]:
        """Distinct positions, transposed, and what each sums to."""
        distinct = self.distinct[0]
        return np.ascontiguousarray(distinct.T), np.cumsum(distinct, axis=1)[:, -1]


class _Inputs(KernelInputs):
    def alike(self, squared: FloatArray, columns: int, distance: FloatArray) -> FloatArray:
        """As `KernelInputs.alike`."""
        settings = self.settings
        kernels.alike(
            squared,
            distance,
            self.rows,
            -1.0 / (settings.feature_length * np.sqrt(columns)),
            settings.feature_variance,
            -1.0 / settings.distance_length,
            settings.distance_variance,
        )
        return squared

    def deviation(self, cross: FloatArray, pairs: FloatArray | None = None) -> FloatArray:
        """As `KernelInputs.deviation`."""
        explained = np.empty(len(cross))
        count = min(NEAREST, cross.shape[1])
        pairs = self.pairs if pairs is None else pairs
        kernels.explained(cross, pairs, self.variance, count, explained)
        deviation: FloatArray = np.sqrt(np.clip(self.settings.largest - explained, 0.0, None))
        return deviation


class _Lines(Lines):
    __slots__ = ()

    def predict(self, cross: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As `Lines.predict`."""
        sums = np.empty((2, len(cross)))
        kernels.weighted(cross, self.level, self.energy, sums)
        return self.mean + sums[0], self.mean_energy_eV + sums[1]


@dataclass(frozen=True, slots=True)
class _Forest(Forest):
    """A forest with its nodes in 32 bits: half the memory to walk through."""

    nodes: tuple[NDArray[Any], ...]
    """Features, thresholds, children, values and roots."""

    def predict(self, X: FloatArray) -> FloatArray:
        """As `Forest.predict`."""
        sums, _ = self._sums(X)
        mean: FloatArray = self.offset + self.tree_weight * sums
        return mean

    def predict_with_spread(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As `Forest.predict_with_spread`."""
        sums, squares = self._sums(X)
        count = len(self.roots)
        variance = squares / count - (sums / count) ** 2
        return self.offset + self.tree_weight * sums, np.sqrt(np.clip(variance, 0.0, None))

    def _sums(self, X: FloatArray) -> tuple[FloatArray, FloatArray]:
        sums, squares = np.zeros((2, len(X)))
        cells = np.ascontiguousarray(X, dtype=np.float32)
        feature, threshold, child, value, roots = self.nodes
        kernels.leaf_sums(cells, feature, threshold, child, value, roots, sums, squares)
        return sums, squares


def _forest(plain: Forest) -> Forest:
    nodes = (
        plain.feature.astype(np.int32),
        plain.threshold,
        plain.child.astype(np.int32),
        plain.value,
        plain.roots.astype(np.int32),
    )
    own = {field.name: getattr(plain, field.name) for field in fields(plain)}
    return _Forest(**own, nodes=nodes)
