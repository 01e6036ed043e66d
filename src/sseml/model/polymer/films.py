"""Every kind of film is answered in its own way: dry, gel, with residual solvent, composite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.features.polymer.films import Film, film_of, without_fillers
from sseml.kinds import Doubt, Kind
from sseml.model.ensemble import arrays_below, named
from sseml.model.polymer.blocks import SETS, blocks_of
from sseml.model.polymer.composites import CompositeModel
from sseml.model.polymer.ensemble import GRID_C, CurveEnsemble, along
from sseml.model.polymer.gels import GelModel
from sseml.model.polymer.intervals import CurveIntervals, Spread
from sseml.model.polymer.reported import ReportedFilms
from sseml.model.polymer.signals import signals_of
from sseml.physics.transport import vtf_fit
from sseml.records import Composite, Polymer
from sseml.units import BOLTZMANN_EV_K, ROOM_TEMPERATURE_C, ZERO_CELSIUS_K

_SLOPE_OVER_C = 15.0
"""The activation energy is the slope from so far below to so far above the temperature."""
_VTF_RANGE_C = np.arange(20.0, 101.0, 10.0)


@dataclass(frozen=True, slots=True)
class FilmAnswer:
    """Answers about n recipes at their temperatures and at 25 °C; arrays are (n,).

    `mean` and `mean_25` are log10 of σ in S/cm; the spreads are of the truth around them. `curve`
    (n, n_grid) is log10 of σ along `GRID_C`, and never falls on heating.
    """

    curve: FloatArray
    mean: FloatArray
    spread: Spread
    mean_25: FloatArray
    spread_25: Spread
    activation_energy_eV: FloatArray
    without_filler: FloatArray
    """log10 of σ in S/cm without fillers; NaN for what is no composite."""
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Films:
    """The models of all kinds of film.

    `known` (n_recipes, k) are the positions of the recipes that the ensemble was fitted to.
    """

    kind: Kind
    ensemble: CurveEnsemble
    intervals: CurveIntervals
    known: FloatArray
    gels: GelModel
    reported: ReportedFilms
    composites: CompositeModel | None
    """None while it is not fitted yet: it learns from what the others answer."""

    def answer(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FilmAnswer:
        """Answer each recipe at its temperature, shape (n,), by the model of its kind of film."""
        ways: Mapping[Film, Callable[[Sequence[Any], FloatArray], FilmAnswer]] = {
            "dry": self._dry,
            "gel": self._gel,
            "residual solvent": self._reported,
            "composite": self._composite,
        }
        rows_of: dict[Film, list[int]] = {}
        for row, material in enumerate(materials):
            rows_of.setdefault(film_of(material), []).append(row)
        parts = [
            ways[film]([materials[row] for row in rows], temperature_C[rows])
            for film, rows in rows_of.items()
        ]
        order = np.argsort(np.concatenate([np.array(rows) for rows in rows_of.values()]))
        return _in_order(parts, order)

    def _dry(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FilmAnswer:
        X = self.kind.features(materials, SETS).values
        distance = self.kind.distance
        nearest = distance.between(distance.positions(materials), self.known).min(axis=1)
        curves = self.ensemble.curves(X)
        room = np.full(len(materials), ROOM_TEMPERATURE_C)
        at, at_25 = (
            signals_of(curves, self.ensemble, X, asked, nearest) for asked in (temperature_C, room)
        )
        mean = curves.mean
        return FilmAnswer(
            curve=mean,
            mean=at.mean,
            spread=self.intervals.spread(at, temperature_C),
            mean_25=at_25.mean,
            spread_25=self.intervals.spread(at_25, room),
            activation_energy_eV=local_activation_energy_eV(mean, temperature_C),
            without_filler=_none(materials),
            doubts=tuple(Doubt(notes=curve_notes(curve)) for curve in mean),
        )

    def _gel(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FilmAnswer:
        room = np.full(len(materials), ROOM_TEMPERATURE_C)
        return FilmAnswer(
            curve=self.gels.curves(materials, GRID_C),
            mean=self.gels.predict(materials, temperature_C),
            spread=self.gels.spread(len(materials)),
            mean_25=self.gels.predict(materials, room),
            spread_25=self.gels.spread(len(materials)),
            activation_energy_eV=self.gels.activation_energy_eV(temperature_C),
            without_filler=_none(materials),
            doubts=tuple(self.gels.doubt(material) for material in materials),
        )

    def _reported(self, materials: Sequence[Polymer], temperature_C: FloatArray) -> FilmAnswer:
        room = np.full(len(materials), ROOM_TEMPERATURE_C)
        spread = self.reported.spread(len(materials))
        return FilmAnswer(
            curve=np.tile(self.reported.log10_sigma(GRID_C), (len(materials), 1)),
            mean=self.reported.log10_sigma(temperature_C),
            spread=spread,
            mean_25=self.reported.log10_sigma(room),
            spread_25=spread,
            activation_energy_eV=np.full(len(materials), self.reported.activation_energy_eV),
            without_filler=_none(materials),
            doubts=(self.reported.doubt(),) * len(materials),
        )

    def _composite(self, materials: Sequence[Composite], temperature_C: FloatArray) -> FilmAnswer:
        if self.composites is None:
            raise ValueError("the model of composites is not fitted")
        base = self.answer([without_fillers(each) for each in materials], temperature_C)
        room = np.full(len(materials), ROOM_TEMPERATURE_C)
        curve = self.composites.curves(materials, base.curve, GRID_C)
        doubts = [
            self.composites.doubt(material, at, float(mean))
            for material, at, mean in zip(materials, temperature_C, base.mean, strict=True)
        ]
        return FilmAnswer(
            curve=curve,
            mean=along(curve, temperature_C),
            spread=self.composites.spread(base.spread, temperature_C),
            mean_25=along(curve, room),
            spread_25=self.composites.spread(base.spread_25, room),
            activation_energy_eV=base.activation_energy_eV,
            without_filler=base.mean,
            doubts=tuple(
                own.joined(Doubt(of_base.at_best))
                for own, of_base in zip(doubts, base.doubts, strict=True)
            ),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays, to be saved without pickle."""
        return {
            **named("ensemble", self.ensemble.to_arrays()),
            **named("intervals", self.intervals.to_arrays()),
            "known": self.known.astype(np.float32),
            **named("gels", self.gels.to_arrays()),
            **named("reported", self.reported.to_arrays()),
            **named("composites", self.composites.to_arrays() if self.composites else {}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], kind: Kind) -> Films:
        """Rebuild from `to_arrays`."""
        names = tuple(feature.name for feature in kind.feature_list(SETS))
        return cls(
            kind=kind,
            ensemble=CurveEnsemble.from_arrays(
                arrays_below(arrays, "ensemble"), names, blocks_of(kind)
            ),
            intervals=CurveIntervals.from_arrays(arrays_below(arrays, "intervals")),
            known=arrays["known"].astype(np.float64),
            gels=GelModel.from_arrays(arrays_below(arrays, "gels")),
            reported=ReportedFilms.from_arrays(arrays_below(arrays, "reported")),
            composites=CompositeModel.from_arrays(arrays_below(arrays, "composites")),
        )


