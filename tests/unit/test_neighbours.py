"""An answer does not depend, to the last digit, on what is asked beside it."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sseml.model.bundle import Bundle
from sseml.model.loading import Bundles
from sseml.model.phases import PhaseBundle
from sseml.parse.formula import parse_formula
from sseml.physics.window import electrochemical_windows
from sseml.prediction import default_phases, predict_queries
from sseml.records import Query

ROOT = Path(__file__).parents[2]
SPACE_GROUPS = (None, 14, 62, 167, 227, 230)


def texts() -> list[str]:
    """Of the literature table and of published databases, with lithium."""
    with (ROOT / "data/literature/measurements.csv").open(encoding="utf-8", newline="") as stream:
        measured = [row["formula"] for row in csv.DictReader(stream)]
    listed = ROOT / "tests/data/real_formulas.csv.gz"
    with gzip.open(listed, "rt", encoding="utf-8", newline="") as stream:
        real = [row["formula"] for row in csv.DictReader(stream)]
    read = ((text, parse_formula(text).amounts) for text in dict.fromkeys([*measured, *real]))
    return [text for text, amounts in read if "Li" in amounts]


@pytest.fixture(scope="module")
def queries() -> list[Query]:
    """2,000 and more, every sixth with each space group."""
    asked = []
    for row, text in enumerate(texts()):
        material = replace(
            parse_formula(text), space_group_number=SPACE_GROUPS[row % len(SPACE_GROUPS)]
        )
        asked.append(Query(row=row, input=text, material=material, temperature_C=25.0 + row % 3))
    return asked


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundles().of_compositions()


@pytest.fixture(scope="module")
def phases() -> PhaseBundle:
    return default_phases()


def every_digit(
    queries: Sequence[Query],
    bundle: Bundle,
    phases: PhaseBundle | None,
    batch: int,
    threads: int = 1,
) -> dict[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sseml.prediction._BATCH", batch)
        answers = predict_queries(queries, bundle, threads, phases)
        return {answer.row: repr(answer) for answer in answers}


def check(queries: list[Query], bundle: Bundle, phases: PhaseBundle | None) -> None:
    expected = every_digit(queries, bundle, phases, 128)
    shuffled = random.Random(0).sample(queries, len(queries))
    for batch, threads in ((7, 1), (128, 2), (len(queries), 1)):
        found = every_digit(shuffled, bundle, phases, batch, threads)
        assert [row for row in expected if found[row] != expected[row]] == []
    for query in queries[:: len(queries) // 25]:
        assert every_digit([query], bundle, phases, 1) == {query.row: expected[query.row]}


def test_a_formula_of_the_literature_table_among_the_66_before_it(
    queries: list[Query], bundle: Bundle, phases: PhaseBundle
) -> None:
    place = [query.input for query in queries].index("Li1.2Mn0.6Zr0.2Fe0.1Co0.2Mg0.1Cl4")
    alone = every_digit(queries[place : place + 1], bundle, phases, 1)
    among = every_digit(queries[: place + 1], bundle, phases, 66)
    assert among[place] == alone[place]


def test_no_answer_depends_on_the_batch_the_order_or_the_threads(
    queries: list[Query], bundle: Bundle
) -> None:
    assert len(queries) >= 2000
    check(queries[:2000], bundle, None)


def test_no_window_depends_on_the_batch_the_order_or_the_threads(
    queries: list[Query], bundle: Bundle, phases: PhaseBundle
) -> None:
    check(random.Random(1).sample(queries, 300), bundle, phases)


@pytest.mark.slow
def test_no_window_of_2000_depends_on_anything_but_the_formula(
    queries: list[Query], bundle: Bundle, phases: PhaseBundle
) -> None:
    check(queries[:2000], bundle, phases)
    alone = every_digit(queries[:2000], bundle, phases, 1)
    assert alone == every_digit(queries[:2000], bundle, phases, 500)


def test_what_was_asked_of_a_chemical_system_before_changes_no_digit(phases: PhaseBundle) -> None:
    # Twenty steps between two compounds, so that one system is asked again and again.
    one, other = parse_formula("Li1.3Al0.3Ti1.7(PO4)3"), parse_formula("LiAlTi2P3O12.5")
    asked = []
    for step in range(21):
        share = step / 20.0
        symbols = one.amounts
        mixed = {s: share * one.amounts[s] + (1.0 - share) * other.amounts[s] for s in symbols}
        asked.append((f"{step}", mixed))
    alone = [repr(electrochemical_windows(phases.table, [each])[0]) for each in asked]
    together = electrochemical_windows(phases.table, asked[::-1])[::-1]
    assert [repr(window) for window in together] == alone


def test_amounts_that_differ_beyond_the_digits_of_a_formula_are_two_materials(
    phases: PhaseBundle,
) -> None:
    one = parse_formula("Li3PS4")
    other = replace(one, amounts={**one.amounts, "Li": 3.0 + 1e-9})
    assert other.formula == one.formula
    alone = [phases.stabilities([each])[0] for each in (one, other)]
    assert [repr(each) for each in phases.stabilities([one, other])] == [repr(e) for e in alone]
    assert [repr(each) for each in phases.stabilities([other, one])] == [
        repr(e) for e in alone[::-1]
    ]
