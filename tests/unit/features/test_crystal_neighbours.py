"""Periodic neighbours are those that pymatgen finds, in any cell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sseml.features.crystal.linkage import Linkage, percolation
from sseml.features.crystal.neighbours import neighbours

lengths = st.floats(2.0, 12.0)
angles = st.floats(50.0, 120.0)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(lengths, lengths, lengths),
    st.tuples(angles, angles, angles),
    st.integers(1, 7),
    st.integers(0, 2**32 - 1),
    st.floats(1.0, 7.0),
)
def test_the_pairs_are_pymatgens(
    edges: tuple[float, ...], corners: tuple[float, ...], count: int, seed: int, cutoff: float
) -> None:
    core = pytest.importorskip("pymatgen.core")
    cosines = np.cos(np.radians(corners))
    if 1 - cosines @ cosines + 2 * cosines.prod() < 0.05:
        corners = (90.0, 100.0, 90.0)
    lattice = core.Lattice.from_parameters(*edges, *corners)
    # Far outside the home cell on purpose.
    points = np.random.default_rng(seed).uniform(-3.0, 3.0, (count, 3))
    structure = core.Structure(lattice, ["Li"] * count, points)
    theirs = structure.get_neighbor_list(cutoff, exclude_self=True)
    assume(len(theirs[0]) == len(structure.get_neighbor_list(cutoff + 1e-6, exclude_self=True)[0]))
    ours = neighbours(lattice.matrix, points, points, cutoff)
    ours = ours.take((ours.centre != ours.other) | ours.image.any(axis=1))
    assert len(ours.centre) == len(theirs[0])
    found = np.column_stack([ours.centre, ours.other, ours.image])
    wanted = np.column_stack([theirs[0], theirs[1], theirs[2]]).astype(int)
    order, their_order = np.lexsort(found.T), np.lexsort(wanted.T)
    assert (found[order] == wanted[their_order]).all()
    assert ours.distance[order] == pytest.approx(theirs[3][their_order], abs=1e-8)
    assert np.linalg.norm(ours.vector, axis=1) == pytest.approx(ours.distance)


def test_points_that_are_not_there_have_no_neighbours() -> None:
    lattice = 4.0 * np.eye(3)
    nothing, one = np.zeros((0, 3)), np.zeros((1, 3))
    assert len(neighbours(lattice, nothing, one, 5.0).centre) == 0
    assert len(neighbours(lattice, one, nothing, 5.0).centre) == 0


def test_a_chain_a_sheet_and_a_net_go_on_in_one_two_and_three_directions() -> None:
    linked = Linkage(2)
    assert linked.link(0, 1, (0, 0, 0)) == 0
    assert linked.link(1, 0, (1, 0, 0)) == 1
    assert linked.link(0, 0, (2, 0, 0)) == 1
    assert linked.link(0, 0, (1, 1, 0)) == 2
    assert linked.link(1, 1, (3, 5, 0)) == 2
    assert linked.link(0, 0, (0, 0, 1)) == 3


def test_two_chains_that_cross_without_touching_are_one_dimensional() -> None:
    links = ([0, 1], [0, 1], [[1, 0, 0], [0, 1, 0]], [1.0, 0.5])
    levels = percolation(2, *(np.array(part) for part in links))
    assert levels[0] == 1.0
    assert np.isnan(levels[1:]).all()


def test_the_weakest_link_that_is_needed_sets_the_level() -> None:
    image = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]])
    centre, other = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    levels = percolation(2, centre, other, image, np.array([0.9, 0.2, 0.8, 0.5]))
    assert levels.tolist() == [0.9, 0.5, 0.2]
