"""Lithium migration pathways as one nested record, and as lines of text for a terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from sseml.physics.basins import Barrier
from sseml.physics.pathways import COARSER, HIGHEST_BARRIER_EV, LEAST_ERROR_EV, Pathways
from sseml.render.record import plain
from sseml.render.table import visible

WHAT_IT_IS = (
    "a static-lattice estimate, no prediction of the conductivity: one Li+ in the rigid average "
    "framework, without the other Li+; in our trials it did not improve predictions"
)
CONVENTION = (
    "all Li is taken out; each ion of the framework acts with its occupancy, and what is vacant "
    "does not act"
)
ERROR_IS = (
    f"difference to the barrier from a grid {COARSER:g} times as wide, each refined to its "
    f"saddles; at least {LEAST_ERROR_EV:g} eV, null where that grid has no way through"
)

_WAYS = ("1 direction", "2 directions", "3 directions")
_LABEL = 14
_WIDTH = 100
_PLACES = 4
_LARGEST_PART = 48


def pathways_record(found: Pathways) -> dict[str, Any]:
    """Nest what was found under plain names: energies in eV, lengths in Å."""
    way = found.passage
    return {
        "source": plain(found.crystal.source),
        "formula": found.crystal.formula,
        "barriers": {
            f"{count}d": None
            if barrier is None
            else {
                "eV": _rounded(barrier.threshold_eV),
                "within_network_eV": _rounded(barrier.own_height),
                "error_eV": None if error is None else _rounded(error),
            }
            for count, (barrier, error) in enumerate(
                zip(found.barriers, found.errors_eV, strict=True), 1
            )
        },
        "error_is": ERROR_IS,
        "searched_up_to_eV": HIGHEST_BARRIER_EV,
        "way": None
        if way is None
        else {
            "translation": [
                int(part) if part.is_integer() else part for part in map(float, way.translation)
            ],
            "length_A": _rounded(float(way.distance_A[-1])),
            "positions": np.round(way.positions, _PLACES).tolist(),
            "distance_A": np.round(way.distance_A, _PLACES).tolist(),
            "energy_eV": np.round(way.energy_eV, _PLACES).tolist(),
        },
        "lithium_sites_eV": np.round(found.lithium_eV, _PLACES).tolist(),
        "charges": {symbol: _rounded(charge) for symbol, charge in found.charges.items()},
        "grid_points": list(found.energy_eV.shape),
        "grid_spacing_A": _rounded(found.spacing_A),
        "partial_occupancies": CONVENTION,
        "what_it_is": WHAT_IT_IS,
        "notes": [plain(note) for note in found.notes],
    }


def pathways_lines(found: Pathways) -> Iterator[str]:
    """Lines on the barriers, the easiest pathway and what the estimate is worth."""
    yield visible(f"{found.crystal.formula} ({found.crystal.source})")
    for label, text in _items(found):
        lines = textwrap.wrap(visible(text), _WIDTH - _LABEL - 2) or [""]
        yield f"  {label:<{_LABEL}}{lines[0]}"
        for line in lines[1:]:
            yield " " * (_LABEL + 2) + line


def _items(found: Pathways) -> Iterator[tuple[str, str]]:
    for ways, barrier in zip(_WAYS, found.barriers, strict=True):
        yield ways, barrier_text(barrier)
    if (way := found.passage) is not None:
        yield (
            "easiest way",
            f"along {direction(way.translation)}, {way.distance_A[-1]:.1f} Å from a point to its "
            "own image",
        )
    low, high = found.lithium_eV.min(), found.lithium_eV.max()
    yield "Li sites", f"{low:.2f} to {high:.2f} eV above the lowest point of the landscape"
    yield "charges", ", ".join(f"{symbol} {q:+.3g}" for symbol, q in found.charges.items())
    points = " × ".join(str(n) for n in found.energy_eV.shape)
    of_cell = "" if found.cell is found.crystal else " of the primitive cell"
    yield "grid", f"{points} points{of_cell}, {found.spacing_A:.2f} Å apart"
    yield "error", _error_text(found)
    yield "convention", CONVENTION
    for note in found.notes:
        yield "note", note
    yield "what it is", WHAT_IT_IS


def _error_text(found: Pathways) -> str:
    """How far barriers differ from those of a coarser grid."""
    known = [error for error in found.errors_eV if error is not None]
    text = f"barriers differ from those of a grid {COARSER:g} times as wide by at most"
    missing = [
        f"in {ways} one of the two grids has no way through"
        for ways, barrier, error in zip(_WAYS, found.barriers, found.errors_eV, strict=True)
        if barrier and error is None
    ]
    shown = [f"{text} {max(known):.3f} eV"] if known else []
    return "; ".join([*shown, *missing]) or "none known: nothing runs through"


def barrier_text(barrier: Barrier | None) -> str:
    """A barrier, and what it is within its network if that is less."""
    if barrier is None:
        return f"none below {HIGHEST_BARRIER_EV:g} eV"
    own = f"{barrier.own_height:.2f}"
    shown = f"{barrier.threshold_eV:.2f}"
    return f"{shown} eV" if own == shown else f"{shown} eV ({own} within the network)"


def direction(translation: tuple[float, float, float]) -> str:
    """Crystallographic direction of a translation, such as ``[0 -1 1]`` for half of it too."""
    parts = [Fraction(part).limit_denominator(_LARGEST_PART) for part in translation]
    common = math.lcm(*(part.denominator for part in parts))
    whole = [int(part * common) for part in parts]
    divisor = math.gcd(*whole) or 1
    return f"[{' '.join(str(n // divisor) for n in whole)}]"


def _rounded(value: float) -> float:
    return round(value, _PLACES)
