"""Symmetry operations: those that a file lists, those of a space group, and what is a group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.lines import quoted
from sseml.parse.structure.symmetry import Operations, Setting, operations_of, settings
from sseml.records import RefusedInputError, RefusedQualifierError

MOST_OPERATIONS = 768
"""Four times those of the largest space group in its largest usual cell."""

_MOST_ON_TRUST = 192
_NUMBER = r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?:/([1-9]\d{0,8}))?"
_TERM = re.compile(rf"([+-]?)(?:{_NUMBER}\*?)?([xyz])|([+-]?){_NUMBER}")
_CHOICE = re.compile(r"\s*[:(]\s*([12HRSZ])\s*\)?$|\s+([HRSZ])$", re.IGNORECASE)
_ORIGINS = {"S": "1", "Z": "2"}  # as the ICSD names them
_LONGEST = 100
_FIX = "write it like -x, y+1/2, -z+1/2"

_USUAL, _USUAL_WITHIN = 24, 0.004
_LARGEST_DENOMINATOR, _FRACTION_WITHIN = 16, 0.0006
_UNIT = 720_720
"""A translation of any of these denominators is a whole number of such parts of the cell."""

_LARGEST_FACTOR = 3
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


@lru_cache(64)
def listed_operations(written: tuple[str, ...]) -> tuple[Operations, bool]:
    """Read operations such as ``-x, y+1/2, -z+1/2``, each once, and tell whether they are a group.

    Where a translation is no usual fraction of the cell, they are taken on trust.

    Raises
    ------
    RefusedInputError
        If one is none, or there are more than `MOST_OPERATIONS`.
    """
    texts = list(dict.fromkeys(written))
    require_few_operations(len(texts))
    read = [_operation(text) for text in texts]
    operations = once((np.array([r for r, _ in read]), np.array([t for _, t in read])))
    return operations, is_group(operations)


def require_few_operations(count: int) -> None:
    """Refuse more than `MOST_OPERATIONS`, before an image is made by any of them.

    Raises
    ------
    RefusedInputError
        If there are more.
    """
    if count > MOST_OPERATIONS:
        raise RefusedInputError(
            f"the CIF lists {count} symmetry operations, more than the {MOST_OPERATIONS} of any"
            " structure that is read",
            "list those of its space group",
        )


def named_operations(
    number: int | None, symbol: str, hall: str, gamma_degrees: float
) -> Iterator[Operations]:
    """Operations of the space group a file names, in the setting that it means, then in others.

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

    Yields
    ------
    Operations
        First of the second choice of origin where there are two and none is said; nothing if the
        file names no space group that is known.
    """
    if max(len(symbol), len(hall)) > _LONGEST:
        return
    fitting = _fitting(number, symbol, hall)
    written = _CHOICE.search(symbol)
    letter = (written.group(1) or written.group(2)).upper() if written else ""
    wanted = _ORIGINS.get(letter, letter) or ("H" if abs(gamma_degrees - 120) < 1 else "R")
    preferred = [each for each in fitting if each.choice == wanted]
    second = [each for each in fitting if each.choice == "2" and not written]
    first = (preferred or second or fitting)[:1]
    for setting in (*first, *(each for each in fitting if each not in first)):
        yield operations_of(setting)


def is_group(operations: Operations) -> bool:
    """Tell whether operations are a group, as `listed_operations` does."""
    keys = _keys(operations)
    if keys is None:
        return len(operations[0]) <= _MOST_ON_TRUST
    products = _keys(_products(operations, operations))
    return products is not None and bool(np.isin(products, keys).all())


def is_part_of(operations: Operations, whole: Operations) -> bool:
    """Tell whether each of the operations is one of others."""
    keys, others = _keys(operations), _keys(whole)
    return keys is not None and others is not None and bool(np.isin(keys, others).all())


def combined(first: Operations, second: Operations) -> Operations:
    """Every product of two operations, each once.

    Raises
    ------
    RefusedInputError
        If there may be more than `MOST_OPERATIONS`.
    """
    require_few_operations(len(first[0]) * len(second[0]))
    return once(_products(first, second))


def once(operations: Operations) -> Operations:
    """Leave out what is listed twice."""
    keys = _keys(operations)
    if keys is None:
        return operations
    _, places = np.unique(keys, return_index=True)
    places.sort()
    return operations[0][places], operations[1][places]


def fits_cell(operations: Operations, lattice_A: FloatArray) -> bool:
    """Tell whether rotations keep the lengths and angles of a cell, to a hundredth."""
    metric = lattice_A @ lattice_A.T
    turned = np.swapaxes(operations[0], 1, 2) @ metric @ operations[0]
    return bool((np.abs(turned - metric).max(axis=(1, 2)) < 0.02 * metric.max()).all())


def _fitting(number: int | None, symbol: str, hall: str) -> Sequence[Setting]:
    """The settings that fit the first of what is given and known: Hall, symbol, number."""
    by_hall, by_symbol, by_number = _tables()
    if hall and (found := by_hall.get(_plain(hall))):
        return found
    plain = _plain(_CHOICE.sub("", symbol))
    if plain and (found := by_symbol.get(plain)):
        return found
    if number is None:
        try:
            number = space_group_number(plain)
        except RefusedQualifierError:
            return []
    return by_number.get(number, [])


@cache
def _tables() -> tuple[
    dict[str, list[Setting]], dict[str, list[Setting]], dict[int, list[Setting]]
]:
    """The settings by Hall symbol, by Hermann–Mauguin symbol and by number."""
    by_hall, by_symbol = dict[str, list[Setting]](), dict[str, list[Setting]]()
    by_number = dict[int, list[Setting]]()
    for setting in settings():
        by_hall.setdefault(_plain(setting.hall), []).append(setting)
        by_number.setdefault(setting.number, []).append(setting)
        for symbol in dict.fromkeys(map(_plain, setting.symbols)):
            by_symbol.setdefault(symbol, []).append(setting)
    return by_hall, by_symbol, by_number


def _plain(symbol: str) -> str:
    return re.sub(r"[\s_]", "", symbol).casefold()


@lru_cache(4096)
def _operation(text: str) -> tuple[FloatArray, FloatArray]:
    plain = re.sub(r"[\s'\"]", "", text).casefold() if len(text) <= _LONGEST else ""
    rows = [_row(row) for row in plain.split(",")]
    read = np.array([row for row in rows if row is not None])
    if read.shape != (3, 4) or len(rows) != 3 or abs(abs(_determinant(read[:, :3])) - 1) > 1e-6:
        raise RefusedInputError(f"{quoted(text)} is no symmetry operation", _FIX)
    return read[:, :3], read[:, 3]


def _determinant(m: FloatArray) -> float:
    (a, b, c), (d, e, f), (g, h, i) = m.tolist()
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


@lru_cache(4096)
def _row(written: str) -> tuple[float, float, float, float] | None:
    """The factors of x, y and z and the translation of one coordinate; None if it is none."""
    values = {"x": 0.0, "y": 0.0, "z": 0.0, "": 0.0}
    if not written or _TERM.sub("", written):
        return None
    for term in _TERM.finditer(written):
        sign, value, divisor, axis, alone_sign, alone, alone_divisor = term.groups()
        size = float(value or alone or 1) / float(divisor or alone_divisor or 1)
        values[axis or ""] += -size if "-" in (sign, alone_sign) else size
    return values["x"], values["y"], values["z"], _fraction(values[""])


def _fraction(value: float) -> float:
    """A translation within the cell; a rounded one, such as 0.3333, as the fraction it is meant."""
    shift = value % 1.0
    whole = round(shift * _USUAL)
    if abs(shift - whole / _USUAL) < _USUAL_WITHIN:
        return whole % _USUAL / _USUAL
    for parts in range(1, _LARGEST_DENOMINATOR + 1):
        if abs(shift - round(shift * parts) / parts) < _FRACTION_WITHIN:
            return round(shift * parts) % parts / parts
    return shift


def _products(first: Operations, second: Operations) -> Operations:
    rotations = first[0][:, None] @ second[0][None]
    translations = (first[0][:, None] @ second[1][None, :, :, None])[..., 0] + first[1][:, None]
    return rotations.reshape(-1, 3, 3), translations.reshape(-1, 3)


def _keys(operations: Operations) -> NDArray[np.uint64] | None:
    """One number for each operation; None if one is not of the usual numbers."""
    rotations, translations = operations
    parts = translations * _UNIT
    whole = np.round(parts)
    usual = np.abs(rotations).max() <= _LARGEST_FACTOR and (rotations == np.round(rotations)).all()
    if not usual or np.abs(parts - whole).max() > 1e-3:
        return None
    digits = rotations.astype(np.int64).reshape(-1, 9) + _LARGEST_FACTOR
    turns = digits @ (2 * _LARGEST_FACTOR + 1) ** np.arange(9)
    shifts = (whole.astype(np.int64) % _UNIT).astype(np.uint64)
    return shifts @ _WEIGHTS + turns.astype(np.uint64)
