"""What a table of computed energies is known to get wrong, said of the phases that come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from sseml.parse.formula import parse_formula
from sseml.physics.formulas import chemical_formula
from sseml.physics.oxidation import anionic_amount, excess_anion_charge

POSITIVE_HYDROGEN = "positive hydrogen is bound too strongly in the table"
"""Of a material that holds some, followed by what it does to the number."""

_FIRM_ANIONS = ("O", "F", "N", "Cl", "Br", "I")
_BALANCED = 1e-6
_SULFIDE, _SULFITE = -2.0 + 1e-6, 2.0 - 1e-6
_OXYGEN_OF_SULFITE = 3.0
_AZIDE = -0.5
"""Charge of nitrogen between that of diazenides, -1, and of azides, -1/3."""

_PHASES_REMEMBERED = 8192


def cautions(formulas: Iterable[str], corrections: Sequence[str] = ()) -> Iterator[str]:
    """Name the phases that the table makes too stable.

    Parameters
    ----------
    formulas
        Of the phases.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV` that were asked for: with S, phases that it
        shifts need no caution of their S-S bonds any more.

    Examples
    --------
    >>> list(cautions(["LiS4", "LiCl"]))
    ['too stable in the table (S-S bonds): LiS4; compare with --corrections S']
    >>> list(cautions(["LiS4", "LiClO4"], ["S"]))
    ['too stable in the table (oxidised S, N or halogen): LiClO4']
    """
    judged = {chemical_formula(formula): _judged(formula) for formula in formulas}
    bonded = [name for name, phase in judged.items() if phase.has_bonded_sulfur]
    mended = [name for name in bonded if judged[name].is_shifted]
    if left := [name for name in bonded if "S" not in corrections or name not in mended]:
        hint = "; compare with --corrections S" if mended and "S" not in corrections else ""
        yield f"too stable in the table (S-S bonds): {', '.join(left)}{hint}"
    oxidised = [name for name, phase in judged.items() if phase.has_oxidised_anion]
    if oxidised := [name for name in oxidised if name not in bonded]:
        yield f"too stable in the table (oxidised S, N or halogen): {', '.join(oxidised)}"
    if azides := [name for name, phase in judged.items() if phase.is_azide]:
        yield f"too stable in the table (azides): {', '.join(azides)}"


class _Judged(NamedTuple):
    has_bonded_sulfur: bool
    is_shifted: bool
    has_oxidised_anion: bool
    is_azide: bool


@lru_cache(maxsize=_PHASES_REMEMBERED)
def _judged(formula: str) -> _Judged:
    """What the formula of a phase tells; the same few phases come out again and again."""
    amounts = parse_formula(formula).amounts
    return _Judged(
        has_bonded_sulfur=has_bonded_sulfur(amounts),
        is_shifted=bool(anionic_amount(amounts, "S")),
        has_oxidised_anion=has_oxidised_anion(amounts),
        is_azide=is_azide(amounts),
    )


def has_bonded_sulfur(amounts: Mapping[str, float]) -> bool:
    """Whether sulfur is between sulfide and sulfite on average, so that S atoms are bonded to S.

    With three O or more for each S it stands in sulfites and sulfates, whatever the others say.

    Examples
    --------
    >>> has_bonded_sulfur({"Li": 1, "S": 4}), has_bonded_sulfur({"Li": 2, "S": 1})
    (True, False)
    >>> has_bonded_sulfur({"Mn": 1, "S": 1, "O": 4})
    False
    """
    sulfur = amounts.get("S", 0.0)
    if not sulfur or len(amounts) == 1 or amounts.get("O", 0.0) >= _OXYGEN_OF_SULFITE * sulfur:
        return False
    others = {symbol: amount for symbol, amount in amounts.items() if symbol != "S"}
    charge = excess_anion_charge(others, tuple(a for a in _FIRM_ANIONS if a in others)) / sulfur
    return _SULFIDE < charge < _SULFITE


def has_oxidised_anion(amounts: Mapping[str, float]) -> bool:
    """Whether S, N, Cl, Br or I stands beside O as a cation, as in sulfates and perchlorates.

    Examples
    --------
    >>> has_oxidised_anion({"Li": 1, "Cl": 1, "O": 4})
    True
    >>> has_oxidised_anion({"Y": 1, "Cl": 1, "O": 1})
    False
    """
    anions = tuple(anion for anion in (*_FIRM_ANIONS, "S") if anion in amounts)
    return (
        "O" in anions
        and not set(anions) <= {"O", "F"}
        and excess_anion_charge(amounts, anions) > _BALANCED
    )


def is_azide(amounts: Mapping[str, float]) -> bool:
    """Whether nitrogen is bonded to nitrogen, at a third of a negative charge for each.

    Examples
    --------
    >>> is_azide({"Li": 1, "N": 3}), is_azide({"Li": 3, "N": 1}), is_azide({"N": 1})
    (True, False, False)
    """
    nitrogen = amounts.get("N", 0.0)
    if not nitrogen or len(amounts) == 1 or "O" in amounts:
        return False
    others = {symbol: amount for symbol, amount in amounts.items() if symbol != "N"}
    charge = excess_anion_charge(others, tuple(a for a in _FIRM_ANIONS if a in others)) / nitrogen
    return _AZIDE < charge < 0.0
