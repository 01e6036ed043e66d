"""What one's own data do, held out: measurements of the very material, and activation energies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.model.arrhenius import ProcessSettings
from sseml.model.calibration import Held
from sseml.model.dataset import ROOM_RANGE_C, TrainingSet
from sseml.model.ensemble import TREES_FLOOR, Estimate
from sseml.model.fitting import OutOfFold
from sseml.model.given_energy import EnergyGain
from sseml.model.heating import (
    CEILING_LOG10_SIGMA,
    bounded_energy,
    log10_sigma_at,
    shift_from_25,
)
from sseml.model.own_rows import LinePrior, OwnSeries, narrower, own_shrinkage, same_material
from sseml.model.split import grouped_folds
from sseml.units import celsius_to_kelvin

_PAPER_FOLDS = 5
_HOT = 5.0
"""Decades of σT per eV from 25 °C, at about 150 °C."""


@dataclass(frozen=True, slots=True)
class OwnTrial:
    """A held-out row, another paper's rows of its material as one's own, and the width of it.

    `row` is that of the set, `place` that of the held-out answers; `learned` papers on the material
    are known to the model.
    """

    row: int
    place: int
    own: IntArray
    learned: int
    share: float
    """Of the row's weight: each other paper is tried in turn."""


def own_trials(data: TrainingSet, trained: BoolArray, held: OutOfFold) -> Iterator[OwnTrial]:
    """Each held-out number with each other paper that measured the material and was not learned."""
    distance = data.kind.distance
    for place, row in enumerate(held.rows.tolist()):
        if data.is_bound[row]:
            continue
        same = same_material(
            distance, data.positions, data.systems, data.positions[row], int(data.systems[row])
        )
        learned = len(np.unique(data.papers[same[trained[same]]]))
        others = same[~trained[same] & (data.papers[same] != data.papers[row])]
        papers = np.unique(data.papers[others])
        for paper in papers:
            own = others[data.papers[others] == paper]
            yield OwnTrial(row, place, own, learned, 1.0 / len(papers))


def own_measurements(
    data: TrainingSet,
    trials: Sequence[OwnTrial],
    answers: Estimate,
    *,
    limits: tuple[FloatArray, FloatArray],
    width: FloatArray,
    shrinkages: Sequence[float | None],
    prior: LinePrior | None = None,
) -> pd.DataFrame:
    """Errors without and with another paper's measurements, and how often the interval holds.

    Parameters
    ----------
    data
        The set that was held out by parts.
    trials
        As `own_trials` gives them.
    answers
        Held-out answers, at the places of the trials.
    limits
        Decades below and above each answer, (n,) each.
    width
        Its typical error in decades, (n,).
    shrinkages
        Numbers of measurements of "no move"; None for what predicting uses.
    prior
        Of level and energy; None for that of the default settings.

    Returns
    -------
    DataFrame
        One row a trial: ``weight``, ``room`` (both are measured at 15 to 40 °C), ``learned``,
        ``samples``, ``without`` (absolute error in decades), ``holds_without``, and for each
        shrinkage ``with_S`` and ``holds_S``, where S is the number, or ``used``.
    """
    settings = ProcessSettings()
    prior = prior or LinePrior(settings.energy_variance, settings.correlation)
    low_K, high_K = (celsius_to_kelvin(limit_C) for limit_C in ROOM_RANGE_C)
    room = (data.temperature_K >= low_K) & (data.temperature_K <= high_K)
    energies = bounded_energy(answers)
    records = []
    for trial in trials:
        row, place = trial.row, trial.place
        series = OwnSeries.of(
            data.log10_sigma[trial.own],
            data.temperature_K[trial.own],
            ["<" if bound else "=" for bound in data.is_bound[trial.own]],
            data.activation_energy_eV[trial.own],
        )
        at_K = data.temperature_K[row : row + 1]
        level, energy = float(answers.level[place]), float(energies[place])
        low, high = (float(side[place]) for side in limits)
        off = _off(data, row, level, energy, at_K)
        record = {
            "weight": trial.share,
            "room": bool(room[row] and room[trial.own].any()),
            "learned": trial.learned,
            "without": abs(off),
            "holds_without": low <= off <= high,
        }
        for number in shrinkages:
            shrinkage = own_shrinkage(trial.learned) if number is None else number
            decades, eV, samples = series.move(level, energy, shrinkage, prior)
            off = _off(data, row, level + decades, energy + eV, at_K)
            count, left = np.array([samples]), np.array([shrinkage])
            factor = float(narrower(width[place : place + 1], count, left)[0])
            name = "used" if number is None else f"{number:g}"
            record |= {
                "samples": samples,
                f"with_{name}": abs(off),
                f"holds_{name}": low * factor <= off <= high * factor,
            }
        records.append(record)
    return pd.DataFrame(records)


