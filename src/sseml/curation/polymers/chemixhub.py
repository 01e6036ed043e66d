"""How CheMixHub's copy of the fuller polymer table is read: gels and blends; nothing is judged.

Its dry electrolytes of one polymer are ChemArr's, and its liquids are no solids: such rows are
handed on as unusable, so that every row is accounted for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sseml.curation.numbers import read_float
from sseml.curation.polymers.chemarr import marked_ends, power_of_ten
from sseml.curation.polymers.rows import RawRecipe
from sseml.curation.readers import table_rows
from sseml.curation.rows import SERIES_END
from sseml.records import LiquidPart, Polymer, PolymerPart, RepeatUnit, SaltPart
from sseml.units import kelvin_to_celsius

_FILE = "processed_PolymerElectrolyteData.csv"
_COMPOUNDS = "compounds.csv"
_COLUMNS = ("value", "Temperature, K", "cmp_ids", "cmp_mole_fractions", "cmp_mws")
_COMPOUND_COLUMNS = ("compound_id", "smiles", "salt", "polymer", "monomeric_unit")
_LITHIUM_G_MOL = 6.94
_LIQUID, _DRY = "liquid_electrolyte", "dry_polymer_as_in_chemarr"
OUT_OF_SCOPE = frozenset({_LIQUID, _DRY})
"""Reasons that most rows carry: they are counted, not listed."""

_SLACK = 1.5
"""A molar mass below this many repeat units is that of the unit, not of the polymer."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One compound of a mixture: its row in the table of compounds, its share and its masses."""

    compound: Mapping[str, str]
    mole_share: float
    unit_g_mol: float
    molar_mass_g_mol: float | None

    @property
    def role(self) -> str:
        if self.compound["polymer"] == "1":
            return "polymer"
        return "salt" if self.compound["salt"] == "1" else "liquid"

    @property
    def smiles(self) -> str:
        return self.compound["monomeric_unit" if self.role == "polymer" else "smiles"]

    @property
    def mass(self) -> float:
        """Per mol of the mixture, g; an anionic repeat unit is written without its lithium."""
        charge = self.smiles.count("-]") - self.smiles.count("+]")
        lithium = max(charge, 0) * _LITHIUM_G_MOL if self.role == "polymer" else 0.0
        return self.mole_share * (self.unit_g_mol + lithium)


def read_chemixhub(folder: Path) -> list[RawRecipe]:
    """Read CheMixHub's polymer electrolytes; a blend or a gel becomes a recipe by mass.

    The `source_id` names what stands for the paper, consecutive rows of the same compounds, and
    the row: ``B012#345``.
    """
    compounds = {
        row["compound_id"]: row for row in table_rows(folder / _COMPOUNDS, _COMPOUND_COLUMNS)
    }
    raws: list[RawRecipe] = []
    ids_before: list[str] = []
    recipe_before = ""
    block = run = 0
    for number, row in enumerate(table_rows(folder / _FILE, _COLUMNS), start=1):
        parts, unusable = _parts(row, compounds)
        ids = sorted(row["cmp_ids"].strip("[]").split(", "))
        formula = " + ".join(f"{part.mole_share:.6g} mol {part.smiles}" for part in parts)
        recipe = formula + row["cmp_mws"] + row.get("cmp1_mn_or_mw", "")
        block += ids != ids_before
        run += recipe != recipe_before
        ids_before, recipe_before = ids, recipe
        series = f"B{block:03d}"
        kelvin = read_float(row["Temperature, K"])
        raws.append(
            RawRecipe(
                source="chemixhub",
                source_id=f"{series}{SERIES_END}{number}",
                formula=formula or row["cmp_ids"],
                material=None if unusable else _material(parts),
                conductivity=power_of_ten(row["value"]),
                temperature_C="" if kelvin is None else f"{kelvin_to_celsius(kelvin):.6g}",
                run=f"{run:04d}",
                series=series,
                unusable=unusable,
            )
        )
    return raws


def _parts(
    row: Mapping[str, str], compounds: Mapping[str, Mapping[str, str]]
) -> tuple[list[_Part], str | None]:
    """The compounds of a row; or why it is not used."""
    lists = [_numbers(row[name]) for name in ("cmp_ids", "cmp_mole_fractions", "cmp_mws")]
    ids, shares, masses = lists
    if len({len(each) for each in lists}) != 1:
        return [], "uneven_lists"
    if any(math.isnan(number) for number in (*shares, *masses)):
        return [], "missing_amount"
    parts = [
        _Part(
            compounds[f"{number:.0f}"], share, mass, read_float(row.get(f"cmp{place}_mn_or_mw", ""))
        )
        for place, (number, share, mass) in enumerate(zip(ids, shares, masses, strict=True), 1)
    ]
    roles = [part.role for part in parts]
    if "polymer" not in roles:
        return parts, _LIQUID
    if roles.count("polymer") == 1 and "liquid" not in roles:
        return parts, _DRY
    return parts, None


def _numbers(text: str) -> list[float]:
    return [float(value) for value in text.strip("[]").split(",")]


def _material(parts: Sequence[_Part]) -> Polymer:
    by_role = {role: [p for p in parts if p.role == role] for role in ("polymer", "salt", "liquid")}
    polymers, total = by_role["polymer"], sum(part.mass for part in parts)
    mass = sum(part.mass for part in polymers)
    main = max(polymers, key=lambda part: part.mass)
    molar_mass = main.molar_mass_g_mol
    return Polymer(
        formula="",
        polymers=tuple(
            PolymerPart(
                f"PSMILES:{marked_ends(part.smiles)}",
                (RepeatUnit(marked_ends(part.smiles)),),
                part.mass / mass,
            )
            for part in polymers
        ),
        salts=tuple(
            SaltPart(part.smiles, 1000.0 * part.mole_share / mass) for part in by_role["salt"]
        ),
        liquids=tuple(
            LiquidPart(part.smiles, 100.0 * part.mass / total) for part in by_role["liquid"]
        ),
        molar_mass_g_mol=molar_mass
        if molar_mass is not None and molar_mass > _SLACK * main.unit_g_mol
        else None,
    )
