"""Temperatures that a curve is answered at, with both sides of the phase transitions it passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sseml.model.known_transitions import transitions_of
from sseml.physics.transitions import Transition
from sseml.records import Material

_BESIDE_TRANSITION_K = 0.01
"""So near a transition, on both sides, the curve is answered too: σ may jump there."""


def passed_transitions(
    material: Material, temperatures_C: Sequence[float]
) -> tuple[Transition, ...]:
    """Known transitions between 25 °C and the ends of a curve."""
    return tuple(
        transition
        for end in (temperatures_C[0], temperatures_C[-1])
        for transition in transitions_of(material, end)
        if transition.is_passed(end)
        and temperatures_C[0] <= transition.temperature_C <= temperatures_C[-1]
    )


def with_sides(temperatures_C: Sequence[float], transitions: Iterable[Transition]) -> list[float]:
    """Temperatures, and both sides of the transitions between them."""
    sides = {
        transition.temperature_C + side
        for transition in transitions
        for side in (-_BESIDE_TRANSITION_K, _BESIDE_TRANSITION_K)
    }
    return sorted({*temperatures_C, *sides})
