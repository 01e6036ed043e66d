"""How a polymer electrolyte or composite is recognised as a family, by its parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sseml.families import FamilyMatch, families
from sseml.families.tables import table_rows
from sseml.patterns import late
from sseml.records import Composite, Filler, Polymer, PolymerPart

RESIDUAL_SOLVENT = "residual solvent"
"""Class of liquids that are left in a film from its casting."""

_LEAST_OF_SULFIDE = 50.0
"""A sulfide of so many wt% is the electrolyte, and the polymer its binder."""

_ETHER = late(r"[C)\]\d]O(?:C|\[\*\])")
_OWN_UNITS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("single-ion polymer", lambda unit: "[Li+]" in unit),
    ("poly(ionic liquid)", lambda unit: "." in unit),
    ("polyphosphazene", lambda unit: "N=P" in unit or "P=N" in unit or "=NP" in unit),
    ("polysiloxane", lambda unit: "[Si" in unit),
    ("polycarbonate", lambda unit: "OC(=O)O" in unit or "OC(O" in unit),
    ("polyurethane", lambda unit: "OC(=O)N" in unit or "NC(=O)O" in unit),
    ("polynitrile", lambda unit: "C#N" in unit or "N#C" in unit),
    ("PVDF class", lambda unit: set(unit) <= set("[]*C()F") and "F" in unit),
    ("polyether", lambda unit: bool(_ETHER.search(unit)) and "=O" not in unit),
    ("polyester", lambda unit: "C(=O)O" in unit and not _hangs(unit)),
    ("polyacrylate", lambda unit: "C(=O)O" in unit),
    ("polyamine", lambda unit: "N" in unit and "=O" not in unit),
    ("other polymer", lambda _: True),
)
"""Families of a repeat unit that is not listed, with what its text holds; the first that fits."""


def _hangs(unit: str) -> bool:
    """Tell whether an ester hangs on a chain of carbon, as in an acrylate."""
    return unit.startswith(("[*]CC([*])", "[*]CC(C)([*])", "[*]CC([*])(C)"))


@cache
def _classes() -> dict[str, str]:
    return {row["name"]: row["class"] for row in table_rows("recipe_parts.csv")}


def part_class(name: str) -> str:
    """The class of a listed part: family of a polymer, kind of a liquid, role of a filler.

    Empty for a name that is not listed.
    """
    return _classes().get(name, "")


def recognise_recipe(material: Polymer) -> FamilyMatch:
    """Recognise the family of a polymer electrolyte or composite.

    Of a composite the filler of the largest share decides; of a gel, its liquid; else the polymer
    of the largest share.
    """
    if isinstance(material, Composite) and material.fillers:
        return _of_filler(max(material.fillers, key=lambda filler: filler.weight_percent or 0.0))
    gelling = [liquid for liquid in material.liquids if part_class(liquid.name) != RESIDUAL_SOLVENT]
    if gelling:
        names = ", ".join(liquid.name for liquid in gelling)
        return _match("gel polymer", 1.0, f"a polymer with {names}")
    return _of_polymer(max(material.polymers, key=lambda part: part.weight_share))


def _match(family: str, confidence: float, reason: str) -> FamilyMatch:
    return FamilyMatch(family, families()[family].electrolyte_class, confidence, reason)


def _of_filler(filler: Filler) -> FamilyMatch:
    amounts = filler.composition.amounts if filler.composition else {}
    role = part_class(filler.name)
    is_sulfide = "Li" in amounts and "S" in amounts and "O" not in amounts
    if is_sulfide and (filler.weight_percent or 0.0) >= _LEAST_OF_SULFIDE:
        return _match("sulfide-polymer", 1.0, f"a sheet of {filler.name} with a polymer")
    if role in ("MOF", "COF"):
        return _match(f"{role} composite", 1.0, f"{filler.name} is a {role}")
    if role == "active" or (not role and "Li" in amounts):
        return _match("active-filler composite", 1.0, f"{filler.name} conducts Li+ itself")
    return _match("inert-filler composite", 1.0, f"{filler.name} does not conduct Li+")


def _of_polymer(part: PolymerPart) -> FamilyMatch:
    if family := part_class(part.name):
        return _match(family, 1.0, f"{part.name} is a {family}")
    unit = part.units[0].psmiles
    family = next(family for family, fits in _OWN_UNITS if fits(unit))
    return _match(family, 0.5, f"by the text of the repeat unit {unit}")
