"""The amounts in a formula: numbers, fractions and sums with x, y and z, evaluated without eval."""

from __future__ import annotations

import math
import re

from sseml.parse.tokens import CLOSE, DOT, ELEMENT, NUMBER, OPEN, SIGN, SLASH, VARIABLE, TokenStream

MAX_DEPTH = 20
"""Deepest nesting of brackets."""

_LEADING_ZERO = re.compile(r"0\d")


def read_number(stream: TokenStream) -> float:
    """Read a number without sign."""
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
        value = _over(stream, read_number(stream))
        if stream.current.spaced:
            return value
        if _is_number_in_bracket(stream):
            _pass_over_uncertainty(stream, is_decimal=is_decimal)
            return value
    if stream.current.kind == VARIABLE:
        value = _over(stream, value * _read_variable(stream))
    elif is_amount_bracket(stream):
        value = _over(stream, value * _read_bracket(stream, 0))
    return value


def _is_number_in_bracket(stream: TokenStream) -> bool:
    inside, closed = stream.ahead(), stream.ahead(2)
    return stream.current.text == "(" and inside.text.isdigit() and closed.text == ")"


def _pass_over_uncertainty(stream: TokenStream, *, is_decimal: bool) -> None:
    """Read ``Al0.25(1)`` without the uncertainty of its last digit; refuse ``Al2(1)``."""
    if not is_decimal:
        raise stream.refusal(
            f"({stream.ahead().text}) behind an amount may be an uncertainty or a factor",
            "leave it out, or write the amount as one number",
        )
    for _ in range(3):
        stream.advance()


def is_amount_bracket(stream: TokenStream) -> bool:
    """Tell whether a bracket opens here that holds an amount, such as ``(1-x)``, and no element."""
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
        elif kind == ELEMENT or kind not in (SIGN, SLASH, DOT):
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
        value = _divide(stream, value, read_number(stream))
    return value


def _divide(stream: TokenStream, dividend: float, divisor: float) -> float:
    if divisor == 0:
        raise stream.refusal("an amount is divided by zero before this place", "correct it")
    return dividend / divisor


def _read_bracket(stream: TokenStream, depth: int) -> float:
    if depth > MAX_DEPTH:
        raise stream.refusal(f"brackets are nested more than {MAX_DEPTH} deep")
    opened = stream.advance()
    value = _read_sum(stream, depth)
    if stream.current.text != ")":
        raise stream.refusal(
            f"{stream.current.text!r} does not belong in the amount {stream.since(opened)!r}"
        )
    stream.advance()
    return value


def _read_sum(stream: TokenStream, depth: int) -> float:
    value = 0.0
    sign = stream.advance().text if stream.current.kind == SIGN else "+"
    while True:
        product = _read_product(stream, depth)
        value = value + product if sign == "+" else value - product
        if stream.current.kind != SIGN:
            return value
        sign = stream.advance().text


def _read_product(stream: TokenStream, depth: int) -> float:
    value = _read_factor(stream, depth)
    while True:
        if stream.current.kind == DOT:
            stream.advance()
            value *= _read_factor(stream, depth)
        elif stream.current.kind == SLASH:
            stream.advance()
            value = _divide(stream, value, _read_factor(stream, depth))
        elif stream.current.kind in (VARIABLE, OPEN):
            value *= _read_factor(stream, depth)
        else:
            return value


def _read_factor(stream: TokenStream, depth: int) -> float:
    if stream.current.kind == OPEN:
        return _read_bracket(stream, depth + 1)
    if stream.current.kind == VARIABLE:
        return _read_variable(stream)
    return read_number(stream)
