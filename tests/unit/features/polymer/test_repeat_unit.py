"""A repeat unit is described the same however it is written, and as a chemist would count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from sseml.features.polymer import repeat_unit
from sseml.features.polymer.anion import salt_key
from sseml.features.polymer.columns import unit_columns
from sseml.features.polymer.periodic import polymer_key
from sseml.features.polymer.repeat_unit import unit_descriptors
from sseml.records import NoLithiumError, RefusedInputError

CHAINS = [
    ["C", "C", "O"],
    ["C", "C(C)", "O"],
    ["C", "C(C#N)"],
    ["C", "C(C)(C(=O)OC)"],
    ["C", "C(F)(F)"],
    ["C", "O", "C", "C", "O"],
    ["O", "C(=O)", "O", "C", "C", "C"],
    ["C(=O)", "C", "C", "C", "C", "C", "O"],
    ["C(=O)", "C", "C", "C(=O)", "O", "C", "C", "O"],
    ["N", "C", "C"],
    ["N(C)", "C", "C"],
    ["[Si](C)(C)", "O"],
    ["[Si](C)(CCCOCCOCCOC)", "O"],
    ["O", "S(=O)", "O", "C", "C", "C", "C"],
    ["O", "c1ccc(cc1)", "C(C)(C)", "c1ccc(cc1)", "O", "C(=O)"],
    ["C", "C(c1ccc(S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F)cc1)"],
    ["[B-](OC(C)=O)(OC(C)=O)", "O", "C", "C", "O", "C", "C", "O"],
]
"""Real main chains as atoms or groups in a row, each joined to the next by a single bond."""

ENDS = [("*", "*"), ("[*]", "[*]"), ("[Cu]", "[Au]"), ("[Au]", "[Cu]")]


def written(chain: Sequence[str], ends: tuple[str, str] = ("*", "*")) -> str:
    return ends[0] + "".join(chain) + ends[1]


@given(
    chain=st.sampled_from(CHAINS),
    repeats=st.integers(1, 4),
    cut=st.integers(0, 9),
    is_reversed=st.booleans(),
    ends=st.sampled_from(ENDS),
    lithium=st.booleans(),
    order=st.integers(0, 2**31 - 1),
)
@settings(max_examples=150, deadline=None)
def test_no_spelling_changes_a_polymer(
    chain: list[str],
    repeats: int,
    cut: int,
    is_reversed: bool,
    ends: tuple[str, str],
    lithium: bool,
    order: int,
) -> None:
    turned = chain[cut % len(chain) :] + chain[: cut % len(chain)]
    text = written((turned[::-1] if is_reversed else turned) * repeats, ends)
    if lithium and "-]" in text:
        text += ".[Li+]" * (repeats * text.count("-]"))
    molecule = Chem.MolFromSmiles(text)
    atoms = np.random.default_rng(order).permutation(molecule.GetNumAtoms())
    shuffled = Chem.RenumberAtoms(molecule, atoms.tolist())
    text = Chem.MolToSmiles(shuffled, canonical=False)
    assert polymer_key(text) == polymer_key(written(chain))
    assert unit_descriptors(text) == unit_descriptors(written(chain))


def test_different_polymers_have_different_keys() -> None:
    assert len({polymer_key(written(chain)) for chain in CHAINS}) == len(CHAINS)
    assert polymer_key("*CCOCO*") != polymer_key("*CCO*")
    assert polymer_key("*CC(C)O*") != polymer_key("*CCCO*")
    head_to_head = "*CC(C)(C#N)C(C)(C#N)C*"
    assert polymer_key(head_to_head) != polymer_key("*CC(C)(C#N)CC(C)(C#N)*")


@pytest.mark.parametrize("chain", CHAINS, ids="".join)
def test_a_key_is_a_psmiles_with_that_key(chain: list[str]) -> None:
    key = polymer_key(written(chain))
    assert polymer_key(key) == key
    assert key.count("*") == 2


def test_counter_ions_are_kept_and_lithium_is_not() -> None:
    ionic = "*CC(*)C[N+](C)(C)C"
    one, two = "*CC(C[N+](C)(C)C)*.[Cl-]", "*CC(C[N+](C)(C)C)CC(C[N+](C)(C)C)*.[Cl-].[Cl-]"
    assert polymer_key(one) == polymer_key(two) == f"{ionic}.[Cl-]"
    assert polymer_key("*CC(C(=O)[O-])*.[Li+]") == polymer_key("*CC(C(=O)[O-])*")


def test_a_bond_to_lithium_is_read_as_ions() -> None:
    assert polymer_key("*CC(C(=O)O[Li])*") == polymer_key("*CC(C(=O)[O-])*.[Li+]")
    triflate = "O=S(=O)([O-])C(F)(F)F.[Li+]"
    assert salt_key("O=S(=O)(O[Li])C(F)(F)F") == salt_key(triflate)


def test_salts_in_two_spellings_have_one_key() -> None:
    assert salt_key("O=Cl(=O)([O-])=O.[Li+]") == salt_key("[Li+].[O-][Cl+3]([O-])([O-])[O-]")
    assert salt_key("O=S([N-]S(=O)(C(F)(F)F)=O)(C(F)(F)F)=O.[Li+]") == salt_key(
        "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F.[Li+]"
    )


@pytest.mark.parametrize("text", ["[Na+].[Cl-]", "CCO"])
def test_a_salt_without_lithium_is_refused(text: str) -> None:
    with pytest.raises(NoLithiumError, match="contains no Li"):
        salt_key(text)


def test_descriptors_are_those_of_an_endless_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring of twice as many repeats gives the same."""
    short = [dict(unit_descriptors(written(chain))) for chain in CHAINS]
    monkeypatch.setattr(repeat_unit, "LEAST_BACKBONE_ATOMS", 36)
    repeat_unit._descriptors_of_key.cache_clear()
    try:
        longer = [dict(unit_descriptors(written(chain))) for chain in CHAINS]
    finally:
        repeat_unit._descriptors_of_key.cache_clear()
    for one, other in zip(short, longer, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("psmiles", "name", "expected"),
    [
        # C2H4O, 44.053 g/mol, all of it main chain
        ("*CCO*", "sites", 1000 / 44.053),
        ("*CCO*", "hydrogen_per_atom", 4 / 3),
        ("*CCO*", "fraction_O", 1 / 3),
        ("*CCO*", "site_spacing", 3.0),
        ("*CCO*", "chelating_sites", 1000 / 44.053),
        ("*CCO*", "main_chain_share", 1.0),
        ("*CCO*", "rotors", 1.0),
        ("*CCO*", "ether_run", np.log10(101)),
        ("*CCO*", "bond_polarity", (2 * 0.89 + 4 * 0.35) / 3),
        ("*CCO*", "donors", 0.0),
        ("*OCCOCCO*", "period_mass", 3 * 15.999 + 4 * 12.011 + 8 * 1.008),
        # C5H8O2: four of seven heavy atoms beside the chain
        ("*CC(C)(C(=O)OC)*", "main_chain_share", 2 / 7),
        ("*CC(C)(C(=O)OC)*", "carbonyl_per_kg", 1000 / 100.117),
        ("*CC(C)(C(=O)OC)*", "ester_per_kg", 1000 / 100.117),
        ("*CC(C)(C(=O)OC)*", "ether_oxygen_per_kg", 0.0),
        ("*CC(C)(C(=O)OC)*", "quaternary_per_atom", 1 / 7),
        ("*CC(C)(C(=O)OC)*", "side_chain_depth", (1 + 1 + 2 + 2 + 3) / 5),
        # carbonate: one C=O is one donor, in the chain
        ("*CCCOC(=O)O*", "sites", 1000 / 102.089),
        ("*CCCOC(=O)O*", "sites_main_chain", 1000 / 102.089),
        ("*CCCOC(=O)O*", "carbonate_per_kg", 1000 / 102.089),
        ("*CCCOC(=O)O*", "site_spacing", 8.0),
        # a nitrile turns about its axis without moving: two rotors of four heavy atoms
        ("*CC(C#N)*", "rotors", 2 / 4),
        ("*CC(O)*", "donors", 1000 / 44.053),
        ("*N=P(*)(OCCOCCOC)OCCOCCOC", "ether_side_chain", 4000 / 283.261),
        # lithium of a bound anion counts in the mass: C9H7F3NO4S2 is 314.29
        (
            "*CC(*)c1ccc(S(=O)(=O)[N-]S(=O)(=O)C(F)(F)F)cc1",
            "intrinsic_anions",
            1000 / (314.286 + 6.94),
        ),
        ("*Oc1ccc(*)cc1", "main_chain_share", 1.0),
        ("*Oc1ccc(*)cc1", "rotors", 2 / 7),
    ],
)
def test_counted_by_hand(psmiles: str, name: str, expected: float) -> None:
    assert unit_descriptors(psmiles)[name] == pytest.approx(expected, rel=2e-4, abs=1e-6)


def test_every_column_has_a_finite_value() -> None:
    names = {column.name for column in unit_columns()}
    for chain in [*CHAINS, ["[Al-](SC1=CC=CO1)(SC2=CC=CO2)", "O", "C", "C"]]:
        values = unit_descriptors(written(chain))
        assert set(values) == names
        assert np.isfinite(list(values.values())).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("*CCO", "does not have two ends"),
        ("CCO", "does not have two ends"),
        ("*CC(*)(*)C", "does not have two ends"),
        ("*CC.CC*", "does not have two ends"),
        ("**", "has nothing between its ends"),
        ("*CC(", "is no valid SMILES"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(RefusedInputError, match=reason):
        polymer_key(text)
