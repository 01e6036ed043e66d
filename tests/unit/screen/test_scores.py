"""Margins, cost and supply of an answer, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.parse.formula import parse_formula
from sseml.physics.phases import PhaseTable
from sseml.prediction import default_phases
from sseml.screen.critical import EU_2024, US_2025, critical
from sseml.screen.scores import Electrodes, scored, water_eV_atom
from sseml.screen.supply import cost_USD_kg, cost_USD_mol, hhi_production


@pytest.fixture(scope="module")
def table() -> PhaseTable:
    return default_phases().table


def test_the_cost_of_a_formula_is_the_mean_of_its_elements_by_mass() -> None:
    """LiCl: 6.941 g of Li at 3.86911 and 35.453 g of Cl at 1.5 USD/kg."""
    assert cost_USD_kg({"Li": 1, "Cl": 1}) == pytest.approx(1.88788, abs=1e-5)
    assert hhi_production({"Li": 1, "Cl": 1}) == pytest.approx(
        (6.941 * 2900 + 35.453 * 1500) / 42.394
    )


def test_the_cost_of_a_mol_is_that_of_its_mass() -> None:
    """LiCl is 42.394 g/mol at 1.88788 USD/kg; Li2Cl2 is twice as much of it."""
    assert cost_USD_mol({"Li": 1, "Cl": 1}) == pytest.approx(0.0800349, rel=1e-5)
    assert cost_USD_mol({"Li": 2, "Cl": 2}) == pytest.approx(2 * 0.0800349, rel=1e-5)
    assert cost_USD_mol({"Li": 1, "F": 1}) is None


def test_an_element_without_a_price_leaves_the_cost_out() -> None:
    assert cost_USD_kg({"Li": 1, "F": 1}) is None
    assert hhi_production({"Li": 1, "F": 1}) is not None
    assert hhi_production({"Li": 1, "B": 1, "H": 4}) is None


@given(
    st.dictionaries(st.sampled_from(["Li", "La", "Zr", "O", "S"]), st.floats(0.1, 9), min_size=1)
)
def test_cost_is_of_a_kilogram_and_between_its_elements(amounts: dict[str, float]) -> None:
    cost = cost_USD_kg(amounts)
    assert cost is not None
    assert cost == pytest.approx(cost_USD_kg({name: 3 * each for name, each in amounts.items()}))
    alone = [cost_USD_kg({name: 1}) or 0.0 for name in amounts]
    assert min(alone) - 1e-9 <= cost <= max(alone) + 1e-9


def test_margins_are_positive_where_the_electrode_lies_inside_the_window(make: Any) -> None:
    electrodes = Electrodes(anode_V=0.62, cathode_V=4.3)
    names = ("anode_margin_V", "cathode_margin_V")
    [found] = scored([make.answer(1, V_red=0.5, V_ox=4.1)], names, electrodes)
    assert found.columns == {"anode_margin_V": 0.12, "cathode_margin_V": -0.2}
    [found] = scored([make.answer(1)], names, electrodes)
    assert found.columns == {"anode_margin_V": None, "cathode_margin_V": None}


def test_refusals_and_recipes_have_no_cost_and_the_answer_keeps_its_columns(make: Any) -> None:
    given_ = [
        make.refusal(1),
        make.answer(2, formula="PEO + LiTFSI, EO:Li=18", kind="polymer"),
        make.answer(3, columns={"sample": "A7"}),
    ]
    refused, recipe, own = scored(given_, ("cost_USD_kg", "hhi_production"), Electrodes())
    assert refused == given_[0]
    assert recipe.columns == {"cost_USD_kg": None, "hhi_production": None}
    assert own.columns["sample"] == "A7"
    assert own.columns["cost_USD_kg"] > 100.0  # yttrium


# ---- lists of critical elements


@pytest.mark.parametrize(
    ("formula", "eu", "us"),
    [
        ("Li6PS5Cl", ["Li", "P"], ["Li", "P"]),
        ("Li7La3Zr2O12", ["Li", "La"], ["Li", "La", "Zr"]),  # zirconium: the US alone
        ("Li3InCl6", ["Li"], ["Li", "In"]),  # indium left the EU's list in 2023
        ("Li10SnP2S12", ["Li", "P"], ["Li", "Sn", "P"]),
        ("Li1.3Al0.3Ti1.7P3O12", ["Li", "Al", "Ti", "P"], ["Li", "Al", "Ti", "P"]),
        ("Li3OCl", ["Li"], ["Li"]),
    ],
)
def test_elements_on_the_lists(formula: str, eu: list[str], us: list[str]) -> None:
    elements = parse_formula(formula).amounts
    assert sorted(critical(elements, EU_2024)) == sorted(eu)
    assert sorted(critical(elements, US_2025)) == sorted(us)


def test_the_lists_are_whole() -> None:
    """Of 34 raw materials of the EU 31 are of elements, 20 of them in three groups; of 60, 58.

    The others are coking coal, feldspar and graphite; metallurgical coal and graphite.
    """
    everything = list(MOLAR_MASS_G_MOL)
    assert len(critical(everything, EU_2024)) == 31 - 3 - 1 + 20  # phosphorus is listed twice
    assert len(critical(everything, US_2025)) == 58


def test_beside_the_number_without_lithium_stands_which_they_are(make: Any) -> None:
    given_ = [
        make.answer(1, formula="Li6PS5Cl"),
        make.answer(2, formula="PEO + LiTFSI, EO:Li=18", kind="polymer"),
    ]
    inorganic, recipe = scored(given_, ("n_critical_EU_2024",), Electrodes())
    assert inorganic.columns == {"n_critical_EU_2024": 1, "critical_EU_2024": "Li, P"}
    assert recipe.columns == {"n_critical_EU_2024": None, "critical_EU_2024": None}


# ---- water


def test_what_reacts_with_water(table: PhaseTable) -> None:
    """Li3PS4 + 4 H2O → 4 H2S + Li3PO4 gives 0.984 eV over 20 atoms (docs/window.md)."""
    assert water_eV_atom(table, parse_formula("Li3PS4")) == pytest.approx(-0.984 / 20, abs=1e-4)
    assert water_eV_atom(table, parse_formula("Li4SnS4")) == 0.0
    unknown = water_eV_atom(table, parse_formula("Li3PoCl6"))
    assert unknown is None


def test_without_phases_nothing_is_said_of_water(make: Any, table: PhaseTable) -> None:
    given_ = [make.answer(1), make.answer(2, formula="PEO + LiTFSI, EO:Li=18", kind="polymer")]
    for answer in scored(given_, ("water_eV_atom",), Electrodes()):
        assert answer.columns == {"water_eV_atom": None}
    inorganic, recipe = scored(given_, ("water_eV_atom",), Electrodes(), lambda: table)
    assert inorganic.columns["water_eV_atom"] < 0.0
    assert recipe.columns == {"water_eV_atom": None}
