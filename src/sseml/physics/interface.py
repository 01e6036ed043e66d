"""What materials in contact react to, closed or where an ion comes and goes at a potential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from math import isfinite

import numpy as np

from sseml.arrays import FloatArray
from sseml.physics.formulas import Reaction
from sseml.physics.hull import Equilibrium, Hull, pieces
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.physics.window import IONS
from sseml.records import Composition, RefusedInputError

STABLE_EV_ATOM = 1e-6
"""A reaction that gives less is none: the solver is not more exact."""

_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Mixing:
    """A reaction at one mixing ratio.

    `share` is the fraction of the atoms that the first material brings. The energy, 0 or negative,
    is per atom of the mixture, and for the amounts of `reaction`: one formula unit of the first
    material, or of the second one at ``share == 0``.
    """

    share: float
    energy_eV_atom: float
    energy_eV: float
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class Interface:
    """Reactions of two materials, by formula.

    `kinks` are every ratio at which the products change, from the second material alone to the
    first alone. Between them the energy is linear.
    """

    first: str
    second: str
    kinks: tuple[Mixing, ...]

    @property
    def worst(self) -> Mixing | None:
        """The most exothermic reaction per atom; None where the two coexist."""
        lowest = min(self.kinks, key=lambda kink: kink.energy_eV_atom)
        return lowest if lowest.energy_eV_atom < -STABLE_EV_ATOM else None


@dataclass(frozen=True, slots=True)
class OpenReaction:
    """A reaction that exchanges an ion with a reservoir at a potential against its metal.

    `ions` are taken up in mol for one formula unit of the (first) material, negative where given
    off; `share` is the fraction of the atoms of both materials that the first one brings, 1 without
    a partner. The energy, negative, is per atom of the materials without those of the reservoir,
    and for one formula unit, as is `reaction`, in which the ion stands on the side it belongs to.
    """

    potential_V: float
    ion: str
    ions: float
    share: float
    energy_eV_atom: float
    energy_eV: float
    reaction: Reaction


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
        reactants = {formula: amount for formula, amount in mixed.items() if amount}
        products = system.formula_units(there.phases, there.amounts * atoms)
        return Mixing(share, energy_eV_atom, energy_eV_atom * atoms, Reaction(reactants, products))

    steps = pieces(energy_and_slope, 0.0, 1.0)
    shares = (*(step.low for step in steps), 1.0)
    return Interface(first.formula, second.formula, tuple(mixing(share) for share in shares))


def open_reaction(
    table: PhaseTable,
    material: Composition,
    *,
    ion: str = "Li",
    potential_V: float = 0.0,
    corrections: Sequence[str] = (),
) -> OpenReaction | None:
    """Let a material take up and give off its ion until it is in equilibrium with a reservoir.

    The energy of the material is set to the hull; 0 V is the metal of the ion in excess. None where
    nothing happens, and where the material is the metal of the ion itself.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.
    RefusedInputError
        If the ion is none of `sseml.physics.window.IONS`, or the potential is below that of its
        metal or no number.

    Notes
    -----
    What is lowest is the grand potential E - µN with µ = -eV (doi 10.1021/cm702327g). It is
    counted without the ion, so that a hull of the other elements finds it.
    """
    _check(ion, potential_V)
    if not material.amounts.keys() - {ion}:
        return None
    system = table.system(sorted({*material.amounts, ion}), corrections)
    open_ = _OpenSystem(system, ion, potential_V)
    of_material = _amounts(system, material)
    after = open_.hull.at(open_.host(of_material))
    before = Hull(system).at(of_material).energy_eV + potential_V * of_material[open_.column]
    energy_eV = after.energy_eV - before
    if energy_eV > -STABLE_EV_ATOM * float(of_material.sum()):
        return None
    return open_.reaction(
        {material.formula: 1.0}, of_material, after, energy_eV=energy_eV, share=1.0
    )


def open_interface(
    table: PhaseTable,
    first: Composition,
    second: Composition,
    *,
    ion: str = "Li",
    potential_V: float = 0.0,
    corrections: Sequence[str] = (),
) -> OpenReaction | None:
    """Find what contact adds where both materials exchange the ion with one reservoir.

    Each material is first brought to the potential alone: what is given is what their contact adds,
    at the ratio of atoms, as the formulas have them, where it adds most. The reaction is written
    from the formulas as they are. None where contact adds nothing, or one of the two is the metal
    of the ion. Errors are those of `open_reaction`; the definition is that of doi
    10.1021/acs.chemmater.5b04082.
    """
    _check(ion, potential_V)
    if any(not each.amounts.keys() - {ion} for each in (first, second)):
        return None
    system = table.system(sorted({*first.amounts, *second.amounts, ion}), corrections)
    open_ = _OpenSystem(system, ion, potential_V)
    amounts = [_amounts(system, each) for each in (first, second)]
    atoms = [float(each.sum()) for each in amounts]
    of_first, of_second = (each / n for each, n in zip(amounts, atoms, strict=True))
    host_first, host_second = open_.host(of_first), open_.host(of_second)

    def energy_and_slope(share: float) -> tuple[float, float]:
        there = open_.hull.at(share * host_first + (1.0 - share) * host_second)
        return there.energy_eV, float(there.potential_eV @ (host_first - host_second))

    at_second, at_first = energy_and_slope(0.0)[0], energy_and_slope(1.0)[0]
    kinks = [step.high for step in pieces(energy_and_slope, 0.0, 1.0)[:-1]]
    gains = [
        energy_and_slope(share)[0] - share * at_first - (1.0 - share) * at_second for share in kinks
    ]
    if min(gains, default=0.0) > -STABLE_EV_ATOM:
        return None
    share, gain = min(zip(kinks, gains, strict=True), key=lambda kink: kink[1])
    size = atoms[0] / share
    mixed = {first.formula: 1.0}
    mixed[second.formula] = mixed.get(second.formula, 0.0) + (1.0 - share) * size / atoms[1]
    mixture = (share * of_first + (1.0 - share) * of_second) * size
    after = open_.hull.at(open_.host(mixture))
    return open_.reaction(mixed, mixture, after, energy_eV=gain * size, share=share)


def _check(ion: str, potential_V: float) -> None:
    if ion not in IONS:
        raise RefusedInputError(f"{ion!r} is no ion of a reservoir here", f"ask {', '.join(IONS)}")
    if not (isfinite(potential_V) and potential_V >= 0.0):
        raise RefusedInputError(
            f"{potential_V:g} V is no potential that a reservoir of {ion} can have",
            f"0 V is that of {ion} metal; write a number above it",
        )


def _amounts(system: ChemicalSystem, material: Composition) -> FloatArray:
    return np.array([material.amounts.get(symbol, 0.0) for symbol in system.symbols])


class _OpenSystem:
    """A chemical system at a potential: its phases without the ion, with their grand potentials."""

    def __init__(self, system: ChemicalSystem, ion: str, potential_V: float) -> None:
        self.ion, self.potential_V = ion, potential_V
        self.column = system.symbols.index(ion)
        of_ion = system.fractions[:, self.column]
        kept = 1.0 - of_ion > _NOTHING
        self._ions_per_formula = (of_ion * system.atoms)[kept]
        others = 1.0 - of_ion[kept]
        self.hull = Hull(
            ChemicalSystem(
                symbols=tuple(symbol for symbol in system.symbols if symbol != ion),
                formulas=tuple(compress(system.formulas, kept)),
                fractions=self.host(system.fractions[kept]) / others[:, None],
                energy_eV_atom=(system.energy_eV_atom + potential_V * of_ion)[kept] / others,
                atoms=system.atoms[kept] * others,
            )
        )

    def host(self, amounts: FloatArray) -> FloatArray:
        """Amounts of the elements that stay."""
        return np.delete(amounts, self.column, axis=-1)

    def reaction(
        self,
        reactants: Mapping[str, float],
        mixture: FloatArray,
        after: Equilibrium,
        *,
        energy_eV: float,
        share: float,
    ) -> OpenReaction:
        """Balance the ion of a mixture that becomes the phases of an equilibrium."""
        system = self.hull.system
        formula_units = after.amounts / system.atoms[after.phases]
        ions = float(formula_units @ self._ions_per_formula[after.phases] - mixture[self.column])
        products = system.formula_units(after.phases, after.amounts)
        before = dict(reactants)
        if ions > _NOTHING:
            before[self.ion] = before.get(self.ion, 0.0) + ions
        elif ions < -_NOTHING:
            products[self.ion] = -ions
        else:
            ions = 0.0
        return OpenReaction(
            potential_V=self.potential_V,
            ion=self.ion,
            ions=ions,
            share=share,
            energy_eV_atom=energy_eV / float(mixture.sum()),
            energy_eV=energy_eV,
            reaction=Reaction(before, products),
        )
