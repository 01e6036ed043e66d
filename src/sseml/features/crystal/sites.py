"""What sits where on average: the sites of a crystal, their roles, charges and radii.

Conventions for disorder. A site counts by its occupancies. Sites of one role that are nearer to one
another than 1 Å and together hold no more than one ion are places for the same ion: they become
one site at their mean position, which holds what they hold together. Any two sites that near that
together hold no more than one ion are no neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sseml.features.contract import FloatArray
from sseml.features.crystal.linkage import Linkage
from sseml.features.crystal.neighbours import BoolArray, IntArray, Pairs, neighbours
from sseml.features.elements import elements
from sseml.features.speciation import Speciation, speciate
from sseml.records import Composition, Crystal

ALTERNATIVE_A = 1.0
"""Sites nearer than this cannot both be occupied, unless their occupancies say so."""
FULL = 1.05
"""Occupancy up to which a group of alternatives holds one ion: 1, and the rounding of a file."""
FEWEST_LITHIUM = 0.15
"""Share of a site's atoms from which a mixed site counts as one of the lithium sites."""
FEWEST_BLOCKING = 0.2
"""Occupancy from which other ions on a site stand in lithium's way."""


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """What the elements of a crystal are; every array has one entry an element, shape (k,).

    Attributes
    ----------
    number
        Atomic numbers.
    lithium, anion, framework, proton
        Share of the element that plays the role; they sum to 1.
    charge
        As a cation, e.
    radius
        Å.
    """

    number: IntArray
    lithium: FloatArray
    anion: FloatArray
    framework: FloatArray
    proton: FloatArray
    charge: FloatArray
    radius: FloatArray

    @classmethod
    def of(cls, species: Speciation) -> Roles:
        """The roles in the one formula of a speciation."""
        fraction = species.fraction[0]
        lithium = species.is_lithium[0].astype(np.float64)
        anion = species.anions[0] / fraction
        framework = species.framework[0] / fraction
        return cls(
            number=species.number[0],
            lithium=lithium,
            anion=anion,
            framework=framework,
            proton=1.0 - lithium - anion - framework,
            charge=np.clip(species.charge[0], 0.0, None),
            radius=np.where(anion > 0.5, species.anion_radius[0], species.cation_radius[0]),
        )


