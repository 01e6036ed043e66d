"""A polymer recipe as text becomes a `Polymer` or `Composite`, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sseml.parse.charge import charge_imbalance
from sseml.parse.formula import composition_or_none, parse_formula
from sseml.parse.names import lookup
from sseml.parse.recipe_amounts import Amounts, amounts, salt_facts, substance
from sseml.parse.recipe_names import ListedPolymer, is_misspelled
from sseml.parse.recipe_parts import OTHER_CATION, Part, Written, written_parts
from sseml.parse.recipe_tokens import tokens
from sseml.parse.recipe_units import own_unit
from sseml.records import (
    Composite,
    Composition,
    Filler,
    LiquidPart,
    Polymer,
    PolymerPart,
    RefusedInputError,
    RepeatUnit,
    SaltPart,
    UnsupportedMaterialError,
)

MAX_LENGTH = 2000
"""Longest recipe that is read, in characters; a published repeat unit has 1,288."""

_NEARLY_NEUTRAL = 0.2


UNNAMED_SALT = "LiX"
"""Name of a lithium salt that a paper does not name."""


@dataclass(frozen=True, slots=True)
class RecipeReading:
    """What a recipe was read as, and the notes for its answer: definitions and assumptions."""

    material: Polymer | Composite
    notes: tuple[str, ...]


def parse_recipe(text: str) -> Polymer | Composite:
    """Read a polymer electrolyte or composite.

    Parameters
    ----------
    text
        Such as ``PEO + LiTFSI, EO:Li=18``, ``P(EO)15LiTFSI + 10 wt% LLZO``, ``PEO/PVDF 80/20 + 30
        wt% LiTFSI``, ``PSMILES:[*]CCO[*] + LiTFSI, m=1.2``. EO:Li counts the coordinating atoms of
        the polymers; wt% of a salt is of polymer + salt, of a filler or liquid of the total mass.

    Raises
    ------
    RefusedInputError
        If a name is unknown, an amount is missing or impossible, or no lithium is named.

    Examples
    --------
    >>> parse_recipe("P(EO)15LiTFSI + 10 wt% LLZO nanowires").formula
    'PEO + LiTFSI, EO:Li=15 + 10 wt% LLZO wire'
    """
    return read_recipe(text).material


def read_recipe(text: str) -> RecipeReading:
    """As `parse_recipe`, with notes on what was assumed and which definitions were used."""
    if len(text) > MAX_LENGTH:
        raise RefusedInputError(
            f"the recipe is {len(text)} characters long ({text[:40]!r}…)",
            f"write it in at most {MAX_LENGTH} characters",
        )
    formulas: dict[str, Composition] = {}

    def is_inorganic(chunk: str) -> bool:
        material = _inorganic(chunk)
        if material is not None:
            formulas[chunk] = material
        return material is not None

    written = written_parts(tokens(text, is_inorganic), formulas)
    if not written.polymers():
        raise UnsupportedMaterialError(
            f"no polymer is named in {text!r}",
            "write a recipe, such as PEO + LiTFSI, EO:Li=18 (names: sseml names --kind polymer),"
            " or the formula of an inorganic solid alone",
        )
    for part in written.polymers():
        if part.smiles:
            part.smiles = own_unit(part.smiles)
            part.text = f"PSMILES:{part.smiles}"
    return _material(written, amounts(written))


def _inorganic(chunk: str) -> Composition | None:
    """The composition of a formula or common name of a solid; None where it is none."""
    if OTHER_CATION.match(chunk) or is_misspelled(chunk):
        return None
    if entry := lookup(chunk, exact_case=True):
        return parse_formula(entry.formula)
    material = composition_or_none(chunk)
    if material is None or len(material.amounts) < 2:
        return None
    return material if charge_imbalance(material.amounts) <= _NEARLY_NEUTRAL else None


def _material(written: Written, found: Amounts) -> RecipeReading:
    """The records, with every number as its text in the canonical formula reads back."""
    parts = written.polymers()
    polymers = tuple(
        PolymerPart(_polymer_name(part), _units(part), share)
        for part, share in zip(parts, found.polymer_shares, strict=True)
    )
    texts = [_polymers_text(polymers)]
    salts = []
    for part, molality in zip(written.salts(), found.molalities_mol_kg, strict=True):
        text, molality_mol_kg = _salt_amount(written, part, molality)
        name = part.text if part.entry is None else part.entry.name
        salts.append(SaltPart(name, molality_mol_kg))
        texts.append(f" + {name}, {text}")
    if written.molar_mass_g_mol is not None:
        texts.append(f", Mw={plain(written.molar_mass_g_mol)}")
    liquids = []
    for part, percent in zip(written.liquids(), found.liquid_percent, strict=True):
        assert part.entry is not None
        liquids.append(LiquidPart(part.entry.name, float(plain(percent))))
        texts.append(f" + {plain(percent)} wt% {part.entry.name}")
    fillers = []
    for part, weight_percent in zip(written.fillers(), found.filler_percent, strict=True):
        filler = _filler(part, weight_percent)
        fillers.append(filler)
        amount = "" if weight_percent is None else f"{plain(weight_percent)} wt% "
        shape = "" if filler.shape == "particle" else f" {filler.shape}"
        texts.append(f" + {amount}{filler.name}{shape}")
    molar_mass = written.molar_mass_g_mol
    formula, common = "".join(texts), (polymers, tuple(salts), tuple(liquids))
    mass = None if molar_mass is None else float(plain(molar_mass))
    material: Polymer = (
        Composite(formula, *common, mass, tuple(fillers))
        if fillers
        else Polymer(formula, *common, mass)
    )
    return RecipeReading(material, tuple(_notes(written, found, material)))


def plain(value: float) -> str:
    """A number to six significant digits, without an exponent."""
    text = f"{value:.6g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _polymer_name(part: Part) -> str:
    return part.text if part.entry is None else part.entry.name


def _units(part: Part) -> tuple[RepeatUnit, ...]:
    if isinstance(part.entry, ListedPolymer):
        return part.entry.units
    return (RepeatUnit(part.smiles),)


def _polymers_text(polymers: tuple[PolymerPart, ...]) -> str:
    if len(polymers) == 1:
        return polymers[0].name
    sign = " / " if any(":" in part.name for part in polymers) else "/"
    shares = "/".join(plain(100.0 * part.weight_share) for part in polymers)
    return f"{sign.join(part.name for part in polymers)} {shares}"


def _salt_amount(written: Written, part: Part, molality: float) -> tuple[str, float]:
    """The amount as text, and the molality that it reads back as."""
    parts = written.polymers()
    entry = parts[0].entry
    alone = len(parts) == len(written.salts()) == 1
    if alone and isinstance(entry, ListedPolymer) and entry.site and part.entry is not None:
        _, lithium = salt_facts(part)
        ratio = plain(entry.sites_mol_kg / (molality * lithium))
        return f"{entry.site}:Li={ratio}", entry.sites_mol_kg / float(ratio) / lithium
    return f"m={plain(molality)}", float(plain(molality))


def _filler(part: Part, weight_percent: float | None) -> Filler:
    percent = None if weight_percent is None else float(plain(weight_percent))
    name = part.entry.name if part.entry else part.composition.formula if part.composition else ""
    return Filler(name, percent, part.shape or "particle", part.composition)


def _notes(written: Written, found: Amounts, material: Polymer) -> list[str]:
    notes = [*written.notes, *found.notes]
    if any(salt.name == UNNAMED_SALT for salt in material.salts):
        notes.append("the salt is not named: LiTFSI stands for it")
    for part, salt in zip(written.salts(), material.salts, strict=True):
        molar_mass, lithium = salt_facts(part)
        mass = salt.molality_mol_kg * molar_mass
        said = [
            f"{salt.molality_mol_kg:.3g} mol per kg of polymer",
            f"{100.0 * mass / (1000.0 + mass):.3g} wt% of polymer + salt",
        ]
        if ratio := _ratio(written, found, salt.molality_mol_kg * lithium):
            said.append(ratio)
        notes.append(f"{salt.name}: {' = '.join(said)}")
    if any(part.percent for part in [*written.liquids(), *written.fillers()]):
        notes.append("wt% of fillers and liquids is of the total mass")
    if unmeasured := [p.text for p in written.fillers() if p.percent is None and p.mass is None]:
        notes.append(f"how much {', '.join(unmeasured)} is in it, is not said")
    return notes


def _ratio(written: Written, found: Amounts, lithium_mol_kg: float) -> str:
    parts = [substance(part) for part in written.polymers()]
    sites = {s.main_site for s in parts if s.main_site}
    if len(sites) != 1:
        return ""
    site = sites.pop()
    total = sum(
        share * s.sites_mol_kg.get(site, 0.0)
        for share, s in zip(found.polymer_shares, parts, strict=True)
    )
    return f"{site}:Li {total / lithium_mol_kg:.3g}"
