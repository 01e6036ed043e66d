"""What two materials in contact react to, along every ratio in which they can mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sseml.arrays import FloatArray
from sseml.physics.hull import Hull, pieces
from sseml.physics.phases import PhaseTable
from sseml.physics.reactions import Reaction, of_atoms
from sseml.records import Composition

STABLE_EV_ATOM = 1e-6
"""A reaction that gives less is none: the solver is not more exact."""


@dataclass(frozen=True, slots=True)
class Mixing:
    """A reaction at one mixing ratio.

    Attributes
    ----------
    share
        Fraction of the atoms that the first material brings.
    energy_eV_atom
        Reaction energy per atom of the mixture, 0 or negative.
    energy_eV
        The same for the amounts of `reaction`.
    reaction
        For one formula unit of the first material; at ``share == 0`` of the second one.
    """

    share: float
    energy_eV_atom: float
    energy_eV: float
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class Interface:
    """Reactions of two materials.

    Attributes
    ----------
    first, second
        Their formulas.
    kinks
        Every ratio at which the products change, from the second material alone to the first alone.
        Between them the energy is linear.
    """

    first: str
    second: str
    kinks: tuple[Mixing, ...]

    @property
    def worst(self) -> Mixing | None:
        """The most exothermic reaction per atom; None where the two coexist."""
        lowest = min(self.kinks, key=lambda kink: kink.energy_eV_atom)
        return lowest if lowest.energy_eV_atom < -STABLE_EV_ATOM else None


def interface_reactions(
    table: PhaseTable, first: Composition, second: Composition, *, corrections: Sequence[str] = ()
) -> Interface:
    """Reactions of two materials that exchange every element and nothing with a third.

    Parameters
    ----------
    table
        The phases that can form.
    first, second
        The materials.
    corrections
        Elements of `sseml.physics.phases.SHIFTS_EV`.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.

    Notes
    -----
    The energies of both materials are set to the hull: what is given is what contact adds to the
    decomposition that each, if metastable, is open to alone. The definition is that of doi
    10.1021/acs.chemmater.5b04082 and 10.1039/C5TA08574H.
    """
    system = table.system(sorted({*first.amounts, *second.amounts}), corrections)
    hull = Hull(system)
    of_first, of_second = system.composition(first.amounts), system.composition(second.amounts)
    first_eV_atom, second_eV_atom = hull.at(of_first).energy_eV, hull.at(of_second).energy_eV
    first_atoms, second_atoms = sum(first.amounts.values()), sum(second.amounts.values())

    def mixture(share: float) -> FloatArray:
        return share * of_first + (1.0 - share) * of_second

    def energy_and_slope(share: float) -> tuple[float, float]:
        there = hull.at(mixture(share))
        return there.energy_eV, float(there.potential_eV @ (of_first - of_second))

    def mixing(share: float) -> Mixing:
        there = hull.at(mixture(share))
        apart = share * first_eV_atom + (1.0 - share) * second_eV_atom
        energy_eV_atom = min(0.0, there.energy_eV - apart)
        atoms = first_atoms / share if share else second_atoms
        mixed = {first.formula: share * atoms / first_atoms}
        held = mixed.get(second.formula, 0.0)
        mixed[second.formula] = held + (1.0 - share) * atoms / second_atoms
        products = of_atoms(
            (system.formulas[row] for row in there.phases),
            system.atoms[there.phases],
            there.amounts * atoms,
        )
        reactants = {formula: amount for formula, amount in mixed.items() if amount}
        return Mixing(share, energy_eV_atom, energy_eV_atom * atoms, Reaction(reactants, products))

    steps = pieces(energy_and_slope, 0.0, 1.0)
    shares = (*(step.low for step in steps), 1.0)
    return Interface(first.formula, second.formula, tuple(mixing(share) for share in shares))
