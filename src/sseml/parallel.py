"""Long lists are answered as columns by one process or several: the same, in the same order."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sseml.compiled import CompiledBundles, is_installed
from sseml.model.folder import bundle_digest
from sseml.model.loading import Bundles, load_bundle
from sseml.prediction import batches_of, default_phases, predict_batches
from sseml.records import Query, Refusal
from sseml.released import DEFAULT_PHASES, RELEASED_BUNDLES, released_folder
from sseml.render.batch_columns import Columns, ColumnsOfBatches
from sseml.units import SUPERIONIC_S_CM

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

LONG = 16_384
"""Rows of a list from which on its sums are compiled, where Numba is installed: it takes seconds to
begin. The number of a row decides, so that the same rows are answered the same way by any number of
processes."""

_WAITING = 2
"""Batches that each process has been given or has answered and are not yet passed on."""

_DEATHS = 3
"""So many times in a row, without an answer between, a process may die; then it is said."""


class WorkersError(RuntimeError):
    """Processes that answer died, or are not what was asked for; the message says what to do."""


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

Asked = TypeVar("Asked")
Result = TypeVar("Result")

Answering = Callable[[Iterable[Query | Refusal]], Iterator[DrawnBatch]]
"""Answers parsed rows in large batches, in order and in bounded memory."""

_work: ContextVar[Callable[[Items], list[Any]]] = ContextVar("work")
"""What a process answers batches with."""


@contextmanager
def answering(settings: Settings, jobs: int = 1) -> Iterator[Answering]:
    """What answers one list of parsed rows after another; refusals among them keep their places.

    Parameters
    ----------
    settings
        The bundle and what is asked of it.
    jobs
        Processes that answer; this one reads and passes on. With 1, this one answers too.

    Raises
    ------
    BundleError
        If the bundle is missing or damaged.
    WorkersError
        From the answers, if processes die again and again over the same batches.
    """
    if jobs == 1:
        draw = drawing(settings)
        yield lambda items: (drawn for batch in batches_of(items) for drawn in draw(batch))
        return
    if settings.bundle:
        load_bundle(settings.bundle)  # a process that cannot prepare itself says only that it died
    with by_processes(drawing, settings, jobs) as answers:
        yield answers


@contextmanager
def by_processes(
    make: Callable[[Asked], Callable[[Items], list[Result]]], asked: Asked, jobs: int
) -> Iterator[Callable[[Iterable[Query | Refusal]], Iterator[Result]]]:
    """What answers lists by several processes, in the order of the rows and in bounded memory.

    Each process calls `make`, a function of a module, with `asked` once, and what it gives for
    every batch. Raises as `answering` does.
    """
    processes = _Processes(make, asked, jobs)
    try:
        yield processes.answers
    finally:
        processes.close()


def drawing(settings: Settings) -> Callable[[Items], list[DrawnBatch]]:
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


def model_digests(bundle: Path | None, *, window: bool) -> dict[str, str]:
    """Name → digest of every bundle that answers may come from; each is verified."""
    folders = [released_folder() / name for name in RELEASED_BUNDLES.values()]
    if window:
        folders.append(released_folder() / DEFAULT_PHASES)
    if bundle:
        folders.append(bundle)
    return {folder.name: bundle_digest(folder) for folder in folders}


class _Processes(Generic[Result]):
    """Processes that answer batches; where one dies, others are given its batches again."""

    def __init__(
        self, make: Callable[[Any], Callable[[Items], list[Result]]], asked: object, jobs: int
    ) -> None:
        self._prepared_with = make, asked
        self._jobs = jobs
        self._pool = self._started()
        self._deaths = 0

    def answers(self, items: Iterable[Query | Refusal]) -> Iterator[Result]:
        underway: deque[tuple[Items, Future[list[Result]]]] = deque()
        for batch in batches_of(items):
            if len(underway) == _WAITING * self._jobs:
                yield from self._next(underway)
            underway.append((batch, self._given(batch)))
        while underway:
            yield from self._next(underway)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - start-up
        from multiprocessing import get_context  # noqa: PLC0415

        # spawned, as a fork of a process with threads, such as Arrow's, can hang
        context = get_context("spawn")
        return ProcessPoolExecutor(self._jobs, context, _prepare, self._prepared_with)

    def _given(self, batch: Items) -> Future[list[Result]]:
        from concurrent.futures import BrokenExecutor, Future  # noqa: PLC0415 - start-up

        try:
            return self._pool.submit(_answered, batch)
        except BrokenExecutor as error:
            broken: Future[list[Result]] = Future()
            broken.set_exception(error)
            return broken

    def _next(self, underway: deque[tuple[Items, Future[list[Result]]]]) -> Sequence[Result]:
        """The answers that come next; what a process died over is given to new ones."""
        from concurrent.futures import BrokenExecutor  # noqa: PLC0415 - start-up

        while True:
            batch, future = underway[0]
            try:
                drawn = future.result()
            except BrokenExecutor as error:
                self._deaths += 1
                if self._deaths == _DEATHS:
                    raise WorkersError(
                        f"a process died {_DEATHS} times over {rows_of(batch)}: was it killed, "
                        "or is there too little memory? Fewer processes take less: --jobs"
                    ) from error
                self.close()
                self._pool = self._started()
                again = [
                    (each, done if _is_answered(done) else self._given(each))
                    for each, done in underway
                ]
                underway.clear()
                underway.extend(again)
            else:
                self._deaths = 0
                underway.popleft()
                return drawn


def rows_of(batch: Items) -> str:
    """The rows of a batch, for a message."""
    return f"rows {batch[0].row:,} to {batch[-1].row:,}"


def _is_answered(future: Future[list[Any]]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _prepare(make: Callable[[Any], Callable[[Items], list[Any]]], asked: object) -> None:
    from threading import Thread  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends them
    Thread(target=_end_with_parent, daemon=True).start()
    _work.set(make(asked))


def _end_with_parent() -> None:
    """End this process when the first one is gone, even by SIGKILL: it waits for work for ever."""
    from multiprocessing import parent_process  # noqa: PLC0415

    if parent := parent_process():
        parent.join()
        os._exit(1)


def _answered(batch: Items) -> list[Any]:
    return _work.get()(batch)
