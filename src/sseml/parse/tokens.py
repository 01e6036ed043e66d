"""A formula cut into tokens, and the amounts in it: numbers, fractions, and sums with x, y, z."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sseml.elements import HYDROGEN_ISOTOPES, MOLAR_MASS_G_MOL
from sseml.parse.doubts import EXAMPLE, suggest_spelling
from sseml.patterns import late
from sseml.records import RefusedInputError

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

MAX_DEPTH = 20
"""Deepest nesting of brackets."""

_LEADING_ZERO = late(r"0\d")


class Token(NamedTuple):
    """One piece of a formula; `spaced` tells whether a blank stands before it."""

    kind: str
    text: str
    position: int
    spaced: bool


class TokenStream:
    """The tokens of one normalised formula, read from left to right, and the values of x, y, z."""

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
        self,
        reason: str,
        suggestion: str = "",
        at: Token | None = None,
        *,
        error: type[RefusedInputError] = RefusedInputError,
    ) -> RefusedInputError:
        """The error that quotes the text and the place (counted from 1)."""
        position = (at or self.current).position + 1
        return error(f"{reason} at position {position} of {self.text!r}", suggestion)

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
        return f"{character!r} is not an element", suggest_spelling(text) or EXAMPLE
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
    mixture = "write mixtures in mol, such as 75Li2S-25P2S5"
    otherwise = mixture if character in ":@" else EXAMPLE
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


def _read_number(stream: TokenStream) -> float:
    token = stream.current
    if token.kind != NUMBER:
        raise stream.refusal("a number is missing", "write one, such as 0.5")
    if _LEADING_ZERO.match(token.text):
        hint = f"did you mean 0.{token.text[1:]} or {token.text.lstrip('0') or '0'}?"
        raise stream.refusal(f"the number {token.text} begins with a zero", hint)
    value = float(token.text)
    if not math.isfinite(value):
        raise stream.refusal(f"the number {token.text[:20]} is too large")
    stream.advance()
    return value


def read_term(stream: TokenStream) -> float:
    """Read an amount without sign: ``2``, ``2/3``, ``x``, ``3x``, ``2x/3``, ``2(1-x)``.

    The current token is the beginning of an amount.
    """
    value = 1.0
    if stream.current.kind == NUMBER:
        is_decimal = "." in stream.current.text
        value = _over(stream, _read_number(stream))
        if stream.current.spaced:
            return value
        if _pass_over_uncertainty(stream, is_decimal=is_decimal):
            return value
    if stream.current.kind == VARIABLE:
        value = _over(stream, value * _read_variable(stream))
    elif is_amount_bracket(stream):
        value = _over(stream, value * _read_bracket(stream))
    return value


def _pass_over_uncertainty(stream: TokenStream, *, is_decimal: bool) -> bool:
    """Read ``Al0.25(1)`` without the uncertainty of its last digit; refuse ``Al2(1)``."""
    inside, closed = stream.ahead(), stream.ahead(2)
    if stream.current.text != "(" or not inside.text.isdigit() or closed.text != ")":
        return False
    if not is_decimal:
        raise stream.refusal(
            f"({inside.text}) behind an amount may be an uncertainty or a factor",
            "leave it out, or write the amount as one number",
        )
    for _ in range(3):
        stream.advance()
    return True


def is_amount_bracket(stream: TokenStream) -> bool:
    """Tell whether a bracket opens here that holds an amount, such as ``(1-x)``, and no element.

    Brackets in it are nested at most `MAX_DEPTH` deep.
    """
    if stream.current.text != "(":
        return False
    depth, count, holds_amount = 0, 0, False
    while True:
        kind = stream.ahead(count).kind
        if kind == OPEN:
            depth += 1
            if depth > MAX_DEPTH:
                return False
        elif kind == CLOSE:
            depth -= 1
            if depth == 0:
                return holds_amount
        elif kind in (NUMBER, VARIABLE):
            holds_amount = True
        elif kind not in (SIGN, SLASH, DOT):
            return False
        count += 1


def _read_variable(stream: TokenStream) -> float:
    name = stream.current.text
    if name not in stream.values:
        raise stream.refusal(f"{name} has no value", f"give it one, such as {name}=0.1")
    stream.advance()
    return stream.values[name]


def _over(stream: TokenStream, value: float) -> float:
    while stream.current.kind == SLASH and stream.ahead().kind == NUMBER:
        stream.advance()
        value = _divide(stream, value, _read_number(stream))
    return value


def _divide(stream: TokenStream, dividend: float, divisor: float) -> float:
    if divisor == 0:
        raise stream.refusal("an amount is divided by zero before this place", "correct it")
    return dividend / divisor


def _read_bracket(stream: TokenStream) -> float:
    """Read a sum in brackets: ``(1-x)``."""
    opened = stream.advance()
    value = 0.0
    sign = stream.advance().text if stream.current.kind == SIGN else "+"
    while sign:
        product = _read_product(stream)
        value = value + product if sign == "+" else value - product
        sign = stream.advance().text if stream.current.kind == SIGN else ""
    if stream.current.text != ")":
        raise stream.refusal(
            f"{stream.current.text!r} does not belong in the amount {stream.since(opened)!r}"
        )
    stream.advance()
    return value


def _read_product(stream: TokenStream) -> float:
    value = _read_factor(stream)
    while True:
        if stream.current.kind == DOT:
            stream.advance()
            value *= _read_factor(stream)
        elif stream.current.kind == SLASH:
            stream.advance()
            value = _divide(stream, value, _read_factor(stream))
        elif stream.current.kind in (VARIABLE, OPEN):
            value *= _read_factor(stream)
        else:
            return value


def _read_factor(stream: TokenStream) -> float:
    if stream.current.kind == OPEN:
        return _read_bracket(stream)
    if stream.current.kind == VARIABLE:
        return _read_variable(stream)
    return _read_number(stream)
