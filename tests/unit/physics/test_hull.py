"""The hull against pymatgen's, and against what convexity demands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.phase_diagram import PhaseDiagram
from pymatgen.core import Composition

from sseml.arrays import FloatArray
from sseml.parse.formula import parse_formula
from sseml.physics.hull import Hull, HullError
from sseml.physics.phases import ChemicalSystem, PhaseTable

Diagram = Callable[[ChemicalSystem], PhaseDiagram]

SYSTEMS = (
    ("Li", "P", "S"),
    ("Cl", "Li", "P", "S"),
    ("La", "Li", "O", "Zr"),
    ("Al", "Li", "O", "P", "Ti"),
    ("Br", "Cl", "Li", "Y"),
    ("Co", "Li", "Mn", "Ni", "O"),
    ("H", "B", "Li", "N"),
)
FORMULAS = (
    "Li6PS5Cl", "Li7P3S11", "Li10GeP2S12", "Li7La3Zr2O12", "Li5La3Ta2O12", "Li1.3Al0.3Ti1.7(PO4)3",
    "Li0.33La0.56TiO3", "Li3YBr6", "Li3YCl3Br3", "Li2ZrCl6", "LiNbOCl4", "Li2.88PO3.73N0.14",
    "LiAlH4", "Li4(BH4)3I", "LiGaP2", "Li14SiP6", "Li3OCl", "Li1000Si", "Li0.001Si",
    "Na3Zr2Si2PO12", "LiNi0.8Co0.1Mn0.1O2", "Li0.5CoO2", "LiFePO4", "LaO", "SO3", "Si",
)  # fmt: skip

systems = st.sampled_from(SYSTEMS)
shares = st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any)


@pytest.fixture(scope="module")
def hulls(table: PhaseTable) -> dict[tuple[str, ...], Hull]:
    return {symbols: Hull(table.system(symbols)) for symbols in SYSTEMS}


def share_out(symbols: tuple[str, ...], shares: list[int]) -> FloatArray:
    held = np.array(shares[: len(symbols)], dtype=float)
    if not held.any():
        held[:] = 1.0
    return held / held.sum()


@pytest.mark.parametrize("formula", FORMULAS)
def test_energy_and_phases_are_pymatgens(table: PhaseTable, diagram: Diagram, formula: str) -> None:
    amounts = parse_formula(formula).amounts
    system = table.system(sorted(amounts))
    stable = Hull(system).at(system.composition(amounts))
    built = diagram(system)
    expected = built.get_decomposition(Composition(dict(amounts)))
    energy = sum(entry.energy_per_atom * share for entry, share in expected.items())
    assert stable.energy_eV == pytest.approx(energy, abs=1e-6)
    formulas = (Composition(system.formulas[row]) for row in stable.phases)
    found = dict(zip(formulas, stable.amounts, strict=True))
    for entry, share in expected.items():
        assert found.pop(entry.composition) == pytest.approx(share, abs=1e-6)
    assert sum(found.values()) == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=60)
@given(symbols=systems, shares=shares)
def test_phases_make_up_the_composition_at_potentials_no_phase_undercuts(
    hulls: dict[tuple[str, ...], Hull], symbols: tuple[str, ...], shares: list[int]
) -> None:
    hull, composition = hulls[symbols], share_out(symbols, shares)
    system, stable = hull.system, hull.at(composition)
    assert stable.amounts @ system.fractions[stable.phases] == pytest.approx(composition, abs=1e-9)
    energies = system.energy_eV_atom
    assert stable.amounts @ energies[stable.phases] == pytest.approx(stable.energy_eV, abs=1e-9)
    assert stable.potential_eV @ composition == pytest.approx(stable.energy_eV, abs=1e-8)
    excess = energies - system.fractions @ stable.potential_eV
    assert excess.min() > -1e-8
    assert excess[stable.phases] == pytest.approx(0.0, abs=1e-8)


@settings(max_examples=60)
@given(symbols=systems, one=shares, other=shares, part=st.integers(1, 9))
def test_the_hull_is_convex_along_every_line(
    hulls: dict[tuple[str, ...], Hull],
    symbols: tuple[str, ...],
    one: list[int],
    other: list[int],
    part: int,
) -> None:
    hull, weight = hulls[symbols], part / 10.0
    a, b = share_out(symbols, one), share_out(symbols, other)
    between = hull.at(weight * a + (1.0 - weight) * b).energy_eV
    assert between <= weight * hull.at(a).energy_eV + (1.0 - weight) * hull.at(b).energy_eV + 1e-9


@settings(max_examples=40)
@given(symbols=systems, shares=shares, factor=st.sampled_from((0.001, 0.1, 7.0, 500.0)))
def test_energy_grows_with_the_amount(
    hulls: dict[tuple[str, ...], Hull], symbols: tuple[str, ...], shares: list[int], factor: float
) -> None:
    hull, composition = hulls[symbols], share_out(symbols, shares)
    expected = factor * hull.at(composition).energy_eV
    assert hull.at(factor * composition).energy_eV == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_what_was_asked_before_does_not_matter(table: PhaseTable) -> None:
    system = table.system(("Al", "Li", "O", "P", "Ti"))
    used = Hull(system)
    draw = np.random.default_rng(0)
    for composition in draw.dirichlet(np.full(5, 0.5), size=60):
        fresh = Hull(system).at(composition)
        again = used.at(composition)
        assert again.energy_eV == pytest.approx(fresh.energy_eV, abs=1e-9)
        assert again.phases.tolist() == fresh.phases.tolist()


def test_large_amounts_are_solved_as_small_ones_are(table: PhaseTable) -> None:
    # The solver's tolerances are absolute: in atoms by the ten thousand it lost its way.
    hull = Hull(table.system(("Ce", "Cs", "Li", "Na", "O", "Se", "Tm", "Zr")))
    draw = np.random.default_rng(1)
    for composition in draw.choice(hull.system.fractions, size=300):
        expected = 1e4 * hull.at(composition).energy_eV
        assert hull.at(1e4 * composition).energy_eV == pytest.approx(expected, abs=1e-4)


def test_an_element_alone_costs_nothing(table: PhaseTable) -> None:
    stable = Hull(table.system(("Li",))).at(np.array([1.0]))
    assert stable.energy_eV == 0.0
    assert stable.phases.tolist() == [0]


@pytest.mark.parametrize("composition", [(0.5, -0.1, 0.6), (0.5, np.nan, 0.5), (0, 0, 0)])
def test_what_is_no_composition_is_said_to_be_none(
    table: PhaseTable, composition: tuple[float, ...]
) -> None:
    hull = Hull(table.system(("Li", "P", "S")))
    with pytest.raises(HullError, match="no composition"):
        hull.at(np.array(composition))
    assert hull.at(np.array([2.0, 0.0, 1.0])).energy_eV < -4.0
