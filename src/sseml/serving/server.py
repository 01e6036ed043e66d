"""A server's life: where it listens, how it starts, looks its model up again, and ends."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import os
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sseml.records import BundleError, RefusedInputError
from sseml.serving.app import Endpoint
from sseml.serving.batching import Batching
from sseml.serving.connections import Connections
from sseml.serving.page import Page
from sseml.serving.settings import Limits, Settings
from sseml.serving.workers import Workers

LONGEST_STOP_S = 30.0
"""What is being answered when the server is told to stop has so long to be finished."""

_LAST_REQUESTS_S = 0.5
"""Estimate to stop, a server takes for so long what has connected already."""

_KEEP_ALIVE_S = 75
"""Longer than a proxy keeps its connections (nginx: 60 s), so that the proxy closes them."""

_BACKLOG = 2048
_TAKEN_AT_ONCE = 16
"""asyncio takes so many new connections before it closes any, so the descriptors suffice."""

_THREADS = 8

_log = logging.getLogger(__name__)


class _Listener(socket.socket):
    """A socket whose queue in the kernel is long, however few asyncio takes from it at once."""

    def listen(self, backlog: int = 0, /) -> None:
        super().listen(max(backlog, _BACKLOG))


def bind(host: str, port: int) -> socket.socket:
    """Bind a socket to the first IPv4 address of a host, or else the first; an `OSError` if not."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # the named protocol lets asyncio turn Nagle's algorithm off, which costs 40 ms an answer
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = _Listener(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine can reach a socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def url(listener: socket.socket) -> str:
    """Where a socket listens, as a client writes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    listener: socket.socket,
    settings: Settings,
    limits: Limits,
    workers: int,
    *,
    look_up: Callable[[], Settings],
    announce: Callable[[], None],
    quiet: bool = False,
    page: bool = False,
) -> bool:
    """Serve until told to stop; False if no worker could load its model.

    `look_up` is asked for other settings on SIGHUP; `announce` is called once signals are minded
    and clients may connect; `quiet` leaves out a line for every request; `page` serves the page
    for colleagues too.
    """
    has_failed = False

    def fail() -> None:
        nonlocal has_failed
        has_failed = server.should_exit = True

    batching, connections, ending = Batching(), Connections(), asyncio.Event()
    threads = max(1, (os.cpu_count() or 1) // workers)
    pool = Workers(batching, number=workers, threads=threads, settings=settings, on_failure=fail)

    async def end() -> None:
        await ending.wait()
        await asyncio.sleep(_LAST_REQUESTS_S)
        server.should_exit = True

    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS))
        for number, event in ((SIGINT, ending), (SIGTERM, ending), (SIGHUP, changed)):
            loop.add_signal_handler(number, event.set)
        listener.listen()
        tasks = [loop.create_task(end()), loop.create_task(_renew_when(changed, pool, look_up))]
        pool.start()
        announce()
        yield
        for task in tasks:
            task.cancel()
        await pool.end()

    limits = replace(limits, waiting=limits.waiting * workers)
    config = uvicorn.Config(
        Endpoint(
            limits,
            pool,
            batching,
            connections,
            ending=ending,
            lifespan=live,
            page=Page.of(limits) if page else None,
        ),
        http=connections.protocol(),
        lifespan="on",
        loop="asyncio",
        ws="none",
        access_log=False,
        log_config=_logging(quiet=quiet),
        proxy_headers=False,
        server_header=False,
        backlog=_TAKEN_AT_ONCE,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(min(limits.timeout_s, LONGEST_STOP_S)),
    )
    server = uvicorn.Server(config)
    server.run([listener])
    return not has_failed


async def _renew_when(
    changed: asyncio.Event, pool: Workers, look_up: Callable[[], Settings]
) -> None:
    """Take up another model and other tokens, or keep those that serve and say why."""
    while True:
        await changed.wait()
        changed.clear()
        try:
            await pool.renew(await asyncio.to_thread(look_up))
        except (BundleError, RefusedInputError, OSError) as error:
            _log.error("nothing is changed: %s", error)
        except Exception:  # noqa: BLE001 - whatever MLflow's registry raises must not end a server
            _log.exception("nothing is changed")


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
            "sseml.serving.app": {"level": "WARNING" if quiet else "INFO"},
        },
    }
