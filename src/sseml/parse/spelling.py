"""What a person probably meant by a formula that cannot be read."""

from __future__ import annotations

import re

from sseml.parse.elements import MOLAR_MASS_G_MOL

_LETTERS = re.compile(r"[A-Za-z]+")
_ZERO_AS_LETTER = re.compile(r"(?<=[A-Za-z])[oO](?=\.\d)")


def suggest_spelling(text: str) -> str:
    """Suggest the nearest formula with valid element symbols; empty where there is none.

    Examples
    --------
    >>> suggest_spelling("LI3YCL6")
    'did you mean Li3YCl6?'
    >>> suggest_spelling("Lao.51Li0.34TiO2.94")
    'did you mean La0.51Li0.34TiO2.94?'
    """
    repaired = _ZERO_AS_LETTER.sub("0", text)
    pieces: list[str] = []
    end = 0
    for run in _LETTERS.finditer(repaired):
        symbols = _as_elements(run.group())
        if symbols is None:
            return ""
        pieces += [repaired[end : run.start()], *symbols]
        end = run.end()
    suggestion = "".join([*pieces, repaired[end:]])
    return f"did you mean {suggestion}?" if pieces and suggestion != text else ""


def _as_elements(letters: str) -> list[str] | None:
    """Split letters of any case into the fewest element symbols, or a trailing x, y or z."""
    best: list[list[str] | None] = [[]]
    for end in range(1, len(letters) + 1):
        candidates = []
        for size in (2, 1):
            head = best[end - size] if size <= end else None
            symbol = letters[end - size : end].capitalize()
            if head is not None and symbol in MOLAR_MASS_G_MOL:
                candidates.append([*head, symbol])
        head = best[end - 1]
        if head and letters[end - 1] in "xyz":
            candidates.append([*head, letters[end - 1]])
        best.append(min(candidates, key=len) if candidates else None)
    return best[-1]
