"""Requests wait their turn: small ones are scored together, large ones one after another."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sseml.serving.intake import Asked, Row
from sseml.serving.scorer import Record, ScoringError

SMALL_ROWS = 64
"""A request of at most so many rows does not wait behind larger ones."""

GRACE_S = 5.0
"""Scoring looks at its time limit between batches of about 0.2 s; past this it is stuck."""

_TOGETHER_ROWS = 256
_TAG = "sseml:asked"
"""The heading that travels with rows scored together, to tell whose record is whose."""

Score = Callable[[Sequence[Row], Mapping[str, Any]], Awaitable[list[Record]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    asked: Asked
    deadline: float
    answer: asyncio.Future[list[Record]]
    is_large: bool

    def settle(self, outcome: list[Record] | Exception) -> None:
        """Hand the outcome over, if anybody still waits for it."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


@dataclass(slots=True)
class _Lane:
    jobs: deque[_Job] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)


class Lanes:
    """Two queues in front of one model.

    What one small request costs hardly depends on its rows: MLflow's checks, the table, the first
    pass through the trees. All small requests that wait are therefore one request to the model.

    Parameters
    ----------
    score
        Answers rows with records.
    threads
        Of a large request.
    on_stuck
        Called once scoring has overrun its time limit by `GRACE_S`: its thread cannot be freed.
    """

    def __init__(self, score: Score, threads: int, on_stuck: Callable[[], None]) -> None:
        self._score, self._threads = score, threads
        self._on_stuck = on_stuck
        self._small, self._large = _Lane(), _Lane()

    def put(self, asked: Asked, deadline: float) -> asyncio.Future[list[Record]]:
        """Queue a request; whoever waits no longer cancels the future.

        Parameters
        ----------
        asked
            The rows.
        deadline
            On `time.monotonic`'s clock; the work ends there.
        """
        is_large = len(asked.rows) > SMALL_ROWS or any(map(_must_be_alone, asked.rows))
        answer: asyncio.Future[list[Record]] = asyncio.get_running_loop().create_future()
        lane = self._large if is_large else self._small
        lane.jobs.append(_Job(asked, deadline, answer, is_large))
        lane.filled.set()
        return answer

    async def run(self) -> None:
        """Score what is queued, until cancelled."""
        await asyncio.gather(self._serve(self._small), self._serve(self._large))

    async def _serve(self, lane: _Lane) -> None:
        while True:
            await lane.filled.wait()
            if jobs := _next_jobs(lane):
                await self._answer(jobs)

    async def _answer(self, jobs: list[_Job]) -> None:
        try:
            records = await self._scored(jobs)
            parts = [records] if len(jobs) == 1 else _sorted_apart(jobs, records)
        except Exception as error:  # noqa: BLE001 - the lane goes on with what waits behind
            if len(jobs) == 1:
                jobs[0].settle(error)
                return
            for job in jobs:  # whoever is to blame fails alone
                await self._answer([job])
            return
        for job, part in zip(jobs, parts, strict=True):
            job.settle(part)

    async def _scored(self, jobs: list[_Job]) -> list[Record]:
        left_s = max(job.deadline for job in jobs) - time.monotonic()
        if left_s <= 0:
            raise ScoringError("the time limit passed before scoring began")
        params = {**jobs[0].asked.params, "time_limit_s": left_s}
        if jobs[0].is_large:
            params["threads"] = self._threads
        rows = jobs[0].asked.rows if len(jobs) == 1 else _tagged(jobs)
        scoring = asyncio.ensure_future(self._score(rows, params))
        done, _ = await asyncio.wait({scoring}, timeout=left_s + GRACE_S)
        if not done:
            self._on_stuck()
        # the turn ends with the work, not with the waiting: a thread cannot be cancelled
        return await scoring


def _next_jobs(lane: _Lane) -> list[_Job]:
    """Take the first waiting job, and those behind it that may be scored in the same go."""
    jobs: list[_Job] = []
    rows = 0
    while lane.jobs:
        job = lane.jobs[0]
        rows += len(job.asked.rows)
        if job.answer.done():  # nobody waits for it any more
            lane.jobs.popleft()
            continue
        if jobs and (job.is_large or rows > _TOGETHER_ROWS or not _same_params(job, jobs[0])):
            break
        jobs.append(lane.jobs.popleft())
    if not lane.jobs:
        lane.filled.clear()
    return jobs


def _same_params(job: _Job, other: _Job) -> bool:
    return job.asked.params == other.asked.params


def _must_be_alone(row: Row) -> bool:
    """Whether a row may become many (``x=0:1:0.1``, in the text or a cell), or carries the tag."""
    text, cells = row
    sweeps = ":" in text or any(isinstance(cell, str) and ":" in cell for cell in cells.values())
    return sweeps or _TAG in cells


def _tagged(jobs: Sequence[_Job]) -> list[Row]:
    """Return all rows, each with the place of its job and its own number in that job."""
    return [
        (text, {**cells, _TAG: [place, number]})
        for place, job in enumerate(jobs)
        for number, (text, cells) in enumerate(job.asked.rows, start=1)
    ]


def _sorted_apart(jobs: Sequence[_Job], records: Sequence[Record]) -> list[list[Record]]:
    """Give every job its records, with the row numbers they would have had alone."""
    parts: list[list[Record]] = [[] for _ in jobs]
    for row, text in enumerate(records, start=1):
        record = json.loads(text)
        place, number = record.pop(_TAG)
        if error := record["error"]:
            error["message"] = f"row {number}:" + error["message"].removeprefix(f"row {row}:")
        parts[place].append(json.dumps(record, ensure_ascii=False, allow_nan=False))
    return parts
