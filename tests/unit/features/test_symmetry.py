"""Row-carried crystal facts: known space groups, and NaN exactly where nothing is carried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sseml.features.symmetry import Symmetry
from sseml.parse.formula import parse_formula
from sseml.records import Composition

NAMES = tuple(feature.name for feature in Symmetry().features)


def row(material: Composition) -> dict[str, float]:
    return dict(zip(NAMES, Symmetry()([material])[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("number", "system", "order", "centre"),
    [
        (1, "triclinic", 1, 0),
        (2, "triclinic", 2, 1),
        (14, "monoclinic", 4, 1),
        (19, "orthorhombic", 4, 0),
        (62, "orthorhombic", 8, 1),
        (137, "tetragonal", 16, 1),
        (164, "trigonal", 12, 1),
        (167, "trigonal", 12, 1),
        (194, "hexagonal", 24, 1),
        (216, "cubic", 24, 0),
        (230, "cubic", 48, 1),
    ],
)
def test_space_groups(number: int, system: str, order: int, centre: int) -> None:
    values = row(replace(parse_formula("Li3N"), space_group_number=number))
    assert values["space_group_number"] == number
    assert values[f"is_{system}"] == 1
    assert sum(values[name] for name in NAMES[2:9]) == 1
    assert values["point_group_order"] == order
    assert values["is_centrosymmetric"] == centre


def test_point_group_orders_agree_with_pymatgen() -> None:
    """The order and the centre of all 230 against an independent table."""
    groups = pytest.importorskip("pymatgen.symmetry.groups")
    for number in range(1, 231):
        operations = groups.SpaceGroup.from_int_number(number).symmetry_ops
        rotations = {tuple(op.rotation_matrix.round().ravel()) for op in operations}
        values = row(replace(parse_formula("Li3N"), space_group_number=number))
        assert values["point_group_order"] == len(rotations), number
        assert values["is_centrosymmetric"] == (tuple(-np.eye(3).ravel()) in rotations), number


def test_volume_and_density() -> None:
    """LiF: a = 4.026 Å, 8 atoms a cell, 2.64 g/cm³."""
    values = row(replace(parse_formula("LiF"), volume_per_atom_A3=4.026**3 / 8))
    assert values["density"] == pytest.approx(2.64, abs=0.005)
    assert values["volume_per_li"] == pytest.approx(4.026**3 / 4)
    assert np.isnan(values["space_group_number"])


def test_nothing_carried_is_nan() -> None:
    assert np.isnan(Symmetry()([parse_formula("Li3N")])).all()


@pytest.mark.parametrize("number", [0, 231, -5])
def test_impossible_space_group(number: int) -> None:
    with pytest.raises(ValueError, match="not between 1 and 230"):
        row(replace(parse_formula("Li3N"), space_group_number=number))
