"""`sseml data` with polymer electrolytes: listed, pulled by name, curated, a lab's own added."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from sseml import released
from sseml.curation import both
from sseml.curation.polymers import chemarr
from sseml.curation.polymers.table import load_polymers
from sseml.curation.table import load_measurements
from sseml.released import POLYMER_BUNDLE

pytest.importorskip("rdkit")

FILM = '"PEO + LiTFSI, EO:Li=18"'
LAB = f"""\
recipe,sigma_S_cm,temperature,series,doi
{FILM},1e-5,25,B1,
{FILM},~3e-4,333 K,B1,
"P(EO)18LiTFSI + 10 wt% LLZTO nanowires",4e-5,30,B2,10.1000/a
PSMILES:[*]OCCOCC[*] + 35 wt% LiTFSI,2e-5,30,B3,
"""
LITFSI = "O=S(=O)([N-]S(=O)(=O)C(F)(F)F)C(F)(F)F.[Li+]"
CHEMARR = f"""\
smiles,conductivity,mw,salt smiles,molality,temperature
[Cu]OCC[Au],-4.0,,{LITFSI},1.261107,25
[Cu]OCC[Au],-3.5,,{LITFSI},1.261107,60
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(LAB, encoding="utf-8")
    return path


@pytest.fixture
def curated(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(chemarr, "_references", dict)
    data = tmp_path / "data"
    (data / "chemarr").mkdir(parents=True)
    (data / "literature").mkdir()
    (data / "chemarr" / "clean_train_data.csv").write_text(CHEMARR)
    ours = "--literature", data / "literature"
    ran = run("data", "curate", "-i", data, "-o", tmp_path / "curated", *ours)
    assert ran.code == 0
    assert ran.out.startswith("polymer electrolytes\nchemarr: 2 rows read, 2 kept, 0 merged")
    return tmp_path / "curated"


@pytest.fixture
def alone(tmp_path: Path) -> tuple[str, Path]:
    """Add to a folder that holds no table."""
    (tmp_path / "empty").mkdir()
    return "-i", tmp_path / "empty"


def test_the_new_sources_are_listed_with_their_licence(run: Any) -> None:
    ran = run("data", "list", "--format", "csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(ran.out))}
    for name in ("chemarr", "chemarr_full", "chemixhub"):
        assert (rows[name]["licence"], rows[name]["cite"]) == ("MIT", "10.1021/acscentsci.2c01123")


def test_the_fuller_table_is_looked_for_only_when_it_is_named(run: Any, tmp_path: Path) -> None:
    named = run("data", "pull", "chemarr_full", "--from", tmp_path, "-o", tmp_path / "to")
    assert named.code == 2
    assert "chemarr_full/PolymerElectrolyteData.csv" in named.err
    unnamed = run("data", "pull", "--from", tmp_path, "-o", tmp_path / "to")
    assert "chemarr_full" not in unnamed.err


def test_a_folder_of_polymers_alone_is_curated_and_reported(run: Any, curated: Path) -> None:
    assert not (curated / "measurements.parquet").exists()
    data = curated.parent / "data"
    ours = "--literature", data / "literature"
    ran = run("data", "curate", "-i", data, "-o", curated, *ours, "--json")
    assert json.loads(ran.out)["polymers"]["sources"]["chemarr"]["kept"] == 2


def test_a_labs_recipes_become_a_table_of_their_own(
    run: Any, lab: Path, alone: tuple[str, Path], tmp_path: Path
) -> None:
    ran = run("data", "add", lab, *alone, "-o", tmp_path / "mine")
    assert ran.code == 0
    assert "4 rows read, 4 added, 0 already in the table, 0 refused" in ran.out
    assert "these rows stand alone" in ran.out
    assert not (tmp_path / "mine" / "measurements.parquet").exists()
    table = load_polymers(tmp_path / "mine")
    assert table["formula"].tolist()[:3] == [
        "PEO + LiTFSI, EO:Li=18",
        "PEO + LiTFSI, EO:Li=18",
        "PEO + LiTFSI, EO:Li=18 + 10 wt% LLZTO wire",
    ]
    assert table["formula"].iloc[3].startswith("PEO + LiTFSI, EO:Li="), "under its listed name"
    assert table["temperature_C"].tolist() == pytest.approx([25, 59.85, 30, 30])
    assert table["relation"].tolist() == ["=", "~", "=", "="]
    assert table["doi"].tolist() == [(), (), ("10.1000/a",), ()]
    assert table["series"].nunique() == 3
    assert set(table["source"]) == {"own"}
    assert set(table["licence"]) == {"own measurement"}
    assert table["reference"].iloc[0] == "own measurement, series B1"


def test_a_file_added_twice_changes_nothing(
    run: Any, lab: Path, alone: tuple[str, Path], tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    run("data", "add", lab, *alone, "-o", mine)
    before = (mine / "polymers.parquet").read_bytes()
    again = run("data", "add", lab, "-i", mine, "-o", mine, "--json")
    assert (mine / "polymers.parquet").read_bytes() == before
    report = json.loads(again.out)["polymers"]
    assert [each["row"] for each in report["duplicates"]] == [1, 2, 3, 4]
    assert report["added"] == []


def test_a_labs_rows_stand_behind_the_curated_ones_and_contradictions_are_named(
    run: Any, curated: Path, tmp_path: Path
) -> None:
    lab = tmp_path / "low.csv"
    lab.write_text(f"recipe,log10_sigma,temperature,series\n{FILM},-6,27,B1\n{FILM},-4.2,60,B1\n")
    ran = run("data", "add", lab, "-i", curated, "-o", tmp_path / "mine")
    assert ran.code == 0
    assert "row 1: 'PEO + LiTFSI, EO:Li=18' conducts 1e-06 S/cm here, and in 1 other" in ran.out
    table = load_polymers(tmp_path / "mine")
    assert table["source"].tolist() == ["chemarr", "chemarr", "own", "own"]
    assert table["flags"].tolist() == [("conflict",), (), ("conflict",), ()]


def test_solids_and_polymers_of_one_file_go_to_their_own_tables(run: Any, tmp_path: Path) -> None:
    lab = tmp_path / "both.csv"
    lab.write_text(f"formula,sigma_S_cm,temperature\nLi3ScBr6,1e-4,25\n{FILM},1e-5,25\n")
    ran = run("data", "add", lab, "-o", tmp_path / "mine")
    assert ran.code == 0
    assert (load_measurements(tmp_path / "mine")["source"] == "own").sum() == 1
    assert (load_polymers(tmp_path / "mine")["source"] == "own").sum() == 1
    assert ran.out.startswith("both.csv: 1 rows read, 1 added")
    assert "polymer electrolytes of both.csv: 1 rows read, 1 added" in ran.out


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('"PEO + LiTFSO",1e-5,25', "row 2: 'PEO + LiTFSO': 'LiTFSO' is no polymer, salt"),
        (f"{FILM},20,25", "20 S/cm is above 10 S/cm, which no solid reaches; mind the sign"),
        (f"{FILM},1e-5,250 °C", "250 °C"),
        (f'{FILM},"1,2",25', "'1,2' is not a conductivity; write a decimal point"),
        ('"PEO + 140 wt% LiTFSI",1e-5,25', "140"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_what_to_write(
    run: Any, alone: tuple[str, Path], tmp_path: Path, row: str, message: str
) -> None:
    lab = tmp_path / "lab.csv"
    lab.write_text(f"recipe,sigma_S_cm,temperature\n{FILM},1e-5,25\n{row}\n", encoding="utf-8")
    ran = run("data", "add", lab, *alone, "-o", tmp_path / "mine")
    assert ran.code == 1
    assert "row 2: " in ran.err
    assert message in ran.err
    assert "2 rows read, 1 added, 0 already in the table, 1 refused" in ran.out
    assert len(load_polymers(tmp_path / "mine")) == 1


def test_a_labs_row_off_its_curve_stays_and_is_flagged(
    run: Any, alone: tuple[str, Path], tmp_path: Path
) -> None:
    lab = tmp_path / "lab.csv"
    points = [(25, "1e-5"), (40, "4e-3"), (60, "2e-4"), (80, "6e-4")]
    rows = [f"{FILM},{sigma},{T},B1" for T, sigma in points]
    lab.write_text("\n".join(["recipe,sigma_S_cm,temperature,series", *rows]) + "\n")
    ran = run("data", "add", lab, *alone, "-o", tmp_path / "mine")
    assert "row 2: off_its_curve: " in ran.out
    flags = load_polymers(tmp_path / "mine")["flags"].tolist()
    assert flags == [(), ("off_its_curve",), (), ()]


def test_an_amount_that_the_lab_does_not_state_is_flagged(
    run: Any, alone: tuple[str, Path], tmp_path: Path
) -> None:
    lab = tmp_path / "lab.csv"
    lab.write_text("recipe,sigma_S_cm,temperature\nPEO + LiTFSI,1e-5,25\n")
    ran = run("data", "add", lab, *alone, "-o", tmp_path / "mine")
    assert "row 1: assumed_amount: " in ran.out
    assert load_polymers(tmp_path / "mine")["molality_mol_kg"].isna().all()


def test_without_a_table_named_they_join_what_the_released_bundle_carries(
    run: Any, curated: Path, lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "released" / POLYMER_BUNDLE
    bundle.mkdir(parents=True)
    content = (curated / "polymers.parquet").read_bytes()
    (bundle / "evidence.parquet").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (bundle / "SHA256SUMS").write_text(f"{digest}  evidence.parquet\n")
    for module in (both, released):
        monkeypatch.setattr(module, "released_folder", lambda: tmp_path / "released")
    assert run("data", "add", lab, "-o", tmp_path / "mine").code == 0
    assert load_polymers(tmp_path / "mine")["source"].tolist() == ["chemarr"] * 2 + ["own"] * 4
