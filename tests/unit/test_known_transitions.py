"""What a user may rely on in answers about materials with a known phase transition."""

from __future__ import annotations

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sseml
from sseml.model.answer import BundleAnswer
from sseml.model.bundle import Bundle
from sseml.model.known_transitions import across_transitions
from sseml.model.loading import Bundles
from sseml.parse.formula import parse_formula
from sseml.records import Prediction

TABLE = Path(__file__).parents[2] / "data" / "literature" / "transitions.csv"
with TABLE.open(encoding="utf-8", newline="") as _stream:
    LISTED = sorted({row["formula"] for row in csv.DictReader(_stream) if row["use"] != "no"})


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundles().of_compositions()


def answers(texts: list[str], bundle: Bundle, temperature_C: float = 25.0) -> list[Prediction]:
    own = list(sseml.predict(texts, temperature_C, bundle, window=False))
    assert all(isinstance(one, Prediction) for one in own), own
    return own  # type: ignore[return-value]


def plain(text: str, bundle: Bundle, temperature_C: float) -> BundleAnswer:
    return bundle.predict([parse_formula(text)], np.array([temperature_C]))


def said(one: Prediction) -> list[str]:
    return [note for note in one.notes if "the transition at" in note]


@pytest.mark.parametrize("temperature_C", [25.0, 100.0, 115.0])
def test_below_its_transition_libh4_is_the_model_s(temperature_C: float, bundle: Bundle) -> None:
    [one] = answers(["LiBH4"], bundle, temperature_C)
    assert one.log10_sigma == plain("LiBH4", bundle, temperature_C).sigma.log10[0]
    assert one.sigma_S_cm < 1e-5
    assert not said(one)


@pytest.mark.parametrize("temperature_C", [120.0, 200.0])
def test_above_its_transition_libh4_is_the_measured_superionic_conductor(
    temperature_C: float, bundle: Bundle
) -> None:
    """1e-3 S/cm at 120 °C and 0.53 eV, doi 10.1063/1.2817934."""
    [one] = answers(["LiBH4"], bundle, temperature_C)
    exponent = 0.53 / 8.617333262e-5 * (1 / 393.15 - 1 / (temperature_C + 273.15))
    measured = 1e-3 * 393.15 / (temperature_C + 273.15) * math.exp(exponent)
    assert one.sigma_S_cm == pytest.approx(measured, rel=1e-6)
    assert one.sigma_if_conductor_S_cm == pytest.approx(measured, rel=1e-6)
    assert math.log10(one.sigma_high_S_cm / one.sigma_S_cm) == pytest.approx(1.2)
    assert one.activation_energy_eV == 0.53
    assert one.p_superionic > 0.9
    assert said(one) == [
        "above the transition at 115 °C (orthorhombic → hexagonal, doi 10.1063/1.2817934): follows "
        "the measured high-temperature branch"
    ]


def test_who_names_the_high_temperature_form_is_not_moved_twice(bundle: Bundle) -> None:
    unnamed, named = answers(["LiBH4 T=150", "LiBH4 T=150 space_group=P63mc"], bundle)
    assert named.log10_sigma == pytest.approx(unnamed.log10_sigma, abs=1e-9)
    [cold] = answers(["Li7La3Zr2O12 T=700 space_group=230"], bundle)
    assert not said(cold)


def test_a_glass_has_no_transition(bundle: Bundle) -> None:
    [glass] = answers(["LiBH4 T=150 form=glass"], bundle)
    assert not said(glass)
    assert glass.sigma_S_cm < 1e-4


@settings(max_examples=60)
@given(
    st.sampled_from(LISTED),
    st.lists(st.floats(-50.0, 800.0), min_size=2, max_size=12, unique=True),
)
def test_heating_never_lowers_the_conductivity_or_the_probability(
    bundle: Bundle, formula: str, temperatures: list[float]
) -> None:
    own = answers([f"{formula} T={T:.6f} °C" for T in sorted(temperatures)], bundle)
    for cold, hot in pairwise(own):
        assert hot.log10_sigma >= cold.log10_sigma - 1e-9
        assert hot.sigma_if_conductor_S_cm >= cold.sigma_if_conductor_S_cm * (1 - 1e-9)
    for one in own:
        assert one.sigma_low_S_cm <= one.sigma_S_cm <= one.sigma_high_S_cm <= 10.0
        assert one.sigma_if_conductor_low_S_cm <= one.sigma_if_conductor_S_cm
        assert one.sigma_if_conductor_S_cm <= one.sigma_if_conductor_high_S_cm
        assert 0.0 <= one.p_superionic <= 1.0


def test_through_a_listed_branch_the_probability_rises_too(bundle: Bundle) -> None:
    for formula in LISTED:
        own = answers([f"{formula} T={T} °C" for T in (-20, 25, 60, 110, 125, 200)], bundle)
        chances = [one.p_superionic for one in own]
        assert chances == sorted(chances), formula


def test_other_materials_are_the_same_to_the_bit(bundle: Bundle) -> None:
    materials = [parse_formula(text) for text in ("Li6PS5Cl", "LiB0.8H3.2I0.2", "Li3YCl6", "LiF")]
    temperature_C = np.array([120.0, 200.0, 700.0, -40.0])
    answer = bundle.predict(materials, temperature_C)
    same, notes = across_transitions(answer, bundle, materials, temperature_C)
    assert same is answer
    assert notes == {}


def test_in_a_batch_only_the_listed_row_changes(bundle: Bundle) -> None:
    materials = [parse_formula(text) for text in ("Li6PS5Cl", "LiBH4", "LiF")]
    temperature_C = np.array([150.0, 150.0, 150.0])
    answer = bundle.predict(materials, temperature_C)
    moved, notes = across_transitions(answer, bundle, materials, temperature_C)
    assert set(notes) == {1}
    for name in ("log10", "log10_low", "log10_high"):
        changed = getattr(moved.sigma, name) != getattr(answer.sigma, name)
        assert changed.tolist() == [False, True, False]
    assert moved.distance is answer.distance


def test_an_unlisted_branch_is_said_and_widens_the_interval(bundle: Bundle) -> None:
    [one] = answers(["Li2MgCl4 T=240"], bundle)
    [note] = said(one)
    assert "drawn along one line across" in note
    before = plain("Li2MgCl4", bundle, 240.0).sigma
    assert one.log10_sigma == before.log10[0]
    assert one.sigma_high_S_cm > 10 ** before.log10_high[0] or one.sigma_high_S_cm == 10.0
