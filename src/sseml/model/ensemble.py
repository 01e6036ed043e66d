"""The fitted ensemble as data: linear mean and trees, and a process on Arrhenius lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import astuple, dataclass, replace
from sseml.features.contract import Distance
from sseml.forest import Forest
from sseml.model.arrhenius import Lines
from sseml.model.calibration import Signals
from sseml.model.crystal_system import PolymorphCorrection
from sseml.model.kernel import REACH, ROWS_IN_CACHE, KernelInputs
from sseml.model.known_structure import KnownStructures

Arrays = Mapping[str, NDArray[Any]]

_DECIMALS = 7
"""Features are rounded to this many, so that trees do not tell 0 from the 1e-17 of rounding."""

CONDUCTOR_LOG10_SIGMA = -7.0
"""log10 of the S/cm at 25 °C above which a material counts as a conductor."""

TREES_FLOOR = -10.0
"""Trees learn σ at 25 °C no lower than this, in log10 of S/cm: below are bounds and long lines."""


@dataclass(frozen=True, slots=True)
class Standardiser:
    """Fill missing values with the training median, centre, scale and clip; each (n_features,)."""

    median: FloatArray
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, X: FloatArray) -> Standardiser:
        """Learn from the training features, shape (n_train, n_features)."""
        has_value = ~np.isnan(X).all(axis=0)
        median = np.zeros(X.shape[1])
        median[has_value] = np.nanmedian(X[:, has_value], axis=0)
        filled = np.where(np.isnan(X), median, X)
        scale = filled.std(axis=0)
        return cls(median, filled.mean(axis=0), np.where(scale > 1e-12, scale, np.inf))

    def fill(self, X: FloatArray) -> FloatArray:
        """Features without NaN or rounding error, in their own units (what trees see)."""
        filled: FloatArray = np.where(np.isnan(X), self.median, X)
        return filled.round(_DECIMALS)

    def standardise(self, filled: FloatArray) -> FloatArray:
        """Centred, scaled and clipped features (what the linear and kernel parts see)."""
        return np.clip((filled - self.centre) / self.scale, -REACH, REACH)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an output says of rows, shape (n_rows,) each.

    `level` is log10 of σ in S/cm at 25 °C, `energy_eV` the activation energy of σT; `signals` tell
    how far they can be trusted.
    """

    level: FloatArray
    energy_eV: FloatArray
    by_system: FloatArray
    """Decades of the level that a known crystal system added."""
    signals: Signals

    @staticmethod
    def join(parts: Sequence[Estimate]) -> Estimate:
        """Concatenate."""
        return Estimate(
            level=np.concatenate([part.level for part in parts]),
            energy_eV=np.concatenate([part.energy_eV for part in parts]),
            by_system=np.concatenate([part.by_system for part in parts]),
            signals=Signals.join([part.signals for part in parts]),
        )

    def shifted(self, decades: FloatArray) -> Estimate:
        """The same with a level that lies so many decades higher, shape (n_rows,)."""
        return replace(self, level=self.level + decades)


@dataclass(frozen=True, slots=True)
class View:
    """What the parts of an ensemble see of the rows that are asked about.

    `filled` and `standardised` features are (n_rows, n_features), the kernel to the training
    inputs, `cross`, is (n_rows, n_distinct), the deviation of the Gaussian process (n_rows,);
    `distance` is that to every training row, (n_rows, n_train), `systems` are crystal systems.
    """

    filled: FloatArray
    standardised: FloatArray
    cross: FloatArray
    kernel_deviation: FloatArray
    distance: FloatArray
    systems: IntArray


@dataclass(frozen=True, slots=True)
class KernelShare:
    """How much the Gaussian process counts against the trees: more where a measurement is near.

    `at_near` up to the distance `near`, `at_far` from `far` on, and on a line between.
    """

    near: float = 0.03
    far: float = 0.12
    at_near: float = 0.7
    at_far: float = 0.3

    def of(self, distance: FloatArray) -> FloatArray:
        """Share at distances to the nearest training row, shape (n_rows,)."""
        share: FloatArray = np.interp(distance, [self.near, self.far], [self.at_near, self.at_far])
        return share

    def faded(self, distance: FloatArray) -> FloatArray:
        """The share in parts of that near a measurement; a process of no share fades to nothing."""
        return self.of(distance) / (self.at_near or 1.0)


