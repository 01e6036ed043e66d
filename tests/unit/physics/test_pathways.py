"""Where Li⁺ is at home in a crystal, and from which energy it runs through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sseml.physics.basins import Opening, basins, openings, passes
from sseml.physics.charges import ions_of
from sseml.physics.passage import easiest_passage
from sseml.physics.pathways import Pathways, lithium_pathways, primitive_cell
from sseml.physics.site_energy import LI_ANIONS, site_energy
from sseml.records import Crystal, RefusedInputError

Site = tuple[str | dict[str, float], tuple[float, float, float]]


def crystal(lattice: Sequence[float] | NDArray[np.float64], sites: Sequence[Site]) -> Crystal:
    """A crystal of sites; three numbers are the edges of a box."""
    matrix = np.array(lattice, dtype=float)
    occupancies = tuple({s: 1.0} if isinstance(s, str) else s for s, _ in sites)
    amounts: dict[str, float] = {}
    for occupancy in occupancies:
        for symbol, share in occupancy.items():
            amounts[symbol] = amounts.get(symbol, 0.0) + share
    return Crystal(
        formula="".join(f"{symbol}{amount:g}" for symbol, amount in amounts.items()),
        amounts=amounts,
        lattice_A=np.diag(matrix) if matrix.ndim == 1 else matrix,
        positions=np.array([position for _, position in sites], dtype=float),
        occupancies=occupancies,
    )


LI3OCL = crystal(
    (3.91, 3.91, 3.91),
    [
        ("Li", (0.5, 0.5, 0.0)), ("Li", (0.5, 0.0, 0.5)), ("Li", (0.0, 0.5, 0.5)),
        ("O", (0.5, 0.5, 0.5)), ("Cl", (0.0, 0.0, 0.0)),
    ],
)  # fmt: skip

_FACES = [(0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0)]
LI2S = crystal(
    (5.72, 5.72, 5.72),
    [("S", face) for face in _FACES]
    + [("Li", tuple(at)) for at in product((0.25, 0.75), repeat=3)],
)


def _pnma(symbol: str, x: float, y: float, z: float) -> list[Site]:
    images = {
        (round(a % 1.0, 6), round(b % 1.0, 6), round(c % 1.0, 6))
        for a, b, c in (
            (x, y, z), (0.5 - x, -y, 0.5 + z), (-x, 0.5 + y, -z), (0.5 + x, 0.5 - y, 0.5 - z),
            (-x, -y, -z), (0.5 + x, y, 0.5 - z), (x, 0.5 - y, z), (0.5 - x, 0.5 + y, 0.5 + z),
        )
    }  # fmt: skip
    return [(symbol, at) for at in sorted(images)]


def olivine(lithium: list[Site]) -> Crystal:
    """LiFePO4 (doi 10.1107/S0108768192004701) with what is given on its lithium sites."""
    framework = [
        *_pnma("Fe", 0.28222, 0.25, 0.97472), *_pnma("P", 0.09482, 0.25, 0.41820),
        *_pnma("O", 0.09678, 0.25, 0.74279), *_pnma("O", 0.45710, 0.25, 0.20602),
        *_pnma("O", 0.16558, 0.04646, 0.28478),
    ]  # fmt: skip
    return crystal((10.332, 6.010, 4.692), framework + lithium)


LIFEPO4 = olivine(_pnma("Li", 0.0, 0.0, 0.0))

_A, _C = 2.8156, 14.0542
_HEXAGONAL = np.array([[_A, 0.0, 0.0], [-_A / 2, _A * math.sqrt(0.75), 0.0], [0.0, 0.0, _C]])
_R3M = [(0.0, 0.0, 0.0), (2 / 3, 1 / 3, 1 / 3), (1 / 3, 2 / 3, 2 / 3)]
LICOO2 = crystal(
    _HEXAGONAL,
    [
        (symbol, ((x % 1), (y % 1), (z + at) % 1))
        for symbol, at in (("Li", 0.5), ("Co", 0.0), ("O", 0.26), ("O", -0.26))
        for x, y, z in _R3M
    ],
)


def landscape(material: Crystal, shape: tuple[int, int, int]) -> NDArray[np.float64]:
    return site_energy(material, ions_of(material)[0], shape)


def pathways(material: Crystal, spacing_A: float | None = None) -> Pathways:
    ions, imbalance = ions_of(material)
    return lithium_pathways(material, ions, imbalance=imbalance, spacing_A=spacing_A)


def thresholds(found: Pathways) -> list[float | None]:
    return [barrier and barrier.threshold_eV for barrier in found.barriers]


# --- the energy -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "published_eV"),
    [
        ("N", 2.054953), ("O", 0.98816), ("F", 0.49611), ("S", 1.04027), ("Cl", 0.49302),
        ("Se", 0.88750), ("Br", 0.44910), ("Te", 0.88544), ("I", 0.44117),
    ],
)  # fmt: skip
def test_bond_energies_are_the_published_ones(symbol: str, published_eV: float) -> None:
    assert LI_ANIONS[symbol].bond_energy == pytest.approx(published_eV, rel=2e-5)


def test_the_energy_beside_two_ions_is_that_by_hand() -> None:
    """Li⁺ 2 Å from half an oxide and 3 Å from Zr⁴⁺, nothing else within reach of it."""
    sites: list[Site] = [
        ({"O": 0.5}, (0.4, 0.5, 0.5)), ("Zr", (0.65, 0.5, 0.5)), ("Li", (0.9, 0.9, 0.9)),
    ]  # fmt: skip
    material = crystal((20.0, 30.0, 30.0), sites)
    ions, _ = ions_of(crystal((1.0, 1.0, 1.0), [("Li", (0, 0, 0)), *_neutral("Zr", "O")]))
    bond = math.exp((1.940013 - 2.0) / 0.516)
    attraction = 0.5 * 0.98816 / 2 * ((bond - 1) ** 2 - 1)
    screening = 0.74 * (1.28 + 1.75)
    repulsion = 14.4 * 4 / math.sqrt(2 * 5) / 3.0 * math.erfc(3.0 / screening)
    found = site_energy(material, ions, (20, 30, 30))[10, 15, 15]
    assert found == pytest.approx(attraction + repulsion, abs=2e-5)


def _neutral(cation: str, anion: str) -> list[Site]:
    return [(cation, (0, 0, 0)), (anion, (0, 0, 0)), (anion, (0, 0, 0)), ({anion: 0.5}, (0, 0, 0))]


@pytest.mark.parametrize(
    ("material", "shape", "expected"),
    [
        (LI3OCL, (6, 6, 6), {(3, 1, 4): -0.4540, (1, 1, 4): 0.0440, (4, 0, 3): -1.8626}),
        (LI2S, (10, 10, 10), {(4, 6, 7): -1.4766, (0, 1, 3): -0.9789, (9, 3, 8): -1.9060}),
        (LIFEPO4, (19, 11, 8), {(8, 0, 4): -1.2326, (9, 6, 4): -1.7773, (10, 5, 5): -0.9209}),
        (LICOO2, (4, 4, 27), {(0, 0, 3): 0.4588, (2, 3, 14): -1.0407, (2, 3, 4): -1.8061}),
    ],
)
def test_energies_are_those_of_bvlain(
    material: Crystal, shape: tuple[int, int, int], expected: dict[tuple[int, int, int], float]
) -> None:
    """Reference: bvlain 0.25.1, r_cut=10, k=2500, at points of its own grid."""
    energy = landscape(material, shape)
    assert {at: round(float(energy[at]), 4) for at in expected} == pytest.approx(expected, abs=1e-4)


def test_half_an_occupancy_counts_half() -> None:
    def anions(share: float) -> Crystal:
        return crystal((5.0, 6.0, 7.0), [({"S": share}, (0.2, 0.3, 0.4)), ("Li", (0.7, 0.7, 0.7))])

    ions, _ = ions_of(LI2S)
    whole, half = (site_energy(anions(share), ions, (5, 6, 7)) for share in (1.0, 0.5))
    np.testing.assert_allclose(half, whole / 2)


def test_a_cation_on_sites_of_lithium_is_missing_where_li_comes_from_and_goes_to() -> None:
    """Sites of Li0.3La0.5 in a row, 6 Å apart: of their La, the two that are nearest do not act."""
    ions, _ = ions_of(crystal((1.0,) * 3, [("Li", (0, 0, 0)), *_neutral("La", "O")]))
    sites: list[Site] = [({"Li": 0.3, "La": 0.5}, (0, 0, 0)), ({"O": 0.0}, (0.5, 0.5, 0.5))]
    energy = site_energy(crystal((6.0, 30.0, 30.0), sites), ions, (6, 10, 10))
    screening = 0.74 * (1.28 + 2.07)

    def la(r_A: float) -> float:
        return 0.5 * 14.4 * 3 / math.sqrt(2 * 6) / r_A * math.erfc(r_A / screening)

    assert energy[0, 0, 0] == pytest.approx(la(6.0), abs=1e-5)
    assert energy[1, 0, 0] == pytest.approx(la(7.0), abs=1e-5)
    alone = site_energy(
        crystal((6.0, 30.0, 30.0), [({"La": 0.5}, (0, 0, 0)), *sites[1:]]), ions, (6, 10, 10)
    )
    assert alone[1, 0, 0] == pytest.approx(la(1.0) + la(5.0) + la(7.0), abs=1e-5)


def test_other_lithium_does_not_act() -> None:
    """Nor does where it sits."""
    framework: list[Site] = [("S", face) for face in _FACES]
    ions, _ = ions_of(LI2S)
    few, many = (
        site_energy(crystal((5.72,) * 3, [*framework, *more]), ions, (8, 8, 8))
        for more in ([("Li", (0.1, 0.2, 0.3))], [("Li", (0.5, 0.5, 0.5)), ("Li", (0.25, 0.25, 0))])
    )
    np.testing.assert_array_equal(few, many)


def test_a_supercell_has_the_same_landscape() -> None:
    doubled = crystal(
        (7.82, 3.91, 3.91),
        [
            (next(iter(kind)), ((x + shift) / 2, y, z))
            for kind, (x, y, z) in zip(LI3OCL.occupancies, LI3OCL.positions, strict=True)
            for shift in (0, 1)
        ],
    )
    once = landscape(LI3OCL, (8, 8, 8))
    np.testing.assert_allclose(landscape(doubled, (16, 8, 8)), np.tile(once, (2, 1, 1)), atol=1e-9)


@settings(max_examples=5)
@given(st.tuples(*[st.integers(-9, 9)] * 3))
def test_shifting_the_crystal_shifts_the_landscape(steps: tuple[int, int, int]) -> None:
    moved = crystal(
        LICOO2.lattice_A,
        [
            (dict(kind), tuple(np.array(at) + np.array(steps) / (3, 4, 12)))
            for kind, at in zip(LICOO2.occupancies, LICOO2.positions, strict=True)
        ],
    )
    expected = np.roll(landscape(LICOO2, (3, 4, 12)), steps, axis=(0, 1, 2))
    np.testing.assert_allclose(landscape(moved, (3, 4, 12)), expected, rtol=1e-6, atol=1e-6)


# --- running through ------------------------------------------------------------------------------


def opened(energy: NDArray[np.float64], highest: float) -> tuple[Opening | None, ...]:
    """Where networks first run in 1, 2 and 3 directions on the points of a grid."""
    grid = basins(energy)
    found = passes(energy, grid, highest)
    return openings(found, found.energy, energy[tuple(grid.bottom.T)])


def region(*drawn: tuple[slice | int, ...], n: int = 6) -> NDArray[np.bool_]:
    filled = np.zeros((n, n, n), dtype=bool)
    for part in drawn:
        filled[part] = True
    return filled


ALL = slice(None)


@pytest.mark.parametrize(
    ("filled", "directions"),
    [
        (region(), 0),
        (region((slice(1, 4),) * 3), 0),
        (region((ALL, 1, 1)), 1),
        (region((slice(1, 6), 1, 1)), 0),
        (region((ALL, 1, 1), (3, ALL, 4)), 1),  # two channels that do not meet
        (region((ALL, 1, 1), (3, ALL, 2)), 2),  # they do, diagonally
        (region((ALL, ALL, 1)), 2),
        (region((ALL, 1, 1), (1, ALL, 1), (1, 1, ALL)), 3),
        (region((ALL, ALL, ALL)), 3),
        (np.eye(6, dtype=bool)[:, :, None] & region((ALL, ALL, 2)), 1),  # along [110]
        (region((0, 0, 0), n=1), 3),
    ],
)
def test_directions_of_drawn_regions(filled: NDArray[np.bool_], directions: int) -> None:
    ways = opened(np.where(filled, 0.0, 9.0), 1.0)
    assert sum(way is not None for way in ways) == directions


def _directions_point_by_point(filled: NDArray[np.bool_]) -> int:
    """The same by another way: walk each region point by point, unwrapped."""
    size = np.array(filled.shape)
    steps = [np.array(s) for s in product((-1, 0, 1), repeat=3) if any(s)]
    place: dict[tuple[int, ...], NDArray[np.int64]] = {}
    best = 0
    for first in map(tuple, np.argwhere(filled).tolist()):
        if first in place:
            continue
        place[first] = np.array(first)
        waiting, spanned = [first], [np.zeros(3)]
        for at in waiting:
            for step in steps:
                there = place[at] + step
                key = tuple((there % size).tolist())
                if not filled[key]:
                    continue
                if key not in place:
                    place[key] = there
                    waiting.append(key)
                spanned.append((there - place[key]) / size)
        best = max(best, int(np.linalg.matrix_rank(np.array(spanned))))
    return best


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_networks_open_where_the_region_below_first_runs_through(seed: int) -> None:
    energy = np.random.default_rng(seed).random((4, 5, 6))
    for wanted, way in enumerate(opened(energy, 1.0), start=1):
        assert way is not None
        assert _directions_point_by_point(energy <= way.energy) >= wanted
        assert _directions_point_by_point(energy < way.energy) < wanted


def waves(*heights: float, n: int = 8) -> NDArray[np.float64]:
    """Hills of the given heights between the cells along each axis, lowest at the origin."""
    hill = (1 - np.cos(2 * np.pi * np.arange(n) / n)) / 2
    a, b, c = heights
    return a * hill[:, None, None] + b * hill[None, :, None] + c * hill[None, None, :]


@settings(max_examples=10)
@given(st.lists(st.floats(0.05, 4.0), min_size=3, max_size=3), st.floats(-9.0, 9.0))
def test_barriers_between_hills_are_their_heights(heights: list[float], offset: float) -> None:
    ways = opened(waves(*heights) + offset, 5.0 + offset)
    found = [way.energy - offset for way in ways if way]
    assert found == pytest.approx(sorted(heights))


def test_what_is_too_high_is_no_way_through() -> None:
    assert [way is None for way in opened(waves(0.3, 2.0, 6.0), 5.0)] == [False, False, True]


def test_a_pit_beside_the_channel_is_not_of_its_network() -> None:
    """The channel lies at 1 eV, its hills at 1.2; the pit at 0 has walls of 9 eV."""
    energy = np.full((12, 12, 12), 9.0)
    energy[:, 2, 2] = 1.0 + 0.2 * (np.arange(12) % 6 == 0)
    energy[6, 8, 8] = 0.0
    easiest, *others = opened(energy, 5.0)
    assert easiest is not None
    assert (easiest.energy, easiest.floor) == pytest.approx((1.2, 1.0))
    assert others == [None, None]


# --- the way --------------------------------------------------------------------------------------


def test_the_way_goes_over_the_lowest_hill_and_ends_where_it_began() -> None:
    lattice_A = np.diag([6.0, 7.0, 8.0])
    way = easiest_passage(waves(0.9, 0.4, 1.5), lattice_A, 0.401)
    assert tuple(map(abs, way.translation)) == (0, 1, 0)
    assert way.energy_eV.max() == pytest.approx(0.4)
    assert way.energy_eV[0] == way.energy_eV[-1] == 0.0
    np.testing.assert_allclose(way.positions[-1] - way.positions[0], way.translation)
    assert way.distance_A[-1] == pytest.approx(7.0)


def test_a_way_along_a_bent_channel_leaves_out_its_dead_ends() -> None:
    """A channel that runs along [110], with a side arm in which the lowest point lies."""
    energy = np.full((12, 12, 12), 9.0)
    diagonal = np.arange(12)
    energy[diagonal, diagonal, 3] = 0.5
    energy[4, 4, 3:8] = 0.4
    energy[4, 4, 8] = 0.0
    way = easiest_passage(energy, np.eye(3) * 6.0, 0.5)
    assert tuple(map(abs, way.translation)) == (1, 1, 0)
    assert way.distance_A[-1] == pytest.approx(6.0 * math.sqrt(2.0), rel=0.05)
    assert len(way.energy_eV) == 13
    assert way.energy_eV.min() == 0.4


def test_where_nothing_runs_through_there_is_no_way() -> None:
    with pytest.raises(ValueError, match="nothing runs through"):
        easiest_passage(waves(1.0, 1.0, 1.0), np.eye(3), 0.5)


# --- crystals -------------------------------------------------------------------------------------


def test_a_cubic_crystal_has_one_barrier() -> None:
    found = pathways(LI3OCL)
    one, two, three = thresholds(found)
    assert one == two == three == pytest.approx(0.494, abs=0.005)  # bvlain 0.25.1: 0.50
    np.testing.assert_allclose(found.energy_eV, found.energy_eV.transpose(1, 2, 0), atol=1e-6)
    assert found.lithium_eV == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert found.passage is not None
    assert found.passage.energy_eV.max() == pytest.approx(one, abs=1.1e-3)


@pytest.fixture(scope="module")
def in_olivine() -> Pathways:
    return pathways(LIFEPO4)


def test_olivine_conducts_along_b_alone(in_olivine: Pathways) -> None:
    """As measured, doi 10.1038/nmat2251; bvlain's own example has 0.44, 3.33 and 3.36 eV."""
    one, two, three = thresholds(in_olivine)
    assert one == pytest.approx(0.44, abs=0.01)
    assert two is not None
    assert three is not None
    assert three > two > 3.0
    assert in_olivine.passage is not None
    assert tuple(map(abs, in_olivine.passage.translation)) == (0, 1, 0)


