"""Descriptors of a lithium salt's anion; needs RDKit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from sseml.features.polymer.columns import ROUNDED_TO
from sseml.features.polymer.periodic import chemistry_toolkit, with_free_lithium
from sseml.physics.elements import elements
from sseml.records import NoLithiumError, RefusedInputError

_COUNTED = ("F", "O", "N", "S", "B", "P", "C")
_HALOGENS = ("Cl", "Br", "I")
_METALS = ("Al", "As", "Sb")
_PATTERNS = {
    "anion_nitriles": "[NX1]#[#6]",
    "anion_sulfonyls": "[SX4](=O)=O",
    "anion_carbonyls": "[#6]=[OX1]",
    "anion_bare_oxygen": "[O-;!$([O-]~[+])]",
}


def salt_key(smiles: str) -> str:
    """Canonical SMILES of a salt: equal for all spellings of one salt.

    Raises
    ------
    RefusedInputError
        If the text is no SMILES of a lithium salt.
    """
    Chem = chemistry_toolkit()
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise RefusedInputError(f"{smiles!r} is no valid SMILES", "write the salt by its name")
    if not any(atom.GetSymbol() == "Li" for atom in molecule.GetAtoms()):
        raise NoLithiumError(f"{smiles!r} contains no Li", "write the lithium salt")
    text: str = Chem.MolToSmiles(with_free_lithium(molecule), isomericSmiles=False)
    return text


@lru_cache(maxsize=1024)
def anion_descriptors(smiles: str) -> Mapping[str, float]:
    """Descriptors of the anion of a salt by name; see `columns.anion_columns`.

    Raises
    ------
    RefusedInputError
        As `salt_key`, and if the salt has no anion or RDKit is not installed.
    """
    Chem = chemistry_toolkit()
    salt = Chem.MolFromSmiles(salt_key(smiles))
    fragments = Chem.GetMolFrags(salt, asMols=True)
    anions = [part for part in fragments if Chem.GetFormalCharge(part) < 0]
    if not anions:
        raise RefusedInputError(
            f"{smiles!r} has no anion", "write ions, as in [Li+].[O-]S(=O)(=O)C(F)(F)F"
        )
    anion = max(anions, key=lambda part: part.GetNumHeavyAtoms())
    values = {**_salt(salt), **_atoms(Chem, anion), **_surface(anion)}
    for name, smarts in _PATTERNS.items():
        values[name] = len(anion.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
    return {name: float(f"{value:.{ROUNDED_TO}g}") for name, value in values.items()}


def _salt(salt: Any) -> dict[str, float]:
    from rdkit.Chem import Descriptors  # noqa: PLC0415 - an extra, slow to import

    return {
        "salt_mass": Descriptors.MolWt(salt),
        "lithium_count": sum(atom.GetSymbol() == "Li" for atom in salt.GetAtoms()),
    }


def _atoms(Chem: Any, anion: Any) -> dict[str, float]:
    symbols = [atom.GetSymbol() for atom in anion.GetAtoms()]
    chi = elements().electronegativity
    charge = -float(Chem.GetFormalCharge(anion))
    rotors = sum(
        bond.GetBondTypeAsDouble() == 1.0
        and not bond.IsInRing()
        and min(bond.GetBeginAtom().GetDegree(), bond.GetEndAtom().GetDegree()) > 1
        for bond in anion.GetBonds()
    )
    return {
        "anion_atoms": len(symbols),
        "anion_charge": charge,
        "anion_charge_per_atom": charge / len(symbols),
        "anion_rotors": rotors,
        "anion_ring_atoms": sum(atom.IsInRing() for atom in anion.GetAtoms()),
        "anion_aromatic": float(any(atom.GetIsAromatic() for atom in anion.GetAtoms())),
        **{f"anion_{symbol}": symbols.count(symbol) for symbol in _COUNTED},
        "anion_halogens": sum(symbol in _HALOGENS for symbol in symbols),
        "anion_metals": sum(symbol in _METALS for symbol in symbols),
        "anion_asymmetry": len(set(Chem.CanonicalRankAtoms(anion, breakTies=False))) / len(symbols),
        "anion_electronegativity": float(
            np.mean([chi[atom.GetAtomicNum()] for atom in anion.GetAtoms()])
        ),
    }


def _surface(anion: Any) -> dict[str, float]:
    from rdkit.Chem import Descriptors, rdMolDescriptors  # noqa: PLC0415 - an extra, slow to import

    return {
        "anion_surface": rdMolDescriptors.CalcLabuteASA(anion),
        "anion_polar_surface": rdMolDescriptors.CalcTPSA(anion, includeSandP=True),
        "anion_logP": Descriptors.MolLogP(anion) / anion.GetNumHeavyAtoms(),
    }
