"""A POSCAR or CONTCAR of VASP becomes the cell it describes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sseml.parse.elements import MOLAR_MASS_G_MOL
from sseml.parse.structure.cell import Cell, FloatArray, require_cell, require_few_sites
from sseml.parse.structure.symbols import element_of_symbol
from sseml.records import RefusedInputError

_FIX = "get the whole file, or write it again in the format of VASP 5"


def read_poscar(text: str) -> Cell:
    """Read the cell, the atoms and their places; velocities and what else follows are left out.

    The symbols stand in the sixth line (``Li La Zr O``, also ``Li_sv``) or, in files of VASP 4, in
    the comment of the first. Format: https://www.vasp.at/wiki/index.php/POSCAR

    Raises
    ------
    RefusedInputError
        If a line is missing or is not what the format wants there; the message names it.
    """
    lines = [line.split("!")[0].split() for line in text.splitlines()]
    lattice_A, scale = _lattice(lines)
    require_cell(lattice_A)
    at = 5
    symbols = _words(lines, at, "the element symbols")
    notes: tuple[str, ...] = ()
    if symbols[0].isdigit():
        symbols, notes = _symbols_of_vasp_4(lines)
    else:
        at += 1
    elements = _elements(symbols, _words(lines, at, "the number of atoms of each element"), at)
    at += 1
    if _words(lines, at, "Direct or Cartesian")[0][0] in "sS":  # selective dynamics
        at += 1
    mode = _words(lines, at, "Direct or Cartesian")[0][0].casefold()
    places = np.array(
        [_numbers(lines, at + 1 + i, 3, "three coordinates") for i in range(len(elements))]
    )
    if mode in "ck":
        places = places * scale @ np.linalg.inv(lattice_A)
    elif mode != "d":
        raise _refusal(at, "Direct or Cartesian")
    return Cell(
        lattice_A=lattice_A,
        labels=tuple(f"{element}{i}" for i, element in enumerate(elements, start=1)),
        positions=places,
        occupancies=tuple({element: 1.0} for element in elements),
        notes=notes,
    )


def _lattice(lines: Sequence[list[str]]) -> tuple[FloatArray, FloatArray]:
    """Lattice vectors in Å, and the factor of each Cartesian axis."""
    count = 3 if len(_words(lines, 1, "the scale")) >= 3 else 1
    scale = np.array(_numbers(lines, 1, count, "the scale"))
    vectors = np.array([_numbers(lines, i, 3, "a lattice vector") for i in (2, 3, 4)])
    volume_A3 = abs(np.linalg.det(vectors))
    if count == 1 and scale[0] < 0 and volume_A3 > 0:  # the volume of the cell
        scale = np.cbrt(-scale / volume_A3)
    if (scale <= 0).any():
        raise _refusal(1, "a scale above 0")
    return vectors * scale, np.broadcast_to(scale, 3)


def _symbols_of_vasp_4(lines: Sequence[list[str]]) -> tuple[list[str], tuple[str, ...]]:
    """One symbol for each count: behind the coordinates, or else in the first line."""
    counts = [int(word) for word in lines[5] if word.isdigit()]
    first = 8 if len(lines) > 6 and lines[6][:1] and lines[6][0][0] in "sS" else 7
    rows = [first + sum(counts[:i]) for i in range(len(counts))]
    behind = [_behind(lines[row]) for row in rows if row < len(lines)]
    if len(behind) == len(counts) and all(behind):
        return behind, ()
    note = "the elements are those of the first line: the file names them nowhere else"
    return lines[0], (note,)


def _behind(words: Sequence[str]) -> str:
    """The element behind three coordinates, or behind their three flags T or F."""
    written = words[3] if len(words) == 4 else words[6] if len(words) > 6 else ""
    return written if written in MOLAR_MASS_G_MOL else ""


def _elements(symbols: Sequence[str], written: Sequence[str], line: int) -> list[str]:
    counts = []
    for word in written:
        if not word.isdigit():
            break
        counts.append(int(word))
    if not counts or len(symbols) < len(counts):
        raise _refusal(line, "the number of atoms of each element, and their symbols before it")
    require_few_sites(sum(counts))
    named = [element_of_symbol(symbol.split("_")[0].split("/")[0]) for symbol in symbols]
    return [e for e, count in zip(named, counts, strict=False) if e for _ in range(count)]


def _numbers(lines: Sequence[list[str]], index: int, count: int, what: str) -> list[float]:
    words = _words(lines, index, what)[:count]
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise _refusal(index, what) from None
    if len(values) < count or not np.isfinite(values).all():
        raise _refusal(index, what)
    return values


def _words(lines: Sequence[list[str]], index: int, what: str) -> list[str]:
    if index >= len(lines) or not lines[index]:
        raise _refusal(index, what)
    return lines[index]


def _refusal(index: int, what: str) -> RefusedInputError:
    return RefusedInputError(f"line {index + 1} of the POSCAR does not give {what}", _FIX)
