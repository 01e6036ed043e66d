"""A bracket behind a formula that holds no part of it: a name, a phase, a method, a source."""

from __future__ import annotations

import re

from sseml.parse.charge import CHARGE_TOLERANCE, charge_imbalance, is_salt
from sseml.parse.formula import parse_formula
from sseml.parse.line import PHASE, REMARK, condition
from sseml.parse.names import lookup
from sseml.parse.space_groups import plain_word, space_group_number
from sseml.records import Composition, RefusedInputError

Pairs = list[tuple[str, str]]

_OPENING = {")": "(", "]": "["}
_MOST_BRACKETS = 8
_LONGEST_CONTENT = 200

_REMARKS = frozenset(
    (
        "this work", "our work", "sps", "hp", "hip", "cip", "cp", "fast", "pellet", "powder",
        "grain", "gb", "dv", "bm", "ssr", "as-prepared", "as prepared", "as-synthesized",
        "as synthesized", "pristine", "annealed", "sintered", "quenched", "hot-pressed",
        "hot pressed", "cold-pressed", "cold pressed", "ball-milled", "ball milled", "milled",
        "mechanochemical", "solid-state", "solid state", "sol-gel", "melt-quenched",
        "single crystal", "polycrystalline", "exp", "exp.", "calc", "calc.", "dft", "aimd", "md",
        "simulated", "nominal", "undoped", "lit.", "literature", "reference", "ref", "ref.",
    )
)  # fmt: skip
"""Words about the sample or the source, which say nothing about the composition."""

_CITED = ("ref", "reference", "sample", "fig", "table", "icsd", "cod", "csd", "pdf", "entry")
"""Words before the number of a source."""

_GROUPS = frozenset(("OH", "OD", "CN", "SCN", "NCS", "OCN", "NCO", "NO", "CO", "NH", "SH", "SeH"))
"""Groups of atoms without a digit that stand in brackets behind a formula."""

_LETTERS = re.compile(r"[A-Za-z]+|[A-Z][a-z]?\d+")
"""Letters alone, or one element with an amount: P2 and O3 name how layers are stacked."""

_SPACE_GROUP = re.compile(
    r"(?P<said>(?:space group|sg|s\.g\.|no)[.:]? ?|# ?)?(?P<symbol>[\w/\s\u0304\u0305{}-]+)",
    re.IGNORECASE,
)
_MOLECULES = frozenset(("H2O", "D2O", "NH3", "CH3OH"))


def without_remarks(text: str) -> tuple[str, Pairs]:
    """Take brackets off that are not part of a formula; give what they say as (key, value) pairs.

    Parameters
    ----------
    text
        A formula, name or mixture, without conditions.

    Raises
    ------
    RefusedInputError
        If a bracket holds letters that may be atoms or a remark.

    Examples
    --------
    >>> without_remarks("Li7La3Zr2O12 (Ia-3d)")
    ('Li7La3Zr2O12', [('space_group', 'Ia-3d')])
    >>> without_remarks("LGPS (Li10GeP2S12)"), without_remarks("Li(OH)")
    (('Li10GeP2S12', []), ('Li(OH)', []))
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
        is_name = lookup(content) is not None or _readable(content) is None
        return (content, []) if is_name else None
    spaced = text[opened - 1].isspace()
    if text.endswith("]") and content.isdigit() and spaced:
        return before, [(REMARK, content)]
    pairs = _conditions(content, spaced=spaced)
    if pairs is not None:
        return before, pairs
    return _name_or_formula(before, content) or _letters(before, content, spaced=spaced)


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
    if written.casefold() in _REMARKS or _is_citation(written):
        return REMARK, written
    found = _SPACE_GROUP.fullmatch(written)
    is_number = found and found["symbol"].isdigit() and not found["said"]
    if found is None or is_number or (not spaced and _readable(written) is not None):
        return None
    try:
        space_group_number(found["symbol"])
    except RefusedInputError:
        return None
    return "space_group", found["symbol"]


def _is_citation(written: str) -> bool:
    head, _, number = written.casefold().partition(" ")
    return head.rstrip(".") in _CITED and bool(number)


def _name_or_formula(before: str, content: str) -> tuple[str, Pairs] | None:
    """Of a name and a formula side by side the formula counts."""
    named, inside, outside = lookup(content), _readable(content), _readable(before)
    if named:
        same = outside is None or _same(outside, parse_formula(named.formula))
        if outside is None:
            return (before, []) if lookup(before) else (content, [(REMARK, before)])
        return before, [] if same else [(REMARK, content)]
    if inside is None or "Li" not in inside.amounts or len(inside.amounts) < 2:
        return None
    if lookup(before):
        return content, []
    if outside is None:
        is_text = not any(map(str.isdigit, before)) and not before.endswith(tuple("-+·*"))
        return (content, [(REMARK, before)]) if is_text else None
    return (before, []) if _same(outside, inside) else None


def _letters(before: str, content: str, *, spaced: bool) -> tuple[str, Pairs] | None:
    """Refuse letters behind a whole compound: ``Li6PS5Br (Br)``, but not ``LiFe(PO4)(OH)``."""
    if content in _GROUPS or content in _MOLECULES:
        return None
    letters = _LETTERS.fullmatch(content) is not None
    if not letters and not spaced and _readable(content) is not None:
        return None
    all_in_brackets = before.startswith("(") and _is_whole(content)
    if all_in_brackets or not (_is_whole(before) or lookup(before)):
        return None
    raise RefusedInputError(
        f"the bracket ({content}) behind {before!r} may be atoms or a remark",
        f"leave it out: write {before}",
    )


def _is_whole(text: str) -> bool:
    """Tell whether a text is a compound by itself."""
    material = _readable(text)
    return (
        material is not None
        and is_salt(material.amounts)
        and charge_imbalance(material.amounts) <= CHARGE_TOLERANCE
    )


def _readable(text: str) -> Composition | None:
    try:
        return parse_formula(text)
    except RefusedInputError:
        return None


def _same(one: Composition, other: Composition) -> bool:
    first, second = one.fractions(), other.fractions()
    return first.keys() == second.keys() and all(
        abs(first[symbol] - second[symbol]) < 1e-3 for symbol in first
    )
