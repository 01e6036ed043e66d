"""Symmetry operations: those that a file lists, or those of the space group that it names."""

from __future__ import annotations

import re

import numpy as np

from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.cell import FloatArray
from sseml.parse.structure.symmetry import Operations, Setting, operations_of, settings
from sseml.records import RefusedInputError, RefusedQualifierError

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)(?:/([1-9]\d*))?"
_TERM = re.compile(rf"([+-]?)(?:{_NUMBER}\*?)?([xyz])|([+-]?){_NUMBER}")
_CHOICE = re.compile(r"\s*[:(]\s*([12HRSZ])\s*\)?$|\s+([HRSZ])$", re.IGNORECASE)
_ORIGINS = {"S": "1", "Z": "2"}  # as the ICSD names them


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
    fitting = _fitting(number, symbol, hall)
    if not fitting:
        return None
    written = _CHOICE.search(symbol)
    letter = (written.group(1) or written.group(2)).upper() if written else ""
    wanted = _ORIGINS.get(letter, letter) or ("H" if abs(gamma_degrees - 120) < 1 else "R")
    preferred = [each for each in fitting if each.choice == wanted]
    second = [each for each in fitting if each.choice == "2" and not written]
    return operations_of((preferred or second or fitting)[0])


def _fitting(number: int | None, symbol: str, hall: str) -> list[Setting]:
    """The settings that fit the first of what is given and known: Hall, symbol, number."""
    if hall and (by_hall := [each for each in settings() if _plain(each.hall) == _plain(hall)]):
        return by_hall
    plain = _plain(_CHOICE.sub("", symbol))
    by_symbol = [each for each in settings() if plain in map(_plain, each.symbols)]
    if plain and by_symbol:
        return by_symbol
    if number is None:
        try:
            number = space_group_number(plain)
        except RefusedQualifierError:
            return []
    return [each for each in settings() if each.number == number]


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
    if not understood or not abs(abs(np.linalg.det(rotation)) - 1) < 1e-6:
        raise RefusedInputError(
            f"{text!r} is no symmetry operation", "write it like -x, y+1/2, -z+1/2"
        )
    return rotation, translation
