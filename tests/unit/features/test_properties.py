"""What must hold for any formula: scale, order, finiteness and inputs left alone."""

from __future__ import annotations

import copy

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sseml.features.composition import element_fractions, fraction_distance
from sseml.features.ion_roles import speciate
from sseml.features.table import feature_table
from sseml.physics.elements import elements
from sseml.records import Composition

SYMBOLS = elements().symbols[1:]
COMMON = [
    "Li", "Na", "K", "La", "Zr", "Ti", "Al", "Ge", "P", "Si", "S", "O", "Cl", "Br", "I", "F", "N",
    "H", "B", "C", "Y", "Sb", "Fe", "V", "Se", "Ta",
]  # fmt: skip
SETS = ("chemistry", "prototype", "magpie", "fractions", "parents")

amounts = st.dictionaries(
    st.one_of(st.sampled_from(COMMON), st.sampled_from(SYMBOLS)),
    st.one_of(st.integers(1, 24).map(float), st.floats(0.01, 30.0)),
    min_size=1,
    max_size=9,
)


def rows(*compositions: dict[str, float]) -> np.ndarray:
    return feature_table([Composition("", a) for a in compositions], SETS).values


@given(amounts)
def test_values_are_finite(given_amounts: dict[str, float]) -> None:
    assert np.isfinite(rows(given_amounts)).all()


@given(amounts)
def test_doubling_the_amounts_changes_nothing(given_amounts: dict[str, float]) -> None:
    """Doubling is exact in binary, so equality is exact."""
    once, twice = rows(given_amounts, {s: 2.0 * a for s, a in given_amounts.items()})
    assert (once == twice).all()


@given(amounts, st.randoms(use_true_random=False))
def test_the_order_of_elements_changes_nothing(given_amounts: dict[str, float], random) -> None:
    shuffled = list(given_amounts.items())
    random.shuffle(shuffled)
    once, again = rows(given_amounts, dict(shuffled))
    np.testing.assert_allclose(once, again, rtol=1e-12, atol=1e-12)


@given(amounts)
def test_inputs_are_left_alone(given_amounts: dict[str, float]) -> None:
    before = copy.deepcopy(given_amounts)
    rows(given_amounts)
    assert given_amounts == before
    assert list(given_amounts) == list(before)


@given(amounts)
def test_roles_and_charges_add_up(given_amounts: dict[str, float]) -> None:
    s = speciate([Composition("", given_amounts)])
    in_roles = s.tetrahedral + s.octahedral + s.large
    np.testing.assert_allclose(in_roles, s.framework, atol=1e-8)
    whole = s.anion_total + s.framework_total + s.lithium + s.protons
    np.testing.assert_allclose(whole, 1.0, atol=1e-12)
    np.testing.assert_allclose((s.fraction * s.charge).sum(axis=1), s.residue, atol=1e-6)
    cation = ~s.is_anion & (s.number > 0)
    assert (s.charge <= s.of(elements().charge_high) + 1e-9)[cation].all()
    assert (s.charge >= s.of(elements().charge_low) - 1e-9)[cation].all()


@given(amounts, amounts, amounts)
def test_distance_is_a_metric(
    a: dict[str, float], b: dict[str, float], c: dict[str, float]
) -> None:
    materials = [Composition("", x) for x in (a, b, c)]
    fractions = element_fractions(materials)
    d = fraction_distance(fractions, fractions)
    assert ((d >= 0) & (d <= 1)).all()
    assert (np.diag(d) == 0).all()
    np.testing.assert_allclose(d, d.T, atol=1e-15)
    assert d[0, 2] <= d[0, 1] + d[1, 2] + 1e-12
    assert (d[0, 1] > 1 - 1e-12) == (not set(a) & set(b))
