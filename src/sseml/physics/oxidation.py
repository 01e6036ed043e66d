"""Which compounds of a table can exist: no more anion charge than the cations can carry."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

_HIGHEST_CHARGE: dict[str, int] = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1,
    "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2,
    "B": 3, "Al": 3, "Ga": 3, "In": 3, "Tl": 3,
    "C": 4, "Si": 4, "Ge": 4, "Sn": 4, "Pb": 4,
    "N": 5, "P": 5, "As": 5, "Sb": 5, "Bi": 5,
    "S": 6, "Se": 6, "Te": 6, "Cl": 7, "Br": 7, "I": 7,
    "Sc": 3, "Ti": 4, "V": 5, "Cr": 6, "Mn": 7, "Fe": 6, "Co": 4, "Ni": 4, "Cu": 3, "Zn": 2,
    "Y": 3, "Zr": 4, "Nb": 5, "Mo": 6, "Tc": 7, "Ru": 8, "Rh": 6, "Pd": 4, "Ag": 3, "Cd": 2,
    "Hf": 4, "Ta": 5, "W": 6, "Re": 7, "Os": 8, "Ir": 6, "Pt": 6, "Au": 5, "Hg": 2,
    "La": 3, "Ce": 4, "Pr": 4, "Nd": 3, "Pm": 3, "Sm": 3, "Eu": 3, "Gd": 3, "Tb": 4, "Dy": 3,
    "Ho": 3, "Er": 3, "Tm": 3, "Yb": 3, "Lu": 3,
    "Th": 4, "Pa": 5, "U": 6, "Np": 7, "Pu": 7,
}  # fmt: skip
"""Highest charge met in solids (Greenwood and Earnshaw, ISBN 978-0-7506-3365-9)."""

_PEROXIDE_FORMERS = frozenset(("H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"))
_ANION_CHARGE = {"O": 2, "F": 1, "N": 3, "Cl": 1, "S": 2, "Br": 1, "I": 1}
_TOLERANCE = 1e-6
_MOSTLY = 2.0
"""More of an anion than this for each stronger one is bonded to itself."""


def highest_charge(symbol: str) -> float:
    """The highest charge of an element in solids, without limit where none is known.

    Examples
    --------
    >>> highest_charge("Ti"), highest_charge("Xe")
    (4, inf)
    """
    return _HIGHEST_CHARGE.get(symbol, inf)


def excess_anion_charge(amounts: Mapping[str, float], anions: tuple[str, ...]) -> float:
    """Negative charge of the named anions that the other elements cannot balance.

    Parameters
    ----------
    amounts
        Element → amount in mol per formula unit.
    anions
        Elements counted with their full negative charge; all others stand at the highest positive
        charge they take, without limit where none is known.

    Returns
    -------
    float
        In elementary charges per formula unit; negative where the cations could carry more.
    """
    negative = sum(_ANION_CHARGE[symbol] * amounts.get(symbol, 0.0) for symbol in anions)
    positive = sum(
        _HIGHEST_CHARGE.get(symbol, inf) * amount
        for symbol, amount in amounts.items()
        if symbol not in anions
    )
    return negative - positive


def is_credible(amounts: Mapping[str, float]) -> bool:
    """Whether an oxide or fluoride holds no more O and F than its cations can carry.

    Peroxides, superoxides and ozonides of hydrogen, alkali and alkaline-earth metals do hold more,
    and exist. What holds neither O nor F is not judged.

    Examples
    --------
    >>> is_credible({"Li": 7, "Ti": 10, "O": 24}), is_credible({"Li": 2, "O": 2})
    (False, True)
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

    Examples
    --------
    >>> anionic_amount({"Li": 3, "P": 1, "S": 4}, "S"), anionic_amount({"S": 8, "O": 1}, "S")
    (4, 8)
    >>> anionic_amount({"Li": 2, "S": 1, "O": 4}, "S")
    0.0
    """
    held = amounts.get(symbol, 0.0)
    if not held or len(amounts) == 1:
        return 0.0
    stronger = tuple(anion for anion in ("O", "F", "N", "Cl") if anion in amounts)
    if not stronger or held >= _MOSTLY * sum(amounts[anion] for anion in stronger):
        return held
    return held if excess_anion_charge(amounts, (*stronger, symbol)) <= _TOLERANCE else 0.0
