"""The features of a polymer recipe: its polymers, its salts, how much of each, and what is added.

Temperature is no feature of a recipe: a model adds 1000/T and T − Tg itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import log10, nan

import numpy as np

from sseml.arrays import FloatArray
from sseml.classes import dataclass
from sseml.features.contract import Feature, Featurizer
from sseml.features.polymer.columns import anion_columns, unit_columns
from sseml.features.polymer.matrix import matrix_of, salts_of
from sseml.records import Composite, Polymer

RDKIT = "RDKit, doi 10.5281/zenodo.591637"
DEFINITION = "definition"

LEAST_LITHIUM_MOL_KG = 1e-3
MOST_LITHIUM_MOL_KG = 20.0
"""Above it there is more salt than polymer, and the amount no longer says how much more."""
OTHER_SITES_MOL_KG = 0.5
"""Added to the donors of the polymer: where it has none, anions and impurities hold Li+."""
LARGEST_MOLAR_MASS_G_MOL = 10.0**6.5
"""Above it a chain is as good as endless."""
UNSTATED_WEIGHT_SHARE = 0.12
"""Stands for the mass share of a filler or liquid that is not stated."""


@dataclass(frozen=True, slots=True, eq=False)
class Amounts:
    """Amounts in a recipe, per kg of polymer.

    `bound_mol_kg` is the lithium that balances anions bound to the chains.
    """

    lithium_mol_kg: float
    bound_mol_kg: float
    sites_mol_kg: float
    salt_weight_share: float
    molar_mass_g_mol: float | None


def amounts_of(material: Polymer) -> Amounts:
    """Lithium, donors and salt of a recipe that has a polymer."""
    matrix, salts = matrix_of(material.polymers), salts_of(material.salts)
    bound = matrix["intrinsic_anions"]
    return Amounts(
        lithium_mol_kg=salts.lithium_mol_kg + bound,
        bound_mol_kg=bound,
        sites_mol_kg=matrix["sites"],
        salt_weight_share=salts.salt_kg_kg / (1.0 + salts.salt_kg_kg),
        molar_mass_g_mol=material.molar_mass_g_mol,
    )


def _log10_lithium(a: Amounts) -> float:
    return log10(min(max(a.lithium_mol_kg, LEAST_LITHIUM_MOL_KG), 10.0 * MOST_LITHIUM_MOL_KG))


def _log10_lithium_per_site(a: Amounts) -> float:
    return log10(a.lithium_mol_kg / (a.sites_mol_kg + OTHER_SITES_MOL_KG) + 1e-4)


def _log10_molar_mass(a: Amounts) -> float:
    mass = a.molar_mass_g_mol
    return nan if mass is None else log10(min(mass, LARGEST_MOLAR_MASS_G_MOL))


def _inverse_molar_mass(a: Amounts) -> float:
    return 0.0 if a.molar_mass_g_mol is None else 1000.0 / a.molar_mass_g_mol


_COMPOSITION: Mapping[str, tuple[str, str, Callable[[Amounts], float]]] = {
    "log10_lithium": ("log10 mol/kg", "Li per kg of polymer, of salts and chains", _log10_lithium),
    "lithium": (
        "mol/kg",
        "the same, at most 20",
        lambda a: min(a.lithium_mol_kg, MOST_LITHIUM_MOL_KG),
    ),
    "log10_lithium_per_site": (
        "1",
        "log10 of Li per donor of the polymer (0.5 mol/kg more, so that it is never endless)",
        _log10_lithium_per_site,
    ),
    "salt_weight_share": ("1", "mass of salt in polymer and salt", lambda a: a.salt_weight_share),
    "bound_lithium": ("mol/kg", "Li of anions bound to the chains", lambda a: a.bound_mol_kg),
    "single_ion": (
        "1",
        "1 where all Li is of anions bound to the chains",
        lambda a: float(0.0 < a.bound_mol_kg == a.lithium_mol_kg),
    ),
    "log10_molar_mass": (
        "log10 g/mol",
        "molar mass of the polymer, at most 10^6.5; missing where not stated",
        _log10_molar_mass,
    ),
    "inverse_molar_mass": (
        "mol/kg",
        "1000 / molar mass in g/mol, as chain ends go; 0 where not stated",
        _inverse_molar_mass,
    ),
}


def _missing(width: int) -> FloatArray:
    return np.full(width, nan)


@dataclass(frozen=True)
class RecipeFeatures:
    """A featurizer of recipes: its columns, and one row of values a recipe."""

    columns: Callable[[], Iterable[Feature]]
    row: Callable[[Polymer], FloatArray]

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in the order of the array; the shipped tables are read on first use."""
        return tuple(self.columns())

    def __call__(self, materials: Sequence[Polymer]) -> FloatArray:
        """Features, shape (n_materials, len(features)).

        Raises
        ------
        RefusedInputError
            If a unit or salt that is not listed cannot be read, or RDKit is not installed.
        """
        rows = [self.row(material) for material in materials]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.features))


