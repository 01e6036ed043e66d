"""Masses and sites of the listed parts, recalculated with a chemistry toolkit."""

from functools import cache

import pytest

from sseml.families import families
from sseml.parse.recipe_names import LITHIUM_ION, fillers, liquids, polymers, salts
from sseml.parse.recipe_units import own_unit
from sseml.parse.smiles import molar_mass_g_mol, read_smiles, site_counts
from sseml.records import RefusedInputError

Chem = pytest.importorskip("rdkit.Chem", reason="the extra polymer is not installed")
Descriptors = pytest.importorskip("rdkit.Chem.Descriptors")

UNITS = 3
SITES = {
    "EO": ("[OX2][CH2][CH2][OX2,NX3]",),
    "CO": ("[#6X3]=[OX1]",),
    "CN": ("C#N",),
    "N": ("[N,n;+0;!$(N[#6]=O);!$(NS=O);!$(N#C);!$([nX3]);!$(N=P);!$(N-P)]",),
    "O": (
        "[OX2;$(O([#6;!$([#6]=O)])[#6;!$([#6]=O)])]",
        "[OX2H;$(O[#6]);!$(O[#6]=O)]",
        "[OX1]=[#6]",
    ),
}


@cache
def ring_of(psmiles, units):
    """Join units head to tail into a ring, so that no end is counted."""
    fragments = Chem.GetMolFrags(Chem.MolFromSmiles(psmiles), asMols=True)
    [unit] = [m for m in fragments if any(a.GetAtomicNum() == 0 for a in m.GetAtoms())]
    head, tail = (a.GetIdx() for a in unit.GetAtoms() if a.GetAtomicNum() == 0)
    ring = Chem.RWMol()
    starts = []
    for _ in range(units):
        starts.append(ring.GetNumAtoms())
        ring.InsertMol(unit)
    ends = []
    for here, there in zip(starts, [*starts[1:], starts[0]], strict=True):
        pair = [here + tail, there + head]
        inner = [ring.GetAtomWithIdx(end).GetNeighbors()[0].GetIdx() for end in pair]
        ring.AddBond(*inner, Chem.BondType.SINGLE)
        ends += pair
    for end in sorted(ends, reverse=True):
        ring.RemoveAtom(end)
    molecule = ring.GetMol()
    Chem.SanitizeMol(molecule)
    return molecule


def toolkit_count(psmiles, site):
    ring = ring_of(psmiles, UNITS)
    found = [ring.GetSubstructMatches(Chem.MolFromSmarts(smarts)) for smarts in SITES[site]]
    return sum(map(len, found)) / UNITS


@pytest.mark.parametrize("entry", polymers(), ids=lambda entry: entry.name)
def test_masses_and_sites_of_polymers(entry):
    assert sum(unit.mole_share for unit in entry.units) == pytest.approx(1.0)
    mass = sum(u.mole_share * Descriptors.MolWt(Chem.MolFromSmiles(u.psmiles)) for u in entry.units)
    assert entry.unit_molar_mass_g_mol == pytest.approx(mass, abs=2e-3)
    assert (entry.site == "") == (entry.sites_per_unit == 0)
    if entry.site:
        sites = sum(u.mole_share * toolkit_count(u.psmiles, entry.site) for u in entry.units)
        assert entry.sites_per_unit == pytest.approx(sites, abs=1e-6)
    assert entry.family in families()
    assert (entry.family == "single-ion polymer") == (entry.lithium_mol_kg > 0)


@pytest.mark.parametrize("entry", salts(), ids=lambda entry: entry.name)
def test_masses_and_lithium_of_salts(entry):
    molecule = Chem.MolFromSmiles(entry.smiles)
    assert entry.molar_mass_g_mol == pytest.approx(Descriptors.MolWt(molecule), abs=2e-3)
    assert entry.lithium == sum(atom.GetSymbol() == "Li" for atom in molecule.GetAtoms())
    assert Chem.GetFormalCharge(molecule) == 0


@pytest.mark.parametrize("entry", liquids(), ids=lambda entry: entry.name)
def test_masses_of_liquids(entry):
    molecule = Chem.MolFromSmiles(entry.smiles)
    assert entry.molar_mass_g_mol == pytest.approx(Descriptors.MolWt(molecule), abs=2e-3)
    assert Chem.GetFormalCharge(molecule) == 0
    assert entry.kind in (
        "solvent", "residual solvent", "plasticiser", "plastic crystal", "ionic liquid",
    )  # fmt: skip


def test_roles_of_fillers():
    assert {entry.role for entry in fillers()} == {"active", "inert", "MOF", "COF"}


def test_the_plain_reading_of_smiles_agrees_with_the_toolkit():
    units = {unit.psmiles for entry in polymers() for unit in entry.units}
    for text in (*units, *(e.smiles for e in salts()), *(e.smiles for e in liquids())):
        mass = Descriptors.MolWt(Chem.MolFromSmiles(text))
        assert molar_mass_g_mol(read_smiles(text)) == pytest.approx(mass, rel=1e-4), text
    for text in units:
        counts = site_counts(read_smiles(text))
        assert counts == {site: toolkit_count(text, site) for site in counts}, text


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("*CCO*", "[*]CCO[*]"),
        ("[*:1]CCO[*:2]", "[*]CCO[*]"),
        ("[Cu]CCO[Au]", "[*]CCO[*]"),
        ("[*]CC([*])S(=O)(=O)[O-].[Li+]", "[*]CC([*])S(=O)(=O)[O-].[Li+]"),
    ],
)
def test_the_ends_of_an_own_unit_have_one_spelling(written, unit):
    assert own_unit(written) == unit
    assert own_unit(unit) == unit


@pytest.mark.parametrize("text", ["*CCO", "CCO", "*C(*)C*", "**", "*CC(O*", "*C1CO*", "*CX*"])
def test_a_unit_without_two_ends_or_with_an_open_bracket_is_refused(text):
    with pytest.raises(RefusedInputError):
        own_unit(text)


def test_a_lithium_ion_is_counted_by_its_text():
    assert LITHIUM_ION in next(e for e in salts() if e.name == "LiTFSI").smiles
