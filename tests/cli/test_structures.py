"""Structure files on the command line, answered by the released bundle."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import sseml

DATA = Path(__file__).parents[1] / "data" / "structures"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with three structures, one of them broken, in `cifs`."""
    cifs = tmp_path / "cifs"
    cifs.mkdir()
    shutil.copy(DATA / "li3n.cif", cifs / "b.cif")
    shutil.copy(DATA / "li3ocl.vasp", cifs / "POSCAR")
    (cifs / "a.cif").write_bytes((DATA / "llto.cif").read_bytes()[:400])
    (cifs / "README.txt").write_text("not a structure")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def predicted(run: Any, *argv: str, code: int = 0, stdin: bytes = b"") -> list[dict[str, str]]:
    ran = run("predict", "--no-window", "--format", "csv", *argv, stdin=stdin)
    assert ran.code == code, ran.err
    return list(csv.DictReader(io.StringIO(ran.out, newline="")))


def test_a_structure_is_answered_like_its_composition_and_space_group(
    run: Any, folder: Path
) -> None:
    crystal, told, formula = predicted(run, "cifs/b.cif", "Li3N space_group=P6/mmm", "Li3N")
    assert (crystal["input"], crystal["formula"]) == ("cifs/b.cif", "Li3N")
    assert (crystal["kind"], formula["kind"]) == ("crystal", "composition")
    assert crystal["log10_sigma"] == told["log10_sigma"]
    assert crystal["log10_sigma"] != formula["log10_sigma"]


def test_what_of_a_structure_is_used_and_what_is_not_is_said(run: Any, folder: Path) -> None:
    [row] = predicted(run, "cifs/b.cif", "--explain")
    assert "hexagonal (space group 191): " in row["explanation"]
    assert "not used for the conductivity: volume per atom, sites" in row["explanation"]


@pytest.mark.parametrize("written", ["cifs", "cifs/", "./cifs"])
def test_a_folder_gives_a_row_a_structure_and_the_broken_one_is_refused(
    run: Any, folder: Path, written: str
) -> None:
    rows = predicted(run, written, "LLZO", code=1)
    assert [Path(row["input"]).name for row in rows] == ["POSCAR", "a.cif", "b.cif", "LLZO"]
    assert [row["status"] for row in rows] == ["ok", "error", "ok", "ok"]
    assert "cifs/a.cif" in rows[1]["error"]


def test_the_table_tells_the_files_of_a_folder_apart(run: Any, folder: Path) -> None:
    deep = folder / "a folder with quite a long name" / "and another"
    deep.mkdir(parents=True)
    shutil.copy(DATA / "li3n.cif", deep / "alpha.cif")
    shutil.copy(DATA / "li3n.cif", deep / "beta.cif")
    ran = run("predict", "--no-window", f"{deep.relative_to(folder)}/")
    _, first, second = ran.out.splitlines()
    assert first.split("  ")[0].endswith("alpha.cif")
    assert second.split("  ")[0].endswith("beta.cif")


def test_a_folder_that_is_also_a_formula_is_the_formula(run: Any, folder: Path) -> None:
    (folder / "LLZO").symlink_to(folder / "cifs")
    [row] = predicted(run, "LLZO")
    assert row["formula"] == "Li7La3Zr2O12"
    assert len(predicted(run, "LLZO/", code=1)) == 3


def test_a_long_argument_is_no_path(run: Any, folder: Path) -> None:
    assert run("predict", "--no-window", "Li3N" * 200, "").code == 1


def test_a_pattern_and_an_archive(run: Any, folder: Path) -> None:
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.write("cifs/b.cif", "deep/b.cif")
    rows = predicted(run, "cifs/b*.cif", "all.zip")
    assert [row["input"] for row in rows] == ["cifs/b.cif", "all.zip/deep/b.cif"]
    assert {row["formula"] for row in rows} == {"Li3N"}


def test_paths_in_a_list_are_relative_to_the_list(run: Any, folder: Path) -> None:
    lines = "b.cif T=60\nLi3N 60 °C space_group=191\n"
    (folder / "cifs" / "list.txt").write_text(lines, encoding="utf-8")
    crystal, formula = predicted(run, "-i", "cifs/list.txt")
    assert crystal["log10_sigma"] == formula["log10_sigma"]
    assert float(crystal["temperature_C"]) == 60.0
    [row] = predicted(run, "-i", "-", stdin=b"cifs/b.cif\n")
    assert row["formula"] == "Li3N"


def test_any_column_can_hold_structures_instead_of_formulas(run: Any, folder: Path) -> None:
    (folder / "table.csv").write_text("lab,refined model\nA,cifs/b.cif\n")
    [row] = predicted(run, "-i", "table.csv", "--column", "refined model")
    assert (row["formula"], row["lab"]) == ("Li3N", "A")


def test_a_contradicting_row_is_refused_or_flagged_as_asked(run: Any, folder: Path) -> None:
    (folder / "cifs" / "table.csv").write_text("formula,structure,lab\nLi2N,b.cif,A\n")
    [refused] = predicted(run, "-i", "cifs/table.csv", code=1)
    assert "Li2N" in refused["error"]
    assert refused["lab"] == "A"
    flag = ("--structure-mismatch", "flag", "--explain")
    [flagged] = predicted(run, "-i", "cifs/table.csv", *flag)
    assert flagged["formula"] == "Li3N"
    assert "the row says Li2N" in flagged["explanation"]


def test_a_structure_without_lithium_is_refused(run: Any, folder: Path) -> None:
    text = (DATA / "li3n.cif").read_text().replace("Li3 N", "Na3 N").replace("Li1+", "Na1+")
    (folder / "na.cif").write_text(text)
    [row] = predicted(run, "na.cif", code=1)
    assert "'na.cif': Na3N contains no Li" in row["error"]
    (folder / "table.csv").write_text("formula,structure\nNa3N,na.cif\n")
    [row] = predicted(run, "-i", "table.csv", code=1)
    assert "'Na3N': na.cif: Na3N contains no Li" in row["error"]


def test_a_list_is_asked_for_where_a_structure_is_given_as_one(run: Any, folder: Path) -> None:
    for given in ("cifs/b.cif", "cifs"):
        ran = run("predict", "-i", given)
        assert ran.code == 2
        assert "without -i" in ran.err


def test_window_and_compat_take_structures_too(run: Any, folder: Path) -> None:
    window = run("window", "cifs/b.cif", "--format", "jsonl")
    assert window.code == 0, window.err
    assert json.loads(window.out)["formula"] == "Li3N"
    compat = run("compat", "cifs/b.cif", "--format", "jsonl")
    assert compat.code == 0, compat.err


def without_spglib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spglib", None)
    for name in [name for name in sys.modules if name.startswith("sseml.parse.structure.")]:
        monkeypatch.delitem(sys.modules, name)


def test_without_the_extra_one_message_names_it(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_spglib(monkeypatch)
    ran = run("predict", "cifs/b.cif")
    assert ran.code == 2
    assert "sseml[structure]" in ran.err
    assert ran.out == ""
    assert run("predict", "--no-window", "Li3N").code == 0
    with pytest.raises(ModuleNotFoundError, match=r"sseml\[structure\]"):
        sseml.predict(["cifs/b.cif"])


def test_python_takes_names_and_paths(folder: Path) -> None:
    by_name, by_path, formula = sseml.predict(
        ["cifs/b.cif", Path("cifs") / "b.cif", "Li3N space_group=191"], window=False
    ).to_dicts()
    assert by_name["log10_sigma"] == by_path["log10_sigma"] == formula["log10_sigma"]
