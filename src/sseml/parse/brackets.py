"""A bracket behind a formula that holds no part of it: a name, a phase, a method, a source."""

from __future__ import annotations

import re
from functools import cache

from sseml.parse.charge import is_neutral_salt
from sseml.parse.formula import composition_or_none, is_same_material, parse_formula
from sseml.parse.line import PHASE, REMARK, condition, space_group
from sseml.parse.names import lookup
from sseml.parse.space_groups import plain_word
from sseml.parse.tables import table_rows
from sseml.patterns import late
from sseml.records import RefusedInputError

Pairs = list[tuple[str, str]]

_OPENING = {")": "(", "]": "["}
_MOST_BRACKETS = 8
_LONGEST_CONTENT = 200

_CITED = ("ref", "reference", "sample", "fig", "table", "icsd", "cod", "csd", "pdf", "entry")
"""Words before the number of a source."""

_GROUPS = frozenset(
    ("OH", "OD", "CN", "SCN", "NCS", "OCN", "NCO", "NO", "CO", "NH", "SH", "SeH",
     "H2O", "D2O", "NH3", "CH3OH")
)  # fmt: skip
"""Groups of atoms and molecules that stand in brackets behind a formula."""

_LETTERS = late(r"[A-Za-z]+|[A-Z][a-z]?\d+")
"""Letters alone, or one element with an amount: P2 and O3 name how layers are stacked."""

_SPACE_GROUP = late(
    r"(?P<said>(?:space group|sg|s\.g\.|no)[.:]? ?|# ?)?(?P<symbol>[\w/\s\u0304\u0305{}-]+)",
    re.IGNORECASE,
)


@cache
def _remarks() -> frozenset[str]:
    """Words about the sample or the source, which say nothing about the composition."""
    return frozenset(row["remark"] for row in table_rows("remarks.csv"))


def without_remarks(text: str) -> tuple[str, Pairs]:
    """Take brackets off that are not part of a formula; give what they say as (key, value) pairs.

    ``Li7La3Zr2O12 (Ia-3d)`` gives ``Li7La3Zr2O12`` and its space group; ``LGPS (Li10GeP2S12)``
    gives the formula; ``Li(OH)`` stays. Letters that may be atoms or a remark are refused.
    """
    pairs: Pairs = []
    for _ in range(_MOST_BRACKETS):
        taken = _taken_off(text.strip())
        if taken is None:
            break
        text, said = taken
        pairs += said
    return text, pairs


def _taken_off(text: str) -> tuple[str, Pairs] | None:
    opened = _opening_of_last(text) if text[-1:] in _OPENING and "\\" not in text else None
    if opened is None:
        return None
    before, content = text[:opened].rstrip(), text[opened + 1 : -1].strip()
    if not content or "%" in content or len(content) > _LONGEST_CONTENT:
        return None
    if not before:
        is_name = lookup(content) is not None or composition_or_none(content) is None
        return (content, []) if is_name else None
    spaced = text[opened - 1].isspace()
    if text.endswith("]") and content.isdigit() and spaced:
        return before, [(REMARK, content)]
    pairs = _conditions(content, spaced=spaced)
    if pairs is not None:
        return before, pairs
    named = _name_or_formula(before, content)
    if named is None:
        _refuse_letters(before, content, spaced=spaced)
    return named


def _opening_of_last(text: str) -> int | None:
    """Where the bracket opens that the text ends with."""
    closing, depth = text[-1], 0
    for position in range(len(text) - 1, -1, -1):
        if text[position] == closing:
            depth += 1
        elif text[position] == _OPENING[closing]:
            depth -= 1
            if depth == 0:
                return position
    return None


def _conditions(content: str, *, spaced: bool) -> Pairs | None:
    """Conditions with commas between them, all of which are known."""
    pairs: Pairs = []
    for written in re.split("[,;]", content):
        pair = _known(written.strip(), spaced=spaced)
        if pair is None:
            return None
        pairs.append(pair)
    return pairs


def _known(written: str, *, spaced: bool) -> tuple[str, str] | None:
    if pair := condition(written):
        return pair
    if plain_word(written) in ("LT", "HT"):
        return PHASE, written
    folded = written.casefold()
    source, _, number = folded.partition(" ")
    if folded in _remarks() or (number and source.rstrip(".") in _CITED):
        return REMARK, written
    found = _SPACE_GROUP.fullmatch(written)
    is_number = found and found["symbol"].isdigit() and not found["said"]
    if found is None or is_number or (not spaced and composition_or_none(written) is not None):
        return None
    return space_group(found["symbol"])


def _name_or_formula(before: str, content: str) -> tuple[str, Pairs] | None:
    """Of a name and a formula side by side the formula counts."""
    named, inside = lookup(content), composition_or_none(content)
    outside = composition_or_none(before)
    if named:
        if outside is None:
            return (before, []) if lookup(before) else (content, [(REMARK, before)])
        is_same = is_same_material(outside, parse_formula(named.formula))
        return before, [] if is_same else [(REMARK, content)]
    if inside is None or "Li" not in inside.amounts or len(inside.amounts) < 2:
        return None
    if lookup(before):
        return content, []
    if outside is None:
        is_text = not any(map(str.isdigit, before)) and not before.endswith(tuple("-+·*"))
        return (content, [(REMARK, before)]) if is_text else None
    return (before, []) if is_same_material(outside, inside) else None


def _refuse_letters(before: str, content: str, *, spaced: bool) -> None:
    """Refuse letters behind a whole compound: ``Li6PS5Br (Br)``, but not ``LiFe(PO4)(OH)``."""
    if content in _GROUPS:
        return
    is_formula = not _LETTERS.fullmatch(content) and composition_or_none(content) is not None
    all_in_brackets = before.startswith("(") and _is_whole(content)
    if (is_formula and not spaced) or all_in_brackets:
        return
    if _is_whole(before) or lookup(before):
        raise RefusedInputError(
            f"the bracket ({content}) behind {before!r} may be atoms or a remark",
            f"leave it out: write {before}",
        )


def _is_whole(text: str) -> bool:
    """Tell whether a text is a compound by itself."""
    material = composition_or_none(text)
    return material is not None and is_neutral_salt(material.amounts)
