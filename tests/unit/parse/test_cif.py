"""CIFs as people have them: what is read of them, and why a broken one is refused."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sseml.parse.structure.cell import Cell
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.symmetry import listed_operations, named_operations, operations_of
from sseml.parse.structure.symmetry import settings as all_settings
from sseml.records import Crystal, RefusedInputError

DATA = Path(__file__).parents[2] / "data" / "structures"
LI3N = (DATA / "li3n.cif").read_text()
LLTO = (DATA / "llto.cif").read_text()

CELL = """\
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 4.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""


def atoms(*rows: str, columns: str = "label fract_x fract_y fract_z occupancy") -> str:
    tags = "\n".join(f"_atom_site_{name}" for name in columns.split())
    return "\n".join(("loop_", tags, *rows, ""))


def cell_of(text: str) -> Cell:
    [(_, cell)] = read_cif(text)
    if isinstance(cell, RefusedInputError):
        raise cell
    return cell


def read(text: str, on_mismatch: str = "refuse") -> Crystal:
    return crystal_of(cell_of(text), "x.cif", on_mismatch)  # type: ignore[arg-type]


def reason(text: str) -> str:
    with pytest.raises(RefusedInputError) as refusal:
        read(text)
    return str(refusal.value)


def test_a_cif_gives_composition_space_group_and_volume() -> None:
    crystal = read(LI3N)
    assert crystal.formula == "Li3N"
    assert crystal.space_group_number == 191
    # the hexagonal cell by hand: a² c sin 60°, for four atoms
    by_hand = 3.648**2 * 3.875 * math.sin(math.radians(60)) / 4
    assert crystal.volume_per_atom_A3 == pytest.approx(by_hand, rel=1e-9)
    assert len(crystal.positions) == 4
    assert crystal.notes == ()


def test_shared_and_vacant_sites_count_by_their_occupancy() -> None:
    crystal = read(LLTO)
    assert crystal.amounts == {"Li": 0.34, "La": 0.51, "Ti": 1.0, "O": 2.94}
    assert crystal.occupancies[0] == {"La": 0.51, "Li": 0.34}
    assert crystal.volume_per_atom_A3 == pytest.approx(3.871**3 / 4.79, rel=1e-9)


def test_without_operations_those_of_the_named_space_group_are_used_and_said() -> None:
    crystal = read(LLTO)
    assert crystal.space_group_number == 221
    assert "P m -3 m" in crystal.notes[0]


@pytest.mark.parametrize(
    ("symbol", "number", "gamma_degrees", "hall"),
    [
        ("P 1 21/c 1", None, 90, "-P 2ybc"),
        ("P 21/n", 14, 90, "-P 2yn"),
        ("P 1 2 1", 3, 90, "P 2y"),
        ("", 14, 90, "-P 2ybc"),
        ("F d -3 m :1", 227, 90, "F 4d 2 3 -1d"),
        ("F d -3 m S", 227, 90, "F 4d 2 3 -1d"),
        ("F d -3 m", 227, 90, "-F 4vw 2vw 3"),
        ("R -3 c :H", 167, 120, '-R 3 2"c'),
        ("R-3c", 167, 120, '-R 3 2"c'),
        ("R -3 c", 167, 60, "-P 3* 2n"),
        ("P b n m", 62, 90, "-P 2c 2ab"),
        ("Fm-3m", None, 90, "-F 4 2 3"),
    ],
)
def test_a_named_space_group_is_meant_in_its_setting(
    symbol: str, number: int | None, gamma_degrees: float, hall: str
) -> None:
    named = next(named_operations(number, symbol, "", gamma_degrees))
    by_hall = next(named_operations(None, "", hall, 90))
    for read, expected in zip(named, by_hall, strict=True):
        np.testing.assert_array_equal(read, expected)


def test_without_any_symmetry_the_sites_are_all_there_are() -> None:
    crystal = read("data_x\n" + CELL + atoms("Li1 0 0 0 1", "Cl1 .5 .5 .5 1"))
    assert crystal.formula == "LiCl"
    assert "P1" in crystal.notes[0]
    assert crystal.space_group_number == 221  # what the two sites have, whatever the file says


@pytest.mark.parametrize(
    ("row", "element"),
    [
        ("7Li", "Li"),
        ("Li1+", "Li"),
        ("LI+1", "Li"),
        ("D", "H"),
        ("T1", "H"),
        ("O2-", "O"),
        ("cl1-", "Cl"),
    ],
)
def test_charges_isotopes_and_case_of_symbols(row: str, element: str) -> None:
    columns = "label type_symbol fract_x fract_y fract_z"
    text = "data_x\n" + CELL + atoms(f"A1 {row} 0 0 0", "S1 S .5 .5 .5", columns=columns)
    assert set(read(text).amounts) == {element, "S"}


