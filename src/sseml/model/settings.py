"""What is chosen before an ensemble is fitted, and what follows from it alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sseml.arrays import BoolArray
from sseml.model.arrhenius import ProcessSettings
from sseml.model.crystal_system import PolymorphSettings
from sseml.model.ensemble import KernelShare
from sseml.model.kernel import KernelSettings

LEAF_PENALTY = 2.0
"""Weight by which every leaf of a boosted tree is drawn to 0."""


@dataclass(frozen=True, slots=True)
class EnsembleSettings:
    """Everything that is chosen before fitting; the defaults were tuned on training folds only.

    Errors smaller than `resolution`, in decades, count as one when the width of the interval is
    learned.
    """

    ridge_penalty: float = 300.0
    boosting_rounds: int = 200
    learning_rate: float = 0.06
    boosting_depth: int = 5
    boosting_leaf_weight: float = 2.0
    row_share: float = 0.7
    """Of the rows, drawn anew for each boosted tree."""
    averaged_trees: int = 100
    averaged_leaf_size: int = 3
    averaged_feature_share: float = 0.35
    process: ProcessSettings = field(default_factory=ProcessSettings)
    share: KernelShare = field(default_factory=KernelShare)
    resolution: float = 0.1
    seed: int = 0
    threads: int = 1

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EnsembleSettings:
        """Rebuild from what `dataclasses.asdict` gave; a `TypeError` names a choice not known."""
        process = dict(data["process"])
        process["kernel"] = KernelSettings(**process["kernel"])
        process["polymorph"] = PolymorphSettings(**process["polymorph"])
        own = {"process": ProcessSettings(**process), "share": KernelShare(**data["share"])}
        return cls(**{**data, **own})


DEFAULT_SETTINGS = EnsembleSettings()


def drawn_rows(settings: EnsembleSettings, count: int) -> Iterator[BoolArray]:
    """Which of `count` rows each boosted tree learns from: a mask for each, the same every time."""
    draw = np.random.default_rng(settings.seed)
    for _ in range(settings.boosting_rounds):
        yield draw.random(count) < settings.row_share
