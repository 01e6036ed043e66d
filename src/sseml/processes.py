"""Batches worked on by several processes: the results in order, in bounded memory.

Each process has a pipe of its own. A pool of `concurrent.futures` can hang before Python 3.11.5
where a process is killed while a batch is being written to it.
"""

from __future__ import annotations

import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

WAITING = 2
"""Batches that each process has been given or has done and are not yet passed on."""

_DEATHS = 3
"""So many times in a row, without a result between, a process may die; then it is said."""

Batch = TypeVar("Batch")
Result = TypeVar("Result")


class WorkersError(RuntimeError):
    """Processes that answer died, or are not what was asked for; the message says what to do."""


@contextmanager
def by_processes(
    make: Callable[[Any], Callable[[Batch], list[Result]]],
    asked: object,
    jobs: int,
    shown: Callable[[Batch], str],
) -> Iterator[Callable[[Iterable[Batch]], Iterator[Result]]]:
    """What works on one list of batches after another, by so many processes.

    Each process calls `make`, a function of a module, with `asked` once, and what it gives for
    every batch. `shown` names a batch in a message.

    Raises
    ------
    WorkersError
        From the results, if processes die again and again.
    Exception
        From the results, what `make` or the work raises.
    """
    processes = _Processes(make, asked, jobs, shown)
    try:
        yield processes.results
    finally:
        processes.end()


@dataclass(slots=True, eq=False)
class _Task(Generic[Batch, Result]):
    batch: Batch
    results: list[Result] | None = None


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, its pipe, and what it works on."""

    process: BaseProcess
    pipe: Connection
    task: _Task[Any, Any] | None = None

    def end(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


class _Processes(Generic[Batch, Result]):
    """Processes with one batch each; that of one which dies is given to another."""

    def __init__(
        self,
        make: Callable[[Any], Callable[[Batch], list[Result]]],
        asked: object,
        jobs: int,
        shown: Callable[[Batch], str],
    ) -> None:
        self._make, self._asked, self._shown = make, asked, shown
        self._jobs = jobs
        self._deaths = 0
        self._workers: list[_Worker] = []

    def results(self, batches: Iterable[Batch]) -> Iterator[Result]:
        self._workers += [self._started() for _ in range(self._jobs - len(self._workers))]
        underway: deque[_Task[Batch, Result]] = deque()
        waiting: deque[_Task[Batch, Result]] = deque()
        try:
            for batch in batches:
                task = _Task[Batch, Result](batch)
                underway.append(task)
                waiting.append(task)
                self._pass_on(waiting, wait=False)
                while len(underway) >= WAITING * self._jobs:
                    yield from self._first(underway, waiting)
            while underway:
                yield from self._first(underway, waiting)
        finally:
            self._end([worker for worker in self._workers if worker.task])  # nobody asks any more

    def end(self) -> None:
        self._end(self._workers)

    def _end(self, workers: Sequence[_Worker]) -> None:
        for worker in workers:
            worker.end()
        self._workers = [worker for worker in self._workers if worker not in workers]

    def _first(
        self, underway: deque[_Task[Batch, Result]], waiting: deque[_Task[Batch, Result]]
    ) -> list[Result]:
        """The results that come next."""
        while (results := underway[0].results) is None:
            self._pass_on(waiting, wait=True)
        underway.popleft()
        return results

    def _pass_on(self, waiting: deque[_Task[Batch, Result]], *, wait: bool) -> None:
        """Take in what is done, and give who has nothing to do a batch."""
        from multiprocessing.connection import wait as ready  # noqa: PLC0415 - start-up

        busy = [worker.pipe for worker in self._workers if worker.task is not None]
        done = ready(busy, None if wait and not self._can_give(waiting) else 0)
        for place, worker in enumerate(self._workers):
            if worker.pipe in done:
                self._take_in(place, worker, waiting)
        for place, worker in enumerate(self._workers):
            if waiting and worker.task is None:
                self._give(place, worker, waiting)

    def _can_give(self, waiting: deque[_Task[Batch, Result]]) -> bool:
        return bool(waiting) and any(worker.task is None for worker in self._workers)

    def _take_in(self, place: int, worker: _Worker, waiting: deque[_Task[Batch, Result]]) -> None:
        task = worker.task
        assert task is not None
        try:
            failed, outcome = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(place, worker, task, waiting)
            return
        worker.task = None
        self._deaths = 0
        if failed:
            raise outcome
        task.results = outcome

    def _give(self, place: int, worker: _Worker, waiting: deque[_Task[Batch, Result]]) -> None:
        task = waiting.popleft()
        try:
            worker.pipe.send(task.batch)
            worker.task = task
        except OSError:
            self._replace(place, worker, task, waiting)

    def _replace(
        self,
        place: int,
        worker: _Worker,
        task: _Task[Batch, Result],
        waiting: deque[_Task[Batch, Result]],
    ) -> None:
        """Start another process in the place of one that died, and put its batch first in line."""
        self._deaths += 1
        worker.end()
        worker.task = None
        waiting.appendleft(task)
        if self._deaths == _DEATHS:
            raise WorkersError(
                f"a process died {_DEATHS} times over {self._shown(task.batch)}: was it killed, or "
                "is there too little memory? Fewer processes take less: --jobs"
            )
        self._workers[place] = self._started()

    def _started(self) -> _Worker:
        from multiprocessing import get_context  # noqa: PLC0415 - start-up

        # spawned, as a fork of a process with threads, such as Arrow's, can hang
        context = get_context("spawn")
        own, other = context.Pipe()
        process = context.Process(target=_work, args=(other, self._make, self._asked), daemon=True)
        process.start()
        other.close()
        return _Worker(process, own)


def _work(
    pipe: Connection, make: Callable[[Any], Callable[[Any], list[Any]]], asked: object
) -> None:
    """Work on batches until the first process is gone, even by SIGKILL: its pipe is then closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends them
    work: Callable[[Any], list[Any]] | None = None
    while True:
        try:
            batch = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            work = work or make(asked)
            outcome: tuple[bool, Any] = False, work(batch)
        except Exception as error:  # noqa: BLE001 - raised by the first process
            error.add_note(traceback.format_exc())
            outcome = True, error
        with suppress(BrokenPipeError):
            _send(pipe, outcome)


def _send(pipe: Connection, outcome: tuple[bool, Any]) -> None:
    try:
        pipe.send(outcome)
    except (PicklingError, TypeError, AttributeError) as error:  # what cannot be sent
        pipe.send((True, RuntimeError(f"{error}: {outcome[1]!r}")))