def _none(materials: Sequence[Polymer]) -> FloatArray:
    return np.full(len(materials), np.nan)


def local_activation_energy_eV(curves: FloatArray, temperature_C: FloatArray) -> FloatArray:  # noqa: N802
    """Activation energy of σT at temperatures, from curves (n, n_grid): shape (n,).

    −k_B d ln(σT) / d(1/T) between 15 K below and 15 K above the temperature.
    """
    low, high = temperature_C - _SLOPE_OVER_C, temperature_C + _SLOPE_OVER_C
    cold, hot = low + ZERO_CELSIUS_K, high + ZERO_CELSIUS_K
    gained = along(curves, high) + np.log10(hot) - along(curves, low) - np.log10(cold)
    energy: FloatArray = BOLTZMANN_EV_K * np.log(10.0) * gained / (1.0 / cold - 1.0 / hot)
    return energy


def curve_notes(curve: FloatArray) -> tuple[str, ...]:
    """The parameters of a Vogel-Tammann-Fulcher curve, where it fits better than a line."""
    log10_sigma = along(np.tile(curve, (len(_VTF_RANGE_C), 1)), _VTF_RANGE_C)
    fitted = vtf_fit(_VTF_RANGE_C + ZERO_CELSIUS_K, log10_sigma)
    if fitted is None:
        return ()
    return (
        f"20 to 100 °C: VTF fits better than a line: B = {fitted.B_eV:.3f} eV (k_B times B), T0 ="
        f" {fitted.T0_K:.0f} K; activation_energy_eV is the slope at the temperature asked",
    )


def _in_order(parts: Sequence[FilmAnswer], order: IntArray) -> FilmAnswer:
    """Join answers and put them into an order."""

    def joined(name: str) -> FloatArray:
        together: FloatArray = np.concatenate([getattr(part, name) for part in parts])[order]
        return together

    def spread(name: str) -> Spread:
        own = [getattr(part, name) for part in parts]
        return Spread(
            np.concatenate([each.width for each in own])[order],
            np.concatenate([each.quantiles for each in own])[order],
        )

    doubts = [doubt for part in parts for doubt in part.doubts]
    return FilmAnswer(
        curve=joined("curve"),
        mean=joined("mean"),
        spread=spread("spread"),
        mean_25=joined("mean_25"),
        spread_25=spread("spread_25"),
        activation_energy_eV=joined("activation_energy_eV"),
        without_filler=joined("without_filler"),
        doubts=tuple(doubts[place] for place in order),
    )
