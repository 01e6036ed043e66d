"""What a material and the water or the carbon dioxide of the air react to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isclose

import numpy as np

from sseml.arrays import FloatArray
from sseml.physics.formulas import Reaction
from sseml.physics.hull import Hull
from sseml.physics.interface import STABLE_EV_ATOM, Mixing
from sseml.physics.oxidation import is_carbonate, positive_hydrogen
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.records import Composition, RefusedInputError

GASES: Mapping[str, Mapping[str, float]] = {
    "H2O": {"H": 2.0, "O": 1.0},
    "CO2": {"C": 1.0, "O": 2.0},
}
"""What the air can bring."""

PROTIC_HYDROGEN_EV = 0.46
"""What is added to the energy of a compound for each of its positive hydrogen atoms.

The first scheme of the Materials Project binds them too strongly: by 0.46 eV on average over LiOH,
NaOH, KOH, Mg(OH)2, Ca(OH)2, Al(OH)3 and La(OH)3 (0.41 to 0.52; enthalpies of formation of the NBS
tables of 1982), and by 0.4 to 0.6 eV in H2O, H2S, HCl and NH3. Metal hydrides are right to 0.07 eV.
It cancels unless hydrogen changes its charge, as where H2 is given off."""

_NONMETALS = frozenset((
    "H", "B", "C", "Si", "Ge", "N", "P", "As", "Sb", "O", "S", "Se", "Te", "F", "Cl", "Br", "I",
))  # fmt: skip
_HYDRIDE_FORMERS = frozenset(("B", "C", "Si", "Ge", "P", "As", "Sb"))
_MOST_HYDROGEN = 4.0
"""On each atom of them: what holds more, such as SiH8, holds H2."""

_NOTHING = 1e-9


def moisture_reaction(
    table: PhaseTable,
    material: Composition,
    gases: Sequence[str] = ("H2O",),
    *,
    corrections: Sequence[str] = (),
) -> Mixing | None:
    """Find the most exothermic reaction of a material with gases of the air, in any ratio.

    The energy of the material is set to the hull. Each gas, of `GASES`, takes part in the amount
    that gives the most energy per atom, or not at all. The reaction is for one formula unit of the
    material; None where nothing reacts.

    Raises
    ------
    UnknownElementError
        If the table lacks an element.
    RefusedInputError
        If the material holds carbon that is no carbonate, and CO2 is among the gases; or the table
        holds no row for one of the gases.

    Notes
    -----
    An indicator. The energies are those of crystals at 0 K: no humidity, no pressure, no entropy of
    the gases. Two rules stand for the kinetics at room temperature: neither gas is reduced, though
    the energies would often have it.

    - Hydrogen of water stays positive: it goes into hydroxides, hydrates and H2S, HCl, NH3, PH3. H2
      and hydrides are formed only if the material holds hydrogen itself or is a metal.
    - Carbon of CO2 stays in CO2 and carbonates.

    Positive hydrogen is shifted by `PROTIC_HYDROGEN_EV`. Energies of CO2 and carbonates are left
    alone: both are too low by 0.9 eV for each carbon, which cancels.
    """
    if "CO2" in gases and "C" in material.amounts and not is_carbonate(material.amounts):
        raise RefusedInputError(
            f"{material.formula} holds carbon that is no carbonate: what CO2 does to it is not "
            "calculated",
            "ask for water alone",
        )
    reactants = [material.amounts, *(GASES[gas] for gas in gases)]
    symbols = sorted({symbol for amounts in reactants for symbol in amounts} | {"H", "O"})
    reduces = "H" in material.amounts or not material.amounts.keys() & _NONMETALS
    system = _as_in_air(
        table.system(symbols, corrections),
        no_H2=not reduces,
        carbonates_only="CO2" in gases,
    )
    _refuse_what_the_table_lacks(system, gases)
    hull = Hull(system)
    compositions = np.array([system.composition(amounts) for amounts in reactants])
    energies_eV_atom = np.array([hull.at(composition).energy_eV for composition in compositions])
    found = Hull(_with_reactants(system, compositions, energies_eV_atom)).at(
        np.ones(len(symbols) + 1)
    )
    of_reactant = found.phases >= len(system.formulas)
    used = np.zeros(len(reactants))
    used[found.phases[of_reactant] - len(system.formulas)] = found.amounts[of_reactant]
    energy_eV_atom = found.energy_eV
    if energy_eV_atom > -STABLE_EV_ATOM or used[0] < _NOTHING:
        return None
    sizes = np.array([sum(amounts.values()) for amounts in reactants])
    atoms = sizes[0] / used[0]
    products = found.phases[~of_reactant]
    names = (material.formula, *gases)
    mixed = {name: float(n) for name, n in zip(names, used * atoms / sizes, strict=True)}
    return Mixing(
        share=float(used[0]),
        energy_eV_atom=energy_eV_atom,
        energy_eV=float(energy_eV_atom * atoms),
        reaction=Reaction(
            {name: n for name, n in mixed.items() if n > _NOTHING},
            system.formula_units(products, found.amounts[~of_reactant] * atoms),
        ),
    )


def _refuse_what_the_table_lacks(system: ChemicalSystem, gases: Sequence[str]) -> None:
    """The material is a mixture of elements at worst; a gas, without H2 or carbon, is none."""
    for gas in gases:
        if system.entry(system.composition(GASES[gas])) is None:
            raise RefusedInputError(
                f"the table of phases holds no {gas}", f"add its energy, or ask without {gas}"
            )


def _as_in_air(system: ChemicalSystem, *, no_H2: bool, carbonates_only: bool) -> ChemicalSystem:
    """Shift positive hydrogen, and leave out what the gases do not become."""
    energy = system.energy_eV_atom.copy()
    kept = np.ones(len(system.formulas), dtype=bool)
    for row, fractions in enumerate(system.fractions.tolist()):
        pairs = zip(system.symbols, fractions, strict=True)
        amounts = {symbol: fraction for symbol, fraction in pairs if fraction}
        if "H" in amounts:
            positive = positive_hydrogen(amounts)
            energy[row] += PROTIC_HYDROGEN_EV * positive
            kept[row] = not (no_H2 and _holds_reduced_hydrogen(amounts, positive))
        if carbonates_only and "C" in amounts:
            kept[row] &= _is_carbon_dioxide(amounts) or is_carbonate(amounts)
    return replace(
        system,
        formulas=tuple(np.array(system.formulas)[kept].tolist()),
        fractions=system.fractions[kept],
        energy_eV_atom=energy[kept],
        atoms=system.atoms[kept],
    )


def _is_carbon_dioxide(amounts: Mapping[str, float]) -> bool:
    return amounts.keys() == {"C", "O"} and isclose(amounts["O"], 2.0 * amounts["C"])


def _holds_reduced_hydrogen(amounts: Mapping[str, float], positive: float) -> bool:
    """Whether it is hydrogen or a hydride; PH3 and its like count as phosphides of H+."""
    negative = amounts["H"] - positive
    if len(amounts) > 1 and negative < _NOTHING:
        return False
    formers = sum(n for symbol, n in amounts.items() if symbol in _HYDRIDE_FORMERS)
    return not amounts.keys() <= _NONMETALS or negative > _MOST_HYDROGEN * formers + _NOTHING


def _with_reactants(
    system: ChemicalSystem, compositions: FloatArray, energy_eV_atom: FloatArray
) -> ChemicalSystem:
    """Turn the choice of a mixing ratio into the choice of phases, which a hull can make.

    Products y and reactants z, in atoms, hold the same elements: Fᵀy = Cᵀz, with Σz = 1. Adding
    1 = Σz on both sides, Fᵀy + (1 - C)ᵀz = 1: reactants are phases of the composition 1 - C and of
    negative energy, with one more element to count them.
    """
    n, m = len(system.formulas), len(compositions)
    counted = np.concatenate((np.zeros(n), np.ones(m)))[:, np.newaxis]
    fractions = np.vstack((system.fractions, 1.0 - compositions))
    return ChemicalSystem(
        symbols=(*system.symbols, "reactants"),
        formulas=(*system.formulas, *("",) * m),
        fractions=np.hstack((fractions, counted)),
        energy_eV_atom=np.concatenate((system.energy_eV_atom, -energy_eV_atom)),
        atoms=np.concatenate((system.atoms, np.ones(m))),
    )
