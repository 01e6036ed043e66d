"""Requests wait their turn: small ones are scored together, large ones in parts between them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sseml.serving.request import Asked, Row
from sseml.serving.settings import ModelIdentity

SMALL_ROWS = 64
"""A request of at most so many rows does not wait behind larger ones."""

_TOGETHER_ROWS = 256

NumberedRow = tuple[str, tuple[int, Mapping[str, Any]]]
"""A formula, and the number of its row in its request with its other cells."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Records as JSON texts in UTF-8, and the model that they are of."""

    records: Sequence[bytes]
    model: ModelIdentity


@dataclass(slots=True, eq=False)
class Job:
    """A request that waits; `deadline` is on the clock of `time.monotonic`."""

    asked: Asked
    deadline: float
    answer: asyncio.Future[Scored]
    records: list[bytes] = field(default_factory=list)
    scored_rows: int = 0
    tries: int = 1

    def rows(self, most: int) -> list[NumberedRow]:
        """The next rows to be scored."""
        rest = self.asked.rows[self.scored_rows : self.scored_rows + most]
        numbered = enumerate(rest, start=self.scored_rows + 1)
        return [(row.formula, (number, row.cells)) for number, row in numbered]

    def add(self, rows: int, records: Sequence[bytes], model: ModelIdentity) -> None:
        """Take the records of so many rows; after the last, the request has its answer."""
        self.records += records
        self.scored_rows += rows
        if self.scored_rows == len(self.asked.rows) and not self.answer.done():
            self.answer.set_result(Scored(self.records, model))

    def fail(self, error: Exception) -> None:
        """Say why there are no records."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Batching:
    """Two queues in front of all workers.

    What a small request costs hardly depends on its rows: the table, MLflow's checks, the first
    pass through the trees. All small requests that wait are therefore scored as one.
    """

    def __init__(self) -> None:
        self._small: deque[Job] = deque()
        self._large: deque[Job] = deque()
        self._changed = asyncio.Event()

    def put(self, asked: Asked, deadline: float) -> asyncio.Future[Scored]:
        """Queue a request; whoever waits no longer cancels the future."""
        job = Job(asked, deadline, asyncio.get_running_loop().create_future())
        is_large = len(asked.rows) > SMALL_ROWS or any(map(_may_be_many, asked.rows))
        (self._large if is_large else self._small).append(job)
        self.wake()
        return job.answer

    def retry(self, job: Job) -> None:
        """Queue a job again, to be scored alone from its first row."""
        job.tries += 1
        job.records, job.scored_rows = [], 0
        self._large.append(job)
        self.wake()

    def take_small(self) -> list[Job]:
        """Take the small jobs that may be scored in one go; maybe none."""
        jobs: list[Job] = []
        rows = 0
        while self._small:
            job = self._small[0]
            rows += len(job.asked.rows)
            if jobs and (rows > _TOGETHER_ROWS or job.asked.params != jobs[0].asked.params):
                break
            self._small.popleft()
            if not job.answer.done():  # else nobody waits for it any more
                jobs.append(job)
        return jobs

    def take_large(self) -> Job | None:
        """Take the first large job, if there is one."""
        while self._large:
            job = self._large.popleft()
            if not job.answer.done():
                return job
        return None

    def wake(self) -> None:
        """Let all who wait look again."""
        self._changed.set()

    async def change(self) -> None:
        """Wait until there may be something to take."""
        self._changed.clear()
        await self._changed.wait()


def shared_out(jobs: Sequence[Job], records: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The records of each of some jobs whose rows have one record each.

    Raises
    ------
    ValueError
        If there are more or fewer.
    """
    sizes = [len(job.asked.rows) for job in jobs]
    if len(records) != sum(sizes):
        raise ValueError(f"{len(records)} records for {sum(sizes)} rows")
    ends = accumulate(sizes)
    return [records[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _may_be_many(row: Row) -> bool:
    """Whether a row may hold a sweep (``x=0:1:0.1``), in the text or in a cell."""
    texts = (row.formula, *(cell for cell in row.cells.values() if isinstance(cell, str)))
    return any(":" in text for text in texts)
