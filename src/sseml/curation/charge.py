"""Whether a formula can be charge neutral at all, from the oxidation states its elements take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_FIXED = {
    "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1,
    "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Cd": 2,
    "Al": 3, "Sc": 3, "Y": 3, "La": 3, "Nd": 3, "Gd": 3, "Dy": 3, "Ho": 3, "Er": 3, "Lu": 3,
    "Zr": 4, "Hf": 4, "F": -1, "O": -2,
}  # fmt: skip

OXIDATION_STATES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {symbol: (state, state) for symbol, state in _FIXED.items()}
    | {
        "Ag": (1, 1), "Ni": (2, 3), "Co": (2, 3), "Mn": (2, 7), "Fe": (2, 3), "Cr": (2, 6),
        "Cu": (1, 2), "Ti": (3, 4), "V": (2, 5), "Nb": (4, 5), "Ta": (5, 5), "Mo": (2, 6),
        "W": (4, 6), "Ga": (3, 3), "In": (3, 3), "Tl": (1, 3), "Ge": (2, 4), "Sn": (2, 4),
        "Pb": (2, 4), "Sb": (-3, 5), "Bi": (3, 5), "As": (-3, 5), "P": (-3, 5), "Si": (-4, 4),
        "B": (-5, 3), "C": (-4, 4), "N": (-3, 5), "H": (-1, 1), "S": (-2, 6), "Se": (-2, 6),
        "Te": (-2, 6), "Cl": (-1, 7), "Br": (-1, 5), "I": (-1, 7), "Ru": (3, 4), "Pr": (3, 4),
        "Ce": (3, 4), "Tb": (3, 4), "Sm": (2, 3), "Eu": (2, 3), "Tm": (2, 3), "Yb": (2, 3),
    }
)  # fmt: skip
"""Element → lowest and highest oxidation state seen in inorganic solids."""

_MOST_NEGATIVE_FIRST = ("F", "O", "Cl", "N", "Br", "S", "Se", "I", "Te")
_ANION_STATE = MappingProxyType(
    {"F": -1, "O": -2, "Cl": -1, "N": -3, "Br": -1, "S": -2, "Se": -2, "I": -1, "Te": -2}
)


def charge_imbalance(amounts: Mapping[str, float]) -> float:
    """How far a formula stays from neutral, as a share of its anion charge; 0 where it can be met.

    The most electronegative element there takes its anion state, and so do Cl, Br, I, S and Se
    unless they may be oxidised by an oxygen or fluorine beside them (sulfates, iodates).
    Formulas with carbon or hydrogen, with an unknown element, or without such an anion are not
    judged: 0.

    Parameters
    ----------
    amounts
        Element → amount.
    """
    judged = all(symbol in OXIDATION_STATES for symbol in amounts)
    anion = next((symbol for symbol in _MOST_NEGATIVE_FIRST if symbol in amounts), None)
    if not judged or anion is None or "C" in amounts or "H" in amounts:
        return 0.0
    oxidisable = {"S", "Se", "Te", "N", "Cl", "Br", "I"} if anion in {"O", "F"} else set[str]()
    lowest = highest = negative = 0.0
    for symbol, amount in amounts.items():
        low, high = OXIDATION_STATES[symbol]
        if symbol == anion or (symbol in _ANION_STATE and symbol not in oxidisable):
            low = high = _ANION_STATE[symbol]
            negative -= low * amount
        lowest += low * amount
        highest += high * amount
    gap = max(lowest, -highest, 0.0)
    return gap / negative
