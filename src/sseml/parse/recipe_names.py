"""The names that a polymer recipe is written with: polymers, salts, liquids and fillers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property

from sseml.families.polymer import part_class
from sseml.parse.tables import table_rows
from sseml.records import RepeatUnit

LITHIUM_ION = "[Li+]"
_UNIT = re.compile(r"(?P<psmiles>[^:]+?)(?::(?P<share>[\d.]+))?")
_UNFOLDED = re.compile(r"[\s_-]+")
_SHORT = 2
"""Names of so few letters are read in their listed spelling only: SN is no tin."""


@dataclass(frozen=True)
class ListedPolymer:
    """A polymer: its repeat units, and the atoms of a unit that coordinate lithium.

    `site` says what these are: EO (ethylene oxide units), O (ether, hydroxyl and carbonyl oxygen),
    CO (carbonyl groups), CN (nitrile groups) or N (amine and pyridine nitrogen); empty for none.
    `sites_per_unit` and `unit_molar_mass_g_mol` are means over the units of a copolymer.
    """

    name: str
    full_name: str
    units: tuple[RepeatUnit, ...]
    site: str
    sites_per_unit: float
    unit_molar_mass_g_mol: float
    aliases: tuple[str, ...]

    @property
    def family(self) -> str:
        """Family of the polymer alone."""
        return part_class(self.name)

    @property
    def sites_mol_kg(self) -> float:
        """Coordinating atoms or groups in mol per kg of polymer."""
        return 1000.0 * self.sites_per_unit / self.unit_molar_mass_g_mol

    @cached_property
    def lithium_mol_kg(self) -> float:
        """Lithium that the polymer brings itself, in mol per kg."""
        ions = sum(unit.mole_share * unit.psmiles.count(LITHIUM_ION) for unit in self.units)
        return 1000.0 * ions / self.unit_molar_mass_g_mol


@dataclass(frozen=True, slots=True)
class ListedSalt:
    """A lithium salt, with the lithium atoms of its formula unit."""

    name: str
    full_name: str
    smiles: str
    molar_mass_g_mol: float
    lithium: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedLiquid:
    """A small molecule or ionic liquid that softens a polymer, or is left in it."""

    name: str
    full_name: str
    smiles: str
    molar_mass_g_mol: float
    aliases: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Such as ``solvent``, ``residual solvent``, ``plastic crystal`` or ``ionic liquid``."""
        return part_class(self.name)


@dataclass(frozen=True, slots=True)
class ListedFiller:
    """A solid that is put into polymers; `formula` is empty where it has no plain one."""

    name: str
    formula: str
    aliases: tuple[str, ...]

    @property
    def role(self) -> str:
        """``active`` where it conducts Li+ itself, ``inert``, ``MOF`` or ``COF``."""
        return part_class(self.name)


Listed = ListedPolymer | ListedSalt | ListedLiquid | ListedFiller


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(alias for alias in row["aliases"].split(";") if alias)


def _unit(written: str) -> RepeatUnit:
    found = _UNIT.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no repeat unit with its share")
    return RepeatUnit(found["psmiles"], float(found["share"] or 1))


@cache
def polymers() -> tuple[ListedPolymer, ...]:
    """All listed polymers, in the order of the list."""
    return tuple(
        ListedPolymer(
            name=row["name"],
            full_name=row["full_name"],
            units=tuple(map(_unit, row["units"].split(";"))),
            site=row["site"],
            sites_per_unit=float(row["sites_per_unit"]),
            unit_molar_mass_g_mol=float(row["unit_molar_mass_g_mol"]),
            aliases=_aliases(row),
        )
        for row in table_rows("polymers.csv")
    )


@cache
def salts() -> tuple[ListedSalt, ...]:
    """All listed lithium salts."""
    return tuple(
        ListedSalt(
            row["name"], row["full_name"], row["smiles"], float(row["molar_mass_g_mol"]),
            int(row["lithium"]), _aliases(row),
        )
        for row in table_rows("salts.csv")
    )  # fmt: skip


@cache
def liquids() -> tuple[ListedLiquid, ...]:
    """All listed solvents, plasticisers, plastic crystals and ionic liquids."""
    return tuple(
        ListedLiquid(
            row["name"], row["full_name"], row["smiles"], float(row["molar_mass_g_mol"]),
            _aliases(row),
        )
        for row in table_rows("liquids.csv")
    )  # fmt: skip


@cache
def fillers() -> tuple[ListedFiller, ...]:
    """All listed fillers."""
    return tuple(
        ListedFiller(row["name"], row["formula"], _aliases(row))
        for row in table_rows("fillers.csv")
    )


def spellings(entry: Listed) -> tuple[str, ...]:
    """Name, other spellings and full name of an entry."""
    full = () if isinstance(entry, ListedFiller) else (entry.full_name,)
    return (entry.name, *entry.aliases, *full)


def _folded(text: str) -> str:
    return _UNFOLDED.sub("", text).casefold()


@cache
def _by_spelling() -> dict[str, Listed]:
    entries: tuple[Listed, ...] = (*polymers(), *salts(), *liquids(), *fillers())
    found: dict[str, Listed] = {}
    for entry in entries:
        for spelling in spellings(entry):
            found.setdefault(spelling, entry)
    return found


@cache
def _by_folded_spelling() -> dict[str, Listed]:
    found: dict[str, Listed] = {}
    for spelling, entry in _by_spelling().items():
        if len(spelling) > _SHORT:
            found.setdefault(_folded(spelling), entry)
    return found


@cache
def longest_spelling() -> int:
    """Characters of the longest spelling, with some for blanks."""
    return max(map(len, _by_spelling())) + 4


def listed(text: str) -> Listed | None:
    """The entry of a name or other spelling; blanks, hyphens and capitals do not count."""
    entry = _by_spelling().get(text)
    return entry or _by_folded_spelling().get(_folded(text))


def listed_polymer(name: str) -> ListedPolymer | None:
    """The polymer of a name or other spelling."""
    entry = listed(name)
    return entry if isinstance(entry, ListedPolymer) else None


def listed_salt(name: str) -> ListedSalt | None:
    """The salt of a name or other spelling."""
    entry = listed(name)
    return entry if isinstance(entry, ListedSalt) else None


def nearest_names(text: str) -> list[str]:
    """Listed spellings nearest to a text, the nearest first; empty where none is near."""
    by_folded = {
        _folded(spelling): spelling
        for entry in _by_spelling().values()
        for spelling in (entry.name, *entry.aliases)
    }
    near = get_close_matches(_folded(text[:40]), by_folded, n=3, cutoff=0.6)
    return [by_folded[match] for match in near]


def is_misspelled(text: str) -> bool:
    """Tell whether letters alone are nearly a polymer or salt: LiTFSO is no formula."""
    if not text.isalpha() or len(text) <= _SHORT + 1:
        return False
    listed_names = [*(entry.name for entry in polymers()), *(entry.name for entry in salts())]
    names = [_folded(name) for name in listed_names if name.isalpha()]
    return bool(get_close_matches(_folded(text), names, n=1, cutoff=0.8))
