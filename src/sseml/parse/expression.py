"""The amounts in a formula: numbers, fractions and sums with x, y and z, evaluated without eval."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from sseml.records import RefusedInputError

VARIABLES = "xyz"
NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_MAX_DEPTH = 20


def quote_at(text: str, position: int) -> str:
    """Say where in a text something is: ``at position 5 of 'Li7(La3'`` (positions from 1)."""
    return f"at position {position + 1} of {text!r}"


class ExpressionReader:
    """Reads amounts out of a text and remembers whether a variable was used.

    Parameters
    ----------
    text
        The whole normalised formula, so that messages can give positions.
    values
        Variable name → value.
    """

    def __init__(self, text: str, values: Mapping[str, float]) -> None:
        self.text = text
        self.values = values
        self.position = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the character at the position, or an empty string at the end."""
        index = self.position + ahead
        return self.text[index] if index < len(self.text) else ""

    def skip_spaces(self) -> None:
        """Move on to the next character that is not a space."""
        while self.peek() == " ":
            self.position += 1

    def number(self) -> float:
        """Read a number without sign."""
        match = NUMBER.match(self.text, self.position)
        if match is None:
            raise self.refusal("a number is missing", "write a number such as 0.5")
        self.position = match.end()
        value = float(match.group())
        if not math.isfinite(value):
            raise self.refusal(f"the number {match.group()} is too large", "", match.start())
        return value

    def variable(self) -> float:
        """Read one of x, y, z and give its value."""
        name = self.peek()
        if name not in self.values:
            raise self.refusal(f"{name} has no value", f"give it one, such as {name}=0.1")
        self.position += 1
        return self.values[name]

    def bracketed(self, depth: int = 0) -> float:
        """Read ``( sum )``."""
        if depth > _MAX_DEPTH:
            raise self.refusal("brackets are nested too deeply", "write the number itself")
        opened_at = self.position
        self.position += 1
        value = self._sum(depth + 1)
        if self.peek() != ")":
            if self.peek():
                raise self.refusal(f"{self.peek()!r} does not belong in an amount", "")
            raise self.refusal("the bracket '(' is never closed", "add ')'", opened_at)
        self.position += 1
        return value

    def _sum(self, depth: int) -> float:
        self.skip_spaces()
        sign = 1.0
        if self.peek() in ("-", "+"):
            sign = -1.0 if self.peek() == "-" else 1.0
            self.position += 1
        value = sign * self._product(depth)
        while True:
            self.skip_spaces()
            operator = self.peek()
            if operator not in ("+", "-") or not operator:
                return value
            self.position += 1
            term = self._product(depth)
            value = value + term if operator == "+" else value - term

    def _product(self, depth: int) -> float:
        self.skip_spaces()
        value = self._factor(depth)
        while True:
            self.skip_spaces()
            character = self.peek()
            if character and character in "*·":
                self.position += 1
                self.skip_spaces()
                value *= self._factor(depth)
            elif character == "/":
                self.position += 1
                self.skip_spaces()
                value = self.divide(value, self._factor(depth))
            elif character and (character in VARIABLES or character == "("):
                value *= self._factor(depth)
            else:
                return value

    def _factor(self, depth: int) -> float:
        if self.peek() == "(":
            return self.bracketed(depth)
        if self.peek() and self.peek() in VARIABLES:
            return self.variable()
        return self.number()

    def divide(self, dividend: float, divisor: float) -> float:
        """Divide, refusing division by zero."""
        if divisor == 0:
            raise self.refusal("an amount is divided by zero", "correct the fraction")
        return dividend / divisor

    def refusal(
        self, reason: str, suggestion: str, position: int | None = None
    ) -> RefusedInputError:
        """Make the error for this text at this position."""
        where = quote_at(self.text, self.position if position is None else position)
        return RefusedInputError(f"{reason} {where}", suggestion)
