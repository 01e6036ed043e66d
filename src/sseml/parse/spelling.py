"""What a person probably meant by a formula that cannot be read."""

from __future__ import annotations

import re

from sseml.parse.elements import MOLAR_MASS_G_MOL

VARIABLES = "xyz"

_LETTERS = re.compile(r"[A-Za-z]+")
_WORD_APART = re.compile(r" [a-z]{2}")
_ZERO_AS_LETTER = re.compile(r"(?<=[A-Za-z])[oO](?=\.\d)")


def suggest_spelling(text: str) -> str:
    """Suggest the nearest formula with valid element symbols; empty where there is none.

    Examples
    --------
    >>> suggest_spelling("LI3YCL6")
    'did you mean Li3YCl6?'
    >>> suggest_spelling("LiBH4-MgO(CE)")
    'did you mean LiBH4-MgO(Ce)?'
    >>> suggest_spelling("Lao.51Li0.34TiO2.94")
    'did you mean La0.51Li0.34TiO2.94?'
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
            if head is not None and symbol in MOLAR_MASS_G_MOL and _is_stable(symbol):
                cost = 3 if keep_case and symbol != written else 1
                candidates.append((head[0] + cost, [*head[1], symbol]))
        head = best[end - 1]
        if head and head[1] and letters[end - 1] in VARIABLES:
            candidates.append((head[0] + 1, [*head[1], letters[end - 1]]))
        best.append(min(candidates, key=lambda candidate: candidate[0]) if candidates else None)
    return best[-1][1] if best[-1] else None


def _is_stable(symbol: str) -> bool:
    """Tell whether an element has a standard atomic weight; the others are hardly ever meant."""
    return MOLAR_MASS_G_MOL[symbol] % 1 != 0