class AverageStructure:
    """The sites of a crystal after alternatives are joined; arrays run over the n sites.

    Attributes
    ----------
    lattice_A
        Lattice vectors as rows, Å, shape (3, 3).
    volume_A3
        Volume of the cell, Å³.
    positions
        Fractional coordinates, shape (n, 3).
    occupancy
        Of each site by each element of `roles`, shape (n, k).
    """

    def __init__(self, crystal: Crystal) -> None:
        self.lattice_A = np.asarray(crystal.lattice_A, dtype=np.float64)
        self.volume_A3 = float(abs(np.linalg.det(self.lattice_A)))
        amounts: dict[str, float] = {}
        for site in crystal.occupancies:
            for symbol, share in site.items():
                amounts[symbol] = amounts.get(symbol, 0.0) + share
        self.roles = Roles.of(speciate([Composition("", amounts)]))
        symbols = elements().symbols
        occupancy = np.array(
            [[site.get(symbols[z], 0.0) for z in self.roles.number] for site in crystal.occupancies]
        )
        self.positions, self.occupancy = _joined(
            self.lattice_A, np.asarray(crystal.positions, dtype=np.float64), occupancy, self.roles
        )

    @cached_property
    def total(self) -> FloatArray:
        """Occupancy of each site by all elements together."""
        return self._held(np.ones(len(self.roles.number)))

    @cached_property
    def lithium(self) -> FloatArray:
        """Occupancy of each site by lithium."""
        return self._held(self.roles.lithium)

    @cached_property
    def anion(self) -> FloatArray:
        """Occupancy of each site by anions."""
        return self._held(self.roles.anion)

    @cached_property
    def framework(self) -> FloatArray:
        """Occupancy of each site by framework cations."""
        return self._held(self.roles.framework)

    @cached_property
    def framework_charge(self) -> FloatArray:
        """Charge that framework cations bring to each site, e."""
        return self._held(self.roles.framework * self.roles.charge)

    @cached_property
    def mass(self) -> FloatArray:
        """Mass on each site, u."""
        return self._held(elements().mass[self.roles.number])

    @cached_property
    def blocking_radius(self) -> FloatArray:
        """Mean radius, Å, of the anions and framework cations on each site; 0 where none are."""
        other = self.roles.anion + self.roles.framework
        held = self._held(other)
        radius: FloatArray = np.divide(
            self._held(other * self.roles.radius), held, out=np.zeros_like(held), where=held > 0
        )
        return radius

    @cached_property
    def is_lithium(self) -> BoolArray:
        """Sites of the lithium sublattice: lithium is a fair share of what sits there."""
        return (self.lithium > 0.0) & (self.lithium >= FEWEST_LITHIUM * self.total)

    @cached_property
    def is_anion(self) -> BoolArray:
        """Sites that hold anions more than anything else."""
        return ~self.is_lithium & (self.anion > 0.5 * self.total)

    @cached_property
    def is_framework(self) -> BoolArray:
        """Sites that hold framework cations more than anything else."""
        return ~self.is_lithium & (self.framework > 0.5 * self.total)

    @cached_property
    def is_blocking(self) -> BoolArray:
        """Sites that lithium cannot pass through."""
        held = self.anion + self.framework
        return ~self.is_lithium & (held >= FEWEST_BLOCKING)

    def pairs(self, centres: BoolArray, others: BoolArray, cutoff_A: float) -> Pairs:
        """Neighbours of some sites among others, numbered as the sites of the structure.

        No site neighbours itself, and alternatives of one another are no neighbours.
        """
        first, second = np.flatnonzero(centres), np.flatnonzero(others)
        found = neighbours(self.lattice_A, self.positions[first], self.positions[second], cutoff_A)
        numbered = Pairs(
            first[found.centre], second[found.other], found.image, found.vector, found.distance
        )
        together = self.total[numbered.centre] + self.total[numbered.other]
        apart = (numbered.distance >= ALTERNATIVE_A) | (together > FULL)
        same = (numbered.centre == numbered.other) & ~numbered.image.any(axis=1)
        return numbered.take(apart & ~same)

    def _held(self, share: FloatArray) -> FloatArray:
        held: FloatArray = self.occupancy @ share
        return held


def _joined(
    lattice_A: FloatArray, positions: FloatArray, occupancy: FloatArray, roles: Roles
) -> tuple[FloatArray, FloatArray]:
    """Positions and occupancies with the alternatives of one ion joined to one site."""
    kinds = np.stack(
        [occupancy @ (roles.lithium + roles.framework), occupancy @ roles.anion], axis=1
    )
    kind = np.where(kinds.max(axis=1) > 0.5 * occupancy.sum(axis=1), kinds.argmax(axis=1), 2)
    near = neighbours(lattice_A, positions, positions, ALTERNATIVE_A)
    near = near.take(
        (near.centre < near.other)
        & (kind[near.centre] == kind[near.other])
        & (kind[near.centre] < 2)
    )
    if not len(near.centre):
        return positions, occupancy
    linked = Linkage(len(positions))
    for one, other, image in zip(near.centre, near.other, near.image, strict=True):
        linked.link(int(one), int(other), image.tolist())
    root = np.array([linked.root(site) for site in range(len(positions))])
    total = occupancy.sum(axis=1)
    held = np.bincount(root, weights=total, minlength=len(root))
    group = np.where(held[root] <= FULL, root, np.arange(len(root)))
    cell = np.array([linked.cell(site) for site in range(len(positions))])
    placed = np.where((group == root)[:, None], positions + cell, positions)
    kept, position = np.unique(group, return_inverse=True)
    weight = np.zeros((len(kept), len(root)))
    weight[position, np.arange(len(root))] = total
    return (weight @ placed) / weight.sum(axis=1, keepdims=True), (weight > 0.0) @ occupancy
