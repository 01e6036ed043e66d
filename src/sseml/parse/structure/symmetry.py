"""Symmetry operations: read, taken from a space group by spglib, and applied to sites."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import spglib
from numpy.typing import NDArray

from sseml.arrays import FloatArray
from sseml.parse.space_groups import space_group_number
from sseml.parse.structure.cell import cell_volume, lengths, quoted, shortest_vectors
from sseml.records import RefusedInputError, RefusedQualifierError

Operations = tuple[FloatArray, FloatArray]
"""Rotations of shape (n, 3, 3) and translations of shape (n, 3), on fractional coordinates."""

MOST_OPERATIONS = 768
"""Four times those of the largest space group in its largest usual cell."""

_MOST_ON_TRUST = 192
_NUMBER = r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?:/([1-9]\d{0,8}))?"
_TERM = re.compile(rf"([+-]?)(?:{_NUMBER}\*?)?([xyz])|([+-]?){_NUMBER}")
_CHOICE = re.compile(r"\s*[:(]\s*([12HRSZ])\s*\)?$|\s+([HRSZ])$", re.IGNORECASE)
_ORIGINS = {"S": "1", "Z": "2"}  # as the ICSD names them
_LONGEST = 100

_USUAL, _USUAL_WITHIN = 24, 0.004
_LARGEST_DENOMINATOR, _FRACTION_WITHIN = 16, 0.0006
_UNIT = 720_720  # a translation with any of these denominators is a whole number of such parts
_LARGEST_FACTOR = 3
_WEIGHTS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_SAME_SITE_A = 0.05  # nearer images of a site are one image, at their mean: they are rounded
_WIDEST_A = 0.1
_OTHER_TOLERANCES_A = (_WIDEST_A, 0.01, 0.001)  # tried to get the multiplicity in the file
_SIXTH_DECIMAL = 1_000_000


class Setting(NamedTuple):
    """One of the 530 settings of the 230 space groups.

    The Hall and Hermann–Mauguin symbols are in lower case, without blanks. The choice of axes or
    origin is such as ``2`` or ``H``, and empty where there is none.
    """

    hall_number: int
    number: int
    hall: str
    symbols: frozenset[str]
    choice: str


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what spglib warns programmers of: changes in its next version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@_quiet()
def space_group_of(
    lattice_A: FloatArray, positions: FloatArray, kinds: Sequence[int], tolerance_A: float
) -> int | None:
    """International number of the space group that sites have; None if none is found.

    Sites of the same kind may be images of each other, within the tolerance. The lattice vectors
    are rows (Å), the positions fractional. By spglib: A. Togo, K. Shinohara, I. Tanaka,
    doi 10.1080/27660400.2024.2384822.
    """
    cell = (lattice_A.tolist(), positions.tolist(), list(kinds))
    found = spglib.get_symmetry_dataset(cell, symprec=tolerance_A)
    return None if found is None else int(found.number)


@_quiet()
def primitive_lattice(
    lattice_A: FloatArray, positions: FloatArray, kinds: Sequence[int], tolerance_A: float
) -> FloatArray | None:
    """The smallest lattice that sites repeat by, its vectors short; None where it is the given one.

    The arguments are those of `space_group_of`.
    """
    cell = (lattice_A.tolist(), positions.tolist(), list(kinds))
    found = spglib.standardize_cell(cell, to_primitive=True, no_idealize=True, symprec=tolerance_A)
    if found is None or len(found[1]) == len(positions):
        return None
    reduced = spglib.niggli_reduce(found[0])
    return np.asarray(found[0] if reduced is None else reduced, dtype=float)


@cache
@_quiet()
def settings() -> tuple[Setting, ...]:
    """All settings, those of a space group in the order of their Hall numbers."""
    found = ((hall, spglib.get_spacegroup_type(hall)) for hall in range(1, 531))
    return tuple(
        Setting(
            hall_number=hall,
            number=kind.number,
            hall=_plain(kind.hall_symbol),
            symbols=_symbols(kind.international_full, kind.international),
            choice=kind.choice.upper(),
        )
        for hall, kind in found
        if kind is not None
    )


def _symbols(full: str, short: str) -> frozenset[str]:
    """All symbols of a setting, a monoclinic one such as ``P 1 2_1/n 1`` without its ones too."""
    symbols = [full, *short.split("=")]
    tokens = full.split()
    if len(tokens) == 4 and tokens.count("1") == 2:
        symbols.append("".join(token for token in tokens if token != "1"))
    return frozenset(map(_plain, symbols))


def _plain(symbol: str) -> str:
    return re.sub(r"[\s_]", "", symbol).casefold()


@_quiet()
def operations_of(setting: Setting) -> Operations:
    """All symmetry operations of a setting."""
    found = spglib.get_symmetry_from_database(setting.hall_number)
    assert found is not None
    return np.asarray(found["rotations"], float), np.asarray(found["translations"], float)


def named_operations(
    number: int | None, symbol: str, hall: str, gamma_degrees: float
) -> Iterator[Operations]:
    """Operations of the space group a file names, in the setting that it means, then in others.

    The Hermann–Mauguin symbol may carry the choice of origin (``F d -3 m :2``); without one the
    second comes first. A Hall symbol leaves no choice. Where nothing else tells rhombohedral from
    hexagonal axes, gamma does. Of an unknown space group there are none.
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


