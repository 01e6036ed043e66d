"""Answers as a model gives them, for what orders and judges them."""

from __future__ import annotations

from dataclasses import replace
from math import log10
from typing import Any

import pytest

from sseml.records import Prediction, Refusal


class Make:
    """Answers and refusals of rows."""

    @staticmethod
    def answer(row: int, sigma: float = 1e-4, formula: str = "Li3YCl6", **more: Any) -> Prediction:
        given = Prediction(
            row, formula, "composition", formula, "Li3MX6", 25.0, log10(sigma), sigma, sigma / 10,
            sigma * 10, 0.5, 0.9, sigma, sigma, sigma, 0.4, "inside", (), "model",
        )  # fmt: skip
        return replace(given, **more)

    @staticmethod
    def refusal(row: int) -> Refusal:
        return Refusal(row, "xx", "no formula", "write one")


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make
