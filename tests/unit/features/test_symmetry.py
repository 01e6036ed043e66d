"""Space groups and their crystal systems."""

from __future__ import annotations

import pytest

from sseml.parse.space_groups import SYSTEMS, crystal_system


@pytest.mark.parametrize(
    ("number", "system"),
    [
        (1, "triclinic"), (2, "triclinic"), (3, "monoclinic"), (14, "monoclinic"),
        (15, "monoclinic"), (16, "orthorhombic"), (62, "orthorhombic"), (74, "orthorhombic"),
        (75, "tetragonal"), (137, "tetragonal"), (142, "tetragonal"), (143, "trigonal"),
        (164, "trigonal"), (167, "trigonal"), (168, "hexagonal"), (194, "hexagonal"),
        (195, "cubic"), (216, "cubic"), (230, "cubic"),
    ],
)  # fmt: skip
def test_crystal_system(number: int, system: str) -> None:
    assert SYSTEMS[crystal_system(number)][0] == system


def test_every_space_group_agrees_with_pymatgen() -> None:
    groups = pytest.importorskip("pymatgen.symmetry.groups")
    for number in range(1, 231):
        expected = groups.SpaceGroup.from_int_number(number).crystal_system
        assert SYSTEMS[crystal_system(number)][0] == expected, number


@pytest.mark.parametrize("number", [0, 231, -5])
def test_impossible_space_group(number: int) -> None:
    with pytest.raises(ValueError, match="not between 1 and 230"):
        crystal_system(number)
