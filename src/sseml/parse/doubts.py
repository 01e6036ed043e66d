"""Texts that can be read as a formula and are not meant so, and the spelling that is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.charge import (
    CHARGE_TOLERANCE,
    charge_gap,
    charge_imbalance,
    is_neutral_salt,
    is_salt,
    oxidation_states,
)
from sseml.parse.names import lookup, lookup_refused, name_of_formula
from sseml.patterns import late
from sseml.records import Composition, RefusedInputError

_STABLE = frozenset(symbol for symbol, mass in MOLAR_MASS_G_MOL.items() if mass % 1)
"""Elements with a standard atomic weight."""

UNSTABLE = MOLAR_MASS_G_MOL.keys() - _STABLE - {"Tc", "Pm", "Ac", "Np", "Pu"}
"""Elements without a stable isotope, of which no solid is made."""

_ORGANIC = frozenset(("H", "B", "N"))
_ALKALI = frozenset(("Li", "Na", "K", "Rb", "Cs"))
_HALOGENS = frozenset(("F", "Cl", "Br", "I", "H"))
_WITH_OXYGEN = frozenset(("N", "S", "I"))
"""Anions that beside oxygen can be given a positive charge, so that any amount balances."""

_DOPED = late(
    r"(?P<dopant>[A-Z]\w{0,20})(?P<doped>[ -](?:doped|substituted))?[ :-] ?(?P<undoped>.+)"
)
_DOPANT_BEHIND = late(r"(?P<undoped>[^ :-]+) ?[:-] ?(?P<dopant>[A-Z][a-z]?)")
_BETWEEN_ELEMENTS = late(r"\s?[-+/,:;|·]\s?|\s")
_LABEL = late(r"(?:\s|^)(?:(?:no|nr)\.?\s?\d+|sample\b)", re.IGNORECASE)
_NUMBERED_NAME = late(r"(?P<name>[A-Za-z][A-Za-z-]*)\d{1,3}")
_OXIDATION_STATE = late(r"(?<=[a-z])\((?:I{2,3}|IV|VI{0,3})\)")
_POINT_BEHIND_WATER = late(r"[HD]2O\.\d")
_LAST_WORD = late(r" (?:[A-Z][a-z]?){1,4}\d{0,3}$|(?<=[A-Za-z)])\d{2,4}[CK]$")
_MAY_HOLD_OXYGEN = late(
    r"(?<![\d.])(?<!Li)(?:0\d+|\d{3,4})(?![\d.])"
    r"|(?:^|[-+·* (])[\d.]*Li(?P<oxide>20)(?=[-+·* )]|$)"
)
_EXPLICIT_ONE = late(r"(?:[A-Z][a-z]|[ABD-Z])1(?![\d.])")
"""In ``Li1C1`` every amount is written, and C1 is carbon."""

_IN_WORDS = {"Po": "polonium", "No": "nobelium", "Bh": "bohrium", "At": "astatine"}
_MOST_ZEROS = 12
_LONGEST_SLIP = 150
"""Longest text that is searched for a slip of the pen, in characters."""

_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (late(r"C1|CI|(?<=[a-z\d])Cl(?=[A-Z]|$)"), "Cl"),
    (late("A1|AI"), "Al"),
    (late("(?<![ACTF])l"), "1"),
    (late("(?<![ACTF])l"), "I"),
    (late(r"Co(?=3(?:\)|$|[-+·* ]))"), "CO"),
    (late(r"Po(?=[2-4])"), "PO"),
    (late(r"No(?=[23])"), "NO"),
    (late(r"Bh(?=\d)"), "BH"),
    (late(r"(?<=[A-Za-z])O(?=\.\d)"), "0"),
    (late(r"(?<=[a-z])o(?=\d)"), "O"),
)
"""Characters taken for one another, and capitals forgotten."""

_LETTERS = late(r"[A-Za-z]+")
_WORD_APART = late(r" [a-z]{2}")
_ZERO_AS_LETTER = late(r"(?<=[A-Za-z])[oO](?=\.\d)")

EXAMPLE = "write element symbols and amounts, such as Li6PS5Cl"
"""The hint where nothing better is known."""

Read = Callable[[str], Composition]


def refuse_words(text: str) -> None:
    """Refuse what says something beside the formula: a dopant without amount, a label.

    A name that stands for no one formula is refused too.
    """
    _refuse_system(text)
    if listed := lookup_refused(text):
        raise RefusedInputError(f"{text!r} stands for {listed.meaning}", f"write {listed.write}")
    if found := _DOPED.match(text):
        is_said = found["doped"] is not None
        _refuse_dopant(text, found["dopant"], found["undoped"], is_said=is_said)
    if found := _DOPANT_BEHIND.fullmatch(text):
        is_said = ":" in text and found["dopant"] in MOLAR_MASS_G_MOL
        _refuse_dopant(text, found["dopant"], found["undoped"], is_said=is_said)
    _refuse_label(text)


def _refuse_system(text: str) -> None:
    """Refuse ``Li P S``, ``Li/P/S`` and ``{Li, P, S}``; ``Li Cl`` is one compound."""
    if len(text) > _LONGEST_SLIP:
        return
    symbols = _BETWEEN_ELEMENTS.split(text.strip("{}[]()"))
    if len(symbols) < 2 or not all(symbol in MOLAR_MASS_G_MOL for symbol in symbols):
        return
    is_salt_of_two = symbols[0] in _ALKALI and symbols[1] in _HALOGENS
    if len(symbols) > 2 or text != " ".join(symbols) or not is_salt_of_two:
        raise RefusedInputError(
            f"{text!r} names the elements of a chemical system and no amounts",
            "write the formula of one compound of it",
        )


def _refuse_dopant(text: str, dopant: str, undoped: str, *, is_said: bool) -> None:
    listed = lookup(f"{dopant}-{name_of_formula(undoped)}")
    of_a_name = dopant in MOLAR_MASS_G_MOL and lookup(undoped) is not None
    if listed or is_said or of_a_name:
        formula = f"write the formula of the {dopant}-containing material with its amounts"
        raise RefusedInputError(
            f"how much {dopant} there is, is not said in {text!r}",
            f"did you mean {listed.name}?" if listed else formula,
        )


def _refuse_label(text: str) -> None:
    numbered = _NUMBERED_NAME.fullmatch(text)
    if numbered and not lookup(text) and lookup(numbered["name"], exact_case=True):
        raise RefusedInputError(
            f"the number behind {numbered['name']!r} may be a label",
            f"leave it out: write {numbered['name']}",
        )
    if found := _OXIDATION_STATE.search(text):
        raise RefusedInputError(
            f"{found.group()} in {text!r} looks like an oxidation state",
            f"leave it out: write {_OXIDATION_STATE.sub('', text)}",
        )
    if found := _LABEL.search(text):
        before = text[: found.start()].strip()
        raise RefusedInputError(
            f"{found.group().strip()!r} in {text!r} looks like a label",
            f"leave it out: write {before}" if before else "write a formula, such as Li6PS5Cl",
        )
    if found := _POINT_BEHIND_WATER.search(text):
        hydrate = text[: found.end() - 2]
        raise RefusedInputError(
            f"the number behind {hydrate!r} may be a label or an amount",
            f"leave it out: write {hydrate}",
        )


def refuse_doubtful(text: str, material: Composition, read: Read) -> None:
    """Refuse a formula that was read, and that hardly anyone means.

    It holds an unstable element, is an abbreviation, or is not neutral while the same text without
    a common slip is. `text` is normalised, and `read` reads another spelling.
    """
    amounts = material.amounts
    unstable = next((symbol for symbol in amounts if symbol in UNSTABLE), None)
    has_lithium = "Li" in amounts
    if unstable or (has_lithium and _may_be_slip(text, amounts)):
        meant = meant_spelling(text, read, material)
        if meant:
            raise RefusedInputError(_as_read(text, material, unstable), f"did you mean {meant}?")
    if unstable:
        raise RefusedInputError(
            f"{unstable!r} in {text!r} is an element without a stable isotope",
            "correct it: element symbols have one capital, such as Li3PO4 and LiBH4",
        )
    is_abbreviation = has_lithium and text.isalpha() and len(amounts) > 2 and is_salt(amounts)
    if is_abbreviation and abs(charge_gap(amounts, usual=True)) > CHARGE_TOLERANCE:
        raise RefusedInputError(
            f"{text!r} has no amounts, and its charges do not balance: an abbreviation",
            "write the formula, such as Li6PS5Cl",
        )
    _refuse_last_word(text, material, read)


def _as_read(text: str, material: Composition, unstable: str | None) -> str:
    if unstable in _IN_WORDS:
        return f"{unstable} in {text!r} is {_IN_WORDS[unstable]}"
    if material.formula == text:
        return f"the charges of {text!r} do not balance"
    return f"{text!r} reads as {material.formula}"


def _may_be_slip(text: str, amounts: Mapping[str, float]) -> bool:
    """Tell whether a formula is not neutral, or its charges balance whatever was meant.

    Carbon can be given any charge, and stands beside hydrogen, boron, nitrogen or oxygen, so that
    C1 elsewhere may be Cl. Phosphorus in large amounts balances any oxygen that was read as a
    number. ``O.5`` in ``LiO.5CoO2`` may be 0.5, as oxygen stands at two places.
    """
    is_carbonate = amounts.get("O", 0.0) >= 1.5 * amounts.get("C", 0.0)
    is_organic = len(amounts) <= 2 or bool(amounts.keys() & _ORGANIC) or is_carbonate
    may_be_chlorine = ("CI" in text or "C1" in text) and not is_organic
    may_be_oxygen = _MAY_HOLD_OXYGEN.search(text) and charge_gap(amounts, usual=True) != 0.0
    may_be_nought = "O" in amounts and "O." in text and text.count("O") > 1
    return bool(may_be_chlorine or may_be_oxygen or may_be_nought or not is_neutral_salt(amounts))


def _refuse_last_word(text: str, material: Composition, read: Read) -> None:
    """Refuse ``Li6PS5Cl HP`` and ``Li3YCl6 B``: letters behind a whole compound.

    ``Li6.02P0.98Si0.02S5 Br`` is one formula: its last anion balances it.
    """
    found = _LAST_WORD.search(text)
    if found is None:
        return
    before, word = text[: found.start()], found.group().strip()
    try:
        amounts = read(before).amounts
    except RefusedInputError:
        return
    symbol = word.rstrip("0123456789")
    completes = is_salt({symbol: 1.0, "Li": 1.0}) and symbol not in amounts
    may_be_positive = "O" in amounts and symbol in _WITH_OXYGEN
    still_neutral = charge_gap(material.amounts, usual=True) == 0.0 and not may_be_positive
    is_whole = charge_gap(amounts, usual=True) == 0.0 and not still_neutral
    if completes and not is_whole and charge_imbalance(material.amounts) <= CHARGE_TOLERANCE:
        return
    if is_neutral_salt(amounts):
        raise RefusedInputError(
            f"{word!r} behind {before!r} may be atoms or a remark",
            f"leave it out: write {before}",
        )


def meant_spelling(text: str, read: Read, instead_of: Composition | None = None) -> str:
    """A neutral formula that a text becomes without a common slip; empty where there is none.

    ``Li7La3Zr2012`` is meant as ``Li7La3Zr2O12``, and ``Li6PS5C1`` as ``Li6PS5Cl``.
    """
    for spelling in _spellings(text) if len(text) <= _LONGEST_SLIP else ():
        try:
            material = read(spelling)
        except RefusedInputError:
            continue
        amounts = material.amounts
        is_balanced = charge_gap(amounts, usual=True) == 0
        is_known = is_salt(amounts) and amounts.keys() <= oxidation_states().keys()
        if is_balanced and is_known and material != instead_of:
            return spelling
    return ""


def _spellings(text: str) -> Iterator[str]:
    mended = []
    slips = _SLIPS[1:] if _EXPLICIT_ONE.search(text) else _SLIPS
    for pattern, instead in slips:
        spelling = pattern.sub(instead, text)
        if spelling != text:
            mended.append(spelling)
    for first in (text, *mended):
        if first != text:
            yield first
        yield from _with_oxygen(first)
    for first in mended:
        for pattern, instead in slips:
            yield pattern.sub(instead, first)


def _with_oxygen(text: str) -> Iterator[str]:
    """Write the letter O for a nought: ``Zr2012``, ``P04``, ``Al203``."""
    everywhere, count = [], 0
    end = 0
    for number in _MAY_HOLD_OXYGEN.finditer(text):
        begin, close = number.span("oxide" if number["oxide"] else 0)
        written, first = text[begin:close], None
        for split in _splits(written):
            count += 1
            first = first or split
            if count <= _MOST_ZEROS:
                yield text[:begin] + split + text[close:]
        everywhere += [text[end:begin], first or written]
        end = close
    if count > 1:
        yield "".join([*everywhere, text[end:]])


def _splits(number: str) -> Iterator[str]:
    for position, digit in enumerate(number):
        before, behind = number[:position], number[position + 1 :]
        if digit == "0" and before != "1" and "0" not in (before[:1], behind[:1]):
            yield f"{before}O{behind}"


def suggest_spelling(text: str) -> str:
    """The hint with the nearest formula of valid element symbols; empty where there is none.

    ``LI3YCL6`` gives ``did you mean Li3YCl6?``.
    """
    if _WORD_APART.search(text) and not text.islower():
        return ""
    repaired = _ZERO_AS_LETTER.sub("0", text)
    pieces: list[str] = []
    end = 0
    for run in _LETTERS.finditer(repaired):
        if run.group().islower() and len(run.group()) > 3 and not repaired.islower():
            return ""  # a word, not a misspelt symbol
        symbols = _as_elements(run.group(), keep_case=not repaired.isupper())
        if symbols is None:
            return ""
        pieces += [repaired[end : run.start()], *symbols]
        end = run.end()
    suggestion = "".join([*pieces, repaired[end:]])
    return f"did you mean {suggestion}?" if pieces and suggestion != text else ""


def _as_elements(letters: str, *, keep_case: bool) -> list[str] | None:
    """Split letters of any case into element symbols, or a trailing x, y or z.

    The fewest symbols win; where the case says something, changing it counts as another symbol.
    """
    best: list[tuple[int, list[str]] | None] = [(0, [])]
    for end in range(1, len(letters) + 1):
        candidates = []
        for size in (2, 1):
            head = best[end - size] if size <= end else None
            written = letters[end - size : end]
            symbol = written.capitalize()
            if head is not None and symbol in _STABLE:
                cost = 3 if keep_case and symbol != written else 1
                candidates.append((head[0] + cost, [*head[1], symbol]))
        head = best[end - 1]
        if head and head[1] and letters[end - 1] in "xyz":
            candidates.append((head[0] + 1, [*head[1], letters[end - 1]]))
        best.append(min(candidates, key=lambda candidate: candidate[0]) if candidates else None)
    return best[-1][1] if best[-1] else None
