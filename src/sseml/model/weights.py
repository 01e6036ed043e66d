"""The exact weight of every measurement in an answer at 25 °C, rebuilt from a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sseml.arrays import FloatArray
from sseml.model.bundle import Bundle
from sseml.model.crystal_system import systems_of
from sseml.model.ensemble import TREES_FLOOR, View
from sseml.model.feature_moves import FeatureMoves
from sseml.model.heating import shift_from_25
from sseml.model.kernel import exact_inputs, kernel
from sseml.model.line_weights import LineWeights, ObservedLines
from sseml.model.settings import EnsembleSettings
from sseml.model.tree_weights import TreeRows, TreeWeights
from sseml.records import BundleError, Material
from sseml.units import celsius_to_kelvin

TOLERANCE = 1e-3
"""Decades by which the sum of all contributions may miss the answer: trees are in float32."""

_ALIKE = 1e-6


@dataclass(frozen=True, slots=True)
class Weighed:
    """What makes up the answers about m materials at 25 °C, without own measurements.

    `level` (m,) is `constant` plus, summed over the n training rows, `of_sigma` (m, n) times the
    log10(σT / 298.15 K) that were learned from, `log10_sigma_T` (n,), plus `of_energy` (m, n) times
    the stated `activation_energy_eV` (n,), which is 0 where none was learned from. `parts` (m,)
    sum to the level too. `moves` (m, n_features) are decades by which features move the answer
    against the mean over the family in `families`, None standing for all rows; `filled` are the
    features, and `family_means` those means of them.
    """

    level: FloatArray
    constant: FloatArray
    of_sigma: FloatArray
    of_energy: FloatArray
    log10_sigma_T: FloatArray
    activation_energy_eV: FloatArray
    parts: Mapping[str, FloatArray]
    moves: FloatArray
    filled: FloatArray
    family_means: FloatArray
    families: Sequence[str | None]

    @property
    def decades(self) -> FloatArray:
        """What each row contributes, its σ and its activation energy together, shape (m, n)."""
        of_energy = self.of_energy * self.activation_energy_eV
        decades: FloatArray = self.of_sigma * self.log10_sigma_T + of_energy
        return decades


class BundleWeights:
    """Weights of the training rows in the answers of a bundle; rebuilding takes a few seconds.

    An answer is a share of the level of the Arrhenius lines, the rest of the trees, and what a
    crystal system adds: each linear in what the rows say, the structure of trees, the noise of
    measurements and what bounds were taken for being given. Trees learn σ at 25 °C, which is a
    function of the one row: its σ, carried along its activation energy, and no lower than
    1e-10 S/cm. Their weight on it is a weight on that σ and, where the row states an energy that
    was learned from, on that energy; what carrying by a typical energy and clipping add is part of
    the constant.

    Parameters
    ----------
    bundle
        The bundle; its features, kernel and crystal systems are rebuilt from its evidence.

    Raises
    ------
    BundleError
        If it was trained on other features than its evidence has.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        ensemble, output = bundle.ensemble, bundle.ensemble.plain
        materials = bundle.kind.read_all(bundle.evidence.formulas[i] for i in bundle.training_rows)
        settings = EnsembleSettings.from_dict(bundle.manifest["settings"])
        X = _of_distinct(bundle, materials)
        filled = ensemble.standardiser.fill(X)
        standardised = ensemble.standardiser.standardise(filled)
        temperature_C = bundle.evidence.temperature_C[bundle.training_rows]
        self.shift = shift_from_25(temperature_C + celsius_to_kelvin(0.0))
        self.learned = bundle.learned
        self.with_energy = np.flatnonzero(~np.isnan(self.learned.activation_energy_eV))
        positions = bundle.kind.distance.positions(materials)
        self.lines = LineWeights(self._observed(settings, standardised, positions))
        self.fit_rows = np.flatnonzero(self.learned.trees_weight > 0.0)
        rows = TreeRows(
            filled[self.fit_rows],
            standardised[self.fit_rows],
            self.learned.trees_weight[self.fit_rows],
        )
        self.trees = TreeWeights(output.trees, rows, settings)
        families = [bundle.kind.recognise(materials[row]).family for row in self.fit_rows]
        self.features = FeatureMoves(output.trees, rows, families)

    def of(self, materials: Sequence[Material], families: Sequence[str]) -> Weighed:
        """Take the answers about materials apart; `families` are those they are recognised as.

        Raises
        ------
        BundleError
            If the contributions do not sum to the answer within `TOLERANCE`.
        """
        bundle, output = self.bundle, self.bundle.ensemble.plain
        X = bundle.kind.features(materials, bundle.manifest["feature_sets"]).values
        measured = bundle.evidence.positions[bundle.training_rows]
        positions = bundle.kind.distance.positions(materials)
        distance = bundle.kind.distance.between(positions, measured)
        systems = systems_of(map(bundle.kind.space_group, materials))
        view = bundle.ensemble.view(X, distance, systems)
        nearest = distance.min(axis=1)
        answer = output.answer(view, nearest)
        of_trees = (1.0 - output.share.of(nearest))[:, None]
        faded = output.share.faded(nearest)
        compared = [self.features.known_family(family) for family in families]
        moves = self.features.of(view.filled, view.standardised, compared)
        weighed = Weighed(
            level=answer.level,
            **self._weights(view, of_trees, faded),
            log10_sigma_T=bundle.observations.log10_sigma_T,
            activation_energy_eV=np.nan_to_num(self.learned.activation_energy_eV),
            parts=self._parts(view, of_trees[:, 0], faded),
            moves=of_trees * moves,
            filled=view.filled,
            family_means=np.stack([self.features.family_mean(family) for family in compared]),
            families=compared,
        )
        missed = np.abs(weighed.constant + weighed.decades.sum(axis=1) - weighed.level)
        if missed.max(initial=0.0) > TOLERANCE:
            raise BundleError(
                f"{bundle.name}: its measurements sum to another answer than its own, by "
                f"{missed.max():.3f} decades; train it again with this version of sseml"
            )
        return weighed

    def _weights(
        self, view: View, of_trees: FloatArray, faded: FloatArray
    ) -> dict[str, FloatArray]:
        """Constant and weights.

        `of_trees` is the share of the trees, (m, 1), `faded` what is left of what a crystal system
        adds, (m,).
        """
        output, learned, rows = self.bundle.ensemble.plain, self.learned, self.fit_rows
        level, _ = output.lines.predict(view.cross)
        lines = self.lines.of_level(view.cross)
        system = self.lines.of_crystal_system(view.systems, view.distance)
        is_floored = level <= TREES_FLOOR
        of_lines = np.where(is_floored, 1.0, 1.0 - of_trees[:, 0])[:, None]
        by_system = output.polymorph.shift(view.systems, view.distance)
        is_held = np.abs(by_system) >= output.polymorph.settings.largest
        of_system = np.where(is_held, 0.0, faded)[:, None]
        of_sigma = of_lines * lines.of_sigma + of_system * system.of_sigma
        of_energy = np.zeros_like(of_sigma)
        of_energy[:, self.with_energy] = of_lines * lines.of_energy + of_system * system.of_energy
        constant = of_lines[:, 0] * lines.constant + of_system[:, 0] * system.constant
        constant += np.where(is_floored, -of_trees[:, 0] * TREES_FLOOR, 0.0)
        constant += np.where(is_held, by_system * faded, 0.0)
        constant += output.known.shift(view.systems, view.distance)

        parts = self.trees.of(view.filled, view.standardised)
        of_target = of_trees * (parts.linear + (parts.boosted + parts.averaged) / 2.0)
        of_sigma[:, rows] += of_target
        energy = learned.activation_energy_eV[rows]
        carried = ~np.isnan(energy) & (learned.target[rows] > TREES_FLOOR)
        slope = np.where(carried, -self.shift[rows], 0.0)
        of_energy[:, rows] += of_target * slope
        value = self.bundle.observations.log10_sigma_T[rows] + slope * np.nan_to_num(energy)
        constant += of_target @ (learned.target[rows] - value)
        return {"constant": constant, "of_sigma": of_sigma, "of_energy": of_energy}

    def _parts(self, view: View, of_trees: FloatArray, faded: FloatArray) -> dict[str, FloatArray]:
        output = self.bundle.ensemble.plain
        trees = output.trees
        level, _ = output.lines.predict(view.cross)
        linear = trees.linear[0] + (view.standardised * trees.linear[1:]).sum(axis=1)
        return {
            "process": level - of_trees * np.maximum(level, TREES_FLOOR),
            "linear": of_trees * linear,
            "boosted": of_trees * trees.boosted.predict(view.filled) / 2.0,
            "averaged": of_trees * trees.averaged.predict(view.filled) / 2.0,
            "crystal_system": output.polymorph.shift(view.systems, view.distance) * faded,
            "known_structure": output.known.shift(view.systems, view.distance),
        }

    def _observed(
        self, settings: EnsembleSettings, standardised: FloatArray, positions: FloatArray
    ) -> ObservedLines:
        bundle, process = self.bundle, settings.process
        inputs, polymorph = bundle.ensemble.inputs, bundle.ensemble.plain.polymorph
        between = bundle.kind.distance.between
        own = exact_inputs(standardised)
        distinct = own[inputs.rows], positions[inputs.rows]
        same = np.empty(len(own), dtype=np.intp)
        for start in range(0, len(own), 256):
            block = slice(start, start + 256)
            apart = between(positions[block], distinct[1])
            alike = kernel(process.kernel, (own[block], distinct[0]), apart)
            same[block] = alike.argmax(axis=1)
            if alike.max(axis=1).min() < process.kernel.largest - _ALIKE:
                raise BundleError(
                    f"{bundle.name}: some measurement of its evidence is not among its inputs; "
                    "train it again with this version of sseml"
                )
        known = positions[polymorph.rows]
        return ObservedLines(
            settings=process,
            alike=kernel(process.kernel, (distinct[0],) * 2, between(distinct[1], distinct[1])),
            same=same,
            shift=self.shift,
            with_energy=self.with_energy,
            observations=bundle.observations,
            polymorph=polymorph,
            between_known=between(known, known),
        )


def _of_distinct(bundle: Bundle, materials: Sequence[Material]) -> FloatArray:
    """Features of the training rows; equal materials, which are one object, once."""
    distinct = {id(material): material for material in materials}
    place = {key: index for index, key in enumerate(distinct)}
    values = bundle.kind.features(list(distinct.values()), bundle.manifest["feature_sets"]).values
    return values[[place[id(material)] for material in materials]]
