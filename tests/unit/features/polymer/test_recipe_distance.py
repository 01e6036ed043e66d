"""Recipes are as far apart as their polymers are, and a little more for all the rest."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.features.polymer import distance
from sseml.features.polymer.columns import unit_columns
from sseml.features.polymer.distance import RecipeDistance
from sseml.features.polymer.shipped import listed_keys
from sseml.records import Composite, Filler, Polymer, PolymerPart, RepeatUnit, SaltPart

Recipe = Callable[..., Polymer]
DISTANCE = RecipeDistance()
KEYS = listed_keys()
TABLES = Path(distance.__file__).parent
SALTS = ("LiTFSI", "LiClO4", "LiBF4", "LiI", "LiBOB")


def apart(first: Polymer, second: Polymer) -> float:
    a, b = DISTANCE.positions([first, second])
    return float(DISTANCE.between(a[None], b[None])[0, 0])


def measured_salts() -> list[str]:
    with (TABLES / "anions.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["scale"] == "1"]
    return [row["name"] or f"SALT:{row['key']}" for row in rows]


recipes = st.builds(
    lambda key, name, molality, mass: Polymer(
        "x",
        (PolymerPart(key, (RepeatUnit(key),)),),
        (SaltPart(name, molality),),
        molar_mass_g_mol=mass,
    ),
    st.sampled_from(KEYS),
    st.sampled_from(SALTS),
    st.floats(0.01, 20.0),
    st.none() | st.floats(500.0, 5e6),
)


@given(st.lists(recipes, min_size=3, max_size=6))
def test_it_is_a_distance(materials: list[Polymer]) -> None:
    positions = DISTANCE.positions(materials)
    between = DISTANCE.between(positions, positions)
    np.testing.assert_array_equal(between, between.T)
    np.testing.assert_array_equal(np.diagonal(between), 0.0)
    assert ((between >= 0.0) & (between <= 1.0)).all()
    by_way_of = (between[:, :, None] + between[None, :, :]).min(axis=1)
    assert (between <= by_way_of + 1e-9).all()


@given(st.lists(recipes, min_size=2, max_size=6))
def test_it_does_not_depend_on_how_many_are_asked(materials: list[Polymer]) -> None:
    positions = DISTANCE.positions(materials)
    together = DISTANCE.between(positions, positions)
    alone = np.array([DISTANCE.between(row[None], positions)[0] for row in positions])
    np.testing.assert_array_equal(together, alone)


def test_recipes_that_share_a_polymer_or_a_salt_are_compared_as_each_alone(recipe: Recipe) -> None:
    """As Euclidean distance says, summed pair by pair."""
    materials = [
        recipe(polymer, {name: molality})
        for polymer in ("PEO", "PAN", "PEO", "PTMC")
        for name, molality in (("LiTFSI", 1.0), ("LiClO4", 1.0), ("LiTFSI", 2.0))
    ]
    positions = DISTANCE.positions(materials)
    width = len(unit_columns())
    between = DISTANCE.between(positions, positions)
    for row, own in enumerate(positions):
        apart = np.sqrt(((positions[:, :width] - own[:width]) ** 2).mean(axis=1))
        least, most = apart, apart + distance.MOST_BY_SALT + distance.MOST_BY_AMOUNT
        assert (between[row] >= np.minimum(least, 1.0) - 1e-9).all()
        assert (between[row] <= most + 1e-9).all()


def test_positions_kept_in_single_precision_are_the_same(recipe: Recipe) -> None:
    positions = DISTANCE.positions([recipe("PEO", {"LiTFSI": 1.2}), recipe("PAN", {"LiI": 0.3})])
    kept = positions.astype(np.float32).astype(np.float64)
    assert DISTANCE.between(kept, positions)[0, 0] < 1e-6
    assert DISTANCE.same(kept[1], positions[1])


def test_salt_and_amount_count_less_than_the_polymer(recipe: Recipe) -> None:
    asked = recipe("PEO", {"LiTFSI": 1.2}, 6e5)
    another_salt = apart(asked, recipe("PEO", {"LiClO4": 1.2}, 6e5))
    three_times = apart(asked, recipe("PEO", {"LiTFSI": 3.6}, 6e5))
    another_polymer = apart(asked, recipe("PAN", {"LiTFSI": 1.2}, 6e5))
    assert DISTANCE.radii.near <= three_times < DISTANCE.radii.inside
    assert DISTANCE.radii.inside < another_salt < DISTANCE.radii.edge
    assert another_polymer > DISTANCE.radii.edge
    both = apart(asked, recipe("PEO", {"LiClO4": 3.6}, 6e5))
    assert max(another_salt, three_times) < both < another_polymer


def test_a_long_chain_is_as_good_as_one_not_stated_and_an_oligomer_is_not(recipe: Recipe) -> None:
    asked = recipe("PEO", {"LiTFSI": 1.2})
    assert apart(asked, recipe("PEO", {"LiTFSI": 1.2}, 4e6)) < DISTANCE.radii.same
    assert apart(asked, recipe("PEO", {"LiTFSI": 1.2}, 500.0)) == pytest.approx(0.10)


def test_a_fifth_of_liquid_or_filler_is_not_inside(recipe: Recipe) -> None:
    asked = recipe("PEO", {"LiTFSI": 1.2})
    for added in ({"liquid_percent": 20.0}, {"filler_percent": 20.0}):
        far = apart(asked, recipe("PEO", {"LiTFSI": 1.2}, **added))
        assert DISTANCE.radii.inside < far < DISTANCE.radii.edge


def test_two_spellings_are_the_same(recipe: Recipe) -> None:
    peo = recipe("PEO", {"LiTFSI": 1.2})
    own = Polymer("own", (PolymerPart("own", (RepeatUnit("[*]OCCOCC[*]"),)),), peo.salts)
    first, second = DISTANCE.positions([peo, own])
    assert apart(peo, own) == 0.0
    assert DISTANCE.same(first, second)


def test_a_salt_that_was_never_measured_is_at_the_edge(recipe: Recipe) -> None:
    """LiNO3 is in no row of ChemArr, whose salts set the scale."""
    measured = DISTANCE.positions([recipe("PEO", {name: 1.2}) for name in measured_salts()])
    asked = DISTANCE.positions([recipe("PEO", {name: 1.2}) for name in ("LiNO3", "LiBH4", "LiAc")])
    nearest = DISTANCE.between(asked, measured).min(axis=1)
    assert ((nearest > DISTANCE.radii.inside) & (nearest < DISTANCE.radii.edge)).all()


def test_ten_thousand_rows_take_no_time() -> None:
    """128 questions against 200 polymers in 50 concentrations each."""
    materials = [
        Polymer("x", (PolymerPart(key, (RepeatUnit(key),)),), (SaltPart("LiTFSI", 0.1 * step),))
        for key in KEYS[:200]
        for step in range(1, 51)
    ]
    measured = DISTANCE.positions(materials)
    start = time.process_time()
    between = DISTANCE.between(measured[:128], measured)
    assert time.process_time() - start < 0.25
    assert between.shape == (128, 10_000)


def test_a_bare_film_and_other_fillers_are_other_materials(recipe: Recipe) -> None:
    """A loading that is not stated counts as 12 %; of two fillers the larger share counts."""

    def filled(name: str, percent: float | None) -> Polymer:
        bare = recipe("PEO", {"LiTFSI": 1.2})
        return Composite("x", bare.polymers, bare.salts, fillers=(Filler(name, percent),))

    bare = recipe("PEO", {"LiTFSI": 1.2})
    assert apart(bare, filled("LLZTO", None)) == pytest.approx(0.12)
    assert apart(bare, filled("LLZTO", 5.0)) == pytest.approx(0.05)
    assert apart(filled("LLZTO", 8.0), filled("LLZTO", 10.0)) == pytest.approx(0.02)
    assert apart(filled("LLZTO", 8.0), filled("Al2O3", 10.0)) == pytest.approx(0.10)
    first, second, again, trace, none = DISTANCE.positions(
        [filled("LLZTO", 10.0), filled("Al2O3", 10.0), filled("LLZTO", 10.1),
         filled("LLZTO", 0.1), bare]
    )  # fmt: skip
    assert DISTANCE.same(first, again)
    assert not DISTANCE.same(first, second)
    assert not DISTANCE.same(trace, none)
    kept = first.astype(np.float32).astype(np.float64)
    assert DISTANCE.same(kept, first)
