"""One measurement reported by several tables is kept once; contradictions are flagged and kept."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sseml.curation.rows import PAPER_FOUND, Draft, Merged, total_variation
from sseml.curation.sources import SOURCES

SAME_CONDUCTIVITY = math.log10(1.02)
"""Two tables agree on a conductivity within 2 %: decades."""

EVERY_DIGIT = 1e-9
FEWEST_DIGITS = 2
SAME_TEMPERATURE_K = 10.0
SAME_ENERGY_EV = 0.05
"""Two reports of one measurement agree on its activation energy within this."""

ACROSS_SOURCES_DISTANCE = 2e-3
"""Composition distance that rounding of indices (0.557, 0.56) makes between two tables."""

WITHIN_SOURCE_DISTANCE = 1e-6
LINKED_DISTANCE = 0.02

CONFLICT_DECADES = 1.0
CONFLICT_TEMPERATURE_K = 5.0


@dataclass(slots=True)
class _Group:
    """A measurement: the row that keeps it, and by which rule other rows report it too.

    Rows are compared as they were reported: what `kept` takes over, it takes over at the end.
    """

    kept: Draft
    others: list[tuple[str, Draft]] = field(default_factory=list)

    @property
    def members(self) -> list[Draft]:
        return [self.kept, *(other for _, other in self.others)]


def merge_duplicates(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Merged]]:
    """Keep each measurement once: the kept drafts, in the order given, and what merged into them.

    Drafts come in order of trust: a later one merges into an earlier one, but a row of a source
    that names no paper merges also into a later row that does. First by

    ``same_measurement``
        Same composition, conductivity within 2 %, temperature within 10 K, both values (or both
        bounds of one kind), and no known DOI or space group against it. Within one source the
        papers must be known to agree, or, where the source names none, space group and activation
        energy too. Across sources without a common DOI see `_may_be_same_across`.
    ``read_twice``
        The same page, conductivity, temperature and activation energy under another formula of the
        same elements.

    Every row of a group must agree with every other, so that no chain of neighbours becomes one.
    Then OBELiX rows that point at an earlier table, but took another value from the paper, replace
    the older row (flag ``revised``):

    ``revised_measurement``
        OBELiX points at this very Liverpool row, and DOI and composition agree.
    ``same_structure_revised``
        Same ICSD entry and composition as a Laskowski row.
    ``same_paper_revised``
        The only Laskowski row left with this composition and space group, and the only such OBELiX
        row taken from Laskowski's papers.

    What had merged into the older row and names a paper of its own does not follow it. The kept row
    takes over what it lacks, and the flag ``extrapolated``.
    """
    groups = _same_measurements(drafts)
    for rule, joins, unique in (
        ("revised_measurement", _points_at, False),
        ("same_structure_revised", _same_icsd, False),
        ("same_paper_revised", _same_paper, True),
    ):
        groups = _merge_revised(groups, rule, joins, unique)
    place = {id(draft): number for number, draft in enumerate(drafts)}
    merged: list[Merged] = []
    for group in sorted(groups, key=lambda group: place[id(group.kept)]):
        for rule, other in sorted(group.others, key=lambda each: place[id(each[1])]):
            _absorb(group.kept, other, rule)
            merged.append(Merged(other.raw, rule, group.kept.label))
    return sorted((group.kept for group in groups), key=lambda draft: place[id(draft)]), merged


def _same_measurements(drafts: Sequence[Draft]) -> list[_Group]:
    groups: list[_Group] = []
    by_elements: dict[frozenset[str], list[_Group]] = defaultdict(list)
    for draft in sorted(drafts, key=_is_compiled):
        candidates = by_elements[frozenset(draft.composition.amounts)]
        rule, partner = _partner(draft, candidates)
        if partner is None:
            groups.append(_Group(draft))
            candidates.append(groups[-1])
        else:
            partner.others.append((rule, draft))
    return groups


def _partner(draft: Draft, candidates: Sequence[_Group]) -> tuple[str, _Group | None]:
    matches = [
        (_decades(draft, group.kept), _distance(draft, group.kept), group.kept.label, group)
        for group in candidates
        if _same_measurement(draft, group.kept)
        and not any(_contradicts(draft, member, group.kept) for member in group.members)
    ]
    if matches:
        return "same_measurement", min(matches, key=lambda match: match[:3])[3]
    twice = (group for group in candidates if _read_twice(draft, group.kept))
    return "read_twice", next(twice, None)


def _same_measurement(draft: Draft, other: Draft) -> bool:
    one_source = draft.raw.source == other.raw.source
    limit = WITHIN_SOURCE_DISTANCE if one_source else ACROSS_SOURCES_DISTANCE
    return (
        abs(draft.temperature_C - other.temperature_C) <= SAME_TEMPERATURE_K
        and _kind(draft) == _kind(other)
        and _decades(draft, other) <= SAME_CONDUCTIVITY
        and _distance(draft, other) <= limit
        and _may_be_same(draft, other)
    )


def _contradicts(draft: Draft, member: Draft, kept: Draft) -> bool:
    """Tell whether two rows cannot both report the measurement that `kept` reports."""
    if _decades(draft, member) > SAME_CONDUCTIVITY:
        return True
    if abs(draft.temperature_C - member.temperature_C) > SAME_TEMPERATURE_K:
        return True
    if draft.dois and member.dois:
        return set(draft.dois).isdisjoint((*member.dois, *kept.dois))
    return _energies_agree(draft, member) is False


def _read_twice(draft: Draft, other: Draft) -> bool:
    page = draft.raw.read_at
    return (
        page != ""
        and page == other.raw.read_at
        and draft.temperature_C == other.temperature_C
        and _kind(draft) == _kind(other)
        and _decades(draft, other) <= EVERY_DIGIT
        and draft.activation_energy_eV == other.activation_energy_eV is not None
        and draft.raw.conductivity_kind == other.raw.conductivity_kind
    )


def _is_compiled(draft: Draft) -> bool:
    return SOURCES[draft.raw.source].is_compilation


def _keeps_every_row(draft: Draft) -> bool:
    return SOURCES[draft.raw.source].keeps_every_row


def _kind(draft: Draft) -> str:
    """A value, whether stated or about, or the bound that it is."""
    return "=" if draft.relation == "~" else draft.relation


def _energies_agree(first: Draft, second: Draft) -> bool | None:
    """Whether both activation energies agree; None where one is not known."""
    energies = first.activation_energy_eV, second.activation_energy_eV
    if energies[0] is None or energies[1] is None:
        return None
    return abs(energies[0] - energies[1]) <= SAME_ENERGY_EV


def _merge_revised(
    groups: list[_Group], rule: str, joins: Callable[[Draft, Draft], bool], unique: bool
) -> list[_Group]:
    official = [group for group in groups if _keeps_every_row(group.kept)]
    pairs = [
        (group, member, revised)
        for group in groups
        if not _keeps_every_row(group.kept)
        for member in group.members
        for revised in official
        if member.raw.source not in {other.raw.source for _, other in revised.others}
        and abs(member.temperature_C - revised.kept.temperature_C) <= SAME_TEMPERATURE_K
        and member.composition.amounts.keys() == revised.kept.composition.amounts.keys()
        and joins(member, revised.kept)
    ]
    seen = Counter(id(one) for _, member, revised in pairs for one in (member, revised))
    gone: set[int] = set()
    freed: list[Draft] = []
    for group, member, revised in pairs:
        ambiguous = unique and (seen[id(member)] > 1 or seen[id(revised)] > 1)
        if member is not group.kept or id(group) in gone or ambiguous:
            continue
        gone.add(id(group))
        revised.others.append((rule, member))
        for _, other in group.others:
            if _is_compiled(other):
                revised.others.append((rule, other))
            else:
                freed.append(other)
    return [group for group in groups if id(group) not in gone] + _same_measurements(freed)


def _decades(first: Draft, second: Draft) -> float:
    return abs(math.log10(first.sigma_S_cm / second.sigma_S_cm))


def _distance(first: Draft, second: Draft) -> float:
    return total_variation(first.fractions, second.fractions)


def _may_be_same(draft: Draft, other: Draft) -> bool:
    if draft.raw.source == other.raw.source and _keeps_every_row(draft):
        return False
    if draft.dois and other.dois:
        return not set(draft.dois).isdisjoint(other.dois)
    space_groups = draft.space_group_number, other.space_group_number
    if draft.raw.source != other.raw.source:
        return _may_be_same_across(draft, other) and (
            _was_taken_over(draft, other)
            or None in space_groups
            or space_groups[0] == space_groups[1]
        )
    if draft.papers and other.papers:
        return draft.papers == other.papers
    energies = draft.activation_energy_eV, other.activation_energy_eV
    return space_groups[0] == space_groups[1] and (None in energies or energies[0] == energies[1])


def _may_be_same_across(draft: Draft, other: Draft) -> bool:
    """Tell whether energy, digits and year allow two rows without a common DOI to be one.

    Activation energies, where both are known, agree within 0.05 eV; where one is not, and no table
    says that it took the row over, one conductivity is the other rounded, and the years do not
    contradict. A row without a DOI takes one over only if energies and every digit agree.
    """
    agree = _energies_agree(draft, other)
    every_digit = _decades(draft, other) <= EVERY_DIGIT
    if draft.dois and not other.dois:  # the kept row would take the DOI over
        return every_digit and agree is True
    if agree is not None:
        return agree
    years = draft.year, other.year
    if years[0] is not None and years[1] is not None and abs(years[0] - years[1]) > 1:
        return False
    return _rounds_to_the_other(draft, other) or _was_taken_over(draft, other)


def _rounds_to_the_other(draft: Draft, other: Draft) -> bool:
    """Tell whether one conductivity is the other, rounded to the digits it has (two or more)."""
    values = draft.sigma_S_cm, other.sigma_S_cm
    stated = min(len(f"{value:.12g}".split("e")[0].replace(".", "").strip("0")) for value in values)
    digits = max(stated, FEWEST_DIGITS)
    first, second = (f"{value:.{digits - 1}e}" for value in values)
    return first == second


def _was_taken_over(draft: Draft, other: Draft) -> bool:
    """Tell whether OBELiX says that it has its row from Laskowski's table."""
    return draft.raw.source == "laskowski" and "laskowski_paper" in other.raw.links


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
        _was_taken_over(draft, other)
        and draft.space_group_number == other.space_group_number is not None
        and _distance(draft, other) <= ACROSS_SOURCES_DISTANCE
    )


