"""Connections of clients, their requests and answers: bounded in number, size and time."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

HEAD_S = 10.0
"""From the connection, or the first byte of a later request, to the end of its head."""

GONE = 499
"""Status, in counts and log, of a request whose client has hung up."""

_DRAIN_BYTES = 256_000_000
_DRAIN_S = 10.0
_DRAIN_PAUSE_S = 2.0

_OWN_FILES = 96
"""Descriptors that a server needs for itself, its workers' pipes included."""

_MOST = 4096
_FEWEST = 8
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\n\r\n"
)

Client = tuple[str, int]


class Exchange:
    """One request and its answer; `is_unread` while some of the body may still be on its way.

    A client that is still sending when it is refused gets the answer at once, and may then finish:
    whoever closes the connection first takes the answer away from clients that read last.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, is_last: bool) -> None:
        self.scope = scope
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        self.id = uuid4().hex[:16]
        self.started = time.monotonic()
        self.rows = 0
        self.status = GONE
        self.announced_bytes = int(length) if length.isdecimal() else 0
        self.is_unread = "transfer-encoding" in headers or self.announced_bytes > 0
        self._is_last = is_last
        self._receive, self._send = receive, send

    async def receive(self) -> Message:
        """Pass on what arrives."""
        message = await self._receive()
        self.is_unread = self.is_unread and message.get("more_body", False)
        return message

    async def hung_up(self) -> None:
        """Return once the client has hung up; only after the body has been read."""
        while (await self.receive())["type"] != "http.disconnect":
            continue

    async def send(self, message: Message) -> None:
        """Pass on an answer, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.id
            headers["cache-control"] = "no-store"
            if self.is_unread or self._is_last:
                headers["connection"] = "close"
        elif self.is_unread:
            await self._send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    await self._drain()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def _drain(self) -> None:
        """Read what is still on its way, within bounds, and forget it."""
        size = 0
        while self.is_unread and size < _DRAIN_BYTES:
            message = await asyncio.wait_for(self.receive(), _DRAIN_PAUSE_S)
            size += len(message.get("body", b""))


class _Connection:
    """One connection: its transport, and how far its client has come with a request."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.has_head = self.has_body = False
        self._timer: asyncio.TimerHandle | None = None
        self.heard()

    def heard(self) -> None:
        loop = asyncio.get_running_loop()
        self.heard_at = loop.time()
        if self._timer is None and not self.has_head:
            self._timer = loop.call_later(HEAD_S, self.refuse, _TOO_SLOW)

    def stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def refuse(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class Connections:
    """All open connections, by the address of their client.

    Whoever does not finish the head of a request is cut off after a time. Beyond as many
    connections as the process has descriptors for, the one that has been quiet longest without a
    whole request makes room.
    """

    def __init__(self) -> None:
        self._open: dict[Client, _Connection] = {}
        self._most = _raised_limit()

    def protocol(self) -> type[asyncio.Protocol]:
        """The HTTP protocol of uvicorn, which reports here what its transport reports to it."""
        connections = self._open
        make_room = self._make_room

        class Reporting(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                peer = transport.get_extra_info("peername")  # None if it has hung up already
                self._peer: Client = tuple(peer[:2]) if peer else ("", id(self))
                connections[self._peer] = _Connection(transport)
                make_room(self._peer)

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                connections[self._peer].heard()

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self._peer).stop_waiting()
                super().connection_lost(exc)

        return Reporting

    def note(self, client: Client, *, head: bool, body: bool = False) -> None:
        """Note how much of a request is there; nothing, once it is answered."""
        if (connection := self._open.get(client)) is not None:
            connection.stop_waiting()
            connection.has_head, connection.has_body = head, body

    def _make_room(self, newest: Client) -> None:
        if len(self._open) <= self._most:
            return
        others = (each for client, each in self._open.items() if client != newest)
        quiet = [each for each in others if not (each.has_body or each.transport.is_closing())]
        if quiet:
            min(quiet, key=lambda each: each.heard_at).transport.abort()
        else:
            self._open[newest].refuse(_FULL)


def _raised_limit() -> int:
    """How many connections there may be, with as many descriptors as the system allows."""
    if resource is None:
        return _MOST
    soft, hard = (
        _MOST + _OWN_FILES if limit == resource.RLIM_INFINITY else limit
        for limit in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    allowed = max(soft, min(hard, _MOST + _OWN_FILES))
    if allowed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(_FEWEST, min(_MOST, allowed - _OWN_FILES))
