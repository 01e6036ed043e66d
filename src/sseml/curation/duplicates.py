"""The same measurement told by several tables is kept once; contradictions are flagged and kept."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from sseml.curation.draft import Draft, Merged, total_variation

SAME_CONDUCTIVITY = math.log10(1.02)
"""Two tables agree on a conductivity within 2 %: decades."""

SAME_TEMPERATURE_K = 10.0
ACROSS_SOURCES_DISTANCE = 2e-3
"""Composition distance that rounding of indices (0.557, 0.56) makes between two tables."""

WITHIN_SOURCE_DISTANCE = 1e-6
LINKED_DISTANCE = 0.02

CONFLICT_DECADES = 1.0
CONFLICT_TEMPERATURE_K = 5.0

KEPT_WHOLE = "obelix"
"""Rows of this source are never merged with each other: its official split needs every one."""


def merge_duplicates(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Merged]]:
    """Keep each measurement once.

    Drafts come in order of trust: a later one merges into an earlier one. First by

    ``same_measurement``
        Same composition, conductivity within 2 %, temperature within 10 K, relation equal, and no
        known DOI or space group against it (OBELiX corrected space groups of the Laskowski rows it
        took over, so there they may differ). Within one source the papers must be known to agree,
        or, where the source names none, space group and activation energy too.

    Then, for OBELiX rows that point at an earlier table but have gone back to the paper for another
    value, and that found no partner there above:

    ``revised_measurement``
        OBELiX points at this very Liverpool row, and DOI and composition agree.
    ``same_structure_revised``
        Same ICSD entry and composition as a Laskowski row.
    ``same_paper_revised``
        The only Laskowski row left with this composition and space group, and the only such OBELiX
        row taken from Laskowski's papers.

    The kept row takes over activation energy, DOI, year and space group where it has none, and the
    flag ``extrapolated``; by the last three rules it is flagged ``revised``.

    Returns
    -------
    tuple
        The kept drafts, in the order given, and what was merged into them.
    """
    kept: list[Draft] = []
    merged: list[Merged] = []
    by_elements: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        candidates = by_elements[frozenset(draft.composition.amounts)]
        partner = _same_measurement(draft, candidates)
        if partner is None:
            kept.append(draft)
            candidates.append(draft)
        else:
            _absorb(partner, draft)
            merged.append(Merged(draft.raw, "same_measurement", partner.label))
    for rule, joins, unique in (
        ("revised_measurement", _points_at, False),
        ("same_structure_revised", _same_icsd, False),
        ("same_paper_revised", _same_paper, True),
    ):
        kept = _merge_revised(kept, rule, joins, unique, merged)
    return kept, merged


def _same_measurement(draft: Draft, candidates: Sequence[Draft]) -> Draft | None:
    matches = [
        (decades, distance, other.label, other)
        for other in candidates
        if abs(draft.temperature_C - other.temperature_C) <= SAME_TEMPERATURE_K
        and draft.relation == other.relation
        and (decades := _decades(draft, other)) <= SAME_CONDUCTIVITY
        and (distance := _distance(draft, other)) <= _largest_distance(draft, other)
        and _may_be_same(draft, other)
    ]
    return min(matches, key=lambda match: match[:3])[3] if matches else None


def _merge_revised(
    kept: list[Draft],
    rule: str,
    joins: Callable[[Draft, Draft], bool],
    unique: bool,
    merged: list[Merged],
) -> list[Draft]:
    official = [d for d in kept if d.raw.source == KEPT_WHOLE]
    pairs = [
        (draft, other)
        for draft in kept
        if draft.raw.source != KEPT_WHOLE
        for other in official
        if not any(label.startswith(f"{draft.raw.source}:") for label in other.also_in)
        and abs(draft.temperature_C - other.temperature_C) <= SAME_TEMPERATURE_K
        and draft.composition.amounts.keys() == other.composition.amounts.keys()
        and joins(draft, other)
    ]
    gone: dict[int, Draft] = {}
    seen = Counter(id(d) for pair in pairs for d in pair)
    for draft, other in pairs:
        if id(draft) in gone or (unique and (seen[id(draft)] > 1 or seen[id(other)] > 1)):
            continue
        gone[id(draft)] = draft
        _absorb(other, draft)
        other.flags.add("revised")
        merged.append(Merged(draft.raw, rule, other.label))
    return [draft for draft in kept if id(draft) not in gone]


def _decades(first: Draft, second: Draft) -> float:
    return abs(math.log10(first.sigma_S_cm / second.sigma_S_cm))


def _distance(first: Draft, second: Draft) -> float:
    return total_variation(first.fractions, second.fractions)


def _largest_distance(draft: Draft, other: Draft) -> float:
    across = draft.raw.source != other.raw.source
    return ACROSS_SOURCES_DISTANCE if across else WITHIN_SOURCE_DISTANCE


def _may_be_same(draft: Draft, other: Draft) -> bool:
    if draft.raw.source == other.raw.source == KEPT_WHOLE:
        return False
    if draft.dois and other.dois:
        return not set(draft.dois).isdisjoint(other.dois)
    space_groups = draft.space_group_number, other.space_group_number
    if draft.raw.source != other.raw.source:
        taken_over = "laskowski_paper" in other.raw.links
        return taken_over or None in space_groups or space_groups[0] == space_groups[1]
    energies = draft.activation_energy_eV, other.activation_energy_eV
    return space_groups[0] == space_groups[1] and (None in energies or energies[0] == energies[1])


def _points_at(draft: Draft, other: Draft) -> bool:
    """Tell whether OBELiX's pointer into Liverpool (an ID, or a row index from 0) names `draft`."""
    if draft.raw.source != "liverpool" or set(draft.dois).isdisjoint(other.dois):
        return False
    pointer = other.raw.links.get("liverpool_row")
    named = pointer is not None and pointer in {draft.raw.source_id, draft.raw.links.get("index")}
    return named and _distance(draft, other) <= LINKED_DISTANCE


