"""A chemical formula as a person writes it becomes a `Composition`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sseml.parse.elements import MOLAR_MASS_G_MOL
from sseml.parse.grammar import read_amounts
from sseml.parse.normalise import normalise
from sseml.records import Composition, RefusedInputError

SMALLEST_AMOUNT = 1e-9
"""Amounts below this are taken as nothing."""

_RANK = {symbol: rank for rank, symbol in enumerate(MOLAR_MASS_G_MOL)}


def parse_formula(
    text: str, *, x: float | None = None, y: float | None = None, z: float | None = None
) -> Composition:
    """Read a formula or a mixture in mol.

    Parameters
    ----------
    text
        Such as ``Li1+xAlxTi2-x(PO4)3`` or ``75Li2S-25P2S5``.
    x, y, z
        Values of the variables the formula may contain.

    Raises
    ------
    RefusedInputError
        If the text is not a formula; the message quotes the place and suggests a spelling.

    Examples
    --------
    >>> parse_formula("Li1+xAlxTi2-x(PO4)3", x=0.3).formula
    'Li1.3Ti1.7Al0.3P3O12'
    >>> parse_formula("75Li2S-25P2S5").formula
    'Li3PS4'
    """
    plain = normalise(text)
    if not plain:
        raise RefusedInputError("the formula is empty", "write one, such as Li6PS5Cl")
    if plain.startswith("="):
        raise RefusedInputError(
            f"{text!r} is a spreadsheet formula, not a chemical one",
            "export the values of the sheet, not its formulas",
        )
    given = {"x": x, "y": y, "z": z}
    values = {name: value for name, value in given.items() if value is not None}
    return composition(read_amounts(plain, values))


def composition(amounts: Mapping[str, float]) -> Composition:
    """Make a `Composition` of element amounts: rounded, ordered, with its canonical formula."""
    rounded = {
        symbol: float(f"{amount:.10g}")
        for symbol, amount in sorted(amounts.items(), key=lambda item: _RANK[item[0]])
        if amount >= SMALLEST_AMOUNT
    }
    if not rounded:
        raise RefusedInputError("the formula holds no element with an amount above zero")
    return Composition(formula=canonical_formula(rounded), amounts=rounded)


def canonical_formula(amounts: Mapping[str, float]) -> str:
    """Write element amounts as a formula, without exponents and without the amount 1.

    Examples
    --------
    >>> canonical_formula({"Li": 3.0, "P": 1.0, "S": 4.0})
    'Li3PS4'
    """
    return "".join(
        symbol if amount == 1 else f"{symbol}{_plain_number(amount)}"
        for symbol, amount in amounts.items()
    )


def _plain_number(amount: float) -> str:
    whole = int(amount)
    return str(whole) if whole == amount else format(Decimal(repr(amount)), "f")