def test_a_layered_crystal_conducts_in_its_layers() -> None:
    one, two, three = thresholds(pathways(LICOO2))
    assert one is not None
    assert one == two
    assert three is None


def test_a_blocked_channel_lets_nothing_through(in_olivine: Pathways) -> None:
    """Every channel of olivine holds Mg²⁺ on one of its two sites."""
    lithium = _pnma("Li", 0.0, 0.0, 0.0)
    blocked = olivine([("Mg" if at[1] > 0.25 else "Li", at) for _, at in lithium])
    open_, shut = thresholds(in_olivine)[0], thresholds(pathways(blocked, 0.3))[0]
    assert open_ is not None
    assert shut is None or shut > open_ + 2.0


def test_a_finer_grid_comes_to_the_same() -> None:
    coarse, middle, fine = (thresholds(pathways(LI2S, at))[0] for at in (0.5, 0.25, 0.12))
    assert middle == pytest.approx(fine, abs=0.003)
    assert coarse == pytest.approx(fine, abs=0.03)


def test_partial_occupancies_of_the_framework_are_said() -> None:
    mixed = crystal(
        (3.91, 3.91, 3.91),
        [
            ({"Cl": 0.5, "Br": 0.5}, (0, 0, 0)) if "Cl" in kind else (dict(kind), tuple(at))
            for kind, at in zip(LI3OCL.occupancies, LI3OCL.positions, strict=True)
        ],
    )
    assert pathways(LI3OCL).notes == ()
    [note] = pathways(mixed).notes
    assert "partial occupancies" in note


