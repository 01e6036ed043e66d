"""The symmetry of CIFs: magnetic operations, lists that are no group, and structures told twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.reading import read_structures
from sseml.records import Crystal, RefusedInputError

CELL = """\
_cell_length_a {}
_cell_length_b {}
_cell_length_c {}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {}
"""
ORTHORHOMBIC = CELL.format(10.3, 6.0, 4.7, 90)  # olivine, Pnma
OLIVINE = """\
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Li1 0 0 0
Fe1 0.282 0.25 0.974
P1 0.095 0.25 0.418
O1 0.097 0.25 0.742
O2 0.457 0.25 0.205
O3 0.166 0.046 0.284
"""
PNMA = [
    "x,y,z", "-x+1/2,-y,z+1/2", "-x,y+1/2,-z", "x+1/2,-y+1/2,-z+1/2",
    "-x,-y,-z", "x+1/2,y,-z+1/2", "x,-y+1/2,z", "-x+1/2,y+1/2,z+1/2",
]  # fmt: skip
NAMED = "_symmetry_space_group_name_H-M 'P n m a'\n"


def listed(*operations: str, tag: str = "_symmetry_equiv_pos_as_xyz") -> str:
    return "\n".join(("loop_", tag, *(f"'{each}'" for each in operations), ""))


def read(text: str) -> Crystal:
    [(_, cell)] = read_cif(text)
    if isinstance(cell, RefusedInputError):
        raise cell
    return crystal_of(cell, "x.cif")


def olivine(*parts: str) -> Crystal:
    return read("".join(("data_x\n", ORTHORHOMBIC, *parts, OLIVINE)))


WHOLE = olivine(listed(*PNMA))


def is_olivine(crystal: Crystal) -> bool:
    apart = crystal.positions[:, None] - WHOLE.positions[None]
    apart -= np.round(apart)
    return (
        crystal.formula == "LiFePO4"
        and crystal.space_group_number == 62
        and len(crystal.positions) == 28
        and bool((np.abs(apart).max(axis=2).min(axis=1) < 1e-6).all())
    )


def test_a_list_that_is_a_group_is_used_as_it_stands() -> None:
    assert is_olivine(WHOLE)
    assert WHOLE.notes == ()
    assert olivine(NAMED, listed(*PNMA)).notes == ()


@pytest.mark.parametrize("kept", [PNMA[1:], PNMA[::2][1:], PNMA[1:4], PNMA[:3], PNMA[3:6]])
def test_a_list_that_is_no_group_is_completed_by_the_space_group_that_is_named(
    kept: list[str],
) -> None:
    by_number = "_space_group_IT_number 62\n"
    for name in (NAMED, by_number):
        crystal = olivine(name, listed(*kept))
        assert is_olivine(crystal)
        [note] = crystal.notes
        assert "are no group: all 8 of the space group" in note


def test_the_identity_alone_may_be_missing() -> None:
    crystal = olivine(listed(*PNMA[1:]))
    assert is_olivine(crystal)
    assert "without x, y, z, which is added" in crystal.notes[0]


@pytest.mark.parametrize(
    "name", ["", "_symmetry_space_group_name_H-M 'P b c a'\n", "_space_group_IT_number 225\n"]
)
def test_a_list_that_is_no_group_is_refused_where_nothing_says_what_is_missing(name: str) -> None:
    with pytest.raises(RefusedInputError, match=r"the 4 symmetry operations .* are no group"):
        olivine(name, listed(*PNMA[1:5]))


def test_half_of_a_space_group_that_is_a_group_too_is_judged_by_what_the_file_says() -> None:
    half = PNMA[:4]  # without the inversion: P212121
    formula = "_chemical_formula_sum 'Li Fe P O4'\n"
    for units in ("", "_cell_formula_units_Z 4\n", "_cell_formula_units_Z 0\n"):
        said = formula + units
        crystal = olivine(NAMED, said, listed(*half))
        assert is_olivine(crystal)
        assert "lists 4 of the 8 symmetry operations" in crystal.notes[0]
    with pytest.raises(RefusedInputError, match="4 of the 8 symmetry operations"):
        olivine(NAMED, "_chemical_formula_sum 'Li2 Fe P O4'\n", listed(*half[:4]))
    with pytest.raises(RefusedInputError, match="they give 24 sites instead of 28"):
        olivine(NAMED, listed(*half))


def test_a_cell_with_all_its_atoms_says_so_by_the_identity_alone() -> None:
    columns = OLIVINE[: OLIVINE.index("Li1")]
    names = [next(iter(species)) for species in WHOLE.occupancies]
    rows = (
        f"{name}{i} {x:.6f} {y:.6f} {z:.6f}\n"
        for i, (name, (x, y, z)) in enumerate(zip(names, WHOLE.positions, strict=True))
    )
    text = "".join(("data_x\n", ORTHORHOMBIC, NAMED, listed("x,y,z"), columns, *rows))
    crystal = read(text)
    assert is_olivine(crystal)
    assert crystal.notes == ()


def test_rounded_translations_are_the_fractions_that_they_are_meant_as() -> None:
    cell = CELL.format(9.1, 9.1, 9.1, 120)
    exact = ["x,y,z", "x+2/3,y+1/3,z+1/3", "x+1/3,y+2/3,z+2/3"]
    rounded = ["x,y,z", "x+0.667,y+.33,z+0.3333", "x+0.33,y+0.6667,z+.67"]
    columns = OLIVINE[: OLIVINE.index("Li1")]
    first, second = (
        read("data_x\n" + cell + listed(*each) + columns + "Li1 0 0 0\nI1 0 0 .5\n")
        for each in (exact, rounded)
    )
    np.testing.assert_allclose(first.positions, second.positions, atol=1e-12)


MAGNETIC = """\
_space_group_magn.name_BNS "P_c-1"
loop_
_space_group_symop_magn_operation.id
_space_group_symop_magn_operation.xyz
1 x,y,z,+1
2 '-x, -y, -z, +1'
loop_
_space_group_symop_magn_centering.id
_space_group_symop_magn_centering.xyz
1 x,y,z,+1
2 x,y,z+1/2,-1
"""
LAYERS = """\
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Li1 0 0 0
Co1 0.5 0.5 0
O1 0.25 0.25 0.12
"""


@pytest.mark.parametrize(
    "magnetic",
    [
        MAGNETIC,
        MAGNETIC.replace("magn_operation.", "magn_operation_").replace("g.xyz", "g_xyz"),
        MAGNETIC.replace("symop_magn", "symop.magn").replace("n.xyz", "n_xyz"),
        MAGNETIC.replace("1 x,y,z,+1\n2 x,y,z+1/2", "2 x,y,z+1/2"),
        MAGNETIC.replace("z,+1\n", "z,1\n"),
        listed("x,y,z") + MAGNETIC,
    ],
)
def test_a_magnetic_structure_has_the_places_of_its_operations_and_centerings(
    magnetic: str,
) -> None:
    crystal = read("data_x\n" + CELL.format(5, 5, 6, 90) + magnetic + LAYERS)
    assert crystal.formula == "LiCoO2"
    assert len(crystal.positions) == 8
    assert "magnetic" in crystal.notes[0]


@pytest.mark.parametrize(
    "other",
    [
        MAGNETIC[: MAGNETIC.index("loop_")],
        listed("x1,x2,x3,x4", "-x1,-x2,-x3,-x4", tag="_space_group_symop_ssg_operation_algebraic"),
    ],
)
def test_symmetry_of_a_kind_that_is_not_read_is_not_taken_for_none(other: str) -> None:
    with pytest.raises(RefusedInputError, match="lists no symmetry operations that are read"):
        read("data_x\n" + CELL.format(5, 5, 6, 90) + other + LAYERS)


def block(name: str, a_A: float, *rows: str, angle: int = 90, number: int = 225) -> str:
    cell = CELL.replace("90", str(angle)).format(a_A, a_A, a_A, angle)
    columns = OLIVINE[: OLIVINE.index("Li1")]
    stated = f"_space_group_IT_number {number}\n" + listed("x,y,z")
    return f"data_{name}\n{cell}{stated}{columns}" + "".join(f"{row}\n" for row in rows)


CUBE = [
    f"{element}{i} {x + shift} {y} {z}"
    for element, shift in (("Li", 0), ("F", 0.5))
    for i, (x, y, z) in enumerate([(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)])
]
SMALL = ("Li1 0 0 0", "F1 .5 .5 .5")
CONVENTIONAL = block("standardized", 4.026, *CUBE)
REDUCED = block("niggli", 4.026 / 2**0.5, *SMALL, angle=60)


def told(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [
        f"{each.source}: {each.formula} {each.space_group_number}"
        if isinstance(each, Crystal)
        else f"{each.source}: {each.refusal.reason}"
        for each in read_structures(path.name, folder=path.parent)
    ]


def test_a_structure_that_is_described_twice_is_answered_once(tmp_path: Path) -> None:
    for text in (CONVENTIONAL + REDUCED, REDUCED + CONVENTIONAL):
        (tmp_path / "x.cif").write_text(text)
        [crystal] = read_structures("x.cif", folder=tmp_path)
        assert isinstance(crystal, Crystal)
        assert (crystal.formula, crystal.space_group_number) == ("LiF", 225)
        assert "describes the same structure" in crystal.notes[-1]


def test_different_structures_of_one_file_have_an_answer_each(tmp_path: Path) -> None:
    warmer = block("at_500K", 4.05 / 2**0.5, *SMALL, angle=60)
    chloride = block("chloride", 4.026 / 2**0.5, "Li1 0 0 0", "Cl1 .5 .5 .5", angle=60)
    simple = block("CsCl-like", 4.026 / 4 ** (1 / 3), *SMALL, number=221)  # of the same volume
    assert told(tmp_path / "x.cif", CONVENTIONAL + warmer + chloride + simple) == [
        "x.cif data_standardized: LiF 225",
        "x.cif data_at_500K: LiF 225",
        "x.cif data_chloride: LiCl 225",
        "x.cif data_CsCl-like: LiF 221",
    ]


def test_a_block_that_cannot_be_read_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    broken = CONVENTIONAL.replace("Li0 0 0 0", "Li0 0 0 0,5").replace("standard", "broken")
    wrong, right = told(tmp_path / "x.cif", broken + REDUCED)
    assert wrong.startswith("x.cif data_brokenized: line ")
    assert "'0,5'" in wrong
    assert right == "x.cif data_niggli: LiF 225"
