"""What is said beside an answer: why it is what it is, and what it did not use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sseml.families import FamilyMatch
from sseml.model.bundle import Bundle, crystal_space_group
from sseml.model.crystal_system import SYSTEMS, crystal_system
from sseml.parse.charge import CHARGE_TOLERANCE, charge_gap
from sseml.records import Crystal, Material, MeasuredValue, Query


def notes_on_question(
    query: Query,
    bundle: Bundle,
    family: FamilyMatch,
    measured: MeasuredValue | None,
    *,
    elements_known: bool,
) -> Iterator[str]:
    """What was asked, and how far the model and its measurements reach."""
    yield f"family {family.family} (confidence {family.confidence:.2g}): {family.reason}"
    yield from query.notes
    gap = charge_gap(query.material.amounts)
    if abs(gap) > CHARGE_TOLERANCE:
        many = "cations" if gap > 0 else "anions"
        yield (
            f"no common oxidation states balance its charges: too many {many}, by {abs(gap):.0%} of"
            " the anion charge; check the formula"
        )
    if isinstance(query.material, Crystal):
        yield from query.material.notes
    low_C, high_C = bundle.manifest["temperature_range_C"]
    if not low_C <= query.temperature_C <= high_C:
        yield (
            f"{query.temperature_C:g} °C is outside the {low_C:g} to {high_C:g} °C that most "
            "measurements cover: extrapolated along one activation energy"
        )
    if not elements_known:
        yield "holds an element that no measured material holds"
    if measured is not None and measured.is_bound:
        yield "the measured value is a bound, not a number"
    if query.conductivity_kind == "bulk":
        yield "predicts what papers report, mostly total conductivity; bulk can be higher"


def notes_on_structure(material: Material, by_crystal_system: float) -> Iterator[str]:
    """What the row says about the material beyond its composition, and what came of it."""
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


def notes_on_polymorphs(measured: Sequence[tuple[int, MeasuredValue]]) -> Iterator[str]:
    """Every structure that the composition was measured in, by space group number."""
    for number, value in measured:
        system, *_ = SYSTEMS[crystal_system(number)]
        bound = value.relation if value.is_bound else ""
        yield (
            f"measured as {system} (space group {number}): {bound}{value.sigma_S_cm:.2g} S/cm at "
            f"{value.temperature_C:g} °C, {value.doi or value.reference or 'no DOI'}"
        )