def test_what_holds_sites_of_lithium_is_said() -> None:
    """On the very site, and on one 0.5 Å away that Li cannot hold at the same time."""
    for place in ((0.5, 0.5, 0.0), (0.5, 0.5, 0.13)):
        mixed = crystal(
            (3.91, 3.91, 3.91),
            [
                ("Li", (0.5, 0.0, 0.5)), ("Li", (0.0, 0.5, 0.5)), ({"Li": 0.5}, (0.5, 0.5, 0.0)),
                ("O", (0.5, 0.5, 0.5)), ("Cl", (0.0, 0.0, 0.0)), ({"Na": 0.5}, place),
            ],
        )  # fmt: skip
        assert any(note.startswith("Na on sites of Li") for note in pathways(mixed).notes)


def test_a_lithium_content_that_does_not_balance_is_said() -> None:
    poor = crystal(
        (5.72, 5.72, 5.72),
        [("S", face) for face in _FACES] + [("Li", tuple(at)) for at in LI2S.positions[4:10]],
    )
    assert any("off balance by -0.20 charges an atom" in note for note in pathways(poor).notes)


@pytest.mark.parametrize(
    ("sites", "reason"),
    [
        (
            [("Li", (0, 0, 0)), ("Li", (0.5, 0.5, 0.5)), ("Li", (0, 0, 0.5)), ("P", (0.5, 0, 0))],
            "P",
        ),
        ([("Li", (0, 0, 0)), ("H", (0.5, 0.5, 0.5))], "H as an anion"),
        ([("Na", (0, 0, 0)), ("Cl", (0.5, 0.5, 0.5))], "no site holds Li"),
        ([("Li", (0, 0, 0))], "without an anion"),
    ],
)
def test_what_cannot_be_calculated_is_refused(sites: list[Site], reason: str) -> None:
    with pytest.raises(RefusedInputError, match=reason):
        pathways(crystal((5.0, 5.0, 5.0), sites))


