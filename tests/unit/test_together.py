"""Questions asked at the same time: one calculation, everybody their own answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from sseml.model.bundle import BundleAnswer
from sseml.parse.formula import parse_formula
from sseml.records import Composition
from sseml.tracking.together import LARGEST_SHARED, Together

FloatArray = NDArray[np.float64]
POISON = "Li3As"


class Model:
    """Answers with amount of Li + temperature, slowly at first, and remembers how it was asked."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.first_began = threading.Event()
        self.go_on = threading.Event()

    def predict(self, materials: Sequence[Composition], temperature_C: FloatArray) -> BundleAnswer:
        self.sizes.append(len(materials))
        if len(self.sizes) == 1:
            self.first_began.set()
            assert self.go_on.wait(timeout=30)
        if any(material.formula == POISON for material in materials):
            raise ZeroDivisionError(POISON)
        value = np.array([material.amounts["Li"] for material in materials]) + temperature_C
        return BundleAnswer(*([value] * 6), elements_known=value > 0, distance=value[:, None])


def ask_at_once(model: Model, texts: Sequence[Sequence[str]]) -> list[object]:
    """Ask one question, and the others while it is being answered; what each gets, or raises."""
    together = Together(model.predict)

    def ask(number: int) -> object:
        formulas = [parse_formula(text) for text in texts[number]]
        try:
            return together(formulas, np.full(len(formulas), 1000.0 * number)).log10_sigma.tolist()
        except ZeroDivisionError as error:
            return str(error)

    with ThreadPoolExecutor(len(texts)) as pool:
        first = pool.submit(ask, 0)
        assert model.first_began.wait(timeout=30)
        others = [pool.submit(ask, number) for number in range(1, len(texts))]
        while not all(future.running() or future.done() for future in others):
            pass
        threading.Event().wait(0.2)
        model.go_on.set()
        return [first.result(), *(future.result() for future in others)]


def test_those_who_wait_are_answered_together_and_each_gets_its_own() -> None:
    model = Model()
    answers = ask_at_once(model, [["Li3N"], ["LiCl", "Li2O"], ["Li3PO4"], ["Li4SiO4"]])
    assert answers == [[3.0], [1001.0, 1002.0], [2003.0], [3004.0]]
    assert model.sizes == [1, 4]


def test_a_failure_reaches_only_the_question_that_causes_it() -> None:
    answers = ask_at_once(Model(), [["Li3N"], ["LiCl"], [POISON], ["Li4SiO4"]])
    assert answers == [[3.0], [1001.0], POISON, [3004.0]]


def test_a_large_question_goes_alone() -> None:
    model = Model()
    many = ["LiCl"] * (LARGEST_SHARED + 1)
    answers = ask_at_once(model, [["Li3N"], many, ["Li3PO4"]])
    assert answers == [[3.0], [1001.0] * len(many), [2003.0]]
    assert sorted(model.sizes) == [1, 1, len(many)]


@pytest.mark.parametrize("count", [1, 16])
def test_a_question_alone_is_asked_as_it_is(count: int) -> None:
    model = Model()
    model.go_on.set()
    formulas = [parse_formula("Li3N")] * count
    answer = Together(model.predict)(formulas, np.zeros(count))
    assert answer.log10_sigma.tolist() == [3.0] * count
    assert answer.distance.shape == (count, 1)
    assert model.sizes == [count]
