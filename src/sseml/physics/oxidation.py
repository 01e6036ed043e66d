"""What charges say of a compound: whether it can exist, and how S, N, H and C stand in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from math import inf

from sseml.parse.charge import oxidation_states

_ANION_CHARGE = {"O": 2, "F": 1, "N": 3, "Cl": 1, "S": 2, "Br": 1, "I": 1}
_FIRM_ANIONS = ("O", "F", "N", "Cl", "Br", "I")
_PEROXIDE_FORMERS = frozenset(("H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"))
_AS_SULFUR = ("Se", "Te")
_ONE_CHARGE = frozenset((
    "Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr", "Ba", "B", "Al", "Ga", "In", "Sc", "Y",
    "Zr", "Hf", "C", "Si", "Ge", "P", "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho",
    "Er", "Tm", "Yb", "Lu",
))  # fmt: skip
"""Elements that take their highest charge beside hydrogen and an anion."""

_TOLERANCE = 1e-6
_MOSTLY = 2.0
"""More of an anion than this for each stronger one is bonded to itself."""

_SULFIDE, _SULFITE = -2.0 + 1e-6, 2.0 - 1e-6
_OXYGEN_OF_SULFITE = 3.0
_AZIDE = -0.5
"""Charge of nitrogen between that of diazenides, -1, and of azides, -1/3."""

_OXYGEN_OF_CARBONATE = 2.0 + 1e-6


@cache
def highest_charges() -> dict[str, int]:
    """Highest charge of each cation in solids.

    That of Fe is the one in ferrates; Ac, of few known compounds, has no limit.
    """
    highest = {symbol: high for symbol, (_, high) in oxidation_states().items() if high > 0}
    del highest["Ac"]
    return highest | {"Fe": 6}


def highest_charge(symbol: str) -> float:
    """The highest charge of an element in solids, without limit (inf) where none is known."""
    return highest_charges().get(symbol, inf)


def excess_anion_charge(amounts: Mapping[str, float], anions: Collection[str]) -> float:
    """Negative charge of the named anions that the other elements cannot balance, per formula unit.

    The anions count with their full negative charge; all others stand at the highest positive
    charge they take. The result is negative where the cations could carry more.
    """
    negative = sum(_ANION_CHARGE[symbol] * amounts.get(symbol, 0.0) for symbol in anions)
    positive = sum(
        highest_charge(symbol) * amount
        for symbol, amount in amounts.items()
        if symbol not in anions
    )
    return negative - positive


def is_credible(amounts: Mapping[str, float]) -> bool:
    """Whether an oxide or fluoride holds no more O and F than its cations can carry.

    Li7Ti10O24 holds more. Peroxides, superoxides and ozonides of hydrogen, alkali and
    alkaline-earth metals do too, and exist. What holds neither O nor F is not judged.
    """
    others = set(amounts) - {"O", "F"}
    if not others or others == set(amounts):
        return True
    if excess_anion_charge(amounts, ("O", "F")) <= _TOLERANCE:
        return True
    return "F" not in amounts and others <= _PEROXIDE_FORMERS


def anionic_amount(amounts: Mapping[str, float], symbol: str) -> float:
    """Amount of S, Br or I in mol per formula unit that is not oxidised: all of it, or none.

    It is none where the other elements cannot carry its charge beside that of O, F, N and Cl, as in
    sulfates and bromates; unless most of it can only be bonded to itself, as in S8O, where the
    source's sulfide correction counts it too.
    """
    held = amounts.get(symbol, 0.0)
    if not held or len(amounts) == 1:
        return 0.0
    stronger = tuple(anion for anion in ("O", "F", "N", "Cl") if anion in amounts)
    if not stronger or held >= _MOSTLY * sum(amounts[anion] for anion in stronger):
        return held
    return held if excess_anion_charge(amounts, (*stronger, symbol)) <= _TOLERANCE else 0.0


def has_bonded_sulfur(amounts: Mapping[str, float]) -> bool:
    """Whether sulfur is between sulfide and sulfite on average, so that S is bonded to S: LiS4.

    With three O or more for each S it stands in sulfites and sulfates, whatever the others say.
    """
    sulfur = amounts.get("S", 0.0)
    if not sulfur or len(amounts) == 1 or amounts.get("O", 0.0) >= _OXYGEN_OF_SULFITE * sulfur:
        return False
    return _SULFIDE < _mean_charge(amounts, "S") < _SULFITE


def has_oxidised_anion(amounts: Mapping[str, float]) -> bool:
    """Whether S, N, Cl, Br or I stands beside O as a cation, as in LiClO4 but not in YClO."""
    anions = tuple(anion for anion in (*_FIRM_ANIONS, "S") if anion in amounts)
    return (
        "O" in anions
        and not set(anions) <= {"O", "F"}
        and excess_anion_charge(amounts, anions) > _TOLERANCE
    )


def is_azide(amounts: Mapping[str, float]) -> bool:
    """Whether nitrogen is bonded to nitrogen, at a third of a negative charge each, as in LiN3."""
    if "N" not in amounts or len(amounts) == 1 or "O" in amounts:
        return False
    return _AZIDE < _mean_charge(amounts, "N") < 0.0


def _mean_charge(amounts: Mapping[str, float], symbol: str) -> float:
    """Mean charge of an element that the others leave it."""
    others = {other: amount for other, amount in amounts.items() if other != symbol}
    anions = tuple(anion for anion in _FIRM_ANIONS if anion in others)
    return excess_anion_charge(others, anions) / amounts[symbol]


def positive_hydrogen(amounts: Mapping[str, float]) -> float:
    """Hydrogen in mol per formula unit that stands as H+, as in LiOH; the rest stands as H-.

    It follows from the charges of all others, and is an estimate in what is neither.
    """
    held = amounts.get("H", 0.0)
    named = {symbol: n for symbol, n in amounts.items() if symbol not in _AS_SULFUR}
    if len(named) < len(amounts):
        named["S"] = sum(amounts.get(symbol, 0.0) for symbol in ("S", *_AS_SULFUR))
    anions = tuple(symbol for symbol in _ANION_CHARGE if symbol in named)
    if not held or not anions or len(amounts) == 1:
        return 0.0
    if not named.keys() - set(anions) - {"H"} <= _ONE_CHARGE:
        return held
    return min(max(held + excess_anion_charge(named, anions) / 2.0, 0.0), held)


def is_carbonate(amounts: Mapping[str, float]) -> bool:
    """Whether carbon stands as carbonate: beside the water, more than two O for each C, and C4+."""
    oxygen = amounts.get("O", 0.0) - amounts.get("H", 0.0) / 2.0
    if oxygen <= _OXYGEN_OF_CARBONATE * amounts["C"]:
        return False
    anions = tuple(symbol for symbol in _ANION_CHARGE if symbol in amounts)
    of_one_charge = amounts.keys() - set(anions) - {"H"} <= _ONE_CHARGE
    return not of_one_charge or excess_anion_charge(amounts, anions) > -_TOLERANCE
