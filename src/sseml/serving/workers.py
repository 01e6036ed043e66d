"""The scoring processes: started, asked, replaced when one dies or the model changes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from sseml.records import BundleError
from sseml.serving.batching import Batching, Job, NumberedRow, shared_out
from sseml.serving.settings import Settings
from sseml.serving.worker import FAILED, OUTCOME, SIZE

_GRACE_S = 5.0
"""The model looks at its time limit between batches of about 0.2 s; past this it is stuck."""

_LOADED_WITHIN_S = 180.0
_PAUSE_S = 1.0
_BUFFER_BYTES = 2**20
_MOST_RETRIES = 1
_PART_ROWS = 128
"""What a thread of a worker is given at a time of a large request."""

_log = logging.getLogger(__name__)


class ScoringError(Exception):
    """A model did not answer with records; the message is for the log alone."""


class WorkerGoneError(ScoringError):
    """A worker has ended before it answered."""


class Worker:
    """One scoring process whose model has answered the smoke list; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, settings: Settings) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout
        self.pid, self.settings = process.pid, settings
        self.is_leaving = False

    @classmethod
    async def start(cls, settings: Settings) -> Worker:
        """Start a process and wait for its model; a `BundleError` says why it cannot be served."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "sseml.serving.worker", str(settings.folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_BUFFER_BYTES,
            start_new_session=True,  # Ctrl-C is for the server, which ends its workers in order
        )
        worker = cls(process, settings)
        try:
            async with asyncio.timeout(_LOADED_WITHIN_S):
                await worker._read()
        except BaseException as error:
            await worker.kill()
            if isinstance(error, ScoringError | TimeoutError):
                reason = str(error) or f"worker {worker.pid} does not get ready"
                raise BundleError(reason) from None
            raise
        _log.info("worker %d is ready", worker.pid)
        return worker

    @property
    def resident_bytes(self) -> int | None:
        """Memory it holds; None where the system does not say."""
        try:
            statm = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        except OSError:
            return None
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def score(
        self, rows: Sequence[NumberedRow], params: Mapping[str, Any], deadline: float
    ) -> list[bytes]:
        """Score rows; a worker that is stuck is killed.

        Raises
        ------
        ScoringError
            If it answers with anything but records.
        """
        left_s = max(0.001, deadline - time.monotonic())
        asked = {"rows": rows, "params": {**params, "time_limit_s": left_s}}
        body = json.dumps(asked, allow_nan=False).encode()
        self._stdin.write(SIZE.pack(len(body)) + body)
        try:
            async with asyncio.timeout(left_s + _GRACE_S):
                return (await self._read()).split(b"\n")
        except TimeoutError:
            _log.error("worker %d is stuck and is killed", self.pid)
            await self.kill()
            raise WorkerGoneError(f"worker {self.pid} was stuck") from None

    async def ended(self) -> None:
        """Return once the process has ended."""
        await self._process.wait()

    async def kill(self) -> None:
        """End it at once: it keeps nothing."""
        self.is_leaving = True
        if self._process.returncode is None:
            self._process.kill()
        await self.ended()

    async def _read(self) -> bytes:
        try:
            outcome, size = OUTCOME.unpack(await self._stdout.readexactly(OUTCOME.size))
            text = await self._stdout.readexactly(size)
        except (asyncio.IncompleteReadError, OSError):
            self.is_leaving = True
            raise WorkerGoneError(f"worker {self.pid} has ended") from None
        if outcome == FAILED:
            raise ScoringError(text.decode())
        return text


class Workers:
    """All workers of a server.

    Parameters
    ----------
    batching
        Where they take their jobs from.
    number, threads
        Processes, and threads of each for a large request.
    settings
        Those to begin with.
    on_failure
        Called if a model does not load before any has.
    """

    def __init__(
        self,
        batching: Batching,
        *,
        number: int,
        threads: int,
        settings: Settings,
        on_failure: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.ready: list[Worker] = []
        self._batching, self._number, self._threads = batching, number, threads
        self._on_failure = on_failure
        self._part_rows = _PART_ROWS * threads
        self._has_been_ready = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all; they answer as soon as they are ready."""
        for _ in range(self._number):
            self._spawn(self._fill())

    async def renew(self, settings: Settings) -> None:
        """Replace one worker after another; nothing is changed if the first does not get ready.

        Raises
        ------
        BundleError
            If it does not.
        """
        first = await Worker.start(settings)
        before, self.settings = [*self.ready], settings
        self._employ(first)
        for worker in before:
            self._dismiss(worker)
            await self._fill()

    async def end(self) -> None:
        """End all."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fill(self, gone: Worker | None = None) -> None:
        """Start workers until there are enough; the very first must get ready at once."""
        while len(self.ready) < self._number:
            try:
                worker = await Worker.start(self.settings)
            except BundleError as error:
                _log.error("the model does not load: %s", error)
                if not self._has_been_ready:
                    self._on_failure()
                    return
                await asyncio.sleep(_PAUSE_S)
                continue
            if worker.settings is not self.settings or len(self.ready) >= self._number:
                await worker.kill()
                continue
            if gone is not None:
                _log.warning("worker %d has ended; %d takes its place", gone.pid, worker.pid)
            self._employ(worker)

    def _employ(self, worker: Worker) -> None:
        self._has_been_ready = True
        self.ready.append(worker)
        self._spawn(self._work(worker))

    def _dismiss(self, worker: Worker) -> None:
        self.ready.remove(worker)
        worker.is_leaving = True
        self._batching.wake()

    async def _work(self, worker: Worker) -> None:
        """Let a worker answer until it is dismissed; start another if it dies."""
        serving = self._spawn(self._serve(worker))
        ended = self._spawn(worker.ended())
        try:
            await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
            if worker in self.ready:
                self._dismiss(worker)
                self._spawn(self._fill(worker))
            await serving
        finally:
            await worker.kill()

    async def _serve(self, worker: Worker) -> None:
        """Take small jobs together, and parts of one large job between them."""
        large: Job | None = None
        while large is not None or not worker.is_leaving:
            if small := self._batching.take_small():
                await self._answer(worker, small)
            large = large or self._batching.take_large()
            if large is not None:
                is_done = not await self._answer(worker, [large]) or large.answer.done()
                large = None if is_done else large
            elif not small:
                await self._batching.change()

    async def _answer(self, worker: Worker, jobs: list[Job]) -> bool:
        """Score the next rows of some jobs; False if that failed."""
        first = jobs[0]
        rows = [row for job in jobs for row in job.rows(self._part_rows)]
        threads = self._threads if len(rows) > _PART_ROWS else 1
        params = {**first.asked.params, "threads": threads}
        try:
            deadline = max(job.deadline for job in jobs)
            records = await worker.score(rows, params, deadline)
            if len(jobs) == 1:
                first.add(len(rows), records, worker.settings.model)
                return True
            parts = shared_out(jobs, records)
        except (ScoringError, ValueError) as error:
            # a worker that died takes no answer with it, and one bad request none of the others
            may_retry = isinstance(error, WorkerGoneError) or len(jobs) > 1
            for job in jobs:
                if may_retry and job.tries <= _MOST_RETRIES and not job.answer.done():
                    self._batching.retry(job)
                else:
                    job.fail(error)
            return False
        for job, part in zip(jobs, parts, strict=True):
            job.add(len(job.asked.rows), part, worker.settings.model)
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
