"""The hull against SciPy's HiGHS, and the same answer whatever was asked before."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sseml.arrays import FloatArray
from sseml.physics.hull import Equilibrium, Hull, HullError
from sseml.physics.phases import ChemicalSystem, PhaseTable

TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


def system_of(amounts: FloatArray, energies: FloatArray) -> ChemicalSystem:
    """Phases of these amounts and energies per atom, and the elements at 0 eV behind them."""
    n, k = amounts.shape
    fractions = np.vstack((amounts / amounts.sum(axis=1, keepdims=True), np.eye(k)))
    return ChemicalSystem(
        symbols=tuple(f"E{place}" for place in range(k)),
        formulas=tuple(f"P{place}" for place in range(n + k)),
        fractions=fractions,
        energy_eV_atom=np.concatenate((energies, np.zeros(k))),
        atoms=np.ones(n + k),
    )


@st.composite
def systems(draw: st.DrawFn) -> ChemicalSystem:
    """Few whole numbers and tenths of eV: full of phases on one line and of one energy."""
    k, n = draw(st.integers(2, 6)), draw(st.integers(0, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    amounts = generator.integers(0, draw(st.sampled_from((2, 4, 9))) + 1, size=(n, k)) * 1.0
    amounts[amounts.sum(axis=1) == 0.0] = 1.0
    digits = draw(st.sampled_from((0, 1, 6)))
    return system_of(amounts, generator.uniform(-2.0, 0.4, size=n).round(digits))


@st.composite
def questions(draw: st.DrawFn) -> tuple[ChemicalSystem, list[FloatArray]]:
    """A system, and compositions at its phases, between a few of them, and anywhere."""
    system = draw(systems())
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    asked = []
    for corners in draw(st.lists(st.integers(1, 8), min_size=1, max_size=8)):
        phases = generator.integers(0, len(system.formulas), size=corners)
        shares = generator.integers(1, 5, size=corners) / 8.0
        asked.append(shares @ system.fractions[phases])
    return system, asked


def solved(system: ChemicalSystem, composition: FloatArray) -> float:
    fractions = composition / composition.sum()
    answer = linprog(
        system.energy_eV_atom,
        A_eq=system.fractions.T,
        b_eq=fractions,
        method="highs",
        options=TIGHT,
    )
    assert answer.status == 0
    return float(answer.fun * composition.sum())


def check(system: ChemicalSystem, composition: FloatArray, stable: Equilibrium) -> None:
    """Energy as HiGHS has it, the composition made up, and no phase below the plane."""
    assert stable.energy_eV == pytest.approx(solved(system, composition), abs=1e-8)
    assert stable.amounts @ system.fractions[stable.phases] == pytest.approx(composition, abs=1e-9)
    above = system.energy_eV_atom - system.fractions @ stable.potential_eV
    assert above.min() > -1e-9
    assert above[stable.phases] == pytest.approx(0.0, abs=1e-9)


def as_text(stable: Equilibrium) -> str:
    """Every digit of it."""
    numbers = (stable.potential_eV, stable.phases, stable.amounts)
    return repr((stable.energy_eV, *(array.tolist() for array in numbers)))


@settings(max_examples=150, deadline=None)
@given(asked=questions())
def test_random_systems_are_solved_as_highs_solves_them(
    asked: tuple[ChemicalSystem, list[FloatArray]],
) -> None:
    system, compositions = asked
    hull = Hull(system)
    for composition in compositions:
        check(system, composition, hull.at(composition))


@settings(max_examples=60, deadline=None)
@given(asked=questions(), data=st.data())
def test_an_answer_is_the_same_to_the_last_digit_whatever_was_asked_before(
    asked: tuple[ChemicalSystem, list[FloatArray]], data: st.DataObject
) -> None:
    system, compositions = asked
    alone = {place: as_text(Hull(system).at(each)) for place, each in enumerate(compositions)}
    used = Hull(system)
    for place in data.draw(st.permutations([*alone, *alone])):
        assert as_text(used.at(compositions[place])) == alone[place]


REAL = (
    ("Li", "P", "S"), ("Cl", "Li", "P", "S"), ("La", "Li", "O", "Ti"),
    ("Al", "Li", "O", "P", "Ti"),
    ("C", "H", "Li", "N", "O"), ("Cl", "Li", "O", "P", "S", "Zr"),
    ("B", "F", "Li", "Na", "O", "Si"),
)  # fmt: skip


@pytest.mark.parametrize("symbols", REAL)
def test_vertices_edges_and_facets_of_real_systems(
    table: PhaseTable, symbols: tuple[str, ...]
) -> None:
    system = table.system(symbols)
    hull = Hull(system)
    draw = np.random.default_rng(len(system.formulas))
    inner = hull.at(np.ones(len(symbols)))
    facet = system.fractions[inner.phases]
    for count in range(1, len(facet) + 1):
        for corners in itertools.islice(itertools.combinations(range(len(facet)), count), 6):
            composition = draw.integers(1, 9, size=count) / 8.0 @ facet[list(corners)]
            stable = hull.at(composition)
            check(system, composition, stable)
            assert stable.phases.tolist() == inner.phases[list(corners)].tolist()
            assert as_text(stable) == as_text(Hull(system).at(composition))
    for composition in draw.choice(system.fractions, size=20):
        check(system, composition, hull.at(composition))


def test_threads_that_ask_one_hull_get_what_one_gets(table: PhaseTable) -> None:
    system = table.system(("Al", "Li", "O", "P", "Ti"))
    draw = np.random.default_rng(3)
    asked = [*draw.dirichlet(np.full(5, 0.5), size=150), *draw.choice(system.fractions, size=50)]
    alone = [as_text(Hull(system).at(composition)) for composition in asked]
    shared = Hull(system)
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda composition: as_text(shared.at(composition)), [*asked, *asked])
        assert list(together) == [*alone, *alone]


@pytest.mark.parametrize("trace", [1e-9, 1e-7, 1e-5])
def test_a_trace_of_an_element_is_an_amount_like_another(table: PhaseTable, trace: float) -> None:
    system = table.system(("Cl", "Li", "P", "S"))
    for place in range(4):
        composition = np.array([1.0, 6.0, 1.0, 5.0])
        composition[place] = trace
        check(system, composition, Hull(system).at(composition))


def test_phases_that_hold_no_element_alone_are_enough(table: PhaseTable) -> None:
    system = table.system(("Li", "O"))
    oxides = ["Li" in formula and "O" in formula for formula in system.formulas]
    few = ChemicalSystem(
        system.symbols,
        tuple(np.array(system.formulas)[oxides]),
        system.fractions[oxides],
        system.energy_eV_atom[oxides],
        system.atoms[oxides],
    )
    between = few.fractions[[0, -1]].mean(axis=0)
    check(few, between, Hull(few).at(between))
    with pytest.raises(HullError, match="no phases of Li-O"):
        Hull(few).at(np.array([1.0, 0.0]))
