"""What the crystal system adds to the composition: the same rows answered with and without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sseml.evaluate.answers import Answers, BothAnswers, Outcome, Subject, answer_both
from sseml.evaluate.difference import paired_difference
from sseml.evaluate.metrics import Figures, clipped_absolute_error, coverage
from sseml.model.crystal_system import UNKNOWN
from sseml.model.dataset import TrainingSet
from sseml.model.ensemble import CONDUCTOR_LOG10_SIGMA
from sseml.model.fitting import BY_PAPER, HoldoutScheme, Progress, fit_calibrated_outputs
from sseml.model.regressors import EnsembleSettings
from sseml.records import RefusedInputError

FOLDS = 5
BY_PAPER_ALONE = HoldoutScheme("paper", None, same_parts=True)
"""The composition itself may be learned from, in another paper: a user asks for a polymorph."""

_VIEWS = {"": BY_PAPER, " grouped only": BY_PAPER_ALONE}


class NoStructuresError(RefusedInputError):
    """No row of a table names a space group."""


def crystals(subject: Subject, progress: Progress) -> Outcome:
    """Papers held out: rows of known space group, by the composition alone and with the system.

    Figures of the second output end in ``if it conducts``; those where the composition itself may
    be learned from, in another paper, in ``grouped only``. ``gain`` is with minus without the
    system, ``gain low`` and ``gain high`` are its 95 % interval from resampled papers. Raises
    `NoStructuresError` if no row names a space group.
    """
    data = subject.conductivity_set()
    known = data.systems != UNKNOWN
    if not known.any():
        raise NoStructuresError(
            "no usable row of the table names a space group",
            "leave the benchmark crystals out, or add measurements that name one",
        )
    figures: Figures = {"rows": float(known.sum())}
    for view, holdout_scheme in _VIEWS.items():
        progress(f"crystals{view}: {FOLDS} folds")
        folds = list(_answered(data, holdout_scheme, subject.conductivity))
        figures |= _figures(data, folds, view)
    return Outcome(figures)


def _answered(
    data: TrainingSet, holdout_scheme: HoldoutScheme, settings: EnsembleSettings
) -> Iterator[tuple[BothAnswers, BothAnswers]]:
    """Of each fold the rows of known system: answers by the composition, and with the system."""
    for trained, held_out in holdout_scheme.folds(data, FOLDS, settings.seed):
        model = fit_calibrated_outputs(data.take(trained), settings)
        asked = held_out & (data.systems != UNKNOWN)
        if asked.any():
            by_composition = answer_both(model, data, trained, asked)
            yield by_composition, answer_both(model, data, trained, asked, by_system=True)


def _figures(
    data: TrainingSet, folds: Sequence[tuple[BothAnswers, BothAnswers]], view: str
) -> Figures:
    figures: Figures = {}
    for output, ending in (("unconditional", view), ("if_conductor", f"{view} if it conducts")):
        before, after = (
            Answers.join([getattr(answers, output) for answers in side])
            for side in zip(*folds, strict=True)
        )
        if output == "if_conductor":
            conducts = data.target[before.rows] > CONDUCTOR_LOG10_SIGMA
            before, after = before.take(conducts), after.take(conducts)
        if len(before.rows):
            figures |= _compared(data, before, after, ending)
    return figures


def _compared(data: TrainingSet, before: Answers, after: Answers, ending: str) -> Figures:
    truth = data.target[before.rows]
    found = paired_difference(
        clipped_absolute_error(truth, before.mean),
        clipped_absolute_error(truth, after.mean),
        data.papers[before.rows],
    )
    return {
        f"MAE10c{ending}": found.candidate_MAE10c,
        f"MAE10c by composition{ending}": found.champion_MAE10c,
        f"gain{ending}": found.difference,
        f"gain low{ending}": found.low,
        f"gain high{ending}": found.high,
        f"coverage{ending}": coverage(truth, after.low, after.high),
    }
