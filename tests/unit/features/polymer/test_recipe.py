"""Features of recipes equal what is weighed in, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sseml.features.polymer.recipe import POLYMER_SETS
from sseml.features.polymer.shipped import repeat_unit
from sseml.features.table import feature_table
from sseml.records import Composite, LiquidPart, Polymer, PolymerPart, RefusedInputError, SaltPart

Recipe = Callable[..., Polymer]
Value = Callable[[Polymer, str, str], float]

EO, PO, TFSI = 44.053, 58.080, 287.088
"""g/mol of the repeat units and of LiTFSI."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 1.261 mol LiTFSI per kg of PEO is EO:Li = 18
        ("log10_lithium", np.log10(1000 / EO / 18)),
        ("lithium", 1000 / EO / 18),
        ("log10_lithium_per_site", np.log10(1000 / EO / 18 / (1000 / EO + 0.5) + 1e-4)),
        ("salt_weight_share", TFSI / (TFSI + 18 * EO)),
        ("bound_lithium", 0.0),
        ("single_ion", 0.0),
        ("log10_molar_mass", np.log10(6e5)),
        ("inverse_molar_mass", 1000 / 6e5),
    ],
)
def test_peo_litfsi(recipe: Recipe, value: Value, name: str, expected: float) -> None:
    material = recipe("PEO", {"LiTFSI": 1000 / EO / 18}, molar_mass_g_mol=6e5)
    assert value(material, "composition", name) == pytest.approx(expected, rel=1e-4)


def test_what_is_not_stated_is_missing(recipe: Recipe, value: Value) -> None:
    material = recipe("PEO", {"LiTFSI": 1.0})
    assert np.isnan(value(material, "composition", "log10_molar_mass"))
    assert value(material, "composition", "inverse_molar_mass") == 0.0
    gel = Polymer("gel", material.polymers, material.salts, (LiquidPart("DMF", None),))
    assert np.isnan(value(gel, "additions", "liquid_weight_share"))


def test_a_single_ion_polymer_brings_its_lithium(recipe: Recipe, value: Value) -> None:
    alone = recipe("LiPSTFSI")
    bound = 1000 / 321.227
    assert value(alone, "composition", "lithium") == pytest.approx(bound, rel=1e-4)
    assert value(alone, "composition", "single_ion") == 1.0
    assert not POLYMER_SETS["salt"]([alone]).any()
    blend = recipe({"LiPSTFSI": 0.4, "PEO": 0.6}, {"LiTFSI": 0.5})
    assert value(blend, "composition", "bound_lithium") == pytest.approx(0.4 * bound, rel=1e-4)
    assert value(blend, "composition", "lithium") == pytest.approx(0.4 * bound + 0.5, rel=1e-4)
    assert value(blend, "composition", "single_ion") == 0.0


def test_a_copolymer_is_averaged_by_mass_and_by_atoms(recipe: Recipe, value: Value) -> None:
    """0.8 mol C2H4O and 0.2 mol C3H6O: one donor each, 3 and 4 heavy atoms."""
    material = recipe("P(EO-PO)", {"LiTFSI": 1.0})
    mass = 0.8 * EO + 0.2 * PO
    assert value(material, "polymer", "period_mass") == pytest.approx(mass, rel=1e-5)
    assert value(material, "polymer", "sites") == pytest.approx(1000 / mass, rel=1e-5)
    atoms = 0.8 * 3 + 0.2 * 4
    assert value(material, "polymer", "fraction_O") == pytest.approx(1 / atoms, rel=1e-5)
    assert value(material, "polymer", "methyl_per_atom") == pytest.approx(0.2 / atoms, rel=1e-5)


def test_a_blend_is_averaged_by_mass(recipe: Recipe, value: Value) -> None:
    blend = recipe({"PEO": 0.7, "PS": 0.3}, {"LiTFSI": 1.0})
    assert value(blend, "polymer", "sites") == pytest.approx(0.7 * 1000 / EO, rel=1e-5)
    styrene = 104.152
    atoms = {"PEO": 0.7 / EO * 3, "PS": 0.3 / styrene * 8}
    aromatic = 0.3 / styrene * 6 / sum(atoms.values())
    assert value(blend, "polymer", "aromatic_per_atom") == pytest.approx(aromatic, rel=1e-4)


