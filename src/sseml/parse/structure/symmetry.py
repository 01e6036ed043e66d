"""Space groups by spglib, and the images of a site under symmetry operations."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import spglib
from numpy.typing import NDArray

from sseml.arrays import FloatArray

Operations = tuple[FloatArray, FloatArray]
"""Rotations of shape (n, 3, 3) and translations of shape (n, 3), on fractional coordinates."""

_HALL_NUMBERS = range(1, 531)


@dataclass(frozen=True, slots=True)
class Setting:
    """One of the 530 settings of the 230 space groups.

    Attributes
    ----------
    hall_number
        From 1 to 530.
    number
        International number of the space group.
    hall
        Hall symbol.
    symbols
        Hermann–Mauguin symbols of this setting, full and short.
    choice
        Of axes or origin, such as ``2`` or ``H``; empty where there is none.
    """

    hall_number: int
    number: int
    hall: str
    symbols: tuple[str, ...]
    choice: str


def space_group_of(
    lattice_A: FloatArray, positions: FloatArray, kinds: Sequence[int], tolerance_A: float
) -> int | None:
    """International number of the space group that sites have; None if none is found.

    Parameters
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    positions
        Fractional coordinates, shape (n_sites, 3).
    kinds
        Sites of the same number may be images of each other.
    tolerance_A
        How far sites may be from where the symmetry wants them.

    References
    ----------
    A. Togo, K. Shinohara, I. Tanaka, Spglib, doi 10.1080/27660400.2024.2384822.
    """
    with _quiet():
        found = spglib.get_symmetry_dataset(
            (lattice_A.tolist(), positions.tolist(), list(kinds)), symprec=tolerance_A
        )
    return None if found is None else int(found.number)


def primitive_lattice(
    lattice_A: FloatArray, positions: FloatArray, kinds: Sequence[int], tolerance_A: float
) -> FloatArray | None:
    """The smallest lattice that sites repeat by, its vectors short; None where it is the given one.

    Parameters
    ----------
    lattice_A, positions, kinds, tolerance_A
        As for `space_group_of`.
    """
    with _quiet():
        found = spglib.standardize_cell(
            (lattice_A.tolist(), positions.tolist(), list(kinds)),
            to_primitive=True,
            no_idealize=True,
            symprec=tolerance_A,
        )
        if found is None or len(found[1]) == len(positions):
            return None
        reduced = spglib.niggli_reduce(found[0])
    return np.asarray(found[0] if reduced is None else reduced, dtype=float)


@cache
def settings() -> tuple[Setting, ...]:
    """All settings, those of a space group in the order of their Hall numbers."""
    with _quiet():
        kinds = [(hall, spglib.get_spacegroup_type(hall)) for hall in _HALL_NUMBERS]
    return tuple(
        Setting(
            hall_number=hall,
            number=kind.number,
            hall=kind.hall_symbol,
            symbols=(*_symbols(kind.international_full), *kind.international.split("=")),
            choice=kind.choice.upper(),
        )
        for hall, kind in kinds
        if kind is not None
    )


def _symbols(full: str) -> tuple[str, ...]:
    """A full symbol, and a monoclinic one such as ``P 1 2_1/n 1`` without its ones too."""
    tokens = full.split()
    is_monoclinic = len(tokens) == 4 and tokens.count("1") == 2
    return (full, " ".join(token for token in tokens if token != "1")) if is_monoclinic else (full,)


def operations_of(setting: Setting) -> Operations:
    """All symmetry operations of a setting."""
    with _quiet():
        found = spglib.get_symmetry_from_database(setting.hall_number)
    assert found is not None
    return np.asarray(found["rotations"], float), np.asarray(found["translations"], float)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what spglib says to programmers about its next version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


SAME_SITE_A = 0.05
"""Images of a site closer than this are one image, at their mean: coordinates are rounded."""

_WIDEST_A = 0.1
_SIXTH_DECIMAL = 1_000_000
_OTHER_TOLERANCES_A = (_WIDEST_A, 0.01, 0.001)
"""Tried where the file gives the multiplicity of a site, and the usual one gives another."""


def images_of(
    position: FloatArray, multiplicity: int | None, operations: Operations, lattice_A: FloatArray
) -> FloatArray:
    """Images of a site in the cell, shape (n_images, 3), each at the mean of its copies.

    Parameters
    ----------
    position
        Fractional coordinates.
    multiplicity
        How many images the file says there are.
    operations
        A group of at most `sseml.parse.structure.operations.MOST_OPERATIONS`.
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    """
    rotations, translations = operations
    copies = (rotations @ position + translations) % 1.0
    from_first = copies - copies[0]
    from_first -= np.rint(from_first)
    if (((from_first @ lattice_A) ** 2).sum(axis=1) < _WIDEST_A**2).sum() == 1:
        return copies  # at a general place: what holds for one image of a group holds for all
    copies, counts = _distinct(copies)
    apart = copies[None, :, :] - copies[:, None, :]
    apart -= np.rint(apart)
    distance_A = np.sqrt(((apart @ lattice_A) ** 2).sum(axis=2))
    for tolerance_A in (SAME_SITE_A, *_OTHER_TOLERANCES_A):
        same, first = _same(distance_A, tolerance_A)
        if multiplicity in (None, len(first)):
            break
    else:
        same, first = _same(distance_A, SAME_SITE_A)
    weights = same[first] * counts
    weights = weights / weights.sum(axis=1, keepdims=True)
    means: FloatArray = copies[first] + np.einsum("ij,ijk->ik", weights, apart[first])
    return means % 1.0


def _distinct(copies: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """The copies that are not the same to six decimals, in their order, and how often each is."""
    x, y, z = (np.rint(copies * _SIXTH_DECIMAL) % _SIXTH_DECIMAL).astype(np.int64).T
    keys = (x * _SIXTH_DECIMAL + y) * _SIXTH_DECIMAL + z
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return copies[first[order]], counts[order]


def _same(distance_A: FloatArray, tolerance_A: float) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which copies are one image, and the first copy of each image."""
    same = distance_A < tolerance_A
    return same, np.flatnonzero(same.argmax(axis=1) == np.arange(len(same)))
