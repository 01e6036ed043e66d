"""Compositions, and crystals, which are answered as compositions of a known crystal system."""

from __future__ import annotations

from collections.abc import Iterator

from sseml.classes import replace
from sseml.families import recognise
from sseml.features.composition import CompositionDistance
from sseml.features.table import COMPOSITION_SETS
from sseml.kinds.contract import Doubt, Kind
from sseml.parse.charge import CHARGE_TOLERANCE, charge_gap
from sseml.parse.formula import parse_formula
from sseml.parse.space_groups import SYSTEMS, crystal_system
from sseml.records import Composition, Crystal, NoLithiumError

_GROSS_IMBALANCE = 0.2
"""Share of the anion charge that is not balanced; one published formula lies above it."""


def crystal_space_group(material: Composition) -> int | None:
    """Space group of a crystal, where it is known; a glass has none, whatever a row says."""
    return None if material.form == "glass" else material.space_group_number


def _in_space_group(material: Composition, number: int | None) -> Composition:
    return replace(material, space_group_number=number)


def _refusal(material: Composition) -> NoLithiumError | None:
    if "Li" in material.amounts:
        return None
    return NoLithiumError(
        f"{material.formula} contains no Li",
        "this model knows Li+ conductors only; write the Li-containing material",
    )


def _doubt(material: Composition) -> Doubt:
    """A formula that cannot be neutral is never inside, and outside where it is far from it."""
    gap = charge_gap(material.amounts)
    if abs(gap) <= CHARGE_TOLERANCE:
        return Doubt()
    many = "cations" if gap > 0 else "anions"
    note = (
        f"no common oxidation states balance its charges: too many {many}, by {abs(gap):.0%} of"
        " the anion charge; check the formula"
    )
    return Doubt("outside" if abs(gap) > _GROSS_IMBALANCE else "edge", (note,))


def _notes(material: Composition, by_crystal_system: float) -> Iterator[str]:
    """What else the row says about the material, and whether it is used."""
    number = crystal_space_group(material)
    if number is not None:
        system, *_ = SYSTEMS[crystal_system(number)]
        added = f"{by_crystal_system:+.2f} decades, part of the answer"
        yield f"{system} (space group {number}): {added}"
    facts = {
        "form": material.form is not None,
        "space group": material.space_group_number != number,
        "volume per atom": material.volume_per_atom_A3 is not None,
        "sites": isinstance(material, Crystal),
    }
    if unused := [name for name, is_given in facts.items() if is_given]:
        yield f"not used for the conductivity: {', '.join(unused)}"


COMPOSITION = Kind(
    name="composition",
    material=Composition,
    read=parse_formula,
    featurizers=COMPOSITION_SETS,
    default_sets=("chemistry", "prototype", "fractions", "parents"),
    distance=CompositionDistance(),
    recognise=recognise,
    has_window=True,
    space_group=crystal_space_group,
    in_space_group=_in_space_group,
    refusal=_refusal,
    doubt=_doubt,
    notes=_notes,
)

CRYSTAL = replace(COMPOSITION, name="crystal", material=Crystal, answered_by="composition")