def test_a_cell_that_is_too_large_is_refused_before_the_work() -> None:
    with pytest.raises(RefusedInputError, match=r"91,125 Å³ is too large"):
        pathways(crystal((45.0, 45.0, 45.0), [("Li", (0, 0, 0)), ("Cl", (0.5, 0.5, 0.5))]))


def test_a_large_cell_gets_a_coarser_grid_and_says_so() -> None:
    """A thin rod of 30 nm; most of it is empty, and the way through is not one way."""
    found = pathways(crystal((300.0, 6.0, 6.0), [("Li", (0, 0, 0)), ("Cl", (0.5, 0.5, 0.5))]))
    assert 0.2 < found.spacing_A < 0.4
    assert any("a large cell" in note for note in found.notes)


def test_who_watches_hears_how_far_it_is_and_can_end_it() -> None:
    heard: list[float] = []
    ions, _ = ions_of(LI3OCL)
    lithium_pathways(LI3OCL, ions, watch=heard.append)
    assert heard == sorted(heard)
    assert heard[0] == 0.0
    assert 0.8 < heard[-1] <= 1.0

    def impatient(share: float) -> None:
        if share > 0.5:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        lithium_pathways(LI3OCL, ions, watch=impatient)


def layered_cobaltate(times: int = 1, shift: Sequence[float] = (0.0, 0.0, 0.0)) -> Crystal:
    """LiCoO2, hexagonal (a 2.8156 Å, c 14.0542 Å, z 0.26032), repeated along a and moved."""
    edge = 2.8156
    lattice = np.array([[edge, 0, 0], [-edge / 2, edge * 0.75**0.5, 0], [0, 0, 14.0542]])
    sites = [
        (symbol, ((x + cell + shift[0]) / times, y + shift[1], z + at + shift[2]))
        for cell in range(times)
        for symbol, at in (("Li", 0.5), ("Co", 0.0), ("O", 0.26032), ("O", -0.26032))
        for x, y, z in ((0.0, 0.0, 0.0), (2 / 3, 1 / 3, 1 / 3), (1 / 3, 2 / 3, 2 / 3))
    ]
    lattice[0] *= times
    return crystal(lattice, sites)