def test_labels_are_read_with_the_formula_of_the_file_in_mind() -> None:
    formula = "_chemical_formula_sum 'H O'\n"
    sites = atoms("HO1 0 0 0 1", "OW1 .5 .5 .5 1")
    assert read("data_x\n" + formula + CELL + sites).amounts == {"H": 1.0, "O": 1.0}
    assert set(read("data_x\n" + CELL + sites).amounts) == {"Ho", "O"}


def test_a_label_in_its_own_case_is_that_element_whatever_the_formula() -> None:
    formula = "_chemical_formula_sum 'S2 Li'\n"
    text = "data_x\n" + formula + CELL + atoms("Se 0 0 0 .5", "S 0 0 0 .5", "Li .5 .5 .5 1")
    assert read(text, on_mismatch="flag").amounts == {"Li": 1.0, "Se": 0.5, "S": 0.5}


def test_older_files_of_the_icsd_write_a_point_for_zero() -> None:
    columns = "label symmetry_multiplicity fract_x fract_y fract_z"
    text = "data_x\n" + CELL + atoms("Li1 1 . . .", "F1 1 .5 . 1/2", columns=columns)
    crystal = read(text)
    assert crystal.formula == "LiF"
    np.testing.assert_allclose(crystal.positions, [[0, 0, 0], [0.5, 0, 0.5]])


def test_vacancies_are_no_element() -> None:
    text = "data_x\n" + CELL + atoms("Li1 0 0 0 0.5", "Va1 0 0 0 0.5", "S1 .5 .5 .5 1")
    assert read(text).amounts == {"Li": 0.5, "S": 1.0}


def test_tags_may_have_points_and_any_case_and_values_may_be_quoted() -> None:
    text = (
        "data_x\n"
        + CELL.replace("_cell_length", "_CELL.length")
        + atoms('"Li1" 0.0(1) 0 0 .', "'Cl1' 5.0E-1 +.5 0.50(2) ?")
    )
    assert read(text).formula == "LiCl"


def test_text_fields_comments_and_other_loops_do_not_disturb() -> None:
    text = (
        "# made up\ndata_x\n_publ_section_title\n;\nloop_ _cell_length_a data_y\n;\n"
        + CELL
        + "loop_\n_publ_author_name\n'A. O'Hara'\n\"B\"\n"
        + atoms("Li1 0 0 0 1 # first", "Cl1 .5 .5 .5 1")
    )
    assert read(text).formula == "LiCl"


def test_a_second_block_without_sites_is_passed_over() -> None:
    text = "data_global\n_journal_year 1976\n" + LI3N + "\ndata_other\n_publ_author 'A. B.'\n"
    assert read(text).formula == "Li3N"


def test_a_site_without_coordinates_is_left_out_and_said() -> None:
    text = "data_x\n" + CELL + atoms("Li1 0 0 0 1", "Cl1 .5 .5 .5 1", "H1 ? ? ? 1")
    crystal = read(text)
    assert crystal.formula == "LiCl"
    assert any("H1" in note for note in crystal.notes)


def test_occupancies_just_above_1_by_rounding_are_scaled() -> None:
    text = "data_x\n" + CELL + atoms("Li1 0 0 0 .334", "Na1 0 0 0 .334", "K1 0 0 0 .334")
    total = sum(read(text).occupancies[0].values())
    assert total == pytest.approx(1.0, abs=1e-12)


def test_an_atom_on_a_rounded_coordinate_is_not_doubled() -> None:
    threefold = ["x,y,z", "-y,x-y,z", "y-x,-x,z"]
    ops = "loop_\n_space_group_symop_operation_xyz\n" + "".join(f"'{op}'\n" for op in threefold)
    cell = CELL.replace("gamma 90", "gamma 120").replace("4.0", "12.0")
    crystal = read("data_x\n" + cell + ops + atoms("Li1 .333 .667 0 1", "N1 0 0 0 1"))
    assert crystal.formula == "LiN"
    np.testing.assert_allclose(crystal.positions[0], [1 / 3, 2 / 3, 0], atol=1e-9)


def test_the_stated_multiplicity_decides_how_near_images_are_told_apart() -> None:
    ops = "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n'-x,-y,-z'\n"
    columns = "label symmetry_multiplicity fract_x fract_y fract_z occupancy"
    rows = ("Li1 {} .005 0 0 .4", "N1 1 .5 .5 .5 1")  # images of Li 0.04 Å apart
    apart, one = (
        read("data_x\n" + CELL + ops + atoms(rows[0].format(n), rows[1], columns=columns))
        for n in (2, 1)
    )
    assert apart.amounts["Li"] == 0.8
    assert one.amounts["Li"] == 0.4


