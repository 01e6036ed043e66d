"""Formulas in their plainest spelling, such as ``Li6.4La3Zr1.4Ta0.6O12``, read without a grammar.

Most rows of a long list are of this spelling. What is read here is read by `parse_line` to the
same; whatever may be a name, a slip or a remark is left to it.
"""

from __future__ import annotations

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.doubts import UNSTABLE, refuse_doubtful
from sseml.parse.formula import composition_of_rounded, parse_formula
from sseml.parse.grammar import MAX_AMOUNT
from sseml.parse.names import lookup, lookup_refused
from sseml.patterns import late
from sseml.records import Composition, RefusedInputError

_NUMBER = r"(?:0\.\d{1,6}|[1-9]\d{0,2}(?:\.\d{1,6})?)"
_PLAIN = late(
    rf"Li{_NUMBER}(?:[A-Z][a-z]?(?:{_NUMBER})?){{1,12}}"
    r"(?:\((?P<centre>[A-Z][a-z]?)O(?P<oxygen>[2-4])\)(?P<groups>[2-6]))?"
)
"""Lithium with an amount comes first: no name of a polymer, a salt or a file begins so. Oxoanions
may stand last, as in ``Li1.3Al0.3Ti1.7(PO4)3``."""

_PART = late(r"([A-Z][a-z]?)([\d.]*)")
_WATER = "H2O"
_ELEMENTS = frozenset(MOLAR_MASS_G_MOL) - UNSTABLE
_SMALLEST = 1e-6


def is_plain(text: str) -> bool:
    """Whether a text is spelled like a formula that begins with an amount of lithium, and no more.

    Nothing else stands before, between or behind the elements and their amounts.
    """
    return _PLAIN.fullmatch(text) is not None


def plain_material(text: str) -> Composition | None:
    """The material of a plain formula of distinct elements; None for any other text.

    Examples
    --------
    >>> plain_material("Li6PS5Cl").formula
    'Li6PS5Cl'
    >>> plain_material("LLZO") is None
    True
    """
    found = _PLAIN.fullmatch(text)
    if found is None or _WATER in text or lookup(text) or lookup_refused(text):
        return None
    parts = _PART.findall(text)
    if found["groups"]:
        count = int(found["groups"])
        parts[-2:] = (found["centre"], count), ("O", int(found["oxygen"]) * count)
    amounts: dict[str, float] = {}
    for symbol, amount in parts:
        if symbol not in _ELEMENTS or symbol in amounts:
            return None
        amounts[symbol] = value = float(amount) if amount else 1.0
        if not _SMALLEST <= value <= MAX_AMOUNT:
            return None
    material = composition_of_rounded(amounts)
    try:
        refuse_doubtful(text, material, parse_formula)
    except RefusedInputError:
        return None
    return material
