"""The bond-valence site energy of Li⁺ over the cell of a crystal, on a periodic grid.

Anions attract Li⁺ by a Morse potential, cations push it away by a screened Coulomb potential; both
depend on the distance alone, and nothing relaxes.

References
----------
The potentials: Adams and Rao, doi 10.1002/pssa.201001116. Their parameters for nine anions: Chen
and Adams, doi 10.1107/S2052252517010211. Half a bond's energy to each of its ions, and the
screening: Chen, Wong and Adams, doi 10.1107/S2052520618015718, as bvlain has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from sseml.records import Crystal, RefusedInputError

FloatArray = NDArray[np.float64]

COULOMB_EV_A = 14.4
"""e²/4πε₀ as the parameters were fitted with it, eV Å."""

SCREENING = 0.74
"""Screening length by sum of covalent radii."""

LI_SHELL = 2
REACH_A = 10.0
"""Beyond this a pair counts for less than 0.1 meV."""

_REACH_OF_REPULSION = 4.2
"""In screening lengths; erfc is below 1e-8 there."""

_CLOSEST_A = 0.3
"""Points nearer to an ion count as at this distance: far above any barrier, and finite."""


@dataclass(frozen=True, slots=True)
class Anion:
    """How an anion binds Li⁺.

    Attributes
    ----------
    charge
        Its size, in elementary charges.
    shell
        Principal quantum number.
    r_min_A
        Distance of lowest energy, Å.
    b_A
        Softness: the bond valence falls by e over this distance, Å.
    """

    charge: int
    shell: int
    r_min_A: float
    b_A: float

    @property
    def bond_energy(self) -> float:
        """Depth of the Morse potential of the bond, eV (doi 10.1002/pssa.201001116)."""
        attraction = COULOMB_EV_A * self.charge / (self.r_min_A * sqrt(LI_SHELL * self.shell))
        return attraction * self.b_A**2 / 2


LI_ANIONS: Mapping[str, Anion] = MappingProxyType(
    {
        "N": Anion(3, 2, 2.132557, 0.637),
        "O": Anion(2, 2, 1.940013, 0.516),
        "F": Anion(1, 2, 1.872650, 0.508),
        "S": Anion(2, 3, 2.409710, 0.653),
        "Cl": Anion(1, 3, 2.396470, 0.634),
        "Se": Anion(2, 4, 2.683860, 0.684),
        "Br": Anion(1, 4, 2.582550, 0.675),
        "Te": Anion(2, 5, 2.733130, 0.729),
        "I": Anion(1, 5, 2.788070, 0.735),
    }
)
"""Anions with published parameters, as far as softBV lists them for Li⁺."""


@dataclass(frozen=True, slots=True)
class Ion:
    """What an element is in a framework.

    Attributes
    ----------
    charge
        Mean formal charge, in elementary charges.
    shell
        Principal quantum number of the valence shell.
    radius_A
        Covalent radius (doi 10.1039/b801115j), Å.
    """

    charge: float
    shell: int
    radius_A: float


@dataclass(frozen=True, slots=True)
class _Part:
    """One element of one site: where it sits, how far it acts, and its energy at a distance."""

    position: FloatArray
    reach_A: float
    energy: Callable[[FloatArray], FloatArray]


def site_energy(
    crystal: Crystal,
    ions: Mapping[str, Ion],
    shape: tuple[int, int, int],
    watch: Callable[[float], None] = lambda _: None,
) -> FloatArray:
    """Energy of one Li⁺ at the points of a grid, all other Li taken out.

    Every element of a site acts with its occupancy; what is vacant does not act.

    Parameters
    ----------
    crystal
        The average structure.
    ions
        What each element of the framework is.
    shape
        Points along each lattice vector; point i lies at i/n of it.
    watch
        Called with the share done from 0 to 1; what it raises ends the calculation.

    Returns
    -------
    ndarray of float64, shape `shape`
        eV; 0 is Li⁺ far from every ion.

    Raises
    ------
    RefusedInputError
        If the framework holds an anion without published parameters, or no anion.
    """
    parts = list(_parts(crystal, ions))
    energy = np.zeros(shape)
    for count, part in enumerate(parts):
        watch(count / len(parts))
        _add(energy, part, np.asarray(crystal.lattice_A, dtype=np.float64))
    watch(1.0)
    return energy


def _parts(crystal: Crystal, ions: Mapping[str, Ion]) -> Iterator[_Part]:
    anions = {symbol for symbol, ion in ions.items() if ion.charge < 0.0}
    if unknown := sorted(anions - LI_ANIONS.keys()):
        raise RefusedInputError(
            f"there are no published bond-valence parameters of Li⁺ with {', '.join(unknown)} "
            "as an anion",
            f"there are for {', '.join(LI_ANIONS)}",
        )
    if not anions:
        raise RefusedInputError("without an anion there is nothing that holds Li⁺")
    for position, occupancy in zip(crystal.positions, crystal.occupancies, strict=True):
        for symbol, share in occupancy.items():
            if symbol == "Li" or not ions[symbol].charge:
                continue
            reach_A, energy = _potential(symbol, ions[symbol], share, ions["Li"].radius_A)
            yield _Part(np.asarray(position) % 1.0, reach_A, energy)


def _potential(
    symbol: str, ion: Ion, share: float, li_radius_A: float
) -> tuple[float, Callable[[FloatArray], FloatArray]]:
    """How far an ion acts, and its energy with Li⁺ at a distance, weighted by its occupancy."""
    if ion.charge < 0.0:
        anion = LI_ANIONS[symbol]

        def attraction(r_A: FloatArray) -> FloatArray:
            bond = np.exp((anion.r_min_A - r_A) / anion.b_A)
            well: FloatArray = share * anion.bond_energy / 2 * bond * (bond - 2)
            return well

        return REACH_A, attraction
    screening_A = SCREENING * (li_radius_A + ion.radius_A)
    strength = share * COULOMB_EV_A * ion.charge / sqrt(LI_SHELL * ion.shell)

    def repulsion(r_A: FloatArray) -> FloatArray:
        pushed: FloatArray = strength / r_A * erfc(r_A / screening_A)
        return pushed

    return min(REACH_A, _REACH_OF_REPULSION * screening_A), repulsion


def _add(energy: FloatArray, part: _Part, lattice_A: FloatArray) -> None:
    """Add what one ion and its images do to the points within reach; in place."""
    metric = lattice_A @ lattice_A.T
    reach = part.reach_A * np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    ranges = [
        list(_pieces(centre, half, n))
        for centre, half, n in zip(part.position, reach, energy.shape, strict=True)
    ]
    for pieces in product(*ranges):
        u, v, w = (
            np.arange(start, stop) / n + shift - centre
            for (start, stop, shift), n, centre in zip(
                pieces, energy.shape, part.position, strict=True
            )
        )
        block = energy[tuple(slice(start, stop) for start, stop, _ in pieces)]
        _add_block(block, part, metric, (u, v, w))


def _pieces(centre: float, half: float, n: int) -> Iterator[tuple[int, int, int]]:
    """Points of one axis within reach of an ion: first, behind the last, and of which cell."""
    first, last = ceil((centre - half) * n), floor((centre + half) * n)
    for cell in range(floor(first / n), floor(last / n) + 1):
        yield max(first - cell * n, 0), min(last - cell * n, n - 1) + 1, cell


def _add_block(
    block: FloatArray, part: _Part, metric: FloatArray, away: Sequence[FloatArray]
) -> None:
    u, v, w = away[0][:, None, None], away[1][None, :, None], away[2][None, None, :]
    flat = u**2 * metric[0, 0] + v**2 * metric[1, 1] + 2 * u * v * metric[0, 1]
    squared = w * (w * metric[2, 2] + 2 * (u * metric[0, 2] + v * metric[1, 2])) + flat
    near = squared < part.reach_A**2
    distance_A = np.sqrt(np.maximum(squared[near], _CLOSEST_A**2))
    block[near] += part.energy(distance_A)
