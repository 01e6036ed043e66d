"""One polymer, one salt and one recipe under one spelling each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from sseml.features.polymer.periodic import chemistry_toolkit, polymer_key
from sseml.parse.recipe import parse_recipe
from sseml.parse.recipe_names import (
    LITHIUM_ION,
    liquids,
    listed_polymer,
    listed_salt,
    polymers,
    salts,
)
from sseml.parse.smiles import molar_mass_g_mol, read_smiles
from sseml.records import (
    Composite,
    LiquidPart,
    NoLithiumError,
    Polymer,
    PolymerPart,
    RefusedInputError,
    RepeatUnit,
    SaltPart,
)

OWN_UNIT = "PSMILES:"
OWN_SALT = "SALT:"
_DIGITS = 6


def keys_of(material: Polymer) -> tuple[str, ...]:
    """What each polymer of a recipe is, whatever its spelling, heaviest first.

    The key of its repeat unit; those of a copolymer joined by ``+``.
    """
    by_weight = sorted(material.polymers, key=lambda part: -part.weight_share)
    return tuple("+".join(sorted(_key(unit) for unit in part.units)) for part in by_weight)


def _key(unit: RepeatUnit) -> str:
    return polymer_key(unit.psmiles)


def has_own(material: Polymer) -> bool:
    """Whether a recipe holds a repeat unit or a salt written as SMILES."""
    return any(part.name.startswith(OWN_UNIT) for part in material.polymers) or any(
        part.name.startswith(OWN_SALT) for part in material.salts
    )


def is_assumed(notes: Iterable[str]) -> bool:
    """Whether notes of `sseml.parse.recipe.read_recipe` say that an amount was not stated."""
    return any("is assumed" in note or "in equal weights" in note for note in notes)


def renamed(material: Polymer) -> Polymer:
    """The recipe with listed names, and canonical SMILES where nothing is listed.

    Raises
    ------
    RefusedInputError
        If a part is no polymer, lithium salt or listed liquid, or the recipe as a whole is not
        one that `parse_recipe` reads.
    """
    parts = replace(
        material,
        polymers=tuple(map(_renamed_polymer, material.polymers)),
        salts=tuple(map(_renamed_salt, material.salts)),
        liquids=tuple(map(_renamed_liquid, material.liquids)),
    )
    if not parts.salts and not any(
        LITHIUM_ION in u.psmiles for p in parts.polymers for u in p.units
    ):
        raise NoLithiumError("it holds no lithium", "write a salt, or a polymer with lithium")
    return parse_recipe(recipe_text(parts))


def recipe_text(material: Polymer) -> str:
    """A recipe in the grammar of `sseml.parse.recipe`.

    Examples
    --------
    >>> unit = RepeatUnit("[*]CCO[*]")
    >>> parts = Polymer("", (PolymerPart("PEO", (unit,)),), (SaltPart("LiTFSI", 1.2),))
    >>> recipe_text(parts)
    'PEO + LiTFSI, m=1.2'
    """
    names = [part.name for part in material.polymers]
    host = names[0]
    if len(names) > 1:
        shares = "/".join(_number(100.0 * part.weight_share) for part in material.polymers)
        sign = " / " if any(name.startswith(OWN_UNIT) for name in names) else "/"
        host = f"{sign.join(names)} {shares}"
    text = host
    for salt in material.salts:
        text += f" + {salt.name}, m={_number(salt.molality_mol_kg)}"
    if material.molar_mass_g_mol is not None:
        text += f", Mw={_number(material.molar_mass_g_mol)}"
    for liquid in material.liquids:
        text += f" + {_percent(liquid.weight_percent)}{liquid.name}"
    for filler in material.fillers if isinstance(material, Composite) else ():
        shape = "" if filler.shape == "particle" else f" {filler.shape}"
        text += f" + {_percent(filler.weight_percent)}{filler.name}{shape}"
    return text


def _percent(weight_percent: float | None) -> str:
    return "" if weight_percent is None else f"{_number(weight_percent)} wt% "


def salt_weight_percent(material: Polymer) -> float:
    """Percent of polymer and salts that is salt."""
    salt = sum(part.molality_mol_kg * _salt_molar_mass_g_mol(part.name) for part in material.salts)
    return 100.0 * salt / (1000.0 + salt)


@cache
def _salt_molar_mass_g_mol(name: str) -> float:
    entry = listed_salt(name)
    if entry is not None:
        return entry.molar_mass_g_mol
    return molar_mass_g_mol(read_smiles(name.removeprefix(OWN_SALT)))


def _number(value: float) -> str:
    """To six digits, without exponent."""
    text = f"{value:.{_DIGITS}g}"
    return f"{value:.0f}" if "e+" in text else f"{value:.12f}".rstrip("0") if "e" in text else text


def _renamed_polymer(part: PolymerPart) -> PolymerPart:
    if not part.name.startswith(OWN_UNIT):
        return part
    (unit,) = part.units
    key = polymer_key(unit.psmiles)
    name = _named_polymers().get(key)
    if name is None:
        psmiles = key + f".{LITHIUM_ION}" * _missing_lithium(key)
        return replace(part, name=OWN_UNIT + psmiles, units=(RepeatUnit(psmiles),))
    return PolymerPart(name, _listed_units(name), part.weight_share)


def _listed_units(name: str) -> tuple[RepeatUnit, ...]:
    entry = listed_polymer(name)
    return entry.units if entry else ()


def _missing_lithium(key: str) -> int:
    """Lithium ions that make an anionic repeat unit neutral; a key is written without them."""
    return max(0, key.count("-]") - key.count("+]"))


def _renamed_salt(part: SaltPart) -> SaltPart:
    smiles = part.name.removeprefix(OWN_SALT)
    if smiles in {salt.name for salt in salts()}:
        return part
    if LITHIUM_ION not in smiles:
        raise RefusedInputError(f"{smiles} is no lithium salt", "write a lithium salt")
    canonical = _canonical(smiles)
    return replace(part, name=_named_salts().get(canonical, OWN_SALT + canonical))


def _renamed_liquid(part: LiquidPart) -> LiquidPart:
    if part.name in {liquid.name for liquid in liquids()}:
        return part
    name = _named_liquids().get(_canonical(part.name))
    if name is None:
        raise RefusedInputError(f"{part.name} is no listed liquid", "write a listed name")
    return replace(part, name=name)


@cache
def _canonical(smiles: str) -> str:
    Chem = chemistry_toolkit()
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise RefusedInputError(f"{smiles!r} is no valid SMILES", "write a SMILES")
    return str(Chem.MolToSmiles(molecule, isomericSmiles=False))


@cache
def _named_polymers() -> dict[str, str]:
    """Key → first listed name of a polymer of one repeat unit."""
    single = [each for each in polymers() if len(each.units) == 1]
    return _first_names((polymer_key(each.units[0].psmiles), each.name) for each in single)


@cache
def _named_salts() -> dict[str, str]:
    return _first_names((_canonical(salt.smiles), salt.name) for salt in salts())


@cache
def _named_liquids() -> dict[str, str]:
    return _first_names((_canonical(each.smiles), each.name) for each in liquids())


def _first_names(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for identity, name in pairs:
        names.setdefault(identity, name)
    return names