@pytest.mark.parametrize(
    "material",
    [
        layered_cobaltate(),
        layered_cobaltate(shift=(0.137, 0.271, 0.0413)),
        layered_cobaltate(times=2),
        layered_cobaltate(times=3, shift=(0.2, 0.01, 0.3)),
    ],
    ids=["as it is", "moved", "twice", "thrice and moved"],
)
def test_neither_origin_nor_supercell_changes_a_barrier(material: Crystal) -> None:
    found = pathways(material)
    one, two, three = thresholds(found)
    assert one == pytest.approx(1.2228, abs=0.002)
    assert two == pytest.approx(one, abs=0.002)
    assert three is None
    assert found.errors_eV[0] is not None
    assert found.errors_eV[0] < 0.01
    assert found.errors_eV[2] is None
    assert len(found.cell.occupancies) == 4
    assert found.passage is not None
    assert found.passage.energy_eV.max() == pytest.approx(one, abs=0.02)


def test_a_wide_grid_is_within_its_own_error_of_the_converged_barrier() -> None:
    found = pathways(layered_cobaltate(), 0.5)
    one = thresholds(found)[0]
    assert one is not None
    assert found.errors_eV[0] is not None
    assert abs(one - 1.2228) < 2.0 * found.errors_eV[0] + 0.002


