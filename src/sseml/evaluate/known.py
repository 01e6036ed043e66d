"""Known materials: measured before in another paper, and with the crystal system told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sseml.arrays import BoolArray, FloatArray, IntArray
from sseml.evaluate.answers import Outcome, Subject, Views
from sseml.evaluate.difference import paired_difference
from sseml.evaluate.metrics import Figures, clipped_absolute_error, group_mean, mean_or_nan
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.split import material_groups
from sseml.records import RefusedInputError


class NoStructuresError(RefusedInputError):
    """No row of a table names a space group."""


def crystals(subject: Subject) -> Outcome:
    """Papers held out: rows of known space group, by the composition alone and with the system.

    In figures that end in ``grouped only`` the composition may be learned from, in another paper.
    ``gain`` is with minus without the system, ``gain low`` and ``gain high`` are its 95 % interval
    from resampled papers. Raises `NoStructuresError` if no row names a space group.
    """
    data = subject.data
    if not (data.at_25 & (data.systems != UNKNOWN)).any():
        raise NoStructuresError(
            "no usable row of the table names a space group",
            "leave the benchmark crystals out, or add measurements that name one",
        )
    figures: Figures = {"rows": float((data.at_25 & (data.systems != UNKNOWN)).sum())}
    for ending, views in (("", subject.by_paper), (" grouped only", subject.by_paper_alone)):
        figures |= _gain(data, views, ending)
    return Outcome(figures)


def _gain(data: TrainingSet, views: Views, ending: str) -> Figures:
    rows = views.by_composition.rows
    asked = data.at_25[rows] & (data.systems[rows] != UNKNOWN)
    before, after = (view.take(asked) for view in (views.by_composition, views.with_system))
    truth = data.target[before.rows]
    found = paired_difference(
        clipped_absolute_error(truth, before.at_25.mean),
        clipped_absolute_error(truth, after.at_25.mean),
        data.papers[before.rows],
    )
    return {
        f"MAE10c{ending}": found.candidate_MAE10c,
        f"MAE10c by composition{ending}": found.champion_MAE10c,
        f"gain{ending}": found.difference,
        f"gain low{ending}": found.low,
        f"gain high{ending}": found.high,
        f"coverage{ending}": float(after.at_25.holds(truth).mean()),
    }


def repeats(subject: Subject) -> Outcome:
    """One paper left out: materials that another paper measured too.

    The floor is the median of the other papers. ``… same system`` are rows whose composition and
    crystal system another paper measured, answered with the system; ``polymorphs`` are those of
    compositions that were measured in two systems or more. A bound is no measured value: it is
    neither judged nor part of a median.
    """
    data, views = subject.data, subject.by_paper_alone
    others = _Others.of(data)
    rows = views.by_composition.rows
    asked = others.any_papers[rows] > 0
    figures = _repeat_figures(
        data, views.by_composition.at_25.mean, rows, asked, floor=others.any_median, ending=""
    )
    inside = views.by_composition.at_25.holds(data.target[rows])
    figures["coverage"] = mean_or_nan(inside[asked].astype(float))
    same = asked & (others.same_papers[rows] > 0)
    with_system = views.with_system.at_25
    figures |= _repeat_figures(
        data, with_system.mean, rows, same, floor=others.same_median, ending=" same system"
    )
    inside = with_system.holds(data.target[rows])
    figures["coverage same system"] = mean_or_nan(inside[same].astype(float))
    error = clipped_absolute_error(data.target[rows], views.by_composition.at_25.mean)
    figures["MAE10c same system by composition"] = mean_or_nan(error[same])
    several = others.polymorphs[rows]
    figures |= _repeat_figures(
        data, with_system.mean, rows, several, floor=others.same_median, ending=" polymorphs"
    )
    return Outcome(figures)


def _repeat_figures(
    data: TrainingSet,
    predicted: FloatArray,
    rows: IntArray,
    asked: BoolArray,
    *,
    floor: FloatArray,
    ending: str,
) -> Figures:
    chosen = rows[asked]
    if not len(chosen):
        return {f"rows{ending}": 0.0}
    truth = data.target[chosen]
    error = clipped_absolute_error(truth, predicted[asked])
    known = ~np.isnan(floor[chosen])
    materials = material_groups(data.positions, data.kind.distance)[chosen]
    return {
        f"rows{ending}": float(len(chosen)),
        f"compositions{ending}": float(len(np.unique(materials))),
        f"MAE10c{ending}": float(error.mean()),
        f"MAE10c each composition once{ending}": group_mean(error, materials),
        f"MAE10c median of the others{ending}": mean_or_nan(
            clipped_absolute_error(truth, floor[chosen])[known]
        ),
    }


@dataclass(frozen=True, slots=True)
class _Others:
    """What other papers measured of the same composition about 25 °C, one entry a row.

    Median of the papers' medians and number of papers: of any structure, and of the same crystal
    system. `polymorphs` are rows of known system whose composition was measured in several. Bounds
    are left out on both sides.
    """

    any_median: FloatArray
    any_papers: IntArray
    same_median: FloatArray
    same_papers: IntArray
    polymorphs: BoolArray

    @classmethod
    def of(cls, data: TrainingSet) -> _Others:
        count = len(data)
        material = material_groups(data.positions, data.kind.distance)
        medians = np.full((2, count), np.nan)
        papers = np.zeros((2, count), dtype=np.int64)
        polymorphs = np.zeros(count, dtype=np.bool_)
        for number in np.unique(material):
            rows = np.flatnonzero((material == number) & data.at_25 & ~data.is_bound)
            systems = data.systems[rows]
            known = systems != UNKNOWN
            if len(np.unique(systems[known])) > 1:
                polymorphs[rows[known]] = True
            for place, row in enumerate(rows):
                other = data.papers[rows] != data.papers[row]
                alike = other & known & (systems == systems[place])
                for view, chosen in enumerate((other, alike)):
                    if chosen.any():
                        medians[view, row], papers[view, row] = _of_papers(data, rows[chosen])
        return cls(medians[0], papers[0], medians[1], papers[1], polymorphs)


def _of_papers(data: TrainingSet, rows: IntArray) -> tuple[float, int]:
    names = np.unique(data.papers[rows])
    own = [np.median(data.target[rows[data.papers[rows] == name]]) for name in names]
    return float(np.median(own)), len(names)
