"""Which elements of a formula stand on lists of critical raw materials."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

EU_2024, US_2025 = "EU_2024", "US_2025"
"""Annex II of Regulation (EU) 2024/1252; the final list of the US Geological Survey of 2025."""


def critical(elements: Iterable[str], name: str) -> tuple[str, ...]:
    """Those of the elements that a list names, in the order given.

    Parameters
    ----------
    elements
        Symbols, lithium among them: both lists name it.
    name
        `EU_2024` or `US_2025`.
    """
    listed = _lists()[name]
    return tuple(element for element in elements if element in listed)


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    text = files("sseml.screen").joinpath("data/critical.csv").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["list"], set()).add(row["element"])
    return {name: frozenset(elements) for name, elements in found.items()}