@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (0.137, 0.271, 0.0413), (0.01, 0.02, 0.03)])
def test_equal_directions_of_a_disordered_perovskite_stay_equal(shift: Sequence[float]) -> None:
    cell = crystal(
        (3.87, 3.87, 3.87),
        [
            ({"Li": 0.34, "La": 0.51}, shift),
            ("Ti", tuple(0.5 + at for at in shift)),
            *(("O", tuple(a + b for a, b in zip(at, shift, strict=True)))
              for at in ((0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5))),
        ],
    )  # fmt: skip
    one, two, three = thresholds(pathways(cell))
    assert one == pytest.approx(two, abs=1e-3)
    assert two == pytest.approx(three, abs=1e-3)


def test_a_supercell_of_mixed_sites_is_reduced_with_its_occupancies() -> None:
    sites = [({"Li": 0.34, "La": 0.51}, (0, 0, 0)), ("Ti", (0.5, 0.5, 0.5)), ("O", (0.5, 0.5, 0))]
    twice = [
        (held, ((x + cell) / 2, y, z)) for cell in (0, 1) for held, (x, y, z) in sites
    ]  # fmt: skip
    reduced = primitive_cell(crystal((8.0, 4.0, 4.0), twice))
    assert sorted(map(str, reduced.occupancies)) == sorted(
        map(str, crystal((4.0, 4.0, 4.0), sites).occupancies)
    )
    assert abs(np.linalg.det(reduced.lattice_A)) == pytest.approx(64.0)
    other = [*twice[:-1], ({"O": 0.9}, twice[-1][1])]
    unlike = crystal((8.0, 4.0, 4.0), other)
    assert primitive_cell(unlike) is unlike