@dataclass(frozen=True, slots=True)
class Trees:
    """A linear mean with two kinds of trees on its residual, which count half each.

    `linear` holds the intercept and the coefficients on standardised features, shape
    (1 + n_features,).
    """

    linear: FloatArray
    boosted: Forest
    averaged: Forest

    def predict(self, view: View) -> tuple[FloatArray, FloatArray]:
        """Prediction and the spread of the averaged trees, each (n_rows,)."""
        averaged, spread = self.averaged.predict_with_spread(view.filled)
        linear = self.linear[0] + (view.standardised * self.linear[1:]).sum(axis=1)
        return linear + (self.boosted.predict(view.filled) + averaged) / 2.0, spread

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "linear": self.linear,
            **named("boosted", self.boosted.to_arrays()),
            **named("averaged", self.averaged.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Trees:
        """Rebuild from `to_arrays`."""
        return cls(
            linear=arrays["linear"],
            boosted=Forest.from_arrays(arrays_below(arrays, "boosted")),
            averaged=Forest.from_arrays(arrays_below(arrays, "averaged")),
        )


@dataclass(frozen=True, slots=True)
class Output:
    """Trees on σ at 25 °C and a Gaussian process on Arrhenius lines, together one answer.

    The trees know nothing below `TREES_FLOOR`; there the process alone decides how low. What a
    crystal system adds is the process's, and fades with its share; measurements of the very
    structure pull the answer on.
    """

    trees: Trees
    lines: Lines
    polymorph: PolymorphCorrection
    share: KernelShare
    known: KnownStructures

    def answer(self, view: View, nearest: FloatArray) -> Estimate:
        """Answer for a view; `nearest` is the distance of each row to the nearest training row."""
        trees, spread = self.trees.predict(view)
        level, energy = self.lines.predict(view.cross)
        beside = trees - np.maximum(level, TREES_FLOOR)
        share = self.share.of(nearest)
        by_system = self.polymorph.shift(view.systems, view.distance) * self.share.faded(nearest)
        by_system += self.known.shift(view.systems, view.distance)
        added = (1.0 - share) * beside + by_system
        return Estimate(
            level=level + added,
            energy_eV=energy + self.lines.energy_per_decade * added,
            by_system=by_system,
            signals=Signals(nearest, spread, view.kernel_deviation, np.abs(beside)),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            "share": np.array(astuple(self.share)),
            **named("trees", self.trees.to_arrays()),
            **named("lines", self.lines.to_arrays()),
            **named("polymorph", self.polymorph.to_arrays()),
            **named("known", self.known.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Output:
        """Rebuild from `to_arrays`."""
        return cls(
            trees=Trees.from_arrays(arrays_below(arrays, "trees")),
            lines=Lines.from_arrays(arrays_below(arrays, "lines")),
            polymorph=PolymorphCorrection.from_arrays(arrays_below(arrays, "polymorph")),
            share=KernelShare(*(float(number) for number in arrays["share"])),
            known=KnownStructures.from_arrays(arrays_below(arrays, "known")),
        )


@dataclass(frozen=True, slots=True)
class Ensemble:
    """How rows are looked at, and both outputs.

    `plain` has learned from every measurement and answers for any material; `if_conductor` has
    learned from the rows that `conductors` masks, shape (n_train,), and answers on the condition
    that a material is a conductor: above `CONDUCTOR_LOG10_SIGMA`.
    """

    standardiser: Standardiser
    inputs: KernelInputs
    plain: Output
    if_conductor: Output
    conductors: BoolArray

    def view(
        self, X: FloatArray, distance: FloatArray, systems: IntArray, *, is_of_many: bool = False
    ) -> View:
        """Look at rows.

        `X` are features, missing as NaN, shape (n_rows, n_features); `distance` is that to every
        training row, shape (n_rows, n_train); `systems` are crystal systems, `UNKNOWN` among them,
        shape (n_rows,). `is_of_many` says that the rows are some of thousands.
        """
        filled = self.standardiser.fill(X)
        standardised = self.standardiser.standardise(filled)
        cross = self.inputs.cross(standardised, distance)
        deviation = self.inputs.deviation(cross, self.inputs.pairs if is_of_many else None)
        return View(filled, standardised, cross, deviation, distance, systems)

    def predict(
        self, X: FloatArray, distance: FloatArray, systems: IntArray, *, is_of_many: bool = False
    ) -> tuple[Estimate, Estimate]:
        """Answer for any material, and on the condition that it is a conductor.

        Takes what `view` takes.
        """
        view = self.view(X, distance, systems, is_of_many=is_of_many)
        plain = self.plain.answer(view, distance.min(axis=1))
        nearest = _smallest(distance, self.conductors)
        conducting = self.if_conductor.answer(view, nearest)
        level = np.maximum(conducting.level, CONDUCTOR_LOG10_SIGMA)
        return plain, replace(conducting, level=level)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the positions of the inputs, as named arrays without pickle."""
        return {
            "median": self.standardiser.median,
            "centre": self.standardiser.centre,
            "scale": self.standardiser.scale,
            "conductors": self.conductors,
            **named("inputs", self.inputs.to_arrays()),
            **named("plain", self.plain.to_arrays()),
            **named("if_conductor", self.if_conductor.to_arrays()),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, distance: Distance, positions: FloatArray) -> Ensemble:
        """Rebuild from `to_arrays`; `positions` are those of the training rows."""
        inputs = arrays_below(arrays, "inputs")
        return cls(
            standardiser=Standardiser(arrays["median"], arrays["centre"], arrays["scale"]),
            inputs=KernelInputs.from_arrays(inputs, distance, positions),
            plain=Output.from_arrays(arrays_below(arrays, "plain")),
            if_conductor=Output.from_arrays(arrays_below(arrays, "if_conductor")),
            conductors=arrays["conductors"],
        )


def _smallest(distance: FloatArray, rows: BoolArray) -> FloatArray:
    """Distance to the nearest of some training rows, shape (n_rows,)."""
    left_out = np.where(rows, 0.0, np.inf)
    smallest = np.empty(len(distance))
    for start in range(0, len(distance), ROWS_IN_CACHE):
        piece = slice(start, start + ROWS_IN_CACHE)
        smallest[piece] = (distance[piece] + left_out).min(axis=1)
    return smallest


def named(part: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Arrays with the name of what they belong to, and a dot, before their own."""
    return {f"{part}.{name}": array for name, array in arrays.items()}


class _Part(dict[str, NDArray[Any]]):
    """Some of the arrays of a file; one that is not there is missed under its full name."""

    def __init__(self, prefix: str, arrays: Arrays) -> None:
        super().__init__(
            (name.removeprefix(prefix), array)
            for name, array in arrays.items()
            if name.startswith(prefix)
        )
        self.full_prefix = getattr(arrays, "full_prefix", "") + prefix

    def __missing__(self, name: str) -> NDArray[Any]:
        raise KeyError(self.full_prefix + name)


def arrays_below(arrays: Arrays, part: str) -> dict[str, NDArray[Any]]:
    """The arrays whose name begins with `part` and a dot, under the rest of their name."""
    return _Part(f"{part}.", arrays)
