"""Files, folders, patterns, archives, lists and tables of structures: each in its own place."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest

from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs, parse_rows
from sseml.parse.rows import RawRow, read_rows
from sseml.parse.structure import documents as documents_module
from sseml.parse.structure.file_names import names_structures
from sseml.parse.structure.files import StructureFiles
from sseml.parse.structure.reading import UnreadStructure, read_structures
from sseml.records import Crystal, Query, Refusal

DATA = Path(__file__).parents[2] / "data" / "structures"
LI3N = (DATA / "li3n.cif").read_bytes()
LLTO = (DATA / "llto.cif").read_bytes()
POSCAR = (DATA / "li3ocl.vasp").read_text()


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


@pytest.mark.parametrize(
    "name",
    [
        "POSCAR", "POSCAR0", "POSCAR1", "CONTCAR12", "POSCAR_relaxed", "POSCAR-2", "POSCAR.vasp",
        "01.POSCAR", "LLZO_POSCAR1", "run.CONTCAR.bak", "POSCAR (1)", "contcar1.txt", "x.contcar",
        "x.poscar",
    ],
)  # fmt: skip
def test_a_poscar_is_known_by_any_of_its_usual_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(POSCAR)
    assert told(tmp_path / name) == ["Li3OCl"]
    assert told(tmp_path) == ["Li3OCl"]
    [item] = rows(f"{name}\n", tmp_path, "text")
    assert isinstance(item, Query)


@pytest.mark.parametrize("name", ["Li3PS4", "POSCARD", "notes.txt", "LiPOS", "contcar list.csv"])
def test_other_names_are_those_of_no_structure(name: str) -> None:
    assert not names_structures(name)


def test_a_magnetic_cif_has_an_ending_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "x.mcif").write_bytes(LI3N)
    assert told(tmp_path) == ["Li3N"]


@pytest.mark.parametrize("name", ["all.tar.gz", "all.tgz", "all.tar", "x.cif.gz"])
def test_what_is_packed_otherwise_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b\x08")
    [item] = rows(f"{name}\n", tmp_path, "text")
    assert isinstance(item, Refusal)
    assert "archive of a kind that is not read" in item.reason or "gzip" in item.reason
    assert "pack" in item.suggestion


def test_a_structure_of_several_in_a_file_is_named_by_its_block(tmp_path: Path) -> None:
    (tmp_path / "two.cif").write_bytes(LI3N + b"\n" + LLTO)
    items = rows("two.cif T=60\n", tmp_path, "text")
    assert [item.input for item in items] == ["two.cif data_Li3N", "two.cif data_LLTO"]
    assert all(isinstance(item, Query) and item.temperature_C == 60 for item in items)
    first, second = rows("formula,structure\nLi3N,two.cif\n", tmp_path)
    assert isinstance(first, Query)
    assert isinstance(second, Refusal)
    assert "the row says Li3N, but the sites of the structure hold Li0.34La0.51" in second.reason


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


@pytest.mark.parametrize(
    "name",
    ["x" * 5000 + ".cif", "a\0.cif", "", "**x/*.cif", "**/" * 3 + "x.cif", "*/" * 999 + "x.cif"],
)
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


def test_a_name_that_looks_like_a_condition_is_a_file_if_there_is_one(folder: Path) -> None:
    (folder / "LLTO x=0.11.cif").write_bytes(LLTO)
    [item] = rows("LLTO x=0.11.cif\n", folder, "text")
    assert isinstance(item, Query)
    assert isinstance(item.material, Crystal)


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


def test_nothing_warns(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(told(folder)) == 3


READ_TWO_ROWS = """
import sys
from pathlib import Path
from sseml.parse.qualifiers import Qualifiers
from sseml.parse.queries import parse_inputs
from sseml.parse.structure.files import StructureFiles

for text in ("Li3N", "b.cif"):
    list(parse_inputs([text], Qualifiers(), StructureFiles(Path())))
    print("spglib" in sys.modules)
"""


def test_spglib_waits_until_a_structure_is_opened(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", READ_TWO_ROWS], cwd=folder, capture_output=True, check=True
    )
    assert ran.stdout.split() == [b"False", b"True"]
