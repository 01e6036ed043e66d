"""`sseml models`, `names`, `families`, `data`, and what `train` and `evaluate` check first."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sseml.cli.command import CommandError, needing
from sseml.cli.evaluate import replace_between_marks
from sseml.model.folder import write_checksums
from sseml.released import DEFAULT_BUNDLE, released_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copied_bundle(tmp_path: Path) -> Path:
    return shutil.copytree(released_folder() / DEFAULT_BUNDLE, tmp_path / "copied")


def test_the_released_bundles_are_listed_shown_and_undamaged(run: Any) -> None:
    assert DEFAULT_BUNDLE in run("models", "list").out
    lines = run("models", "list", "--format", "jsonl").out.splitlines()
    listed = [json.loads(line) for line in lines]
    assert DEFAULT_BUNDLE in [row["name"] for row in listed]
    card = (released_folder() / DEFAULT_BUNDLE / "card.md").read_text("utf-8")
    assert run("models", "show", DEFAULT_BUNDLE).out.strip() == card.strip()
    verified = run("models", "verify")
    assert verified.code == 0
    assert f"{DEFAULT_BUNDLE}: as released (" in verified.out


def test_a_folder_that_agrees_with_itself_is_not_called_released(
    run: Any, copied_bundle: Path
) -> None:
    verify = ("models", "verify", "--folder", copied_bundle)
    assert run(*verify).out.startswith("copied: as released (every file is that of composition-")
    card = copied_bundle / "card.md"
    card.write_text(card.read_text("utf-8") + "Better than it is.\n", "utf-8")
    write_checksums(copied_bundle)
    ran = run(*verify)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("copied: consistent (")
    assert "released" not in ran.out.partition("digest")[0]


def test_what_no_checksum_vouches_for_is_named(run: Any, copied_bundle: Path) -> None:
    (copied_bundle / "code").mkdir()
    (copied_bundle / "more.txt").write_text("more")
    ran = run("models", "verify", "--folder", copied_bundle)
    assert ran.code == 0
    assert "not listed and not verified: code/, more.txt" in ran.out


@pytest.mark.parametrize("name", ["MLmodel", "requirements.txt"])
def test_what_mlflow_would_run_must_be_listed(run: Any, copied_bundle: Path, name: str) -> None:
    sums = copied_bundle / "SHA256SUMS"
    kept = [line for line in sums.read_text().splitlines(True) if not line.endswith(f" {name}\n")]
    sums.write_text("".join(kept))
    for argv in (
        ["models", "verify", "--folder", copied_bundle],
        ["predict", "Li6PS5Cl", "--bundle", copied_bundle],
    ):
        ran = run(*argv)
        assert (ran.code, ran.out) == (2, "")
        assert f"SHA256SUMS does not list {name}" in ran.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loader_module: sseml.tracking.pyfunc", "loader_module: evil"),
        ("    loader_module", "    code: code\n    loader_module"),
        ("type_hint", '"flavors": {"python_function": {"loader\\x5fmodule": evil}}\ntype_hint'),
        ("    env:", "    data: other\n    env:"),
    ],
)
def test_a_bundle_that_mlflow_would_load_with_other_code_is_refused(
    run: Any, copied_bundle: Path, old: str, new: str
) -> None:
    mlmodel = copied_bundle / "MLmodel"
    told = mlmodel.read_text("utf-8")
    mlmodel.write_text(told.replace(old, new), "utf-8")
    assert mlmodel.read_text("utf-8") != told
    write_checksums(copied_bundle)
    for argv in (
        ["models", "verify", "--folder", copied_bundle],
        ["predict", "Li6PS5Cl", "--bundle", copied_bundle],
    ):
        ran = run(*argv)
        assert (ran.code, ran.out) == (2, "")
        assert "MLmodel would run other code than sseml's" in ran.err


@pytest.mark.parametrize("name", ["bundle.json", "forest.npz", "evidence.parquet", "card.md"])
def test_a_flipped_byte_is_named_and_nothing_is_predicted(
    run: Any, copied_bundle: Path, name: str
) -> None:
    file = copied_bundle / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    for argv in (
        ["predict", "Li6PS5Cl", "--bundle", copied_bundle],
        ["models", "show", "--folder", copied_bundle],
        ["models", "verify", "--folder", copied_bundle.parent],
    ):
        ran = run(*argv)
        assert ran.code == 2
        assert ran.out == ""
        assert name in ran.err
        assert "Traceback" not in ran.err


def test_a_missing_file_and_a_newer_schema_are_named(run: Any, copied_bundle: Path) -> None:
    (copied_bundle / "forest.npz").unlink()
    ran = run("predict", "Li6PS5Cl", "--bundle", copied_bundle)
    assert (ran.code, ran.out) == (2, "")
    assert "forest.npz" in ran.err


def test_another_bundle_may_be_named(run: Any, copied_bundle: Path) -> None:
    assert (
        run("predict", "Li6PS5Cl", "--bundle", copied_bundle).out == run("predict", "Li6PS5Cl").out
    )
    assert "copied" in run("models", "verify", "copied", "--folder", copied_bundle.parent).out


def test_an_unknown_bundle_and_an_empty_folder_are_exit_code_2(run: Any, tmp_path: Path) -> None:
    ran = run("models", "show", "no-such-bundle")
    assert ran.code == 2
    assert DEFAULT_BUNDLE in ran.err
    assert run("models", "list", "--folder", tmp_path).code == 2


def test_names_can_be_searched_and_used(run: Any) -> None:
    table = run("names").out
    assert "LLZO" in table
    found = list(
        csv.DictReader(io.StringIO(run("names", "GARNET", "gallium", "--format", "csv").out))
    )
    assert [row["name"] for row in found] == ["Ga-LLZO"]
    assert run("predict", "Ga-LLZO").code == 0


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("polymer", "PEO", {"family": "polyether", "sites": "1 EO", "units": "[*]CCO[*]"}),
        ("polymer", "PVDF-HFP", {"family": "PVDF class", "sites": ""}),
        ("salt", "LiTFSI", {"molar_mass_g_mol": "287.088"}),
        ("additive", "SN", {"kind": "plastic crystal"}),
        ("filler", "LLZTO", {"role": "active", "formula": "Li6.4La3Zr1.4Ta0.6O12"}),
    ],
)
def test_the_names_of_recipes_are_listed(
    run: Any, kind: str, name: str, words: dict[str, str]
) -> None:
    ran = run("names", "--kind", kind, "--format", "csv")
    assert ran.code == 0
    [row] = [row for row in csv.DictReader(io.StringIO(ran.out)) if row["name"] == name]
    assert words.items() <= row.items()
    assert run("names", "--kind", "formula").out == run("names").out
    assert run("names", "--kind", "metal").code == 2


def test_families_are_listed(run: Any) -> None:
    rows = [json.loads(line) for line in run("families", "--format", "jsonl").out.splitlines()]
    assert {"garnet", "NASICON", "argyrodite"} <= {row["family"] for row in rows}
    assert {"polyether", "single-ion polymer", "MOF composite"} <= {row["family"] for row in rows}


def test_data_list_shows_licence_and_citation(run: Any) -> None:
    ran = run("data", "list", "--format", "csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(ran.out))}
    assert rows["obelix"]["licence"] == "CC-BY-4.0"
    assert rows["obelix"]["cite"] == "10.1039/D5DD00441A"


def test_data_pull_refuses_what_is_not_the_pinned_file(run: Any, tmp_path: Path) -> None:
    (tmp_path / "from" / "obelix").mkdir(parents=True)
    (tmp_path / "from" / "obelix" / "all.csv").write_text("ID\n")
    ran = run("data", "pull", "obelix", "--from", tmp_path / "from", "-o", tmp_path / "to")
    assert (ran.code, ran.out) == (2, "")
    assert "SHA-256" in ran.err
    assert not any(path.is_file() for path in (tmp_path / "to").rglob("*"))
    assert run("data", "pull", "nowhere", "-o", tmp_path / "to").code == 2


def test_data_curate_without_data_says_what_to_do(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("data", "curate", "-o", tmp_path / "out")
    assert (ran.code, ran.out) == (2, "")
    assert "sseml data pull" in ran.err
    assert not (tmp_path / "out").exists()


def test_data_curate_makes_a_table_and_a_report(run: Any, tmp_path: Path) -> None:
    out, facts = tmp_path / "out", ROOT / "data" / "literature"
    ran = run("data", "curate", "-i", tmp_path, "-o", out, "--literature", facts)
    assert ran.code == 0
    assert "rows read" in ran.out
    assert run("data", "curate", "-o", out, "--literature", tmp_path / "none").code == 2
    assert (tmp_path / "out" / "measurements.parquet").is_file()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("MAE 0.9", "is not JSON"), ('{"MAE": 0.9}', "not what `sseml evaluate --json` prints")],
)
def test_train_wants_figures_that_evaluate_printed(
    run: Any, tmp_path: Path, text: str, complaint: str
) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(text, encoding="utf-8")
    ran = run("train", "-o", tmp_path / "mine", "--figures", figures)
    assert ran.code == 2
    assert complaint in ran.err
    assert not (tmp_path / "mine").exists()


def test_train_does_not_write_over_a_bundle(run: Any, tmp_path: Path) -> None:
    ran = run("train", "-o", tmp_path)
    assert ran.code == 2
    assert "there already" in ran.err


def test_evaluate_fills_the_space_between_the_marks_only(run: Any, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("above\n<!-- evaluate:begin -->\nold\n<!-- evaluate:end -->\nbelow\n")
    for _ in range(2):
        replace_between_marks(document, "| new |\n")
    assert document.read_text() == (
        "above\n<!-- evaluate:begin -->\n| new |\n<!-- evaluate:end -->\nbelow\n"
    )
    (tmp_path / "bare.md").write_text("no marks\n")
    ran = run("evaluate", "--write", tmp_path / "bare.md")
    assert ran.code == 2
    assert "evaluate:begin" in ran.err


def test_a_missing_extra_is_named_and_our_own_mistakes_are_not_hidden() -> None:
    with pytest.raises(CommandError, match=r"sseml\[train\]"), needing("train"):
        raise ModuleNotFoundError("no", name="sklearn.linear_model")
    with pytest.raises(ModuleNotFoundError), needing("train"):
        raise ModuleNotFoundError("no", name="sseml.nowhere")


def test_evaluate_draws_earlier_figures_again(run: Any, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(
        '{"measurements": 5, "benchmarks": {"energies": {"rows": 5.0, "MAE eV": 0.0861,'
        ' "MAE eV constant": null, "Spearman": 0.7}}}',
        encoding="utf-8",
    )
    ran = run("evaluate", "--figures", figures)
    assert ran.code == 0
    assert "0.086" in ran.out
    assert "–" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("window", "Li6PS5Cl", "--plot", "drawn.png"),
        ("window", "Li6PS5Cl", "LLZO", "--plot", "drawn.svg"),
        ("compat", "Li6PS5Cl", "--with", "Li", "--plot", "drawn.pdf"),
        ("explain", "llzo_cubic.cif", "-o", "drawn.png"),
    ],
)
def test_pictures_need_nothing_that_only_training_needs(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """As with the extras `report` and `explain` alone."""
    structure = Path(__file__).parents[1] / "data" / "structures" / "llzo_cubic.cif"
    (tmp_path / structure.name).write_bytes(structure.read_bytes())
    absent = "pandas pandera sklearn xgboost mlflow pymatgen matminer"
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({absent!r}.split()))\n"
        "from sseml.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [drawn] = tmp_path.glob("drawn.*")
    assert drawn.stat().st_size > 1000
