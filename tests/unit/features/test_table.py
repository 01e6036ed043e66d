"""The feature table: sets, order, refusals, and rows that do not depend on their neighbours."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sseml.features.table import COMPOSITION_SETS, SETS, feature_table
from sseml.kinds import COMPOSITION
from sseml.parse.formula import parse_formula
from sseml.physics.slots import CHUNK


def test_sets_stand_in_the_order_asked_for() -> None:
    materials = [parse_formula("Li3YCl6"), parse_formula("LiF")]
    table = feature_table(materials, ("fractions", "prototype"))
    swapped = feature_table(materials, ("prototype", "fractions"))
    assert table.values.shape == (2, len(table.features))
    assert table.names[0] == "fraction_H"
    for name in table.names:
        left = table.values[:, table.names.index(name)]
        assert (left == swapped.values[:, swapped.names.index(name)]).all()


@pytest.mark.parametrize("name", SETS)
def test_every_set_gives_what_it_names(name: str) -> None:
    featurizer = COMPOSITION_SETS[name]
    table = feature_table([parse_formula("Li6PS5Cl")], (name,))
    assert table.features == featurizer.features
    assert table.values.dtype == np.float64
    assert feature_table([], (name,)).values.shape == (0, len(featurizer.features))


def test_names_are_unique_over_all_sets() -> None:
    names = feature_table([parse_formula("LiF")], SETS).names
    assert len(set(names)) == len(names)


def test_unknown_set_names_the_close_match() -> None:
    with pytest.raises(ValueError, match="no feature set 'chemisty'; did you mean 'chemistry'"):
        feature_table([], ("chemisty",))


def test_an_empty_set_of_features_is_an_error() -> None:
    with pytest.raises(ValueError, match="no feature set is named"):
        feature_table([parse_formula("LiF")], ())


def test_unknown_kind_of_material() -> None:
    with pytest.raises(TypeError, match="no composition: str"):
        COMPOSITION.features(["Li3N"], COMPOSITION.default_sets)


def test_a_row_is_the_same_alone_and_among_thousands(real_formulas: list[str]) -> None:
    materials = [parse_formula(text) for text in real_formulas[: CHUNK + 100]]
    together = feature_table(materials).values
    for i in (0, 7, CHUNK - 1, CHUNK, CHUNK + 99):
        alone = feature_table([materials[i]]).values[0]
        assert together[i] == pytest.approx(alone, rel=1e-12, abs=1e-12)


def test_real_formulas_are_finite(real_formulas: list[str]) -> None:
    materials = [parse_formula(text) for text in real_formulas]
    table = feature_table(materials, SETS)
    assert np.isfinite(table.values).all()
    assert len({symbol for m in materials for symbol in m.amounts}) > 60
    default = feature_table(materials)
    constant = [n for n, s in zip(default.names, default.values.std(axis=0), strict=True) if s == 0]
    assert constant == []


def test_featurizing_imports_numpy_only() -> None:
    """What the command line loads to featurize: no pandas, pymatgen, scipy, scikit-learn."""
    code = (
        "import sys\n"
        "from sseml.features.table import feature_table, SETS\n"
        "from sseml.records import Composition\n"
        "feature_table([Composition('LiF', {'Li': 1.0, 'F': 1.0})], SETS)\n"
        "print(sorted({'pandas','pymatgen','matminer','scipy','sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
