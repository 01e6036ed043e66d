"""The parent process: it holds the socket, keeps its workers alive and ends them in order.

Leans on uvicorn's insides: `Multiprocess` with its `config`, `processes`, `sockets`, `should_exit`,
`signal_queue` and `handle_hup`, and `Process` with its `process`, `child_conn` and `is_ready`.
"""

from __future__ import annotations

import copy
import functools
import inspect
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from sseml.records import BundleError, RefusedInputError
from sseml.serving.connection import Connection
from sseml.serving.descriptors import raise_limit
from sseml.serving.listener import Listener, is_asked
from sseml.serving.settings import METRICS_VARIABLE, Settings
from sseml.serving.worker import STARTUP_FAILURE, make_app
from sseml.tracking.trial import try_out

LONGEST_STOP_S = 30.0
"""What is being answered when the server is told to stop has so long to be finished."""

_KEEP_ALIVE_S = 75
"""Longer than a proxy keeps its connections (nginx: 60 s), so that the proxy closes them."""

_HUNG_AFTER_S = 30
_READY_WITHIN_S = 180.0
_STARTED_WITHIN_S = 20.0
_GLANCE_S = 0.02

_log = logging.getLogger(__name__)


def serve(
    listener: Listener,
    workers: int,
    settings: Settings,
    renew: Callable[[], Settings],
    *,
    quiet: bool = False,
) -> bool:
    """Serve until told to stop.

    Parameters
    ----------
    listener
        As `sseml.serving.listener.listen` returns it.
    workers
        Number of processes.
    settings
        Of the workers.
    renew
        Asked on SIGHUP, in a thread; if its model answers the smoke list, one worker after another
        is replaced by one with the new settings.
    quiet
        Leave out a line for every request.

    Returns
    -------
    bool
        False if no worker could load its model.

    Raises
    ------
    RefusedInputError
        If the installed uvicorn is not one this module knows.
    """
    _require_known_uvicorn()
    raise_limit()
    settings.metrics_folder.mkdir()
    listener.is_shared = workers > 1
    os.environ[METRICS_VARIABLE] = str(settings.metrics_folder)
    config = uvicorn.Config(
        functools.partial(make_app, settings),
        factory=True,
        workers=workers,
        http=Connection,
        lifespan="on",
        loop="asyncio",  # uvloop would take connections past `Listener`
        ws="none",
        access_log=False,
        log_config=_logging(quiet=quiet),
        proxy_headers=False,
        server_header=False,
        backlog=1,  # connections a worker takes at a time; see `Listener`
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(min(settings.limits.timeout_s, LONGEST_STOP_S)),
        timeout_worker_healthcheck=_HUNG_AFTER_S,
    )
    supervisor = _Supervisor(config, listener, renew)
    supervisor.run()
    return all(process.exitcode != STARTUP_FAILURE for process in supervisor.processes)


