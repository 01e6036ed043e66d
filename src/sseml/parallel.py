"""Long lists are answered as columns by one process or several: the same, in the same order."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sseml.compiled import CompiledBundles, is_installed
from sseml.model.loading import Bundles, load_bundle
from sseml.prediction import batches_of, default_phases, predict_batches
from sseml.records import Query, Refusal
from sseml.render.batch_columns import Columns, ColumnsOfBatches
from sseml.units import SUPERIONIC_S_CM

if TYPE_CHECKING:
    from concurrent.futures import Future

LONG = 16_384
"""Rows of a list from which on its sums are compiled, where Numba is installed: it takes seconds to
begin. The number of a row decides, so that the same rows are answered the same way by any number of
processes."""

_WAITING = 2
"""Batches that each process has been given or has answered and are not yet passed on."""


@dataclass(frozen=True, slots=True)
class DrawnBatch:
    """Columns of a batch of answers, the refusals among them by place, and its last row."""

    columns: Columns
    refusals: Mapping[int, Refusal]
    row: int

    def __len__(self) -> int:
        """Number of rows."""
        return self.columns.count

    def in_order(self) -> Iterator[Refusal]:
        """The refusals in the order of their rows."""
        return (self.refusals[place] for place in sorted(self.refusals))


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process answers with: a bundle's folder or the released ones; the threshold."""

    bundle: Path | None = None
    window: bool = True
    threshold_S_cm: float = SUPERIONIC_S_CM


Items = Sequence[Query | Refusal]

_draw: ContextVar[Callable[[Items], list[DrawnBatch]]] = ContextVar("draw")
"""What a process answers batches with."""


def drawn_batches(
    items: Iterable[Query | Refusal], settings: Settings, jobs: int = 1
) -> Iterator[DrawnBatch]:
    """Answer parsed rows in large batches, in order and in bounded memory.

    Parameters
    ----------
    items
        Queries; refusals among them keep their places.
    settings
        The bundle and what is asked of it.
    jobs
        Processes that answer; this one reads and passes on. With 1, this one answers too.
    """
    if jobs > 1:
        yield from _by_processes(items, settings, jobs)
        return
    draw = _drawing(settings)
    for batch in batches_of(items):
        yield from draw(batch)


def _by_processes(
    items: Iterable[Query | Refusal], settings: Settings, jobs: int
) -> Iterator[DrawnBatch]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - start-up
    from multiprocessing import get_context  # noqa: PLC0415

    underway: deque[Future[list[DrawnBatch]]] = deque()
    # spawned, as a fork of a process with threads, such as Arrow's, can hang
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _prepare, (settings,))
    try:
        for batch in batches_of(items):
            if len(underway) == _WAITING * jobs:
                yield from underway.popleft().result()
            underway.append(pool.submit(_drawn, batch))
        while underway:
            yield from underway.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends them
    _draw.set(_drawing(settings))


def _drawn(batch: Items) -> list[DrawnBatch]:
    return _draw.get()(batch)


def _drawing(settings: Settings) -> Callable[[Items], list[DrawnBatch]]:
    """What answers one batch after another; it loads bundles once."""
    given = [load_bundle(settings.bundle)] if settings.bundle else []
    bundles = Bundles(given)
    compiled = CompiledBundles(given) if is_installed() else bundles
    phases = cache(default_phases) if settings.window else None
    drawn = ColumnsOfBatches()

    def draw(batch: Items) -> list[DrawnBatch]:
        by = compiled if batch[0].row > LONG else bundles
        answered = predict_batches(batch, by, phases, threshold_S_cm=settings.threshold_S_cm)
        return [DrawnBatch(drawn.columns(each), each.refusals, each.row) for each in answered]

    return draw
