"""Descriptors of crystals worked out by hand, and what they must not depend on."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from sseml.features.crystal.structure import Structure, describe
from sseml.features.table import feature_table
from sseml.parse.formula import parse_formula
from sseml.records import Crystal

CHLORIDE_A, SULFIDE_A = 1.81, 1.84
FCC = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]


def cell(
    lattice_A: ArrayLike, positions: ArrayLike, sites: Sequence[str | Mapping[str, float]]
) -> Crystal:
    occupancies = tuple({site: 1.0} if isinstance(site, str) else dict(site) for site in sites)
    amounts: dict[str, float] = {}
    for site in occupancies:
        for symbol, share in site.items():
            amounts[symbol] = amounts.get(symbol, 0.0) + share
    return Crystal(
        formula="".join(f"{symbol}{amount:g}" for symbol, amount in amounts.items()),
        amounts=amounts,
        lattice_A=np.array(lattice_A, dtype=float),
        positions=np.array(positions, dtype=float),
        occupancies=occupancies,
    )


def fcc(a_A: float) -> np.ndarray:
    return a_A * np.eye(3)


def hcp(a_A: float) -> tuple[np.ndarray, list[list[float]]]:
    """Cell and positions of an ideal hexagonal close packing."""
    lattice = np.array([[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, np.sqrt(8 / 3)]]) * a_A
    return lattice, [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]


def lithium_chloride(a_A: float, shift_A: float = 0.0) -> Crystal:
    """Rock salt; with a shift, Li on two half-filled places that far from its site."""
    anions = np.array(FCC)
    lithium = anions + np.array([0.5, 0.0, 0.0])
    if not shift_A:
        return cell(fcc(a_A), [*anions, *lithium], ["Cl"] * 4 + ["Li"] * 4)
    step = np.array([shift_A / a_A, 0.0, 0.0])
    places = [*anions, *(lithium + step), *(lithium - step)]
    return cell(fcc(a_A), places, ["Cl"] * 4 + [{"Li": 0.5}] * 8)


def lithium_sulfide(a_A: float) -> Crystal:
    """Antifluorite."""
    anions = np.array(FCC)
    places = [*anions, *(anions + 0.25), *(anions + 0.75)]
    return cell(fcc(a_A), places, ["S"] * 4 + ["Li"] * 8)


def layered(a_A: float, c_A: float) -> Crystal:
    """LiCoO2 in hexagonal axes, the oxygens midway between the layers of Li and Co."""
    lattice = np.array([[a_A, 0, 0], [-a_A / 2, a_A * np.sqrt(3) / 2, 0], [0, 0, c_A]])
    centring = np.array([[0, 0, 0], [2 / 3, 1 / 3, 1 / 3], [1 / 3, 2 / 3, 2 / 3]])
    motif = {"Li": [0, 0, 0.0], "Co": [0, 0, 0.5]}
    places = [np.add(at, shift) for at in motif.values() for shift in centring]
    oxygens = [np.add([0, 0, z], shift) for z in (0.25, 0.75) for shift in centring]
    return cell(lattice, [*places, *oxygens], ["Li"] * 3 + ["Co"] * 3 + ["O"] * 6)


def test_rock_salt_lithium_chloride() -> None:
    a = 5.13
    found = describe(lithium_chloride(a))
    assert found["li_anion_shortest"] == pytest.approx(a / 2)
    assert found["li_anion_mean"] == pytest.approx(a / 2)
    assert found["li_li_shortest"] == pytest.approx(a / math.sqrt(2))
    assert found["li_coordination"] == pytest.approx(6.0, abs=0.01)
    assert found["li_tetrahedral_share"] == pytest.approx(0.0, abs=0.01)
    assert found["li_density"] == pytest.approx(4000 / a**3)
    assert found["volume_per_anion"] == pytest.approx(a**3 / 4)
    assert found["framework_density"] == pytest.approx(4 * 35.453 * 1.66053907 / a**3, rel=1e-4)
    assert found["anion_filling"] == pytest.approx(
        4 * 4 / 3 * math.pi * CHLORIDE_A**3 / a**3, rel=1e-6
    )
    assert found["li_sites_per_anion"] == 1.0
    assert found["li_site_kinds"] == 1.0
    assert found["li_occupancy"] == 1.0
    assert found["li_vacancies_per_li"] == 0.0
    assert found["li_site_entropy"] == 0.0
    # From octahedron to octahedron through the tetrahedron between: the triangle of chlorides.
    window = a / math.sqrt(6) - CHLORIDE_A
    for dimension in (1, 2, 3):
        assert found[f"bottleneck_{dimension}d"] == pytest.approx(window, abs=1e-6)
    assert found["li_site_room"] == pytest.approx(a / 2 - CHLORIDE_A)
    assert found["hop_1d"] == found["hop_3d"] == pytest.approx(a / math.sqrt(2))
    assert found["hops_per_li_site"] == 12.0
    assert found["network_dimensions"] == 3.0
    assert "framework_coordination" not in found
    assert "li_cation_nearest" not in found or math.isnan(found["li_cation_nearest"])


def test_antifluorite_lithium_sulfide() -> None:
    a = 5.71
    found = describe(lithium_sulfide(a))
    assert found["li_anion_shortest"] == pytest.approx(a * math.sqrt(3) / 4)
    assert found["li_li_shortest"] == pytest.approx(a / 2)
    assert found["li_coordination"] == pytest.approx(4.0, abs=0.01)
    assert found["li_tetrahedral_share"] == pytest.approx(1.0, abs=0.01)
    assert found["li_sites_per_anion"] == 2.0
    assert found["hops_per_li_site"] == 6.0
    # From tetrahedron to tetrahedron through the empty octahedron: again the triangle.
    assert found["bottleneck_3d"] == pytest.approx(a / math.sqrt(6) - SULFIDE_A, abs=1e-6)
    assert found["anion_fcc"] == pytest.approx(1.0, abs=1e-4)


def test_half_empty_lithium_sites() -> None:
    """Li on half of the tetrahedra: ln 2 per site for each of the two states, 2 ln 2 per Li."""
    full = lithium_sulfide(5.71)
    half = [dict.fromkeys(site, 0.5) if "Li" in site else site for site in full.occupancies]
    found = describe(cell(full.lattice_A, full.positions, half))
    assert found["li_occupancy"] == 0.5
    assert found["li_vacancies_per_li"] == pytest.approx(1.0)
    assert found["li_site_entropy"] == pytest.approx(2 * math.log(2))
    assert found["li_partial_share"] == 1.0
    assert found["li_li_shortest"] == pytest.approx(5.71 / 2)
    assert found["bottleneck_3d"] == describe(full)["bottleneck_3d"]


def test_layers_conduct_in_two_dimensions() -> None:
    found = describe(layered(2.82, 15.3))
    assert found["network_dimensions"] == 2.0
    assert found["bottleneck_2d"] > found["bottleneck_3d"] + 0.1
    assert found["hop_1d"] == pytest.approx(2.82)
    # Co octahedra share edges with six others in their layer.
    assert found["framework_coordination"] == pytest.approx(6.0, abs=0.1)
    assert found["framework_connections"] == pytest.approx(6.0)
    assert found["edge_share"] == 1.0
    assert found["anion_bond_strength"] == pytest.approx(1.5)
    assert found["anion_bond_strength_spread"] == pytest.approx(0.0, abs=1e-9)


def test_perovskite_octahedra_share_corners() -> None:
    """LiNbO3 as an ideal cubic perovskite: Nb⁵⁺ among six O, each O between two Nb."""
    a = 4.0
    middles = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    found = describe(
        cell(a * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5], *middles], ["Li", "Nb", "O", "O", "O"])
    )
    assert found["corner_share"] == 1.0
    assert found["framework_connections"] == 6.0
    assert found["framework_cations_per_anion"] == 2.0
    assert found["framework_bond_length"] == pytest.approx(a / 2)
    assert found["anion_bond_strength"] == pytest.approx(5 / 6 * 2)
    assert found["unbonded_anion_share"] == 0.0
    assert found["li_cation_nearest"] == pytest.approx(a * math.sqrt(3) / 2)
    assert found["li_coordination"] == pytest.approx(12.0, abs=0.01)
    # The window between two A sites is the square of four O.
    assert found["bottleneck_3d"] == pytest.approx(a / 2 - 1.40, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "lattice_A", "positions"),
    [
        ("fcc", fcc(5.0), FCC),
        ("hcp", *hcp(3.6)),
        ("bcc", 4.2 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ],
)
def test_ideal_packings_are_told_apart(
    name: str, lattice_A: np.ndarray, positions: Sequence[Sequence[float]]
) -> None:
    found = describe(cell(lattice_A, positions, ["S"] * len(positions)))
    assert found[f"anion_{name}"] == pytest.approx(1.0, abs=1e-3)
    others = {"fcc", "hcp", "bcc"} - {name}
    assert max(found[f"anion_{other}"] for other in others) < 0.1
    assert found["anion_neighbours"] == pytest.approx(14.0 if name == "bcc" else 12.0, abs=1e-6)


def test_the_order_parameters_are_those_of_the_literature() -> None:
    """Steinhardt's q4 and q6 of fcc: 0.190 94 and 0.574 52."""
    found = describe(cell(fcc(5.0), FCC, ["S"] * 4))
    assert found["anion_q4"] == pytest.approx(0.19094, abs=1e-5)
    assert found["anion_q6"] == pytest.approx(0.57452, abs=1e-5)


