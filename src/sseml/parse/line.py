"""One line is taken apart: the formula, the conditions as keys, and those that stand bare."""

from __future__ import annotations

import re

from sseml.parse.polymorphs import GREEK_WORDS, SYSTEM_WORDS
from sseml.parse.qualifiers import CELSIUS, canonical_key
from sseml.records import RefusedInputError

MAX_LINE_LENGTH = 4096
"""Longest line that is read, in characters: as long as the path of a file may be."""

PHASE = "phase"
"""Key of a phase word such as ``cubic``."""

REMARK = "(remark)"
"""Key of what is read and not used."""

_KEY = re.compile(r"(?:^|(?<=[\s,;|(\[]))(space group|[A-Za-z][\w#]*)\s*=\s*", re.IGNORECASE)
_RATIO = re.compile(r"[\d.]+ ?[:/]")
_TAIL = 60
"""What stands bare at the end of a line is looked for in so many characters."""

_TEMPERATURE = rf"[+-]?\d+(?:\.\d+)?\s{{0,3}}(?:K|kelvin|{CELSIUS}|C)"
_BARE_TEMPERATURE = re.compile(rf"[@,;|\s]({_TEMPERATURE})$")
_FORM_WORD = re.compile(r"(?:glass[- ]ceramic|glass|crystal|film|bulk|total)", re.IGNORECASE)
_PHASE_WORD = re.compile(
    rf"(?:{'|'.join((*SYSTEM_WORDS, *GREEK_WORDS))}|amorphous|glassy|crystalline|[αβγδε][′']?)"
    r"(?:[- ]phase)?",
    re.IGNORECASE,
)
_BARE_WORD = re.compile(
    rf"(?:[,;|(\s])({_FORM_WORD.pattern}|{_PHASE_WORD.pattern})$", re.IGNORECASE
)
_JOINING = re.compile(r"(?:^|\s)(?:at|with|for|where)$")


def split_line(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a line into its formula and (key, value) pairs.

    Raises
    ------
    RefusedInputError
        If the line is longer than `MAX_LINE_LENGTH` or holds no formula.

    Examples
    --------
    >>> split_line("Li3YCl6 T=60 glass")
    ('Li3YCl6', [('T', '60'), ('form', 'glass')])
    >>> split_line("Li7-xLa3Zr2-xTaxO12 (x = 0.5)")
    ('Li7-xLa3Zr2-xTaxO12', [('x', '0.5')])
    """
    if len(text) > MAX_LINE_LENGTH:
        raise RefusedInputError(
            f"the line is {len(text)} characters long ({text[:40]!r}…)",
            f"write one formula with its conditions in at most {MAX_LINE_LENGTH} characters",
        )
    if text.lstrip(" \"'").startswith("="):
        return text, []
    keys = [key for key in _KEY.finditer(text) if not _is_ratio(key, text)]
    ends = [*(key.start() for key in keys[1:]), len(text)]
    pairs = []
    for key, end in zip(keys, ends, strict=True) if keys else []:
        value, bare = _take_bare(_without_open_end(text[key.end() : end].strip(" ,;|([")))
        pairs += [(key.group(1), _without_open_end(value)), *bare]
    head = _JOINING.sub("", text[: keys[0].start()].rstrip(" ,;|\t([")) if keys else text
    head, bare = _take_bare(head.strip(" ,;|\t"))
    if not head:
        raise RefusedInputError("the formula is empty", "write one, such as Li6PS5Cl")
    return head, bare + pairs


def _is_ratio(key: re.Match[str], text: str) -> bool:
    """Tell ``Li2S - P2S5 = 75:25``, where no key stands before the sign."""
    named = canonical_key(key.group(1)) is not None
    return not named and _RATIO.match(text, key.end()) is not None


def _without_open_end(value: str) -> str:
    """Take off the end of a bracket that began before the key."""
    for opening, closing in ("()", "[]"):
        if value.endswith(closing) and opening not in value:
            return value[:-1].rstrip(" ,;|")
    return value


def _take_bare(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``298 K``, ``glass`` and ``cubic`` from the end of a text, each once."""
    pairs: list[tuple[str, str]] = []
    while True:
        text = text.rstrip()
        closed = text.endswith(")") and "(" in text
        before, bracket, inside = text.rpartition("(") if closed else (text, "", "")
        pair = condition(inside[:-1].strip()) if bracket and before.strip() else None
        if pair is None:
            found = _bare_at_end(text)
            if found is None:
                return text, pairs
            before, pair = found
        if any(pair[0] == taken for taken, _ in pairs):
            return text, pairs
        pairs.append(pair)
        text = _JOINING.sub("", before.rstrip(" ,;|@"))


def _bare_at_end(text: str) -> tuple[str, tuple[str, str]] | None:
    tail = text[-_TAIL:]
    found = _BARE_TEMPERATURE.search(tail) or _BARE_WORD.search(tail)
    if found is None:
        return None
    pair = condition(found.group(1))
    return None if pair is None else (text[: len(text) - len(tail) + found.start()], pair)


def condition(written: str) -> tuple[str, str] | None:
    """Read a condition that needs no key; None where it is none.

    Examples
    --------
    >>> condition("27 °C"), condition("Cubic"), condition("bulk"), condition("Br")
    (('temperature', '27 °C'), ('phase', 'cubic'), ('kind', 'bulk'), None)
    """
    if len(written) > _TAIL:
        return None
    if re.fullmatch(_TEMPERATURE, written):
        return "temperature", written
    word = written.lower()
    if _FORM_WORD.fullmatch(word):
        return ("kind" if word in ("bulk", "total") else "form"), word
    return (PHASE, word) if _PHASE_WORD.fullmatch(word) else None
