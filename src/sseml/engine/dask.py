"""Batches answered by the workers of a Dask cluster: the bytes of one process, in its order."""

from __future__ import annotations

import ctypes
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from distributed import Client, Future, KilledWorker, Worker, get_worker

from sseml.engine.installation import differences, installation
from sseml.parallel import (
    Answering,
    DrawnBatch,
    Items,
    Settings,
    drawing,
    rows_of,
)
from sseml.prediction import batches_of
from sseml.processes import WAITING, WorkersError
from sseml.records import Query, Refusal, RefusedInputError

_REACHED_WITHIN_S = 5.0
"""A scheduler that does not answer in so many seconds is not there."""

_MOST_UNDERWAY = 512
"""Batches, however many workers there are: less than 1 MB each, on this side and the scheduler."""

_COUNTED_EVERY_S = 5.0
"""Workers come and go."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT_B = 2**25
"""Of `mallopt` of glibc, and the largest block that it can be told to take from its heap."""

_KEPT = "sseml"
"""Attribute of a worker that holds what it answers with, until the run ends."""


_Drawn: TypeAlias = "Future[list[DrawnBatch]]"


@contextmanager
def answering(
    settings: Settings, scheduler: str, say: Callable[[str], None]
) -> Iterator[Answering]:
    """What answers one list of parsed rows after another, on the workers of a running cluster.

    Rows are read here, and passed on in their order. Only a bounded number of batches is on the
    way; those of a worker that dies are given to another. When the block ends, for whatever reason,
    what is on the way is given up.

    Parameters
    ----------
    settings
        The bundle, whose folder every worker sees under the same path, and what is asked of it.
    scheduler
        Its address, such as ``tcp://10.0.0.1:8786``, or the file that it wrote it to.
    say
        Takes messages on the way.

    Raises
    ------
    BundleError
        If the bundle is missing or damaged here.
    RefusedInputError
        If `scheduler` is neither an address nor a scheduler file.
    WorkersError
        If the scheduler cannot be reached, or a worker has another installation; from the answers
        too, as workers may come later, and if workers die again and again over the same rows.
    """
    asked = installation(settings)
    address = _address(scheduler)
    client = _connected(address)
    try:
        if not client.nthreads():
            say(f"sseml: {address} has no workers yet: waiting for the first")
            client.wait_for_workers(1)
        _require_same(client, settings, asked)
        yield _Cluster(client, address, settings, asked).answers
    finally:
        with suppress(Exception):  # what ended the block is what is said
            client.run(_forget, settings, asked, on_error="ignore")
        client.close()


class _Cluster:
    """A connection, and what its workers are asked."""

    def __init__(
        self, client: Client, address: str, settings: Settings, asked: Mapping[str, str]
    ) -> None:
        self._client = client
        self._address = address
        self._settings = settings
        self._asked = asked
        self._limit = 0
        self._counted_s = 0.0

    def answers(self, items: Iterable[Query | Refusal]) -> Iterator[DrawnBatch]:
        underway: deque[tuple[Items, _Drawn]] = deque()
        try:
            for batch in batches_of(items):
                while len(underway) >= self._most_underway():
                    yield from self._result(*underway[0])
                    underway.popleft()
                underway.append((batch, self._given(batch)))
            while underway:
                yield from self._result(*underway[0])
                underway.popleft()
        finally:
            with suppress(Exception):
                self._client.cancel([future for _, future in underway])

    def _given(self, batch: Items) -> _Drawn:
        return self._client.submit(
            _answer, batch, self._settings, self._asked, pure=False, fifo_timeout=0
        )

    def _result(self, batch: Items, future: _Drawn) -> list[DrawnBatch]:
        try:
            drawn: list[DrawnBatch] = future.result()
        except KilledWorker as error:
            raise WorkersError(
                f"worker after worker died over {rows_of(batch)}, the last was "
                f"{error.last_worker.address}: its log says why; is there too little memory?"
            ) from error
        except CancelledError as error:
            raise WorkersError(
                f"the scheduler {self._address} is gone; with --shard, the same command goes on "
                "where this one ended"
            ) from error
        except ModuleNotFoundError as error:
            raise _without_sseml("a worker", error) from error
        return drawn

    def _most_underway(self) -> int:
        now = time.monotonic()
        if not self._limit or now - self._counted_s > _COUNTED_EVERY_S:
            workers = max(1, len(self._client.nthreads()))
            self._limit = min(WAITING * workers, _MOST_UNDERWAY)
            self._counted_s = now
        return self._limit


class _Drawing:
    """What a worker answers with, loaded once; a worker with several threads answers in turn."""

    def __init__(self, settings: Settings, asked: Mapping[str, str]) -> None:
        self._settings = settings
        self._asked = asked
        self._draw: Callable[[Items], list[DrawnBatch]] | None = None
        self._lock = Lock()

    def answer(self, batch: Items) -> list[DrawnBatch]:
        with self._lock:
            if self._draw is None:
                if differing := differences(self._asked, installation(self._settings)):
                    raise WorkersError(_refusal(get_worker().address, differing))
                _keep_freed_memory()
                self._draw = drawing(self._settings)
            return self._draw(batch)


def _keep_freed_memory() -> None:
    """Undo a setting of Dask's nanny, for glibc: the heap shrinks after every array.

    Taking the memory back from the system then took 60 % more CPU (two cores, NumPy 2.4).
    """
    with suppress(OSError, TypeError, AttributeError):  # another system
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_B)
        mallopt(_M_TRIM_THRESHOLD, 4 * _LARGEST_KEPT_B)


def _answer(batch: Items, settings: Settings, asked: Mapping[str, str]) -> list[DrawnBatch]:
    kept: dict[object, _Drawing] = vars(get_worker()).setdefault(_KEPT, {})
    return kept.setdefault(_key(settings, asked), _Drawing(settings, asked)).answer(batch)


def _forget(settings: Settings, asked: Mapping[str, str], dask_worker: Worker) -> None:
    vars(dask_worker).get(_KEPT, {}).pop(_key(settings, asked), None)


def _key(settings: Settings, asked: Mapping[str, str]) -> object:
    return settings, *asked.items()


def _address(scheduler: str) -> str:
    """The address of a scheduler, which may be written in a file."""
    path = Path(scheduler)
    if re.fullmatch(r"[a-z]+://.+|[\w.-]+:\d+", scheduler):
        return scheduler
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["address"])
    except OSError as error:
        raise RefusedInputError(
            f"{scheduler} is no address, such as tcp://10.0.0.1:8786, and no scheduler file: "
            f"{error.strerror}",
            f"start the scheduler with: dask scheduler --scheduler-file {scheduler}",
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise RefusedInputError(
            f"{scheduler} is no scheduler file", "dask scheduler --scheduler-file writes one"
        ) from error


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=_REACHED_WITHIN_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersError(
            f"no scheduler answers at {address} within {_REACHED_WITHIN_S:g} s: {error}; start one "
            "with `dask scheduler`, and workers with `dask worker`"
        ) from error


def _require_same(client: Client, settings: Settings, asked: Mapping[str, str]) -> None:
    """Refuse a cluster with a worker of another installation, before any work."""
    found: Mapping[str, Any] = client.run(installation, settings, on_error="return")
    for address, own in found.items():
        if isinstance(own, ModuleNotFoundError):
            raise _without_sseml(f"the worker {address}", own) from own
        if isinstance(own, Exception):
            raise WorkersError(f"the worker {address} cannot answer: {own}") from own
        if differing := differences(asked, own):
            raise WorkersError(_refusal(address, differing))


def _refusal(address: str, differing: str) -> str:
    return (
        f"the worker {address} has another installation: {differing}. "
        "Install the same on all, so that all answers are the same"
    )


def _without_sseml(who: str, error: ModuleNotFoundError) -> ModuleNotFoundError | WorkersError:
    if error.name is None or error.name.partition(".")[0] != "sseml":
        return error
    return WorkersError(
        f"{who} does not have this sseml ({error}): install the same on all workers"
    )
