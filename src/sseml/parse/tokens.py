"""A formula cut into tokens that remember their place, so that refusals can quote it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sseml.elements import HYDROGEN_ISOTOPES, MOLAR_MASS_G_MOL
from sseml.records import RefusedInputError

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


ELEMENT = "element"
NUMBER = "number"
VARIABLE = "variable"
OPEN = "open"
CLOSE = "close"
SIGN = "sign"
DOT = "dot"
SLASH = "slash"
OTHER = "other"
END = "end"

VACANCY = "□"
"""Read like an element, and left out."""

_EXAMPLE = "write element symbols and amounts, such as Li6PS5Cl"
_EXAMPLE_MIXTURE = "write mixtures in mol, such as 75Li2S-25P2S5"


class Token(NamedTuple):
    """One piece of a formula; `spaced` tells whether a blank stands before it."""

    kind: str
    text: str
    position: int
    spaced: bool


class TokenStream:
    """The tokens of one normalised formula, read from left to right.

    Parameters
    ----------
    text
        Formula as `sseml.parse.normalise.normalise` leaves it.
    values
        Values of the variables x, y, z.
    """

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.text = text
        self.values = values
        self.index = 0
        self._tokens = _tokenise(text)
        self.current = self._tokens[0]

    def ahead(self, count: int = 1) -> Token:
        """Return the token that many places further on; the end stays the end."""
        return self._tokens[min(self.index + count, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Move on, and return the token left behind."""
        left = self.current
        self.index = min(self.index + 1, len(self._tokens) - 1)
        self.current = self._tokens[self.index]
        return left

    def since(self, token: Token) -> str:
        """Return the text from a token up to the current one."""
        return self.text[token.position : self.current.position].strip()

    def refusal(
        self, reason: str, suggestion: str = "", at: Token | None = None
    ) -> RefusedInputError:
        """Make the error that quotes the text and the place (counted from 1)."""
        position = (at or self.current).position + 1
        return RefusedInputError(f"{reason} at position {position} of {self.text!r}", suggestion)

    def unexpected(self) -> RefusedInputError:
        """Explain why the formula cannot go on with the current token."""
        token = self.current
        if token.kind == END:
            return self.refusal("the formula ends too early", "write elements and amounts")
        if token.kind == CLOSE:
            return self.refusal(f"the bracket {token.text!r} was never opened", "remove it")
        if token.kind == SIGN or token.text == "^":
            return self.refusal(
                f"{token.text!r} looks like a charge", "write the neutral formula without charges"
            )
        if token.kind == SLASH:
            return self.refusal(
                "'/' cannot be read", "write mixtures in mol as A-B, or by mass as A - 10 wt% B"
            )
        if token.kind != OTHER:
            return self.refusal(f"{token.text!r} is not expected", "write elements and amounts")
        return self.refusal(*_explain(token, self.text))


def _explain(token: Token, text: str) -> tuple[str, str]:
    character = token.text
    if "A" <= character[0] <= "Z":
        return f"{character!r} is not an element", suggest_spelling(text) or _EXAMPLE
    if character in ",;":
        after_digit = text[token.position - 1 : token.position].isdigit()
        if after_digit and text[token.position + 1 : token.position + 2].isdigit():
            return "the decimal comma cannot be read", "write a point, such as 1.3"
        return f"{character!r} cannot be read", "give each element its own amount: Al0.3Ti1.7"
    if character == "%":
        return "'%' cannot be read", "write A - 10 wt% B for a mixture by mass"
    if not character.isascii():
        name = unicodedata.name(character, "a character without a name")
        vacancies = "leave it out, or write the amount as one number"
        hint = vacancies if character == "δ" else "retype it in plain letters"
        return f"{character!r} ({name}) cannot be read", hint
    otherwise = _EXAMPLE_MIXTURE if character in ":@" else _EXAMPLE
    return f"{character!r} cannot be read", suggest_spelling(text) or otherwise


@cache
def _pattern() -> re.Pattern[str]:
    symbols = sorted([*MOLAR_MASS_G_MOL, *HYDROGEN_ISOTOPES, VACANCY], key=len, reverse=True)
    return re.compile(
        rf"(?P<{ELEMENT}>{'|'.join(symbols)})"
        rf"|(?P<{NUMBER}>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
        rf"|(?P<{VARIABLE}>[xyz])"
        rf"|(?P<{OPEN}>[(\[{{])|(?P<{CLOSE}>[)\]}}])"
        rf"|(?P<{SIGN}>[+-])|(?P<{DOT}>[·*])|(?P<{SLASH}>/)"
        rf"|(?P<{OTHER}>[A-Z][a-z]?|\S)"
    )


def _tokenise(text: str) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for match in _pattern().finditer(text):
        start = match.start()
        tokens.append(Token(match.lastgroup or OTHER, match.group(), start, start > end))
        end = match.end()
    return [*tokens, Token(END, "", len(text), False)]
