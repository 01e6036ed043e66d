"""Is one polymer model worse than another? Both are judged on polymers held out from both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, IntArray
from sseml.curation.polymers.table import load_polymers
from sseml.evaluate.difference import (
    MARGIN_DECADES,
    RESAMPLES,
    Comparison,
    Side,
    differences,
)
from sseml.kinds import KINDS, POLYMER, Kind, kind_named
from sseml.model.fitting import Progress, silent
from sseml.model.folder import MANIFEST, verify_checksums
from sseml.model.polymer.bundle import EVIDENCE
from sseml.model.polymer.curves import CurveSet, curve_set, learnable
from sseml.model.polymer.fit import CURVES, CurveSettings
from sseml.model.polymer.held_out import HeldOut, answer_rows, cross_spread
from sseml.model.polymer.process import ProcessSettings
from sseml.model.split import grouped_folds
from sseml.records import BundleError, RefusedInputError

FOLDS = 5
_JUDGED = "σ of dry electrolytes at the measured temperatures, {folds} folds by polymer"


@dataclass(frozen=True, slots=True)
class PolymerContender:
    """What a polymer model is trained on, and how."""

    name: str
    table: pd.DataFrame
    settings: CurveSettings = CURVES
    kind: Kind = POLYMER

    @classmethod
    def of_bundle(cls, folder: Path, name: str | None = None) -> PolymerContender:
        """How a bundle was made: its evidence, and the settings in its manifest.

        Raises
        ------
        BundleError
            If a checksum does not hold, or the manifest names a choice this code does not know.
        """
        verify_checksums(folder)
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(
                name=name or str(manifest["name"]),
                table=load_polymers(folder / EVIDENCE),
                settings=_settings(manifest["settings"]),
                kind=kind_named(manifest["kind"], KINDS),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"{folder}: {MANIFEST} does not say how this version of sseml would make the "
                f"bundle again ({error}); train it again"
            ) from error


def _settings(written: Mapping[str, Any]) -> CurveSettings:
    return CurveSettings(**{**written, "process": ProcessSettings(**written["process"])})


def compare_polymers(
    champion: PolymerContender,
    candidate: PolymerContender,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    resamples: int = RESAMPLES,
    margin: float = MARGIN_DECADES,
    progress: Progress = silent,
) -> Comparison:
    """Judge two ways to make a model of dry electrolytes on polymers that neither has seen.

    The judged rows are those that either would learn from; a measurement that both have is judged
    once, at its own temperature. In each fold a contender is fitted on its own rows of the other
    polymers. Gels and composites are not judged.

    Parameters
    ----------
    champion, candidate
        The model in use, and the one that would replace it.
    folds
        Number of folds, at least 2.
    seed
        Of the dealing to folds and of the resampling.
    resamples
        Number of resamplings of the polymers.
    margin
        Decades by which the candidate may be worse.
    progress
        Is called with the name of each step.

    Raises
    ------
    RefusedInputError
        If there are fewer polymers than folds, or a contender has nothing left to learn from.
    """
    progress("features of the recipes")
    # in one order: a sum in another order differs in its last digit, which trees can see
    table = (
        pd.concat([champion.table, candidate.table])
        .drop_duplicates("measurement_id", keep="first")
        .sort_values("measurement_id", ignore_index=True)
    )
    data = curve_set(table, champion.kind)
    data = data.take(learnable(data))
    polymers = len(np.unique(data.polymer))
    if polymers < folds:
        raise RefusedInputError(
            f"{folds} folds take at least {folds} polymers, and the {len(data)} rows to be judged "
            f"are of {polymers}",
            "give the contenders more measurements",
        )
    identity = table["measurement_id"].iloc[data.rows]
    fold = grouped_folds(data.polymer, folds, seed)
    sides = [
        _judge(
            contender,
            data,
            identity.isin(contender.table["measurement_id"]).to_numpy(dtype=bool),
            fold,
            progress,
        )
        for contender in (champion, candidate)
    ]
    parts = differences(sides, data.polymer, resamples=resamples, seed=seed, margin=margin)
    return Comparison(champion.name, candidate.name, parts, margin, folds, seed, resamples, _JUDGED)


def _judge(
    contender: PolymerContender,
    data: CurveSet,
    knows: BoolArray,
    fold: IntArray,
    progress: Progress,
) -> Side:
    parts = []
    for number in np.unique(fold):
        asked = fold == number
        trained = knows & ~asked
        progress(f"{contender.name}: fold {number + 1}, {int(trained.sum())} rows")
        if not trained.any():
            raise RefusedInputError(
                f"{contender.name} has nothing left to learn from when fold {number + 1} is held "
                "out",
                "give it measurements of more polymers",
            )
        parts.append(
            answer_rows(
                data,
                trained,
                asked,
                data.polymer,
                distance=contender.kind.distance,
                settings=contender.settings,
            )
        )
    held_out = HeldOut.join(parts)
    low, high = cross_spread(held_out).limits(held_out.signals.mean)
    truth = data.log10_sigma[held_out.rows]
    error, inside = np.empty(len(data)), np.empty(len(data), dtype=np.bool_)
    error[held_out.rows] = np.abs(held_out.residual)
    inside[held_out.rows] = (low <= truth) & (truth <= high)
    return Side(error, inside, knows)
