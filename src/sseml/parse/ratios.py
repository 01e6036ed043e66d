"""A ratio that stands behind a mixture is put before its parts: ``Li2S-P2S5 (75:25)``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sseml.parse.names import lookup
from sseml.records import RefusedInputError

_LONGEST_RATIO = 80
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_RATIO = re.compile(
    rf"(?P<before>[A-Za-z ]{{0,20}}?):? ?(?P<numbers>{_NUMBER}(?: ?[:/-] ?{_NUMBER})+)"
    r"(?P<after>[A-Za-z%./ -]{0,20})"
)
_PERCENTAGE = re.compile(
    rf"(?P<number>{_NUMBER}) ?(?P<unit>[a-z]{{0,6}})\.?[ -]?%(?: (?P<of>\S{{1,60}}))?"
)
_UNIT_ALONE = re.compile(r"(?:in )?(?P<unit>mol|mole|molar|wt|mass|weight)\.?[ -]?(?:%|ratio)?")
_SAID_OF_MOL = frozenset(("", "mol", "mole", "molar", "ratio", "in", "by", "%"))
_SAID_OF_MASS = frozenset(("wt", "mass", "weight", "w/w"))
_PART_WITH_AMOUNT = re.compile(rf"(?P<amount>{_NUMBER}) ?(?P<part>[A-Za-z(\[{{].*)")
_BEHIND = re.compile(
    rf"(?P<part>[A-Z][A-Za-z\d.]{{2,60}})"
    rf"(?: ?\((?P<amount>{_NUMBER}) ?(?P<unit>(?:mol|mole|wt|mass)?\.?[ -]?%)?\)"
    rf"| (?P<bare>{_NUMBER}) ?(?P<bare_unit>(?:mol|mole|wt|mass)?\.?[ -]?%))"
    r"(?: ?[-+:,/·;] ?| |$)"
)
"""One part with its amount behind it, and the sign or blank before the next."""

_UNIT_BEHIND = re.compile(r"(?:mol|mole|molar|wt|mass|weight)\.?[ -]?%")


def with_ratio_in_front(text: str) -> str:
    """Write a mixture with a coefficient before each part; any other text stays as it is.

    Parameters
    ----------
    text
        Formula as `sseml.parse.normalise.normalise` leaves it.

    Raises
    ------
    RefusedInputError
        If the ratio is not of as many numbers as the mixture has parts.

    Examples
    --------
    >>> with_ratio_in_front("Li2S:P2S5 = 75:25")
    '75(Li2S)-25(P2S5)'
    >>> with_ratio_in_front("Li2S-P2S5 (75/25 wt%)")
    '75 wt% Li2S - 25 wt% P2S5'
    >>> with_ratio_in_front("Li2S(75)-P2S5(25)")
    '75(Li2S)-25(P2S5)'
    >>> with_ratio_in_front("Li2S (80 mol%) - P2S5 (20 mol%)")
    '80 mol% Li2S - 20 mol% P2S5'
    >>> with_ratio_in_front("75Li2S:25P2S5")
    '75Li2S-25P2S5'
    """
    if mixed := _amounts_in_front(text):
        return mixed
    head, ratio = _taken_apart(text)
    read = _read_ratio(ratio) if ratio else None
    if read is None:
        return _with_dashes(text)
    head = _with_dashes(head)
    numbers, by_mass, first = read
    if not numbers:
        return _in_unit(head, by_mass=by_mass)
    parts = _parts(head)
    if len(numbers) == 1 and len(parts) == 2 and float(numbers[0]) < 100:
        rest = f"{100 - float(numbers[0]):.10g}"
        numbers = [rest, *numbers] if first == parts[1] else [*numbers, rest]
    if len(parts) == len(numbers) == 1 and first:
        return f"{head} - {numbers[0]} {'wt' if by_mass else 'mol'}% {first}"
    if len(parts) < 2 and "-" in ratio:
        return text
    if len(numbers) != len(parts) or len(parts) < 2:
        raise RefusedInputError(
            f"the ratio {ratio!r} has {len(numbers)} numbers, and {head!r} has {len(parts)} parts",
            "write a coefficient before each part, such as 75Li2S-25P2S5",
        )
    return _mixed(numbers, parts, by_mass=by_mass)


def _taken_apart(text: str) -> tuple[str, str]:
    """Split off what may be a ratio: in the last bracket, behind an equals sign or a blank."""
    if text.endswith((")", "]")):
        head, _, ratio = text[:-1].rpartition("(" if text.endswith(")") else "[")
    elif "=" in text:
        head, _, ratio = text.rpartition("=")
    else:
        head, _, ratio = text.rpartition(" ")
        is_unit = _UNIT_BEHIND.fullmatch(ratio) is not None
        if is_unit and not _have_amounts(_parts(head)):
            head, _, numbers = head.rpartition(" ")
            is_unit, ratio = False, f"{numbers} {ratio}"
        if not is_unit and not _RATIO.fullmatch(ratio):
            return text, ""
    head, ratio = head.strip(), ratio.strip()
    return (head, ratio) if head and len(ratio) <= _LONGEST_RATIO else (text, "")


def _read_ratio(ratio: str) -> tuple[list[str], bool, str] | None:
    """Numbers, whether by mass, and the part that a single percentage is of."""
    if found := _UNIT_ALONE.fullmatch(ratio):
        return [], found["unit"] in _SAID_OF_MASS, ""
    if found := _PERCENTAGE.fullmatch(ratio):
        if found["unit"] not in _SAID_OF_MOL | _SAID_OF_MASS:
            return None
        return [found["number"]], found["unit"] in _SAID_OF_MASS, found["of"] or ""
    found = _RATIO.fullmatch(ratio)
    if found is None:
        return None
    words = f"{found['before']} {found['after'].replace('%', ' % ')}".casefold()
    said = {word.strip(".-") for word in words.split()}
    if not said <= _SAID_OF_MOL | _SAID_OF_MASS:
        return None
    return re.split(" ?[:/-] ?", found["numbers"]), bool(said & _SAID_OF_MASS), ""


def _parts(head: str) -> list[str]:
    """Split at the signs between parts, outside brackets."""
    parts, depth, begun = [], 0, 0
    for position, character in enumerate(head):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in "+-:/·*":
            parts.append(head[begun:position])
            begun = position + 1
    return [part.strip() for part in (*parts, head[begun:]) if part.strip()]


def _have_amounts(parts: Sequence[str]) -> bool:
    return len(parts) > 1 and all(_PART_WITH_AMOUNT.fullmatch(part) for part in parts)


def _in_unit(head: str, *, by_mass: bool) -> str:
    """Read ``75Li2S-25P2S5 (mol%)``: coefficients are there, and only their unit is said."""
    if not by_mass:
        return head
    found = [_PART_WITH_AMOUNT.fullmatch(part) for part in _parts(head)]
    amounts = [match["amount"] for match in found if match]
    if len(amounts) < len(found) or len(amounts) < 2:
        return head
    return _mixed(amounts, [match["part"] for match in found if match], by_mass=True)


def _amounts_in_front(text: str) -> str:
    """Read ``Li2S(75)-P2S5(25)``, ``Li2S (80 mol%) - P2S5 (20 mol%)``; empty where it is none."""
    found, end = [], 0
    while end < len(text):
        match = _BEHIND.match(text, end)
        if match is None:
            return ""
        found.append(match)
        end = match.end()
    units = {(match["unit"] or match["bare_unit"] or "").strip(" -.%") for match in found}
    percent = {bool(match["unit"] or match["bare_unit"]) for match in found}
    if len(found) < 2 or len(units) > 1 or len(percent) > 1:
        return ""
    numbers = [match["amount"] or match["bare"] for match in found]
    parts = [match["part"] for match in found]
    if percent == {True} and units <= {"", "mol", "mole"}:
        return " - ".join(f"{n} mol% {part}" for n, part in zip(numbers, parts, strict=True))
    return _mixed(numbers, parts, by_mass=units <= {"wt", "mass"})


def _with_dashes(text: str) -> str:
    """Read ``75Li2S:25P2S5`` with dashes between its parts, each of which has a coefficient."""
    parts = [part.strip() for part in text.split(":")]
    found = [_PART_WITH_AMOUNT.fullmatch(part) for part in parts]
    if len(parts) < 2 or not all(match and len(match["part"]) > 2 for match in found):
        return text
    return "-".join(parts)


def _mixed(numbers: Sequence[str], parts: Sequence[str], *, by_mass: bool) -> str:
    formulas = [entry.formula if (entry := lookup(part)) else part for part in parts]
    if by_mass:
        return " - ".join(f"{n} wt% {part}" for n, part in zip(numbers, formulas, strict=True))
    return "-".join(f"{n}({part})" for n, part in zip(numbers, formulas, strict=True))