def _absorb(kept: Draft, other: Draft, rule: str) -> None:
    kept.also_in.append(other.label)
    kept.also_in.extend(other.also_in)
    if kept.activation_energy_eV is None:
        kept.activation_energy_eV = other.activation_energy_eV
    if not kept.dois and _is_compiled(kept):
        kept.reference = other.reference or kept.reference
    if other.raw.reference or not kept.dois:
        kept.reference = kept.reference or other.reference
    if not kept.dois and other.dois:
        kept.flags |= other.flags & {PAPER_FOUND}
    kept.dois = kept.dois or other.dois
    kept.year = kept.year or other.year
    kept.space_group_number = kept.space_group_number or other.space_group_number
    if "extrapolated" in other.flags:
        kept.flags.add("extrapolated")
    if rule == "read_twice":
        kept.flags.add("read_twice")
    elif rule != "same_measurement":
        kept.flags.add("revised")


def flag_conflicts(drafts: Sequence[Draft]) -> int:
    """Flag ``conflict`` where reports of one composition differ by over a decade; count the rows.

    Compared within 5 K, uncensored rows only, and not across two known different space groups.
    """
    groups: dict[frozenset[str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if _kind(draft) == "=":
            groups[frozenset(draft.composition.amounts)].append(draft)
    flagged: set[int] = set()
    for group in groups.values():
        for pair in itertools.combinations(group, 2):
            if _contradict(*pair):
                for draft in pair:
                    draft.flags.add("conflict")
                    flagged.add(id(draft))
    return len(flagged)


def _contradict(first: Draft, second: Draft) -> bool:
    if abs(first.temperature_C - second.temperature_C) > CONFLICT_TEMPERATURE_K:
        return False
    if _decades(first, second) <= CONFLICT_DECADES:
        return False
    space_groups = first.space_group_number, second.space_group_number
    if None not in space_groups and space_groups[0] != space_groups[1]:
        return False
    return _distance(first, second) <= ACROSS_SOURCES_DISTANCE
