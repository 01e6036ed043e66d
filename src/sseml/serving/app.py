"""The endpoint: its paths, who may ask, and how a request is answered or refused."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sseml._version import __version__
from sseml.serving.batching import Batching, Scored
from sseml.serving.connections import GONE, Connections, Exchange
from sseml.serving.description import description
from sseml.serving.metrics import Metrics
from sseml.serving.page import HEADERS, Page
from sseml.serving.problems import RequestError
from sseml.serving.request import Asked, RequestReader, media_type
from sseml.serving.settings import Limits
from sseml.serving.workers import Workers

_LARGE_BYTES = 65_536
"""What takes longer than this to read or write as JSON is left to a thread."""

_BODY_PAUSE_S = 10.0
"""A body of which nothing arrives for so long is given up."""

_PAGE_PATH = "/"
_WITHOUT_TOKEN = ("/ping", "/health", "/ready", "/version")
_MOST_LISTED = 100
_log = logging.getLogger(__name__)
_STATUS = b'"status": '


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class Endpoint:
    """The ASGI app, made of the parts of a server; its limit `waiting` is of all workers.

    A `page`, if there is one, is served at the root.

    `ending` is set once the server is told to stop: answers then close their connections.
    """

    def __init__(
        self,
        limits: Limits,
        workers: Workers,
        batching: Batching,
        connections: Connections,
        *,
        ending: asyncio.Event,
        lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
        page: Page | None = None,
    ) -> None:
        self._limits, self._workers, self._batching = limits, workers, batching
        self._connections, self._ending = connections, ending
        self._metrics = Metrics(workers)
        self._reader = RequestReader(limits.rows)
        self._described = description(limits)
        self._shown = page
        self._inside = 0
        self._arriving_bytes = 0
        routes = [
            Route("/ping", self._ping),
            Route("/health", self._ping),
            Route("/ready", self._ready),
            Route("/version", self._version),
            Route("/metrics", self._counts),
            Route("/openapi.json", self._description),
            Route("/invocations", self._invocations, methods=["POST"]),
        ]
        free: tuple[str, ...] = _WITHOUT_TOKEN
        if page is not None:
            routes.append(Route(_PAGE_PATH, self._page))
            free = (*free, _PAGE_PATH)
        self._paths = [route.path for route in routes]
        token = Middleware(TokenRequired, workers=workers, free=free)
        router = Router(routes, redirect_slashes=False, middleware=[token])
        handled = (RequestError, HTTPException, ClientGoneError, Exception)
        self._app = Starlette(
            routes=[Mount("", app=router)],
            exception_handlers=dict.fromkeys(handled, self._refuse),
            lifespan=lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, is_last=self._ending.is_set())
        self._connections.note(scope["client"], head=True)
        self._metrics.in_flight.inc()
        try:
            await self._app({**scope, "exchange": exchange}, exchange.receive, exchange.send)
        except Exception:  # noqa: BLE001 - logged; the client is told its request id
            _log.exception("request %s failed", exchange.id)
        finally:
            self._connections.note(scope["client"], head=False)
            self._note(exchange, scope["method"], scope["path"])

    def _note(self, exchange: Exchange, method: str, path: str) -> None:
        """Count a request, and write its line; neither holds what a client can make up."""
        seconds = time.monotonic() - exchange.started
        counted = path if path in self._paths else "other"
        self._metrics.in_flight.dec()
        self._metrics.requests.labels(counted, str(exchange.status)).inc()
        self._metrics.seconds.labels(counted).observe(seconds)
        _log.info(
            "%s %s %d %.0f ms %d rows %s",
            method if method.isalpha() else "?",
            path if path in self._paths else ascii(path[:80]),
            exchange.status,
            seconds * 1000,
            exchange.rows,
            exchange.id,
        )

    async def _refuse(self, request: Request, error: Exception) -> Response:
        if isinstance(error, ClientGoneError):
            return Response(status_code=GONE)
        refusal = self._as_refusal(error)
        self._metrics.refusals.labels(refusal.code).inc()
        request_id = request.scope["exchange"].id
        problem = {"code": refusal.code, "message": str(refusal), "request_id": request_id}
        return _json({"error": problem}, refusal.status, refusal.headers)

    def _as_refusal(self, error: Exception) -> RequestError:
        match error:
            case RequestError():
                return error
            case HTTPException(status_code=404):
                return RequestError("not_found", f"the paths are: {', '.join(self._paths)}")
            case HTTPException(status_code=405):
                allowed = ", ".join(sorted((error.headers or {})["Allow"].split(", ")))
                return RequestError("method_not_allowed", f"send {allowed}", allow=allowed)
            case _:
                return RequestError("internal_error", "the server's log says why, by request id")

    async def _ping(self, _: Request) -> Response:
        return _json({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        if not self._workers.ready:
            raise _not_ready()
        settings = self._workers.settings
        others = [asdict(each) for each in settings.others]
        return _json({"status": "ready", "model": asdict(settings.model), "others": others})

    async def _version(self, _: Request) -> Response:
        return _json({"sseml": __version__, "mlflow": version("mlflow")})

    async def _counts(self, _: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _description(self, _: Request) -> Response:
        return _json(self._described)

    async def _page(self, _: Request) -> Response:
        assert self._shown is not None
        text = self._shown.html(needs_token=bool(self._workers.settings.tokens))
        return HTMLResponse(
            text, headers={**HEADERS, "content-security-policy": self._shown.policy}
        )

    async def _invocations(self, request: Request) -> Response:
        exchange: Exchange = request.scope["exchange"]
        deadline = exchange.started + self._limits.timeout_s
        headers = request.headers
        self._require_seat()
        kind = media_type(headers.get("content-type", ""), headers.get("content-encoding", ""))
        body = await self._body(exchange, deadline)
        self._require_seat()  # whoever sends slowly, or nothing at all, has taken none meanwhile
        self._connections.note(request.scope["client"], head=True, body=True)
        self._inside += 1
        try:
            if len(body) < _LARGE_BYTES:
                asked = self._reader.read(kind, body)
            else:
                asked = await asyncio.to_thread(self._reader.read, kind, body)
            del body
            exchange.rows = len(asked.rows)
            scored = await self._scored(exchange, asked, deadline)
        finally:
            self._inside -= 1
        refused = sum(map(_is_refused, scored.records))
        self._metrics.rows.labels("error").inc(refused)
        self._metrics.rows.labels("ok").inc(len(scored.records) - refused)
        return Response(_document(asked, scored), media_type="application/json")

    def _require_seat(self) -> None:
        if self._inside >= self._limits.waiting:
            raise RequestError("busy", "too many requests wait already", retry_after="1")

    async def _body(self, exchange: Exchange, deadline: float) -> bytes:
        """Read the whole body, and no more than it may have."""
        most = self._limits.body_bytes
        too_large = RequestError("body_too_large", f"send at most {most} bytes at a time")
        if exchange.announced_bytes > most:
            raise too_large
        parts: list[bytes] = []
        size = 0
        try:
            while exchange.is_unread:
                parts.append(await _next_part(exchange, deadline))
                size += len(parts[-1])
                self._arriving_bytes += len(parts[-1])
                if size > most:
                    raise too_large
                if self._arriving_bytes > most * self._limits.waiting:
                    raise RequestError("busy", "too much is on its way already", retry_after="1")
            return b"".join(parts)
        finally:
            self._arriving_bytes -= size

    async def _scored(self, exchange: Exchange, asked: Asked, deadline: float) -> Scored:
        """Wait for the records, for the time limit or for the client to hang up."""
        scored = self._batching.put(asked, deadline)
        hung_up = asyncio.create_task(exchange.hung_up())
        try:
            waiting: set[asyncio.Future[Any]] = {scored, hung_up}
            left_s = max(0.0, deadline - time.monotonic())
            await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done() and not scored.done():
                raise ClientGoneError
            if scored.done() and (scored.exception() is None or time.monotonic() < deadline):
                return scored.result()
            if not self._workers.ready:
                raise _not_ready()
            limit = f"{self._limits.timeout_s:g} s"
            raise RequestError("timeout", f"no answer within {limit}: send fewer rows at a time")
        finally:
            scored.cancel()
            hung_up.cancel()


class TokenRequired:
    """Refuses requests without one of the tokens, but for `free` paths, which hold no data."""

    def __init__(self, app: ASGIApp, workers: Workers, free: Sequence[str]) -> None:
        self._app, self._workers, self._free = app, workers, free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        sent = Headers(scope=scope).getlist("authorization")
        scheme, _, token = (sent[0] if len(sent) == 1 else "").partition(" ")
        given, tokens = token.strip().encode("latin-1"), self._workers.settings.tokens
        matches = [hmac.compare_digest(given, known.encode()) for known in tokens]
        is_known = scheme.casefold() == "bearer" and any(matches)
        if tokens and not is_known and scope["path"] not in self._free:
            advice = "send Authorization: Bearer TOKEN"
            raise RequestError("unauthorized", advice, www_authenticate="Bearer")
        await self._app(scope, receive, send)


async def _next_part(exchange: Exchange, deadline: float) -> bytes:
    left_s = max(0.0, deadline - time.monotonic())
    try:
        message = await asyncio.wait_for(exchange.receive(), min(left_s, _BODY_PAUSE_S))
    except TimeoutError:
        raise RequestError("slow_request", "send the body faster") from None
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    part: bytes = message.get("body", b"")
    return part


def _is_refused(record: bytes) -> bool:
    """Whether a record says that its row was refused, without reading all of it.

    `status` stands second, and no text before it can hold a bare quotation mark.
    """
    return record.startswith(b'"error"', record.index(_STATUS) + len(_STATUS))


def _document(asked: Asked, scored: Scored) -> bytes:
    unknown = asked.unknown_columns
    warning = {
        "code": "unknown_columns",
        "columns": unknown[:_MOST_LISTED],
        "message": f"{len(unknown)} of the columns say nothing to the model; their cells are kept "
        "in the records",
    }
    model = {"name": scored.model.name, "digest": scored.model.digest}
    warnings = [*([warning] if unknown else []), *scored.warnings[:_MOST_LISTED]]
    rest = _as_json({"warnings": warnings, "model": model})
    return b'{"predictions": [' + b", ".join(scored.records) + b"], " + rest[1:]


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_as_json(value), status, headers, media_type="application/json")


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _not_ready() -> RequestError:
    return RequestError("not_ready", "the model is not loaded yet", retry_after="2")
