"""One material as text (name, formula or mixture) becomes a `Composition`, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.families import close_families, families
from sseml.parse.brackets import without_remarks
from sseml.parse.charge import CHARGE_TOLERANCE, charge_imbalance, is_salt
from sseml.parse.doubts import EXAMPLE, meant_spelling, refuse_doubtful, refuse_words
from sseml.parse.formula import composition_or_none, parse_formula
from sseml.parse.mixture import (
    read_percentages,
    refuse_polymer,
    refuse_structure,
    with_ratio_in_front,
)
from sseml.parse.names import CommonName, close_names, lookup, lookup_refused, names_as_formulas
from sseml.parse.normalise import normalise
from sseml.patterns import late
from sseml.records import Composition, RefusedInputError

_LISTABLE = late(r"[A-Za-z][\w:.-]{1,19}")
_SPELLING = late(r"(?:did you mean |out: write )(?P<formula>[^?]+?)(?:\?|$)")
_UNCLEAR_PARTS = late("without their amounts|half an amount")
_BETWEEN_PARTS = late("[-+·* ]+")
_QUOTED = late(r"(?P<place> at position \d+ of )?'(?P<quoted>[^']{1,1100})'")
_SHORT_QUOTE = 4
_GENERAL = ("write element", "retype", "write mixtures", "write one, such as Li6PS5Cl", "remove")
"""Beginnings of hints that say nothing about the text."""

_ANY_X = 0.05
_NEARLY_NEUTRAL = 0.05
"""Share of the anion charge that may be missing from a formula in a hint."""


def parse_material(
    text: str, *, x: float | None = None, y: float | None = None, z: float | None = None
) -> Composition:
    """Read a common name, a formula, or a mixture in mol or by mass.

    A listed name in its listed spelling comes first, then formulas, then names in any case. What a
    bracket behind the formula says of the phase or the sample is passed over.

    Parameters
    ----------
    text
        Such as ``LLZO``, ``Li6PS5Cl``, ``75Li2S-25P2S5``, ``Li3PS4 - 10 wt% Al2O3``.
    x, y, z
        Values of the variables the formula may contain.

    Raises
    ------
    RefusedInputError
        If the text is none of these, or names a polymer or a structure.

    Examples
    --------
    >>> parse_material("LAGP").formula
    'Li1.5Al0.5Ge1.5P3O12'
    """
    values = {name: value for name, value in (("x", x), ("y", y), ("z", z)) if value is not None}
    try:
        return _read(text, values)
    except RefusedInputError as refusal:
        raise _with_readable_hint(text, refusal) from None


def _read(text: str, values: Mapping[str, float]) -> Composition:
    """What `parse_material` reads; a formula in the hint of a refusal is not checked."""
    plain = normalise(without_remarks(normalise(text))[0])
    if entry := lookup(plain, exact_case=True):
        return parse_formula(entry.formula)
    refuse_polymer(plain)
    refuse_structure(plain)
    plain = with_ratio_in_front(plain)

    def read_part(part: str) -> Composition:
        return _read(part, values)

    def read_formula(formula: str) -> Composition:
        return parse_formula(formula, **values)

    if "%" in plain and (mixed := read_percentages(plain, read_part, read_formula)):
        return mixed
    name = None if lookup_refused(plain) else lookup(plain) or _without_lithium(plain)
    try:
        refuse_words(plain)
        material = read_formula(plain)
        if name is None or len(material.amounts) <= 2:
            refuse_doubtful(plain, material, read_formula)
            return material
    except RefusedInputError:
        if name is None:
            raise
    return parse_formula(name.formula)


def _without_lithium(text: str) -> CommonName | None:
    """Read ``Li-argyrodite`` as the name in small letters behind the sign."""
    element, word = text[:2], text[3:]
    return lookup(word) if element == "Li" and text[2:3] in ("-", " ") and word.islower() else None


def _is_readable(text: str, *, neutral: bool = False) -> bool:
    """Tell whether a text is read for some x, and its charges may balance; those of a name do."""
    try:
        material = _read(text, dict.fromkeys("xyz", _ANY_X))
    except RefusedInputError:
        return False
    is_neutral = charge_imbalance(material.amounts) <= _NEARLY_NEUTRAL
    return not neutral or is_neutral or lookup(text) is not None


def _with_readable_hint(text: str, refusal: RefusedInputError) -> RefusedInputError:
    """The refusal of a text as a person wrote it, with the best hint whose formula can be read."""
    suggestion = with_checked_hint(refusal).suggestion
    written = text
    try:
        text = normalise(text)
    except RefusedInputError:
        return type(refusal)(refusal.reason, suggestion)
    reason = _in_own_words(refusal.reason, written, text)
    if family := _family_hint(text[3:]) if text.startswith(("Li-", "Li ")) else "":
        return type(refusal)(f"{written!r} names a family", family)
    is_general = suggestion.startswith(("did you mean", EXAMPLE, *_GENERAL))
    if is_general and text[-1:] in tuple("abcdef") and _is_readable(text[:-1], neutral=True):
        suggestion = f"leave {text[-1]!r} out: write {text[:-1].strip()}"
    elif "rises above" in reason and (meant := _meant(text)):
        suggestion = f"did you mean {meant}?"
    elif suggestion.startswith("did you mean") and text.isalpha():
        suggestion = _family_hint(text) or suggestion
    elif not suggestion or suggestion.startswith(_GENERAL):
        suggestion = _family_hint(text) or _hint(text) or suggestion
    elif _UNCLEAR_PARTS.search(reason) and (slip := _slip_in_part(text)):
        suggestion = f"did you mean {slip}?"
    return type(refusal)(reason, suggestion)


def _in_own_words(reason: str, written: str, text: str) -> str:
    """The reason with the person's text in place of a spelling that only the reader made."""
    if "'" in written:
        return reason

    def own(found: re.Match[str]) -> str:
        quoted = found["quoted"]
        if quoted in text or quoted in written or len(quoted) < _SHORT_QUOTE:
            return found.group()
        return f" in {written!r}" if found["place"] else repr(written)

    return _QUOTED.sub(own, reason)


