"""POSCARs and pymatgen's JSON: what is read of them, and what changes no crystal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.parse.formula import composition, parse_formula
from sseml.parse.structure.agreement import distance
from sseml.parse.structure.cell import Cell
from sseml.parse.structure.cif import read_cif
from sseml.parse.structure.crystal import crystal_of
from sseml.parse.structure.poscar import read_poscar
from sseml.parse.structure.pymatgen_json import read_pymatgen_json
from sseml.records import RefusedInputError

DATA = Path(__file__).parents[2] / "data" / "structures"
LI3N = (DATA / "li3n.cif").read_text()
LLTO = (DATA / "llto.cif").read_text()
POSCAR = (DATA / "li3ocl.vasp").read_text()
JSON = (DATA / "llto.json").read_text()


def test_every_format_gives_the_same_crystal() -> None:
    first, second = (
        crystal_of(read_cif(LLTO), ""),
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


CELLS = [read_cif(LI3N), read_cif(LLTO), read_poscar(POSCAR)]


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
