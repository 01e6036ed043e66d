"""Reactions open to the ion: hand-calculated ones, pymatgen's, and what must always hold."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from pymatgen.analysis.interface_reactions import GrandPotentialInterfacialReactivity
from pymatgen.analysis.phase_diagram import GrandPotentialPhaseDiagram, PDEntry, PhaseDiagram
from pymatgen.core import Composition as PymatgenComposition
from pymatgen.core import Element

from sseml.parse.formula import parse_formula
from sseml.parse.material import parse_material
from sseml.physics.compatibility import compatibility, find_partners
from sseml.physics.interface import open_interface, open_reaction
from sseml.physics.phases import ChemicalSystem, PhaseTable
from sseml.records import RefusedInputError

ALONE = [
    ("Li1.3Al0.3Ti1.7(PO4)3", "Li", 0.0),
    ("Li10GeP2S12", "Li", 0.0),
    ("Li10GeP2S12", "Li", 4.3),
    ("Li7La3Zr2O12", "Li", 0.0),
    ("Li6PS5Cl", "Li", 3.0),
    ("Na3PS4", "Na", 0.0),
    ("Al2O3", "Li", 0.0),
]
PAIRS = [
    ("Li6PS5Cl", "LiCoO2", 4.3),
    ("Li3PS4", "LiFePO4", 3.4),
    ("Li7La3Zr2O12", "Li0.5CoO2", 4.2),
    ("Li3YCl6", "LiCoO2", 4.0),
    ("Li3PO4", "LiNi0.5Mn1.5O4", 4.7),
]


def small_table(energies: Mapping[str, float]) -> PhaseTable:
    """Phases by formula with formation energies in eV per formula unit."""
    compositions = {name: parse_formula(name).amounts for name in energies}
    symbols = tuple(sorted({symbol for amounts in compositions.values() for symbol in amounts}))
    atoms = np.array([sum(amounts.values()) for amounts in compositions.values()])
    parts = [list(amounts.items()) for amounts in compositions.values()]
    nothing = np.zeros(len(energies))
    return PhaseTable(
        name="small",
        symbols=symbols,
        formulas=list(energies),
        start=np.concatenate(([0], np.cumsum([len(part) for part in parts]))),
        element=np.array([symbols.index(symbol) for part in parts for symbol, _ in part]),
        fraction=np.array(
            [amount / size for part, size in zip(parts, atoms, strict=True) for _, amount in part]
        ),
        energy_eV_atom=np.array(list(energies.values())) / atoms,
        atoms=atoms,
        anion_fraction={"S": nothing, "Br": nothing, "I": nothing},
    )


def test_a_hand_calculated_material_at_two_potentials() -> None:
    """TiO2 takes up 4 Li at 0 V: 2 Li2O + Ti, or 1 Li for LiTiO2 between 0.5 and 1 V."""
    table = small_table(
        {"Li": 0.0, "Ti": 0.0, "O": 0.0, "TiO2": -9.0, "Li2O": -6.0, "LiTiO2": -10.0}
    )
    tio2 = parse_material("TiO2")
    at_0 = open_reaction(table, tio2)
    assert at_0 is not None
    assert str(at_0.reaction) == "TiO2 + 4 Li → Ti + 2 Li2O"
    assert (at_0.ions, at_0.energy_eV) == pytest.approx((4.0, -3.0))
    assert at_0.energy_eV_atom == pytest.approx(-1.0)
    at_09 = open_reaction(table, tio2, potential_V=0.9)
    assert at_09 is not None
    assert str(at_09.reaction) == "TiO2 + Li → LiTiO2"
    assert at_09.energy_eV == pytest.approx(-10.0 + 9.0 + 0.9)
    assert open_reaction(table, tio2, potential_V=1.1) is None
    given_off = open_reaction(table, parse_material("LiTiO2"), potential_V=1.5)
    assert given_off is not None
    assert str(given_off.reaction) == "LiTiO2 → TiO2 + Li"
    assert (given_off.ions, given_off.energy_eV) == pytest.approx((-1.0, -0.5))


def test_a_hand_calculated_interface_at_a_potential() -> None:
    """A + B → AB (-1 eV) with the lithium of A given off at 4 V, whatever A does by itself."""
    table = small_table(
        {"Li": 0.0, "Al": 0.0, "F": 0.0, "Si": 0.0, "LiAl": -1.0, "SiF": -2.0, "AlSiF": -3.0}
    )
    found = open_interface(table, parse_material("LiAl"), parse_material("SiF"), potential_V=4.0)
    assert found is not None
    assert str(found.reaction) == "LiAl + SiF → AlSiF + Li"
    assert (found.ions, found.share) == pytest.approx((-1.0, 0.5))
    assert found.energy_eV == pytest.approx(-1.0)
    assert found.energy_eV_atom == pytest.approx(-0.25)


@pytest.mark.parametrize(("formula", "ion", "potential_V"), ALONE)
def test_a_material_alone_is_that_of_pymatgen(
    table: PhaseTable,
    atoms_of: Callable[[Mapping[str, float]], Counter[str]],
    formula: str,
    ion: str,
    potential_V: float,
) -> None:
    amounts = parse_formula(formula).amounts
    system = table.system(sorted({*amounts, ion}))
    found = open_reaction(table, parse_material(formula), ion=ion, potential_V=potential_V)
    assert found is not None
    grand, closed = grand_diagrams(system, ion, potential_V)
    whole = PymatgenComposition(amounts)
    host = PymatgenComposition({symbol: n for symbol, n in amounts.items() if symbol != ion})
    before = closed.get_hull_energy(whole) + potential_V * amounts.get(ion, 0.0)
    assert found.energy_eV == pytest.approx(grand.get_hull_energy(host) - before, abs=1e-6)
    assert found.energy_eV_atom == pytest.approx(found.energy_eV / whole.num_atoms)
    balanced(atoms_of, found.reaction.reactants, found.reaction.products)


@pytest.mark.parametrize(("first", "second", "potential_V"), PAIRS)
def test_an_interface_is_that_of_pymatgen(
    table: PhaseTable,
    atoms_of: Callable[[Mapping[str, float]], Counter[str]],
    first: str,
    second: str,
    potential_V: float,
) -> None:
    a, b = parse_formula(first).amounts, parse_formula(second).amounts
    grand, closed = grand_diagrams(table.system(sorted({*a, *b})), "Li", potential_V)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GrandPotentialInterfacialReactivity(
            PymatgenComposition(a), PymatgenComposition(b), grand, closed, norm=False
        )
        kinks = theirs.get_kinks()
    # Theirs are per mol of the two formulas, ours per atom of them.
    expected = min(
        energy / (x * sum(a.values()) + (1 - x) * sum(b.values())) for _, x, energy, _, _ in kinks
    )
    found = open_interface(
        table, parse_material(first), parse_material(second), potential_V=potential_V
    )
    assert (found.energy_eV_atom if found else 0.0) == pytest.approx(expected, abs=1e-6)
    if found:
        balanced(atoms_of, found.reaction.reactants, found.reaction.products)


def grand_diagrams(
    system: ChemicalSystem, ion: str, potential_V: float
) -> tuple[GrandPotentialPhaseDiagram, PhaseDiagram]:
    entries = [
        PDEntry(PymatgenComposition(formula), energy * PymatgenComposition(formula).num_atoms)
        for formula, energy in zip(system.formulas, system.energy_eV_atom.tolist(), strict=True)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            GrandPotentialPhaseDiagram(entries, {Element(ion): -potential_V}),
            PhaseDiagram(entries),
        )


def balanced(
    atoms_of: Callable[[Mapping[str, float]], Counter[str]],
    reactants: Mapping[str, float],
    products: Mapping[str, float],
) -> None:
    before, after = atoms_of(reactants), atoms_of(products)
    for symbol in before.keys() | after.keys():
        assert before[symbol] == pytest.approx(after[symbol], abs=1e-5)


def test_titanium_of_latp_is_reduced_by_lithium_in_excess(table: PhaseTable) -> None:
    [lithium] = find_partners("Li")
    found = compatibility(table, parse_material("Li1.3Al0.3Ti1.7(PO4)3"), lithium)
    assert found.worst is not None
    assert found.opened is not None
    assert found.open_at_V == 0.0
    titanium = {name for name in found.opened.reaction.products if "Ti" in name}
    assert titanium
    assert not any("O" in name for name in titanium)
    assert found.opened.ions > 24.0


def test_the_potential_is_that_of_the_cathode_alone(table: PhaseTable) -> None:
    material = parse_material("Li6PS5Cl")
    found = {
        partner.label: compatibility(table, material, partner, potential_V=4.3)
        for name in ("Li", "LCO", "water")
        for partner in find_partners(name)
    }
    assert found["Li metal"].open_at_V == 0.0
    assert found["LCO charged"].open_at_V == 4.3
    assert found["water"].open_at_V is None
    assert any("by itself" in note for note in found["LCO charged"].notes)
    [charged] = find_partners("LCO charged")
    assert found["LCO charged"].worst == compatibility(table, material, charged).worst


@pytest.mark.parametrize("formula", ["Li", "LiCl", "Li2S"])
def test_what_coexists_with_lithium_takes_up_none(table: PhaseTable, formula: str) -> None:
    assert open_reaction(table, parse_material(formula)) is None
    assert open_interface(table, parse_material(formula), parse_material("Li")) is None


@pytest.mark.parametrize(("ion", "potential_V"), [("Ag", 0.0), ("Li", -0.1), ("Li", float("nan"))])
def test_what_is_no_reservoir_is_refused(table: PhaseTable, ion: str, potential_V: float) -> None:
    with pytest.raises(RefusedInputError):
        open_reaction(table, parse_material("Li3PS4"), ion=ion, potential_V=potential_V)
