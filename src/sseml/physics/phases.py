"""The table of compounds that can form, with their energies, and the part of it that matters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import FloatArray, IntArray
from sseml.records import RefusedInputError

SHIFTS_EV: Mapping[str, float] = MappingProxyType({"S": 0.66346, "Br": -0.534, "I": -0.379})
"""What the optional corrections add to the energy of a compound, in eV per anion.

S: takes back the sulfide correction of the Materials Project's first scheme, fitted to ten binary
sulfides (doi 10.1103/PhysRevB.84.045115 describes the scheme); without it are the windows published
in 2015. Br, I: the corrections that the first scheme lacks and the one of 2021 has (doi
10.1038/s41598-021-94550-5)."""

_SAME = 1e-6
_WORD = 64


class UnknownElementError(LookupError):
    """A formula holds elements of which the table has no compounds.

    Attributes
    ----------
    symbols
        The elements.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(f"no compounds of {', '.join(symbols)} in the table of phases")
        self.symbols = tuple(symbols)


@dataclass(frozen=True, slots=True, eq=False)
class ChemicalSystem:
    """The phases that a set of elements can form.

    Attributes
    ----------
    symbols
        The elements, k of them.
    formulas
        n formulas.
    fractions
        Element fractions, shape (n, k).
    energy_eV_atom
        Formation energies from the elements in eV/atom, shape (n,).
    atoms
        Atoms per formula unit, shape (n,).
    """

    symbols: tuple[str, ...]
    formulas: tuple[str, ...]
    fractions: FloatArray
    energy_eV_atom: FloatArray
    atoms: FloatArray

    def composition(self, amounts: Mapping[str, float]) -> FloatArray:
        """Element fractions of a formula in this system's order, shape (k,)."""
        held = np.array([amounts.get(symbol, 0.0) for symbol in self.symbols])
        fractions: FloatArray = held / held.sum()
        return fractions

    def entry(self, composition: FloatArray) -> float | None:
        """Energy in eV/atom of the phase of this composition, the lowest one; None without one."""
        same = np.abs(self.fractions - composition).max(axis=1) < _SAME
        return float(self.energy_eV_atom[same].min()) if same.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class PhaseTable:
    """Compounds and elements with their energies, one a row, in any order.

    Attributes
    ----------
    name
        Of the bundle it came from.
    symbols
        The elements of the columns of the sparse matrix of fractions.
    formulas
        n reduced formulas.
    start, element, fraction
        The fractions by rows: row i holds `element[start[i]:start[i + 1]]`, positions in `symbols`.
    energy_eV_atom
        Formation energy from the elements as in the source, shape (n,).
    atoms
        Atoms per formula unit, shape (n,).
    anion_fraction
        Element of `SHIFTS_EV` → fraction of a row's atoms that are its anions, shape (n,).
    """

    name: str
    symbols: tuple[str, ...]
    formulas: Sequence[str]
    start: IntArray
    element: IntArray
    fraction: FloatArray
    energy_eV_atom: FloatArray
    atoms: FloatArray
    anion_fraction: Mapping[str, FloatArray]
    _masks: NDArray[np.uint64] = field(init=False, repr=False)
    _column: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_masks", _masks(self.start, self.element, len(self.symbols)))
        column = {symbol: place for place, symbol in enumerate(self.symbols)}
        object.__setattr__(self, "_column", column)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.atoms)

    def unknown(self, symbols: Iterable[str]) -> tuple[str, ...]:
        """Elements that the table lacks."""
        return tuple(symbol for symbol in symbols if symbol not in self._column)

    def system(self, symbols: Iterable[str], corrections: Sequence[str] = ()) -> ChemicalSystem:
        """Take out what can form from these elements.

        Parameters
        ----------
        symbols
            The elements.
        corrections
            Elements of `SHIFTS_EV` whose correction is applied.

        Raises
        ------
        UnknownElementError
            If the table lacks an element.
        RefusedInputError
            If a correction is not known.
        """
        chosen = tuple(symbols)
        if unknown := self.unknown(chosen):
            raise UnknownElementError(unknown)
        columns = [self._column[symbol] for symbol in chosen]
        rows = self._rows_within(columns)
        energy = self.energy_eV_atom[rows]
        for symbol in dict.fromkeys(corrections):
            if symbol not in SHIFTS_EV:
                known = ", ".join(SHIFTS_EV)
                raise RefusedInputError(f"no correction of {symbol!r}", f"choose among {known}")
            energy = energy + SHIFTS_EV[symbol] * self.anion_fraction[symbol][rows]
        return ChemicalSystem(
            symbols=chosen,
            formulas=tuple(self.formulas[row] for row in rows.tolist()),
            fractions=self._dense(rows, columns),
            energy_eV_atom=energy,
            atoms=self.atoms[rows],
        )

    def _rows_within(self, columns: Sequence[int]) -> IntArray:
        """Rows that hold no other element."""
        outside = ~_mask_of(columns, len(self._masks))
        rows = np.flatnonzero((self._masks[0] & outside[0]) == 0)
        for word, others in zip(self._masks[1:], outside[1:], strict=True):
            rows = rows[(word[rows] & others) == 0]
        return rows

    def _dense(self, rows: IntArray, columns: Sequence[int]) -> FloatArray:
        place = np.full(len(self.symbols), -1)
        place[columns] = np.arange(len(columns))
        dense = np.zeros((len(rows), len(columns)))
        length = self.start[rows + 1] - self.start[rows]
        line = np.repeat(np.arange(len(rows)), length)
        within = np.arange(len(line)) - np.repeat(np.cumsum(length) - length, length)
        entry = np.repeat(self.start[rows], length) + within
        dense[line, place[self.element[entry]]] = self.fraction[entry]
        return dense


def _mask_of(columns: Sequence[int], words: int) -> NDArray[np.uint64]:
    mask = np.zeros(words, dtype=np.uint64)
    for column in columns:
        mask[column // _WORD] |= np.uint64(1) << np.uint64(column % _WORD)
    return mask


def _masks(start: IntArray, element: IntArray, n_symbols: int) -> NDArray[np.uint64]:
    """Which elements each row holds, a bit each, shape (words, n)."""
    words = -(-n_symbols // _WORD)
    masks = np.zeros((words, len(start) - 1), dtype=np.uint64)
    bit = np.uint64(1) << (element % _WORD).astype(np.uint64)
    for word in range(words):
        own = np.where(element // _WORD == word, bit, np.uint64(0))
        masks[word] = np.bitwise_or.reduceat(own, start[:-1])
    return masks
