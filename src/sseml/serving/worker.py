"""One serving process: the front with its model, from the first request to the last."""

from __future__ import annotations

import asyncio
import logging
import math
import multiprocessing
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sseml.serving.connection import ENDING
from sseml.serving.exchange import Receive, Scope, Send
from sseml.serving.front import Front
from sseml.serving.lanes import GRACE_S
from sseml.serving.metrics import Metrics
from sseml.serving.model import Model
from sseml.serving.settings import Settings

STARTUP_FAILURE = 3
"""Exit code on which uvicorn's supervisor gives up: no worker would fare better."""

MODEL_FAILURE = 4
"""Exit code of a worker whose model does not load while others serve it."""

LAST_ANSWERS_S = 1.0
_MEMORY_EVERY_S = 5.0
_THREADS = 8
"""Two score, the others read and write large bodies."""

_MLFLOW_TIMEOUT = "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT"

_log = logging.getLogger(__name__)


def make_app(settings: Settings) -> Worker:
    """Make the app of a worker; uvicorn calls this in the worker's process."""
    return Worker(settings)


class Worker:
    """The ASGI app of one process.

    Parameters
    ----------
    settings
        As the command line gave them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics(settings.metrics_folder)
        self._model = Model(settings.threads, on_stuck=_leave_stuck)
        self._front = Front(settings, self._model, self._metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request, or the life of the process."""
        if scope["type"] == "http":
            await self._front(scope, receive, send)
        elif scope["type"] == "lifespan":
            scope["state"][ENDING] = asyncio.Event()
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        # the front keeps the time; MLflow must not give up a thread before it
        patience_s = math.ceil(self._settings.limits.timeout_s + 10 * GRACE_S)
        os.environ[_MLFLOW_TIMEOUT] = str(patience_s)
        _follow_parent(self._settings.run_folder)
        loading = asyncio.ensure_future(self._load())
        others = (self._answer_after(loading), self._watch_memory())
        background = [loading, *map(asyncio.ensure_future, others)]
        if self._settings.ready_mark.exists():
            await loading  # others serve: this one takes no connection before it can answer
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in background:
            task.cancel()
        _exit_after(LAST_ANSWERS_S, 0)  # a thread that does not end would hold the process
        await send({"type": "lifespan.shutdown.complete"})

    async def _load(self) -> None:
        mark = self._settings.ready_mark
        try:
            await self._model.load(self._settings.folder)
        except Exception:  # noqa: BLE001 - logged; the parent reads the exit code
            _log.exception("the model does not load")
            os._exit(MODEL_FAILURE if mark.exists() else STARTUP_FAILURE)
        self._metrics.ready(self._settings.model)
        mark.touch()
        _log.info("worker %d is ready", os.getpid())

    async def _answer_after(self, loading: asyncio.Future[None]) -> None:
        await loading
        await self._model.run()

    async def _watch_memory(self) -> None:
        while True:
            self._metrics.note_memory()
            await asyncio.sleep(_MEMORY_EVERY_S)


def _leave_stuck() -> None:
    """Finish what can be finished, then go: the supervisor starts another worker."""
    _log.error("scoring overran its time limit and cannot be stopped: this worker ends")
    _exit_after(GRACE_S, MODEL_FAILURE)
    os.kill(os.getpid(), signal.SIGTERM)


def _exit_after(seconds: float, code: int) -> None:
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _follow_parent(run_folder: Path) -> None:
    """End with the parent, however it ends."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        shutil.rmtree(run_folder, ignore_errors=True)
        with suppress(ProcessLookupError):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
