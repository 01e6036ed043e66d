"""Answers with their scores, by one process or several: the same, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sseml.model.loading import Bundles, load_bundle
from sseml.parallel import Items, rows_of
from sseml.physics.phases import PhaseTable
from sseml.prediction import FILE_BATCH, batches_of, default_phases, predict_queries
from sseml.processes import by_processes
from sseml.records import Answer, Query, Refusal
from sseml.screen.scores import Electrodes, scored


@dataclass(frozen=True, slots=True)
class Judging:
    """What every process answers and judges with.

    A bundle's folder or None for the released ones, whether windows are calculated, the threshold
    of ``p_superionic``, the names of scores (of `sseml.screen.scores.SCORES`), and the electrodes.
    """

    bundle: Path | None
    window: bool
    threshold_S_cm: float
    scores: tuple[str, ...]
    electrodes: Electrodes


def judged(
    items: Iterable[Query | Refusal],
    judging: Judging,
    answering: Callable[[Iterable[Query | Refusal]], Iterator[Answer]],
    jobs: int = 1,
) -> Iterator[Answer]:
    """Answer parsed rows in order, in bounded memory, and add the scores.

    Parameters
    ----------
    items
        Queries; refusals among them keep their places.
    judging
        What is asked of them.
    answering
        What answers in this process, where `jobs` is 1.
    jobs
        Processes that answer; this one reads and passes on.
    """
    if jobs > 1:
        with by_processes(_judging, judging, jobs, rows_of) as answers:
            yield from answers(batches_of(items))
        return
    yield from scored(answering(items), judging.scores, judging.electrodes, _phases())


def _judging(judging: Judging) -> Callable[[Items], list[Answer]]:
    """What answers and judges one batch after another; it loads bundles and phases once."""
    bundles = Bundles([load_bundle(judging.bundle)] if judging.bundle else [])
    windows = cache(default_phases) if judging.window else None
    phases = _phases()

    def answers(batch: Items) -> list[Answer]:
        answered = predict_queries(
            batch,
            bundles,
            phases=windows,
            explain=False,
            threshold_S_cm=judging.threshold_S_cm,
            batch_rows=FILE_BATCH,
        )
        return list(scored(answered, judging.scores, judging.electrodes, phases))

    return answers


def _phases() -> Callable[[], PhaseTable]:
    return cache(lambda: default_phases().table)
