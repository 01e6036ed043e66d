"""No answer contradicts another: whatever is asked, at whatever temperature and threshold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sseml.elements import MOLAR_MASS_G_MOL
from sseml.model.answer import BundleAnswer
from sseml.model.bundle import Bundle
from sseml.parse.formula import composition
from sseml.records import Composition

BOLTZMANN_EV_K = 8.617333262e-5
ROOM_C = 25.0

COMMON = ("O", "S", "Se", "Cl", "Br", "I", "F", "N", "P", "Ge", "Si", "Al", "La", "Zr", "Ti", "Ta")
AMOUNTS = st.floats(0.05, 12.0)
SPACE_GROUPS = st.none() | st.integers(1, 230)
CELSIUS = st.floats(-50.0, 800.0)
THRESHOLDS = st.floats(1e-7, 1e-1)

FEW = settings(max_examples=40)


@st.composite
def materials(draw: st.DrawFn) -> Composition:
    """A compound of lithium with any other elements, in any crystal system or none."""
    others = draw(
        st.lists(
            st.sampled_from(COMMON) | st.sampled_from(sorted(MOLAR_MASS_G_MOL)),
            min_size=1,
            max_size=5,
        )
    )
    amounts = {"Li": draw(AMOUNTS)} | {each: draw(AMOUNTS) for each in others if each != "Li"}
    return composition(amounts)


@pytest.fixture(scope="session")
def bundle(trained: Any) -> Bundle:
    return Bundle.load(trained.folder)


def asked(
    bundle: Bundle,
    material: Composition,
    temperature_C: list[float],
    space_group: int | None = None,
    threshold_S_cm: float = 1e-4,
) -> BundleAnswer:
    told = bundle.kind.in_space_group(material, space_group)
    count = len(temperature_C)
    return bundle.predict([told] * count, np.array(temperature_C), threshold_S_cm=threshold_S_cm)


@FEW
@given(materials(), SPACE_GROUPS, CELSIUS)
def test_limits_hold_the_answer_and_no_solid_conducts_better_than_any(
    bundle: Bundle, material: Composition, space_group: int | None, temperature_C: float
) -> None:
    told = asked(bundle, material, [temperature_C], space_group)
    for of in (told.sigma, told.if_conductor):
        assert of.log10_low <= of.log10 <= of.log10_high <= 1.0
    for probability in (told.p_conductor, told.p_superionic):
        assert 0.0 <= probability <= 1.0


@FEW
@given(materials(), SPACE_GROUPS, st.lists(CELSIUS, min_size=2, max_size=8))
def test_nothing_gets_worse_on_heating(
    bundle: Bundle, material: Composition, space_group: int | None, temperatures_C: list[float]
) -> None:
    told = asked(bundle, material, sorted(temperatures_C), space_group)
    rising = [told.p_superionic]
    for of in (told.sigma, told.if_conductor):
        rising += [of.log10, of.log10_low, of.log10_high]
    for values in rising:
        assert (np.diff(values) >= -1e-12).all()
    assert np.ptp(told.p_conductor) == 0.0, "it is that at 25 °C, whatever is asked"
    assert np.ptp(told.activation_energy_eV) == 0.0


@FEW
@given(materials(), SPACE_GROUPS, CELSIUS, THRESHOLDS, THRESHOLDS)
def test_what_reaches_a_higher_threshold_reaches_the_lower_too(
    bundle: Bundle,
    material: Composition,
    space_group: int | None,
    temperature_C: float,
    one: float,
    other: float,
) -> None:
    low, high = sorted((one, other))
    of_low, of_high = (
        asked(bundle, material, [temperature_C], space_group, each).p_superionic[0]
        for each in (low, high)
    )
    assert of_high <= of_low
    at_25 = asked(bundle, material, [ROOM_C], space_group, low)
    assert at_25.p_superionic[0] <= at_25.p_conductor[0]


@FEW
@given(materials(), SPACE_GROUPS)
def test_the_prefactor_is_one_that_solids_have(
    bundle: Bundle, material: Composition, space_group: int | None
) -> None:
    told = asked(bundle, material, [ROOM_C], space_group)
    per_eV = 1.0 / (BOLTZMANN_EV_K * 298.15 * math.log(10.0))
    prefactor = told.sigma.log10 + math.log10(298.15) + told.activation_energy_eV * per_eV
    assert 2.5 - 1e-6 <= prefactor[0] <= 8.5 + 1e-6


@FEW
@given(st.lists(materials(), min_size=2, max_size=6), CELSIUS, st.randoms(use_true_random=False))
def test_no_digit_depends_on_the_materials_asked_beside(
    bundle: Bundle, asked_for: list[Composition], temperature_C: float, order: Any
) -> None:
    together = bundle.predict(asked_for, np.full(len(asked_for), temperature_C))
    place = order.randrange(len(asked_for))
    alone = bundle.predict([asked_for[place]], np.array([temperature_C]))
    for name in ("log10", "log10_low", "log10_high"):
        for many, one in (
            (together.sigma, alone.sigma),
            (together.if_conductor, alone.if_conductor),
        ):
            assert getattr(one, name)[0] == getattr(many, name)[place]
    for name in ("p_conductor", "p_superionic", "activation_energy_eV", "nearest_distance"):
        assert getattr(alone, name)[0] == getattr(together, name)[place]


def test_saved_and_read_back_it_answers_alike(trained: Any, bundle: Bundle) -> None:
    asked_for = bundle.kind.read_all(list(dict.fromkeys(bundle.evidence.formulas))[:60])
    temperature_C = np.linspace(-50.0, 800.0, len(asked_for))
    old, new = (each.predict(asked_for, temperature_C) for each in (trained.bundle, bundle))
    for name in ("log10", "log10_low", "log10_high"):
        for of_old, of_new in ((old.sigma, new.sigma), (old.if_conductor, new.if_conductor)):
            np.testing.assert_allclose(getattr(of_new, name), getattr(of_old, name), atol=1e-4)
    for name in ("p_conductor", "p_superionic", "activation_energy_eV"):
        np.testing.assert_allclose(getattr(new, name), getattr(old, name), atol=1e-4)
