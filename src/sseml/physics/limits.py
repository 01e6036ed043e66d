"""Which straight piece of the hull sets a limit of a window, and where the widest window is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from sseml.physics.profile import SHORT, Piece


def beyond(
    steps: Sequence[Piece], place: float, sign: int, trace: float, least: float
) -> tuple[Piece, tuple[Piece, ...]]:
    """The piece that sets the limit on one side of a place, and the traces before it.

    Parameters
    ----------
    steps
        Pieces of the hull along the amount of the ion, in shares of what the material holds.
    place
        Where the material is.
    sign
        +1 for the side where the ion is taken up, -1 for that where it is given off.
    trace
        A piece shorter than this is passed over, unless more than this is exchanged by its end.
    least
        Pieces that end within this of the place are behind the material.
    """
    facing = [(sign * ((step.high if sign > 0 else step.low) - place), step) for step in steps]
    ahead = [(end, step) for end, step in facing[::sign] if end > least] or facing[::sign][-1:]
    below = trace - SHORT
    short = takewhile(lambda each: each[0] < below and each[1].length < below, ahead)
    passed = tuple(step for _, step in short)[: len(ahead) - 1]
    return ahead[len(passed)][1], passed


def widths(
    steps: Sequence[Piece], tolerance: float, trace: float, least: float
) -> list[tuple[float, float]]:
    """Width of the window at every kink within the tolerance, in slopes, and the kink.

    Both ends of the tolerance belong to it.
    """
    kinks = [step.high for step in steps[:-1] if abs(step.high) <= tolerance + SHORT]
    places = [min(max(kink, -tolerance), tolerance) for kink in kinks]
    return [
        (
            beyond(steps, place, +1, trace, least)[0].slope
            - beyond(steps, place, -1, trace, least)[0].slope,
            place,
        )
        for place in places
    ]
