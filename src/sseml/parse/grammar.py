"""The grammar of formulas: elements, brackets, amounts, and parts added up in mol."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping

from sseml.parse.elements import HYDROGEN_ISOTOPES, MOLAR_MASS_G_MOL
from sseml.parse.expression import NUMBER, VARIABLES, ExpressionReader
from sseml.parse.spelling import suggest_spelling
from sseml.records import RefusedInputError

MAX_AMOUNT = 1e4
"""Largest amount of one element in a formula unit."""

MAX_DEPTH = 20
"""Deepest nesting of brackets."""

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_SEPARATORS = "-+*·"
_NUMERIC_BRACKET = re.compile(r"\([\dxyz.+\-*/·() eE]*\)")
_VARIABLE_TERM = re.compile(r"[+-](?:\d+(?:\.\d+)?|\.\d+)?(?:/\d+)?(?:[xyz]|\((?=[^A-Z]*[xyz]))")
_COEFFICIENT_TERM = re.compile(r"[+-](?:\d+(?:\.\d+)?)?[xyz]([A-Z][a-z]?)")
_WATER_AFTER_DOT = re.compile(r"\.(?=\d*(?:H2O|D2O))")
_DECIMAL_WATER = re.compile(r"\d\.(\d+)(H2O|D2O)")


def read_amounts(text: str, values: Mapping[str, float]) -> dict[str, float]:
    """Read a normalised formula or mol mixture into element amounts, in the order written.

    Parameters
    ----------
    text
        Formula as `sseml.parse.normalise.normalise` leaves it.
    values
        Values of the variables x, y, z.
    """
    return _FormulaReader(text, values).whole()


class _FormulaReader(ExpressionReader):
    """Recursive descent over one formula."""

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        super().__init__(text, values)
        self._components = 0
        self.is_mixture = False

    def whole(self) -> dict[str, float]:
        if ambiguous := _DECIMAL_WATER.search(self.text):
            digits, water = ambiguous.groups()
            raise self.refusal(
                f"the dot before {digits}{water} may be a decimal point or a hydrate dot",
                f"write ·{digits}{water} for a hydrate",
                ambiguous.start() + 1,
            )
        amounts = self._mixture(0)
        if self.peek():
            raise self._unexpected()
        return amounts

    def _mixture(self, depth: int) -> dict[str, float]:
        """Parts added up in mol: ``0.7Li2S-0.3P2S5``, ``LiCl·H2O``, ``0.2(Li2S) 0.8(GeS2)``."""
        total: dict[str, float] = {}
        first = True
        while True:
            self._part(total, depth, first)
            first = False
            self.skip_spaces()
            if self.peek() and self.peek() in _SEPARATORS:
                self._separator()
            elif not self.peek() or self.peek() in ")]}":
                return total
            elif not (self.peek().isdigit() or self.peek() in "([{"):
                raise self._unexpected()

    def _separator(self) -> None:
        sign_at = self.position
        sign = self.peek()
        while self.peek() and self.peek() in (sign, " "):
            self.position += 1
        if not self.peek() or self.peek() in ")]}" or (self.peek() in "+-"):
            if sign in "+-":
                raise self.refusal(
                    f"charges are not read: {sign!r}",
                    "write the neutral formula without charges",
                    sign_at,
                )
            raise self.refusal(f"nothing follows {sign!r}", "remove it", sign_at)

    def _part(self, total: dict[str, float], depth: int, first: bool) -> None:
        """One component, with the coefficient written before it if there is one."""
        self.skip_spaces()
        started_at = self.position
        coefficient, has_coefficient = self._coefficient()
        if coefficient < 0 or not math.isfinite(coefficient):
            raise self.refusal("the amount of this part is negative", "", started_at)
        amounts = self._sequence(depth, has_coefficient)
        following = self.peek()
        self._refuse_split_amount(amounts, started_at, first and not has_coefficient, following)
        for symbol, amount in amounts.items():
            total[symbol] = self._bounded(total.get(symbol, 0.0) + coefficient * amount, symbol)

    def _refuse_split_amount(
        self, amounts: Mapping[str, float], started_at: int, suspect: bool, following: str
    ) -> None:
        """Refuse ``Li6.8-0.25La3…``: a mixture whose first part is one element with a subscript."""
        written = self.text[started_at : self.position].strip()
        if suspect and following in ("-", "+") and len(amounts) == 1 and written[-1:].isdigit():
            raise self.refusal(
                f"{written!r} followed by {following!r} may be a sum or a mixture",
                "write the amount as one number, or the mixture with a coefficient before each part",
                started_at,
            )

    def _coefficient(self) -> tuple[float, bool]:
        character = self.peek()
        if not character:
            return 1.0, False
        if character.isdigit() or character == ".":
            value = self._term()
        elif character in VARIABLES:
            value = self._term()
        elif character == "(" and (match := _NUMERIC_BRACKET.match(self.text, self.position)):
            if not any(c.isdigit() or c in VARIABLES for c in match.group()):
                return 1.0, False
            value = self._term()
        else:
            return 1.0, False
        self.skip_spaces()
        return value, True

    def _sequence(self, depth: int, has_coefficient: bool) -> dict[str, float]:
        amounts: dict[str, float] = {}
        spaced: bool | None = None
        while True:
            self.skip_spaces()
            character = self.peek()
            if "A" <= character <= "Z":
                symbol = self._element()
                inside = {symbol: 1.0}
            elif character and character in _CLOSING:
                if not has_coefficient and amounts and self._is_numeric_bracket():
                    raise self.refusal("an amount stands apart from its element", "")
                inside = self._group(depth)
            else:
                break
            gap = self.peek() == " "
            amount = self._amount(amounts, has_coefficient, spaced)
            if amount is not None:
                spaced = gap
            for symbol, value in inside.items():
                scaled = value * (1.0 if amount is None else amount)
                amounts[symbol] = self._bounded(amounts.get(symbol, 0.0) + scaled, symbol)
        if not amounts:
            raise self._unexpected()
        return amounts

    def _is_numeric_bracket(self) -> bool:
        match = _NUMERIC_BRACKET.match(self.text, self.position)
        return match is not None and any(c.isdigit() or c in VARIABLES for c in match.group())

    def _element(self) -> str:
        two = self.text[self.position : self.position + 2]
        for symbol in (two, two[:1]):
            known = HYDROGEN_ISOTOPES.get(symbol, symbol)
            if known in MOLAR_MASS_G_MOL:
                self.position += len(symbol)
                return known
        written = two if two[1:].islower() else two[:1]
        raise self.refusal(f"{written!r} is not an element", suggest_spelling(self.text))

    def _group(self, depth: int) -> dict[str, float]:
        if depth >= MAX_DEPTH:
            raise self.refusal(f"brackets are nested more than {MAX_DEPTH} deep", "")
        opened_at, opening = self.position, self.peek()
        self.position += 1
        amounts = self._mixture(depth + 1)
        self.skip_spaces()
        if not self.peek():
            raise self.refusal(
                f"the bracket {opening!r} is never closed", f"add {_CLOSING[opening]!r}", opened_at
            )
        if self.peek() != _CLOSING[opening]:
            raise self.refusal(
                f"{self.peek()!r} closes the bracket {opening!r}", f"write {_CLOSING[opening]!r}"
            )
        self.position += 1
        return amounts

    def _amount(
        self, amounts: Mapping[str, float], has_coefficient: bool, spaced: bool | None
    ) -> float | None:
        """Read the amount after an element or bracket; None where none is written."""
        if self.peek() == " " and not has_coefficient:
            match = NUMBER.match(self.text, self.position + 1)
            if match is None:
                return None
            after = self.text[match.end() : match.end() + 1]
            if after not in ("", " ", ")", "]", "}", "-", "·", "*") or spaced is False:
                if "A" <= after <= "Z" or after in "([{" or spaced is False:
                    return None
            self.position += 1
        character = self.peek()
        if not character:
            return None
        if character == "^":
            raise self.refusal(
                "charges are not read: '^'", "write the neutral formula without charges"
            )
        if not (
            character.isdigit()
            or character in VARIABLES
            or (character == "." and self.peek(1).isdigit())
            or (character == "(" and self._is_numeric_bracket())
        ):
            return None
        started_at = self.position
        value, varies = self._signed_terms(amounts, has_coefficient)
        written = self.text[started_at : self.position]
        if value < 0 and not (varies and value > -1e-12):
            raise self.refusal(
                f"the amount {written} is negative", "amounts are positive", started_at
            )
        if value <= 0 and not varies:
            raise self.refusal(f"the amount {written} is zero", "leave the element out", started_at)
        if value > MAX_AMOUNT:
            raise self.refusal(f"the amount {written} is above {MAX_AMOUNT:g}", "", started_at)
        return max(value, 0.0)

    def _signed_terms(
        self, amounts: Mapping[str, float], has_coefficient: bool
    ) -> tuple[float, bool]:
        """Read ``2``, ``2/3``, ``2-x``, ``2/3-x``, ``(1+x)/2``: a sum only where a variable is in it."""
        started_at = self.position
        value = self._term()
        while not has_coefficient and _VARIABLE_TERM.match(self.text, self.position):
            ambiguous = _COEFFICIENT_TERM.match(self.text, self.position)
            if ambiguous and ambiguous.group(1) in amounts:
                raise self.refusal(
                    f"{ambiguous.group()!r} may be an amount or the next part of a mixture",
                    "write brackets: (…) round each part of the mixture, or round the amount",
                )
            sign = -1.0 if self.peek() == "-" else 1.0
            self.position += 1
            value += sign * self._term()
        return value, any(v in self.text[started_at : self.position] for v in VARIABLES)

    def _term(self) -> float:
        """Read ``2``, ``2/3``, ``3x``, ``2x/3``, ``x``, ``(1-x)``, ``2(1-x)``."""
        value = 1.0
        if self.peek().isdigit() or self.peek() == ".":
            value = self.number()
            value = self._over(value)
        if self.peek() and self.peek() in VARIABLES:
            value = self._over(value * self.variable())
        elif self.peek() == "(" and self._is_numeric_bracket():
            value = self._over(value * self.bracketed())
        return value

    def _over(self, value: float) -> float:
        while self.peek() == "/" and (self.peek(1).isdigit() or self.peek(1) == "."):
            self.position += 1
            value = self.divide(value, self.number())
        return value

    def _bounded(self, amount: float, symbol: str) -> float:
        if not math.isfinite(amount) or amount > MAX_AMOUNT:
            raise self.refusal(
                f"the amount of {symbol} is above {MAX_AMOUNT:g}", "divide all amounts", 0
            )
        return amount

    def _unexpected(self) -> RefusedInputError:
        character = self.peek()
        if not character:
            return self.refusal("the formula ends too early", "write elements and amounts")
        if character == "," or character == ";":
            hint = (
                "write decimals with a point, such as 1.3"
                if self.position and self.text[self.position - 1].isdigit()
                else "give each element its own amount, such as Al0.3Ti1.7"
            )
            return self.refusal(f"{character!r} cannot be read", hint)
        if character in ")]}":
            return self.refusal(f"the bracket {character!r} was never opened", "remove it")
        if character in "^'+-":
            return self.refusal(
                f"{character!r} looks like a charge", "write the neutral formula without charges"
            )
        if character == "%":
            return self.refusal("'%' cannot be read", "write A - 10 wt% B for a mixture by mass")
        if not character.isascii():
            name = unicodedata.name(character, "unnamed character")
            return self.refusal(f"{character!r} ({name}) cannot be read", "write plain letters")
        return self.refusal(f"{character!r} cannot be read", suggest_spelling(self.text))
