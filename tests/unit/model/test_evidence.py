"""The nearest measured materials, the measured value itself, and how far the data reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sseml.features.composition import CompositionDistance
from sseml.model.evidence import Evidence, domain

DISTANCE = CompositionDistance()


@dataclass(frozen=True)
class Row:
    """A measurement and how far it is from the material asked about."""

    sigma: float
    distance: float = 0.0
    formula: str = "Li3PS4"
    temperature_C: float = 25.0
    relation: str = "="
    kind: str | None = None
    doi: str | None = None
    source: str = "own"
    space_group: int | None = None
    reference: str | None = None
    paper: str | None = None
    fractions: tuple[float, ...] = ()


def known(rows: Sequence[Row]) -> tuple[Evidence, np.ndarray]:
    formulas = list(dict.fromkeys(row.formula for row in rows))
    one_element_each = np.eye(max(len(formulas), 1))
    fractions = [row.fractions or one_element_each[formulas.index(row.formula)] for row in rows]
    evidence = Evidence(
        formulas=[row.formula for row in rows],
        distance=DISTANCE,
        positions=np.array(fractions) if rows else np.zeros((0, 1)),
        sigma_S_cm=np.array([row.sigma for row in rows]),
        temperature_C=np.array([row.temperature_C for row in rows]),
        relations=[row.relation for row in rows],
        conductivity_kinds=[row.kind for row in rows],
        dois=[row.doi for row in rows],
        sources=[row.source for row in rows],
        space_groups=[row.space_group for row in rows],
        references=[row.reference for row in rows],
        papers=[row.paper or row.doi for row in rows],
    )
    return evidence, np.array([row.distance for row in rows])


def nearest(
    rows: Sequence[Row], temperature_C: float = 25.0, **how: int
) -> list[tuple[str, float]]:
    evidence, distance = known(rows)
    return [
        (found.formula, found.sigma_S_cm)
        for found in evidence.nearest(distance, temperature_C, **how)
    ]


def measured(
    rows: Sequence[Row], temperature_C: float = 25.0, space_group: int | None = None
) -> float | None:
    evidence, distance = known(rows)
    found = evidence.measured(distance, temperature_C, space_group)
    return found.chosen.sigma_S_cm if found else None


def test_the_nearest_come_first() -> None:
    rows = [Row(1e-3, 0.3, "far"), Row(2e-3, 0.01, "near"), Row(3e-3, 0.1, "between")]
    assert nearest(rows) == [("near", 2e-3), ("between", 3e-3), ("far", 1e-3)]


def test_each_formula_is_named_once_and_no_more_than_asked_for() -> None:
    rows = [Row(1e-3, 0.0, "a"), Row(2e-3, 0.0, "a"), Row(3e-3, 0.1, "b"), Row(4e-3, 0.2, "c")]
    assert [formula for formula, _ in nearest(rows, count=2)] == ["a", "b"]
    assert [formula for formula, _ in nearest(rows, count=9)] == ["a", "b", "c"]


def test_a_formula_stands_for_its_measurement_nearest_in_temperature() -> None:
    rows = [Row(1e-6, temperature_C=25), Row(1e-3, temperature_C=150), Row(1e-4, temperature_C=80)]
    assert nearest(rows, 25.0) == [("Li3PS4", 1e-6)]
    assert nearest(rows, 90.0) == [("Li3PS4", 1e-4)]
    assert nearest(rows, 300.0) == [("Li3PS4", 1e-3)]


def test_distance_goes_before_temperature() -> None:
    rows = [Row(1e-3, 0.1, "right temperature"), Row(1e-6, 0.05, "nearer", temperature_C=300)]
    assert nearest(rows) == [("nearer", 1e-6), ("right temperature", 1e-3)]


def test_a_distance_that_only_rounding_makes_is_none() -> None:
    rows = [Row(1e-3, 1e-9, temperature_C=150), Row(1e-6, 3e-9, temperature_C=25)]
    assert nearest(rows) == [("Li3PS4", 1e-6)]


def test_a_neighbour_carries_its_conditions_and_its_paper() -> None:
    evidence, distance = known([Row(1e-4, 0.1234567, "Li2S", 60.0, doi="10.1000/a")])
    [found] = evidence.nearest(distance, 25.0)
    assert found.distance == 0.123457
    assert found.temperature_C == 60.0
    assert found.doi == "10.1000/a"


def test_a_number_goes_before_a_bound() -> None:
    rows = [Row(1e-9, relation="<", doi="10.1000/a"), Row(1e-5, kind="bulk")]
    assert measured(rows) == 1e-5
    assert measured([Row(1e-2, relation=">", doi="10.1000/a"), Row(1e-5, relation="~")]) == 1e-5


def test_total_goes_before_bulk() -> None:
    rows = [Row(1e-3, kind="bulk", doi="10.1000/a"), Row(1e-4, kind="total")]
    assert measured(rows) == 1e-4
    assert measured([rows[0], Row(2e-4, kind=None)]) == 2e-4


def test_a_value_with_a_paper_stands_for_the_middle_one_if_it_is_near() -> None:
    near, far = Row(1.9e-3, doi="10.1000/a"), Row(2.1e-3, doi="10.1000/a")
    assert measured([Row(1e-4), Row(1e-3), near]) == 1.9e-3
    assert measured([Row(1e-4), Row(1e-3), far]) == 1e-3, "a contested value is not the evidence"


def test_several_papers_go_before_what_nobody_can_look_up() -> None:
    papers = [Row(sigma, doi=f"10.1000/{sigma}") for sigma in (3e-5, 1e-3, 2e-3)]
    assert measured([*papers, Row(1e-6)]) == 1e-3


def test_of_one_paper_the_most_trusted_report_counts() -> None:
    revised = Row(1e-3, doi="10.1000/a", source="obelix")
    older = Row(1e-4, doi="10.1000/a", source="liverpool")
    assert measured([older, revised]) == 1e-3
    assert measured([older, Row(2e-4, doi="10.1000/b", source="obelix")]) == 1e-4
    assert measured([revised, Row(5e-4, doi="10.1000/a", source="own")]) == 5e-4


def test_a_neighbour_is_the_measurement_that_would_be_named_measured() -> None:
    rows = [Row(1e-5), Row(3e-4), Row(2e-3), Row(1e-9, relation="<")]
    assert nearest(rows) == [("Li3PS4", measured(rows))]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_equals_the_middle_one_whatever_their_order(order: tuple[int, ...]) -> None:
    rows = [Row(1e-5), Row(3e-4), Row(2e-3)]
    assert measured([rows[index] for index in order]) == 3e-4
    assert measured([Row(1e-5), Row(2e-3)]) == 1e-5, "of two the lower, rather than a made-up mean"


def test_measured_is_of_this_very_material() -> None:
    assert measured([Row(1e-3, distance=0.0009)]) == 1e-3, "rounding of amounts is no difference"
    assert measured([Row(1e-3, distance=0.0011)]) is None
    assert measured([]) is None


def test_measured_is_at_this_temperature_within_five_kelvin() -> None:
    rows = [Row(1e-3, temperature_C=25.0)]
    assert measured(rows, 30.0) == measured(rows, 20.0) == 1e-3
    assert measured(rows, 30.1) is None
    assert measured(rows, 19.9) is None


def test_a_bound_is_said_to_be_one_only_where_nothing_better_is_known() -> None:
    bound = Row(1e-9, relation="<")
    for rows, is_bound in (([bound], True), ([bound, Row(1e-8)], False), ([], False)):
        evidence, distance = known(rows)
        found = evidence.measured(distance, 25.0)
        assert (found is not None and found.chosen.is_bound) is is_bound


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (0.0, "inside"),
        (0.05, "inside"),
        (0.0501, "edge"),
        (0.1, "edge"),
        (0.1001, "outside"),
        (1.0, "outside"),
    ],
)
def test_domain_by_distance(distance: float, expected: str) -> None:
    assert domain(distance, DISTANCE.radii, parts_known=True) == expected


@given(st.floats(0.0, 1.0))
def test_an_element_never_measured_is_outside_however_near(distance: float) -> None:
    assert domain(distance, DISTANCE.radii, parts_known=False) == "outside"


ROWS = st.builds(
    Row,
    sigma=st.floats(1e-12, 1.0),
    formula=st.sampled_from("abcd"),
    temperature_C=st.sampled_from([22.0, 25.0, 60.0]),
    relation=st.sampled_from("=~<>"),
    kind=st.sampled_from([None, "total", "bulk"]),
    doi=st.sampled_from([None, "10.1000/a"]),
).map(lambda row: replace(row, distance={"a": 0.0, "b": 0.01, "c": 0.01, "d": 0.2}[row.formula]))


@given(st.lists(ROWS, min_size=1, max_size=12))
def test_neighbours_are_sorted_distinct_and_at_their_shortest_distance(rows: list[Row]) -> None:
    evidence, distance = known(rows)
    found = evidence.nearest(distance, 25.0)
    assert len(found) == min(3, len({row.formula for row in rows}))
    assert len({near.formula for near in found}) == len(found)
    assert [near.distance for near in found] == sorted(near.distance for near in found)
    assert math.isclose(found[0].distance, min(row.distance for row in rows))
    for near in found:
        assert near.distance == min(row.distance for row in rows if row.formula == near.formula)


@given(st.lists(ROWS, max_size=12))
def test_what_is_measured_is_one_of_the_measurements(rows: list[Row]) -> None:
    value = measured(rows)
    here = [row.sigma for row in rows if row.distance < 1e-3 and row.temperature_C < 60]
    assert (value in here) if here else (value is None)


TETRAGONAL, TETRAGONAL_TOO, CUBIC = 142, 141, 230


def test_the_polymorph_asked_for_is_the_one_shown() -> None:
    rows = [
        Row(1e-6, space_group=TETRAGONAL),
        Row(2e-6, space_group=TETRAGONAL_TOO),
        Row(1e-4, space_group=CUBIC),
        Row(1e-5),
    ]
    assert measured(rows, space_group=TETRAGONAL) == 1e-6
    assert measured(rows[1:], space_group=TETRAGONAL) == 2e-6, "the same crystal system"
    assert measured(rows[2:], space_group=TETRAGONAL) == 1e-5, "one that names no structure"
    assert measured(rows[2:3], space_group=TETRAGONAL) is None, "another material"
    assert measured(rows, space_group=CUBIC) == 1e-4


def test_every_measured_structure_is_evidence() -> None:
    rows = [
        Row(1e-4, space_group=CUBIC),
        Row(3e-6, space_group=TETRAGONAL),
        Row(1e-5),
        Row(1e-3, space_group=2, distance=0.01, formula="Li3AsS4"),
        Row(2e-2, space_group=216, temperature_C=100.0),
    ]
    evidence, distance = known(rows)
    found = evidence.polymorphs(distance, 25.0)
    assert [(number, value.sigma_S_cm) for number, value in found] == [
        (TETRAGONAL, 3e-6),
        (CUBIC, 1e-4),
    ]
    one, at_one = known(rows[:1] + rows[2:])
    assert one.polymorphs(at_one, 25.0) == (), "one structure has no other beside it"


LGPS = (0.4, 0.04, 0.08, 0.48)
ROUNDED = (0.3998, 0.0400, 0.0802, 0.48)
DOPED = (0.3998, 0.0400, 0.0802, 0.48, 1e-4)


def test_two_spellings_of_one_composition_are_one_material() -> None:
    rows = [
        Row(1.2e-2, 0.0, "Li10GeP2S12", fractions=(*LGPS, 0.0)),
        Row(1.8e-3, 0.0002, "Li3.33Ge0.33P0.67S4", fractions=(*ROUNDED, 0.0)),
        Row(5e-3, 0.0002, "Li10GeP2S12 with a trace", fractions=DOPED),
    ]
    assert nearest(rows) == [("Li10GeP2S12", 1.8e-3), ("Li10GeP2S12 with a trace", 5e-3)]
    evidence, distance = known(rows)
    estimate = evidence.measured(distance, 25.0)
    assert estimate is not None
    assert [value.sigma_S_cm for value in estimate.values] == [1.8e-3, 1.2e-2]
    away = [replace(row, distance=row.distance + 0.05) for row in rows]
    assert nearest(away) == nearest(rows), "whatever it is near to"


def test_all_that_was_measured_is_told() -> None:
    rows = [
        Row(1e-3, doi="10.1000/a|10.1000/b"),
        Row(2e-3, doi="10.1000/b"),
        Row(4e-3, paper="literature:P017", reference="Solid State Ionics 2017, 304, 85"),
        Row(1e-9, relation="<", reference="a compilation"),
        Row(1e-2, temperature_C=60.0, doi="10.1000/c"),
    ]
    evidence, distance = known(rows)
    estimate = evidence.measured(distance, 25.0)
    assert estimate is not None
    assert estimate.chosen.sigma_S_cm == measured(rows)
    assert [value.sigma_S_cm for value in estimate.values] == [1e-9, 1e-3, 2e-3, 4e-3]
    assert estimate.papers == 2, "two that share a DOI, one without; a compilation names none"
    assert estimate.values[-1].reference == "Solid State Ionics 2017, 304, 85"


def test_an_article_is_shown_before_its_abstract_and_its_cover() -> None:
    evidence, distance = known([Row(1e-3, doi="10.1002/chin.198639014|10.1149/1.2108704")])
    estimate = evidence.measured(distance, 25.0)
    assert estimate is not None
    assert estimate.chosen.doi == "10.1149/1.2108704"
    assert evidence.nearest(distance, 25.0)[0].doi == "10.1149/1.2108704"
