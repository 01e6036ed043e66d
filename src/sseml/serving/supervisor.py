"""The parent process: it holds the socket, keeps its workers alive and ends them in order."""

from __future__ import annotations

import functools
import logging
import math
import os
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from sseml.records import BundleError, RefusedInputError
from sseml.serving.listener import Listener
from sseml.serving.settings import METRICS_VARIABLE, Settings
from sseml.serving.worker import STARTUP_FAILURE, make_app

LONGEST_STOP_S = 30.0
"""What is being answered when the server is told to stop has so long to be finished."""

_KEEP_ALIVE_S = 75
"""Longer than a proxy keeps its connections (nginx: 60 s), so that the proxy closes them."""

_HUNG_AFTER_S = 30

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
        Asked on SIGHUP, when one worker after another is replaced by one with new settings.
    quiet
        Leave out a line for every request.

    Returns
    -------
    bool
        False if no worker could load its model.
    """
    settings.metrics_folder.mkdir()
    listener.is_shared = workers > 1
    os.environ[METRICS_VARIABLE] = str(settings.metrics_folder)
    config = uvicorn.Config(
        functools.partial(make_app, settings),
        factory=True,
        workers=workers,
        lifespan="on",
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
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def join_all(self) -> None:
        for process in self.processes:
            process.process.join(LONGEST_STOP_S + 10.0)
            if process.process.is_alive():
                process.process.kill()
                process.process.join()

    def handle_hup(self) -> None:
        try:
            self.config.app = functools.partial(make_app, self._renew())
        except (BundleError, RefusedInputError, OSError) as error:
            _log.error("nothing is changed: %s", error)
            return
        self.restart_all()


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
