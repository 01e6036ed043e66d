"""The bond-valence site energy of Li⁺ over the cell of a crystal, on a periodic grid.

Anions attract Li⁺ by a Morse potential, cations push it away by a screened Coulomb potential; both
depend on the distance alone, and nothing relaxes.

References
----------
The potentials and the screening: Adams and Rao, doi 10.1002/pssa.201001116. Parameters for nine
anions: Chen and Adams, doi 10.1107/S2052252517010211. Half a bond's energy goes to each of its
ions, as in bvlain; Adams and Rao give all of it to Li⁺.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, sqrt

import numpy as np
from scipy.special import erfc

from sseml.arrays import BoolArray, FloatArray
from sseml.parse.structure.cell import close_pairs
from sseml.physics.charges import Ion
from sseml.records import Crystal, RefusedInputError

COULOMB_EV_A = 14.4
"""e²/4πε₀ as the parameters were fitted with it, eV Å."""

SCREENING = 0.74
"""Screening length by sum of covalent radii."""

LI_SHELL = 2
REACH_A = 10.0
"""Beyond this a pair counts for less than 0.1 meV."""

_REACH_OF_REPULSION = 4.2
"""In screening lengths; erfc is below 1e-8 there."""

TOO_NEAR_A = 1.0
"""A cation and Li⁺ are not nearer to each other than this at the same time."""

_CLOSEST_A = 0.3
"""Points nearer to an ion count as at this distance: far above any barrier, and finite."""


@dataclass(frozen=True, slots=True)
class Anion:
    """How an anion binds Li⁺.

    `charge` is its size in elementary charges, `shell` its principal quantum number, `r_min_A` the
    distance of lowest energy; over `b_A` the bond valence falls by e.
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


