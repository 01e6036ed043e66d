"""A chemical formula as a person writes it becomes a `Composition`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.grammar import NOTHING, read_formula
from sseml.parse.normalise import normalise
from sseml.patterns import late
from sseml.records import Composition, RefusedInputError

_LARGEST_WHOLE_AMOUNT = 50
"""Mixtures are written in whole numbers up to this: 0.7Li2S-0.3P2S5 as Li7P3S11."""

_LIKE_A_HYDRATE = late(r"\.\d+H2O$")
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
    for name, value in values.items():
        if not math.isfinite(value):
            raise RefusedInputError(f"{name}={value} is not a number", f"write {name}=0.1")
    reading = read_formula(plain, values)
    return composition(_simplest(reading.amounts) if reading.is_mixture else reading.amounts)


def composition_or_none(text: str) -> Composition | None:
    """What `parse_formula` reads; None where a text is no formula."""
    try:
        return parse_formula(text)
    except RefusedInputError:
        return None


def composition(amounts: Mapping[str, float]) -> Composition:
    """Make a `Composition` of amounts in mol per formula unit; amounts of zero are left out."""
    rounded = {
        symbol: float(f"{amount:.10g}") for symbol, amount in amounts.items() if amount >= NOTHING
    }
    if not rounded:
        raise RefusedInputError(
            "the formula holds no element with an amount above zero", "choose another x"
        )
    return composition_of_rounded(rounded)


def composition_of_rounded(amounts: Mapping[str, float]) -> Composition:
    """A `Composition` of amounts above zero that have ten digits at most."""
    ordered = {symbol: amounts[symbol] for symbol in sorted(amounts, key=_RANK.__getitem__)}
    return Composition(formula=canonical_formula(ordered), amounts=ordered)


def is_same_material(one: Composition, other: Composition) -> bool:
    """Tell whether two compositions have the same elements in the same fractions, within 0.001."""
    first, second = one.fractions(), other.fractions()
    return first.keys() == second.keys() and all(
        abs(fraction - second[symbol]) < 1e-3 for symbol, fraction in first.items()
    )


def _simplest(amounts: Mapping[str, float]) -> Mapping[str, float]:
    """Divide a mixture's amounts down to small whole numbers, where there are such.

    Li1.4 P0.6 S2.2 becomes Li7 P3 S11.
    """
    for scale in (1, 10, 100, 1000):
        whole = {symbol: round(amount * scale) for symbol, amount in amounts.items()}
        if all(abs(whole[s] - amount * scale) < 1e-7 for s, amount in amounts.items()):
            divisor = math.gcd(*whole.values())
            if divisor and (scale == 1 or max(whole.values()) / divisor <= _LARGEST_WHOLE_AMOUNT):
                return {symbol: amount / divisor for symbol, amount in whole.items()}
            break
    return amounts


def canonical_formula(amounts: Mapping[str, float]) -> str:
    """Write element amounts as a formula, without exponents and without the amount 1.

    An amount of oxygen is written after a decimal amount of something and H2, as in
    ``LiAl0.5H2O1``: without it the point would be the dot of a hydrate.

    Examples
    --------
    >>> canonical_formula({"Li": 3.0, "P": 1.0, "S": 4.0})
    'Li3PS4'
    """
    written = "".join(
        symbol if amount == 1 else f"{symbol}{_without_exponent(amount)}"
        for symbol, amount in amounts.items()
    )
    is_like_a_hydrate = written.endswith("H2O") and _LIKE_A_HYDRATE.search(written)
    return f"{written}1" if is_like_a_hydrate else written


def _without_exponent(amount: float) -> str:
    whole = int(amount)
    if whole == amount:
        return str(whole)
    written = repr(amount)
    if "e" not in written:
        return written
    from decimal import Decimal  # noqa: PLC0415 - start-up: 1 ms, few amounts are so small

    return format(Decimal(written), "f")
