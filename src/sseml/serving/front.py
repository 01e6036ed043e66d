"""The endpoint's paths: who may ask what, and how every answer looks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from sseml._version import __version__
from sseml.serving.exchange import ClientGoneError, Exchange, Receive, Room, Scope, Send, as_json
from sseml.serving.intake import Asked, media_type, read_request
from sseml.serving.metrics import Metrics
from sseml.serving.model import Model
from sseml.serving.openapi import description
from sseml.serving.problems import RequestError
from sseml.serving.scorer import Record, is_refused
from sseml.serving.settings import Settings

_LARGE_BYTES = 65_536
_MOST_LISTED = 100
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_JSON = "application/json"

_log = logging.getLogger(__name__)
_requests_log = logging.getLogger("sseml.serving.requests")


@dataclass(frozen=True, slots=True)
class _Path:
    methods: tuple[str, ...]
    answer: Callable[[Exchange], Awaitable[None]]
    open: bool = False


class Front:
    """The ASGI app that stands before MLflow's.

    Parameters
    ----------
    settings
        What was asked for on the command line.
    model
        Answers rows, once it is ready.
    metrics
        Counts.
    """

    def __init__(self, settings: Settings, model: Model, metrics: Metrics) -> None:
        self._settings, self._model, self._metrics = settings, model, metrics
        self._limits = settings.limits
        self._inside = 0
        self._room = Room(self._limits.waiting * self._limits.body_bytes)
        get = ("GET", "HEAD")
        self._paths = {
            "/ping": _Path(get, self._ping, open=True),
            "/health": _Path(get, self._ping, open=True),
            "/ready": _Path(get, self._ready, open=True),
            "/version": _Path(get, self._version, open=True),
            "/metrics": _Path(get, self._counts),
            "/openapi.json": _Path(get, self._description),
            "/invocations": _Path(("POST",), self._invocations),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        exchange = Exchange(scope, receive, send)
        self._metrics.in_flight.inc()
        try:
            await self._routed(exchange)
        except ClientGoneError:
            exchange.status = 499
        except RequestError as error:
            self._metrics.refusals.labels(error.code).inc()
            await exchange.refuse(error)
        except Exception:  # noqa: BLE001 - logged; the client is told its request id
            _log.exception("request %s failed", exchange.id)
            self._metrics.refusals.labels("internal_error").inc()
            if not exchange.status:
                fault = RequestError("internal_error", "the server's log says why, by request id")
                await exchange.refuse(fault)
        finally:
            self._note(exchange)

    async def _routed(self, exchange: Exchange) -> None:
        path = self._paths.get(exchange.path)
        if path is None:
            raise RequestError("not_found", f"there are: {', '.join(self._paths)}")
        if not path.open:
            exchange.require_token(self._settings.tokens)
        if exchange.method not in path.methods:
            allowed = ", ".join(path.methods)
            raise RequestError("method_not_allowed", f"send {allowed}", allow=allowed)
        await path.answer(exchange)

    def _note(self, exchange: Exchange) -> None:
        seconds = time.monotonic() - exchange.started
        path = exchange.path if exchange.path in self._paths else "other"
        self._metrics.in_flight.dec()
        self._metrics.requests.labels(path, str(exchange.status)).inc()
        self._metrics.seconds.labels(path).observe(seconds)
        _requests_log.info(
            "%s %s %d %.0f ms %d rows %s",
            exchange.method if exchange.method.isalpha() else "?",
            path if path != "other" else ascii(exchange.path[:80]),
            exchange.status,
            seconds * 1000,
            exchange.rows,
            exchange.id,
        )

    async def _ping(self, exchange: Exchange) -> None:
        await exchange.answer_json(200, {"status": "ok"})

    async def _ready(self, exchange: Exchange) -> None:
        if not self._model.is_ready:
            raise _not_ready()
        model = asdict(self._settings.model)
        await exchange.answer_json(200, {"status": "ready", "model": model})

    async def _version(self, exchange: Exchange) -> None:
        await exchange.answer_json(200, {"sseml": __version__, "mlflow": version("mlflow")})

    async def _counts(self, exchange: Exchange) -> None:
        self._metrics.note_memory()
        await exchange.answer(200, await asyncio.to_thread(self._metrics.text), _PROMETHEUS)

    async def _description(self, exchange: Exchange) -> None:
        await exchange.answer_json(200, description(self._limits))

    async def _invocations(self, exchange: Exchange) -> None:
        self._require_seat()
        deadline = exchange.started + self._limits.timeout_s
        kind = media_type(exchange.header("content-type"), exchange.header("content-encoding"))
        body = await exchange.read(self._limits.body_bytes, deadline, self._room)
        self._require_seat()  # whoever sends slowly, or nothing at all, has taken none meanwhile
        self._inside += 1
        try:
            await self._scored(exchange, kind, body, deadline)
        finally:
            self._inside -= 1

    def _require_seat(self) -> None:
        if self._inside >= self._limits.waiting:
            raise RequestError("busy", "too many requests wait already", retry_after="1")

    async def _scored(self, exchange: Exchange, kind: str, body: bytes, deadline: float) -> None:
        if len(body) < _LARGE_BYTES:
            asked = read_request(kind, body, self._limits.rows)
        else:
            asked = await asyncio.to_thread(read_request, kind, body, self._limits.rows)
        del body
        exchange.rows = len(asked.rows)
        records = await self._answered(exchange, asked, deadline)
        refused = sum(map(is_refused, records))
        self._metrics.rows.labels("error").inc(refused)
        self._metrics.rows.labels("ok").inc(len(records) - refused)
        await exchange.answer(200, self._document(asked, records), _JSON)

    async def _answered(self, exchange: Exchange, asked: Asked, deadline: float) -> list[Record]:
        """Wait for the records, for the time limit or for the client to hang up."""
        records = self._model.put(asked, deadline)
        hung_up = asyncio.ensure_future(exchange.gone())
        try:
            left_s = max(0.0, deadline - time.monotonic())
            waiting: set[asyncio.Future[Any]] = {records, hung_up}
            await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if records.done() and records.exception() is None:
                return records.result()
            if hung_up.done():
                raise ClientGoneError
            if time.monotonic() >= deadline:
                raise self._late()
            return records.result()
        finally:
            records.cancel()
            hung_up.cancel()
            with suppress(asyncio.CancelledError):
                await hung_up

    def _late(self) -> RequestError:
        if not self._model.is_ready:
            return _not_ready()
        return RequestError(
            "timeout", f"no answer within {self._limits.timeout_s:g} s: send fewer rows at a time"
        )

    def _document(self, asked: Asked, records: list[Record]) -> bytes:
        warnings = []
        if unknown := asked.unknown_columns:
            warnings.append(
                {
                    "code": "unknown_columns",
                    "columns": list(unknown[:_MOST_LISTED]),
                    "message": f"{len(unknown)} of the columns say nothing to the model; "
                    "their cells are kept in the records",
                }
            )
        model = {"name": self._settings.model.name, "digest": self._settings.model.digest}
        rest = as_json({"warnings": warnings, "model": model})
        return b'{"predictions": [' + ", ".join(records).encode() + b"], " + rest[1:]


def _not_ready() -> RequestError:
    return RequestError("not_ready", "the model is not loaded yet", retry_after="2")
