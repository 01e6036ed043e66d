"""The grammar of formulas: elements, brackets, amounts, and parts added up in mol."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sseml.elements import HYDROGEN_ISOTOPES
from sseml.parse.charge import is_neutral_salt
from sseml.parse.tokens import (
    CLOSE,
    DOT,
    ELEMENT,
    END,
    MAX_DEPTH,
    NUMBER,
    OPEN,
    SIGN,
    SLASH,
    VACANCY,
    VARIABLE,
    Token,
    TokenStream,
    is_amount_bracket,
    read_term,
)
from sseml.records import NegativeAmountError

MAX_AMOUNT = 1e4
"""Largest amount of one element in a formula unit."""

NOTHING = 1e-9
"""Amounts below this count as nothing: rounding of ``0.3-3x`` at x = 0.1 is not an element."""

_CLOSING = {"(": ")", "[": "]", "{": "}"}

_MOLECULES_OF = frozenset("CHNO")
"""Elements of what crystallises with a salt one to one: H2O, NH3, CH3OH."""

_LIKE_A_PERCENTAGE = 10.0


class Reading(NamedTuple):
    """Element amounts in mol, and whether they are of parts added up or of percentages."""

    amounts: dict[str, float]
    is_mixture: bool


class _Part(NamedTuple):
    """One part of a mixture, as it stands in the text, and the separator before it."""

    coefficient: float | None
    amounts: Mapping[str, float]
    started: Token
    text: str
    separator: Token | None


def read_formula(text: str, values: Mapping[str, float]) -> Reading:
    """Read a normalised formula or mol mixture, with the values of x, y, z."""
    stream = TokenStream(text, values)
    reading = _read_mixture(stream, 0)
    if stream.current.kind != END:
        raise stream.unexpected()
    reading.amounts.pop(VACANCY, None)
    return reading


def _read_mixture(stream: TokenStream, depth: int) -> Reading:
    """Read parts added up in mol: ``0.7Li2S-0.3P2S5``, ``LiCl·H2O``, ``0.2(Li2S) 0.8(GeS2)``."""
    parts: list[_Part] = []
    scaled = False
    separator: Token | None = None
    while True:
        coefficient = _read_coefficient(stream)
        started = stream.current
        reading = _read_part(stream, depth, coefficient is not None)
        scaled = scaled or reading.is_mixture
        parts.append(_Part(coefficient, reading.amounts, started, stream.since(started), separator))
        if stream.current.kind in (SIGN, DOT):
            if len(parts) == 1 and coefficient is None:
                _refuse_split_amount(stream, started)
            separator = _skip_separator(stream)
        elif stream.current.spaced and coefficient is not None and _at_coefficient(stream):
            separator = None
        else:
            break
    if len(parts) > 1:
        _refuse_unclear_ratio(stream, parts, in_bracket=depth > 0)
    of_one_mol = depth > 0 and _are_percentages(parts)
    total: dict[str, float] = {}
    for part in parts:
        mol = 1.0 if part.coefficient is None else part.coefficient
        _add_all(stream, total, part.amounts, mol / 100 if of_one_mol else mol)
    added = len(parts) > 1 and depth == 0 and not _is_adduct(parts)
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
            f"the coefficient {stream.since(started)} is negative",
            "choose another value",
            started,
            error=NegativeAmountError,
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
            f"the amount {written} is {value:.4g}",
            "choose another value",
            started,
            error=NegativeAmountError,
        )
    if value < NOTHING:
        if stream.current.text == ",":  # 0,5
            raise stream.unexpected()
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
        total[symbol] = total.get(symbol, 0.0) + value * amount
        if not total[symbol] <= MAX_AMOUNT:
            raise stream.refusal(
                f"the amount of {symbol} rises above {MAX_AMOUNT:g} before this place",
                "divide all amounts by the same number",
            )


def _are_percentages(parts: Sequence[_Part]) -> bool:
    """Tell whether the coefficients of all parts add up to 100: percentages, of one mol in all."""
    coefficients = [part.coefficient for part in parts if part.coefficient is not None]
    return len(coefficients) == len(parts) > 1 and abs(sum(coefficients) - 100.0) <= 1.0


def _is_adduct(parts: Sequence[_Part]) -> bool:
    """Tell whether molecules are bound to one formula, whose amounts stay: ``Li3InCl6·0.5H2O``."""
    return parts[0].coefficient is None and all(
        part.separator is not None
        and part.separator.kind == DOT
        and part.amounts.keys() <= _MOLECULES_OF
        for part in parts[1:]
    )


def _refuse_unclear_ratio(stream: TokenStream, parts: Sequence[_Part], *, in_bracket: bool) -> None:
    """Refuse parts whose amounts are not said: ``Li-La-Zr-O``, ``Li2S-P2S5``, ``Al-Li7La3Zr2O12``.

    A molecule is bound one to one (``LiCl·H2O``), and so are whole compounds with a plus and
    blanks between them (``LiCl + AlCl3``), in brackets (``0.6(SiS2-Li2S)-0.4LiCl``) or each a
    mixture of its own.
    """
    bare = [part for part in parts if part.coefficient is None]
    alone = [part for part in bare if part.text in part.amounts]
    _refuse_charges(stream, parts)
    if len(alone) == len(parts):
        raise stream.refusal(
            f"{stream.text!r} names the elements of a chemical system and no amounts, beginning",
            "write the formula of one compound of it",
            alone[0].started,
        )
    if alone:
        raise stream.refusal(
            f"how much {alone[0].text} there is, is not said",
            f"write the formula of the {alone[0].text}-containing material with its amounts",
            alone[0].started,
        )
    if len(bare) == len(parts):
        if not in_bracket:
            _refuse_no_ratio(stream, parts)
    elif bare and _holds_percentages(parts):
        _refuse_label(stream, parts[-1])
        raise stream.refusal(
            f"{bare[0].text!r} has no coefficient, and the other parts have percentages",
            "write a coefficient before each part, such as 75Li2S-25P2S5",
            bare[0].started,
        )


def _refuse_charges(stream: TokenStream, parts: Sequence[_Part]) -> None:
    """Refuse ``Li3Y3+Cl6`` and ``LiCo3+O2``, where the plus is a charge."""
    pluses = [part.separator for part in parts if part.separator and part.separator.text == "+"]
    for part in parts if pluses else ():
        if part.coefficient is None and not is_neutral_salt(part.amounts):
            raise stream.refusal(
                f"'+' looks like a charge, as {part.text!r} is no compound",
                "write the neutral formula without charges",
                pluses[0],
            )


def _refuse_no_ratio(stream: TokenStream, parts: Sequence[_Part]) -> None:
    """Refuse ``Li2S-P2S5`` and ``Li3PS4-C2``, but not ``LiCl·H2O``."""
    signs = [part.separator for part in parts if part.separator]
    are_added = all(sign.text == "+" and sign.spaced for sign in signs)
    are_mixtures = all(part.started.text in _CLOSING and "-" in part.text for part in parts)
    hold_molecule = any(
        len(part.amounts) > 1 and part.amounts.keys() <= _MOLECULES_OF for part in parts[1:]
    )
    if are_added or are_mixtures or hold_molecule:
        return
    raise stream.refusal(
        f"{' and '.join(part.text for part in parts)} are named without their amounts",
        "write a coefficient before each part, such as 75Li2S-25P2S5; as much of each is"
        f" {'-'.join(f'1{part.text}' for part in parts)}",
        parts[0].started,
    )


def _refuse_label(stream: TokenStream, last: _Part) -> None:
    """Refuse ``Li6PS5Cl-550C``, which names a treatment."""
    if last.separator and last.amounts.keys() <= {"C", "K", "H"}:
        before = stream.text[: last.separator.position].strip()
        label = stream.text[last.separator.position :]
        raise stream.refusal(
            f"{label!r} looks like a label", f"leave it out: write {before}", last.separator
        )


def _holds_percentages(parts: Sequence[_Part]) -> bool:
    """Tell ``Li2S-25P2S5`` from ``LiTi2(PO4)3-0.2Li2O`` and ``LiI·12H2O``."""
    joined = any(part.separator and part.separator.kind == SIGN for part in parts)
    return joined and sum(part.coefficient or 0.0 for part in parts) >= _LIKE_A_PERCENTAGE
