"""Whether a formula can be charge neutral at all, from the oxidation states its elements take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHARGE_TOLERANCE = 0.02
"""Share of the anion charge up to which a gap is the rounding of a doped formula."""

_FIXED = {
    "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1,
    "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Cd": 2,
    "Al": 3, "Sc": 3, "Y": 3, "La": 3, "Nd": 3, "Pm": 3, "Gd": 3, "Dy": 3, "Ho": 3, "Er": 3,
    "Lu": 3, "Ac": 3, "Zr": 4, "Hf": 4, "Th": 4, "F": -1, "O": -2,
}  # fmt: skip

OXIDATION_STATES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {symbol: (state, state) for symbol, state in _FIXED.items()}
    | {
        "Ag": (1, 3), "Ni": (2, 4), "Co": (2, 4), "Mn": (2, 7), "Fe": (2, 3), "Cr": (2, 6),
        "Cu": (1, 3), "Ti": (2, 4), "V": (2, 5), "Nb": (2, 5), "Ta": (2, 5), "Mo": (2, 6),
        "W": (2, 6), "Ga": (3, 3), "In": (3, 3), "Tl": (1, 3), "Ge": (2, 4), "Sn": (2, 4),
        "Pb": (2, 4), "Sb": (-3, 5), "Bi": (-3, 5), "As": (-3, 5), "P": (-3, 5), "Si": (-4, 4),
        "B": (-5, 3), "C": (-4, 4), "N": (-3, 5), "H": (-1, 1), "S": (-2, 6), "Se": (-2, 6),
        "Te": (-2, 6), "Cl": (-1, 7), "Br": (-1, 7), "I": (-1, 7), "Pr": (3, 4),
        "Ce": (3, 4), "Tb": (3, 4), "Sm": (2, 3), "Eu": (2, 3), "Tm": (2, 3), "Yb": (2, 3),
        "Tc": (2, 7), "Ru": (2, 8), "Rh": (1, 6), "Pd": (2, 4), "Re": (2, 7), "Os": (2, 8),
        "Ir": (1, 6), "Pt": (2, 6), "Au": (-1, 5), "Hg": (1, 2), "Pa": (4, 5), "U": (3, 6),
        "Np": (3, 7), "Pu": (3, 7),
    }
)  # fmt: skip
"""Element → lowest and highest oxidation state seen in solids.

Greenwood and Earnshaw, ISBN 978-0-7506-3365-9.
"""

_ANION_STATE: Mapping[str, int] = MappingProxyType(
    {"F": -1, "O": -2, "Cl": -1, "N": -3, "Br": -1, "S": -2, "Se": -2, "I": -1, "Te": -2}
)
"""Anions, the most electronegative first, with the charge that they take."""

_OXIDISED_BY = {"S": 1.5, "Se": 1.5, "Te": 1.5, "N": 1.5, "Cl": 1.0, "Br": 1.0, "I": 1.0}
"""Anions that O and F oxidise where there is so much of these for each of them, as in sulfates."""

_CATENATED = frozenset(("O", "S", "Se", "Te", "N", "I"))
"""Anions that are bonded to themselves in peroxides, polysulfides, azides and triiodides."""

_SALT_FORMERS = frozenset(("H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"))
_CHALCOGENS = frozenset(("S", "Se", "Te"))
_GLASS_FORMERS = frozenset(("B", "Al", "Ga", "In", "Si", "Ge", "Sn", "P", "As", "Sb", "Bi"))
_ALWAYS_CATIONS = {
    "P": 3, "As": 3, "Sb": 3, "Bi": 3, "Si": 2, "B": 3, "C": 2,
    "Ti": 3, "V": 3, "Nb": 4, "Ta": 5, "Mo": 4, "W": 4,
}  # fmt: skip
"""Lowest states that are usual beside an anion."""


def is_salt(amounts: Mapping[str, float]) -> bool:
    """Tell whether there are several elements, and among them an anion or the hydrogen of BH4."""
    anions = amounts.keys() & (_ANION_STATE.keys() - {"Te"})
    return len(amounts) > 1 and (bool(anions) or amounts.keys() >= {"B", "H"})


def charge_imbalance(amounts: Mapping[str, float]) -> float:
    """How far a formula stays from neutral, as a share of its anion charge; 0 where it can be met.

    The most electronegative element there takes its anion state, and so do N, S, Se, Te, Cl, Br and
    I unless there is enough oxygen or fluorine beside them to oxidise them (sulfates, iodates).
    Bonds between anions are allowed where they are common: peroxides, azides, triiodides and
    polysulfides of alkali and alkaline-earth metals, disulfides of transition metals. Formulas with
    an unknown element, or without such an anion (alloys, phosphides, hydrides), are not judged: 0.

    Parameters
    ----------
    amounts
        Element → amount.

    Examples
    --------
    >>> charge_imbalance({"Li": 3, "P": 1, "S": 4}), charge_imbalance({"Li": 2, "O": 2})
    (0.0, 0.0)
    >>> charge_imbalance({"Li": 3, "Y": 3, "Cl": 6})
    1.0
    """
    return abs(charge_gap(amounts))


def charge_gap(amounts: Mapping[str, float], *, usual: bool = False) -> float:
    """Charge that cannot be balanced, as a share of the anion charge: above 0 for too many cations.

    Parameters
    ----------
    amounts
        Element → amount.
    usual
        Hold P, Si, B and Ta to the states of phosphates, silicates, borates and tantalates.
    """
    anion = next((symbol for symbol in _ANION_STATE if symbol in amounts), None)
    if anion is None or any(symbol not in OXIDATION_STATES for symbol in amounts):
        return 0.0
    strongest = amounts.get("O", 0.0) + amounts.get("F", 0.0)
    oxidisable = {
        symbol
        for symbol, ratio in _OXIDISED_BY.items()
        if strongest and strongest >= ratio * amounts.get(symbol, 0.0)
    }
    lowest = highest = negative = 0.0
    for symbol, amount in amounts.items():
        low, high = OXIDATION_STATES[symbol]
        if symbol == anion or (symbol in _ANION_STATE and symbol not in oxidisable):
            low = high = _ANION_STATE[symbol]
            negative -= low * amount
            high += _may_be_bonded_to_itself(symbol, amounts)
        elif usual:
            low = _ALWAYS_CATIONS.get(symbol, low)
        lowest += low * amount
        highest += high * amount
    gap = lowest if lowest > 0 else min(highest, 0.0)
    return gap / negative


def _may_be_bonded_to_itself(symbol: str, amounts: Mapping[str, float]) -> int:
    """By how much the anion state rises where it stands for chains and pairs of the anion."""
    if symbol not in _CATENATED:
        return 0
    if amounts.keys() - {symbol} <= _SALT_FORMERS:
        return -_ANION_STATE[symbol]
    disulfide = symbol in _CHALCOGENS and not amounts.keys() & (_GLASS_FORMERS | {"O", "F"})
    return 1 if disulfide else 0
