"""Oxidation states that design spaces are balanced with: the usual one, or the one written."""

from __future__ import annotations

import re
from typing import NamedTuple

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.physics.elements import elements

_RANK_OF_HYDROGEN = 8
"""Elements of a lower rank, which are O, F, N, Cl, Br, I, S and Se, are anions unless written."""

_ION = re.compile(r"(?P<symbol>[A-Z][a-z]?)\^?\(?(?:(?P<size>\d?)(?P<sign>[+-]))?\)?")

_RAISED = str.maketrans("⁺⁻−–²³⁴⁵⁶⁷⁸", "+---2345678")


class Ion(NamedTuple):
    """An element and its oxidation state; None where the text names none."""

    symbol: str
    state: int | None

    def __str__(self) -> str:
        """Such as ``Te6+``."""
        if self.state is None:
            return self.symbol
        size = "" if abs(self.state) == 1 else str(abs(self.state))
        return f"{self.symbol}{size}{'+' if self.state > 0 else '-'}"


def read_ion(text: str) -> Ion | None:
    """Read ``Te``, ``Te4+`` or ``S2-``; None where a text is none of these."""
    found = _ION.fullmatch(text.translate(_RAISED))
    if found is None or found["symbol"] not in MOLAR_MASS_G_MOL:
        return None
    if found["sign"] is None:
        return Ion(found["symbol"], None)
    size = int(found["size"] or 1)
    return Ion(found["symbol"], size if found["sign"] == "+" else -size)


def usual_state(symbol: str, *, as_anion: bool | None = None) -> int | None:
    """The usual oxidation state of an element, None where it has none.

    Greenwood and Earnshaw, ISBN 978-0-7506-3365-9, as ``physics/data/elements.csv`` lists it.

    Parameters
    ----------
    symbol
        Of the element.
    as_anion
        Whether it is an anion; None for an anion if it is O, S, Se, N or a halogen.
    """
    table = elements()
    number = table.number[symbol]
    if as_anion is None:
        as_anion = bool(table.anion_rank[number] < _RANK_OF_HYDROGEN)
    state = (table.anion_charge if as_anion else table.charge_preferred)[number]
    return int(state) or None
