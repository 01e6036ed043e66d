"""Margins, cost and supply of an answer, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.screen.scores import Electrodes, scored
from sseml.screen.supply import cost_USD_kg, hhi_production


def test_the_cost_of_a_formula_is_the_mean_of_its_elements_by_mass() -> None:
    """LiCl: 6.941 g of Li at 3.86911 and 35.453 g of Cl at 1.5 USD/kg."""
    assert cost_USD_kg({"Li": 1, "Cl": 1}) == pytest.approx(1.88788, abs=1e-5)
    assert hhi_production({"Li": 1, "Cl": 1}) == pytest.approx(
        (6.941 * 2900 + 35.453 * 1500) / 42.394
    )


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