LI_ANIONS: Mapping[str, Anion] = {
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
"""Anions with published parameters, as far as softBV lists them for Li⁺."""


_Energy = Callable[[FloatArray], FloatArray]
"""Distances in Å → energies in eV, of one shape."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What acts on Li⁺ from one place, as far as `reach_A`.

    What `gives_way` holds a place that Li⁺ takes too, in other cells.
    """

    position: FloatArray
    reach_A: float
    energy: _Energy
    gives_way: bool


def site_energy(
    crystal: Crystal,
    ions: Mapping[str, Ion],
    shape: tuple[int, ...],
    watch: Callable[[float], None] = lambda _: None,
) -> FloatArray:
    """Energy of one Li⁺ at the points of a grid, all other Li taken out.

    Every element of a site acts with its occupancy; what is vacant does not act. A cation that
    shares a site with Li, or sits too near one to be there together, is missing where Li⁺ comes
    from and where it goes: the two of these sites that act most on a point do not act on it.

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
    sources = list(_sources(crystal, ions))
    energy, most, second = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for count, source in enumerate(sources):
        watch(count / len(sources))
        for block, acting in _blocks(source, shape, np.asarray(crystal.lattice_A)):
            energy[block] += acting
            if source.gives_way:
                second[block] = np.maximum(second[block], np.minimum(most[block], acting))
                most[block] = np.maximum(most[block], acting)
    watch(1.0)
    return energy - most - second


class Landscape:
    """The site energy of Li⁺ at any point, as `site_energy` has it at those of a grid."""

    def __init__(self, crystal: Crystal, ions: Mapping[str, Ion]) -> None:
        self._lattice_A = np.asarray(crystal.lattice_A)
        self._heights_A = 1.0 / np.linalg.norm(np.linalg.inv(self._lattice_A), axis=0)
        kinds: dict[tuple[_Energy, float, bool], list[FloatArray]] = {}
        for source in _sources(crystal, ions):
            kind = source.energy, source.reach_A, source.gives_way
            kinds.setdefault(kind, []).append(source.position)
        self._kinds = [(kind, np.array(positions)) for kind, positions in kinds.items()]

    def around(self, centre: FloatArray, radius_A: float) -> Callable[[FloatArray], FloatArray]:
        """Energy near a point: fractional coordinates, shape (n, 3) → eV, shape (n,).

        Points asked for are at most `radius_A` from the centre, a fractional coordinate.
        """
        middle_A = centre @ self._lattice_A
        acting = []
        for (energy, reach_A, gives_way), positions in self._kinds:
            images_A = self._images(positions, centre, reach_A + radius_A) @ self._lattice_A
            near = np.linalg.norm(images_A - middle_A, axis=1) < reach_A + radius_A
            acting.append((energy, reach_A, gives_way, images_A[near]))

        def energies(points: FloatArray) -> FloatArray:
            places_A = points @ self._lattice_A
            total, giving = np.zeros(len(points)), []
            for energy, reach_A, gives_way, images_A in acting:
                r_A = _distances(places_A, images_A)
                each = np.zeros(r_A.shape)
                near = r_A < reach_A
                each[near] = energy(np.maximum(r_A[near], _CLOSEST_A))
                total += each.sum(axis=1)
                if gives_way:
                    giving.append(each)
            return total - _two_largest(np.hstack(giving)) if giving else total

        return energies

    def _images(self, positions: FloatArray, centre: FloatArray, reach_A: float) -> FloatArray:
        nearest = positions - np.rint(positions - centre)
        most = np.ceil(reach_A / self._heights_A + 0.5).astype(int)
        cells = np.array(list(product(*(range(-n, n + 1) for n in most))))
        images: FloatArray = (nearest[:, None, :] + cells).reshape(-1, 3)
        return images


def _distances(points_A: FloatArray, others_A: FloatArray) -> FloatArray:
    apart_A = (points_A[:, None, axis] - others_A[None, :, axis] for axis in range(3))
    return np.sqrt(sum(each**2 for each in apart_A))


def _two_largest(acting: FloatArray) -> FloatArray:
    """Of each row, but nothing below zero."""
    kept = acting if acting.shape[1] <= 2 else np.partition(acting, -2, axis=1)[:, -2:]
    largest: FloatArray = kept.sum(axis=1)
    return largest


def shares_with_lithium(crystal: Crystal) -> BoolArray:
    """Which sites hold something else, and Li in reach of `TOO_NEAR_A`; shape (n_sites,)."""
    holds_li = np.array(["Li" in occupancy for occupancy in crystal.occupancies])
    holds_other = np.array([bool(occupancy.keys() - {"Li"}) for occupancy in crystal.occupancies])
    near = holds_li.copy()
    positions = np.asarray(crystal.positions)
    for one, other, _ in close_pairs(np.asarray(crystal.lattice_A), positions, TOO_NEAR_A):
        near[one] |= holds_li[other]
        near[other] |= holds_li[one]
    shared: BoolArray = near & holds_other
    return shared


def _sources(crystal: Crystal, ions: Mapping[str, Ion]) -> Iterator[_Source]:
    anions = {symbol for symbol, ion in ions.items() if ion.charge < 0.0}
    if unknown := sorted(anions - LI_ANIONS.keys()):
        raise RefusedInputError(
            f"there are no published bond-valence parameters of Li⁺ with {', '.join(unknown)} "
            f"as an anion, which it is for the charges of {crystal.formula} to balance",
            f"there are for {', '.join(LI_ANIONS)}; is the composition of the file right?",
        )
    if not anions:
        raise RefusedInputError("without an anion there is nothing that holds Li⁺")
    sites = zip(crystal.positions, crystal.occupancies, shares_with_lithium(crystal), strict=True)
    known: dict[tuple[tuple[str, float], ...], tuple[float, _Energy]] = {}
    for position, occupancy, shared in sites:
        present = {symbol: share for symbol, share in occupancy.items() if symbol != "Li"}
        cations = {symbol: present[symbol] for symbol in present if ions[symbol].charge > 0.0}
        alone = [{symbol: present[symbol]} for symbol in sorted(present.keys() & anions)]
        for acting in (*alone, *([cations] if cations else [])):
            key = tuple(acting.items())
            if key not in known:
                known[key] = (
                    _repulsion(cations, ions) if acting is cations else (REACH_A, _attraction(*key))
                )
            reach_A, energy = known[key]
            gives_way = bool(shared) and acting is cations
            yield _Source(np.asarray(position) % 1.0, reach_A, energy, gives_way)


def _attraction(held: tuple[str, float]) -> _Energy:
    """Energy of Li⁺ at a distance from an anion of an occupancy."""
    symbol, share = held
    anion = LI_ANIONS[symbol]

    def attraction(r_A: FloatArray) -> FloatArray:
        bond = np.exp((anion.r_min_A - r_A) / anion.b_A)
        well: FloatArray = share * anion.bond_energy / 2 * bond * (bond - 2)
        return well

    return attraction


def _repulsion(cations: Mapping[str, float], ions: Mapping[str, Ion]) -> tuple[float, _Energy]:
    """How far the cations of one site act, and the energy of Li⁺ at a distance from them."""
    strengths, screenings_A = [], []
    for symbol, share in cations.items():
        ion = ions[symbol]
        strengths.append(share * COULOMB_EV_A * ion.charge / sqrt(LI_SHELL * ion.shell))
        screenings_A.append(SCREENING * (ions["Li"].radius_A + ion.radius_A))

    def repulsion(r_A: FloatArray) -> FloatArray:
        pushed = np.zeros_like(r_A)
        for strength, screening_A in zip(strengths, screenings_A, strict=True):
            pushed += strength / r_A * erfc(r_A / screening_A)
        return pushed

    return min(REACH_A, _REACH_OF_REPULSION * max(screenings_A)), repulsion


def _blocks(
    source: _Source, shape: tuple[int, ...], lattice_A: FloatArray
) -> Iterator[tuple[tuple[slice, ...], FloatArray]]:
    """What a source and its images do: boxes of the grid, and the energy at their points."""
    metric = lattice_A @ lattice_A.T
    reach = source.reach_A * np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    ranges = [
        list(_pieces(centre, half, n))
        for centre, half, n in zip(source.position, reach, shape, strict=True)
    ]
    for pieces in product(*ranges):
        away = [
            np.arange(start, stop) / n + shift - centre
            for (start, stop, shift), n, centre in zip(pieces, shape, source.position, strict=True)
        ]
        yield tuple(slice(start, stop) for start, stop, _ in pieces), _acting(source, metric, away)


def _pieces(centre: float, half: float, n: int) -> Iterator[tuple[int, int, int]]:
    """Points of one axis within reach of an ion: first, behind the last, and of which cell."""
    first, last = ceil((centre - half) * n), floor((centre + half) * n)
    for cell in range(floor(first / n), floor(last / n) + 1):
        yield max(first - cell * n, 0), min(last - cell * n, n - 1) + 1, cell


def _acting(source: _Source, metric: FloatArray, away: Sequence[FloatArray]) -> FloatArray:
    """Energy at points given by their fractional coordinates along each axis from the source."""
    u, v, w = away[0][:, None, None], away[1][None, :, None], away[2][None, None, :]
    flat = u**2 * metric[0, 0] + v**2 * metric[1, 1] + 2 * u * v * metric[0, 1]
    squared = w * (w * metric[2, 2] + 2 * (u * metric[0, 2] + v * metric[1, 2])) + flat
    near = squared < source.reach_A**2
    energy = np.zeros(squared.shape)
    energy[near] = source.energy(np.sqrt(np.maximum(squared[near], _CLOSEST_A**2)))
    return energy
