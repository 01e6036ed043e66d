"""Requests wait their turn: small ones are scored together, large ones one after another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sseml.parse.structure.texts import holds_structure
from sseml.serving.request import Asked, Row
from sseml.serving.settings import ModelIdentity
from sseml.serving.worker import LANES, LARGE, MEASURED, SMALL

SMALL_ROWS = 64
"""A request of at most so many rows does not wait behind larger ones."""

_TOGETHER_ROWS = 256


@dataclass(frozen=True, slots=True)
class Scored:
    """Records as JSON texts in UTF-8, and the model that they are of."""

    records: Sequence[bytes]
    model: ModelIdentity
    warnings: Sequence[Mapping[str, Any]] = ()
    """What is said of the measurements that came with the request."""


@dataclass(slots=True, eq=False)
class Job:
    """A request that waits; `deadline` is on the clock of `time.monotonic`."""

    asked: Asked
    deadline: float
    lane: int
    answer: asyncio.Future[Scored]
    must_be_alone: bool = False
    tries: int = 0

    def settle(self, outcome: Scored | Exception) -> None:
        """Hand the outcome over, if anybody still waits for it."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


@dataclass(slots=True)
class _Lane:
    jobs: deque[Job] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)


class Batching:
    """Two queues in front of all workers.

    What a small request costs hardly depends on its rows: the table, MLflow's checks, the first
    pass through the trees. All small requests that wait are therefore scored as one.
    """

    def __init__(self) -> None:
        self._lanes = [_Lane() for _ in LANES]

    def put(self, asked: Asked, deadline: float) -> asyncio.Future[Scored]:
        """Queue a request; whoever waits no longer cancels the future."""
        is_long = len(asked.rows) > SMALL_ROWS or MEASURED in asked.params
        is_large = is_long or any(map(_may_be_many, asked.rows))
        answer: asyncio.Future[Scored] = asyncio.get_running_loop().create_future()
        self._append(Job(asked, deadline, LARGE if is_large else SMALL, answer, is_large))
        return answer

    def retry(self, job: Job) -> None:
        """Queue a job again, to be scored alone."""
        job.tries += 1
        job.must_be_alone = True
        self._append(job)

    async def next(self, lane: int) -> list[Job]:
        """Wait for jobs that may be scored in one go; none is lost if the wait is cancelled."""
        while True:
            await self._lanes[lane].filled.wait()
            if jobs := _taken(self._lanes[lane]):
                return jobs

    def _append(self, job: Job) -> None:
        self._lanes[job.lane].jobs.append(job)
        self._lanes[job.lane].filled.set()


def numbered_rows(jobs: Sequence[Job]) -> list[tuple[str, tuple[int, Mapping[str, Any]]]]:
    """All rows of some jobs, each with its number in its own request."""
    return [
        (row.formula, (number, row.cells))
        for job in jobs
        for number, row in enumerate(job.asked.rows, start=1)
    ]


def _taken(lane: _Lane) -> list[Job]:
    """Take the first waiting job, and those behind it that may be scored in the same go."""
    jobs: list[Job] = []
    rows = 0
    while lane.jobs:
        job = lane.jobs[0]
        rows += len(job.asked.rows)
        if job.answer.done():  # nobody waits for it any more
            lane.jobs.popleft()
            continue
        if jobs and (rows > _TOGETHER_ROWS or not _go_together(jobs[0], job)):
            break
        jobs.append(lane.jobs.popleft())
    if not lane.jobs:
        lane.filled.clear()
    return jobs


def _go_together(first: Job, other: Job) -> bool:
    is_alone = first.must_be_alone or other.must_be_alone
    return not is_alone and first.asked.params == other.asked.params


def _may_be_many(row: Row) -> bool:
    """Whether a row may hold a sweep (``x=0:1:0.1``), in the text or in a cell, or structures."""
    texts = (row.formula, *(cell for cell in row.cells.values() if isinstance(cell, str)))
    return any(":" in text or holds_structure(text) for text in texts)