def test_a_blend_of_one_polymer_is_that_polymer(recipe: Recipe) -> None:
    one, two = recipe("PTMC", {"LiTFSI": 1.0}), recipe("PTMC", {"LiTFSI": 1.0})
    parts = one.polymers[0]
    halves = tuple(PolymerPart(parts.name, parts.units, 0.5) for _ in range(2))
    split = Polymer(two.formula, halves, two.salts)
    for featurizer in POLYMER_SETS.values():
        np.testing.assert_allclose(*featurizer([one, split]), rtol=1e-12)


def test_the_glass_transition_of_a_blend_is_by_fox(recipe: Recipe, value: Value) -> None:
    peo, ps = (value(recipe(name), "glass", "Tg_C") + 273.15 for name in ("PEO", "PS"))
    assert peo < 250 < 350 < ps
    blend = value(recipe({"PEO": 0.5, "PS": 0.5}), "glass", "Tg_C") + 273.15
    assert blend == pytest.approx(1 / (0.5 / peo + 0.5 / ps))


def test_salts_are_averaged_by_moles(recipe: Recipe, value: Value) -> None:
    both = recipe("PEO", {"LiTFSI": 0.75, "LiClO4": 0.25})
    assert value(both, "salt", "anion_F") == pytest.approx(0.75 * 6)
    assert value(both, "salt", "anion_O") == pytest.approx(0.75 * 4 + 0.25 * 4)
    assert value(both, "composition", "lithium") == pytest.approx(1.0)
    two_lithium = Polymer("x", both.polymers, (SaltPart("Li2SO4", 0.5),))
    assert value(two_lithium, "composition", "lithium") == pytest.approx(1.0)


def test_a_salt_may_be_written_as_smiles(recipe: Recipe) -> None:
    listed = recipe("PEO", {"LiTFSI": 1.0})
    for smiles in (
        "O=S([N-]S(=O)(C(F)(F)F)=O)(C(F)(F)F)=O.[Li+]",
        "[Li+].O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F",
    ):
        own = Polymer("own", listed.polymers, (SaltPart(f"SALT:{smiles}", 1.0),))
        for featurizer in POLYMER_SETS.values():
            np.testing.assert_array_equal(*featurizer([listed, own]))


def test_an_unknown_salt_is_refused(recipe: Recipe) -> None:
    material = Polymer("x", recipe("PEO").polymers, (SaltPart("LiXYZ", 1.0),))
    with pytest.raises(RefusedInputError, match="no salt 'LiXYZ' is listed"):
        POLYMER_SETS["salt"]([material])


def test_what_is_added_counts_in_the_total_mass(recipe: Recipe) -> None:
    material = recipe("PEO", {"LiTFSI": 1.0}, liquid_percent=20.0, filler_percent=10.0)
    assert POLYMER_SETS["additions"]([material]).tolist() == [[0.2, 0.1]]


def test_solids_without_a_polymer_have_no_matrix() -> None:
    row = POLYMER_SETS["polymer"]([Composite("solids", ())])
    assert np.isnan(row).all()


def test_the_sets_are_one_table_with_units_and_sources(recipe: Recipe) -> None:
    sets = ("polymer", "salt", "composition", "glass")
    materials = [recipe("PEO", {"LiTFSI": 1.0}), recipe("PAN", {"LiClO4": 0.5})]
    table = feature_table(materials, sets, POLYMER_SETS)
    assert len(set(table.names)) == len(table.names) == table.values.shape[1]
    assert all(f.unit and f.description and f.source for f in table.features)
    missing = np.isnan(table.values).all(axis=0)
    assert [name for name, is_gone in zip(table.names, missing, strict=True) if is_gone] == [
        "log10_molar_mass"
    ]
    assert feature_table([], sets, POLYMER_SETS).values.shape == (0, len(table.names))


@pytest.mark.parametrize(
    ("psmiles", "low", "high"),
    [("*CCO*", -85, -35), ("*CC(C#N)*", 70, 125), ("*CC(C)(*)C(=O)OC", 75, 130), ("*CCS*", -75, 0)],
)
def test_glass_transitions_are_near_what_is_known(psmiles: str, low: float, high: float) -> None:
    assert low < repeat_unit(psmiles).Tg_C < high
