"""Potentials of electrodes against Li/Li⁺, which windows are drawn beside."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import NamedTuple


class Electrode(NamedTuple):
    """An electrode: `side` is anode or cathode, `what` says at which point of its charge."""

    name: str
    side: str
    potential_V: float
    what: str
    doi: str


def electrodes() -> tuple[Electrode, ...]:
    """Read the list, anodes first, by potential."""
    text = (files("sseml.report") / "electrodes.csv").read_text(encoding="utf-8")
    return tuple(
        Electrode(line["name"], line["side"], float(line["potential_V"]), line["what"], line["doi"])
        for line in csv.DictReader(text.splitlines())
    )
