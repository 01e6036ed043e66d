"""Magpie statistics equal matminer's, name by name and number by number."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sseml.features.magpie import Magpie, magpie_statistics
from sseml.parse.formula import parse_formula
from sseml.physics.elements import elements
from sseml.records import Composition

TOLERANCE = 1e-12


def by_matminer(materials: list[Composition]) -> tuple[list[str], np.ndarray]:
    matminer = pytest.importorskip("matminer.featurizers.composition")
    pymatgen = pytest.importorskip("pymatgen.core")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        featurizer = matminer.ElementProperty.from_preset("magpie")
        compositions = [pymatgen.Composition(dict(m.amounts)) for m in materials]
        values = [featurizer.featurize(composition) for composition in compositions]
        return featurizer.feature_labels(), np.array(values)


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference, over the size of the column where that exceeds 1."""
    scale = np.maximum(1.0, np.abs(theirs).max(axis=0))
    return float((np.abs(ours - theirs) / scale).max())


def check(materials: list[Composition]) -> None:
    labels, theirs = by_matminer(materials)
    assert [feature.name for feature in Magpie().features] == labels
    assert largest_difference(magpie_statistics(materials), theirs) <= TOLERANCE


def test_a_few_hundred_real_formulas(real_formulas: list[str]) -> None:
    check([parse_formula(text) for text in real_formulas[::40]])


def test_every_element_alone_and_as_an_oxide() -> None:
    symbols = elements().symbols[1:]
    check([Composition(s, {s: 1.0}) for s in symbols])
    check([Composition(s, {s: 2.0, "O": 3.0}) for s in symbols if s != "O"])


def test_ties_of_the_mode_take_the_smaller_property() -> None:
    """Na and Cl tie; so do amounts that differ by less than 1e-5 of the larger."""
    texts = ("NaCl", "LiFePO", "Li1.000001Cl", "Li1.0001Cl", "Li0.333333Ta0.333334O0.333333")
    check([parse_formula(text) for text in texts])
    values = magpie_statistics([parse_formula("NaCl")])[0]
    mode = [f.name for f in Magpie().features].index("MagpieData mode Number")
    assert values[mode] == 11


def test_disordered_formulas() -> None:
    texts = ("Li1.3Al0.3Ti1.7(PO4)3", "Li9.54Si1.74P1.44S11.7Cl0.3", "Li0.34La0.56TiO3")
    check([parse_formula(text) for text in texts])


def test_no_materials() -> None:
    assert magpie_statistics([]).shape == (0, 132)


@pytest.mark.slow
def test_ten_thousand_real_formulas(real_formulas: list[str]) -> None:
    materials = [parse_formula(text) for text in real_formulas]
    assert len(materials) >= 10_000
    check(materials)