def test_two_places_of_one_lithium_are_one_site_in_their_middle() -> None:
    split = lithium_chloride(5.13, shift_A=0.3)
    whole = describe(lithium_chloride(5.13))
    found = describe(split)
    assert len(split.positions) == 12
    for name, value in whole.items():
        assert found[name] == pytest.approx(value, abs=1e-9, nan_ok=True), name


def test_two_whole_ions_that_overlap_stay_two() -> None:
    crystal = cell(6.0 * np.eye(3), [[0, 0, 0], [0.1, 0, 0], [0.5, 0.5, 0.5]], ["Li", "Li", "Cl"])
    assert describe(crystal)["li_li_shortest"] == pytest.approx(0.6)


def test_lithium_beside_its_own_anion_alternative_is_no_neighbour() -> None:
    """Li or Cl half the time, 0.9 Å apart: the distance is between things never there together."""
    sites: list[Mapping[str, float]] = [{"Li": 0.5}, {"Cl": 0.5}, {"Cl": 1.0}]
    crystal = cell(5.0 * np.eye(3), [[0, 0, 0], [0.18, 0, 0], [0.5, 0.5, 0.0]], sites)
    assert describe(crystal)["li_anion_shortest"] == pytest.approx(5.0 / math.sqrt(2))


def test_a_large_cation_that_shares_the_lithium_site_counts_as_foreign() -> None:
    a = 3.87
    sites: list[Mapping[str, float]] = [
        {"Li": 0.33, "La": 0.56}, {"Ti": 1.0}, {"O": 1.0}, {"O": 1.0}, {"O": 1.0},
    ]  # fmt: skip
    middles = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    found = describe(cell(a * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5], *middles], sites))
    assert found["li_occupancy"] == pytest.approx(0.33)
    assert found["li_foreign_share"] == pytest.approx(0.56)
    assert found["li_vacancies_per_li"] == pytest.approx(0.11 / 0.33)
    assert found["bottleneck_3d"] == pytest.approx(a / 2 - 1.40, abs=1e-6)


