"""The best answers that do not share their chemistry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from sseml.kinds import COMPOSITION
from sseml.records import Answer, Prediction, Refusal
from sseml.screen.scores import composition_of


def diverse(answers: Iterable[Answer], count: int) -> Iterator[Prediction]:
    """In order, the answers that lie apart from every one before them, `count` at most.

    Two compositions share their chemistry if half the summed absolute difference of their element
    fractions is below 0.12, the distance over which `sseml evaluate clusters` removes neighbours;
    two recipes, if they are of the same constituents. Refused rows are passed over.
    """
    distance = COMPOSITION.distance
    taken: list[np.ndarray] = []
    constituents: set[str] = set()
    found = 0
    for answer in answers:
        if found == count:
            return
        if isinstance(answer, Refusal):
            continue
        composition = composition_of(answer)
        if composition is not None:
            [position] = distance.positions([composition])
            if taken:
                apart = distance.between(position[None], np.stack(taken))
                if apart.min() < distance.radii.cluster:
                    continue
            taken.append(position)
        else:
            own = answer.formula.partition(",")[0]
            if own in constituents:
                continue
            constituents.add(own)
        found += 1
        yield answer
