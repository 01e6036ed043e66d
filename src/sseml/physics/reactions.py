"""Balanced reactions, and how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sseml.physics.formulas import chemical_formula

DIATOMIC = frozenset(("H", "N", "O", "F", "Cl", "Br", "I"))
_NOTHING = 1e-6
_DIGITS = 3
_WHOLE = 999.5


@dataclass(frozen=True, slots=True)
class Reaction:
    """What reacts to what: formula → mol of formula units; elements stand as molecules (O2)."""

    reactants: Mapping[str, float]
    products: Mapping[str, float]

    def __str__(self) -> str:
        """The equation, coefficients rounded to three digits."""
        return f"{written(self.reactants)} → {written(self.products)}"


def of_atoms(
    formulas: Iterable[str], atoms: Iterable[float], n: Iterable[float]
) -> dict[str, float]:
    """Turn amounts `n` in atoms, of phases of so many atoms each, into amounts of formula units.

    Formulas are written as a chemist does; what is next to nothing is left out.
    """
    amounts: dict[str, float] = {}
    for formula, size, held in zip(formulas, atoms, n, strict=True):
        amount = float(held / size)
        if amount <= _NOTHING:
            continue
        if formula in DIATOMIC:
            amounts[f"{formula}2"] = amount / 2.0
        else:
            amounts[chemical_formula(formula)] = amount
    return amounts


def written(side: Mapping[str, float]) -> str:
    """One side of an equation, three digits or whole numbers; the number 1 is not written.

    Examples
    --------
    >>> written({"Li2S": 1.0, "P": 0.2})
    'Li2S + 0.2 P'
    """
    terms = []
    for formula, amount in side.items():
        number = f"{amount:.0f}" if amount >= _WHOLE else f"{amount:.{_DIGITS}g}"
        terms.append(formula if number == "1" else f"{number} {formula}")
    return " + ".join(terms) if terms else "nothing"
