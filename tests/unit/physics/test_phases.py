"""The part of the table that a set of elements can form, and the corrections of its energies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.parse.formula import parse_formula
from sseml.physics.phases import SHIFTS_EV, PhaseTable, UnknownElementError

SYSTEMS = ("Cl-Li-P-S", "La-Li-O-Zr", "F-Li", "Li", "Al-Li-O-P-Ti", "Br-K-Na")


@pytest.fixture(scope="module")
def parsed(table: PhaseTable) -> dict[str, Mapping[str, float]]:
    return {formula: parse_formula(formula).amounts for formula in table.formulas}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_is_every_row_of_its_elements_and_no_other(
    table: PhaseTable, parsed: dict[str, Mapping[str, float]], name: str
) -> None:
    symbols = name.split("-")
    system = table.system(symbols)
    expected = {formula for formula, amounts in parsed.items() if set(amounts) <= set(symbols)}
    assert set(system.formulas) == expected
    assert len(system.formulas) == len(expected)
    for row, formula in enumerate(system.formulas):
        amounts = parsed[formula]
        assert system.atoms[row] == pytest.approx(sum(amounts.values()))
        held = dict(zip(system.symbols, system.fractions[row], strict=True))
        for symbol in symbols:
            assert held[symbol] == pytest.approx(amounts.get(symbol, 0.0) / system.atoms[row])


def test_every_element_is_a_phase_of_no_formation_energy(table: PhaseTable) -> None:
    system = table.system(table.symbols)
    assert len(system.formulas) == len(table)
    alone = np.flatnonzero((system.fractions > 0).sum(axis=1) == 1)
    assert {system.formulas[row] for row in alone} == set(table.symbols)
    assert (system.energy_eV_atom[alone] == 0.0).all()


@settings(max_examples=25)
@given(data=st.data())
def test_the_order_of_the_elements_only_orders_the_columns(
    table: PhaseTable, data: st.DataObject
) -> None:
    symbols = data.draw(
        st.lists(st.sampled_from(table.symbols), min_size=1, max_size=6, unique=True)
    )
    other = data.draw(st.permutations(symbols))
    one, two = table.system(symbols), table.system(other)
    assert one.formulas == two.formulas
    assert (one.energy_eV_atom == two.energy_eV_atom).all()
    assert (one.fractions[:, [symbols.index(s) for s in other]] == two.fractions).all()


def test_an_element_without_compounds_is_named(table: PhaseTable) -> None:
    with pytest.raises(UnknownElementError, match=r"no compounds of Ac, Pu") as error:
        table.system(["Li", "Ac", "O", "Pu"])
    assert error.value.symbols == ("Ac", "Pu")
    assert table.unknown(["Li", "Xe"]) == ("Xe",)


@pytest.mark.parametrize(
    ("formula", "correction", "anions"),
    [
        ("Li2S", "S", 1),
        ("Li3PS4", "S", 4),
        ("Li2SO4", "S", 0),
        ("S", "S", 0),
        ("LiBr", "Br", 1),
        ("NaBrO3", "Br", 0),
        ("LiI", "I", 1),
        ("Li2S", "Br", 0),
        ("Li3PO4", "S", 0),
    ],
)
def test_a_correction_shifts_the_anions_of_its_element(
    table: PhaseTable, formula: str, correction: str, anions: float
) -> None:
    amounts = parse_formula(formula).amounts
    plain, shifted = (table.system(sorted(amounts), c) for c in ((), (correction,)))
    at = plain.composition(amounts)
    before, after = plain.entry(at), shifted.entry(at)
    assert before is not None
    assert after is not None
    shift = SHIFTS_EV[correction] * anions / sum(amounts.values())
    assert after - before == pytest.approx(shift, abs=1e-12)


def test_corrections_add_up_and_count_once(table: PhaseTable) -> None:
    symbols = ("Li", "P", "S", "Br")
    plain, both = table.system(symbols), table.system(symbols, ("S", "Br"))
    one, other = table.system(symbols, ("S",)), table.system(symbols, ("Br",))
    expected = one.energy_eV_atom + other.energy_eV_atom - plain.energy_eV_atom
    assert both.energy_eV_atom == pytest.approx(expected)
    twice = table.system(symbols, ("S", "S"))
    assert (twice.energy_eV_atom == one.energy_eV_atom).all()


def test_the_entry_of_a_formula_is_the_lowest_of_its_composition(table: PhaseTable) -> None:
    system = table.system(("Li", "S"))
    own = float(table.energy_eV_atom[list(table.formulas).index("Li2S")])
    for amounts in ({"Li": 2, "S": 1}, {"Li": 4, "S": 2}, {"Li": 1.99999999, "S": 1}):
        assert system.entry(system.composition(amounts)) == own
    assert system.entry(system.composition({"Li": 5, "S": 2})) is None
    twins = replace(
        system,
        formulas=("Li", "S", "Li2S", "Li4S2"),
        fractions=np.array([[1, 0], [0, 1], [2 / 3, 1 / 3], [2 / 3, 1 / 3]]),
        energy_eV_atom=np.array([0.0, 0.0, -1.0, -1.1]),
        atoms=np.array([1.0, 1.0, 3.0, 6.0]),
    )
    assert twins.entry(twins.composition({"Li": 2, "S": 1})) == -1.1


def test_what_cannot_exist_is_not_in_the_table_and_peroxides_are(table: PhaseTable) -> None:
    formulas = set(table.formulas)
    assert not formulas & {"Li7Ti10O24", "Li(CuO2)2", "Li2CuF6", "SrCuO3"}
    assert formulas >= {"Li2O2", "Na2O2", "KO2", "BaO2"}


def test_more_elements_than_fit_one_word_are_told_apart() -> None:
    symbols = tuple(f"E{number}" for number in range(130))
    n = len(symbols)
    pairs = PhaseTable(
        name="many",
        symbols=symbols,
        formulas=[*symbols, "E0E129"],
        start=np.append(np.arange(n + 1), n + 2),
        element=np.append(np.arange(n), (0, n - 1)),
        fraction=np.append(np.ones(n), (0.5, 0.5)),
        energy_eV_atom=np.append(np.zeros(n), -1.0),
        atoms=np.append(np.ones(n), 2.0),
        anion_fraction={symbol: np.zeros(n + 1) for symbol in SHIFTS_EV},
    )
    assert pairs.system(("E0", "E129")).formulas == ("E0", "E129", "E0E129")
    assert pairs.system(("E0", "E65")).formulas == ("E0", "E65")
    assert pairs.system(("E129",)).formulas == ("E129",)
