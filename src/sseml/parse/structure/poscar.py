"""A POSCAR or CONTCAR of VASP becomes the cell it describes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, islice, takewhile

import numpy as np

from sseml.arrays import FloatArray
from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.structure.cell import (
    LARGEST_CELL_SITES,
    Cell,
    cell_volume,
    lines_of,
    quoted,
    require_cell,
    require_few_sites,
)
from sseml.parse.structure.symbols import element_of_symbol
from sseml.records import RefusedInputError

_FIX = "get the whole file, or write it again in the format of VASP 5"
_MOST_LINES = LARGEST_CELL_SITES + 2000  # the largest cell needs fewer before its velocities
_COMMENT = re.compile("[!#]")
_LARGEST = 1e9  # of any number in the file: a volume, a length or a coordinate
_LONGEST_NUMBER = 60
_LONGEST_COUNT = 6


def read_poscar(text: str) -> Cell:
    """Read the cell, the atoms and their places; velocities and what else follows are left out.

    The symbols stand in the sixth line (``Li La Zr O``, also ``Li_sv``) or, in files of VASP 4, in
    the comment of the first. They and the numbers of atoms may go on in further lines. Format:
    https://www.vasp.at/wiki/index.php/POSCAR
    """
    written = (line for _, line in lines_of(text))
    lines = [_COMMENT.split(line, 1)[0].split() for line in islice(written, _MOST_LINES)]
    lattice_A, scale = _lattice(lines)
    require_cell(lattice_A)
    symbols, counts, at = _symbols_and_counts(lines)
    notes: tuple[str, ...] = ()
    first = at + 2 if _mode(lines, at) == "s" else at + 1
    if not symbols:
        symbols, notes = _symbols_of_vasp_4(lines, counts, first)
    named = [element_of_symbol(symbol.partition("_")[0].partition("/")[0]) for symbol in symbols]
    elements = [e for e, count in zip(named, counts, strict=True) for _ in range(count)]
    mode = _mode(lines, first - 1)
    places = np.array(
        [_numbers(lines, first + i, 3, "three coordinates") for i in range(len(elements))]
    ).reshape(-1, 3)
    if mode in "ck":
        places = places * scale @ np.linalg.inv(lattice_A)
    elif mode != "d":
        raise _refusal(lines, first - 1, "Direct or Cartesian")
    held = [(place, element) for place, element in zip(places, elements, strict=True) if element]
    return Cell(
        lattice_A=lattice_A,
        labels=tuple(f"{element}{i}" for i, (_, element) in enumerate(held, start=1)),
        positions=np.array([place for place, _ in held]).reshape(-1, 3),
        occupancies=tuple({element: 1.0} for _, element in held),
        notes=notes,
    )


def _lattice(lines: Sequence[list[str]]) -> tuple[FloatArray, FloatArray]:
    """Lattice vectors in Å, and the factor of each Cartesian axis."""
    count = 3 if len(_words(lines, 1, "the scale")) >= 3 else 1
    scale = np.array(_numbers(lines, 1, count, "the scale"))
    vectors = np.array([_numbers(lines, i, 3, "a lattice vector") for i in (2, 3, 4)])
    volume_A3 = cell_volume(vectors)
    if count == 1 and scale[0] < 0 and volume_A3 > 0:  # the volume of the cell
        scale = np.cbrt(-scale / volume_A3)
    if (scale <= 0).any():
        raise _refusal(lines, 1, "a scale above 0")
    return vectors * scale, np.broadcast_to(scale, 3)


def _symbols_and_counts(lines: Sequence[list[str]]) -> tuple[list[str], list[int], int]:
    """Element symbols (none in files of VASP 4), numbers of atoms, and the line after them."""
    at, symbols, counts = 5, list[str](), list[int]()
    _words(lines, at, "the element symbols")
    while at < len(lines) and lines[at] and not any(map(_is_count, lines[at])):
        symbols += lines[at]
        at += 1
    while at < len(lines) and lines[at] and _is_count(lines[at][0]):
        counts += [int(word) for word in takewhile(_is_count, lines[at])]
        at += 1
    if not counts:
        missing = "the number of atoms of each element, and their symbols before it"
        raise _refusal(lines, min(at, 6 if symbols else 5), missing)
    if symbols and len(symbols) != len(counts):
        raise RefusedInputError(
            f"the POSCAR gives {len(symbols)} element symbols, but {len(counts)} numbers of atoms,"
            f" up to line {at}",
            "give one number for each symbol",
        )
    require_few_sites(sum(counts))
    return symbols, counts, at


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= _LONGEST_COUNT


def _symbols_of_vasp_4(
    lines: Sequence[list[str]], counts: Sequence[int], first: int
) -> tuple[list[str], tuple[str, ...]]:
    """One symbol for each count: behind the coordinates, or else in the first line."""
    rows = [first + before for before in accumulate(counts[:-1], initial=0)]
    behind = [_behind(lines[row]) for row in rows if row < len(lines)]
    if len(behind) == len(counts) and all(behind):
        return behind, ()
    if len(lines[0]) < len(counts):
        raise _refusal(lines, 5, "the element symbols, nor does its first line")
    note = "the elements are those of the first line: the file names them nowhere else"
    return lines[0][: len(counts)], (note,)


def _behind(words: Sequence[str]) -> str:
    """The element behind three coordinates, or behind their three flags T or F."""
    written = words[3] if len(words) == 4 else words[6] if len(words) > 6 else ""
    return written if written in MOLAR_MASS_G_MOL else ""


def _mode(lines: Sequence[list[str]], index: int) -> str:
    """The first letter of a line, which is all that says how coordinates are given."""
    return _words(lines, index, "Direct or Cartesian")[0][0].casefold()


def _numbers(lines: Sequence[list[str]], index: int, count: int, what: str) -> list[float]:
    words = _words(lines, index, what)[:count]
    try:
        values = [
            float(word)
            for word in words
            if len(word) <= _LONGEST_NUMBER and word.isascii() and "_" not in word
        ]
    except ValueError:
        values = []
    if len(values) < count or not all(abs(value) < _LARGEST for value in values):
        raise _refusal(lines, index, what)
    return values


def _words(lines: Sequence[list[str]], index: int, what: str) -> list[str]:
    if index >= len(lines) or not lines[index]:
        raise _refusal(lines, index, what)
    return lines[index]


def _refusal(lines: Sequence[list[str]], index: int, what: str) -> RefusedInputError:
    written = " ".join(lines[index]) if index < len(lines) else ""
    found = f": {quoted(written)}" if written else ""
    return RefusedInputError(f"line {index + 1} of the POSCAR does not give {what}{found}", _FIX)
