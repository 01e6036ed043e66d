"""POSCARs and pymatgen's JSON: what is read of them, and what changes no crystal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
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
from sseml.parse.structure.reading import read_structures
from sseml.parse.structure.symbols import species_of_label, species_of_symbol
from sseml.records import Crystal, RefusedInputError

DATA = Path(__file__).parents[2] / "data" / "structures"
LI3N = (DATA / "li3n.cif").read_text()
LLTO = (DATA / "llto.cif").read_text()
POSCAR = (DATA / "li3ocl.vasp").read_text()
JSON = (DATA / "llto.json").read_text()


def cif(text: str) -> Cell:
    [(_, cell)] = read_cif(text)
    assert isinstance(cell, Cell)
    return cell


def test_every_format_gives_the_same_crystal() -> None:
    first, second = (
        crystal_of(cif(LLTO), ""),
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


def test_symbols_and_numbers_of_a_poscar_may_go_on_in_further_lines() -> None:
    whole = read_poscar(POSCAR)
    wrapped = POSCAR.replace("Li_sv O Cl\n", " Li_sv\n O\n Cl\n")
    for text in (
        wrapped.replace("3 1 1\n", "3\n1 1\n"),
        wrapped,
        POSCAR.replace("3 1 1\n", "3 1\n 1\n"),
        wrapped.replace("Selective dynamics\n", "").replace("3 1 1", "3 1 1 ! of each"),
    ):
        other = read_poscar(text)
        np.testing.assert_array_equal(other.positions, whole.positions)
        assert other.occupancies == whole.occupancies
    lines = [line for line in POSCAR.splitlines() if not line.startswith("Li_sv")]
    old = "\n".join(["Li O Cl", *lines[1:]]).replace("3 1 1\n", "3\n1\n1\n")
    assert crystal_of(read_poscar(old), "").formula == "Li3OCl"


def test_vacancies_of_a_poscar_are_no_atoms() -> None:
    cell = read_poscar(POSCAR.replace("Li_sv O Cl", "Li Va Cl"))
    assert [*map(dict, cell.occupancies)] == [{"Li": 1.0}] * 3 + [{"Cl": 1.0}]
    np.testing.assert_array_equal(cell.positions[-1], [0, 0, 0])


@pytest.mark.parametrize(
    ("symbol", "occupancy", "held"),
    [
        ("'0.8Nb + 0.2Zr'", "1", {"Nb": 0.8, "Zr": 0.2}),
        ("'0.8Nb5+ + 0.2Zr4+'", "1", {"Nb": 0.8, "Zr": 0.2}),
        ("Nb0.8Zr0.2", "?", {"Nb": 0.8, "Zr": 0.2}),
        ("Nb4/5Zr1/5", "1", {"Nb": 0.8, "Zr": 0.2}),
        ("'Nb 80%, Zr 20%'", "1.0", {"Nb": 0.8, "Zr": 0.2}),
        ("Nb0.8Zr0.2", "0.5", {"Nb": 0.4, "Zr": 0.1}),
        ("Nb0.4Zr0.1", "0.5", {"Nb": 0.4, "Zr": 0.1}),
        ("Nb0.4Zr0.1", "1", {"Nb": 0.4, "Zr": 0.1}),
        ("'0.9Nb + 0.1Vac'", "1", {"Nb": 0.9}),
        ("Nb5+", "0.5", {"Nb": 0.5}),
        ("Li+", "1", {"Li": 1.0}),
    ],
)
def test_a_symbol_may_name_several_elements_with_their_shares(
    symbol: str, occupancy: str, held: dict[str, float]
) -> None:
    text = LLTO.replace("Ti1 0.5 0.5 0.5 1.0", f"Ti1 0.5 0.5 0.5 {occupancy}")
    text = text.replace("_atom_site_label", "_atom_site_label\n_atom_site_type_symbol")
    text = re.sub(r"^(Ti1) ", rf"\1 {symbol} ", text, flags=re.MULTILINE)
    text = re.sub(r"^([A-Z][a-z]?)(1) (?=[\d.])", r"\1\2 \1 ", text, flags=re.MULTILINE)
    cell = cif(text)
    [mixed] = [
        dict(species)
        for label, species in zip(cell.labels, cell.occupancies, strict=True)
        if label == "Ti1"
    ]
    assert mixed == pytest.approx(held)


@pytest.mark.parametrize(
    ("label", "element"),
    [("O1A", "O"), ("Li1_2", "Li"), ("CL2B", "Cl"), ("Li*", "Li"), ("S'", "S")],
)
def test_what_follows_the_element_of_a_label_says_nothing(label: str, element: str) -> None:
    assert species_of_label(label) == {element: 1.0}


UNSHARED = ("Nb/Zr", "Nb Zr", "NbZr", "Nb4Zr1", "Nb-Zr", "Nb5+, Zr4+", "Li+Na", "LiF", "Fe2+/Fe3+")


@pytest.mark.parametrize(
    ("symbol", "reason"),
    [
        *((text, "several elements without their shares") for text in UNSHARED),
        ("Wat", "a group of atoms"),
        ("H2O", "a group of atoms"),
        ("NH4+", "a group of atoms"),
        ("OH-", "a group of atoms"),
        ("Nb0.8Zr0.4", "add up to 1.2"),
        ("nb0.8zr0.2", "is no element"),
        ("0.8Qq+0.2Zr", "is no element"),
        ("x" * 1000, "is no element"),
    ],
)
def test_a_symbol_that_is_no_element_is_refused(symbol: str, reason: str) -> None:
    with pytest.raises(RefusedInputError, match=reason):
        species_of_symbol(symbol, {"O", "N", "H", "Li", "Nb"})


def test_shares_that_contradict_their_occupancy_are_refused() -> None:
    text = LLTO.replace("_atom_site_label", "_atom_site_type_symbol").replace("Ti1", "Nb0.4Zr0.2")
    text = text.replace("Nb0.4Zr0.2 0.5 0.5 0.5 1.0", "Nb0.4Zr0.2 0.5 0.5 0.5 0.9")
    [(_, refusal)] = read_cif(text)
    assert isinstance(refusal, RefusedInputError)
    assert "line " in refusal.reason
    assert "add up to 0.6, and its occupancy is 0.9" in refusal.reason


def test_a_vacuum_is_noted_along_the_vector_that_it_lies_on() -> None:
    cell = read_poscar(POSCAR)
    for axis, height_A, notes in ((2, 20.0, 1), (0, 12.5, 1), (1, 9.5, 0)):
        stretch = np.ones(3)
        stretch[axis] = height_A / 3.907
        slab = replace(
            cell,
            lattice_A=cell.lattice_A * stretch[:, None],
            positions=(cell.positions * 0.99 + 0.7) / stretch,
        )
        found = crystal_of(slab, "").notes
        assert len(found) == notes
        assert all(f"Å along {'abc'[axis]}" in note and "vacuum" in note for note in found)
    for path in DATA.iterdir():
        [crystal] = read_structures(path)
        assert isinstance(crystal, Crystal)
        assert not any("vacuum" in note for note in crystal.notes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (POSCAR[: POSCAR.index("0.0 0.5 0.5")], "line 12 of the POSCAR"),
        (POSCAR.replace("3 1 1", "three 1 1"), "line 7 of the POSCAR"),
        (POSCAR.replace("3 1 1", "3 1"), "3 element symbols, but 2 numbers of atoms, up to line 7"),
        (POSCAR.replace("0.5 0.5 0.0", "0,5 0,5 0,0"), "three coordinates: '0,5 0,5 0,0 T T T'"),
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


CELLS = [cif(LI3N), cif(LLTO), read_poscar(POSCAR)]


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