def test_the_space_group_of_the_file_is_a_check() -> None:
    crystal = read(LI3N.replace("_number 191", "_number 194"))
    assert crystal.space_group_number == 191
    [note] = crystal.notes
    assert "194 (P63/mmc)" in note
    assert "191" in note
    assert read(LI3N.replace("_number 191", "_number 1")).notes == ()  # says that all is listed


def test_sites_that_are_off_by_rounding_have_the_space_group_that_the_file_states() -> None:
    off = LI3N[: LI3N.index("loop_\n_symmetry")] + atoms(
        "Li1 0 0 .5 1", "Li2 .33 .67 0 1", "Li3 .67 .33 0 1", "N1 0 0 0 1"
    )
    stated = re.sub(r"_symmetry.*\n", "", off) + "_space_group_IT_number 191\n"
    stated = stated.replace("loop_", "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\nloop_", 1)
    assert read(stated).space_group_number == 191


BROKEN = {
    "empty of sites": (LI3N[: LI3N.index("loop_\n_atom")], "holds no atom sites"),
    "cut within a row": (LI3N[: LI3N.index("N1 N3-") + 9], "ends within a row"),
    "cut in the operations": (LI3N[: LI3N.index("5 '")] + "5", "holds no atom sites"),
    "no cell": ("data_x\n" + atoms("Li1 0 0 0 1"), "holds no cell"),
    "half a cell": ("data_x\n_cell_length_a 3\n" + atoms("Li1 0 0 0 1"), "_cell_length_b"),
    "flat cell": (LI3N.replace("gamma 120", "gamma 180"), "encloses no volume"),
    "cell in nm": (re.sub(r"3\.(648|875)", r"0.\1", LI3N), "Å thin"),
    "no CIF at all": ("Li3N\nis a conductor\n", "this is no CIF"),
    "Cartesian": (LI3N.replace("_fract_", "_Cartn_"), "gives Cartesian ones"),
    "text never closed": (LI3N + "_publ\n;\nonce upon a time\n", "is never closed"),
    "no number": (LI3N.replace("0.3333", "0,3333"), "a coordinate of Li2 is '0,3333'"),
    "no atom located": (
        LI3N.replace(" 0 0 0", " ? ? ?")
        .replace(" 0 0 0.5", " ? ? ?")
        .replace(" 0.3333 0.6667 0", " ? ? ?"),
        "no site of the CIF has coordinates",
    ),
    "unknown space group": (
        "data_x\n_symmetry_space_group_name_H-M 'A -1'\n" + CELL + atoms("Li1 0 0 0 1"),
        "'A -1' is not known",
    ),
    "no element": (LI3N.replace("N1 N3-", "N1 Qq"), "'Qq' is no element"),
    "a group of atoms": (LI3N.replace("N1 N3-", "N1 OH"), "'OH' is no element"),
    "a site of any kind": (
        "data_x\n" + CELL + atoms("Li1 0 0 0 1", "T1 .5 .5 .5 1"),
        "'T1' is no element",
    ),
    "water in the place of tungsten": (
        "data_x\n_chemical_formula_sum 'Li O H2'\n" + CELL + atoms("Li1 0 0 0 1", "W1 .5 .5 .5 1"),
        "'W1' is no element",
    ),
    "no operation": (LI3N.replace("'-x, -y, z'", "'-x, -y, w'"), "is no symmetry operation"),
    "divided by zero": (LI3N.replace("'-x, -y, z'", "'-x, -y, z+1/0'"), "is no symmetry operation"),
    "too full": (LI3N.replace("0.6667 0 1.", "0.6667 0 1.2"), "add up to 1.2"),
    "negative": (LLTO.replace(" 0.34\n", " -0.34\n"), "below 0"),
    "nobody there": ("data_x\n" + CELL + atoms("Li1 0 0 0 0"), "no site is occupied"),
    "doubled": (LLTO.replace("0.51(1)", "0.9"), "add up to 1.24"),
    "overlapping": (
        "data_x\n" + CELL + atoms("Li1 0 0 0 1", "Cl1 0.1 0 0 1"),
        "the sites Li1 and Cl1 are 0.40 Å apart",
    ),
    "overlapping across the border": (
        "data_x\n" + CELL + atoms("Li1 .02 0 0 1", "Cl1 .93 0 0 1"),
        "the sites Li1 and Cl1 are 0.36 Å apart",
    ),
    "another formula": (LI3N.replace("'Li3 N'", "'Li3 N H2'"), "without H"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_cif_is_refused_with_its_reason(name: str) -> None:
    text, expected = BROKEN[name]
    assert expected in reason(text)


def test_every_refusal_says_what_to_do() -> None:
    for text, _ in BROKEN.values():
        with pytest.raises(RefusedInputError) as refusal:
            read(text)
        assert refusal.value.suggestion, refusal.value.reason


def test_a_formula_that_contradicts_its_own_file_can_be_flagged_instead() -> None:
    crystal = read(LI3N.replace("'Li3 N'", "'Li3 N H2'"), on_mismatch="flag")
    assert crystal.formula == "Li3N"
    assert "Li3NH2" in crystal.notes[0]


def test_close_sites_that_are_only_partly_occupied_are_disorder() -> None:
    text = "data_x\n" + CELL + atoms("Li1 0 0 0 .5", "Li2 .1 0 0 .5", "S1 .5 .5 .5 1")
    assert read(text).formula == "LiS"


def test_a_cell_of_5000_atoms_is_refused_and_names_the_limit() -> None:
    side = np.arange(5000)
    rows = (f"Li{i} {i % 17 / 17:.4f} {i // 17 % 17 / 17:.4f} {i / 5000:.4f} 1" for i in side)
    assert "5000 sites, more than the 2000" in reason("data_x\n" + CELL + atoms(*rows))


@given(cut=st.integers(0, len(LLTO)))
def test_a_cif_cut_anywhere_is_read_or_refused(cut: int) -> None:
    try:
        crystal = read(LLTO[:cut])
    except RefusedInputError:
        return
    # only what stands after the last number that matters may be missing
    assert crystal.formula.startswith("Li0.34La0.51TiO")


@settings(max_examples=40)
@given(data=st.data(), setting=st.sampled_from(all_settings()))
def test_images_are_those_of_pymatgen(data: st.DataObject, setting: object) -> None:
    """Any setting, three sites at special and general places: the same sites, one by one."""
    from pymatgen.io.cif import CifParser  # noqa: PLC0415 - slow to import

    rotations, translations = operations_of(setting)  # type: ignore[arg-type]
    grid = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1 / 3, 0.17, 0.31])
    rows = []
    for number, element in enumerate(("Li", "La", "S")):
        x, y, z = (data.draw(grid) for _ in "xyz")
        rows.append(f"{element}{number} {x:.6f} {y:.6f} {z:.6f} 0.05")
    ops = "loop_\n_symmetry_equiv_pos_as_xyz\n" + "".join(
        f"'{_as_text(r, t)}'\n" for r, t in zip(rotations, translations, strict=True)
    )
    cell = _metric_of(setting)
    text = f"data_x\n{cell}{ops}{atoms(*rows)}"
    ours = cell_of(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        [theirs] = CifParser.from_str(text, occupancy_tolerance=10.0).parse_structures(
            primitive=False, check_occu=True
        )
    spaced = theirs.distance_matrix[~np.eye(len(theirs), dtype=bool)]
    assume((spaced > 0.2).all())  # nearer ones may be meant as one site
    for element in ("Li", "La", "S"):
        mine = ours.positions[[element in species for species in ours.occupancies]]
        named = [site.frac_coords for site in theirs if element in {e.symbol for e in site.species}]
        apart = mine[:, None, :] - np.array(named)[None, :, :]
        apart -= np.round(apart)
        assert (np.abs(apart).max(axis=2).min(axis=1) < 1e-4).all()
        assert len(mine) == len(named)


def _as_text(rotation: np.ndarray, translation: np.ndarray) -> str:
    rows = []
    for row, shift in zip(rotation, translation, strict=True):
        terms = [f"{'+' if v > 0 else '-'}{a}" for v, a in zip(row, "xyz", strict=True) if v]
        rows.append("".join(terms) + (f"+{round(shift * 12)}/12" if shift else ""))
    return ", ".join(rows)


def _metric_of(setting: object) -> str:
    """A cell that every operation of the setting keeps."""
    rotations, _ = operations_of(setting)  # type: ignore[arg-type]
    metric = sum(r.T @ np.diag([81.0, 100.0, 121.0]) @ r for r in rotations) / len(rotations)
    lengths = np.sqrt(np.diag(metric))
    cosines = [metric[j, k] / lengths[j] / lengths[k] for j, k in ((1, 2), (0, 2), (0, 1))]
    values = [*lengths, *np.degrees(np.arccos(cosines))]
    tags = [f"_cell_length_{x}" for x in "abc"]
    tags += [f"_cell_angle_{x}" for x in ("alpha", "beta", "gamma")]
    return "".join(f"{tag} {value:.6f}\n" for tag, value in zip(tags, values, strict=True))


@given(setting=st.sampled_from(all_settings()))
def test_written_operations_are_read_back(setting: object) -> None:
    rotations, translations = operations_of(setting)  # type: ignore[arg-type]
    written = [_as_text(r, t) for r, t in zip(rotations, translations, strict=True)]
    read_rotations, read_translations = listed_operations(tuple(written))[0]
    np.testing.assert_array_equal(read_rotations, rotations)
    np.testing.assert_allclose(read_translations, translations, atol=1e-12)
