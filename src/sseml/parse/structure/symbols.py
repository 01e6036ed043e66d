"""The element that a structure file means by the symbol or label of an atom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sseml.parse.elements import HYDROGEN_ISOTOPES, MOLAR_MASS_G_MOL
from sseml.records import RefusedInputError

_LETTERS = re.compile(r"\W*\d*\W*([A-Za-z]+)")
_VACANCIES = frozenset(("va", "vac", "vacancy", "□"))
_NO_LABELS = frozenset(("wat", "oh", "nh", "t"))  # groups of atoms, and any tetrahedral site


def element_of_symbol(written: str, expected: Collection[str] = ()) -> str | None:
    """Read the symbol of an atom type: its charge and mass number are left out.

    Parameters
    ----------
    written
        Such as ``Li``, ``Li1+``, ``O2-``, ``7Li``, ``D``.
    expected
        Elements of the file's own formula: they decide where a symbol has several readings.

    Returns
    -------
    str or None
        The element; hydrogen for deuterium and tritium; None for a vacancy.

    Raises
    ------
    RefusedInputError
        If it is none.

    Examples
    --------
    >>> element_of_symbol("LI1+"), element_of_symbol("D"), element_of_symbol("Va")
    ('Li', 'H', None)
    """
    letters = _letters(written)
    if letters.casefold() in _VACANCIES or written.strip() in _VACANCIES:
        return None
    readings = [*_elements([letters]), *(e for e in _shortened(letters) if e in expected)]
    return _first(readings, written)


def element_of_label(written: str, expected: Collection[str] = ()) -> str | None:
    """Read the label of an atom, such as ``Li1``, ``OW2`` or ``CL(1)``, as `element_of_symbol`.

    Examples
    --------
    >>> element_of_label("OW2"), element_of_label("HO1", {"H", "O"}), element_of_label("Ho1")
    ('O', 'H', 'Ho')
    """
    letters = _letters(written)
    if letters.casefold() in _VACANCIES:
        return None
    readings = [] if letters.casefold() in _NO_LABELS else list(_shortened(letters))
    if expected:  # HO1 may be hydrogen, and W1 water; Ho1 is holmium whatever the formula
        sure = [e for e in readings if len(e) == 2 and letters.startswith(e)]
        readings = sure or [e for e in readings if e in expected]
    return _first(readings, written)


def _letters(written: str) -> str:
    found = _LETTERS.match(written)
    return found.group(1) if found else ""


def _shortened(letters: str) -> Iterator[str]:
    return _elements([letters[:2], letters[:1]])


def _elements(texts: list[str]) -> Iterator[str]:
    for text in texts:
        symbol = HYDROGEN_ISOTOPES.get(text.capitalize(), text.capitalize())
        if symbol in MOLAR_MASS_G_MOL:
            yield symbol


def _first(readings: list[str], written: str) -> str:
    if not readings:
        raise RefusedInputError(
            f"{written!r} is no element", "write element symbols, each atom as a site of its own"
        )
    return readings[0]
