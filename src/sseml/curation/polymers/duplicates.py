"""Measurements that stand in the tables twice: single rows, and whole curves under other names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from sseml.curation.duplicates import CONFLICT_DECADES, CONFLICT_TEMPERATURE_K
from sseml.curation.polymers.curves import FEWEST_ROWS
from sseml.curation.polymers.rows import RecipeDraft
from sseml.curation.rows import Merged

SAME_DIGITS = 4
"""Decimals of log10 σ to which a curve that stands twice agrees with itself."""

SAME_TEMPERATURE_K = 1.0
_MOST_SHARED = 0.8


def merge_duplicates(drafts: Sequence[RecipeDraft]) -> tuple[list[RecipeDraft], list[Merged]]:
    """Keep each measurement once: the kept drafts, in the order given, and what merged into them.

    Drafts come in order of trust, and the first is kept. By

    ``same_row``
        The same recipe, conductivity and temperature to every digit, of one source, which names
        no two papers for it.
    ``same_curve``
        At least three values and 80 % of the shorter curve agree with another curve, of whatever
        recipe, to four decimals of log10 σ and within 1 K: one paper was read under two names.
    """
    once, merged = _without_same_rows(drafts)
    by_curve: dict[str, list[RecipeDraft]] = defaultdict(list)
    for draft in once:
        by_curve[draft.curve].append(draft)
    gone: dict[str, str] = {}
    for first, second in _twins(once, by_curve):
        if first not in gone and second not in gone:
            gone[second] = first
    kept = []
    for draft in once:
        if draft.curve not in gone:
            kept.append(draft)
            continue
        twin = _nearest(draft, by_curve[gone[draft.curve]])
        twin.also_in.append(draft.label)
        twin.dois = twin.dois or draft.dois
        twin.year = twin.year or draft.year
        merged.append(Merged(draft.raw, "same_curve", twin.label))
    return kept, merged


def _without_same_rows(
    drafts: Sequence[RecipeDraft],
) -> tuple[list[RecipeDraft], list[Merged]]:
    first: dict[tuple[object, ...], RecipeDraft] = {}
    kept, merged = [], []
    for draft in drafts:
        content = (
            draft.raw.source,
            draft.material.formula,
            draft.relation,
            draft.sigma_S_cm,
            draft.temperature_C,
            draft.raw.filler_size_nm,
            draft.dois,
            draft.raw.reference,
        )
        twin = first.setdefault(content, draft)
        if twin is draft:
            kept.append(draft)
        else:
            twin.also_in.append(draft.label)
            merged.append(Merged(draft.raw, "same_row", twin.label))
    return kept, merged


def _twins(
    drafts: Sequence[RecipeDraft], by_curve: dict[str, list[RecipeDraft]]
) -> list[tuple[str, str]]:
    """Pairs of curves that are one, the more trusted first."""
    rank = {curve: place for place, curve in enumerate(by_curve)}
    at_value: dict[float, list[RecipeDraft]] = defaultdict(list)
    for draft in drafts:
        if len(by_curve[draft.curve]) >= FEWEST_ROWS:
            at_value[round(float(np.log10(draft.sigma_S_cm)), SAME_DIGITS)].append(draft)
    shared: Counter[tuple[str, str]] = Counter()
    for group in at_value.values():
        pairs = {
            (first.curve, second.curve)
            for first in group
            for second in group
            if rank[first.curve] < rank[second.curve]
            and abs(first.temperature_C - second.temperature_C) <= SAME_TEMPERATURE_K
        }
        shared.update(pairs)
    return sorted(
        (pair for pair, count in shared.items() if _is_one(count, pair, by_curve)),
        key=lambda pair: (rank[pair[0]], rank[pair[1]]),
    )


def _is_one(count: int, pair: tuple[str, str], by_curve: dict[str, list[RecipeDraft]]) -> bool:
    shorter = min(len(by_curve[curve]) for curve in pair)
    return count >= FEWEST_ROWS and count >= _MOST_SHARED * shorter


def _nearest(draft: RecipeDraft, rows: Sequence[RecipeDraft]) -> RecipeDraft:
    return min(rows, key=lambda row: abs(row.temperature_C - draft.temperature_C))


def flag_conflicts(drafts: Sequence[RecipeDraft]) -> None:
    """Flag ``conflict`` where curves of one recipe differ by over a decade within 5 K."""
    by_recipe: dict[str, list[RecipeDraft]] = defaultdict(list)
    for draft in drafts:
        if draft.relation in "=~" and "assumed_amount" not in draft.flags:
            by_recipe[draft.material.formula].append(draft)
    for group in by_recipe.values():
        if len({draft.curve for draft in group}) < 2:
            continue
        temperature = np.array([draft.temperature_C for draft in group])
        value = np.log10([draft.sigma_S_cm for draft in group])
        curve = np.array([draft.curve for draft in group])
        near = np.abs(temperature[:, None] - temperature) <= CONFLICT_TEMPERATURE_K
        apart = np.abs(value[:, None] - value) > CONFLICT_DECADES
        contradicted = (near & apart & (curve[:, None] != curve)).any(axis=1)
        for draft, is_contradicted in zip(group, contradicted, strict=True):
            if is_contradicted:
                draft.flags.add("conflict")
