"""The grammar of formulas: elements, brackets, amounts, and parts added up in mol."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from sseml.elements import HYDROGEN_ISOTOPES
from sseml.parse.expression import MAX_DEPTH, is_amount_bracket, read_term
from sseml.parse.parts import Part, are_percentages, is_adduct, refuse_unclear_ratio
from sseml.parse.tokens import (
    CLOSE,
    DOT,
    ELEMENT,
    END,
    NUMBER,
    OPEN,
    SIGN,
    SLASH,
    VACANCY,
    VARIABLE,
    Token,
    TokenStream,
)

MAX_AMOUNT = 1e4
"""Largest amount of one element in a formula unit."""

NOTHING = 1e-9
"""Amounts below this count as nothing: rounding of ``0.3-3x`` at x = 0.1 is not an element."""

_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Reading(NamedTuple):
    """Element amounts in mol, and whether they are of parts added up or of percentages."""

    amounts: dict[str, float]
    is_mixture: bool


def read_formula(text: str, values: Mapping[str, float]) -> Reading:
    """Read a normalised formula or mol mixture.

    Parameters
    ----------
    text
        Formula as `sseml.parse.normalise.normalise` leaves it.
    values
        Values of the variables x, y, z.
    """
    stream = TokenStream(text, values)
    reading = _read_mixture(stream, 0)
    if stream.current.kind != END:
        raise stream.unexpected()
    reading.amounts.pop(VACANCY, None)
    return reading


def _read_mixture(stream: TokenStream, depth: int) -> Reading:
    """Read parts added up in mol: ``0.7Li2S-0.3P2S5``, ``LiCl·H2O``, ``0.2(Li2S) 0.8(GeS2)``."""
    parts: list[Part] = []
    scaled = False
    separator: Token | None = None
    while True:
        coefficient = _read_coefficient(stream)
        started = stream.current
        reading = _read_part(stream, depth, coefficient is not None)
        scaled = scaled or reading.is_mixture
        parts.append(Part(coefficient, reading.amounts, started, stream.since(started), separator))
        if stream.current.kind in (SIGN, DOT):
            if len(parts) == 1 and coefficient is None:
                _refuse_split_amount(stream, started)
            separator = _skip_separator(stream)
        elif stream.current.spaced and coefficient is not None and _at_coefficient(stream):
            separator = None
        else:
            break
    if len(parts) > 1:
        refuse_unclear_ratio(stream, parts, in_bracket=depth > 0)
    of_one_mol = depth > 0 and are_percentages(parts)
    total: dict[str, float] = {}
    for part in parts:
        mol = 1.0 if part.coefficient is None else part.coefficient
        _add_all(stream, total, part.amounts, mol / 100 if of_one_mol else mol)
    added = len(parts) > 1 and depth == 0 and not is_adduct(parts)
    return Reading(total, of_one_mol or scaled or added)


def _skip_separator(stream: TokenStream) -> Token:
    separator = stream.advance()
    while stream.current.text == separator.text:
        stream.advance()
    if stream.current.kind in (END, CLOSE, SIGN):
        if separator.kind == SIGN:
            raise stream.refusal(
                f"{separator.text!r} looks like a charge",
                "write the neutral formula without charges",
                separator,
            )
        raise stream.refusal(f"nothing follows {separator.text!r}", "remove it", separator)
    return separator


def _refuse_split_amount(stream: TokenStream, started: Token) -> None:
    """Refuse ``Li6.8-0.25La3Zr2O12`` and ``Li-1O``: half an amount, not a mixture with lithium."""
    is_amount = stream.ahead(-1).kind == NUMBER and stream.ahead(-2) == started
    goes_on = stream.ahead(-1) == started and stream.ahead().kind == NUMBER
    unspaced = not stream.current.spaced and stream.current.kind == SIGN
    if started.kind == ELEMENT and (is_amount or (goes_on and unspaced)):
        raise stream.refusal(
            f"{stream.since(started)!r} before {stream.current.text!r} may be half an amount or a"
            " part of a mixture",
            "write the amount as one number, or a coefficient before each part of the mixture",
            started,
        )


def _at_coefficient(stream: TokenStream) -> bool:
    return stream.current.kind in (NUMBER, VARIABLE) or is_amount_bracket(stream)


def _read_coefficient(stream: TokenStream) -> float | None:
    if not _at_coefficient(stream):
        return None
    started = stream.current
    coefficient = read_term(stream)
    if coefficient < 0 or not math.isfinite(coefficient):
        raise stream.refusal(
            f"the coefficient {stream.since(started)} is negative", "choose another value", started
        )
    return coefficient


def _read_part(stream: TokenStream, depth: int, has_coefficient: bool) -> Reading:
    """Read one component: elements and bracketed groups, each with its amount."""
    amounts: dict[str, float] = {}
    attached = is_mixture = False
    before_blank: frozenset[str] = frozenset()
    while True:
        if stream.current.kind == ELEMENT:
            if stream.current.spaced:
                before_blank = frozenset(amounts)
            _refuse_second_formula(stream, before_blank)
            symbol = stream.advance().text
            inside = {HYDROGEN_ISOTOPES.get(symbol, symbol): 1.0}
        elif stream.current.kind == OPEN and not (amounts and is_amount_bracket(stream)):
            inside, mixed = _read_group(stream, depth)
            is_mixture = is_mixture or mixed
        elif amounts:
            return Reading(amounts, is_mixture)
        else:
            raise stream.unexpected()
        amount = 1.0
        if _at_coefficient(stream):
            if stream.current.spaced and has_coefficient:
                _add_all(stream, amounts, inside, 1.0)
                return Reading(amounts, is_mixture)
            if stream.current.spaced:
                _refuse_unclear_space(stream, attached)
            else:
                attached = True
            amount = _read_amount(stream, amounts, has_coefficient)
        _add_all(stream, amounts, inside, amount)


def _refuse_second_formula(stream: TokenStream, before_blank: frozenset[str]) -> None:
    """Refuse ``Li2S P2S5`` and ``Li6PS5Cl Li3YCl6``; ``LiCl H2O`` and ``Li 3 P S 4`` are clear."""
    symbol = stream.current.text
    if symbol in before_blank:
        raise stream.refusal(
            f"{symbol!r} stands again after a blank, as if a second formula had begun",
            "write one formula a line, or a mixture in mol as A-B",
        )


def _refuse_unclear_space(stream: TokenStream, attached: bool) -> None:
    """Read ``Li 7 La 3`` but not ``Li2S 0.8GeS2``, where the number may begin the next part."""
    following = stream.ahead()
    runs_on = following.kind not in (END, CLOSE, SIGN, DOT) and not following.spaced
    if attached or (runs_on and following.kind != SLASH):
        raise stream.refusal(
            f"the blank before {stream.current.text!r} leaves open whether it is an amount or"
            " begins the next part of a mixture",
            "remove the blank, or write '-' between the parts",
        )


def _read_group(stream: TokenStream, depth: int) -> Reading:
    if depth >= MAX_DEPTH:
        raise stream.refusal(f"brackets are nested more than {MAX_DEPTH} deep")
    opened = stream.advance()
    closing = _CLOSING[opened.text]
    reading = _read_mixture(stream, depth + 1)
    if stream.current.kind == END:
        raise stream.refusal(
            f"the bracket {opened.text!r} is never closed", f"add {closing!r}", opened
        )
    if stream.current.kind != CLOSE:
        raise stream.unexpected()
    if stream.current.text != closing:
        raise stream.refusal(
            f"{stream.current.text!r} closes the bracket {opened.text!r}", f"write {closing!r}"
        )
    stream.advance()
    return reading


def _read_amount(stream: TokenStream, amounts: Mapping[str, float], has_coefficient: bool) -> float:
    """Read ``2``, ``2/3``, ``2-x``, ``2/3-x``: a sum only where a variable is in the next term."""
    started = stream.current
    first = stream.index
    value = read_term(stream)
    while not has_coefficient and _at_variable_term(stream):
        _refuse_repeated_element(stream, amounts)
        sign = stream.advance().text
        term = read_term(stream)
        value = value + term if sign == "+" else value - term
    varies = any(
        stream.ahead(i - stream.index).kind == VARIABLE for i in range(first, stream.index)
    )
    written = stream.since(started)
    if varies and abs(value) < NOTHING:
        return 0.0
    if value < 0:
        raise stream.refusal(
            f"the amount {written} is {value:.4g}", "choose another value", started
        )
    if value < NOTHING:
        raise stream.refusal(f"the amount {written} is zero", "leave the element out", started)
    return value


def _at_variable_term(stream: TokenStream) -> bool:
    """Tell whether ``-x``, ``+2x``, ``-x/2`` or ``-(x+y)`` goes on with the amount just read."""
    if stream.current.kind != SIGN or stream.current.spaced:
        return False
    count, holds_variable = 1, False
    while stream.ahead(count).kind in (NUMBER, SLASH) and not stream.ahead(count).spaced:
        count += 1
    if stream.ahead(count).spaced:
        return False
    if stream.ahead(count).text == "(":
        while stream.ahead(count).kind not in (ELEMENT, CLOSE, END):
            holds_variable = holds_variable or stream.ahead(count).kind == VARIABLE
            count += 1
        return holds_variable and stream.ahead(count).kind == CLOSE
    return stream.ahead(count).kind == VARIABLE


def _refuse_repeated_element(stream: TokenStream, amounts: Mapping[str, float]) -> None:
    """Refuse ``Li3PS4-xLiI``, where S may have the amount 4-x or x LiI be mixed in."""
    count = 1
    while stream.ahead(count).kind in (NUMBER, SLASH, VARIABLE):
        count += 1
    following = stream.ahead(count)
    if following.kind == ELEMENT and following.text in amounts:
        raise stream.refusal(
            f"{stream.current.text!r} may go on with the amount or begin the next part",
            "put blanks round it for a mixture, or brackets round the amount",
        )


def _add_all(
    stream: TokenStream, total: dict[str, float], inside: Mapping[str, float], amount: float
) -> None:
    for symbol, value in inside.items():
        _add(stream, total, symbol, value * amount)


def _add(stream: TokenStream, total: dict[str, float], symbol: str, amount: float) -> None:
    value = total.get(symbol, 0.0) + amount
    if not value <= MAX_AMOUNT:
        raise stream.refusal(
            f"the amount of {symbol} rises above {MAX_AMOUNT:g} before this place",
            "divide all amounts by the same number",
        )
    total[symbol] = value
