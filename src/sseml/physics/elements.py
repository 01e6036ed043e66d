"""The facts about the elements that featurizers read: one array an element property, by Z."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np

from sseml.arrays import FloatArray, IntArray
from sseml.classes import dataclass
from sseml.files import packaged

N_ELEMENTS = 118
NO_ANION_RANK = 99
COORDINATIONS = (4, 6, 8)
LOWEST_CHARGE, HIGHEST_CHARGE = -4, 8


def packaged_rows(path: str) -> list[list[str]]:
    """Rows of a CSV of the package, such as ``physics/data/radii.csv``, below its header."""
    return list(csv.reader(packaged(path).read_text(encoding="utf-8").splitlines()))[1:]


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """Element properties by Z; row 0 is the padding of shorter formulas, and holds zeros.

    Every array is finite, and has the shape ``(N_ELEMENTS + 1,)``: where the electronegativity (He,
    Ne, Ar and most of Z > 103) or another property is unknown, it is the median of the known ones.
    `mass` is in u, `ionisation` in eV, `anion_polarizability` in Å³, charges in e. Sources, and
    what the tiers and ranks mean: ``data/SOURCES.md``.

    `radius` is ionic, in Å, for coordination 4, 6 and 8 and charges from −4 to +8: shape ``(3,
    N_ELEMENTS + 1, 13)``. Between and beyond tabulated charges the nearest one holds.
    """

    symbols: tuple[str, ...]
    number: dict[str, int]
    mass: FloatArray
    group: FloatArray
    period: FloatArray
    electronegativity: FloatArray
    ionisation: FloatArray
    valence_electrons: FloatArray
    charge_tier: IntArray
    charge_low: FloatArray
    charge_preferred: FloatArray
    charge_high: FloatArray
    anion_charge: FloatArray
    anion_rank: IntArray
    anion_polarizability: FloatArray
    radius: FloatArray


def _frozen(array: FloatArray) -> FloatArray:
    array.setflags(write=False)
    return array


def _middle(values: FloatArray) -> float:
    """Upper median; `numpy.median` would import `numpy.ma`, 20 ms of every run."""
    return float(np.sort(values)[values.size // 2])


def _column(rows: list[list[str]], index: int, *, impute: bool = False) -> FloatArray:
    """One property by Z, 0 for the padding; blanks become the median or 0."""
    values = np.array([float(row[index] or "nan") for row in rows])
    blank = np.isnan(values)
    values[blank] = _middle(values[~blank]) if impute else 0.0
    return _frozen(np.concatenate([[0.0], values]))


def _radius_table(number: dict[str, int]) -> FloatArray:
    """Radii by coordination, Z and charge, with the nearest known charge where one is missing."""
    charges = np.arange(LOWEST_CHARGE, HIGHEST_CHARGE + 1)
    table = np.full((len(COORDINATIONS), N_ELEMENTS + 1, charges.size), np.nan)
    for symbol, charge, r4, r6, r8, _ in packaged_rows("physics/data/radii.csv"):
        column = int(charge) - LOWEST_CHARGE
        table[:, number[symbol], column] = float(r4), float(r6), float(r8)
    known = ~np.isnan(table[0])
    middle = np.array([_middle(radii[known]) for radii in table])
    for z in range(1, N_ELEMENTS + 1):
        have = charges[known[z]]
        if have.size == 0:
            table[:, z, :] = middle[:, None]
            continue
        gaps = np.abs(charges[:, None] - have) + 100.0 * ((charges[:, None] < 0) != (have < 0))
        table[:, z, :] = table[:, z, have[gaps.argmin(axis=1)] - LOWEST_CHARGE]
    table[:, 0, :] = 0.0
    return _frozen(table)


@cache
def elements() -> Elements:
    """Read the element table once."""
    rows = packaged_rows("physics/data/elements.csv")
    symbols = ("", *(row[1] for row in rows))
    number = {symbol: z for z, symbol in enumerate(symbols) if symbol}
    rank = np.array([NO_ANION_RANK, *(int(row[13] or NO_ANION_RANK) for row in rows)])
    return Elements(
        symbols=symbols,
        number=number,
        mass=_column(rows, 2, impute=True),
        group=_column(rows, 3),
        period=_column(rows, 4),
        electronegativity=_column(rows, 5, impute=True),
        ionisation=_column(rows, 6, impute=True),
        valence_electrons=_column(rows, 7, impute=True),
        charge_tier=_column(rows, 8).astype(np.int64),
        charge_low=_column(rows, 9),
        charge_preferred=_column(rows, 10),
        charge_high=_column(rows, 11),
        anion_charge=_column(rows, 12),
        anion_rank=rank,
        anion_polarizability=_column(rows, 14),
        radius=_radius_table(number),
    )


@cache
def magpie_table() -> FloatArray:
    """The 22 Magpie properties by Z, shape ``(N_ELEMENTS + 1, 22)``, missing ones imputed.

    Missing values are the mean over the known elements, as matminer's default (``impute_nan=True``)
    has it. Source: doi 10.1038/npjcompumats.2016.28, data of matminer (BSD).
    """
    values = np.array(
        [[float(text) for text in row[1:]] for row in packaged_rows("physics/data/magpie.csv")]
    )
    return _frozen(np.vstack([np.zeros(values.shape[1]), values]))
