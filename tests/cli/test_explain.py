"""`sseml explain`: barriers and a picture of the Li network, or why there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CIF = """\
data_Li3OCl
_cell_length_a 3.91
_cell_length_b 3.91
_cell_length_c 3.91
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
_symmetry_Int_Tables_number 221
loop_
_symmetry_equiv_pos_as_xyz
x,y,z
y,z,x
z,x,y
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.5 0.5 0 1
O1 O 0.5 0.5 0.5 1
Cl1 Cl 0 0 0 {occupancy}
{more}
"""


@pytest.fixture
def cif(tmp_path: Path) -> Path:
    return written(tmp_path / "Li3OCl.cif")


def written(path: Path, occupancy: str = "1", more: str = "") -> Path:
    path.write_text(CIF.format(occupancy=occupancy, more=more), encoding="utf-8")
    return path


def test_a_table_says_barriers_way_and_what_they_are_worth(run: Any, cif: Path) -> None:
    ran = run("explain", cif)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"Li3OCl ({cif})"
    assert [line.split()[0:2] for line in lines[1:4]] == [
        ["1", "direction"], ["2", "directions"], ["3", "directions"],
    ]  # fmt: skip
    assert all(line.endswith("0.49 eV") for line in lines[1:4])
    text = " ".join(ran.out.split())
    assert "a static-lattice estimate, no prediction of the conductivity" in text
    assert "in our trials it did not improve predictions" in text
    assert "all Li is taken out" in text
    assert "36 × 36 × 36 points, 0.11 Å apart" in text


def test_json_holds_every_number(run: Any, cif: Path) -> None:
    ran = run("explain", cif, "--format", "json")
    record = json.loads(ran.out)
    assert record["source"] == str(cif)
    assert record["barriers"]["1d"] == record["barriers"]["3d"]
    assert record["barriers"]["1d"]["eV"] == pytest.approx(0.494, abs=0.005)
    assert record["charges"] == {"Cl": -1.0, "Li": 1.0, "O": -2.0}
    assert record["grid_points"] == [36, 36, 36]
    assert record["lithium_sites_eV"] == pytest.approx([0.0, 0.0, 0.0], abs=1e-4)
    way = record["way"]
    assert len(way["positions"]) == len(way["distance_A"]) == len(way["energy_eV"])
    assert max(way["energy_eV"]) == pytest.approx(record["barriers"]["1d"]["eV"], abs=2e-3)
    assert "static-lattice" in record["what_it_is"]
    assert record["notes"] == []


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_picture_is_drawn(run: Any, cif: Path, ending: str) -> None:
    picture = cif.with_suffix(ending)
    ran = run("explain", cif, "-o", picture)
    assert (ran.code, ran.err) == (0, "")
    assert picture.stat().st_size > 10_000
    assert "1 direction" in ran.out


def test_a_partial_occupancy_is_answered_and_said(run: Any, tmp_path: Path) -> None:
    mixed = written(tmp_path / "mixed.cif", occupancy="0.5", more="Br1 Br 0 0 0 0.5")
    ran = run("explain", mixed)
    assert ran.code == 0
    assert "the framework has partial occupancies" in " ".join(ran.out.split())


def test_a_limit_that_is_too_short_says_what_to_do(run: Any, cif: Path) -> None:
    picture = cif.with_suffix(".png")
    ran = run("explain", cif, "-o", picture, "--time-limit", "0.001")
    assert (ran.code, ran.out) == (2, "")
    assert "not done after 0.001 s" in ran.err
    assert "--time-limit" in ran.err
    assert "--spacing" in ran.err
    assert not picture.exists()


@pytest.mark.parametrize(
    ("sites", "reason"),
    [
        ("H1 H 0.25 0.25 0.25 1\nLi9 Li 0.75 0.75 0.75 1", "H as an anion"),
        ("broken line", "broken.cif"),
        ("O7 O 0.5 0.5 0.55 1", "broken.cif"),
        ("Cl8 Cl 0 0 0 0.7", "broken.cif"),
    ],
)
def test_a_structure_that_cannot_be_answered_says_why(
    run: Any, tmp_path: Path, sites: str, reason: str
) -> None:
    ran = run("explain", written(tmp_path / "broken.cif", more=sites))
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
    assert "Traceback" not in ran.err


def test_a_crystal_without_lithium_is_refused(run: Any, cif: Path) -> None:
    cif.write_text(cif.read_text(encoding="utf-8").replace("Li1 Li", "Na1 Na"), encoding="utf-8")
    ran = run("explain", cif)
    assert ran.code == 2
    assert "Li" in ran.err


def test_one_structure_at_a_time(run: Any, cif: Path) -> None:
    for path, reason in ((cif.parent, "is a folder"), (cif.with_name("none.cif"), "none.cif")):
        ran = run("explain", path)
        assert (ran.code, ran.out) == (2, "")
        assert reason in ran.err
    written(cif.with_name("other.cif"))
    assert "2 structures" in run("explain", cif.parent / "*.cif").err


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (("--spacing", "0.01"), "0.05 to 0.5"),
        (("--spacing", "fine"), "0.05 to 0.5"),
        (("--time-limit", "0"), "above 0 s"),
        (("--time-limit", "nan"), "above 0 s"),
        (("-o", "network.txt"), "does not end like a picture"),
        (("-o", "nowhere/network.png"), "no folder"),
    ],
)
def test_options_that_mean_nothing(
    run: Any, cif: Path, option: tuple[str, str], reason: str
) -> None:
    ran = run("explain", cif, *option)
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err


def test_the_error_of_a_barrier_is_measured_and_is_data(run: Any, cif: Path) -> None:
    record = json.loads(run("explain", cif, "--format", "json").out)
    errors = [barrier["error_eV"] for barrier in record["barriers"].values()]
    assert all(0.001 <= error < 0.01 for error in errors)
    assert "1.5 times as wide" in record["error_is"]
    text = " ".join(run("explain", cif).out.split())
    assert f"at most {max(errors):.3f} eV" in text
    assert "±" not in text
