"""Descriptors of a repeat unit, counted on a ring of its smallest period; needs RDKit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from sseml.arrays import FloatArray
from sseml.features.polymer.columns import ROUNDED_TO, groups, surface_bins
from sseml.features.polymer.periodic import Ring, chemistry_toolkit, polymer_key, ring_of
from sseml.physics.elements import elements

LEAST_BACKBONE_ATOMS = 18
"""Length of the ring on which is counted: no ring strain, and no donor is its own neighbour."""

FARTHEST_SITE = 12.0
ENDLESS_RUN = 100.0
LITHIUM_G_MOL = 6.94

_SITES = (
    "ether_oxygen", "carbonyl", "nitrile", "amine", "pyridine", "hydroxyl", "phosphoryl",
    "sulfinyl", "silyl_ether",
)  # fmt: skip
_FRACTIONS = ("C", "N", "O", "F", "Si", "P", "S", "Cl", "B")


@lru_cache(maxsize=4096)
def _descriptors_of_key(key: str) -> Mapping[str, float]:
    counted = _count(ring_of(key, LEAST_BACKBONE_ATOMS))
    values = {
        **_size(counted),
        **_shape(counted),
        **_elements(counted),
        **_sites(counted),
        **_polarity(counted),
        **_physical(counted),
        **_groups(counted),
        **_surfaces(counted),
    }
    return {name: float(f"{value:.{ROUNDED_TO}g}") for name, value in values.items()}


def unit_descriptors(psmiles: str) -> Mapping[str, float]:
    """Descriptors of a repeat unit by name; see `sseml.features.polymer.columns.unit_columns`.

    Raises
    ------
    RefusedInputError
        If the text is no repeat unit, or RDKit is not installed.
    """
    return _descriptors_of_key(polymer_key(psmiles))


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """A ring with what is counted on it; arrays are by atom, shape (n_atoms,)."""

    ring: Ring
    number: FloatArray
    main_chain: FloatArray
    hydrogens: FloatArray
    matches: Mapping[str, FloatArray]
    mass_g_mol: float
    net_charge: float

    @property
    def molecule(self) -> Any:
        return self.ring.molecule

    @property
    def n_atoms(self) -> int:
        return len(self.number)

    def per_kg(self, count: float) -> float:
        """Count on the ring → mol per kg."""
        return 1000.0 * count / self.mass_g_mol

    def per_atom(self, count: float) -> float:
        """Count on the ring → per heavy atom."""
        return count / self.n_atoms


@cache
def _patterns() -> dict[str, Any]:
    Chem = chemistry_toolkit()
    return {group.name: Chem.MolFromSmarts(group.smarts) for group in groups()}


def _matched(molecule: Any, pattern: Any) -> FloatArray:
    """1 for every atom that is the first of a match, shape (n_atoms,)."""
    found = np.zeros(molecule.GetNumAtoms())
    for match in molecule.GetSubstructMatches(pattern, uniquify=False, maxMatches=1_000_000):
        found[match[0]] = 1.0
    return found


def _property(molecule: Any, name: str) -> FloatArray:
    return np.array([atom.GetIntProp(name) for atom in molecule.GetAtoms()], dtype=np.float64)


def _count(ring: Ring) -> _Counted:
    molecule = ring.molecule
    atoms = list(molecule.GetAtoms())
    number = np.array([atom.GetAtomicNum() for atom in atoms], dtype=np.float64)
    hydrogens = np.array([atom.GetTotalNumHs() for atom in atoms], dtype=np.float64)
    masses = sum(atom.GetMass() for atom in atoms) + 1.008 * hydrogens.sum()
    net_charge = float(sum(atom.GetFormalCharge() for atom in atoms))
    return _Counted(
        ring=ring,
        number=number,
        main_chain=_property(molecule, "main_chain"),
        hydrogens=hydrogens,
        matches={name: _matched(molecule, pattern) for name, pattern in _patterns().items()},
        mass_g_mol=float(masses) + LITHIUM_G_MOL * max(0.0, -net_charge),
        net_charge=net_charge,
    )


def _size(c: _Counted) -> dict[str, float]:
    return {
        "period_mass": c.mass_g_mol / c.ring.repeats,
        "period_atoms": c.n_atoms / c.ring.repeats,
        "backbone_atoms": float(c.ring.backbone_atoms),
        "mean_atom_mass": c.mass_g_mol / c.n_atoms,
        "intrinsic_anions": c.per_kg(max(0.0, -c.net_charge)),
        "bound_cations": c.per_kg(c.matches["cation"].sum()),
    }


def _is_rotor(bond: Any, amide: FloatArray) -> bool:
    ends = bond.GetBeginAtom(), bond.GetEndAtom()
    if bond.GetBondTypeAsDouble() != 1.0 or bond.GetIntProp("in_ring"):
        return False
    if any(end.GetDegree() < 2 or str(end.GetHybridization()) == "SP" for end in ends):
        return False
    return not any(
        amide[one.GetIdx()] and _is_carbonyl_carbon(other) for one, other in (ends, ends[::-1])
    )


def _is_carbonyl_carbon(atom: Any) -> bool:
    return atom.GetAtomicNum() == 6 and any(
        bond.GetBondTypeAsDouble() == 2.0 and bond.GetOtherAtom(atom).GetAtomicNum() in (8, 16)
        for bond in atom.GetBonds()
    )


def _shape(c: _Counted) -> dict[str, float]:
    atoms = list(c.molecule.GetAtoms())
    degree = np.array([atom.GetDegree() for atom in atoms])
    in_ring = _property(c.molecule, "in_ring")
    rotors = [bond for bond in c.molecule.GetBonds() if _is_rotor(bond, c.matches["amide"])]
    along = sum(
        c.main_chain[bond.GetBeginAtomIdx()] and c.main_chain[bond.GetEndAtomIdx()]
        for bond in rotors
    )
    return {
        "main_chain_share": c.per_atom(c.main_chain.sum()),
        "branch_points": c.per_atom((degree > 2).sum()),
        "chain_ends": c.per_atom((degree == 1).sum()),
        "hetero_main_chain": c.per_atom((c.main_chain * (c.number != 6)).sum()),
        "oxygen_main_chain": c.per_atom((c.main_chain * (c.number == 8)).sum()),
        "ring_atoms": c.per_atom(in_ring.sum()),
        "ring_main_chain": c.per_atom((in_ring * c.main_chain).sum()),
        "rotors": c.per_atom(len(rotors)),
        "rotors_main_chain": c.per_atom(along),
        "rotors_side_chain": c.per_atom(len(rotors) - along),
        "conjugated_bonds": c.per_atom(sum(b.GetIsConjugated() for b in c.molecule.GetBonds())),
        **_side_chains(c),
        "rigid_atoms_per_rotor": c.main_chain.sum() / (along + 0.05 * c.n_atoms),
    }


def _side_chains(c: _Counted) -> dict[str, float]:
    bonds = chemistry_toolkit().GetDistanceMatrix(c.molecule)
    side = np.flatnonzero((c.main_chain == 0) & (_property(c.molecule, "unit_atom") >= 0))
    if not len(side):
        return {"side_chain_depth": 0.0, "side_chain_reach": 0.0}
    depth = bonds[np.ix_(side, np.flatnonzero(c.main_chain))].min(axis=1)
    return {"side_chain_depth": float(depth.mean()), "side_chain_reach": float(depth.max())}


def _elements(c: _Counted) -> dict[str, float]:
    symbols = elements().symbols
    carbon = c.number == 6
    sp3 = np.array(
        [str(atom.GetHybridization()) == "SP3" for atom in c.molecule.GetAtoms()], dtype=bool
    )
    return {
        **{
            f"fraction_{symbol}": c.per_atom((c.number == symbols.index(symbol)).sum())
            for symbol in _FRACTIONS
        },
        "hydrogen_per_atom": c.per_atom(c.hydrogens.sum()),
        "sp3_carbon_share": float((sp3 & carbon).sum() / max(1, carbon.sum())),
    }


def _sites(c: _Counted) -> dict[str, float]:
    Chem = chemistry_toolkit()
    is_site = np.clip(sum(c.matches[name] for name in _SITES), 0.0, 1.0)
    ether = c.matches["ether_oxygen"]
    along = c.main_chain + _double_bonded_to_main_chain(c)
    bonds = Chem.GetDistanceMatrix(c.molecule)
    places = np.flatnonzero(is_site)
    spacing = np.full(max(1, len(places)), FARTHEST_SITE)
    chelating = 0
    if len(places) > 1:
        between = bonds[np.ix_(places, places)].copy()
        np.fill_diagonal(between, np.inf)
        spacing = np.minimum(between.min(axis=1), FARTHEST_SITE)
        chelating = int((between == 3.0).any(axis=1).sum())
    return {
        "sites": c.per_kg(is_site.sum()),
        "sites_per_atom": c.per_atom(is_site.sum()),
        "sites_main_chain": c.per_kg((is_site * along).sum()),
        "sites_side_chain": c.per_kg((is_site * (1 - along)).sum()),
        "ether_main_chain": c.per_kg((ether * c.main_chain).sum()),
        "ether_side_chain": c.per_kg((ether * (1 - c.main_chain)).sum()),
        "site_spacing": float(spacing.mean()),
        "site_spacing_spread": float(spacing.std()),
        "chelating_sites": c.per_kg(chelating),
        "ether_run": float(np.log10(1.0 + _longest_ether_run(c))),
    }


def _double_bonded_to_main_chain(c: _Counted) -> FloatArray:
    """1 for end atoms such as the oxygen of a main-chain carbonyl. Shape (n_atoms,)."""
    found = np.zeros(c.n_atoms)
    for atom in c.molecule.GetAtoms():
        if atom.GetDegree() == 1 and not c.main_chain[atom.GetIdx()]:
            bond = atom.GetBonds()[0]
            neighbour = bond.GetOtherAtomIdx(atom.GetIdx())
            found[atom.GetIdx()] = bond.GetBondTypeAsDouble() == 2.0 and c.main_chain[neighbour]
    return found


def _longest_ether_run(c: _Counted) -> float:
    """Oxygens in the longest run of O-CH2-CH2-O; `ENDLESS_RUN` where it goes around the ring."""
    pattern = _patterns()["oxyethylene"]
    next_to: dict[int, set[int]] = {}
    for first, *_, last in c.molecule.GetSubstructMatches(pattern, maxMatches=1_000_000):
        next_to.setdefault(first, set()).add(last)
        next_to.setdefault(last, set()).add(first)
    longest, seen = 0, set[int]()
    for start in next_to:
        run, waiting = set[int](), [] if start in seen else [start]
        while waiting:
            atom = waiting.pop()
            if atom not in run:
                run.add(atom)
                waiting += next_to[atom] - run
        seen |= run
        longest = max(longest, len(run))
        places = [c.molecule.GetAtomWithIdx(atom).GetIntProp("unit_atom") for atom in run]
        if len(places) > len(set(places)):
            return ENDLESS_RUN
    return float(longest)


def _polarity(c: _Counted) -> dict[str, float]:
    chi = elements().electronegativity
    heavy = chi[c.number.astype(int)]
    between = sum(
        abs(heavy[bond.GetBeginAtomIdx()] - heavy[bond.GetEndAtomIdx()])
        for bond in c.molecule.GetBonds()
    )
    to_hydrogen = float((np.abs(heavy - chi[1]) * c.hydrogens).sum())
    everything = c.n_atoms + c.hydrogens.sum()
    charges = _gasteiger(c.molecule)
    return {
        "bond_polarity": c.per_atom(between + to_hydrogen),
        "hetero_polarity": c.per_atom(between),
        "mean_electronegativity": (heavy.sum() + chi[1] * c.hydrogens.sum()) / everything,
        "charge_highest": float(charges.max()),
        "charge_lowest": float(charges.min()),
        "charge_spread": float(charges.std()),
    }


def _gasteiger(molecule: Any) -> FloatArray:
    """Partial charges in e; 0 where an element has no parameters. Shape (n_atoms,)."""
    from rdkit.Chem import AllChem  # noqa: PLC0415 - an extra, slow to import

    AllChem.ComputeGasteigerCharges(molecule)
    charges = [atom.GetDoubleProp("_GasteigerCharge") for atom in molecule.GetAtoms()]
    finite = np.nan_to_num(np.array(charges, dtype=np.float64), posinf=0.0, neginf=0.0)
    held: FloatArray = np.clip(finite, -1.0, 1.0)
    return held


def _physical(c: _Counted) -> dict[str, float]:
    from rdkit.Chem import Descriptors, rdMolDescriptors  # noqa: PLC0415 - an extra, slow to import

    molecule = c.molecule
    surface = sum(rdMolDescriptors._CalcLabuteASAContribs(molecule, includeHs=False)[0])
    alpha = c.per_atom(Descriptors.HallKierAlpha(molecule))
    polar = rdMolDescriptors.CalcTPSA(molecule, includeSandP=True)
    return {
        "donors": c.per_kg(rdMolDescriptors.CalcNumHBD(molecule)),
        "acceptors": c.per_kg(rdMolDescriptors.CalcNumHBA(molecule)),
        "polar_surface": polar / c.mass_g_mol,
        "logP": c.per_atom(Descriptors.MolLogP(molecule)),
        "refractivity": c.per_atom(Descriptors.MolMR(molecule)),
        "surface": c.per_atom(surface),
        "mass_per_surface": c.mass_g_mol / surface,
        "kier_alpha": alpha,
        "kier_kappa3": (1.0 + alpha) ** 3 / (c.per_atom(_paths_of_three(molecule)) + alpha) ** 2,
    }


def _paths_of_three(molecule: Any) -> float:
    """Number of paths of three bonds, three-rings counted too, for Kier's third index."""
    middle = sum(
        (bond.GetBeginAtom().GetDegree() - 1) * (bond.GetEndAtom().GetDegree() - 1)
        for bond in molecule.GetBonds()
    )
    return float(middle)


def _groups(c: _Counted) -> dict[str, float]:
    values = {}
    for group in groups():
        count = float(c.matches[group.name].sum())
        values[f"{group.name}_per_kg"] = c.per_kg(count)
        if group.per_atom:
            values[f"{group.name}_per_atom"] = c.per_atom(count)
    return values


def _surfaces(c: _Counted) -> dict[str, float]:
    """Shares of Labute's surface by charge, log P and refractivity of its atoms."""
    from rdkit.Chem import rdMolDescriptors  # noqa: PLC0415 - an extra, slow to import

    surface, _ = rdMolDescriptors._CalcLabuteASAContribs(c.molecule, includeHs=False)
    crippen = np.array(rdMolDescriptors._CalcCrippenContribs(c.molecule))
    by: dict[str, FloatArray] = {
        "charge": _gasteiger(c.molecule), "logP": crippen[:, 0], "refractivity": crippen[:, 1]
    }  # fmt: skip
    area = np.array(surface)
    values = {}
    for which, edges in surface_bins().items():
        place = np.digitize(by[which], edges)
        for number in range(len(edges) + 1):
            values[f"surface_{which}_{number}"] = c.per_atom(float(area[place == number].sum()))
    return values
