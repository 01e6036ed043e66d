"""One row of a bundle's answer becomes a prediction, with its evidence, its window and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sseml.families import FamilyMatch
from sseml.kinds import Kind
from sseml.model.answer import BundleAnswer, Model
from sseml.model.evidence import Evidence, domain
from sseml.notes import notes_on_polymorphs, notes_on_reach
from sseml.records import DOMAINS, Crystal, Prediction, Query

if TYPE_CHECKING:
    from sseml.model.own_rows import EvidenceWithOwn
    from sseml.model.phases import Stability

_LARGEST_EXPONENT = 300.0


def predicted(
    query: Query,
    kind: Kind,
    index: int,
    answer: BundleAnswer,
    bundle: Model,
    *,
    evidence: Evidence | EvidenceWithOwn,
    family: FamilyMatch,
    stability: Stability | None,
) -> Prediction:
    """The prediction for a query: row `index` of an answer, with its evidence, window and notes."""
    material = query.material
    distance = answer.distance[index]
    sigma, if_conductor = answer.sigma, answer.if_conductor
    space_group = kind.space_group(material)
    is_measured = distance.min(initial=1.0) < kind.distance.radii.same
    known = evidence.measured(distance, query.temperature_C, space_group) if is_measured else None
    polymorphs = evidence.polymorphs(distance, query.temperature_C) if is_measured else ()
    measured = known.chosen if known else None
    parts_known = bool(answer.parts_known[index])
    nearest = float(answer.nearest_distance[index])
    found = domain(nearest, kind.distance.radii, parts_known=parts_known)
    doubt = kind.doubt(material)
    if answer.doubts:
        doubt = doubt.joined(answer.doubts[index])
    window = stability.window if stability else None
    return Prediction(
        row=query.row,
        input=query.input,
        kind=kind.name,
        formula=material.formula,
        family=family.family,
        temperature_C=query.temperature_C,
        log10_sigma=float(sigma.log10[index]),
        sigma_S_cm=power_of_ten(sigma.log10[index]),
        sigma_low_S_cm=power_of_ten(sigma.log10_low[index]),
        sigma_high_S_cm=power_of_ten(sigma.log10_high[index]),
        p_superionic=float(answer.p_superionic[index]),
        p_conductor=float(answer.p_conductor[index]),
        sigma_if_conductor_S_cm=power_of_ten(if_conductor.log10[index]),
        sigma_if_conductor_low_S_cm=power_of_ten(if_conductor.log10_low[index]),
        sigma_if_conductor_high_S_cm=power_of_ten(if_conductor.log10_high[index]),
        activation_energy_eV=float(answer.activation_energy_eV[index]),
        domain=max(found, doubt.at_best, key=DOMAINS.index),
        nearest=evidence.nearest(distance, query.temperature_C, space_group_number=space_group),
        model=bundle.name,
        measured_sigma_S_cm=measured.sigma_S_cm if measured else None,
        measured_doi=measured.doi if measured else None,
        measured_reference=measured.reference if measured else None,
        measured_count=len(known.values) if known else None,
        measured_papers=known.papers if known else None,
        measured_low_S_cm=known.values[0].sigma_S_cm if known else None,
        measured_high_S_cm=known.values[-1].sigma_S_cm if known else None,
        measurements=known.values if known else (),
        V_red=window.V_red if window else None,
        V_ox=window.V_ox if window else None,
        window_note=stability.note if stability else None,
        e_above_hull_eV_atom=window.e_above_hull_eV_atom if window else None,
        notes=(
            f"family {family.family} (confidence {family.confidence:.2g}): {family.reason}",
            *query.notes,
            *doubt.notes,
            *(material.notes if isinstance(material, Crystal) else ()),
            *notes_on_reach(query, bundle, measured, parts_known=parts_known),
            *kind.notes(material, float(answer.by_crystal_system[index])),
            *notes_on_polymorphs(polymorphs),
            *(stability.reasons() if stability else ()),
        ),
        columns=query.columns,
    )


def power_of_ten(exponent: float) -> float:
    """10 to a power that a float can hold: near 0 K an upper limit has no bound."""
    return float(10.0 ** min(float(exponent), _LARGEST_EXPONENT))
