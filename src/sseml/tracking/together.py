"""Small questions that are asked at the same time are answered in one calculation."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from sseml.model.bundle import BundleAnswer
from sseml.prediction import Ask
from sseml.records import Composition

FloatArray = NDArray[np.float64]
LARGEST_SHARED = 32
"""Materials in a question that shares a calculation; a larger one has little to gain."""


@dataclass(slots=True)
class _Question:
    materials: Sequence[Composition]
    temperature_C: FloatArray
    answers: list[BundleAnswer] = field(default_factory=list)


class Together:
    """Calls a bundle's `predict`, once for all the small questions that wait for it.

    Most of what one formula costs does not depend on how many are asked with it: sixteen together
    take twice the time of one. Threads take turns; whoever's turn it is answers for all who wait.

    Parameters
    ----------
    ask
        `sseml.model.bundle.Bundle.predict`.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._turn = threading.Lock()
        self._list = threading.Lock()
        self._waiting: list[_Question] = []

    def __call__(self, materials: Sequence[Composition], temperature_C: FloatArray) -> BundleAnswer:
        """Answer, as `ask` does; whatever it raises is raised here."""
        if len(materials) > LARGEST_SHARED:
            return self._ask(materials, temperature_C)
        own = _Question(materials, temperature_C)
        with self._list:
            self._waiting.append(own)
        with self._turn:
            if not own.answers:
                with self._list:
                    waiting, self._waiting = self._waiting, []
                self._answer(waiting, own)
        return own.answers[0]

    def _answer(self, waiting: Sequence[_Question], own: _Question) -> None:
        try:
            together = self._ask(
                [material for question in waiting for material in question.materials],
                np.concatenate([question.temperature_C for question in waiting]),
            )
        except Exception:  # noqa: BLE001 - raised again by the question that causes it
            self._leave_to_themselves(waiting, own)
            return
        start = 0
        for question in waiting:
            stop = start + len(question.materials)
            question.answers.append(_rows(together, slice(start, stop)))
            start = stop

    def _leave_to_themselves(self, waiting: Sequence[_Question], own: _Question) -> None:
        """Answer one's own question alone, so that a failure reaches only whoever caused it."""
        with self._list:
            self._waiting += [question for question in waiting if question is not own]
        own.answers.append(self._ask(own.materials, own.temperature_C))


def _rows(answer: BundleAnswer, rows: slice) -> BundleAnswer:
    return BundleAnswer(*(getattr(answer, part.name)[rows] for part in fields(BundleAnswer)))