def test_what_does_not_apply_is_nan() -> None:
    names = feature_table([], ("structure",)).names
    no_lithium = cell(fcc(5.0), FCC, ["S"] * 4)
    no_anions = cell(3.5 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]], ["Li", "Li"])
    values = feature_table([parse_formula("LiCl"), no_lithium, no_anions], ("structure",)).values
    assert np.isnan(values[0]).all()
    row = dict(zip(names, values[1], strict=True))
    assert np.isnan(row["li_occupancy"])
    assert np.isnan(row["bottleneck_1d"])
    assert row["anion_fcc"] == pytest.approx(1.0, abs=1e-3)
    row = dict(zip(names, values[2], strict=True))
    assert np.isnan(row["anion_fcc"])
    assert np.isnan(row["volume_per_anion"])
    assert row["li_li_shortest"] == pytest.approx(3.5 * math.sqrt(3) / 2)


def test_everything_described_is_a_feature_and_the_other_way_round() -> None:
    """A lithium site among anions and framework cations has every descriptor."""
    named = {feature.name for feature in Structure().features}
    assert set(describe(layered(2.82, 14.2))) == named


def test_the_input_is_left_alone() -> None:
    crystal: Crystal = lithium_chloride(5.13, shift_A=0.3)
    before = crystal.positions.copy(), crystal.lattice_A.copy(), crystal.occupancies
    describe(crystal)
    assert (crystal.positions == before[0]).all()
    assert (crystal.lattice_A == before[1]).all()
    assert crystal.occupancies == before[2]


# What no descriptor may depend on: the choice of origin, axes and cell, and the order of the sites.


