"""The elements that a structure file means by the symbol or label of an atom."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sseml.elements import HYDROGEN_ISOTOPES, MOLAR_MASS_G_MOL
from sseml.parse.structure.cell import quoted
from sseml.records import RefusedInputError

_MOST_FULL = 1.02  # shares of a mixed site may add up to this: they are rounded
_LONGEST = 100
_LETTERS = re.compile(r"\W*\d*\W*([A-Za-z]+)")
_VACANCIES = frozenset(("va", "vac", "vacancy", "□"))
_NO_LABELS = frozenset(("wat", "oh", "nh", "t"))  # groups of atoms, and any tetrahedral site
_GROUPS = frozenset(
    (
        "Wat", "WAT", "OH", "OD", "H2O", "D2O", "H3O", "H3O+", "OH2", "NH", "NH2", "NH3", "NH4",
        "NH4+", "ND4", "NO3", "CN", "SCN", "CO3", "CH2", "CH3", "PO4", "SO4", "BH4", "BF4", "PF6",
    )
)  # fmt: skip
_SHARE = r"(\d{1,3}/[1-9]\d{0,2}|\d{1,3}(?:\.\d{0,12})?|\.\d{1,12})(%?)"
_ELEMENT = r"([Vv]ac(?:ancy)?|□|[A-Z][a-z]?)"
_CHARGE = r"(?:\d?[+-]|[+-]\d)?"
_JOINED = r"[\s+,;/&]*"
_MIXED_BEFORE = re.compile(rf"{_SHARE}[\s*]*{_ELEMENT}{_CHARGE}{_JOINED}")
_MIXED_BEHIND = re.compile(rf"{_ELEMENT}{_CHARGE}[\s:=]*{_SHARE}{_JOINED}")
_ANY_SHARE = re.compile(r"\.\d|\d\.|\d/\d|%")
_NEXT = r"\d*([A-Z][a-z]?)(?![a-z])"
_SECOND = re.compile(
    rf"[A-Z][a-z]?\d*[+-]?(?:[\s/,;&+:|_-]+|(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])){_NEXT}"
)
_SECOND_OF_LABEL = re.compile(rf"[A-Z][a-z]?\d*[+-]?(?:[/,;&+]+|(?=[A-Z][a-z])){_NEXT}")


def species_of_symbol(written: str, expected: Collection[str] = ()) -> dict[str, float]:
    """Read the symbol of an atom type, ``Li1+`` or ``D``, or of several, ``0.8Nb5+ + 0.2Zr4+``.

    The shares of a site are given by element: hydrogen for its isotopes, none for a vacancy. The
    elements of the file's own formula, `expected`, decide where a symbol has several readings.
    """
    if parts := _parts(written):
        return _shares(parts, written)
    element = element_of_symbol(written, expected)
    return {} if element is None else {element: 1.0}


def species_of_label(written: str, expected: Collection[str] = ()) -> dict[str, float]:
    """Read the label of an atom, such as ``Li1``, ``OW2``, ``O1A`` or ``CL(1)``, or of several."""
    if len(parts := _parts(written)) > 1:
        return _shares(parts, written)
    _refuse_unshared(written, _SECOND_OF_LABEL)
    letters = _letters(written)
    if letters.casefold() in _VACANCIES:
        return {}
    readings = [] if letters.casefold() in _NO_LABELS else list(_elements(letters[:2], letters[:1]))
    if expected:  # HO1 may be hydrogen, and W1 water; Ho1 is holmium whatever the formula
        sure = [e for e in readings if len(e) == 2 and letters.startswith(e)]
        readings = sure or [e for e in readings if e in expected]
    return {_first(readings, written): 1.0}


def element_of_symbol(written: str, expected: Collection[str] = ()) -> str | None:
    """Read the symbol of one atom type, as `species_of_symbol`; None for a vacancy."""
    letters = _letters(written)
    if letters.casefold() in _VACANCIES or written.strip() in _VACANCIES:
        return None
    _refuse_unshared(written, _SECOND)
    if written.strip().rstrip("-") in _GROUPS:
        raise RefusedInputError(
            f"{quoted(written)} is no element, but a group of atoms",
            "write each of its atoms as a site of its own",
        )
    if _ANY_SHARE.search(written):
        letters = ""
    shortened = (e for e in _elements(letters[:2], letters[:1]) if e in expected)
    return _first([*_elements(letters), *shortened], written)


def _parts(written: str) -> list[tuple[str, float]]:
    """Elements and shares of a text that gives them; none of any other text."""
    text = written.strip().strip("()[]{}")
    if len(text) > _LONGEST or not _ANY_SHARE.search(text):
        return []
    for pattern, element, share, percent in ((_MIXED_BEFORE, 3, 1, 2), (_MIXED_BEHIND, 1, 2, 3)):
        found = list(pattern.finditer(text))
        if "".join(each[0] for each in found) == text:
            return [(e[element], _value(e[share], e[percent])) for e in found]
    return []


def _value(share: str, percent: str) -> float:
    above, _, below = share.partition("/")
    return float(above) / float(below or 1) / (100 if percent else 1)


def _shares(parts: list[tuple[str, float]], written: str) -> dict[str, float]:
    species: dict[str, float] = {}
    for name, share in parts:
        element = element_of_symbol(name)
        if element is not None:
            species[element] = species.get(element, 0.0) + share
    if sum(species.values()) > _MOST_FULL:
        raise RefusedInputError(
            f"the shares in {quoted(written)} add up to {sum(species.values()):.4g}, more than 1",
            "correct them, or write each atom as a site of its own",
        )
    return species


def _refuse_unshared(written: str, pattern: re.Pattern[str]) -> None:
    second = pattern.match(written[:_LONGEST])
    if second and second[1] in MOLAR_MASS_G_MOL:
        raise RefusedInputError(
            f"{quoted(written)} names several elements without their shares",
            "write each atom as a site of its own with its occupancy, or 0.8Nb + 0.2Zr",
        )


def _letters(written: str) -> str:
    found = _LETTERS.match(written) if len(written) <= _LONGEST else None
    return found.group(1) if found else ""


def _elements(*texts: str) -> Iterator[str]:
    for text in texts:
        symbol = HYDROGEN_ISOTOPES.get(text.capitalize(), text.capitalize())
        if symbol in MOLAR_MASS_G_MOL:
            yield symbol


def _first(readings: list[str], written: str) -> str:
    if not readings:
        raise RefusedInputError(
            f"{quoted(written)} is no element",
            "write element symbols, each atom as a site of its own",
        )
    return readings[0]
