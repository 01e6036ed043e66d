"""Element fractions and the distance between compositions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sseml.features.composition import (
    CompositionDistance,
    ElementFractions,
    element_fractions,
    fraction_distance,
)
from sseml.features.contract import Distance, Radii
from sseml.parse.formula import parse_formula
from sseml.records import Composition


def test_fractions_stand_in_the_order_of_atomic_numbers() -> None:
    fractions = element_fractions([parse_formula("Li3YCl6")])[0]
    assert fractions[[2, 16, 38]] == pytest.approx([0.3, 0.6, 0.1])
    assert np.count_nonzero(fractions) == 3
    assert ElementFractions().features[2].name == "fraction_Li"
    assert len(ElementFractions().features) == fractions.size


def test_distances_by_hand() -> None:
    left = [parse_formula(text) for text in ("Li3YCl6", "LiF")]
    right = [parse_formula(text) for text in ("Li6Y2Cl12", "Li3YBr6", "NaCl", "LiCl")]
    expected = [[0.0, 0.6, 0.5 * (0.3 + 0.1 + 0.1 + 0.5), 0.5 * (0.2 + 0.1 + 0.1)],
                [0.7, 0.7, 1.0, 0.5]]  # fmt: skip
    distance = CompositionDistance()
    A, B = distance.positions(left), distance.positions(right)
    assert distance.between(A, B) == pytest.approx(np.array(expected))
    assert distance.pairs(A, B) == pytest.approx(np.array(expected))


def test_equals_the_definition_on_real_formulas(real_formulas: list[str]) -> None:
    A = element_fractions([parse_formula(text) for text in real_formulas[:40]])
    B = element_fractions([parse_formula(text) for text in real_formulas[500:530]])
    whole = fraction_distance(A, B)
    assert whole.shape == (40, 30)
    assert whole == pytest.approx(0.5 * np.abs(A[:, None] - B[None]).sum(axis=2), abs=1e-12)
    rows = np.concatenate([fraction_distance(A[[row]], B) for row in range(len(A))])
    assert (rows == whole).all()


def test_no_materials() -> None:
    nothing, one = element_fractions([]), element_fractions([parse_formula("LiF")])
    assert fraction_distance(nothing, one).shape == (0, 1)
    assert element_fractions([]).shape == (0, len(ElementFractions().features))


class OnALine(Distance):
    """A distance that says no more than it has to."""

    radii = Radii(same=1e-3, near=0.02, inside=0.1, edge=0.2, cluster=0.12)

    def positions(self, materials: Sequence[float]) -> np.ndarray:
        return np.array(materials, dtype=float).reshape(-1, 1)

    def between(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return np.abs(A - B.T)


@pytest.mark.parametrize("distance", [OnALine(), CompositionDistance()])
def test_distances_inside_groups_are_those_between_their_members(distance: Distance) -> None:
    groups = np.random.default_rng(0).dirichlet(np.ones(3), size=(5, 4))
    if isinstance(distance, OnALine):
        groups = groups[:, :, :1]
    apart = distance.within(groups)
    assert apart.shape == (5, 4, 4)
    for group, own in zip(groups, apart, strict=True):
        assert own == pytest.approx(distance.between(group, group), abs=1e-12)
    assert distance.within(groups[:0]).shape == (0, 4, 4)


def test_unknown_element_and_empty_material() -> None:
    with pytest.raises(ValueError, match="unknown element 'Xx'"):
        element_fractions([Composition("Xx", {"Xx": 1.0})])
    with pytest.raises(ValueError, match="without elements"):
        element_fractions([Composition("", {})])