def with_checked_hint(refusal: RefusedInputError) -> RefusedInputError:
    """The refusal, with an example in place of a hint whose formula cannot be read."""
    found = _SPELLING.search(refusal.suggestion)
    if refusal.code != "invalid_formula" or found is None:
        return refusal
    neutral = refusal.suggestion.startswith("did you mean")
    if any(_is_readable(meant, neutral=neutral) for meant in found["formula"].split(" or ")):
        return refusal
    return type(refusal)(refusal.reason, EXAMPLE)


def _slip_in_part(text: str) -> str:
    """A part of a mixture that is not neutral but for a slip: Al2O3 for the Al203 of Li2O-Al203."""
    parts = _BETWEEN_PARTS.split(text)
    for part in parts if len(parts) > 1 else ():
        material = composition_or_none(part)
        if material is None:
            continue
        is_element = len(material.amounts) == 1
        if is_element or charge_imbalance(material.amounts) > CHARGE_TOLERANCE:
            return _meant(part)
    return ""


def _meant(text: str) -> str:
    meant = meant_spelling(text, parse_formula)
    return meant if meant and _is_readable(meant) else ""


def _family_hint(text: str) -> str:
    for key in close_families(text):
        if examples := families()[key].examples:
            return f"{key} is a family: write a formula, such as {examples[0]}"
    return ""


def _hint(text: str) -> str:
    """Suggest what to write instead; empty where nothing better is known."""
    if mixture := _names_spelled_out(text):
        return f"in a mixture in mol write formulas instead of names: {mixture}"
    if meant := _meant(text):
        return f"did you mean {meant}?"
    if mixture := _with_dashes(text):
        return f"did you mean {mixture}?"
    for before, rest in _with_less(text):
        if "L" in before and _is_readable(before) and not _holds_component(before, rest):
            return f"leave {rest!r} out: write {before}"
    looks_like_a_name = _LISTABLE.fullmatch(text) and not text.startswith("Li")
    if looks_like_a_name and (names := close_names(text)):
        return f"did you mean {' or '.join(names)}? All names: sseml names"
    return ""


def _holds_component(before: str, rest: str) -> bool:
    """Tell whether a text is an element, or another component would be left out with the rest."""
    return before in MOLAR_MASS_G_MOL or any(
        _is_compound(part) for part in re.split(r"[^A-Za-z\d.]+", rest)
    )


def _is_compound(text: str) -> bool:
    material = composition_or_none(text)
    if material is None:
        return lookup(text) is not None
    is_element_with_amount = (
        len(material.amounts) == 1 and text[:1].isalpha() and text[-1:].isdigit()
    )
    return is_element_with_amount or is_salt(material.amounts)


def _with_dashes(text: str) -> str:
    """A mixture written with colons; with equal amounts where it has none."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) < 2 or not all(len(part) > 2 for part in parts):
        return ""
    return _first_readable("-".join(parts), "-".join(f"1{part}" for part in parts))


def _names_spelled_out(text: str) -> str:
    """A mixture with its names as formulas, with equal amounts where it has none."""
    spelled_out = names_as_formulas(text)
    if spelled_out == text:
        return ""
    parts = [part.strip() for part in re.split("[-+·:]", spelled_out)]
    if any((read := composition_or_none(part)) and len(read.amounts) == 1 for part in parts):
        return ""
    equal = "-".join(f"1{part}" for part in parts) if min(map(len, parts)) > 2 else spelled_out
    return _first_readable(spelled_out, equal)


def _first_readable(*texts: str) -> str:
    return next((text for text in texts if _is_readable(text)), "")


def _with_less(text: str) -> Iterator[tuple[str, str]]:
    """A text without what may be a label behind it."""
    if "%" in text:
        return
    for sign in ("#", "_", "@", " ", ":"):
        before, found, rest = text.partition(sign)
        if found and before.strip():
            yield before.strip(), f"{sign}{rest}".strip()
    before, found, rest = text.rpartition("-")
    if found and before:
        yield before.strip(), f"-{rest}"
