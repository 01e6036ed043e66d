"""The scoring processes: started, asked, replaced when one dies or the model changes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from sseml.records import BundleError
from sseml.serving.batching import Batching, Job, Scored, numbered_rows
from sseml.serving.problems import RequestError
from sseml.serving.settings import Settings
from sseml.serving.worker import HEAD, LANES, LARGE, MEASURED, REFUSED, SCORED

_GRACE_S = 5.0
"""The model looks at its time limit between batches of about 0.2 s; past this it is stuck."""

_LOADED_WITHIN_S = 180.0
_PAUSE_S = 1.0
_BUFFER_BYTES = 2**20
_MOST_RETRIES = 1

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
        self.leaving = asyncio.Event()
        self.answering: set[asyncio.Task[None]] = set()
        self._is_gone = False
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

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
                _, outcome, said = await worker._read()
            if outcome != SCORED:
                raise BundleError(said.decode())
        except BaseException as error:
            await worker.kill()
            if isinstance(error, asyncio.IncompleteReadError | TimeoutError):
                raise BundleError(f"worker {worker.pid} does not get ready") from None
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

    async def score(self, jobs: Sequence[Job], threads: int) -> Sequence[bytes]:
        """Score the rows of jobs that go together; kill the worker if it is stuck.

        Before the records stands what is said of measurements, where the params hold some.
        """
        lane, rows = jobs[0].lane, numbered_rows(jobs)
        left_s = max(0.001, max(job.deadline for job in jobs) - time.monotonic())
        params = {**jobs[0].asked.params, "time_limit_s": left_s}
        if lane == LARGE:
            params["threads"] = threads
        number = next(self._numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            asked = {"rows": rows, "params": params}
            body = await asyncio.to_thread(_as_json, asked) if lane == LARGE else _as_json(asked)
            if self._is_gone:
                raise WorkerGoneError(f"worker {self.pid} has ended")
            self._stdin.write(HEAD.pack(number, lane, len(body)) + body)
            async with asyncio.timeout(left_s + _GRACE_S):
                return (await answer).split(b"\n")
        except TimeoutError:
            _log.error("worker %d is stuck and is killed", self.pid)
            await self.kill()
            raise WorkerGoneError(f"worker {self.pid} was stuck") from None
        finally:
            del self._waiting[number]

    async def listen(self) -> None:
        """Take its answers until it ends."""
        try:
            while True:
                number, outcome, text = await self._read()
                answer = self._waiting.get(number)
                if answer is None or answer.done():
                    continue
                if outcome == SCORED:
                    answer.set_result(text)
                elif outcome == REFUSED:
                    answer.set_exception(RequestError("unusable_measured", text.decode()))
                else:
                    answer.set_exception(ScoringError(text.decode()))
        except (asyncio.IncompleteReadError, OSError):
            self._is_gone = True
            self.leaving.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(WorkerGoneError(f"worker {self.pid} has ended"))

    async def finish(self) -> None:
        """Wait until it owes no answer."""
        while self.answering:
            await asyncio.wait(self.answering)

    async def kill(self) -> None:
        """End it at once; it keeps nothing that could be lost but the answers it owes."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _read(self) -> tuple[int, int, bytes]:
        number, outcome, size = HEAD.unpack(await self._stdout.readexactly(HEAD.size))
        return number, outcome, await self._stdout.readexactly(size)


class Workers:
    """All workers of a server; `on_failure` is called if a model does not load before any has."""

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
        self._starting = 0
        self._has_been_ready = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all; they answer as soon as they are ready."""
        for _ in range(self._number):
            self._spawn(self._fill())

    async def renew(self, settings: Settings) -> None:
        """Replace one worker after another; a `BundleError` at the first changes nothing."""
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

    async def _fill(self) -> None:
        """Start workers until there are enough; the very first must get ready at once."""
        while len(self.ready) + self._starting < self._number:
            self._starting += 1
            try:
                worker = await Worker.start(self.settings)
            except BundleError as error:
                _log.error("the model does not load: %s", error)
                if not self._has_been_ready:
                    self._on_failure()
                    return
                await asyncio.sleep(_PAUSE_S)
                continue
            finally:
                self._starting -= 1
            if worker.settings is not self.settings or len(self.ready) >= self._number:
                await worker.kill()
                continue
            self._employ(worker)

    def _employ(self, worker: Worker) -> None:
        self._has_been_ready = True
        self.ready.append(worker)
        self._spawn(self._work(worker))

    def _dismiss(self, worker: Worker) -> None:
        self.ready.remove(worker)
        worker.leaving.set()

    async def _work(self, worker: Worker) -> None:
        """Let a worker answer until it leaves; start another if it has died."""
        tasks = [self._spawn(self._serve(worker, lane)) for lane in LANES]
        listening = self._spawn(worker.listen())
        try:
            await worker.leaving.wait()
            if worker in self.ready:
                _log.warning("worker %d has ended; another takes its place", worker.pid)
                self._dismiss(worker)
                self._spawn(self._fill())
            for task in tasks:
                task.cancel()
            await worker.finish()
        finally:
            listening.cancel()
            await worker.kill()

    async def _serve(self, worker: Worker, lane: int) -> None:
        while not worker.leaving.is_set():
            jobs = await self._batching.next(lane)
            answering = self._spawn(self._answer(worker, jobs))
            worker.answering.add(answering)
            answering.add_done_callback(worker.answering.discard)
            await asyncio.shield(answering)

    async def _answer(self, worker: Worker, jobs: list[Job]) -> None:
        try:
            texts = await worker.score(jobs, self._threads)
            said, records = _said_apart(jobs, texts)
            parts = [records] if len(jobs) == 1 else _sorted_apart(jobs, records)
        except RequestError as error:
            for job in jobs:
                job.settle(error)
            return
        except ScoringError as error:
            # a worker that died takes no answer with it, and one bad request none of the others
            may_retry = isinstance(error, WorkerGoneError) or len(jobs) > 1
            for job in jobs:
                if may_retry and job.tries < _MOST_RETRIES:
                    self._batching.retry(job)
                else:
                    job.settle(error)
            return
        for job, part in zip(jobs, parts, strict=True):
            job.settle(Scored(part, worker.settings.model, said))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _said_apart(
    jobs: Sequence[Job], texts: Sequence[bytes]
) -> tuple[Sequence[Any], Sequence[bytes]]:
    """What is said of the measurements of a request, and the records."""
    if MEASURED not in jobs[0].asked.params:
        return (), texts
    return json.loads(texts[0]), texts[1:]


def _sorted_apart(jobs: Sequence[Job], records: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Give every job its records: rows that are scored together have one each."""
    sizes = [len(job.asked.rows) for job in jobs]
    if len(records) != sum(sizes):
        raise ScoringError(f"{len(records)} records for {sum(sizes)} rows")
    ends = accumulate(sizes)
    return [records[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _as_json(asked: object) -> bytes:
    return json.dumps(asked, allow_nan=False).encode()