def disordered(seed: int, count: int) -> Crystal:
    """Ions anywhere in any cell: mixed, partly vacant, split, nothing symmetric."""
    draw = np.random.default_rng(seed)
    lattice = np.diag(draw.uniform(3.5, 7.0, 3)) + draw.uniform(-1.2, 1.2, (3, 3))
    kinds: list[Mapping[str, float]] = [
        {"Li": 1.0}, {"O": 1.0}, {"Li": 0.4}, {"P": 1.0}, {"S": 0.5, "Cl": 0.5}, {"O": 0.7},
        {"Li": 0.3, "La": 0.5}, {"H": 1.0},
    ]  # fmt: skip
    picked = [0, 1, *draw.integers(0, len(kinds), count - 2)]
    return cell(lattice, draw.uniform(0, 1, (count, 3)), [kinds[k] for k in picked])


crystals = st.one_of(
    st.builds(lithium_chloride, st.floats(4.5, 6.0), st.sampled_from([0.0, 0.2, 0.7])),
    st.builds(lithium_sulfide, st.floats(5.2, 6.5)),
    st.builds(layered, st.floats(2.7, 3.1), st.floats(13.0, 16.0)),
    st.builds(disordered, st.integers(0, 2**32 - 1), st.integers(2, 9)),
)
thorough = settings(max_examples=25, deadline=None)
WIDTH_A = 4e-3
"""Hops that agree to 0.001 Å are looked at once, so widths may differ by a few of those."""


def assert_same(one: Crystal, other: Crystal) -> None:
    first, second = describe(one), describe(other)
    assert first.keys() == second.keys()
    for name, value in first.items():
        slack = WIDTH_A if name.startswith("bottleneck") else 1e-6
        assert second[name] == pytest.approx(value, rel=1e-6, abs=slack, nan_ok=True), name


@thorough
@given(crystals, st.tuples(*[st.floats(-2.0, 2.0)] * 3))
def test_the_origin_does_not_matter(crystal: Crystal, shift: tuple[float, ...]) -> None:
    moved = cell(crystal.lattice_A, crystal.positions + np.array(shift), crystal.occupancies)
    assert_same(crystal, moved)


@thorough
@given(crystals, st.randoms())
def test_the_order_of_the_sites_does_not_matter(crystal: Crystal, random: object) -> None:
    order = list(range(len(crystal.positions)))
    random.shuffle(order)  # type: ignore[attr-defined]
    sites = [crystal.occupancies[i] for i in order]
    assert_same(crystal, cell(crystal.lattice_A, crystal.positions[order], sites))


@thorough
@given(crystals, st.integers(0, 2**32 - 1))
def test_turning_the_axes_does_not_matter(crystal: Crystal, seed: int) -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    assert_same(crystal, cell(crystal.lattice_A @ turn, crystal.positions, crystal.occupancies))


@thorough
@given(crystals, st.permutations([1, 2, 1]))
def test_a_supercell_is_the_same_crystal(crystal: Crystal, times: list[int]) -> None:
    steps = np.array(list(np.ndindex(*times)))
    positions = (crystal.positions[None] + steps[:, None]).reshape(-1, 3) / times
    lattice = crystal.lattice_A * np.array(times)[:, None]
    assert_same(crystal, cell(lattice, positions, crystal.occupancies * len(steps)))


@thorough
@given(crystals, st.sampled_from([(0, 1), (1, 2), (2, 0)]), st.sampled_from([-1, 1]))
def test_another_choice_of_the_cell_is_the_same_crystal(
    crystal: Crystal, axes: tuple[int, int], sign: int
) -> None:
    change = np.eye(3)
    change[axes] = sign
    positions = crystal.positions @ np.linalg.inv(change)
    assert_same(crystal, cell(change @ crystal.lattice_A, positions, crystal.occupancies))


@thorough
@given(crystals)
def test_values_are_finite_or_nan_and_shares_are_shares(crystal: Crystal) -> None:
    found = describe(crystal)
    assert not any(math.isinf(value) for value in found.values())
    for name in ("li_partial_share", "corner_share", "edge_share", "face_share", "anion_fcc"):
        value = found.get(name, 0.0)
        assert math.isnan(value) or 0.0 <= value <= 1.0 + 1e-9, name
    assert found["bottleneck_1d"] >= found["bottleneck_2d"] >= found["bottleneck_3d"] >= 0.0
    assert found["hop_1d"] <= found["hop_3d"] <= 5.0


@pytest.mark.slow
def test_a_hundred_hard_crystals_stay_within_the_floor() -> None:
    benchmark = Path(__file__).parents[3] / "benchmarks" / "crystal.py"
    done = subprocess.run(
        [sys.executable, str(benchmark), "--json", "--count", "10"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cpu_s_per_100"] <= 60.0
