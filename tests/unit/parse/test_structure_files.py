"""Files, folders, patterns, archives, lists and tables of structures: each in its own place."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.formula import composition, parse_formula
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs, parse_rows
from sseml.parse.rows import RawRow, read_rows
from sseml.parse.structure import documents as documents_module
from sseml.parse.structure.agreement import distance
from sseml.parse.structure.cell import Cell
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.files import StructureFiles
from sseml.parse.structure.poscar import read_poscar
from sseml.parse.structure.pymatgen_json import read_pymatgen_json
from sseml.parse.structure.reading import UnreadStructure, read_structures
from sseml.records import Crystal, Query, Refusal, RefusedInputError

DATA = Path(__file__).parents[2] / "data" / "structures"
LI3N = (DATA / "li3n.cif").read_bytes()
LLTO = (DATA / "llto.cif").read_bytes()
POSCAR = (DATA / "li3ocl.vasp").read_text()
JSON = (DATA / "llto.json").read_text()


def told(path: Path | str) -> list[str]:
    """Formula or reason of everything a path means."""
    return [
        each.formula if isinstance(each, Crystal) else each.refusal.reason
        for each in read_structures(path)
    ]


def rows(
    text: str, folder: Path, format_name: str = "csv", **options: str
) -> list[Query | Refusal]:
    read = read_rows(io.StringIO(text), format_name, structures=True)
    return list(parse_rows(read, Qualifiers(), StructureFiles(folder, **options)))  # type: ignore[arg-type]


# --- one file ---------------------------------------------------------------------------------


def test_every_format_gives_the_same_crystal() -> None:
    first, second = (
        crystal_of(read_cif(LLTO.decode()), ""),
        crystal_of(read_pymatgen_json(JSON), ""),
    )
    assert first.formula == second.formula == "Li0.34La0.51TiO2.94"
    assert first.space_group_number == second.space_group_number == 221
    assert first.volume_per_atom_A3 == pytest.approx(second.volume_per_atom_A3, rel=1e-12)


def test_a_poscar_is_read_direct_or_cartesian_scaled_or_by_volume() -> None:
    direct = crystal_of(read_poscar(POSCAR), "")
    assert (direct.formula, direct.space_group_number) == ("Li3OCl", 221)
    assert direct.volume_per_atom_A3 == pytest.approx(3.907**3 / 5, rel=1e-12)
    for text in (
        POSCAR.replace("Direct", "Cartesian"),  # the cell is a unit cube before it is scaled
        POSCAR.replace("\n3.907\n", f"\n{-(3.907**3):.12f}\n"),
        POSCAR.replace("\n3.907\n", "\n3.907 3.907 3.907\n"),
        POSCAR.replace("Selective dynamics\n", ""),
        POSCAR + "\n0 0 0\n0 0 0\n",
    ):
        other = read_poscar(text)
        np.testing.assert_allclose(other.lattice_A, np.eye(3) * 3.907, atol=1e-9)
        np.testing.assert_allclose(other.positions, direct.positions, atol=1e-9)


def test_a_poscar_of_vasp_4_takes_its_elements_from_the_first_line() -> None:
    lines = POSCAR.splitlines()
    text = "\n".join(["Li O Cl", *lines[1:5], *lines[6:]])
    crystal = crystal_of(read_poscar(text), "")
    assert crystal.formula == "Li3OCl"
    assert "first line" in crystal.notes[0]


def test_a_poscar_of_vasp_4_may_name_its_elements_behind_the_coordinates() -> None:
    lines = POSCAR.splitlines()
    rows = [f"{line} {e}" for line, e in zip(lines[9:], ["Li"] * 3 + ["O", "Cl"], strict=True)]
    flagged = "\n".join(["a relaxed cell", *lines[1:5], *lines[6:9], *rows])
    plain = flagged.replace("Selective dynamics\n", "").replace("T T T ", "").replace("F F F ", "")
    for text in (flagged, plain):
        crystal = crystal_of(read_poscar(text), "")
        assert (crystal.formula, crystal.notes) == ("Li3OCl", ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (POSCAR[: POSCAR.index("0.0 0.5 0.5")], "line 12 of the POSCAR"),
        (POSCAR.replace("3 1 1", "three 1 1"), "line 7 of the POSCAR"),
        (POSCAR.replace("Direct", "Inverse"), "line 9 of the POSCAR"),
        (POSCAR.replace("Li_sv", "Qq_sv"), "'Qq' is no element"),
        (POSCAR.replace("0.5 0.5 0.0", "0.5 nan 0.0"), "line 10 of the POSCAR"),
        (POSCAR.replace("3 1 1", "3 1 99999"), "sites, more than"),
        (POSCAR.replace("\n3.907\n", "\n0\n"), "a scale above 0"),
        (POSCAR.replace("0.0 0.0 1.0", "0.0 1.0 0.0", 1), "enclose no volume"),
    ],
)
def test_a_broken_poscar_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(RefusedInputError, match=reason.replace("(", r"\(")):
        crystal_of(read_poscar(text), "")


def test_json_is_read_from_pymatgen_itself() -> None:
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 - slow to import

    structure = Structure(
        Lattice.hexagonal(3.648, 3.875),
        [{"Li+": 0.9, "Mg2+": 0.05}, "Li+", "Li+", "N3-"],
        [[0, 0, 0.5], [1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0], [0, 0, 0]],
    )
    crystal = crystal_of(read_pymatgen_json(structure.to_json()), "")
    assert crystal.amounts == {"Li": 2.9, "Mg": 0.05, "N": 1.0}
    per_atom = structure.volume / structure.composition.num_atoms
    assert crystal.volume_per_atom_A3 == pytest.approx(per_atom, rel=1e-9)
    entry = json.dumps({"energy": -1.0, "structure": structure.as_dict()})
    assert crystal_of(read_pymatgen_json(entry), "").formula == crystal.formula


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "no pymatgen Structure"),
        ('{"sites": [{}], "lattice": {"matrix": 3}}', "the matrix of the lattice"),
        (JSON.replace("3.871", '"a"'), "the matrix of the lattice"),
        (JSON.replace("0.51", "NaN"), "the occupancy of site A1"),
        (JSON.replace('"La"', '"X0+"'), "'X0.' is no element"),
        (JSON.replace('[0.0, 0.0, 0.0], "label"', '[0.0], "label"'), "the place of site A1"),
    ],
)
def test_broken_json_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(RefusedInputError, match=reason):
        crystal_of(read_pymatgen_json(text), "")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.cif", b"", "the file is empty"),
        ("a.cif", b" \n\n", "the file is empty"),
        ("a.cif", b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("a.cif", LI3N[:300], "cut short"),
        ("a.cif", b"\x1f\x8b\x08" + LI3N, "gzip"),
        ("POSCAR", b"Li\n1.0\n", "line 3 of the POSCAR"),
        ("a.json", b"{}", "no pymatgen Structure"),
        ("a.zip", b"PK\x03\x04 and no more", "no archive that can be read"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    [unread] = read_structures(tmp_path / name)
    assert isinstance(unread, UnreadStructure)
    assert reason in str(unread.refusal)
    assert unread.source.endswith(name)


def test_a_missing_file_suggests_the_one_with_a_similar_name(tmp_path: Path) -> None:
    (tmp_path / "llzo.cif").write_bytes(LI3N)
    [unread] = read_structures(tmp_path / "lzo.cif")
    assert isinstance(unread, UnreadStructure)
    assert unread.refusal.suggestion == "did you mean 'llzo.cif'?"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_cif_may_have_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.cif").write_bytes(("# Å\n" + LI3N.decode()).encode(encoding))
    assert told(tmp_path / "a.cif") == ["Li3N"]


# --- several files ----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.cif").write_bytes(LI3N)
    (tmp_path / "a.CIF").write_bytes(LLTO)
    (tmp_path / "CONTCAR").write_text(POSCAR)
    (tmp_path / "notes.txt").write_text("Li3PS4")
    (tmp_path / "settings.json").write_text('{"encut": 520}')
    (tmp_path / ".hidden.cif").write_bytes(LI3N)
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.cif").write_bytes(LI3N)
    return tmp_path


def test_a_folder_gives_its_structures_sorted_and_passes_over_the_rest(folder: Path) -> None:
    sources = [Path(each.source).name for each in read_structures(folder)]
    assert sources == ["CONTCAR", "a.CIF", "b.cif"]


def test_a_pattern_looks_as_deep_as_it_says(folder: Path) -> None:
    assert told(folder / "*.cif") == ["Li3N"]
    assert told(folder / "**" / "*.cif") == ["Li3N", "Li3N"]
    [unread] = read_structures(folder / "*.vasp")
    assert isinstance(unread, UnreadStructure)


def test_a_name_with_brackets_is_that_file_and_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "LLTO [cubic].cif").write_bytes(LLTO)
    assert told(tmp_path / "LLTO [cubic].cif") == ["Li0.34La0.51TiO2.94"]


def test_a_pattern_is_relative_to_its_folder_whatever_that_is_called(tmp_path: Path) -> None:
    odd = tmp_path / "data [1]*"
    odd.mkdir()
    (odd / "a.cif").write_bytes(LI3N)
    [crystal] = read_structures("*.cif", folder=odd)
    assert isinstance(crystal, Crystal)
    assert crystal.source == "a.cif"


@pytest.mark.parametrize("name", ["x" * 5000 + ".cif", "a\0.cif", "", "**x/*.cif"])
def test_what_can_be_no_path_is_refused(tmp_path: Path, name: str) -> None:
    [unread] = read_structures(name, folder=tmp_path)
    assert isinstance(unread, UnreadStructure)
    items = rows(f"{name}\n", tmp_path, "text")
    assert all(isinstance(item, Refusal) for item in items)


def test_a_folder_of_other_json_holds_no_structure(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"encut": 520}')
    [reason] = told(tmp_path)
    assert "no structure" in reason


def test_a_folder_without_structures_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    [unread] = read_structures(tmp_path)
    assert isinstance(unread, UnreadStructure)
    assert "holds no structure file" in unread.refusal.reason
    assert "**" in unread.refusal.suggestion


def test_one_bad_file_among_many_is_refused_in_its_place(tmp_path: Path) -> None:
    for i in range(30):
        (tmp_path / f"{i:02}.cif").write_bytes(LI3N)
    (tmp_path / "17.cif").write_bytes(LI3N[:900])
    read = list(read_structures(tmp_path))
    assert [isinstance(each, UnreadStructure) for each in read] == [i == 17 for i in range(30)]


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_an_archive_is_read_in_memory_at_any_depth(tmp_path: Path) -> None:
    members = {"x/b.cif": LI3N, "a.cif": LLTO, "../../up.cif": LI3N, "readme.md": b"#"}
    members |= {"__MACOSX/x/._b.cif": b"\x00", "x/bad.cif": b"data_"}
    zipped(tmp_path / "all.zip", members)
    read = list(read_structures("all.zip", folder=tmp_path))
    assert [each.source for each in read] == [
        "all.zip/../../up.cif", "all.zip/a.cif", "all.zip/x/b.cif", "all.zip/x/bad.cif",
    ]  # fmt: skip
    assert [isinstance(each, Crystal) for each in read] == [True, True, True, False]
    assert [each.name for each in tmp_path.iterdir()] == ["all.zip"]


def test_a_damaged_member_is_refused_and_the_others_answered(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.cif", LI3N)
        archive.writestr("b.cif", LLTO)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"_cell_formula_units_Z", b"_cell_formula_units_Q"))
    first, second = told(path)
    assert "damaged in the archive" in first
    assert second == "Li0.34La0.51TiO2.94"


def test_an_archive_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents_module, "LARGEST_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(documents_module, "LARGEST_ARCHIVE_BYTES", 1_500_000)
    bomb = {f"{i}.cif": b"#" * 900_000 for i in range(3)} | {"0.cif": b"#" * 10_000_000}
    reasons = told(zipped(tmp_path / "bomb.zip", bomb))
    assert "larger than 1 MB" in reasons[0]
    assert "together" in reasons[-1]
    assert len(reasons) == 3


def test_a_member_that_lies_about_its_size_is_not_read_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents_module, "LARGEST_FILE_BYTES", 1_000_000)
    path = zipped(tmp_path / "lie.zip", {"a.cif": b"#" * 5_000_000})
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 100)))
    [reason] = told(path)
    assert "damaged" in reason or "larger" in reason


# --- rows -------------------------------------------------------------------------------------


def test_a_line_of_a_list_may_be_a_file_with_conditions(folder: Path) -> None:
    items = rows("Li3PS4\nb.cif T=60 glass\n\nnix.cif\ndeeper/\n", folder, "text")
    assert [item.row for item in items] == [1, 2, 4, 5]
    formula, crystal, missing, deeper = items
    assert isinstance(formula, Query)
    assert isinstance(crystal, Query)
    assert crystal.input == "b.cif T=60 glass"
    assert (crystal.temperature_C, crystal.material.form) == (60.0, "glass")
    assert isinstance(crystal.material, Crystal)
    assert isinstance(missing, Refusal)
    assert missing.code == "unreadable_row"
    assert missing.input == "nix.cif"
    assert isinstance(deeper, Query)
    assert deeper.input == "deeper/c.cif"


def test_a_table_may_hold_structures_beside_or_instead_of_formulas(folder: Path) -> None:
    both = "formula,structure,lab\nLi3N,b.cif,A\n,b.cif,B\nLi3N,,C\nLi3N,garnet,D\n"
    materials = [item.material for item in rows(both, folder)]  # type: ignore[union-attr]
    assert [type(each).__name__ for each in materials] == [
        "Crystal", "Crystal", "Composition", "Composition",
    ]  # fmt: skip
    assert [item.columns["lab"] for item in rows(both, folder)] == list("ABCD")
    [alone] = rows("lab,CIF\nA,b.cif\n", folder)
    assert isinstance(alone, Query)
    assert alone.material.formula == "Li3N"


def test_json_lines_may_hold_structures_without_a_formula(folder: Path) -> None:
    text = '{"formula": "Li3N"}\n{"formula": null, "structure": "b.cif"}\n{"formula": null}\n'
    formula, crystal, missing = rows(text, folder, "jsonl")
    assert isinstance(formula, Query)
    assert isinstance(crystal, Query)
    assert isinstance(crystal.material, Crystal)
    assert isinstance(missing, Refusal)


def test_a_row_whose_structure_is_another_material_is_refused_or_flagged(folder: Path) -> None:
    text = "formula,structure\nLi3N,b.cif\nLi2.99N,b.cif\nLi6N2,b.cif\nLi2N,b.cif\n"
    *same, other = rows(text, folder)
    assert all(isinstance(item, Query) and not item.material.notes for item in same)  # type: ignore[union-attr]
    assert isinstance(other, Refusal)
    assert "b.cif" in other.reason
    assert "Li2N" in other.reason
    assert "Li3N" in other.reason
    flagged = rows(text, folder, on_mismatch="flag")[-1]
    assert isinstance(flagged, Query)
    assert flagged.material.formula == "Li3N"
    assert "Li2N" in flagged.material.notes[0]  # type: ignore[union-attr]


def test_a_structure_that_leaves_out_the_little_lithium_of_its_row_contradicts_it(
    folder: Path,
) -> None:
    (folder / "no_li.cif").write_bytes(LLTO.replace(b"Li1 0 0 0 0.34\n", b""))
    text = "formula,structure\nLi0.01La0.51TiO2.94,no_li.cif\n"
    [flagged] = rows(text, folder, on_mismatch="flag")
    assert isinstance(flagged, Query)
    assert "without Li" in flagged.material.notes[-1]  # type: ignore[union-attr]
    assert isinstance(rows(text, folder)[0], Refusal)


def test_a_space_group_beside_a_structure_is_a_check(folder: Path) -> None:
    [item] = rows("structure,space_group\nb.cif,Ia-3d\n", folder)
    assert isinstance(item, Query)
    assert item.material.space_group_number == 191
    assert "230" in item.material.notes[-1]  # type: ignore[union-attr]


def test_a_sweep_beside_a_structure_is_refused(folder: Path) -> None:
    for text in ("formula,structure\nLi2+xN x=0:1:0.5,b.cif\n", "structure\nb.cif x=0.5\n"):
        [item] = rows(text, folder)
        assert isinstance(item, Refusal)


def test_without_leave_no_row_opens_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for text in ("b.cif", "deeper/", "CONTCAR", str(folder / "b.cif")):
        [item] = parse_rows([RawRow(1, text, {"structure": "b.cif"})])
        assert isinstance(item, Refusal)
    [item] = parse_rows([RawRow(1, "Li3N", {"structure": "b.cif"})])
    assert not isinstance(item, Refusal)
    assert not isinstance(item.material, Crystal)


def test_inputs_in_python_are_texts_and_paths(folder: Path) -> None:
    files = StructureFiles(folder)
    items = list(parse_inputs(["Li3N", Path("deeper"), "b.cif", None], Qualifiers(), files))  # type: ignore[list-item]
    assert [item.row for item in items] == [1, 2, 3, 4]
    kinds = [type(getattr(item, "material", item)).__name__ for item in items]
    assert kinds == ["Composition", "Crystal", "Crystal", "Refusal"]


# --- what must not change a crystal -------------------------------------------------------------

CELLS = [read_cif(LI3N.decode()), read_cif(LLTO.decode()), read_poscar(POSCAR)]


def facts(cell: Cell) -> tuple[str, int | None, float]:
    crystal = crystal_of(cell, "")
    assert crystal.volume_per_atom_A3 is not None
    return crystal.formula, crystal.space_group_number, round(crystal.volume_per_atom_A3, 6)


@given(cell=st.sampled_from(CELLS), data=st.data())
def test_the_order_of_sites_says_nothing(cell: Cell, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(cell.labels))))
    other = Cell(
        cell.lattice_A,
        tuple(cell.labels[i] for i in order),
        cell.positions[list(order)],
        tuple(cell.occupancies[i] for i in order),
    )
    assert facts(other) == facts(cell)


@given(
    cell=st.sampled_from(CELLS), repeats=st.tuples(*[st.integers(1, 3)] * 3), seed=st.integers(0)
)
def test_supercells_turns_and_shifts_are_the_same_crystal(
    cell: Cell, repeats: tuple[int, int, int], seed: int
) -> None:
    shift, turn = np.random.default_rng(seed).normal(size=(2, 3, 3))
    rotation, _ = np.linalg.qr(turn)
    corners = np.array([[i, j, k] for i in range(repeats[0]) for j in range(repeats[1])
                        for k in range(repeats[2])])  # fmt: skip
    places = ((cell.positions + shift[0])[None] + corners[:, None]) / np.array(repeats)
    other = Cell(
        (cell.lattice_A * np.array(repeats)[:, None]) @ rotation,
        cell.labels * len(corners),
        places.reshape(-1, 3),
        cell.occupancies * len(corners),
    )
    assert facts(other) == facts(cell)


@given(
    shares=st.lists(st.integers(1, 999), min_size=3, max_size=3),
    copies=st.integers(1, 6),
)
def test_the_formula_is_read_back_to_the_same_amounts(shares: list[int], copies: int) -> None:
    """Whatever the occupancies, the formula is that of the sites and is canonical."""
    lattice_A = np.diag([4.0 * copies, 4.0, 4.0])
    places = [[i / copies, y, 0.0] for i in range(copies) for y in (0.0, 0.25, 0.5, 0.75)]
    species = [
        {"Li": shares[0] / 1000},
        {"La": shares[1] / 1000},
        {"S": shares[2] / 1000},
        {"O": 1.0},
    ]
    cell = Cell(lattice_A, ("",) * len(places), np.array(places), tuple(species) * copies)
    crystal = crystal_of(cell, "")
    assert dict(parse_formula(crystal.formula).amounts) == dict(crystal.amounts)
    exact = composition({e: sum(s.get(e, 0.0) for s in species) for e in ("Li", "La", "S", "O")})
    assert distance(crystal, exact) < 0.001


def test_nothing_warns(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(told(folder)) == 3