def _same_icsd(draft: Draft, other: Draft) -> bool:
    entry = draft.raw.links.get("icsd")
    known = entry is not None and entry == other.raw.links.get("icsd")
    return known and _distance(draft, other) <= ACROSS_SOURCES_DISTANCE


def _same_paper(draft: Draft, other: Draft) -> bool:
    return (
        draft.raw.source == "laskowski"
        and "laskowski_paper" in other.raw.links
        and draft.space_group_number == other.space_group_number is not None
        and _distance(draft, other) <= ACROSS_SOURCES_DISTANCE
    )


def _absorb(kept: Draft, other: Draft) -> None:
    kept.also_in.append(other.label)
    kept.also_in.extend(other.also_in)
    if kept.activation_energy_eV is None:
        kept.activation_energy_eV = other.activation_energy_eV
    kept.dois = kept.dois or other.dois
    kept.year = kept.year or other.year
    kept.space_group_number = kept.space_group_number or other.space_group_number
    if "extrapolated" in other.flags:
        kept.flags.add("extrapolated")


def flag_conflicts(drafts: Sequence[Draft]) -> int:
    """Flag ``conflict`` where reports of one composition differ by over a decade; count the rows.

    Compared within 5 K, uncensored rows only, and not across two known different space groups.
    """
    groups: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.relation in "=~":
            groups[frozenset(draft.composition.amounts)].append(draft)
    flagged: set[int] = set()
    for group in groups.values():
        for i, first in enumerate(group):
            for second in group[i + 1 :]:
                if _contradict(first, second):
                    flagged |= {id(first), id(second)}
                    first.flags.add("conflict")
                    second.flags.add("conflict")
    return len(flagged)


def _contradict(first: Draft, second: Draft) -> bool:
    if abs(first.temperature_C - second.temperature_C) > CONFLICT_TEMPERATURE_K:
        return False
    if abs(math.log10(first.sigma_S_cm / second.sigma_S_cm)) <= CONFLICT_DECADES:
        return False
    space_groups = first.space_group_number, second.space_group_number
    if None not in space_groups and space_groups[0] != space_groups[1]:
        return False
    return _distance(first, second) <= ACROSS_SOURCES_DISTANCE
