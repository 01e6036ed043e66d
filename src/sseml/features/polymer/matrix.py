"""What the polymers and the salts of a recipe are on average: mixture rules and amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.features.polymer.columns import anion_columns, unit_columns
from sseml.features.polymer.shipped import repeat_unit, salt
from sseml.records import PolymerPart, SaltPart
from sseml.units import celsius_to_kelvin, kelvin_to_celsius


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """The polymers of a recipe on average.

    `values` are the descriptors of its repeat units, shape (n_columns,). The glass
    transitions are by Fox, 1/Tg = Σ w/Tg (T. G. Fox, Bull. Am. Phys. Soc. 1956, 1, 123);
    `unseen_Tg_C` is by models that were not fitted to these very polymers.
    """

    values: FloatArray
    Tg_C: float
    unseen_Tg_C: float

    def __getitem__(self, name: str) -> float:
        return float(self.values[_unit_places()[name]])


@dataclass(frozen=True, slots=True, eq=False)
class Salts:
    """The salts of a recipe on average, by moles; all 0 where there are none.

    `values` are the descriptors of their anions, shape (n_columns,). `lithium_mol_kg` is what they
    bring per kg of polymer, `salt_kg_kg` their mass per mass of polymer.
    """

    values: FloatArray
    lithium_mol_kg: float
    salt_kg_kg: float


@cache
def _unit_places() -> Mapping[str, int]:
    return {column.name: place for place, column in enumerate(unit_columns())}


@cache
def _anion_places() -> Mapping[str, int]:
    return {column.name: place for place, column in enumerate(anion_columns())}


@lru_cache(maxsize=4096)
def matrix_of(polymers: tuple[PolymerPart, ...]) -> Matrix:
    """Average the repeat units of polymers whose weight shares sum to 1.

    What counts per mass is averaged by mass, what counts per heavy atom by heavy atoms, and the
    size of a unit by moles of units.

    Raises
    ------
    ValueError
        If there is no polymer.
    RefusedInputError
        See `sseml.features.polymer.shipped.repeat_unit`.
    """
    if not polymers:
        raise ValueError("a recipe without a polymer has no matrix")
    units, moles = [], []
    places = _unit_places()
    for polymer in polymers:
        found = [repeat_unit(each.psmiles) for each in polymer.units]
        share = np.array([each.mole_share for each in polymer.units])
        mass = share @ np.array([each.values[places["period_mass"]] for each in found])
        units += found
        moles += list(polymer.weight_share * share / mass)
    values = np.array([each.values for each in units])
    by_unit = np.array(moles) / sum(moles)
    by_mass = _shares(by_unit * values[:, places["period_mass"]])
    by_atom = _shares(by_unit * values[:, places["period_atoms"]])
    weights = {"unit": by_unit, "mass": by_mass, "atom": by_atom}
    mixed = np.array(
        [weights[column.mixing] @ values[:, place] for place, column in enumerate(unit_columns())]
    )
    return Matrix(
        mixed,
        Tg_C=_fox(by_mass, [each.Tg_C for each in units]),
        unseen_Tg_C=_fox(by_mass, [each.unseen_Tg_C for each in units]),
    )


def _fox(weights: FloatArray, Tg_C: Sequence[float]) -> float:
    inverse_K = weights @ np.array([1.0 / celsius_to_kelvin(each) for each in Tg_C])
    return kelvin_to_celsius(1.0 / float(inverse_K))


def _shares(amounts: FloatArray) -> FloatArray:
    whole: FloatArray = amounts / amounts.sum()
    return whole


@lru_cache(maxsize=16384)
def salts_of(salts: tuple[SaltPart, ...]) -> Salts:
    """Average salts by moles.

    Raises
    ------
    RefusedInputError
        See `sseml.features.polymer.shipped.salt`.
    """
    places = _anion_places()
    values = np.array([salt(each.name).values for each in salts]).reshape(-1, len(places))
    molality = np.array([each.molality_mol_kg for each in salts])
    if not molality.sum() > 0:
        return Salts(np.zeros(len(places)), 0.0, 0.0)
    return Salts(
        values=_shares(molality) @ values,
        lithium_mol_kg=float(molality @ values[:, places["lithium_count"]]),
        salt_kg_kg=float(molality @ values[:, places["salt_mass"]]) / 1000.0,
    )