def _polymer_row(material: Polymer) -> FloatArray:
    if not material.polymers:
        return _missing(len(unit_columns()))
    return matrix_of(material.polymers).values


def _glass_row(material: Polymer) -> FloatArray:
    return np.array([matrix_of(material.polymers).Tg_C if material.polymers else nan])


def _unseen_glass_row(material: Polymer) -> FloatArray:
    return np.array([matrix_of(material.polymers).unseen_Tg_C if material.polymers else nan])


def _salt_row(material: Polymer) -> FloatArray:
    return salts_of(material.salts).values


def _composition_row(material: Polymer) -> FloatArray:
    if not material.polymers:
        return _missing(len(_COMPOSITION))
    amounts = amounts_of(material)
    return np.array([value(amounts) for _, _, value in _COMPOSITION.values()])


def added_shares(material: Polymer) -> tuple[float, float]:
    """Mass of liquids and of fillers in the total mass; NaN where one was not stated."""
    fillers = material.fillers if isinstance(material, Composite) else ()
    liquid, filler = (
        sum(nan if part.weight_percent is None else part.weight_percent / 100.0 for part in parts)
        for parts in (material.liquids, fillers)
    )
    return float(liquid), float(filler)


def _added_row(material: Polymer) -> FloatArray:
    return np.array(added_shares(material))


TG_FEATURE = Feature(
    "Tg_C",
    "°C",
    "glass transition of the dry polymer, predicted from its repeat units; mixed by Fox's rule",
    "boosted trees on measured glass transitions; T. G. Fox, Bull. Am. Phys. Soc. 1956, 1, 123",
)


def _polymer_columns() -> Iterable[Feature]:
    return (Feature(c.name, c.unit, c.description, RDKIT) for c in unit_columns())


def _salt_columns() -> Iterable[Feature]:
    return (Feature(c.name, c.unit, c.description, RDKIT) for c in anion_columns())


def _composition_columns() -> Iterable[Feature]:
    return (Feature(name, unit, text, DEFINITION) for name, (unit, text, _) in _COMPOSITION.items())


def _glass_columns() -> Iterable[Feature]:
    return (TG_FEATURE,)


def _added_columns() -> Iterable[Feature]:
    return (
        Feature("liquid_weight_share", "1", "mass of liquids in the total mass", DEFINITION),
        Feature("filler_weight_share", "1", "mass of fillers in the total mass", DEFINITION),
    )


POLYMER_SETS: Mapping[str, Featurizer] = {
    "polymer": RecipeFeatures(_polymer_columns, _polymer_row),
    "salt": RecipeFeatures(_salt_columns, _salt_row),
    "composition": RecipeFeatures(_composition_columns, _composition_row),
    "glass": RecipeFeatures(_glass_columns, _glass_row),
    "glass_unseen": RecipeFeatures(_glass_columns, _unseen_glass_row),
    "additions": RecipeFeatures(_added_columns, _added_row),
}
"""Sets of features by name; ``additions`` is for gels and composites, and ``glass_unseen``
for measuring: the glass transition that a polymer would have got, had it not been known.
"""