class _Supervisor(Multiprocess):
    """uvicorn's, which lets go of the socket before it ends its workers, and renews settings."""

    def __init__(
        self, config: uvicorn.Config, listener: Listener, renew: Callable[[], Settings]
    ) -> None:
        super().__init__(config, [listener])
        self._renew = renew
        self._renewed: Future[Settings] | None = None

    def handle_signals(self) -> None:
        super().handle_signals()
        if self._renewed is not None and self._renewed.done():
            renewed, self._renewed = self._renewed, None
            self._take_over(renewed)

    def keep_subprocess_alive(self) -> None:
        for process in self.processes:
            # the worker has its own end: while ours is open, a worker that dies between being
            # asked and answering is waited for as if it were only slow
            process.child_conn.close()
        before = [process.pid for process in self.processes]
        super().keep_subprocess_alive()
        for old, process in zip(before, self.processes, strict=True):
            if process.pid != old:
                _log.warning("worker %s has ended; worker %s takes its place", old, process.pid)

    def terminate_all(self) -> None:
        """End in order: whoever has connected is answered, even if no worker could take it yet."""
        end = time.monotonic() + _STARTED_WITHIN_S
        for process in self.processes:
            _wait_until_started(process, end)
        for listener in self.sockets:
            while is_asked(listener) and time.monotonic() < end:
                time.sleep(_GLANCE_S)
            listener.close()
        super().terminate_all()

    def join_all(self) -> None:
        for process in self.processes:
            _wait_for_end(process)

    def handle_hup(self) -> None:
        if self._renewed is not None:
            self.signal_queue.append(signal.SIGHUP)  # what has changed since is looked up next
            return
        self._renewed = Future()
        # a daemon, so that it does not hold up the end
        threading.Thread(target=self._look_up, args=(self._renewed,), daemon=True).start()

    def _look_up(self, renewed: Future[Settings]) -> None:
        """Find new settings whose model answers, while the loop goes on minding the workers."""
        try:
            settings = self._renew()
            _require_sound(settings.folder)
        except Exception as error:  # noqa: BLE001 - raised again where the result is read
            renewed.set_exception(error)
        else:
            renewed.set_result(settings)

    def _take_over(self, renewed: Future[Settings]) -> None:
        try:
            settings = renewed.result()
        except (BundleError, RefusedInputError, OSError) as error:
            _log.error("nothing is changed: %s", error)
        except Exception:  # noqa: BLE001 - whatever MLflow's registry raises must not end a server
            _log.exception("nothing is changed")
        else:
            self._replace_all(functools.partial(make_app, settings))

    def _replace_all(self, app: Callable[[], Any]) -> None:
        """Replace one worker after another; the first decides whether there is a change at all."""
        config = copy.copy(self.config)
        config.app = app
        for place in range(len(self.processes)):
            if self._is_told_to_end():
                return
            process = Process(config, self.sockets)
            process.start()
            is_ready = self._becomes_ready(process)
            if not is_ready and (self._is_told_to_end() or place == 0):
                process.kill()
                process.join()
                _log.error("nothing is changed: worker %s does not get ready", process.pid)
                return
            self.config = config
            old, self.processes[place] = self.processes[place], process
            old.terminate()
            _wait_for_end(old)

    def _becomes_ready(self, process: Process) -> bool:
        """Wait for a worker; meanwhile the others are kept alive."""
        process.child_conn.close()
        end = time.monotonic() + _READY_WITHIN_S
        while process.process.is_alive() and time.monotonic() < end and not self._is_told_to_end():
            if process.is_ready(timeout=1):
                return True
            self.keep_subprocess_alive()
            time.sleep(0.1)
        return False

    def _is_told_to_end(self) -> bool:
        asked_to = {signal.SIGINT, signal.SIGTERM} & set(self.signal_queue)
        return bool(asked_to) or self.should_exit.is_set()


def _wait_until_started(process: Process, end: float) -> None:
    """Wait for a worker that cannot end in order yet: it would be killed by the signal."""
    process.child_conn.close()
    while process.process.is_alive() and time.monotonic() < end:
        if process.is_ready(timeout=1):
            return
        time.sleep(_GLANCE_S)


def _wait_for_end(process: Process) -> None:
    process.process.join(LONGEST_STOP_S + 10.0)
    if process.process.is_alive():
        process.process.kill()
        process.process.join()


def _require_known_uvicorn() -> None:
    accepts = inspect.signature(uvicorn.Config).parameters
    if hasattr(Process, "is_ready") and "timeout_worker_healthcheck" in accepts:
        return
    raise RefusedInputError(
        f"uvicorn {uvicorn.__version__} cannot replace workers one after another",
        "pip install 'uvicorn>=0.52,<1'",
    )


def _require_sound(folder: Path) -> None:
    """Refuse a model that would not answer in the place of the one that serves."""
    try:
        trial = try_out(folder)
    except TimeoutError as error:
        raise BundleError(f"{folder}: {error}") from None
    if trial.failure:
        raise BundleError(f"{folder} does not load: {trial.failure}")
    if trial.complaints:
        raise BundleError(f"{folder} fails its smoke list: {'; '.join(trial.complaints)}")


def _logging(*, quiet: bool) -> dict[str, Any]:
    line = {"format": "%(asctime)s %(process)d %(levelname)s %(message)s"}
    handler = {"class": "logging.StreamHandler", "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"stderr": handler},
        "loggers": {
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "sseml.serving": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "sseml.serving.requests": {"level": "WARNING" if quiet else "INFO"},
        },
    }
