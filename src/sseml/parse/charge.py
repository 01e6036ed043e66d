"""Whether a formula can be charge neutral at all, from the oxidation states its elements take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from math import inf

from sseml.parse.tables import table_rows

_REMEMBERED = 8192
"""Formulas whose gaps are kept: more than are read and answered together."""

CHARGE_TOLERANCE = 0.02
"""Share of the anion charge up to which a gap is the rounding of a doped formula."""

_ANION_STATE = {
    "F": -1, "O": -2, "Cl": -1, "N": -3, "Br": -1, "S": -2, "Se": -2, "I": -1, "Te": -2,
}  # fmt: skip
"""Anions, the most electronegative first, with the charge that they take."""

_OXIDISED_BY = {"S": 1.5, "Se": 1.5, "Te": 1.5, "N": 1.5, "Cl": 1.0, "Br": 1.0, "I": 1.0}
"""Anion → how much O and F oxidises each of it, as in sulfates."""

_CATENATED = frozenset(("O", "S", "Se", "Te", "N", "I"))
"""Anions that are bonded to themselves in peroxides, polysulfides, azides and triiodides."""

_SALT_FORMERS = frozenset(("H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba"))
_CHALCOGENS = frozenset(("S", "Se", "Te"))
_GLASS_FORMERS = frozenset(("B", "Al", "Ga", "In", "Si", "Ge", "Sn", "P", "As", "Sb", "Bi"))
_LOWEST_USUAL_STATE = {
    "P": 3, "As": 3, "Sb": 3, "Bi": 3, "Si": 2, "B": 3, "C": 2,
    "Ti": 3, "V": 3, "Nb": 4, "Ta": 5, "Mo": 4, "W": 4,
}  # fmt: skip
"""Beside an anion, as in phosphates, silicates, borates and tantalates."""


@cache
def oxidation_states() -> dict[str, tuple[int, int]]:
    """Element → lowest and highest oxidation state seen in solids.

    Greenwood and Earnshaw, ISBN 978-0-7506-3365-9.
    """
    return {
        row["element"]: (int(row["lowest"]), int(row["highest"]))
        for row in table_rows("oxidation_states.csv")
    }


def is_salt(amounts: Mapping[str, float]) -> bool:
    """Tell whether there are several elements, and among them an anion or the hydrogen of BH4."""
    anions = amounts.keys() & (_ANION_STATE.keys() - {"Te"})
    return len(amounts) > 1 and (bool(anions) or amounts.keys() >= {"B", "H"})


def is_neutral_salt(amounts: Mapping[str, float]) -> bool:
    """Tell whether a formula is a whole compound: a salt whose charges balance."""
    return is_salt(amounts) and charge_imbalance(amounts) <= CHARGE_TOLERANCE


def charge_imbalance(amounts: Mapping[str, float]) -> float:
    """How far a formula stays from neutral, as a share of its anion charge; 0 where it can be met.

    The most electronegative element there takes its anion state, and so do N, S, Se, Te, Cl, Br and
    I unless there is enough oxygen or fluorine beside them to oxidise them (sulfates, iodates).
    Bonds between anions are allowed where they are common: peroxides, azides, triiodides and
    polysulfides of alkali and alkaline-earth metals, disulfides of transition metals. Formulas with
    an unknown element, or without such an anion (alloys, phosphides, hydrides), are not judged: 0.
    """
    return abs(charge_gap(amounts))


def charge_gap(amounts: Mapping[str, float], *, usual: bool = False) -> float:
    """Charge that cannot be balanced, as a share of the anion charge: above 0 for too many cations.

    With `usual`, P, Si, B, Ta and the like are held to their usual states beside an anion.
    """
    return _charge_gap(tuple(amounts.items()), usual)


@lru_cache(maxsize=_REMEMBERED)
def _charge_gap(each: tuple[tuple[str, float], ...], usual: bool) -> float:
    """The gap of a formula, which is asked for more than once while it is read and answered."""
    amounts = dict(each)
    states = oxidation_states()
    anion = next(filter(amounts.__contains__, _ANION_STATE), None)
    if anion is None or not amounts.keys() <= states.keys():
        return 0.0
    strongest = amounts.get("O", 0.0) + amounts.get("F", 0.0)
    lowest = highest = negative = 0.0
    for symbol, amount in each:
        low, high = states[symbol]
        is_oxidised = strongest > 0.0 and strongest >= _OXIDISED_BY.get(symbol, inf) * amount
        if symbol == anion or (symbol in _ANION_STATE and not is_oxidised):
            low = high = _ANION_STATE[symbol]
            negative -= low * amount
            high += _rise_by_anion_bonds(symbol, amounts)
        elif usual:
            low = _LOWEST_USUAL_STATE.get(symbol, low)
        lowest += low * amount
        highest += high * amount
    gap = lowest if lowest > 0 else min(highest, 0.0)
    return gap / negative


def _rise_by_anion_bonds(symbol: str, amounts: Mapping[str, float]) -> int:
    """By how much the anion state rises where the anion is bonded to itself in chains and pairs."""
    if symbol not in _CATENATED:
        return 0
    if amounts.keys() - {symbol} <= _SALT_FORMERS:
        return -_ANION_STATE[symbol]
    is_disulfide = symbol in _CHALCOGENS and not amounts.keys() & (_GLASS_FORMERS | {"O", "F"})
    return 1 if is_disulfide else 0
