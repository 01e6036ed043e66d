"""The table of computed phases: what can form, with which energy, and where that is known wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.classes import dataclass, field
from sseml.parse.formula import parse_formula
from sseml.physics.formulas import chemical_formula, of_atoms
from sseml.physics.oxidation import (
    anionic_amount,
    has_bonded_sulfur,
    has_oxidised_anion,
    is_azide,
)
from sseml.records import RefusedInputError

SHIFTS_EV: Mapping[str, float] = MappingProxyType({"S": 0.66346, "Br": -0.534, "I": -0.379})
"""What the optional corrections add to the energy of a compound, in eV per anion.

S: takes back the sulfide correction of the Materials Project's first scheme, fitted to ten binary
sulfides (doi 10.1103/PhysRevB.84.045115 describes the scheme); without it are the windows published
in 2015. Br, I: the corrections that the first scheme lacks and the one of 2021 has (doi
10.1038/s41598-021-94550-5)."""

POSITIVE_HYDROGEN = "positive hydrogen is bound too strongly in the table"
"""Of a material that holds some, followed by what it does to the number."""

_SAME = 1e-6
_WORD = 64
_PHASES_REMEMBERED = 8192


class UnknownElementError(LookupError):
    """A formula holds elements, `symbols`, of which the table has no compounds."""

    def __init__(self, symbols: Sequence[str]) -> None:
        super().__init__(f"no compounds of {', '.join(symbols)} in the table of phases")
        self.symbols = tuple(symbols)


@dataclass(frozen=True, slots=True, eq=False)
class ChemicalSystem:
    """The n phases that k elements can form.

    Element fractions have the shape (n, k); formation energies from the elements, in eV/atom, and
    atoms per formula unit have the shape (n,).
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
        return self.entries(composition[np.newaxis])[0]

    def entries(self, compositions: FloatArray) -> list[float | None]:
        """As `entry` for each of p compositions, shape (p, k)."""
        same: BoolArray = np.ones((len(compositions), len(self.formulas)), dtype=np.bool_)
        for fractions, own in zip(self.fractions.T, compositions.T, strict=True):
            same &= np.abs(own[:, np.newaxis] - fractions) < _SAME
        there: BoolArray = np.logical_or.reduce(same, axis=1)
        return [
            float(self.energy_eV_atom[own].min()) if is_there else None
            for own, is_there in zip(same, there.tolist(), strict=True)
        ]

    def formula_units(self, phases: IntArray, atoms: FloatArray) -> dict[str, float]:
        """Formula → amount in formula units of some phases, rows of which so many atoms are."""
        formulas = (self.formulas[row] for row in phases)
        return of_atoms(formulas, self.atoms[phases], atoms)


@dataclass(frozen=True, slots=True, eq=False)
class PhaseTable:
    """Compounds and elements, n rows in any order, as a phase bundle holds them.

    Row i holds the elements ``element[start[i]:start[i + 1]]``, positions in `symbols`, with their
    `fraction`. Formation energies from the elements are those of the source, in eV/atom;
    `anion_fraction` gives for an element of `SHIFTS_EV` the fraction of a row's atoms that are its
    anions; both, and atoms per formula unit, have the shape (n,).
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
        """Take out what can form from these elements, energies shifted by the corrections named.

        Raises
        ------
        UnknownElementError
            If the table lacks an element.
        RefusedInputError
            If a correction is none of `SHIFTS_EV`.
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
        """Element fractions of some rows, shape (rows, columns)."""
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
    bits = np.array([_mask_of([column], words) for column in range(n_symbols)], dtype=np.uint64)
    own = (np.bitwise_or.reduceat(each.take(element), start[:-1]) for each in bits.T)
    return np.array(list(own))


def cautions(formulas: Iterable[str], corrections: Sequence[str] = ()) -> Iterator[str]:
    """Name the phases that the table makes too stable.

    With the correction of S, phases that it shifts need no caution of their S-S bonds any more.

    Examples
    --------
    >>> list(cautions(["LiS4", "LiCl"]))
    ['too stable in the table (S-S bonds): LiS4; compare with --corrections S']
    >>> list(cautions(["LiS4", "LiClO4"], ["S"]))
    ['too stable in the table (oxidised S, N or halogen): LiClO4']
    """
    judged = {chemical_formula(formula): _judged(formula) for formula in formulas}
    bonded = [name for name, phase in judged.items() if phase.has_bonded_sulfur]
    corrected = [name for name in bonded if judged[name].is_shifted]
    if left := [name for name in bonded if "S" not in corrections or name not in corrected]:
        hint = "; compare with --corrections S" if corrected and "S" not in corrections else ""
        yield f"too stable in the table (S-S bonds): {', '.join(left)}{hint}"
    oxidised = [name for name, phase in judged.items() if phase.has_oxidised_anion]
    if oxidised := [name for name in oxidised if name not in bonded]:
        yield f"too stable in the table (oxidised S, N or halogen): {', '.join(oxidised)}"
    if azides := [name for name, phase in judged.items() if phase.is_azide]:
        yield f"too stable in the table (azides): {', '.join(azides)}"


class _Judged(NamedTuple):
    has_bonded_sulfur: bool
    is_shifted: bool
    has_oxidised_anion: bool
    is_azide: bool


@lru_cache(maxsize=_PHASES_REMEMBERED)
def _judged(formula: str) -> _Judged:
    """What the formula of a phase tells; the same few phases come out again and again."""
    amounts = parse_formula(formula).amounts
    return _Judged(
        has_bonded_sulfur=has_bonded_sulfur(amounts),
        is_shifted=bool(anionic_amount(amounts, "S")),
        has_oxidised_anion=has_oxidised_anion(amounts),
        is_azide=is_azide(amounts),
    )