@lru_cache(64)
def _fitting(number: int | None, symbol: str, hall: str) -> Sequence[Setting]:
    """The settings that fit the first of what is given and known: Hall, symbol, number."""
    plain_hall, plain_symbol = _plain(hall), _plain(_CHOICE.sub("", symbol))
    fitting = [each for each in settings() if plain_hall and each.hall == plain_hall]
    fitting = fitting or [each for each in settings() if plain_symbol in each.symbols]
    if not fitting and number is None:
        try:
            number = space_group_number(plain_symbol)
        except RefusedQualifierError:
            return []
    return fitting or [each for each in settings() if each.number == number]


@lru_cache(64)
def listed_operations(written: tuple[str, ...]) -> tuple[Operations, bool]:
    """Read operations such as ``-x, y+1/2, -z+1/2``, each once, and tell whether they are a group.

    Where a translation is no usual fraction of the cell, they are taken on trust.
    """
    texts = list(dict.fromkeys(written))
    _require_few_operations(len(texts))
    read = [_operation(text) for text in texts]
    operations = _once((np.array([r for r, _ in read]), np.array([t for _, t in read])))
    return operations, is_group(operations)


def combined(first: Operations, second: Operations) -> Operations:
    """Every product of two operations, each once."""
    _require_few_operations(len(first[0]) * len(second[0]))
    return _once(_products(first, second))


def _require_few_operations(count: int) -> None:
    """Refuse more than `MOST_OPERATIONS`, before an image is made by any of them."""
    if count > MOST_OPERATIONS:
        raise RefusedInputError(
            f"the CIF lists {count} symmetry operations, more than the {MOST_OPERATIONS} of any"
            " structure that is read",
            "list those of its space group",
        )


@lru_cache(4096)
def _operation(text: str) -> tuple[FloatArray, FloatArray]:
    plain = re.sub(r"[\s'\"]", "", text).casefold() if len(text) <= _LONGEST else ""
    rows = [_row(row) for row in plain.split(",")]
    read = np.array([row for row in rows if row is not None])
    if read.shape != (3, 4) or len(rows) != 3 or abs(cell_volume(read[:, :3]) - 1) > 1e-6:
        raise RefusedInputError(
            f"{quoted(text)} is no symmetry operation", "write it like -x, y+1/2, -z+1/2"
        )
    return read[:, :3], read[:, 3]


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


def is_group(operations: Operations) -> bool:
    """Whether operations are a group; a few are on trust where a translation is unusual."""
    keys = _keys(operations)
    if keys is None:
        return len(operations[0]) <= _MOST_ON_TRUST
    products = _keys(_products(operations, operations))
    return products is not None and bool(np.isin(products, keys).all())


def is_part_of(operations: Operations, whole: Operations) -> bool:
    """Whether each of the operations is one of others."""
    keys, others = _keys(operations), _keys(whole)
    return keys is not None and others is not None and bool(np.isin(keys, others).all())


def fits_cell(operations: Operations, lattice_A: FloatArray) -> bool:
    """Whether rotations keep the lengths and angles of a cell, to a hundredth."""
    metric = lattice_A @ lattice_A.T
    turned = np.swapaxes(operations[0], 1, 2) @ metric @ operations[0]
    return bool((np.abs(turned - metric).max(axis=(1, 2)) < 0.02 * metric.max()).all())


def _once(operations: Operations) -> Operations:
    """Leave out what is listed twice."""
    keys = _keys(operations)
    if keys is None:
        return operations
    _, places = np.unique(keys, return_index=True)
    places.sort()
    return operations[0][places], operations[1][places]


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


def images_of(
    position: FloatArray, multiplicity: int | None, operations: Operations, lattice_A: FloatArray
) -> FloatArray:
    """Images of a site in the cell, fractional, (n_images, 3), each at the mean of its copies.

    `multiplicity` is how many images the file says there are. The operations are a group.
    """
    rotations, translations = operations
    copies = (rotations @ position + translations) % 1.0
    from_first = shortest_vectors(copies[:1], copies)
    if (lengths(from_first, lattice_A) < _WIDEST_A).sum() == 1:
        return copies  # at a general place: what holds for one image of a group holds for all
    copies, counts = _distinct(copies)
    vectors = shortest_vectors(copies, copies)
    distance_A = lengths(vectors, lattice_A)
    for tolerance_A in (_SAME_SITE_A, *_OTHER_TOLERANCES_A, _SAME_SITE_A):
        same = distance_A < tolerance_A
        first = np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))
        if multiplicity in (None, len(first)):
            break
    weights = same[first] * counts
    weights = weights / weights.sum(axis=1, keepdims=True)
    means: FloatArray = copies[first] + np.einsum("ij,ijk->ik", weights, vectors[first])
    return means % 1.0


def _distinct(copies: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """The copies that are not the same to six decimals, in their order, and how often each is."""
    x, y, z = (np.rint(copies * _SIXTH_DECIMAL) % _SIXTH_DECIMAL).astype(np.int64).T
    keys = (x * _SIXTH_DECIMAL + y) * _SIXTH_DECIMAL + z
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return copies[first[order]], counts[order]
