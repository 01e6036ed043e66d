"""Symmetry operations: those that a file lists, or those of the space group that it names."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import spglib

from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.cell import FloatArray
from sseml.records import RefusedInputError, RefusedQualifierError

Operations = tuple[FloatArray, FloatArray]
"""Rotations of shape (n, 3, 3) and translations of shape (n, 3), on fractional coordinates."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)(?:/(\d+))?"
_TERM = re.compile(rf"([+-]?)(?:{_NUMBER}\*?)?([xyz])|([+-]?){_NUMBER}")
_ORIGIN_CHOICE = re.compile(r"[:\s(]\s*([12HR])\s*(?:\)|origin.*)?$", re.IGNORECASE)
_HALL_NUMBERS = range(1, 531)


def listed_operations(written: list[str]) -> Operations:
    """Read operations such as ``-x, y+1/2, -z+1/2``.

    Raises
    ------
    RefusedInputError
        If one is none; the message quotes it.
    """
    read = [_operation(text) for text in written]
    return np.array([r for r, _ in read]), np.array([t for _, t in read])


def named_operations(
    number: int | None, symbol: str, hall: str, gamma_degrees: float
) -> Operations | None:
    """Operations of the space group a file names, in the setting that it means.

    Parameters
    ----------
    number
        International number.
    symbol
        Hermann–Mauguin symbol, with the choice of origin where it is written (``F d -3 m :2``).
    hall
        Hall symbol, which alone leaves no choice.
    gamma_degrees
        Tells rhombohedral from hexagonal axes where nothing else does.

    Returns
    -------
    Operations or None
        Of the second choice of origin where there are two and none is said; None if the file names
        no space group that is known.
    """
    settings = _settings(number, symbol, hall)
    if not settings:
        return None
    chosen = _ORIGIN_CHOICE.search(symbol)
    wanted = chosen.group(1).upper() if chosen else "H" if abs(gamma_degrees - 120) < 1 else "R"
    preferred = [h for h in settings if _setting(h)[2] in (wanted, f"{wanted}1")]
    second = [h for h in settings if _setting(h)[2].endswith("2") and not chosen]
    hall_number = (preferred or second or settings)[0]
    found = spglib.get_symmetry_from_database(hall_number)
    if found is None:
        return None
    return np.asarray(found["rotations"], float), np.asarray(found["translations"], float)


def _settings(number: int | None, symbol: str, hall: str) -> list[int]:
    """Hall numbers of the settings that fit the first of what is given and known."""
    if hall and (by_hall := [h for h in _HALL_NUMBERS if _setting(h)[0] == _plain(hall)]):
        return by_hall
    plain = _plain(_ORIGIN_CHOICE.sub("", symbol))
    if plain and (by_symbol := [h for h in _HALL_NUMBERS if plain in _setting(h)[1]]):
        return by_symbol
    if number is None and plain:
        try:
            number = space_group_number(plain)
        except RefusedQualifierError:
            return []
    return [h for h in _HALL_NUMBERS if _setting(h)[3] == number]


@cache
def _setting(hall_number: int) -> tuple[str, tuple[str, ...], str, int]:
    """Hall symbol, Hermann–Mauguin symbols, choice and number of one of the 530 settings."""
    kind = spglib.get_spacegroup_type(hall_number)
    assert kind is not None
    # "P 2/c = P 1 2/c 1": the short and the full symbol of this setting
    full = re.split(r"=", kind.international)
    symbols = (kind.international_full, *full)
    return (
        _plain(kind.hall_symbol),
        tuple(_plain(each) for each in symbols),
        kind.choice.upper(),
        kind.number,
    )


def _plain(symbol: str) -> str:
    return re.sub(r"[\s_]", "", symbol).casefold()


def _operation(text: str) -> tuple[FloatArray, FloatArray]:
    rows = re.sub(r"[\s'\"]", "", text).casefold().split(",")
    rotation, translation = np.zeros((3, 3)), np.zeros(3)
    understood = len(rows) == 3 and all(rows)
    for place, row in enumerate(rows[:3]):
        understood &= _TERM.sub("", row) == ""
        for term in _TERM.finditer(row):
            sign, value, divisor, axis, alone_sign, alone, alone_divisor = term.groups()
            size = float(value or alone or 1) / float(divisor or alone_divisor or 1)
            size *= -1 if "-" in (sign, alone_sign) else 1
            if axis:
                rotation[place, "xyz".index(axis)] += size
            else:
                translation[place] += size
    if not understood or abs(abs(np.linalg.det(rotation)) - 1) > 1e-6:
        raise RefusedInputError(
            f"{text!r} is no symmetry operation", "write it like -x, y+1/2, -z+1/2"
        )
    return rotation, translation