def _off(data: TrainingSet, row: int, level: float, energy_eV: float, at_K: FloatArray) -> float:
    predicted = (
        level + energy_eV * shift_from_25(at_K)[0] + np.log10(celsius_to_kelvin(25.0) / at_K[0])
    )
    return float(
        max(data.log10_sigma[row], TREES_FLOOR)
        - np.clip(predicted, TREES_FLOOR, CEILING_LOG10_SIGMA)
    )


def energy_given(
    data: TrainingSet, held: OutOfFold, *, error_eV: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Error of held-out rows with a stated activation energy, without and with that energy.

    The gain is learned from other papers than that of the row. `error_eV` is the standard deviation
    of what is added to the energies, as if they were calculated.

    Returns
    -------
    DataFrame
        Indexed by where the rows were measured (``25 °C``, ``to 150 °C``, ``beyond``): ``rows``,
        mean absolute errors in decades ``without``, ``temperature only`` (the energy replaces the
        predicted one, and σ at 25 °C stays), and ``with``.
    """
    stated = data.activation_energy_eV[held.rows]
    used = ~np.isnan(stated) & ~data.is_bound[held.rows]
    rows, answers = held.rows[used], _taken(held.plain, used)
    stated = stated[used]
    noise = error_eV * np.random.default_rng(seed).standard_normal(len(rows))
    temperature_K = data.temperature_K[rows]
    truth = Held(
        log10_sigma=data.log10_sigma[rows],
        predicted=log10_sigma_at(answers, temperature_K),
        level=answers.level,
        is_bound=data.is_bound[rows],
        shift=shift_from_25(temperature_K),
        signals=answers.signals,
        families=data.families[rows],
        papers=data.papers[rows],
        weights=np.ones(len(rows)),
    )
    moved = np.empty(len(rows))
    fold_of_row = grouped_folds(truth.papers, _PAPER_FOLDS, seed)
    for fold in range(_PAPER_FOLDS):
        asked = fold_of_row == fold
        gain = EnergyGain.fit(truth.take(~asked), (stated - bounded_energy(answers))[~asked])
        followed = gain.followed(_taken(answers, asked), (stated + noise)[asked])
        moved[asked] = log10_sigma_at(followed, temperature_K[asked])
    slope_only = log10_sigma_at(
        Estimate(answers.level, stated + noise, answers.by_system, answers.signals), temperature_K
    )
    errors = {
        "without": np.abs(truth.residual),
        "temperature only": np.abs(_clipped(truth.log10_sigma) - _clipped(slope_only)),
        "with": np.abs(_clipped(truth.log10_sigma) - _clipped(moved)),
    }
    low_K, high_K = (celsius_to_kelvin(limit_C) for limit_C in ROOM_RANGE_C)
    at_room = (temperature_K >= low_K) & (temperature_K <= high_K)
    where = np.select([at_room, truth.shift <= _HOT], ["25 °C", "to 150 °C"], "beyond")
    table = pd.DataFrame(errors).groupby(where, sort=False).mean()
    table.insert(0, "rows", pd.Series(where).value_counts())
    return table.reindex([name for name in ("25 °C", "to 150 °C", "beyond") if name in table.index])


def _clipped(log10_sigma: FloatArray) -> FloatArray:
    clipped: FloatArray = np.maximum(log10_sigma, TREES_FLOOR)
    return clipped


def _taken(estimate: Estimate, picked: BoolArray) -> Estimate:
    return Estimate(
        estimate.level[picked],
        estimate.energy_eV[picked],
        estimate.by_system[picked],
        estimate.signals.take(picked),
    )
