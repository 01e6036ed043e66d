"""What is asked of spglib: the space group of sites, and the settings of all space groups."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import spglib

from sseml.parse.structure.cell import FloatArray

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
