"""Recipes to featurize."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sseml.features.polymer.recipe import POLYMER_SETS
from sseml.records import Composite, Filler, LiquidPart, Polymer, PolymerPart, RepeatUnit, SaltPart

UNITS = {
    "PEO": (RepeatUnit("*CCO*"),),
    "PPO": (RepeatUnit("*CC(C)O*"),),
    "PTMC": (RepeatUnit("*CCCOC(=O)O*"),),
    "PAN": (RepeatUnit("*CC(*)C#N"),),
    "PS": (RepeatUnit("*CC(*)c1ccccc1"),),
    "P(EO-PO)": (RepeatUnit("*CCO*", 0.8), RepeatUnit("*CC(C)O*", 0.2)),
    "LiPSTFSI": (RepeatUnit("*CC(*)c1ccc(S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F)cc1.[Li+]"),),
}

Recipe = Callable[..., Polymer]


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """A recipe of listed polymers by weight share and listed salts by mol per kg."""

    def make(
        polymers: dict[str, float] | str,
        salts: dict[str, float] | None = None,
        molar_mass_g_mol: float | None = None,
        liquid_percent: float = 0.0,
        filler_percent: float = 0.0,
    ) -> Polymer:
        shares = {polymers: 1.0} if isinstance(polymers, str) else polymers
        return Composite(
            formula=f"{polymers} + {salts}",
            polymers=tuple(PolymerPart(name, UNITS[name], w) for name, w in shares.items()),
            salts=tuple(SaltPart(name, m) for name, m in (salts or {}).items()),
            liquids=(LiquidPart("SN", liquid_percent),) if liquid_percent else (),
            molar_mass_g_mol=molar_mass_g_mol,
            fillers=(Filler("LLZTO", filler_percent),) if filler_percent else (),
        )

    return make


@pytest.fixture(scope="session")
def value() -> Callable[[Polymer, str, str], float]:
    """The value of one feature of one set."""

    def look_up(material: Polymer, block: str, name: str) -> float:
        featurizer = POLYMER_SETS[block]
        names = [feature.name for feature in featurizer.features]
        row = np.asarray(featurizer([material]))[0]
        return float(row[names.index(name)])

    return look_up
